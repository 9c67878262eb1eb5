"""What people see of a packet's shares, claims and draw: every status is derived from the escrow's events.

Ids are public on the chain, so whoever takes no part in a packet is shown what the chain shows: no names.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import select, tuple_
from sqlalchemy.orm import Session

from pswallet.accounts.service import masked_names
from pswallet.chain.outbox import CallKind
from pswallet.chain.terms import PacketTerms, Terms
from pswallet.kit.money import Fen
from pswallet.kit.vault import Vault
from pswallet.redpackets import rules
from pswallet.redpackets.errors import PacketUnknown
from pswallet.redpackets.models import (
    PacketClaim,
    PacketCollection,
    PacketOpening,
    PacketRefund,
    PacketRefusal,
    PacketShare,
    RedPacket,
)
from pswallet.redpackets.service.packets import require_packet, takes_part
from pswallet.redpackets.service.thanks import thanks_of


@dataclass(frozen=True, slots=True, kw_only=True)
class ShareLine:
    """A drawn share. `status`: claimed, owed (`reason`) or collected. `luckiest`: 手气最佳, known at the end.

    For readers who take part in the packet: `masked_name` of a person who has been checked, and `thanks`.
    """

    account: str
    masked_name: str | None
    thanks: str | None
    position: int
    amount_fen: Fen
    status: str
    reason: str | None
    luckiest: bool
    at: datetime


@dataclass(frozen=True, slots=True)
class Promised:
    """A packet that `creator` owes its only guest: of `amount_fen` at least, with this salt."""

    creator: str
    salt: str
    guest: str
    amount_fen: Fen


def packets_of_promises(session: Session, promised: Sequence[Promised]) -> dict[str, str]:
    """Return the packet that keeps each promise, by salt, of those that are open or were."""
    salt = PacketOpening.terms["salt"].astext
    query = select(PacketOpening.packet, PacketOpening.terms).where(
        PacketOpening.creator.in_([one.creator for one in promised]), salt.in_([one.salt for one in promised])
    )
    wanted = {one.salt: one for one in promised}
    kept = {}
    for packet, terms in session.execute(query):
        one = wanted[terms["salt"]]
        guests = "0x" + rules.guest_list([one.guest]).root.hex()
        if (terms["creator"], terms["guests"]) == (one.creator, guests) and terms["total"] >= one.amount_fen:
            kept[one.salt] = packet
    return kept


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimView:
    """One account's claim. `status`: submitted, refused (`error`), claimed, owed or collected."""

    packet: str
    account: str
    position: int | None
    ticket: str | None
    status: str
    error: str | None
    amount_fen: Fen | None


@dataclass(frozen=True, slots=True, kw_only=True)
class DrawView:
    """All that a client needs to recompute a draw with no trust in this gateway; `shares` in order of position."""

    packet: str
    terms: Terms
    links: list[str]
    shares: list[ShareLine]
    complete: bool


def claims_of(session: Session, vault: Vault, packet: str, *, reader: str) -> list[ShareLine]:
    """Return the drawn shares in order of position as `reader` may see them, 手气最佳 marked. Raises PacketUnknown."""
    asked = require_packet(session, packet)
    lines = _lines(session, asked)
    if not takes_part(session, asked, reader):
        return lines
    names = masked_names(session, vault, [line.account for line in lines])
    words = thanks_of(session, vault, packet)
    return [replace(line, masked_name=names.get(line.account), thanks=words.get(line.account)) for line in lines]


def _lines(session: Session, asked: RedPacket) -> list[ShareLine]:
    """Return the drawn shares in order of position, as the chain has them: without names and thanks."""
    query = (
        select(PacketShare, PacketCollection)
        .outerjoin(
            PacketCollection,
            (PacketCollection.packet == PacketShare.packet) & (PacketCollection.account == PacketShare.account),
        )
        .where(PacketShare.packet == asked.id)
        .order_by(PacketShare.position)
    )
    found = session.execute(query).all()
    best = rules.luckiest([row[0].value_fen for row in found], shares=asked.shares, lucky=asked.lucky)
    return [_line(share, collection, luckiest=place == best) for place, (share, collection) in enumerate(found)]


def _line(share: PacketShare, collection: PacketCollection | None, *, luckiest: bool) -> ShareLine:
    return ShareLine(
        account=share.account,
        masked_name=None,
        thanks=None,
        position=share.position,
        amount_fen=Fen(share.value_fen),
        status=_share_status(share, collection),
        reason=share.reason,
        luckiest=luckiest,
        at=share.at,
    )


def _share_status(share: PacketShare, collection: PacketCollection | None) -> str:
    if share.reason is None:
        return "claimed"
    return "collected" if collection else "owed"


def _own_share(session: Session, packet: str, account: str) -> tuple[PacketShare | None, PacketCollection | None]:
    """Return an account's share and its collection: the first, should the creator's list name it twice."""
    drawn = select(PacketShare).where(PacketShare.packet == packet, PacketShare.account == account)
    paid = select(PacketCollection).where(PacketCollection.packet == packet, PacketCollection.account == account)
    share = session.scalar(drawn.order_by(PacketShare.position).limit(1))
    return share, session.scalar(paid.order_by(PacketCollection.block).limit(1))


def find_claim(session: Session, packet: str, account: str) -> ClaimView | None:
    """Return the claim of `account`, None when it made none. Raises PacketUnknown."""
    require_packet(session, packet)
    share, collection = _own_share(session, packet, account)
    asked = session.get(PacketClaim, (packet, account))
    if share is not None:
        status, error = _share_status(share, collection), share.reason
        amount: Fen | None = Fen(share.value_fen)
    elif asked is None:
        return None
    else:
        error = _refusal(session, packet, account)
        status, amount = "refused" if error else "submitted", None
    return ClaimView(
        packet=packet,
        account=account,
        position=asked.position if asked else share.position if share else None,
        ticket="0x" + asked.ticket.hex() if asked else None,
        status=status,
        error=error,
        amount_fen=amount,
    )


def _refusal(session: Session, packet: str, account: str) -> str | None:
    query = select(PacketRefusal.error).where(
        PacketRefusal.packet == packet,
        PacketRefusal.account == account,
        PacketRefusal.kind == CallKind.PACKET_CLAIM,
    )
    return session.scalar(query.limit(1))


def find_draw(session: Session, packet: str) -> DrawView:
    """Return what a verifier needs: terms, revealed links and shares, from the chain's facts. Raises PacketUnknown."""
    opening = session.get(PacketOpening, packet)
    if opening is None:
        raise PacketUnknown(packet=packet)
    query = select(PacketShare.link).where(PacketShare.packet == packet).order_by(PacketShare.position)
    links = ["0x" + link.hex() for link in session.scalars(query)]
    lines = _lines(session, require_packet(session, packet))
    return DrawView(
        packet=packet,
        terms=Terms.from_json(opening.terms),
        links=links,
        shares=lines,
        complete=len(lines) == opening.shares,
    )


def terms_of(session: Session, packets: Sequence[str]) -> dict[str, PacketTerms]:
    """Return the terms of each packet, and the draw of those that were asked for here: what the relayer needs.

    Anybody may open a packet past the gateway: its terms are the chain's, and it can be refunded and collected.
    """
    query = select(RedPacket.id, RedPacket.terms, RedPacket.draw_id).where(RedPacket.id.in_(packets))
    found = {row.id: PacketTerms(Terms.from_json(row.terms), row.draw_id) for row in session.execute(query)}
    others = [packet for packet in packets if packet not in found]
    if others:
        opened = select(PacketOpening.packet, PacketOpening.terms).where(PacketOpening.packet.in_(others))
        found |= {row.packet: PacketTerms(Terms.from_json(row.terms), None) for row in session.execute(opened)}
    return found


def packets_behind(session: Session, places: Sequence[tuple[int, int]]) -> dict[tuple[int, int], tuple[str, str]]:
    """Return kind and packet of those Transfers (block, log index) that are a red packet's.

    The escrow says `PacketCreated` and `PacketClaimed` directly after the Transfer, `ShareCollected` directly before,
    `PacketRefunded` two before.
    """
    offsets: tuple[tuple[type[Any], str, int], ...] = (
        (PacketOpening, "packet-given", 1),
        (PacketShare, "share-claimed", 1),
        (PacketCollection, "share-collected", -1),
        (PacketRefund, "packet-refunded", -2),
    )
    found: dict[tuple[int, int], tuple[str, str]] = {}
    for fact, kind, offset in offsets:
        at = [(block, log_index + offset) for block, log_index in places]
        query = select(fact.block, fact.log_index, fact.packet).where(tuple_(fact.block, fact.log_index).in_(at))
        for block, log_index, packet in session.execute(query):
            found[block, log_index - offset] = (kind, packet)
    return found
