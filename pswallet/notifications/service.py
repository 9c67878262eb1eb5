"""Write notices, read them for a stream in one order, and wake the streams (PostgreSQL NOTIFY)."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from pswallet.kit.lines import stand_in_line
from pswallet.kit.rows import insert_rows
from pswallet.notifications.models import Notification, OffChainNotification
from pswallet.notifications.rules import Kind, Words, words

CHANNEL = "pswallet_events"
"""NOTIFY wakes the streams; the payload lists the addresses, or `*` when they do not fit."""

EVERYBODY = "*"
_LONGEST_PAYLOAD = 7_900  # PostgreSQL refuses 8,000 bytes and more


@dataclass(frozen=True, slots=True)
class Notice:
    """Something that happened to an address, and where the chain says so."""

    address: str
    kind: Kind
    body: dict[str, Any]
    block: int
    log_index: int


@dataclass(frozen=True, slots=True)
class OffChainNotice:
    """Something that an address is told and no block says."""

    address: str
    kind: Kind
    body: dict[str, Any]


class Place(NamedTuple):
    """How far a stream is: the last id of each table. Neither ever falls, so that one goes on from it."""

    on_chain: int = 0
    off_chain: int = 0


@dataclass(frozen=True, slots=True)
class Told:
    """A notice in a stream, and where the stream is after it; `block` is None for what no block says."""

    place: Place
    kind: str
    block: int | None
    body: dict[str, Any]

    def words(self, language: str) -> Words:
        """Return what a person who reads `language` is told."""
        return words(self.kind, self.body, language)


def notify(session: Session, notices: Sequence[Notice]) -> None:
    """Insert `notices` with one statement; their owners' streams wake at the commit. Projections alone call this."""
    if not notices:
        return
    columns = ("address", "kind", "body", "block", "log_index")
    insert_rows(session, Notification, [{name: getattr(notice, name) for name in columns} for notice in notices])
    _wake(session, [notice.address for notice in notices])


def notify_off_chain(session: Session, notices: Sequence[OffChainNotice]) -> None:
    """Insert `notices` about what never goes on chain; their owners' streams wake at the commit."""
    if not notices:
        return
    addresses = [notice.address for notice in notices]
    # Ids are given at the insert and seen at the commit: else a stream could see the later of one address's notices, go
    # on from there, and never see the earlier.
    stand_in_line(session, "notices", addresses)
    columns = ("address", "kind", "body")
    rows = [{name: getattr(notice, name) for name in columns} for notice in notices]
    insert_rows(session, OffChainNotification, rows)
    _wake(session, addresses)


_SKIP = text(
    "SELECT setval(pg_get_serial_sequence('off_chain_notifications', 'id'),"
    " (SELECT coalesce(max(id), 0) FROM off_chain_notifications) + 1000000)"
)


def skip_given_ids(session: Session) -> None:
    """After a restored backup: ids that streams may have seen since it are not given again, or they would miss those.

    The chain's notices need no such care: a rebuild gives every one of them a new id above all that the backup knows.
    """
    session.execute(_SKIP)


def _wake(session: Session, concerned: Sequence[str]) -> None:
    addresses = ",".join(sorted(set(concerned)))
    payload = addresses if len(addresses) <= _LONGEST_PAYLOAD else EVERYBODY
    session.execute(select(func.pg_notify(CHANNEL, payload)))


def notices_after(session: Session, *, address: str, last_id: int, limit: int) -> list[Notification]:
    """Return the next `limit` notices of `address` above `last_id`, the oldest first."""
    return list(
        session.scalars(
            select(Notification)
            .where(Notification.address == address, Notification.id > last_id)
            .order_by(Notification.id)
            .limit(limit)
        )
    )


def last_id(session: Session, *, address: str) -> int:
    """Return the id of the last notice of `address`, 0 before the first: where a new stream starts."""
    found = session.scalar(select(func.max(Notification.id)).where(Notification.address == address))
    return found or 0


def told_after(session: Session, *, address: str, place: Place, limit: int) -> list[Told]:
    """Return what `address` is told after `place`, up to `limit` of each table, the chain's first."""
    found = []
    for notice in notices_after(session, address=address, last_id=place.on_chain, limit=limit):
        place = place._replace(on_chain=notice.id)
        found.append(Told(place, notice.kind, notice.block, notice.body))
    query = select(OffChainNotification).where(
        OffChainNotification.address == address, OffChainNotification.id > place.off_chain
    )
    for other in session.scalars(query.order_by(OffChainNotification.id).limit(limit)):
        place = place._replace(off_chain=other.id)
        found.append(Told(place, other.kind, None, other.body))
    return found


def last_place(session: Session, *, address: str) -> Place:
    """Return where the notices of `address` end: where a new stream starts."""
    query = select(func.max(OffChainNotification.id)).where(OffChainNotification.address == address)
    return Place(last_id(session, address=address), session.scalar(query) or 0)
