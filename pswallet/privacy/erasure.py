"""Erasing a person: the key is destroyed, the indexes go, the sessions end; what the law keeps is locked away first."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from pswallet.accounts import service as accounts
from pswallet.accounts.models import Account
from pswallet.accounts.service import SignInProof
from pswallet.bank import service as bank
from pswallet.chain.outbox import last_block
from pswallet.kit import trail
from pswallet.kit.trail import Act
from pswallet.kit.vault import Erased, Vault
from pswallet.kyc import service as kyc
from pswallet.notifications.models import OffChainNotification
from pswallet.payments import service as payments
from pswallet.points.models import PointsReminder
from pswallet.privacy import retention, rules
from pswallet.privacy.catalogue import DELETED, HOLDINGS, identity_holdings
from pswallet.privacy.errors import ErasureBlocked, StillRegistered
from pswallet.privacy.export import rows_of
from pswallet.privacy.models import RetainedRecord
from pswallet.privacy.rules import Affairs
from pswallet.redpackets import service as redpackets
from pswallet.vouchers import service as vouchers

_PERSONAL = ("phone", "name", "kind", "number", "birth_date", "card", "checked_at", "face_checked_at")


@dataclass(frozen=True)
class Erasure:
    """A person was erased; `retained` is what the law keeps, if anything."""

    account_id: str
    erased_at: datetime
    retained: RetainedRecord | None


def erase(
    session: Session, vault: Vault, retention_key: bytes | None, proof: SignInProof, *, phone: str, code: str,
    now: datetime,
) -> Erasure:  # fmt: skip
    """Erase whoever proves address and phone afresh.

    Raises what `accounts.prove_owner` raises, ErasureBlocked, RetentionKeyMissing.
    """
    account = accounts.prove_owner(session, vault, proof, phone=phone, code=code, now=now)
    act = Act(account.id, "erase-person", "asked by the person", person=account.id)
    return _erase(session, vault, retention_key, account, act, now=now)


def erase_again(
    session: Session, vault: Vault, retention_key: bytes | None, who: str, *, by: str, reason: str, now: datetime
) -> Erasure:
    """Erase the account of an id or address that a restored backup brought back: the chain has let go of it.

    Raises AccountUnknown, Erased, StillRegistered, ErasureBlocked, RetentionKeyMissing; ValueError without a reason.
    """
    account = accounts.find_account(session, who)
    if account.erased_at is not None:
        raise Erased(account.id)
    if account.id not in accounts.unregistered(session):
        raise StillRegistered()
    return _erase(session, vault, retention_key, account, Act(by, "erase-person", reason, person=account.id), now=now)


def _erase(
    session: Session, vault: Vault, retention_key: bytes | None, account: Account, act: Act, *, now: datetime
) -> Erasure:
    session.refresh(account, with_for_update=True)
    affairs = _affairs(session, account.address, now=now)
    reasons = rules.obstacles(affairs)
    if reasons:
        raise ErasureBlocked(
            reasons=reasons,
            balance_fen=affairs.balance,
            packets=affairs.packets,
            bank_entries=affairs.bank_entries,
            campaigns=affairs.campaigns,
        )
    retained = _retain(session, vault, retention_key, account, now=now)
    _delete(session, account)
    kyc.forget(session, account_id=account.id)
    accounts.erase(session, account, now=now)
    vault.destroy(session, account.id, now=now)
    trail.append(session, act, now=now)
    return Erasure(account.id, now, retained)


def _affairs(session: Session, address: str, *, now: datetime) -> Affairs:
    block = last_block(session)
    return Affairs(
        frozen=accounts.standing(session, [address])[address].frozen,
        balance=payments.balances(session, [address])[address],
        pending_payments=payments.pending_payments(session, address, now=block.time if block else now),
        packets=redpackets.unfinished_packets(session, address),
        bank_entries=bank.waiting_entries(session, address),
        campaigns=vouchers.unfinished_campaigns(session, address),
    )


def _retain(
    session: Session, vault: Vault, retention_key: bytes | None, account: Account, *, now: datetime
) -> RetainedRecord | None:
    rows = [row for held in identity_holdings() for row in rows_of(session, vault, held, account.id, account.address)]
    record = {name: str(row[name]) for row in rows for name in _PERSONAL if row.get(name) is not None}
    has_traded = account.address in payments.last_entries(session, [account.address])
    if not rules.law_keeps(identity_checked="number" in record, has_traded=has_traded):
        return None
    return retention.lock_away(session, retention_key, account.id, {**record, "address": account.address}, now=now)


def _delete(session: Session, account: Account) -> None:
    values = {"account_id": account.id, "address": account.address}
    for holding in HOLDINGS:
        if holding.erasure == DELETED:
            doomed = delete(holding.table).where(holding.theirs).execution_options(synchronize_session=False)
            session.execute(doomed, values)


def sweep(session: Session) -> None:
    """Delete what erased people were told since: somebody reminded them before the chain took the tier back."""
    erased = select(Account.address).where(Account.erased_at.is_not(None))
    session.execute(delete(OffChainNotification).where(OffChainNotification.address.in_(erased)))
    session.execute(delete(PointsReminder).where(PointsReminder.account.in_(erased)))


def rows_left(session: Session, account: Account) -> dict[str, int]:
    """Return how many rows an erased account still has in each table from which all are deleted."""
    values = {"account_id": account.id, "address": account.address}
    return {
        holding.table.__tablename__: session.scalar(
            select(func.count()).select_from(holding.table).where(holding.theirs), values
        ) or 0
        for holding in HOLDINGS
        if holding.erasure == DELETED
    }  # fmt: skip
