"""Orders: a till opens one, a person pays it by one signature, the merchant gives back what it must."""

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Path, Query, Request, Response
from pydantic import ConfigDict, Field
from sqlalchemy.orm import Session

from pswallet.accounts.service import SessionOwner
from pswallet.api.deps import (
    Credentials,
    Gateway,
    GatewayParts,
    KeyHeader,
    MemberPost,
    Owner,
    Post,
    Transaction,
)
from pswallet.api.idempotency import Answer, once
from pswallet.api.intake import Desk, Hot, accepted, hot_route, intake_of, parse, sent
from pswallet.api.polling import PolledRoute
from pswallet.api.problems import ChainAway, RequestInvalid
from pswallet.api.refusals import refused
from pswallet.api.routes.red_packets import Ask, chain_time, time_of
from pswallet.api.routes.transfers import EXAMPLE_AUTHORIZATION, PAYING, TransferAccepted, with_verdict
from pswallet.api.shapes import Address, AmountFen, Bytes32, Shape, Signature, Ticket, UnixTime
from pswallet.api.signed import answer_signed, may_be_a_contracts
from pswallet.api.traces import trace_of
from pswallet.chain.funded import Part
from pswallet.chain.signing import token_domain
from pswallet.checkout.service import FundedPayment
from pswallet.kit.clock import to_unix
from pswallet.kit.db import transaction
from pswallet.kit.problems import Problem
from pswallet.merchants.errors import CodeLimitExceeded
from pswallet.payments import errors, service
from pswallet.payments.service import OrderPayment, OrderView, PayOrder, RefundOrder, SignedPayment

router = APIRouter(prefix="/orders", tags=["orders"], route_class=PolledRoute)

ORDER_ID = r"^ord_[0-9a-z]{26}$"
OrderId = Annotated[str, Path(pattern=ORDER_ID, description="the id that POST /v1/orders gave")]


class OrderPartShape(Shape):
    """What somebody else pays of an order."""

    funder: Address = Field(description="a budget's funder, or the vouchers' contract")
    budget: Bytes32 = Field(description="the budget's or the campaign's id")
    value_fen: AmountFen
    minimum_spend_fen: int = Field(strict=True, ge=0, lt=2**63, description="of the order before this part")


class FundedRefundShape(Shape):
    """Money of a funded order that came back, or waits to."""

    number: int
    amount_fen: int
    own_fen: int | None = Field(description="to the payer; null until the chain has said it")
    parts_fen: list[int] = Field(description="to each part's funder, in order")
    signer: Address
    status: str = Field(description="submitted, confirmed or refused")
    error: str | None


class FundedShape(Shape):
    """Who paid an order besides its payer, and what came back to whom."""

    hash: Bytes32 = Field(description="of FundedOrder: its id at the checkout")
    own_fen: int
    parts: list[OrderPartShape]
    refunds: list[FundedRefundShape]


class OrderPaymentShape(Shape):
    """Money that came for an order."""

    payer: Address
    amount_fen: int
    refunded_fen: int
    block: int
    log_index: int = Field(
        description="of AuthorizationUsed (the Transfer is the next log), or of OrderPaid, within the block"
    )
    paid_at: datetime
    duplicate: bool = Field(description="another payer's came first: give this one back")
    funded: FundedShape | None = Field(description="null where the payer paid all; then `refunds` tells what went back")


class RefundShape(Shape):
    """A refund and what became of it."""

    number: int
    payer: Address
    amount_fen: int
    transfer_id: str
    status: str = Field(description="submitted, confirmed, refused or canceled")
    error: str | None


class OrderShape(Shape):
    """An order and where it stands. Payments and refunds are shown to the merchant, and to a payer its own."""

    id: str
    hash: Bytes32 = Field(description="EIP-712 hash of Order in the token's domain: the nonce of what pays it")
    merchant: Address
    till: str
    reference: str
    amount_fen: int
    expiry: int = Field(description="Unix seconds; no payment counts from then on")
    status: str = Field(description="open, submitted, paid, refunded, voided or expired")
    error: str | None = Field(description="why the last payment that was tried did not go through")
    quote_id: str | None = Field(description="the quote whose price this is; only its payer pays it")
    parts: list[OrderPartShape] = Field(description="what others pay of it, shown to its quote's payer")
    payments: list[OrderPaymentShape]
    refunds: list[RefundShape]


class PayAnOrder(Shape):
    """An ERC-3009 TransferWithAuthorization to the merchant; `validAfter` is 0, the nonce is the order's hash."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{name: EXAMPLE_AUTHORIZATION[name] for name in ("valid_before", "signature")}]}
    )

    valid_before: UnixTime = Field(description="at most the order's expiry")
    signature: Signature


class GiveBack(Shape):
    """The merchant's TransferWithAuthorization to a payer, its nonce the hash of OrderRefund(order, number)."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "payer": "0x70997970C51812dc3A010C7d01b50e0d17dc79C8",
                    "number": 0,
                    "amount_fen": 880,
                    **EXAMPLE_AUTHORIZATION,
                }
            ]
        }
    )

    payer: Address
    number: int = Field(strict=True, ge=0, lt=2**31, description="0 for an order's first refund, and so on")
    amount_fen: AmountFen
    valid_after: UnixTime
    valid_before: UnixTime
    nonce: Bytes32
    signature: Signature


VOIDING = (ChainAway, errors.OrderUnknown, errors.OrderAlreadyPaid)
REFUNDING = (
    *PAYING,
    errors.OrderUnknown,
    errors.OrderNotPaid,
    errors.OrderMismatch,
    errors.RefundExceedsPaid,
    errors.RefundNumberMismatch,
)
"""All that voiding, and giving back, may be refused with."""


@router.get("", responses=refused(ChainAway, errors.OrderUnknown))
def find_order(reference: Annotated[Ticket, Query()], session: Transaction, owner: Owner) -> OrderShape:
    """Find one's own order by its number."""
    found = service.find_order_by_reference(session, owner.address, reference, now=time_of(session))
    return shape_of(found, owner.address)


@router.get("/{order_id}", responses=refused(ChainAway, errors.OrderUnknown))
def show_order(order_id: OrderId, session: Transaction, owner: Owner, gateway: GatewayParts) -> OrderShape:
    """Show an order to whoever was told its id."""
    return shown_to(owner.address, order_id, session, gateway)


def shown_to(viewer: str, order_id: str, session: Session, gateway: Gateway) -> OrderShape:
    """Show an order as `viewer` may see it. Raises OrderUnknown, ChainAway."""
    now = time_of(session)
    found = service.find_order(session, order_id, now=now)
    if found.quote_id is None:
        return shape_of(found, viewer)
    voucher = gateway.deployment.voucher
    return shape_of(found, viewer, service.funding_of(session, found, viewer=viewer, voucher=voucher, now=now))


@router.post("/{order_id}/void", responses=refused(*VOIDING))
@once
def void_order(order_id: OrderId, body: Ask, post: MemberPost) -> OrderShape:
    """Close an order that nobody has paid."""
    return voided(post, order_id, merchant=post.owner.address)


def voided(post: Post, order_id: str, *, merchant: str) -> OrderShape:
    """Close an order of the merchant at that address."""
    return shape_of(service.void_order(post.session, order_id, merchant=merchant, now=chain_time(post)), merchant)


@router.post("/{order_id}/refunds", status_code=202, responses=refused(*REFUNDING))
@once
def refund_order(order_id: OrderId, body: GiveBack, post: MemberPost) -> TransferAccepted:
    """Give a payer of an order money back, whole or in parts, never more than it paid."""
    return given_back(post, order_id, body, merchant=post.owner.address)


def given_back(post: Post, order_id: str, body: GiveBack, *, merchant: str) -> TransferAccepted:
    """Hand in what the merchant at that address has signed, whoever brings it."""
    payment = SignedPayment(
        payer=merchant,
        recipient=body.payer,
        value_fen=body.amount_fen,
        valid_after=body.valid_after,
        valid_before=body.valid_before,
        nonce=body.nonce,
        signature=body.signature,
    )
    command = RefundOrder(order_id=order_id, number=body.number, payment=with_verdict(post.gateway, payment))
    domain = token_domain(post.gateway.deployment)
    sent_back = service.refund_order(post.session, command, domain=domain, now=chain_time(post))
    return TransferAccepted(id=sent_back.id, status="submitted")


def _desk(gateway: Gateway) -> Desk[PayOrder]:
    domain = token_domain(gateway.deployment)

    def act(session: Session, commands: Sequence[PayOrder], now: datetime) -> Sequence[Answer | Problem]:
        outcomes = service.pay_orders(session, commands, domain=domain, now=now)
        return [
            outcome if isinstance(outcome, Problem) else accepted({"id": outcome.id, "status": "submitted"})
            for outcome in outcomes
        ]

    return Desk(gateway, act, undecided=may_be_a_contracts)


def order_id_of(request: Request) -> str:
    """Return the order's id in the path of a hot route. Raises RequestInvalid."""
    order_id: str = request.path_params["order_id"]
    if not re.fullmatch(ORDER_ID, order_id):
        raise RequestInvalid(errors=[{"at": "path.order_id", "why": "ord_ and 26 letters or digits are wanted"}])
    return order_id


async def _serve(request: Request) -> Response:
    intake = intake_of(request, "orders", _desk)
    order_id = order_id_of(request)
    body, token, key, print_ = await parse(request, PayAnOrder)

    def command(owner: SessionOwner) -> PayOrder:
        return PayOrder(
            order_id=order_id,
            payer=owner.address,
            valid_before=body.valid_before,
            signature=body.signature,
            trace=trace_of(request.scope),
        )

    return sent(await answer_signed(request, intake, Hot(token, key, print_, command), _judged))


def _judged(gateway: Gateway, command: PayOrder) -> PayOrder:
    with transaction(gateway.sessions) as session:
        order = service.find_order(session, command.order_id)
    return replace(command, contract_verdict=with_verdict(gateway, service.payment_of(order, command)).contract_verdict)


hot = hot_route("/orders/{order_id}/payments", _serve)


@router.post(
    "/{order_id}/payments",
    status_code=202,
    responses=refused(
        *PAYING,
        errors.OrderUnknown,
        errors.OrderMismatch,
        errors.OrderAlreadyPaid,
        errors.OrderExpired,
        errors.OrderVoided,
        CodeLimitExceeded,
    ),
)
def pay_order(order_id: OrderId, body: PayAnOrder, credentials: Credentials, key: KeyHeader = None) -> TransferAccepted:
    """Pay an order: the merchant, the amount and the number are in the signature, so it can pay nothing else."""
    raise NotImplementedError  # the intake serves it; this describes it


def shape_of(found: OrderView, viewer: str, parts: Sequence[Part] = ()) -> OrderShape:
    """Show an order on the wire; `parts` are what others pay of it, to whom that may be shown."""
    all_ = viewer == found.merchant
    return OrderShape(
        id=found.id,
        hash=found.hash,
        merchant=found.merchant,
        till=found.till,
        reference=found.reference,
        amount_fen=found.amount_fen,
        expiry=to_unix(found.expires_at),
        status=found.status,
        error=found.error if all_ else None,
        quote_id=found.quote_id if all_ or parts else None,
        parts=[_part(part) for part in parts],
        payments=[_payment(one) for one in found.payments if all_ or one.payer == viewer],
        refunds=[
            RefundShape(
                number=one.number,
                payer=one.payer,
                amount_fen=one.amount_fen,
                transfer_id=one.transfer_id,
                status=one.status,
                error=one.error,
            )
            for one in found.refunds
            if all_ or one.payer == viewer
        ],
    )


def _payment(one: OrderPayment) -> OrderPaymentShape:
    return OrderPaymentShape(
        payer=one.payer,
        amount_fen=one.amount_fen,
        refunded_fen=one.refunded_fen,
        block=one.transaction_block,
        log_index=one.log_index,
        paid_at=one.paid_at,
        duplicate=one.duplicate,
        funded=None if one.funded is None else _funded(one.funded),
    )


def _funded(paid: FundedPayment) -> FundedShape:
    return FundedShape(
        hash=paid.hash,
        own_fen=paid.order.own,
        parts=[_part(part) for part in paid.order.parts],
        refunds=[
            FundedRefundShape(
                number=one.number,
                amount_fen=one.value_fen,
                own_fen=one.own_fen,
                parts_fen=list(one.parts_fen),
                signer=one.signer,
                status=one.status,
                error=one.error,
            )
            for one in paid.refunds
        ],
    )


def _part(part: Part) -> OrderPartShape:
    return OrderPartShape(
        funder=part.funder, budget=part.budget, value_fen=part.value, minimum_spend_fen=part.minimum_spend
    )
