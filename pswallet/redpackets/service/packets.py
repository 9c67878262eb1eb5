"""What people see of red packets, one or a list: every status is derived from the escrow's events.

Ids are public on the chain, so whoever takes no part in a packet is shown what the chain shows: no greeting, no guests.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, select, text, tuple_
from sqlalchemy.orm import InstrumentedAttribute, Session

from pswallet.chain.outbox import CallKind
from pswallet.chain.terms import Terms
from pswallet.kit.money import Fen
from pswallet.kit.rows import array_literal
from pswallet.redpackets import rules
from pswallet.redpackets.errors import PacketUnknown
from pswallet.redpackets.models import (
    PacketGuest,
    PacketOpening,
    PacketRefund,
    PacketRefusal,
    PacketShare,
    RedPacket,
)

Mark = tuple[datetime, str]
"""Where a packet stands in a list: its time there, and its id."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PacketView:
    """A packet and how far it is. `status`: submitted, refused (`error`), open, exhausted, expired or refunded.

    Without `greeting` and `guests` for a reader who takes no part in it.
    """

    id: str
    kind: str
    terms: Terms
    greeting: str | None
    cover: str
    guests: list[str]
    status: str
    error: str | None
    claimed_shares: int
    claimed_fen: Fen
    owed_fen: Fen
    refunded_fen: Fen
    created_at: datetime
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class PacketPage:
    """A page of packets; `older` is where the next page begins, None at the end."""

    packets: list[PacketView]
    older: Mark | None


def find_packet(session: Session, packet: str, *, reader: str, now: datetime) -> PacketView:
    """Return a packet as `reader` may see it. `now` is the last indexed block's time. Raises PacketUnknown."""
    return _views(session, [require_packet(session, packet)], reader=reader, now=now)[0]


def packets_given(session: Session, account: str, *, before: Mark | None, limit: int, now: datetime) -> PacketPage:
    """Return up to `limit` packets that `account` asked for, newest first."""
    query = select(RedPacket, RedPacket.created_at).where(RedPacket.creator == account)
    place = (RedPacket.created_at, RedPacket.id)
    return _page(session, query, place, account, before=before, limit=limit, now=now)


def packets_invited_to(session: Session, account: str, *, before: Mark | None, limit: int, now: datetime) -> PacketPage:
    """Return up to `limit` packets whose guest list names `account`, newest first."""
    query = (
        select(RedPacket, PacketGuest.invited_at)
        .join(PacketGuest, PacketGuest.packet == RedPacket.id)
        .where(PacketGuest.account == account)
    )
    place = (PacketGuest.invited_at, PacketGuest.packet)
    return _page(session, query, place, account, before=before, limit=limit, now=now)


def packets_received(session: Session, account: str, *, before: Mark | None, limit: int, now: datetime) -> PacketPage:
    """Return up to `limit` packets of which `account` drew a share, paid or owed, the last drawn first."""
    query = (
        select(RedPacket, PacketShare.at)
        .join(PacketShare, PacketShare.packet == RedPacket.id)
        .where(PacketShare.account == account)
    )
    place = (PacketShare.at, PacketShare.packet)
    return _page(session, query, place, account, before=before, limit=limit, now=now)


def _page(
    session: Session,
    query: Select[RedPacket, datetime],
    place: tuple[InstrumentedAttribute[datetime], InstrumentedAttribute[str]],
    reader: str,
    *,
    before: Mark | None,
    limit: int,
    now: datetime,
) -> PacketPage:
    if before is not None:
        query = query.where(tuple_(*place) < before)
    newest_first: tuple[ColumnElement[Any], ...] = tuple(column.desc() for column in place)
    found = session.execute(query.order_by(*newest_first).limit(limit + 1)).all()
    page = found[:limit]
    views = _views(session, [row[0] for row in page], reader=reader, now=now)
    return PacketPage(views, (page[-1][1], page[-1][0].id) if len(found) > limit else None)


_TOTALS = text(
    """
    SELECT s.packet, count(*) AS shares, coalesce(sum(s.value_fen), 0) AS fen,
        coalesce(sum(s.value_fen) FILTER (WHERE s.reason IS NOT NULL AND c.packet IS NULL), 0) AS owed
    FROM packet_shares s LEFT JOIN packet_collections c ON c.packet = s.packet AND c.account = s.account
    WHERE s.packet = ANY(CAST(:packets AS text[])) GROUP BY s.packet
    """
)


@dataclass(frozen=True, slots=True)
class _Drawn:
    """What was drawn of a packet so far, and what of it still waits to be paid [fen]."""

    shares: int = 0
    fen: int = 0
    owed: int = 0


def _drawn(session: Session, packets: Sequence[str]) -> dict[str, _Drawn]:
    rows = session.execute(_TOTALS, {"packets": array_literal(packets)})
    return {row.packet: _Drawn(row.shares, int(row.fen), int(row.owed)) for row in rows}


def _views(session: Session, asked: Sequence[RedPacket], *, reader: str, now: datetime) -> list[PacketView]:
    """Return `asked`, in its order, as `reader` may see each."""
    ids = [packet.id for packet in asked]
    openings = {fact.packet: fact for fact in session.scalars(_of(PacketOpening, ids))}
    refunds = {fact.packet: fact for fact in session.scalars(_of(PacketRefund, ids))}
    refused = _of(PacketRefusal, ids).where(PacketRefusal.kind == CallKind.PACKET_CREATE)
    refusals = {fact.packet: fact for fact in session.scalars(refused)}
    drawn = _drawn(session, ids)
    parts = _parts(session, asked, reader)
    guests = _guests(session, [packet for packet in ids if packet in parts])
    return [
        _view(
            packet,
            openings.get(packet.id),
            refunds.get(packet.id),
            refusals.get(packet.id),
            drawn.get(packet.id, _Drawn()),
            guests=guests[packet.id] if packet.id in parts else None,
            now=now,
        )
        for packet in asked
    ]


def _of(fact: type[Any], packets: Sequence[str]) -> Select[Any]:
    return select(fact).where(fact.packet.in_(packets))


def _view(
    asked: RedPacket,
    opening: PacketOpening | None,
    refund: PacketRefund | None,
    refusal: PacketRefusal | None,
    drawn: _Drawn,
    *,
    guests: list[str] | None,
    now: datetime,
) -> PacketView:
    """Return the packet; `guests` is None for a reader who takes no part."""
    owed = 0 if refund else drawn.owed
    status = _status(opening, refund, refusal, drawn=drawn.shares, owed=owed, now=now)
    return PacketView(
        id=asked.id,
        kind=asked.kind,
        terms=Terms.from_json(asked.terms),
        greeting=None if guests is None else asked.greeting,
        cover=asked.cover,
        guests=guests or [],
        status=status,
        error=refusal.error if refusal and status == "refused" else None,
        claimed_shares=drawn.shares,
        claimed_fen=Fen(drawn.fen - drawn.owed),
        owed_fen=Fen(owed),
        refunded_fen=Fen(refund.value_fen if refund else 0),
        created_at=asked.created_at,
        expires_at=asked.expires_at,
    )


def _status(
    opening: PacketOpening | None,
    refund: PacketRefund | None,
    refusal: PacketRefusal | None,
    *,
    drawn: int,
    owed: int,
    now: datetime,
) -> str:
    if opening is None:
        return "refused" if refusal else "submitted"
    if refund is not None:
        return "refunded"
    if drawn == opening.shares and not owed:
        return "exhausted"
    if now >= opening.expires_at:
        return "expired"
    return "exhausted" if drawn == opening.shares else "open"


def require_packet(session: Session, packet: str) -> RedPacket:
    """Return what was asked for. Raises PacketUnknown."""
    asked = session.get(RedPacket, packet)
    if asked is None:
        raise PacketUnknown(packet=packet)
    return asked


_TIES = text(
    """
    SELECT asked.packet,
        EXISTS (SELECT FROM packet_guests g WHERE g.packet = asked.packet AND g.account = :account) AS is_guest,
        EXISTS (SELECT FROM packet_claims c WHERE c.packet = asked.packet AND c.account = :account)
        OR EXISTS (SELECT FROM packet_shares s WHERE s.packet = asked.packet AND s.account = :account) AS has_claimed
    FROM unnest(CAST(:packets AS text[])) AS asked(packet)
    """
)
"""A claim stands in `packet_claims` only after its evidence was checked, in `packet_shares` also past this gateway."""


def takes_part(session: Session, asked: RedPacket, account: str) -> bool:
    """Whether `account` gave the packet, is its guest, or has claimed."""
    return asked.id in _parts(session, [asked], account)


def _parts(session: Session, asked: Sequence[RedPacket], account: str) -> set[str]:
    """Return those of the packets that `account` takes part in."""
    creators = {packet.id: packet.creator for packet in asked}
    ties = session.execute(_TIES, {"packets": array_literal(creators), "account": account})
    return {
        tie.packet
        for tie in ties
        if rules.takes_part(account, creator=creators[tie.packet], is_guest=tie.is_guest, has_claimed=tie.has_claimed)
    }


def _guests(session: Session, packets: Sequence[str]) -> defaultdict[str, list[str]]:
    query = select(PacketGuest.packet, PacketGuest.account).where(PacketGuest.packet.in_(packets))
    found: defaultdict[str, list[str]] = defaultdict(list)
    for packet, account in session.execute(query.order_by(PacketGuest.place)):
        found[packet].append(account)
    return found
