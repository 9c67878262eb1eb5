"""What happens after a packet's claims: collecting an owed share, giving the rest back."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import Row, func, select, text
from sqlalchemy.orm import Session

from pswallet.chain.outbox import Call, CallKind, enqueue
from pswallet.kit.money import Fen
from pswallet.payments.service import credit_problem
from pswallet.redpackets import rules
from pswallet.redpackets.errors import NothingOwed, PacketExpired, PacketNotExpired, PacketNotOpen, PacketUnknown
from pswallet.redpackets.models import PacketCollection, PacketRefund, PacketRefusal, PacketShare

_ENDED_BY = """
    (EXISTS (SELECT FROM packet_refunds r WHERE r.packet = o.packet)
     OR (SELECT count(*) FROM packet_shares s WHERE s.packet = o.packet
         AND (s.reason IS NULL OR EXISTS (SELECT FROM packet_collections c
              WHERE c.packet = s.packet AND c.account = s.account))) = o.shares)
"""

_STATE = text(f"SELECT o.expires_at, {_ENDED_BY} AS ended FROM packet_openings o WHERE o.packet = :packet")  # noqa: S608

_EXPIRED = text(
    "SELECT o.packet, o.expires_at FROM packet_openings o"  # noqa: S608 - our own words
    f" WHERE o.expires_at > :since AND o.expires_at <= :before AND NOT {_ENDED_BY}"
    " AND (SELECT count(*) FROM packet_refusals f WHERE f.packet = o.packet AND f.kind = 'packet-refund') < :tries"
    " ORDER BY o.expires_at LIMIT :limit"
)

_UNFINISHED = text(
    "SELECT o.packet FROM packet_openings o"  # noqa: S608 - our own words
    f" WHERE NOT {_ENDED_BY} AND (o.creator = :account OR EXISTS (SELECT FROM packet_shares mine"
    " WHERE mine.packet = o.packet AND mine.account = :account AND mine.reason IS NOT NULL AND NOT EXISTS"
    " (SELECT FROM packet_collections c WHERE c.packet = mine.packet AND c.account = mine.account))"
    " OR EXISTS (SELECT FROM packet_claims a WHERE a.packet = o.packet AND a.account = :account AND NOT EXISTS"
    " (SELECT FROM packet_shares s WHERE s.packet = a.packet AND s.account = a.account) AND NOT EXISTS"
    " (SELECT FROM packet_refusals f WHERE f.packet = a.packet AND f.account = a.account)))"
    " ORDER BY o.packet"
)

_REFUND_TRIES = 5
"""A refund that the chain refused so often is left to people: the worker must not go round in circles."""


def refund(session: Session, packet: str, *, now: datetime) -> None:
    """Ask for the rest to go back to its creator; anybody may. `now` is the last indexed block's time.

    Raises PacketUnknown, PacketNotExpired, PacketNotOpen.
    """
    state = _state(session, packet)
    if state.ended:
        raise PacketNotOpen(packet=packet)
    if now < state.expires_at:
        raise PacketNotExpired(packet=packet, expires_at=state.expires_at.isoformat())
    suffix = _retry_suffix(session, packet, account="", kind=CallKind.PACKET_REFUND)
    call = Call(f"packet-refund:{packet}{suffix}", CallKind.PACKET_REFUND, {"packet": packet}, lane=packet)
    enqueue(session, [call])


def collect(session: Session, packet: str, account: str, *, now: datetime) -> int:
    """Ask for the share [fen] that waits for `account`; return it.

    Raises PacketUnknown, NothingOwed, PacketExpired, and what the token would still not credit the account for.
    """
    state = _state(session, packet)
    owed = session.scalar(
        select(PacketShare.value_fen).where(
            PacketShare.packet == packet,
            PacketShare.account == account,
            PacketShare.reason.is_not(None),
            ~select(PacketCollection.packet)
            .where(PacketCollection.packet == packet, PacketCollection.account == account)
            .exists(),
            ~select(PacketRefund.packet).where(PacketRefund.packet == packet).exists(),
        )
    )
    if owed is None:
        raise NothingOwed(packet=packet)
    if now >= state.expires_at:
        raise PacketExpired(packet=packet, expired_at=state.expires_at.isoformat())
    problem = credit_problem(session, account, Fen(owed), now=now)
    if problem is not None:
        raise problem
    suffix = _retry_suffix(session, packet, account=account, kind=CallKind.PACKET_COLLECT)
    key = f"packet-collect:{packet}:{account}{suffix}"
    arguments = {"packet": packet, "account": account}
    enqueue(session, [Call(key, CallKind.PACKET_COLLECT, arguments, lane=packet)])
    return owed


def expired_packets(session: Session, *, since: datetime, now: datetime, limit: int) -> dict[str, datetime]:
    """Return packets, and their expiry after `since`, that expired ten minutes ago or more and still hold money."""
    window = {"since": since, "before": now - timedelta(seconds=rules.REFUND_GRACE_S)}
    rows = session.execute(_EXPIRED, {**window, "tries": _REFUND_TRIES, "limit": limit})
    return {row.packet: row.expires_at for row in rows}


def unfinished_packets(session: Session, account: str) -> list[str]:
    """Return packets that still hold money of `account`: its own, or a share that it claimed or is owed."""
    return list(session.scalars(_UNFINISHED, {"account": account}))


def _state(session: Session, packet: str) -> Row[tuple[datetime, bool]]:
    found = session.execute(_STATE, {"packet": packet}).one_or_none()
    if found is None:
        raise PacketUnknown(packet=packet)
    return found


def _retry_suffix(session: Session, packet: str, *, account: str, kind: CallKind) -> str:
    """A call that was refused may be made again, under a key of its own."""
    refused = session.scalar(
        select(func.count()).where(
            PacketRefusal.packet == packet, PacketRefusal.account == account, PacketRefusal.kind == kind
        )
    )
    return f":{refused}" if refused else ""
