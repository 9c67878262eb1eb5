"""What the checkout's events become: the only place where a budget opens and a funded order is paid or refunded."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import insert
from sqlalchemy.orm import Session

from pswallet.chain.events import (
    Approval,
    BudgetOpened,
    CallRefused,
    CashierSet,
    Event,
    OrderPaid,
    OrderRefunded,
)
from pswallet.chain.outbox import CallKind
from pswallet.checkout.models import (
    Allowance,
    BudgetOpening,
    CheckoutCashier,
    CheckoutPart,
    CheckoutPayment,
    CheckoutRefund,
    CheckoutRefusal,
)
from pswallet.checkout.service import spent_of
from pswallet.kit.clock import from_unix
from pswallet.kit.rows import insert_new_rows, insert_rows
from pswallet.notifications.rules import Kind
from pswallet.notifications.service import Notice, notify

Row = dict[str, Any]


def on_budgets_opened(session: Session, events: Sequence[BudgetOpened]) -> None:
    """Funders let their money be spent on orders."""
    rows = [
        {
            "budget": event.budget,
            "funder": event.funder,
            "signer": event.terms.signer,
            "total_fen": event.terms.total,
            "ends_at": from_unix(event.terms.end),
            "at": event.block_time,
            **_place(event),
        }
        for event in events
    ]
    insert_rows(session, BudgetOpening, rows)
    told = [
        _notice(event, event.funder, "budget-opened", {"budget": event.budget, "amount_fen": event.terms.total})
        for event in events
    ]
    notify(session, told)


def on_orders_paid(session: Session, events: Sequence[OrderPaid]) -> None:
    """Funded orders are paid, each by its parts and its payer's own money."""
    insert_rows(session, CheckoutPayment, [_payment(event) for event in events])
    parts = [
        {
            "hash": event.order,
            "place": place,
            "funder": part.funder,
            "budget": part.budget,
            "value_fen": part.value,
            "minimum_spend_fen": part.minimum_spend,
            **_place(event),
        }
        for event in events
        for place, part in enumerate(event.terms.parts)
    ]
    spent = spent_of(session, {(part["budget"], part["funder"]) for part in parts})
    for part in parts:
        spent[part["budget"], part["funder"]] += part["value_fen"]
        part["spent_after_fen"] = spent[part["budget"], part["funder"]]
    insert_rows(session, CheckoutPart, parts)


def _payment(event: OrderPaid) -> Row:
    return {
        "hash": event.order,
        "payer": event.payer,
        "merchant": event.merchant,
        "till": event.terms.till,
        "reference": event.terms.reference,
        "own_fen": event.terms.own,
        "amount_fen": event.terms.amount,
        "expires_at": from_unix(min(event.terms.expiry, _LAST_TIME)),
        "transaction": event.transaction,
        "at": event.block_time,
        **_place(event),
    }


_LAST_TIME = 253_402_300_799
"""9999-12-31: what is signed past the gateway may name any second."""


def on_orders_refunded(session: Session, events: Sequence[OrderRefunded]) -> None:
    """Money of funded orders came back."""
    rows = [
        {
            "hash": event.order,
            "number": event.number,
            "merchant": event.merchant,
            "signer": event.signer,
            "value_fen": event.value,
            "own_fen": event.own,
            "parts_fen": list(event.parts),
            "at": event.block_time,
            **_place(event),
        }
        for event in events
    ]
    if rows:
        session.execute(insert(CheckoutRefund), rows)


def on_cashiers_set(session: Session, events: Sequence[CashierSet]) -> None:
    """Merchants named cashiers, or dismissed them."""
    rows = [
        {
            "merchant": event.merchant,
            "cashier": event.cashier,
            "number": event.number,
            "cap_fen": event.cap,
            "at": event.block_time,
            **_place(event),
        }
        for event in events
    ]
    insert_rows(session, CheckoutCashier, rows)


def on_approvals(session: Session, events: Sequence[Approval]) -> None:
    """Accounts let others move their money."""
    rows = [
        {
            "owner": event.owner,
            "spender": event.spender,
            "value": str(event.value),
            "at": event.block_time,
            **_place(event),
        }
        for event in events
    ]
    insert_rows(session, Allowance, rows)


_TOLD: dict[str, tuple[Kind, str]] = {
    CallKind.BUDGET_OPEN: ("budget-refused", "asker"),
    CallKind.ORDER_PAY: ("order-refused", "asker"),
    CallKind.ORDER_REFUND: ("order-refund-refused", "asker"),
    CallKind.CASHIER_SET: ("cashier-refused", "merchant"),
    CallKind.PERMIT: ("permit-refused", "owner"),
}
"""What is told of a refusal, and which of the call's arguments says to whom."""


def on_calls_refused(session: Session, events: Sequence[CallRefused]) -> None:
    """The chain refused calls to the checkout; nothing moved."""
    refused = [event for event in events if event.kind in _TOLD]
    rows = [
        {
            "key": event.key,
            "kind": event.kind,
            "subject": event.arguments["subject"],
            "number": event.arguments.get("count"),
            "error": event.error,
            "at": event.block_time,
            **_place(event),
        }
        for event in refused
    ]
    insert_new_rows(session, CheckoutRefusal, rows)
    notify(session, [_told(event) for event in refused])


def _told(event: CallRefused) -> Notice:
    kind, whom = _TOLD[event.kind]
    return _notice(event, event.arguments[whom], kind, {**_subject(event), "error": event.error})


def _subject(event: CallRefused) -> Row:
    asked = event.arguments
    match event.kind:
        case CallKind.BUDGET_OPEN:
            return {"budget": asked["subject"]}
        case CallKind.CASHIER_SET:
            return {"cashier": asked["cashier"]}
        case CallKind.PERMIT:
            return {}
    return {"order": asked.get("order_id", asked["subject"])}


def _place(event: Event) -> Row:
    return {"block": event.block, "log_index": event.log_index}


def _notice(event: Event, address: str, kind: Kind, body: Row) -> Notice:
    return Notice(address=address, kind=kind, body=body, block=event.block, log_index=event.log_index)
