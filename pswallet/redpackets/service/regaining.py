"""After a restored backup: the places in lucky packets' queues that the chain knows and the rows have lost."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Row, text
from sqlalchemy.orm import Session

from pswallet.chain.outbox import Call, CallKind, enqueue_settled
from pswallet.kit.rows import insert_rows
from pswallet.redpackets.models import PacketClaim
from pswallet.redpackets.service.claims import TicketSigner

_LOST = text(
    """
    SELECT s.packet, s.account, s.position, s.at, s.block, p.largest_share_fen, g.place, g.proof
    FROM packet_shares s JOIN red_packets p ON p.id = s.packet
    LEFT JOIN packet_guests g ON g.packet = s.packet AND g.account = s.account
    WHERE p.lucky AND NOT EXISTS (SELECT FROM packet_claims c WHERE c.packet = s.packet AND c.account = s.account)
    ORDER BY s.packet, s.position
    """
)


def regain_claims(session: Session, dealer: TicketSigner) -> int:
    """Write the claims, and their calls, of drawn shares that have none; return how many.

    Without them the next claim of a lucky packet would get a place that is taken, and be refused for ever. Tickets are
    signed as before: the same words by the same key. An equal packet counts by itself what the chain has drawn.
    """
    lost = session.execute(_LOST).all()
    rows = [
        {
            "packet": share.packet,
            "account": share.account,
            "position": share.position,
            "ticket": dealer.sign_ticket(share.packet, share.account, share.position),
            "bound_fen": share.largest_share_fen,
            "claimed_at": share.at,
        }
        for share in lost
    ]
    insert_rows(session, PacketClaim, rows)
    enqueue_settled(session, [(_call(share), share.block) for share in lost])
    return len(rows)


def _call(share: Row[Any]) -> Call:
    """Return the claim's call. A link's signature is lost: should a reorganisation undo the share, it is refused."""
    arguments = {
        "packet": share.packet,
        "account": share.account,
        "index": share.place or 0,
        "evidence": "0x" + (share.proof or b"").hex(),
        "position": share.position,
    }
    key = f"packet-claim:{share.packet}:{share.account}"
    return Call(key=key, kind=CallKind.PACKET_CLAIM, arguments=arguments, lane=share.packet)
