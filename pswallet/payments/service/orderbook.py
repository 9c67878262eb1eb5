"""Where orders stand: derived from the chain's facts and from what waits, never stored."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from pswallet.kit.money import Fen
from pswallet.kit.rows import array_literal
from pswallet.payments.models import Order, OrderRefund
from pswallet.payments.service.reading import Transfer, transfers_of


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderPayment:
    """Money that came for an order. `duplicate`: another payer's came first, so that this one is to be given back."""

    payer: str
    amount_fen: Fen
    transaction_block: int
    log_index: int
    paid_at: datetime
    duplicate: bool
    refunded_fen: Fen


@dataclass(frozen=True, slots=True, kw_only=True)
class RefundView:
    """A refund and its status: submitted, confirmed, refused or canceled."""

    number: int
    payer: str
    amount_fen: Fen
    transfer_id: str
    status: str
    error: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderView:
    """An order: open, submitted, paid, refunded (all of it), voided or expired; with its payments and refunds."""

    id: str
    hash: str
    merchant: str
    till: str
    reference: str
    amount_fen: Fen
    created_at: datetime
    expires_at: datetime
    status: str
    payments: list[OrderPayment]
    refunds: list[RefundView]
    error: str | None
    """Why the last payment that was tried did not go through."""


# `Transfer` stands directly after `AuthorizationUsed`: the entry there tells whom the nonce paid. A cancellation and a
# payment to oneself set the nonce too, and pay nobody.
_PAID = text(
    """
    SELECT u.nonce, u.payer, u.block, u.log_index, u.at
    FROM orders o
    JOIN authorization_uses u ON u.nonce = o.hash
    JOIN entries e ON e.account = u.payer AND e.block = u.block AND e.log_index = u.log_index + 1 AND e.leg = 0
    WHERE o.id = ANY(CAST(:orders AS text[])) AND u.payer <> o.merchant
      AND e.counterparty = o.merchant AND e.delta_fen = -o.amount_fen AND u.at < o.expires_at
    ORDER BY u.block, u.log_index
    """
)

_TRIED = text(
    """
    SELECT o.id, a.id FROM orders o JOIN authorizations a ON a.nonce = o.hash AND a.purpose = 'order'
    WHERE o.id = ANY(CAST(:orders AS text[])) ORDER BY a.id
    """
)


@dataclass(slots=True)
class _Found:
    """What was read of one order."""

    payments: list[tuple[str, int, int, datetime]] = field(default_factory=list)
    tries: list[Transfer] = field(default_factory=list)
    refunds: list[tuple[OrderRefund, Transfer]] = field(default_factory=list)


def views(session: Session, orders: Sequence[Order], *, now: datetime | None = None) -> list[OrderView]:
    """Return what is to be seen of `orders`, in their order. Without `now` none is called expired."""
    found: dict[str, _Found] = defaultdict(_Found)
    ids = {"orders": array_literal([order.id for order in orders])}
    by_hash = {order.hash: order.id for order in orders}
    for nonce, *payment in session.execute(_PAID, ids):
        found[by_hash[nonce]].payments.append(tuple(payment))
    tried = session.execute(_TRIED, ids).all()
    refunds = list(
        session.scalars(
            select(OrderRefund)
            .where(OrderRefund.order_id.in_([order.id for order in orders]))
            .order_by(OrderRefund.order_id, OrderRefund.number)
        )
    )
    transfers = transfers_of(session, [one for _, one in tried] + [refund.authorization_id for refund in refunds])
    for order_id, authorization in tried:
        found[order_id].tries.append(transfers[authorization])
    for refund in refunds:
        found[refund.order_id].refunds.append((refund, transfers[refund.authorization_id]))
    return [_view(order, found[order.id], now) for order in orders]


def given_back(refunds: Iterable[tuple[OrderRefund, Transfer]], payer: str) -> Fen:
    """Return what went back to `payer` or is on its way [fen]."""
    counted = ("submitted", "confirmed")
    return Fen(sum(one.value_fen for one, sent in refunds if one.payer == payer and sent.status in counted))


def _view(order: Order, found: _Found, now: datetime | None) -> OrderView:
    payments = [
        OrderPayment(
            payer=payer,
            amount_fen=Fen(order.amount_fen),
            transaction_block=block,
            log_index=log_index,
            paid_at=at,
            duplicate=place > 0,
            refunded_fen=given_back(found.refunds, payer),
        )
        for place, (payer, block, log_index, at) in enumerate(found.payments)
    ]
    last = found.tries[-1] if found.tries else None
    return OrderView(
        id=order.id,
        hash=order.hash,
        merchant=order.merchant,
        till=order.till,
        reference=order.reference,
        amount_fen=Fen(order.amount_fen),
        created_at=order.created_at,
        expires_at=order.expires_at,
        status=_status(order, payments, found.tries, now),
        payments=payments,
        refunds=[
            RefundView(
                number=refund.number,
                payer=refund.payer,
                amount_fen=Fen(refund.value_fen),
                transfer_id=sent.id,
                status=sent.status,
                error=sent.error,
            )
            for refund, sent in found.refunds
        ],
        error=last.error if last is not None and not payments else None,
    )


def _status(order: Order, payments: list[OrderPayment], tries: list[Transfer], now: datetime | None) -> str:
    if payments:
        return "refunded" if payments[0].refunded_fen >= order.amount_fen else "paid"
    if any(one.status == "submitted" for one in tries):
        return "submitted"
    if order.voided_at is not None:
        return "voided"
    return "expired" if now is not None and now >= order.expires_at else "open"
