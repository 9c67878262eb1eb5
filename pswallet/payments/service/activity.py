"""Everybody's own list of what moved, with the balance after each line: newest first, or a period's in order."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import select, tuple_
from sqlalchemy.orm import Session

from pswallet.kit.money import Fen
from pswallet.payments.models import Authorization, AuthorizationUse, Entry
from pswallet.payments.service.ledger import last_entries
from pswallet.payments.service.references import references_of

Place = tuple[int, int, int]
"""Where an entry stands: block, log index, leg."""


class Period(NamedTuple):
    """From the instant `start` to just before `end`."""

    start: datetime
    end: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One entry of an address. `transfer_id`: the payment it came from, if it came through this gateway.

    `reference`: the merchant's number of the order that it paid, or came back from.
    """

    place: Place
    at: datetime
    kind: str
    counterparty: str
    amount_fen: Fen
    balance_after_fen: Fen
    transfer_id: str | None
    reference: str | None


@dataclass(frozen=True, slots=True)
class Activity:
    """A page of lines; `older` is where the next page begins, None at the end."""

    lines: list[Line]
    older: Place | None


def balances(session: Session, addresses: Collection[str]) -> dict[str, Fen]:
    """Return the confirmed balance of each address [fen]; 0 for one that nothing ever reached."""
    found = last_entries(session, addresses)
    return {address: Fen(found[address].balance_after_fen if address in found else 0) for address in addresses}


def activity(session: Session, account: str, *, before: Place | None, limit: int) -> Activity:
    """Return up to `limit` lines of `account` that stand before `before`, newest first."""
    place = tuple_(Entry.block, Entry.log_index, Entry.leg)
    query = select(Entry).where(Entry.account == account)
    if before is not None:
        query = query.where(place < before)
    newest_first = query.order_by(Entry.block.desc(), Entry.log_index.desc(), Entry.leg.desc())
    entries = list(session.scalars(newest_first.limit(limit + 1)))
    lines = _lines(session, entries[:limit])
    return Activity(lines, lines[-1].place if len(entries) > limit else None)


def lines_of(session: Session, account: str, *, period: Period, after: Place, limit: int) -> list[Line]:
    """Return the first `limit` lines of `account` in `period` that stand after `after`, oldest first."""
    place = tuple_(Entry.block, Entry.log_index, Entry.leg)
    query = select(Entry).where(
        Entry.account == account, place > after, Entry.at >= period.start, Entry.at < period.end
    )
    oldest_first = query.order_by(Entry.block, Entry.log_index, Entry.leg)
    return _lines(session, list(session.scalars(oldest_first.limit(limit))))


def _lines(session: Session, entries: list[Entry]) -> list[Line]:
    transfers, references = _transfers(session, entries), references_of(session, entries)
    places = [(entry.block, entry.log_index) for entry in entries]
    return [
        _line(entry, transfers.get(place), references.get(place)) for entry, place in zip(entries, places, strict=True)
    ]


def _transfers(session: Session, entries: list[Entry]) -> dict[tuple[int, int], str]:
    """Return the payment behind each Transfer: its AuthorizationUsed is the log directly before."""
    query = (
        select(Entry.block, Entry.log_index, Authorization.id)
        .join(
            AuthorizationUse,
            (AuthorizationUse.block == Entry.block) & (AuthorizationUse.log_index == Entry.log_index - 1),
        )
        .join(
            Authorization,
            (Authorization.payer == AuthorizationUse.payer)
            & (Authorization.nonce == AuthorizationUse.nonce)
            & (Authorization.recipient == Entry.counterparty)
            & (Authorization.value_fen == -Entry.delta_fen),
        )
        .where(Entry.leg == 0, tuple_(Entry.block, Entry.log_index).in_([(e.block, e.log_index) for e in entries]))
    )
    return {(block, log_index): transfer for block, log_index, transfer in session.execute(query)}


def _line(entry: Entry, transfer_id: str | None, reference: str | None) -> Line:
    return Line(
        place=(entry.block, entry.log_index, entry.leg),
        at=entry.at,
        kind=entry.kind,
        counterparty=entry.counterparty,
        amount_fen=Fen(entry.delta_fen),
        balance_after_fen=Fen(entry.balance_after_fen),
        transfer_id=transfer_id,
        reference=reference,
    )
