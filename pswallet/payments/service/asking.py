"""A till asks a customer whose payment code it took: the customer is told of the order under the sale's number."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from pswallet.kit.money import Fen
from pswallet.notifications.service import OffChainNotice, notify_off_chain
from pswallet.payments.errors import OrderReferenceReused, OrderUnknown
from pswallet.payments.models import Order


def order_under(session: Session, *, merchant: str, reference: str) -> str | None:
    """Return the id of the order that the merchant at `merchant` opened under `reference`, if there is one."""
    return session.scalar(select(Order.id).where(Order.merchant == merchant, Order.reference == reference))


def ask_customer(session: Session, order_id: str, *, amount: Fen, customer: str) -> None:
    """Tell `customer` of an order of `amount`. Raises OrderUnknown; OrderReferenceReused: it is of another amount."""
    order = session.get(Order, order_id)
    if order is None:
        raise OrderUnknown(id=order_id)
    if order.amount_fen != amount:
        raise OrderReferenceReused(order=order.id, amount_fen=order.amount_fen)
    body = {"order": order.id, "reference": order.reference, "amount_fen": amount, "from": order.merchant}
    notify_off_chain(session, [OffChainNotice(customer, "order-asked", body)])
