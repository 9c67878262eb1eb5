"""Orders that others help to pay: from a quote to its order, paid by one signature over all parts, and refunded."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from fastapi import APIRouter, Request, Response
from pydantic import ConfigDict, Field, JsonValue
from sqlalchemy.orm import Session

from pswallet.accounts.errors import AllowanceInsufficient
from pswallet.accounts.service import SessionOwner
from pswallet.api.deps import Credentials, Gateway, KeyHeader, MemberPost, Post
from pswallet.api.idempotency import Answer, once
from pswallet.api.intake import Desk, Hot, accepted, hot_route, intake_of, parse, sent
from pswallet.api.polling import PolledRoute
from pswallet.api.problems import AmountInvalid, ChainAway
from pswallet.api.refusals import refused
from pswallet.api.routes.orders import OrderId, OrderPartShape, OrderShape, order_id_of, shape_of
from pswallet.api.routes.quotes import QuoteId
from pswallet.api.routes.red_packets import Ask, chain_time
from pswallet.api.routes.transfers import PAYING, with_verdict
from pswallet.api.shapes import Address, AmountFen, Bytes32, Shape, Signature
from pswallet.api.signed import answer_signed, may_be_a_contracts
from pswallet.api.traces import trace_of
from pswallet.api.verdicts import contract_verdict, with_contract
from pswallet.chain.funded import Part
from pswallet.chain.signing import (
    RECEIVE_WITH_AUTHORIZATION,
    checkout_domain,
    token_domain,
)
from pswallet.checkout import errors as checkout_errors
from pswallet.checkout.service import RefundFunded, refund_digest
from pswallet.kit.db import transaction
from pswallet.kit.money import Fen
from pswallet.kit.problems import Problem
from pswallet.merchants.errors import CodeLimitExceeded, NotAMerchant
from pswallet.offers import errors as offer_errors
from pswallet.payments import errors, service
from pswallet.payments.service import Office, PayFunded
from pswallet.points.errors import PointsHoldLapsed
from pswallet.vouchers import errors as voucher_errors

router = APIRouter(tags=["orders"], route_class=PolledRoute)

_SIGNATURE = "0x" + "11" * 32 + "22" * 32 + "1b"
_EXAMPLE_PART: dict[str, JsonValue] = {
    "funder": "0x70997970C51812dc3A010C7d01b50e0d17dc79C8",
    "budget": "0x" + "3c" * 32,
    "value_fen": 2_000,
    "minimum_spend_fen": 0,
}


class PayFundedOrder(Shape):
    """An order with its parts: `FundedOrder` of /v1/typed-data in the checkout's domain, its terms those of the order.

    With own money the signature is a ReceiveWithAuthorization of it to the checkout: `validAfter` 0, `validBefore` the
    order's expiry, the nonce FundedOrder's hash. Without, it is of FundedOrder itself.
    """

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"own_fen": 880, "parts": [_EXAMPLE_PART], "signature": _SIGNATURE}]}
    )

    own_fen: int = Field(strict=True, ge=0, lt=2**63, description="of the payer's own money; 0 if the parts pay all")
    parts: list[OrderPartShape] = Field(min_length=1, max_length=3, description="in the order of refunds")
    signature: Signature


class FundedOrderAccepted(Shape):
    """The payment waits for the chain; the order and the events say what became of it."""

    hash: Bytes32 = Field(description="of FundedOrder: its id at the checkout")
    status: str = Field(description="submitted")


class RefundAFundedOrder(Shape):
    """`Refund` of /v1/typed-data in the checkout's domain, signed by the merchant or one of its cashiers."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "hash": "0x" + "3c" * 32,
                    "number": 0,
                    "amount_fen": 880,
                    "signer": "0x70997970C51812dc3A010C7d01b50e0d17dc79C8",
                    "signature": _SIGNATURE,
                }
            ]
        }
    )

    hash: Bytes32 = Field(description="of the payment: `funded.hash` in the order's payments")
    number: int = Field(strict=True, ge=0, lt=2**31, description="0 for the payment's first refund, and so on")
    amount_fen: AmountFen
    signer: Address
    signature: Signature


class FundedRefundAccepted(Shape):
    """The refund waits for the chain."""

    hash: Bytes32
    number: int
    status: str = Field(description="submitted")


def office_of(gateway: Gateway) -> Office:
    """Return what funded orders are signed for and by at this gateway."""
    if gateway.sponsor is None:
        raise ChainAway(retry_after_s=60)
    deployment = gateway.deployment
    return Office(token_domain(deployment), checkout_domain(deployment), deployment.voucher, gateway.sponsor)


@router.post(
    "/quotes/{quote_id}/order",
    status_code=201,
    responses=refused(
        ChainAway,
        NotAMerchant,
        errors.OrderReferenceReused,
        offer_errors.QuoteUnknown,
        offer_errors.QuoteExpired,
        offer_errors.QuoteAlreadyUsed,
    ),
)
@once
def order_quote(quote_id: QuoteId, body: Ask, post: MemberPost) -> OrderShape:
    """Turn a quote into an order at its price; `parts` says who helps to pay it. Good for as long as the quote."""
    now, payer = chain_time(post), post.owner.address
    domain = token_domain(post.gateway.deployment)
    order = service.draw_up(post.session, quote_id, payer=payer, domain=domain, now=now)
    voucher = post.gateway.deployment.voucher
    parts = service.funding_of(post.session, order, viewer=payer, voucher=voucher, now=now)
    return shape_of(order, payer, parts)


FUNDED_REFUNDING = (
    AmountInvalid,
    ChainAway,
    errors.OrderUnknown,
    errors.RefundExceedsPaid,
    errors.RefundNumberMismatch,
    checkout_errors.FundedOrderUnknown,
    checkout_errors.RefundSignatureInvalid,
    checkout_errors.CashierLimitExceeded,
    AllowanceInsufficient,
)
"""All that giving money of a funded order back may be refused with."""


@router.post("/orders/{order_id}/funded-refunds", status_code=202, responses=refused(*FUNDED_REFUNDING))
@once
def refund_funded_order(order_id: OrderId, body: RefundAFundedOrder, post: MemberPost) -> FundedRefundAccepted:
    """Give money of a funded order back: each fen to whose it was, own money first."""
    return given_back(post, order_id, body, merchant=post.owner.address)


def given_back(post: Post, order_id: str, body: RefundAFundedOrder, *, merchant: str) -> FundedRefundAccepted:
    """Hand in what the merchant at that address or its cashier has signed, whoever brings it."""
    office = office_of(post.gateway)
    command = RefundFunded(
        hash=body.hash,
        merchant=merchant,
        number=body.number,
        value_fen=Fen(body.amount_fen),
        signer=body.signer,
        signature=body.signature,
    )
    signed = refund_digest(command, checkout=office.checkout)
    judged = with_contract(post.gateway.rpc, command, signer=command.signer, signed=signed)
    service.refund_funded_order(post.session, judged, order_id=order_id, office=office, now=chain_time(post))
    return FundedRefundAccepted(hash=body.hash, number=body.number, status="submitted")


# --- paying: hot ------------------------------------------------------------


def _desk(gateway: Gateway) -> Desk[PayFunded]:
    office = office_of(gateway)

    def act(session: Session, commands: Sequence[PayFunded], now: datetime) -> Sequence[Answer | Problem]:
        outcomes = service.pay_funded_orders(session, commands, office=office, now=now)
        return [
            outcome if isinstance(outcome, Problem) else accepted({"hash": outcome.hash, "status": "submitted"})
            for outcome in outcomes
        ]

    return Desk(gateway, act, undecided=may_be_a_contracts)


async def _serve(request: Request) -> Response:
    intake = intake_of(request, "funded orders", _desk)
    order_id = order_id_of(request)
    body, token, key, print_ = await parse(request, PayFundedOrder)

    def command(owner: SessionOwner) -> PayFunded:
        return PayFunded(
            order_id=order_id,
            payer=owner.address,
            own_fen=Fen(body.own_fen),
            parts=tuple(Part(part.funder, part.budget, part.value_fen, part.minimum_spend_fen) for part in body.parts),
            signature=body.signature,
            trace=trace_of(request.scope),
        )

    return sent(await answer_signed(request, intake, Hot(token, key, print_, command), _judged))


def _judged(gateway: Gateway, command: PayFunded) -> PayFunded:
    office = office_of(gateway)
    with transaction(gateway.sessions) as session:
        terms, order_hash = service.funded_order(session, command, office=office)
    if terms.own:
        payment = service.own_payment(terms, command, order_hash, office)
        verdict = with_verdict(gateway, payment, RECEIVE_WITH_AUTHORIZATION).contract_verdict
    else:
        signed = service.order_digest(terms, office)
        verdict = contract_verdict(gateway.rpc)(command.payer, signed, bytes.fromhex(command.signature[2:]))
    return replace(command, contract_verdict=verdict)


hot = hot_route("/orders/{order_id}/funded-payments", _serve)


@router.post(
    "/orders/{order_id}/funded-payments",
    status_code=202,
    responses=refused(
        *PAYING,
        errors.OrderUnknown,
        errors.OrderMismatch,
        errors.OrderAlreadyPaid,
        errors.OrderExpired,
        errors.OrderVoided,
        CodeLimitExceeded,
        offer_errors.QuoteUnknown,
        offer_errors.QuoteExpired,
        offer_errors.QuoteAlreadyUsed,
        PointsHoldLapsed,
        checkout_errors.OrderInvalid,
        checkout_errors.PayerSignatureInvalid,
        checkout_errors.EvidenceMismatch,
        checkout_errors.BudgetNotOpen,
        checkout_errors.BudgetEnded,
        checkout_errors.BudgetExceeded,
        AllowanceInsufficient,
        voucher_errors.CampaignUnknown,
        voucher_errors.CampaignNotStarted,
        voucher_errors.CampaignEnded,
        voucher_errors.MinimumSpendNotMet,
        voucher_errors.VoucherNotDivisible,
        voucher_errors.VoucherBalanceTooLow,
        voucher_errors.MerchantNotAllowed,
    ),
)
def pay_funded_order(
    order_id: OrderId, body: PayFundedOrder, credentials: Credentials, key: KeyHeader = None
) -> FundedOrderAccepted:
    """Pay an order with others' help: vouchers of one's own, or what its quote says. One signature covers all parts."""
    raise NotImplementedError  # the intake serves it; this describes it
