"""What the escrow's events become: the only place where a packet opens, a share is paid or owed, a refund is done."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from pswallet.chain.events import (
    CallRefused,
    Event,
    PacketClaimed,
    PacketCreated,
    PacketRefunded,
    ShareCollected,
    ShareOwed,
)
from pswallet.chain.hashing import selector
from pswallet.chain.outbox import CallKind
from pswallet.kit.clock import from_unix
from pswallet.kit.rows import insert_new_rows, insert_rows
from pswallet.notifications.rules import Kind
from pswallet.notifications.service import Notice, notify
from pswallet.redpackets.models import (
    PacketCollection,
    PacketOpening,
    PacketRefund,
    PacketRefusal,
    PacketShare,
)

Row = dict[str, Any]


def on_packets_created(session: Session, events: Sequence[PacketCreated]) -> None:
    """The money is in the escrow: packets are open, and their guests are told."""
    rows = [
        {
            "packet": event.packet,
            "creator": event.creator,
            "terms": event.terms.to_json(),
            "shares": event.terms.shares,
            "expires_at": from_unix(event.terms.expiry),
            "at": event.block_time,
            **_place(event),
        }
        for event in events
    ]
    insert_rows(session, PacketOpening, rows)
    notify(session, [_notice(event, event.creator, "packet-opened", {"packet": event.packet}) for event in events])


def on_packets_claimed(session: Session, events: Sequence[PacketClaimed]) -> None:
    """Shares left the escrow: the only place where a claim becomes `claimed`."""
    insert_rows(session, PacketShare, [{**_share(event), "reason": None} for event in events])
    _tell_shares(session, events, "share-claimed")


def on_shares_owed(session: Session, events: Sequence[ShareOwed]) -> None:
    """Shares were drawn and could not be paid: they wait to be collected."""
    insert_rows(session, PacketShare, [{**_share(event), "reason": _reason(event.reason)} for event in events])
    _tell_shares(session, events, "share-owed")


_REASONS = {
    selector(signature): signature.partition("(")[0]
    for signature in (
        "AccountNotRegistered(address)",
        "RecipientIsFrozen(address)",
        "BalanceLimitExceeded(address,uint256,uint256)",
    )
}


def _reason(revert: bytes) -> str:
    """Name why the token would not credit the claimant."""
    return _REASONS.get(revert[:4], "PayoutRefused")


def on_shares_collected(session: Session, events: Sequence[ShareCollected]) -> None:
    """Owed shares were paid."""
    rows = [
        {
            "packet": event.packet,
            "account": event.account,
            "value_fen": event.value,
            "at": event.block_time,
            **_place(event),
        }
        for event in events
    ]
    insert_rows(session, PacketCollection, rows)
    body = [{"packet": event.packet, "amount_fen": event.value} for event in events]
    notify(
        session,
        [_notice(event, event.account, "share-collected", one) for event, one in zip(events, body, strict=True)],
    )


def on_packets_refunded(session: Session, events: Sequence[PacketRefunded]) -> None:
    """What was left went back to the creators."""
    rows = [
        {
            "packet": event.packet,
            "creator": event.creator,
            "value_fen": event.value,
            "at": event.block_time,
            **_place(event),
        }
        for event in events
    ]
    insert_rows(session, PacketRefund, rows)
    body = [{"packet": event.packet, "amount_fen": event.value} for event in events]
    notify(
        session,
        [_notice(event, event.creator, "packet-refunded", one) for event, one in zip(events, body, strict=True)],
    )


_KINDS = (CallKind.PACKET_CREATE, CallKind.PACKET_CLAIM, CallKind.PACKET_COLLECT, CallKind.PACKET_REFUND)


def on_calls_refused(session: Session, events: Sequence[CallRefused]) -> None:
    """The chain refused calls about packets; whoever asked is told why, and nothing moved."""
    refused = [event for event in events if event.kind in _KINDS]
    rows = [
        {
            "key": event.key,
            "packet": event.key.split(":")[1],
            "account": event.arguments.get("account", ""),
            "kind": event.kind,
            "error": event.error,
            "at": event.block_time,
            **_place(event),
        }
        for event in refused
    ]
    insert_new_rows(session, PacketRefusal, rows)
    notify(session, [_refusal_notice(event) for event in refused if event.kind in _REFUSED])


_REFUSED: dict[str, Kind] = {
    CallKind.PACKET_CREATE: "packet-create-refused",
    CallKind.PACKET_CLAIM: "packet-claim-refused",
    CallKind.PACKET_COLLECT: "packet-collect-refused",
}


def _refusal_notice(event: CallRefused) -> Notice:
    asker = event.arguments.get("account") or event.arguments["terms"]["creator"]
    body = {"packet": event.key.split(":")[1], "error": event.error}
    return _notice(event, asker, _REFUSED[event.kind], body)


def _place(event: Event) -> Row:
    return {"block": event.block, "log_index": event.log_index}


def _share(event: PacketClaimed | ShareOwed) -> Row:
    return {
        "packet": event.packet,
        "account": event.account,
        "position": event.position,
        "value_fen": event.value,
        "link": bytes.fromhex(event.link[2:]),
        "at": event.block_time,
        **_place(event),
    }


def _tell_shares(session: Session, events: Sequence[PacketClaimed | ShareOwed], kind: Kind) -> None:
    """Tell the claimants, and the creators of those packets whose last share this was."""
    notices = [
        _notice(event, event.account, kind, {"packet": event.packet, "amount_fen": event.value}) for event in events
    ]
    last = _last_positions(session, events)
    notices.extend(_notice(event, creator, "packet-exhausted", {"packet": event.packet}) for event, creator in last)
    notify(session, notices)


def _last_positions(
    session: Session, events: Sequence[PacketClaimed | ShareOwed]
) -> list[tuple[PacketClaimed | ShareOwed, str]]:
    highest: dict[str, PacketClaimed | ShareOwed] = defaultdict()
    for event in events:
        highest[event.packet] = event
    query = select(PacketOpening.packet, PacketOpening.creator, PacketOpening.shares).where(
        PacketOpening.packet.in_(highest)
    )
    return [
        (highest[packet], creator)
        for packet, creator, shares in session.execute(query)
        if highest[packet].position == shares - 1
    ]


def _notice(event: Event, address: str, kind: Kind, body: Row) -> Notice:
    return Notice(address=address, kind=kind, body=body, block=event.block, log_index=event.log_index)
