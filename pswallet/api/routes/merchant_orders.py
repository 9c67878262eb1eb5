"""A merchant's orders in the hands of its staff and machines; its own session has the same below /v1/orders.

What moves money stays signed by the merchant, or by its cashier on the chain: a role or a key only hands it in.
Opening is not hot as it is there: a group there shares one look-up of sessions, and knows neither staff nor keys.
"""

from typing import Annotated

from fastapi import APIRouter, Depends, Query

from pswallet.api.deps import GatewayParts, MerchantCaller, MerchantPost, Now, Transaction
from pswallet.api.idempotency import once
from pswallet.api.polling import PolledRoute
from pswallet.api.problems import ChainAway
from pswallet.api.refusals import refused
from pswallet.api.routes import funded, openings, order_codes, orders, payment_codes
from pswallet.api.routes.funded import FundedRefundAccepted, RefundAFundedOrder
from pswallet.api.routes.merchants import ACTING, MerchantId
from pswallet.api.routes.openings import AskForOrder
from pswallet.api.routes.order_codes import OrderCodeShape
from pswallet.api.routes.orders import GiveBack, OrderId, OrderShape, shape_of
from pswallet.api.routes.payment_codes import TakeCode, TakenShape
from pswallet.api.routes.red_packets import Ask, chain_time, time_of
from pswallet.api.routes.transfers import TransferAccepted
from pswallet.api.shapes import Ticket
from pswallet.chain.signing import token_domain
from pswallet.merchants import service as merchants
from pswallet.merchants.rules import Role, Scope
from pswallet.merchants.service import Merchant
from pswallet.payments import service
from pswallet.payments.errors import OrderUnknown

router = APIRouter(prefix="/merchants/{merchant_id}", tags=["orders"], route_class=PolledRoute)


def _shop(merchant_id: MerchantId, session: Transaction, caller: MerchantCaller) -> Merchant:
    # Before a kept answer is looked for: who was dismissed, or a key that was revoked, gets no old one either.
    return merchants.merchant_for(session, merchant_id, caller, role=Role.CASHIER, scopes=(Scope.ORDERS,))


Shop = Annotated[Merchant, Depends(_shop)]
"""The merchant whose orders they are; who may not act for it ends here."""


@router.post("/orders", status_code=201, responses=refused(*ACTING, *openings.OPENING))
@once
def open_order_for(body: AskForOrder, post: MerchantPost, shop: Shop) -> OrderShape:
    """Open an order of the merchant, or get the one that was opened under this reference, whoever opened it."""
    asked, domain = openings.opening(body, shop.address), token_domain(post.gateway.deployment)
    return shape_of(service.open_order(post.session, asked, domain=domain, now=chain_time(post)), shop.address)


@router.get("/orders", responses=refused(*ACTING, ChainAway, OrderUnknown))
def find_order_for(reference: Annotated[Ticket, Query()], shop: Shop, session: Transaction) -> OrderShape:
    """Find an order of the merchant by its number."""
    found = service.find_order_by_reference(session, shop.address, reference, now=time_of(session))
    return shape_of(found, shop.address)


@router.get("/orders/{order_id}", responses=refused(*ACTING, ChainAway, OrderUnknown))
def show_order_for(order_id: OrderId, shop: Shop, session: Transaction, gateway: GatewayParts) -> OrderShape:
    """Show an order of the merchant as the merchant sees it."""
    shown = orders.shown_to(shop.address, order_id, session, gateway)
    if shown.merchant != shop.address:
        raise OrderUnknown(id=order_id)
    return shown


@router.get("/orders/{order_id}/code", responses=refused(*ACTING, *order_codes.CODING))
def show_order_code_for(
    order_id: OrderId, shop: Shop, session: Transaction, gateway: GatewayParts, now: Now
) -> OrderCodeShape:
    """Show the code of an order of the merchant, good for two minutes from now on."""
    return order_codes.code_of(order_id, session, gateway, merchant=shop.address, now=now)


@router.post("/orders/{order_id}/void", responses=refused(*ACTING, *orders.VOIDING))
@once
def void_order_for(order_id: OrderId, body: Ask, post: MerchantPost, shop: Shop) -> OrderShape:
    """Close an order of the merchant that nobody has paid."""
    return orders.voided(post, order_id, merchant=shop.address)


@router.post("/orders/{order_id}/refunds", status_code=202, responses=refused(*ACTING, *orders.REFUNDING))
@once
def refund_order_for(order_id: OrderId, body: GiveBack, post: MerchantPost, shop: Shop) -> TransferAccepted:
    """Hand in a refund of an order that the merchant's own key has signed."""
    return orders.given_back(post, order_id, body, merchant=shop.address)


@router.post("/orders/{order_id}/funded-refunds", status_code=202, responses=refused(*ACTING, *funded.FUNDED_REFUNDING))
@once
def refund_funded_order_for(
    order_id: OrderId, body: RefundAFundedOrder, post: MerchantPost, shop: Shop
) -> FundedRefundAccepted:
    """Hand in a refund of a funded order that the merchant has signed, or its cashier within the cap on the chain."""
    return funded.given_back(post, order_id, body, merchant=shop.address)


@router.post("/taken-codes", status_code=201, responses=refused(*ACTING, *payment_codes.TAKING))
@once
def take_code_for(body: TakeCode, post: MerchantPost, shop: Shop) -> TakenShape:
    """Take a customer's payment code for the merchant, once: it tells whom to ask for the money."""
    return payment_codes.taken_for(post, body, merchant=shop.address, account_id=shop.account_id)
