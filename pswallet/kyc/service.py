"""Decisions about identities: check them with the vendor, seal them, ask for the tier they prove."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Protocol

from sqlalchemy import func, select, update
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.orm import Session

from pswallet.accounts import service as accounts
from pswallet.accounts.errors import TierNotAssignable
from pswallet.kit import clock
from pswallet.kit.vault import Vault
from pswallet.kyc import rules
from pswallet.kyc.errors import (
    BirthDateInvalid,
    BirthDateMissing,
    CardInvalid,
    CardMismatch,
    DocumentInvalid,
    FaceMismatch,
    GuardianConsentRequired,
    IdentityFixed,
    IdentityInUse,
    IdentityMismatch,
    NameInvalid,
    RealNameRequired,
)
from pswallet.kyc.models import CheckedIdentity, Tier
from pswallet.kyc.rules.cards import read_card
from pswallet.kyc.rules.documents import OLDEST_YEARS, Document, Flaw, IdKind, read_document, read_machine_line
from pswallet.kyc.rules.names import normal_name

__all__ = [
    "BankCard",
    "Claim",
    "IdKind",
    "Identity",
    "IdentityVendor",
    "check_real_name",
    "forget",
    "raise_tier",
    "tiers_in_force",
]


@dataclass(frozen=True)
class Claim:
    """What a person says of themselves, as typed. With card and face it proves more."""

    name: str
    kind: IdKind
    number: str
    birth_date: date | None = None
    machine_line: str | None = None
    """Second line of a passport's machine-readable zone."""
    card_number: str | None = None
    card_phone: str | None = None
    liveness_token: str | None = None


@dataclass(frozen=True)
class Identity:
    """A person as documents name them, in normal form."""

    name: str
    kind: IdKind
    number: str
    birth_date: date


@dataclass(frozen=True)
class BankCard:
    """A card and the phone the bank knows: with name and number the four elements."""

    number: str
    phone: str


class IdentityVendor(Protocol):
    """Asks registers that we have no access to."""

    def identity_matches(self, identity: Identity) -> bool:
        """Return whether name and number belong together."""
        ...

    def card_matches(self, identity: Identity, card: BankCard) -> bool:
        """Return whether card, name, number and phone belong together."""
        ...

    def face_matches(self, identity: Identity, liveness_token: str) -> bool:
        """Return whether the live face behind `liveness_token` is that of the document."""
        ...


def check_real_name(
    session: Session, vault: Vault, vendor: IdentityVendor, *, account_id: str, claim: Claim, now: datetime
) -> int:
    """Check a claim and ask the chain for the tier it proves; return that tier (chain numbering).

    The same claim again asks for nothing new. Raises every Problem of `kyc.errors`, PhoneInvalid, TierNotAssignable.
    """
    identity = _identity_of(claim, clock.shanghai_day(now))
    card = _card_of(claim)
    if not vendor.identity_matches(identity):
        raise IdentityMismatch()
    if card is not None and not vendor.card_matches(identity, card):
        raise CardMismatch()
    if claim.liveness_token is not None and not vendor.face_matches(identity, claim.liveness_token):
        raise FaceMismatch()
    known = _known(session, vault, account_id, identity)
    tier = rules.tier_for(
        card_matched=card is not None or (known is not None and known.card_sealed is not None),
        face_matched=claim.liveness_token is not None or (known is not None and known.face_checked_at is not None),
    )
    if tier not in {row.tier for row in tiers_in_force(session, now)}:
        raise TierNotAssignable(tier=tier)
    if known is None:
        known = _note_identity(session, vault, account_id, identity, now)
    if card is not None:
        known.card_sealed = vault.seal(session, account_id, "card", card.number)
    if claim.liveness_token is not None:
        known.face_checked_at = now
    return _raise_tier(session, known, tier)


def tiers_in_force(session: Session, moment: datetime) -> list[Tier]:
    """Return each tier's row that holds at `moment`, the lowest tier first."""
    return list(
        session.scalars(
            select(Tier)
            .where(Tier.effective_from <= moment)
            .ext(distinct_on(Tier.tier))
            .order_by(Tier.tier, Tier.effective_from.desc())
        )
    )


def forget(session: Session, *, account_id: str) -> None:
    """Let go of an account's document: it may serve another one. What is sealed stays, for who destroys its key."""
    session.execute(update(CheckedIdentity).where(CheckedIdentity.account_id == account_id).values(number_index=None))


def raise_tier(session: Session, *, account_id: str, tier: int) -> None:
    """Ask for a tier that more than a person's own papers prove, so that a later check does not lower it.

    Raises RealNameRequired for an account whose person was never checked.
    """
    known = session.get(CheckedIdentity, account_id, with_for_update=True)
    if known is None:
        raise RealNameRequired()
    _raise_tier(session, known, tier)


def _raise_tier(session: Session, known: CheckedIdentity, tier: int) -> int:
    if tier > known.tier_requested:
        known.tier_requested = tier
        accounts.request_tier(session, account_id=known.account_id, tier=tier)
    return known.tier_requested


def _identity_of(claim: Claim, today: date) -> Identity:
    name = normal_name(claim.name)
    if name is None:
        raise NameInvalid()
    document = _document_of(claim, today)
    birth_date = document.birth_date or claim.birth_date
    if birth_date is None:
        raise BirthDateMissing()
    if claim.birth_date not in (None, birth_date) or not 0 <= rules.age_on(birth_date, today) <= OLDEST_YEARS:
        raise BirthDateInvalid()
    if rules.age_on(birth_date, today) < rules.GUARDIAN_AGE:
        raise GuardianConsentRequired(from_age=rules.GUARDIAN_AGE)
    return Identity(name, document.kind, document.number, birth_date)


def _document_of(claim: Claim, today: date) -> Document:
    document = read_document(claim.kind, claim.number, today=today)
    if isinstance(document, Flaw):
        raise DocumentInvalid(flaw=document.value)
    if claim.machine_line is None:
        return document
    read = read_machine_line(claim.machine_line, today=today)
    if isinstance(read, Flaw):
        raise DocumentInvalid(flaw=read.value)
    if (read.kind, read.number) != (document.kind, document.number):
        raise DocumentInvalid(flaw="machine_line")
    return read


def _card_of(claim: Claim) -> BankCard | None:
    if claim.card_number is None or claim.card_phone is None:
        return None
    number = read_card(claim.card_number)
    if number is None:
        raise CardInvalid()
    return BankCard(number, accounts.require_phone(claim.card_phone))


def _known(session: Session, vault: Vault, account_id: str, identity: Identity) -> CheckedIdentity | None:
    index = _index(vault, identity)
    # Serializes two checks of one document: the second sees the first one's row.
    session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(index, 0))))
    holder = session.scalar(select(CheckedIdentity.account_id).where(CheckedIdentity.number_index == index))
    if holder not in (None, account_id):
        raise IdentityInUse()
    known = session.get(CheckedIdentity, account_id, with_for_update=True)
    if known is not None and known.number_index != index:
        raise IdentityFixed()
    return known


def _note_identity(
    session: Session, vault: Vault, account_id: str, identity: Identity, now: datetime
) -> CheckedIdentity:
    known = CheckedIdentity(
        account_id=account_id,
        kind=identity.kind.value,
        number_index=_index(vault, identity),
        number_sealed=vault.seal(session, account_id, "document", identity.number),
        birth_date_sealed=vault.seal(session, account_id, "birth-date", identity.birth_date.isoformat()),
        tier_requested=rules.VISITOR,
        checked_at=now,
    )
    session.add(known)
    session.flush()
    accounts.name_person(
        session, account_id=account_id, name_sealed=vault.seal(session, account_id, "name", identity.name)
    )
    return known


def _index(vault: Vault, identity: Identity) -> str:
    return vault.index("document", f"{identity.kind.value}|{identity.number}")
