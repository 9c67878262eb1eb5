"""Write notices from projections, read them for a stream, and wake the streams (PostgreSQL NOTIFY)."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from pswallet.kit.rows import insert_rows
from pswallet.notifications.models import Notification

CHANNEL = "pswallet_events"
"""NOTIFY wakes the streams; the payload lists the addresses, or `*` when they do not fit."""

EVERYBODY = "*"
_LONGEST_PAYLOAD = 7_900  # PostgreSQL refuses 8,000 bytes and more


@dataclass(frozen=True, slots=True)
class Notice:
    """Something that happened to an address, in kebab-case (`packet-opened`), and where the chain says so."""

    address: str
    kind: str
    body: dict[str, Any]
    block: int
    log_index: int


def notify(session: Session, notices: Sequence[Notice]) -> None:
    """Insert `notices` with one statement; their owners' streams wake at the commit. Projections alone call this."""
    if not notices:
        return
    columns = ("address", "kind", "body", "block", "log_index")
    insert_rows(session, Notification, [{name: getattr(notice, name) for name in columns} for notice in notices])
    addresses = ",".join(sorted({notice.address for notice in notices}))
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
