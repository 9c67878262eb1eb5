"""Refunds of plain orders: the merchant's own money back to who paid, never more than came."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from pswallet.chain.orders import refund_id
from pswallet.chain.outbox import enqueue
from pswallet.chain.signing import TRANSFER_WITH_AUTHORIZATION, Domain
from pswallet.kit.problems import Problem
from pswallet.payments.errors import (
    OrderMismatch,
    OrderNotPaid,
    OrderUnknown,
    RefundExceedsPaid,
    RefundNumberMismatch,
)
from pswallet.payments.models import Order, OrderRefund
from pswallet.payments.service.intake import Accepted, SignedPayment, accept, call_of
from pswallet.payments.service.orderbook import views


@dataclass(frozen=True, slots=True, kw_only=True)
class RefundOrder:
    """A merchant's authorization back to a payer; its nonce is the hash of (order, number)."""

    order_id: str
    number: int
    payment: SignedPayment


def refund_order(session: Session, command: RefundOrder, *, domain: Domain, now: datetime) -> Accepted:
    """Give money back to a payer of an order, the first one or one that came too late.

    Raises OrderUnknown, OrderNotPaid, RefundNumberMismatch, RefundExceedsPaid, OrderMismatch, or what a transfer is
    refused for.
    """
    payment = command.payment
    query = select(Order).where(Order.id == command.order_id).with_for_update()
    order = session.scalar(query.execution_options(populate_existing=True))
    if order is None or order.merchant != payment.payer:
        raise OrderUnknown(id=command.order_id)
    view = views(session, [order])[0]
    came = next((one for one in view.payments if one.payer == payment.recipient and one.funded is None), None)
    if came is None:
        raise OrderNotPaid(order=order.id, payer=payment.recipient)
    if command.number != len(view.refunds):
        raise RefundNumberMismatch(order=order.id, expected=len(view.refunds))
    if payment.value_fen > came.amount_fen - came.refunded_fen:
        raise RefundExceedsPaid(order=order.id, left_fen=came.amount_fen - came.refunded_fen)
    if payment.nonce != refund_id(domain, order.hash, command.number):
        raise OrderMismatch(order=order.id, why="the nonce is the hash of the order and the refund's number")
    outcome = accept(
        session, [payment], domain=domain, struct=TRANSFER_WITH_AUTHORIZATION, purpose="order-refund", now=now
    )[0]
    if isinstance(outcome, Problem):
        raise outcome
    session.add(
        OrderRefund(
            authorization_id=outcome.id,
            order_id=order.id,
            number=command.number,
            payer=payment.recipient,
            value_fen=payment.value_fen,
        )
    )
    session.flush()
    enqueue(session, [call_of(outcome)])
    return outcome
