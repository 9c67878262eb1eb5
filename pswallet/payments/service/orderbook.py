"""Where orders stand: derived from the chain's facts and from what waits, never stored."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from pswallet.checkout import service as checkout
from pswallet.checkout.service import FundedPayment
from pswallet.kit.money import Fen
from pswallet.kit.rows import array_literal
from pswallet.payments.models import Order, OrderRefund
from pswallet.payments.service.reading import Transfer, transfers_of

TAKEN = ("submitted", "paid", "refunded")
"""Where an order stands that somebody pays or has paid: nobody else may, though it was given back since."""


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
    """What went back or is on its way: so much less can be refunded."""
    back_fen: Fen
    """What went back."""
    funded: FundedPayment | None = None
    """The order with its parts, where others paid some of it."""


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
    quote_id: str | None


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
    WHERE o.id = ANY(CAST(:orders AS text[])) ORDER BY a.accepted_at, a.id
    """
)


# Whoever carried it: what the payer signed says which order it is.
_FUNDED = text(
    """
    SELECT o.id, p.hash FROM orders o
    JOIN checkout_payments p ON p.merchant = o.merchant AND p.reference = o.reference AND p.till = o.till
        AND p.amount_fen = o.amount_fen AND p.expires_at = o.expires_at
    WHERE o.id = ANY(CAST(:orders AS text[]))
    """
)

_FUNDED_TRIED = text(
    """
    SELECT f.order_id, (
        SELECT r.error FROM checkout_refusals r WHERE r.subject = f.hash AND r.kind = 'order-pay'
        ORDER BY r.block, r.log_index OFFSET f.tries LIMIT 1
    ) AS error
    FROM funded_orders f WHERE f.order_id = ANY(CAST(:orders AS text[]))
    ORDER BY f.order_id, f.accepted_at, f.hash
    """
)


@dataclass(frozen=True, slots=True)
class _Try:
    """A payment that was taken in: it waits or has happened (`error` None), or the chain refused it."""

    waits: bool
    error: str | None


@dataclass(slots=True)
class _Found:
    """What was read of one order."""

    payments: list[tuple[str, int, int, datetime]] = field(default_factory=list)
    funded: list[FundedPayment] = field(default_factory=list)
    tries: list[_Try] = field(default_factory=list)
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
        sent = transfers[authorization]
        found[order_id].tries.append(_Try(sent.status == "submitted", sent.error))
    _read_funded(session, found, ids)
    for refund in refunds:
        found[refund.order_id].refunds.append((refund, transfers[refund.authorization_id]))
    return [_view(order, found[order.id], now) for order in orders]


def _read_funded(session: Session, found: dict[str, _Found], ids: dict[str, str]) -> None:
    order_of = {hash_: order_id for order_id, hash_ in session.execute(_FUNDED, ids)}
    for payment in checkout.funded_payments(session, list(order_of)):
        found[order_of[payment.hash]].funded.append(payment)
    for order_id, error in session.execute(_FUNDED_TRIED, ids):
        found[order_id].tries.append(_Try(error is None, error))


def given_back(refunds: Iterable[tuple[OrderRefund, Transfer]], payer: str, *counted: str) -> Fen:
    """Return what of the refunds to `payer` has one of the `counted` statuses [fen]."""
    return Fen(sum(one.value_fen for one, sent in refunds if one.payer == payer and sent.status in counted))


def _payments(order: Order, found: _Found) -> list[OrderPayment]:
    """Return all that came for an order, first what came first: all else is to be given back."""
    plain = [
        OrderPayment(
            payer=payer,
            amount_fen=Fen(order.amount_fen),
            transaction_block=block,
            log_index=log_index,
            paid_at=at,
            duplicate=False,
            refunded_fen=given_back(found.refunds, payer, "submitted", "confirmed"),
            back_fen=given_back(found.refunds, payer, "confirmed"),
        )
        for payer, block, log_index, at in found.payments
    ]
    funded = [
        OrderPayment(
            payer=one.order.payer,
            amount_fen=Fen(order.amount_fen),
            transaction_block=one.block,
            log_index=one.log_index,
            paid_at=one.at,
            duplicate=False,
            refunded_fen=Fen(sum(back.value_fen for back in one.refunds if back.status != "refused")),
            back_fen=Fen(sum(back.value_fen for back in one.refunds if back.status == "confirmed")),
            funded=one,
        )
        for one in found.funded
    ]
    came = sorted([*plain, *funded], key=lambda one: (one.transaction_block, one.log_index))
    return [replace(one, duplicate=place > 0) for place, one in enumerate(came)]


def _view(order: Order, found: _Found, now: datetime | None) -> OrderView:
    payments = _payments(order, found)
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
        quote_id=order.quote_id,
    )


def _status(order: Order, payments: list[OrderPayment], tries: list[_Try], now: datetime | None) -> str:
    if payments:
        return "refunded" if payments[0].back_fen >= order.amount_fen else "paid"
    if any(one.waits for one in tries):
        return "submitted"
    if order.voided_at is not None:
        return "voided"
    return "expired" if now is not None and now >= order.expires_at else "open"
