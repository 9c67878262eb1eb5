"""Funded orders: points earned and clawed back, both sides told once, whoever's money it was."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from pswallet.chain.events import OrderPaid, OrderRefunded, Transfer
from pswallet.kit.rows import array_literal
from pswallet.merchants import service as merchants
from pswallet.merchants.service import Happening
from pswallet.notifications.rules import Kind
from pswallet.notifications.service import Notice, notify
from pswallet.payments.service import named
from pswallet.points import projection as points
from pswallet.points.rules import PaidOrder, RefundedOrder

_ROWS = text(
    """
    SELECT p.hash, o.id, p.reference, f.points_place
    FROM checkout_payments p
    LEFT JOIN orders o ON o.merchant = p.merchant AND o.reference = p.reference AND o.till = p.till
        AND o.amount_fen = p.amount_fen AND o.expires_at = p.expires_at
    LEFT JOIN funded_orders f ON f.hash = p.hash
    WHERE p.hash = ANY(CAST(:hashes AS text[]))
    """
)


@dataclass(frozen=True, slots=True)
class _Known:
    """What the gateway knows of a funded order: its name for people, and which part the payer's points paid."""

    id: str | None
    """Of the order, if a merchant opened it here. Anybody can pay anybody at the checkout, and that is no purchase."""
    name: str
    reference: str
    points_place: int | None

    @property
    def named(self) -> dict[str, str | None]:
        """Return how a webhook names the order; what nobody opened here it does not."""
        return named(self.id, self.reference if self.id else None)

    def points(self, parts: Sequence[int]) -> int:
        """Return what of `parts` [fen] was paid, or came back, in points: a point is a fen."""
        return 0 if self.points_place is None else parts[self.points_place]


def _known(session: Session, hashes: Sequence[str]) -> dict[str, _Known]:
    rows = session.execute(_ROWS, {"hashes": array_literal(hashes)})
    return {row.hash: _Known(row.id, row.id or row.hash, row.reference, row.points_place) for row in rows}


def on_funded_orders_paid(session: Session, events: Sequence[OrderPaid]) -> None:
    """Purchases that others helped to pay: own money earns points, points that paid are spent, both sides are told."""
    known = _known(session, [event.order for event in events])
    paid = [
        PaidOrder(
            account=event.payer,
            order=event.order,
            amount_fen=event.terms.amount,
            own_fen=event.terms.own,
            points=known[event.order].points([part.value for part in event.terms.parts]),
            at=event.block_time,
            block=event.block,
            log_index=event.log_index,
        )
        for event in events
        if known[event.order].id is not None
    ]
    points.on_order_paid(session, paid)
    told: list[Notice] = []
    for event in events:
        order = {"order": known[event.order].name, "reference": known[event.order].reference}
        amounts = {"amount_fen": event.terms.amount, "own_fen": event.terms.own}
        told.append(_notice(event, event.payer, "order-paid", {**amounts, "to": event.merchant, **order}))
        told.append(_notice(event, event.merchant, "order-received", {**amounts, "from": event.payer, **order}))
    notify(session, told)
    _announce(session, events, known, "payment.confirmed")


def on_funded_orders_refunded(session: Session, events: Sequence[OrderRefunded]) -> None:
    """Money of funded orders came back: what it had earned goes, points that had paid return, the payer is told."""
    known = _known(session, [event.order for event in events])
    refunded = [
        RefundedOrder(
            account=event.payer,
            order=event.order,
            amount_fen=event.value,
            own_fen=event.own,
            points=known[event.order].points(event.parts),
            at=event.block_time,
            block=event.block,
            log_index=event.log_index,
        )
        for event in events
    ]
    points.on_order_refunded(session, refunded)
    told: list[Notice] = []
    for event in events:
        order = {"order": known[event.order].name, "reference": known[event.order].reference}
        amounts = {"amount_fen": event.value, "own_fen": event.own, "from": event.merchant}
        told.append(_notice(event, event.payer, "order-refunded", {**amounts, **order}))
    notify(session, told)
    _announce(session, events, known, "refund.confirmed")


def _notice(event: OrderPaid | OrderRefunded, address: str, kind: Kind, body: dict[str, Any]) -> Notice:
    return Notice(address, kind, body, event.block, event.log_index)


def _announce(
    session: Session, events: Sequence[OrderPaid | OrderRefunded], known: Mapping[str, _Known], kind: merchants.Kind
) -> None:
    listening = merchants.listening(session, {event.merchant for event in events})
    happenings = []
    for event in events:
        if event.merchant in listening:
            # An order is paid once, a refund's number is used once: a rebuild finds them told already.
            number = f":{event.number}" if isinstance(event, OrderRefunded) else ""
            body = {
                "address": event.merchant,
                "customer": event.payer,
                "amount_fen": event.value if isinstance(event, OrderRefunded) else event.terms.amount,
                "authorization": event.order,
                "transaction": event.transaction,
                "log_index": event.log_index,
                **known[event.order].named,
            }
            source = f"{kind}:{event.order}{number}"
            happenings.append(Happening(event.merchant, source, kind, event.block, event.block_time, body))
    merchants.announce(session, happenings)


_PARTS = text(
    """
    SELECT p.block, p.log_index, p.funder, c.merchant, p.value_fen
    FROM checkout_parts p JOIN checkout_payments c ON c.hash = p.hash
    WHERE p.block BETWEEN :first AND :last ORDER BY p.block, p.log_index
    """
)

_Place = tuple[int, int]


def parts_among(session: Session, events: Sequence[Transfer]) -> set[_Place]:
    """Return where a Transfer is a budget's part of a funded order, which is told as a whole.

    It is the last one of its parties and amount before the order's own event.
    """
    blocks = [event.block for event in events]
    span = {"first": min(blocks, default=0), "last": max(blocks, default=-1)}
    rows = session.execute(_PARTS, span).all()
    if not rows:
        return set()
    alike: dict[tuple[int, str, str, int], list[int]] = defaultdict(list)
    for event in sorted(events, key=lambda one: (one.block, one.log_index)):
        alike[event.block, event.sender, event.recipient, event.value].append(event.log_index)
    found: set[_Place] = set()
    for block, log_index, funder, merchant, value in rows:
        before = [at for at in alike[block, funder, merchant, value] if at < log_index and (block, at) not in found]
        if before:
            found.add((block, before[-1]))
    return found
