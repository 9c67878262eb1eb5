"""What the token's events become: entries with a running balance, the fate of each authorization, the tiers' limits."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row as Selected
from sqlalchemy import text
from sqlalchemy.orm import Session

from pswallet.accounts.service import standing
from pswallet.chain.events import (
    AccountReplaced,
    AuthorizationCanceled,
    AuthorizationUsed,
    CallRefused,
    Paused,
    TierLimitsSet,
    Transfer,
    Unpaused,
)
from pswallet.chain.outbox import CallKind
from pswallet.kit.clock import from_unix, shanghai_day
from pswallet.kit.rows import insert_new_rows, insert_rows
from pswallet.notifications.rules import Kind
from pswallet.notifications.service import Notice, notify
from pswallet.payments.models import (
    AuthorizationCancellation,
    AuthorizationRefusal,
    AuthorizationUse,
    Entry,
    PaymentPause,
    Succession,
    TierLimit,
)
from pswallet.payments.projection.funded import parts_among
from pswallet.payments.rules import SYSTEM_TIER, ZERO_ADDRESS
from pswallet.payments.service import OfOrder, announce_transfers, last_entries
from pswallet.points import projection as points
from pswallet.points.rules import PaidOrder, RefundedOrder

Row = dict[str, Any]


@dataclass(slots=True)
class _Running:
    """An address's balance and counters while a range of blocks is folded [fen]."""

    balance: int = 0
    sent_today: int = 0
    sent_this_year: int = 0
    sent_ever: int = 0
    at: datetime | None = None

    def move(self, delta: int, at: datetime, *, redeemed: int, sent: int) -> None:
        """Count one side of a payment; a redemption is outside the yearly count, as on chain."""
        day = shanghai_day(at)
        before = shanghai_day(self.at) if self.at else None
        if before != day:
            self.sent_today = 0
        if before is None or before.year != day.year:
            self.sent_this_year = 0
        self.balance += delta
        self.sent_today += sent + redeemed
        self.sent_this_year += sent
        self.sent_ever += sent
        self.at = at


def on_authorizations_used(session: Session, events: Sequence[AuthorizationUsed]) -> None:
    """Nonces of signed payments were used: `confirmed` is one whose own Transfer stands directly after."""
    rows = [
        {"payer": e.authorizer, "nonce": e.nonce, "at": e.block_time, "block": e.block, "log_index": e.log_index}
        for e in events
    ]
    insert_rows(session, AuthorizationUse, rows)


def on_authorizations_canceled(session: Session, events: Sequence[AuthorizationCanceled]) -> None:
    """Nonces were made useless by their owners."""
    rows = [{"payer": e.authorizer, "nonce": e.nonce, "block": e.block, "log_index": e.log_index} for e in events]
    insert_rows(session, AuthorizationCancellation, rows)


def on_calls_refused(session: Session, events: Sequence[CallRefused]) -> None:
    """The chain refused payments of ours: nothing moved, the payers are told why, what was pending is free again."""
    refused = [(event, *_authorization_of(event)) for event in events if event.kind in _CARRIERS and _has_money(event)]
    rows = [
        {
            "payer": payer,
            "nonce": nonce,
            "number": event.arguments.get("tries", 0),
            "error": event.error,
            "at": event.block_time,
            "block": event.block,
            "log_index": event.log_index,
        }
        for event, payer, nonce in refused
    ]
    insert_new_rows(session, AuthorizationRefusal, rows)
    notices = [
        Notice(payer, "transfer-refused", {"nonce": nonce, "error": event.error}, event.block, event.log_index)
        for event, payer, nonce in refused
        if event.kind == CallKind.AUTHORIZATION
    ]
    notify(session, notices)


_CARRIERS = (CallKind.AUTHORIZATION, CallKind.PACKET_CREATE, CallKind.ORDER_PAY)


def _has_money(event: CallRefused) -> bool:
    """Whether the payer had signed for own money: vouchers alone can pay an order too."""
    return event.kind != CallKind.ORDER_PAY or event.arguments["own"] > 0


def _authorization_of(event: CallRefused) -> tuple[str, str]:
    """Return payer and nonce; the money of a red packet has the packet's id for a nonce, a funded order's its own."""
    if event.kind != CallKind.PACKET_CREATE:
        return event.arguments["from"], event.arguments["nonce"]
    return event.arguments["terms"]["creator"], event.key.rpartition(":")[2]


def on_tier_limits_set(session: Session, events: Sequence[TierLimitsSet]) -> None:
    """The limits that previews count against are the token's own."""
    rows = [
        {
            "tier": e.tier,
            "max_balance_fen": e.max_balance,
            "per_payment_fen": e.per_payment,
            "per_day_fen": e.per_day,
            "per_year_fen": e.per_year,
            "one_factor_per_day_fen": e.one_factor_per_day,
            "lifetime": e.lifetime,
            "block": e.block,
            "log_index": e.log_index,
        }
        for e in events
    ]
    insert_rows(session, TierLimit, rows)


def on_paused(session: Session, events: Sequence[Paused]) -> None:
    """Payments stand still."""
    rows = [{"expires_at": from_unix(e.expiry), "block": e.block, "log_index": e.log_index} for e in events]
    insert_rows(session, PaymentPause, rows)


def on_unpaused(session: Session, events: Sequence[Unpaused]) -> None:
    """Payments go on."""
    rows = [{"expires_at": None, "block": e.block, "log_index": e.log_index} for e in events]
    insert_rows(session, PaymentPause, rows)


def on_accounts_replaced(session: Session, events: Sequence[AccountReplaced]) -> None:
    """What an account has sent counts for its successor."""
    rows = [
        {"account": e.account, "successor": e.successor, "block": e.block, "log_index": e.log_index} for e in events
    ]
    insert_rows(session, Succession, rows)


def on_transfers(session: Session, events: Sequence[Transfer]) -> None:
    """Money moved: an entry for each side, the balance after it folded on from the address's last entry."""
    parties = _people(party for event in events for party in (event.sender, event.recipient))
    running = {
        address: _Running(
            balance=entry.balance_after_fen,
            sent_today=entry.sent_today_fen,
            sent_this_year=entry.sent_this_year_fen,
            sent_ever=entry.sent_ever_fen,
            at=entry.at,
        )
        for address, entry in last_entries(session, parties).items()
    }
    rows: list[Row] = []
    for event in events:
        rows.extend(_entries(running, event))
    insert_rows(session, Entry, rows)
    orders = _orders(session, events)
    _tell(session, events, parties, orders)
    _earn(session, orders)


def _people(addresses: Iterable[str]) -> list[str]:
    return [address for address in dict.fromkeys(addresses) if address != ZERO_ADDRESS]


def _entries(running: dict[str, _Running], event: Transfer) -> list[Row]:
    kind = "mint" if event.sender == ZERO_ADDRESS else "redeem" if event.recipient == ZERO_ADDRESS else "transfer"
    rows: list[Row] = []
    if kind != "mint":
        purse = running.setdefault(event.sender, _Running())
        sent, redeemed = (0, event.value) if kind == "redeem" else (event.value, 0)
        purse.move(-event.value, event.block_time, redeemed=redeemed, sent=sent)
        rows.append(_entry(event, purse, kind, leg=0))
    if kind != "redeem":
        purse = running.setdefault(event.recipient, _Running())
        purse.move(event.value, event.block_time, redeemed=0, sent=0)
        rows.append(_entry(event, purse, kind, leg=1))
    return rows


def _entry(event: Transfer, purse: _Running, kind: str, *, leg: int) -> Row:
    account, counterparty = (event.sender, event.recipient) if leg == 0 else (event.recipient, event.sender)
    return {
        "account": account,
        "counterparty": counterparty,
        "leg": leg,
        "kind": kind,
        "delta_fen": event.value if leg else -event.value,
        "balance_after_fen": purse.balance,
        "sent_today_fen": purse.sent_today,
        "sent_this_year_fen": purse.sent_this_year,
        "sent_ever_fen": purse.sent_ever,
        "at": event.block_time,
        "block": event.block,
        "log_index": event.log_index,
    }


# The log before a Transfer is the AuthorizationUsed of what it carried out.
_OF_ORDERS = text(
    """
    SELECT u.block, u.log_index + 1 AS log_index, o.id, o.hash, o.merchant, o.amount_fen, o.reference, false AS refund
    FROM authorization_uses u JOIN orders o ON o.hash = u.nonce AND u.at < o.expires_at
    WHERE u.block BETWEEN :first AND :last
    UNION ALL
    SELECT u.block, u.log_index + 1, o.id, o.hash, o.merchant, r.value_fen, o.reference, true
    FROM authorization_uses u
    JOIN authorizations a ON a.payer = u.payer AND a.nonce = u.nonce AND a.purpose = 'order-refund'
    JOIN order_refunds r ON r.authorization_id = a.id
    JOIN orders o ON o.id = r.order_id
    WHERE u.block BETWEEN :first AND :last
    """
)


@dataclass(frozen=True, slots=True)
class _Settled:
    """A payment of an order, or money back from one: what the chain moved, and the order's row."""

    event: Transfer
    order: Selected[Any]


_Orders = dict[tuple[int, int], _Settled]


def _orders(session: Session, events: Sequence[Transfer]) -> _Orders:
    """Return the movements that are an order's, exactly as it asks for them, by block and log index."""
    blocks = [event.block for event in events]
    span = {"first": min(blocks, default=0), "last": max(blocks, default=-1)}
    rows = {(row.block, row.log_index): row for row in session.execute(_OF_ORDERS, span)}
    found = {}
    for event in events:
        row = rows.get((event.block, event.log_index))
        if row is None or row.amount_fen != event.value or event.sender == event.recipient:
            continue
        if (event.sender if row.refund else event.recipient) == row.merchant:
            found[event.block, event.log_index] = _Settled(event, row)
    return found


def _earn(session: Session, orders: _Orders) -> None:
    """Let purchases earn points, and refunds take them back."""
    paid, refunded = [], []
    for one in orders.values():
        event = one.event
        moved = {
            "order": one.order.hash,
            "amount_fen": event.value,
            "own_fen": event.value,
            "points": 0,
            "at": event.block_time,
            "block": event.block,
            "log_index": event.log_index,
        }
        if one.order.refund:
            refunded.append(RefundedOrder(account=event.recipient, **moved))
        else:
            paid.append(PaidOrder(account=event.sender, **moved))
    points.on_order_paid(session, paid)
    points.on_order_refunded(session, refunded)


def _tell(session: Session, events: Sequence[Transfer], parties: Sequence[str], orders: _Orders) -> None:
    """Tell both sides of payments between people; contracts, the bank and funded orders are told of elsewhere."""
    contracts = {address for address, found in standing(session, parties).items() if found.tier == SYSTEM_TIER}
    people = set(parties) - contracts
    notices: list[Notice] = []
    parts = parts_among(session, events)
    told = [event for event in events if (event.block, event.log_index) not in parts]
    for event in told:
        if event.sender in people and event.recipient in people:
            sent, received = _words(event, orders.get((event.block, event.log_index)))
            notices.append(Notice(event.sender, *sent, event.block, event.log_index))
            notices.append(Notice(event.recipient, *received, event.block, event.log_index))
    notify(session, notices)
    of = {place: OfOrder(one.order.id, one.order.reference, one.order.merchant) for place, one in orders.items()}
    announce_transfers(session, told, people, of)


def _words(
    event: Transfer, settled: _Settled | None
) -> tuple[tuple[Kind, dict[str, Any]], tuple[Kind, dict[str, Any]]]:
    """Return what the sender and the recipient of a payment are told."""
    sent = {"amount_fen": event.value, "to": event.recipient}
    received = {"amount_fen": event.value, "from": event.sender}
    if settled is None:
        return ("transfer-sent", sent), ("transfer-received", received)
    named = {"order": settled.order.id, "reference": settled.order.reference}
    if settled.order.refund:
        return ("transfer-sent", sent), ("order-refunded", received | named)
    return ("order-paid", sent | named), ("order-received", received | named)
