"""Refunds of funded orders, whole or in part: the checkout gives each fen back to whose it was."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from pswallet.chain.funded import Campaign
from pswallet.checkout import service as checkout
from pswallet.checkout.errors import FundedOrderUnknown
from pswallet.checkout.service import FundedPayment, RefundFunded
from pswallet.payments.errors import OrderUnknown, RefundExceedsPaid, RefundNumberMismatch
from pswallet.payments.models import Order
from pswallet.payments.service.funded import Office
from pswallet.payments.service.orderbook import views
from pswallet.vouchers import service as vouchers


def refund_funded_order(
    session: Session, command: RefundFunded, *, order_id: str, office: Office, now: datetime
) -> None:
    """Ask for money of a funded order back, the first payer's or one that came too late.

    Raises OrderUnknown, FundedOrderUnknown, RefundNumberMismatch, RefundExceedsPaid, RefundSignatureInvalid,
    CashierLimitExceeded, AllowanceInsufficient. `now` is the last indexed block's time.
    """
    query = select(Order).where(Order.id == order_id, Order.merchant == command.merchant).with_for_update()
    order = session.scalar(query.execution_options(populate_existing=True))
    if order is None:
        raise OrderUnknown(id=order_id)
    paid = _paid(session, order, command.hash)
    found = checkout.refundable(session, command.hash, amount=paid.order.amount)
    if command.number != found.number:
        raise RefundNumberMismatch(order=order_id, expected=found.number)
    if not 0 < command.value_fen <= found.left:
        raise RefundExceedsPaid(order=order_id, left_fen=found.left)
    checkout.check_signer(session, command, checkout=office.checkout, now=now)
    campaigns = _campaigns(session, paid, voucher=office.voucher)
    checkout.leave_refund(session, command, paid.order, campaigns, order_id=order_id, checkout=office.checkout, now=now)


def _paid(session: Session, order: Order, order_hash: str) -> FundedPayment:
    for payment in views(session, [order])[0].payments:
        if payment.funded is not None and payment.funded.hash == order_hash:
            return payment.funded
    raise FundedOrderUnknown(hash=order_hash)


def _campaigns(session: Session, paid: FundedPayment, *, voucher: str) -> list[Campaign]:
    """Return the campaign of each part that vouchers paid, as the contract wants to see them."""
    return [vouchers.terms_of_campaign(session, part.budget) for part in paid.order.parts if part.funder == voucher]
