"""Recording the bank's statement, attesting the reserve, and asking for money to be issued: once an entry."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import accumulate
from typing import NamedTuple

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from pswallet.accounts import errors as token_errors
from pswallet.accounts.service import may_receive
from pswallet.bank.errors import BankEntryConflict, BankEntryUnknown, BankTotalTooLarge
from pswallet.bank.models import BankEntry, BankMint, BankMintRefusal, BankRedemption, ReserveAttestation
from pswallet.chain.outbox import Call, CallKind, enqueue
from pswallet.chain.signing import keccak
from pswallet.kit.money import MAX_FEN, Fen

RENEWED_BEFORE = timedelta(hours=1)
"""An attestation lasts 25 hours; it is renewed when less than this is left of it."""

_ISSUED_AT_ONCE = 500

_MINT_TRIES = 10
"""A mint that the chain refused so often is left to people: the worker must not go round in circles."""


MayCredit = Callable[[str, Fen], bool]
"""Says whether the token would credit an account with an amount: frozen, balance cap."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryView:
    """A bank entry. `status`: recorded (waits for the reserve or a tier, or is on its way), issued, refused."""

    id: str
    entry: str
    account: str
    amount_fen: Fen
    status: str
    error: str | None


def record_entry(session: Session, *, entry_id: str, account: str, amount: Fen, now: datetime) -> EntryView:
    """Note that `amount` arrived for `account`; the same entry again changes nothing.

    Issues at once when the attested reserve covers it.
    Raises ZeroAmount, ValueTooLarge, BankEntryConflict, BankTotalTooLarge.
    """
    if amount == 0:
        raise token_errors.ZeroAmount()
    if not 0 < amount <= MAX_FEN:
        raise token_errors.ValueTooLarge()
    # One after the other: of two deliveries of one entry the second finds the first; no two pass the bound together.
    session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended("bank|entries", 0))))
    known = session.get(BankEntry, entry_id)
    if known is not None:
        if (known.account, known.value_fen) != (account, amount):
            raise BankEntryConflict(entry=entry_id)
        return find_entry(session, entry_id)
    # All that ever arrived, paid out or not: a reorganisation may take a redemption back.
    attempted = _sum(session, BankEntry) + amount
    if attempted > MAX_FEN:
        raise BankTotalTooLarge(attempted=attempted, limit=MAX_FEN)
    session.add(BankEntry(id=entry_id, entry=entry_hash(entry_id), account=account, value_fen=amount, recorded_at=now))
    session.flush()
    settle(session, now=now)
    return find_entry(session, entry_id)


def entry_hash(entry_id: str) -> str:
    """Return what stands on chain for a bank entry: a hash, for the bank's names are nobody else's business."""
    return "0x" + keccak(f"pswallet bank entry {entry_id}".encode()).hex()


def find_entry(session: Session, entry_id: str) -> EntryView:
    """Return a bank entry and how far it is. Raises BankEntryUnknown."""
    known = session.get(BankEntry, entry_id)
    if known is None:
        raise BankEntryUnknown(entry=entry_id)
    issued = session.get(BankMint, known.entry)
    refused = select(BankMintRefusal.error).where(BankMintRefusal.entry == known.entry)
    error = session.scalar(refused.order_by(BankMintRefusal.block.desc()).limit(1))
    status = "issued" if issued else "refused" if error else "recorded"
    return EntryView(
        id=known.id,
        entry=known.entry,
        account=known.account,
        amount_fen=Fen(known.value_fen),
        status=status,
        error=error if status == "refused" else None,
    )


def settle(session: Session, *, now: datetime, may_credit: MayCredit | None = None) -> int:
    """Attest the reserve when it must be, issue for every entry that the attestation covers; return how many calls.

    The worker repeats it: an entry may wait for an attestation or for its account's tier. `now`: the last block's time.
    `may_credit`: whether refused entries may be tried again; without it none is.
    """
    held = _held(session)
    attested = session.scalar(
        select(ReserveAttestation)
        .order_by(ReserveAttestation.block.desc(), ReserveAttestation.log_index.desc())
        .limit(1)
    )
    calls: list[Call] = []
    if held and (attested is None or attested.reserve_fen < held or attested.expires_at - now < RENEWED_BEFORE):
        calls.append(_attestation(held, attested, now))
    if attested is not None and attested.expires_at > now:
        calls.extend(_mints(session, room=attested.reserve_fen - _issued(session), may_credit=may_credit))
    enqueue(session, calls)
    return len(calls)


def waiting_entries(session: Session, account: str) -> list[str]:
    """Return the ids of bank entries for which `account` was issued nothing yet."""
    issued = select(BankMint.entry).where(BankMint.entry == BankEntry.entry).exists()
    return list(session.scalars(select(BankEntry.id).where(BankEntry.account == account, ~issued)))


class _Waiting(NamedTuple):
    entry: BankEntry
    refused: int


def _waiting(session: Session) -> list[_Waiting]:
    """Return entries for which nothing was issued yet and whose accounts may receive, with how often each was refused.

    Those never refused come first: what others wait for holds nobody up.
    """
    refusals = (
        select(func.count()).where(BankMintRefusal.entry == BankEntry.entry).correlate(BankEntry).scalar_subquery()
    )
    query = (
        select(BankEntry, refusals)
        .where(
            ~select(BankMint.entry).where(BankMint.entry == BankEntry.entry).exists(),
            refusals < _MINT_TRIES,
            may_receive(BankEntry.account),
        )
        .order_by(refusals, BankEntry.recorded_at, BankEntry.id)
    )
    return [_Waiting(entry, refused) for entry, refused in session.execute(query.limit(_ISSUED_AT_ONCE))]


def _held(session: Session) -> int:
    """Return what the bank holds for us [fen]: all that arrived less all that was paid out."""
    return _sum(session, BankEntry) - _sum(session, BankRedemption)


def _issued(session: Session) -> int:
    """Return the supply [fen] as far as the indexer has read."""
    return _sum(session, BankMint) - _sum(session, BankRedemption)


def _sum(session: Session, table: type[BankEntry] | type[BankMint] | type[BankRedemption]) -> int:
    return int(session.scalar(select(func.coalesce(func.sum(table.value_fen), 0))) or 0)


def _attestation(held: int, last: ReserveAttestation | None, now: datetime) -> Call:
    # The key changes with the last attestation, the sum and the hour: one call for each reason, again after an hour.
    serial = f"{last.block if last else 0}-{held}-{int(now.timestamp()) // 3600}"
    return Call(f"reserve:{serial}", CallKind.ATTEST_RESERVE, {"reserve": held}, lane="reserve")


def _mints(session: Session, *, room: int, may_credit: MayCredit | None) -> list[Call]:
    """Return the calls that fit into `room` fen below the attested reserve, the oldest entries first.

    A refused entry is tried again once the token would credit its account; the token issues for an entry once.
    """
    ready = [
        one
        for one in _waiting(session)
        if not one.refused or (may_credit is not None and may_credit(one.entry.account, Fen(one.entry.value_fen)))
    ]
    sums = accumulate(one.entry.value_fen for one in ready)
    return [_mint(*one) for one, needed in zip(ready, sums, strict=True) if needed <= room]


def _mint(entry: BankEntry, refused: int) -> Call:
    arguments = {"to": entry.account, "value": entry.value_fen, "entry": entry.entry}
    retry = f":{refused}" if refused else ""
    return Call(f"mint:{entry.entry}{retry}", CallKind.MINT, arguments)
