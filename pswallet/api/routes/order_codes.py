"""The code of an order, which its till shows to a customer: signed here, read by `POST /v1/scans`."""

from datetime import datetime

from fastapi import APIRouter
from pydantic import Field
from sqlalchemy.orm import Session

from pswallet.api.deps import Gateway, GatewayParts, Now, Owner, Transaction
from pswallet.api.polling import PolledRoute
from pswallet.api.refusals import refused
from pswallet.api.routes.orders import OrderId
from pswallet.api.shapes import Shape
from pswallet.kit.money import Fen
from pswallet.merchants import service as merchants
from pswallet.merchants.errors import CodeFieldInvalid, TillUnknown
from pswallet.payments import service
from pswallet.payments.errors import OrderUnknown

router = APIRouter(prefix="/orders", tags=["orders"], route_class=PolledRoute)


class OrderCodeShape(Shape):
    """An order's code, after EMVCo's specification."""

    text: str = Field(description="to be drawn as QR at level M")
    expires_at: datetime = Field(description="when it is refused; ask for another one then")


CODING = (OrderUnknown, TillUnknown, CodeFieldInvalid)
"""All that an order's code may be refused with."""


@router.get("/{order_id}/code", responses=refused(*CODING))
def show_order_code(
    order_id: OrderId, session: Transaction, owner: Owner, gateway: GatewayParts, now: Now
) -> OrderCodeShape:
    """Show the code of one's own order, good for two minutes from now on."""
    return code_of(order_id, session, gateway, merchant=owner.address, now=now)


def code_of(order_id: str, session: Session, gateway: Gateway, *, merchant: str, now: datetime) -> OrderCodeShape:
    """Make the code of an order of the merchant at that address."""
    order = service.find_order(session, order_id)
    if order.merchant != merchant:
        raise OrderUnknown(id=order_id)
    shop = merchants.shop_at(session, order.merchant, order.till)
    amount = Fen(order.amount_fen)
    try:
        text = merchants.order_code(gateway.vault, shop, reference=order.reference, amount=amount, now=now)
    except ValueError as error:
        raise CodeFieldInvalid() from error
    return OrderCodeShape(text=text, expires_at=now + merchants.ORDER_CODE_LIFETIME)
