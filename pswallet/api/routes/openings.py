"""A till opens an order, or gets the one that it opened before under the same number: many tills in one commit."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from fastapi import APIRouter, Request, Response
from pydantic import ConfigDict, Field, JsonValue
from sqlalchemy.orm import Session

from pswallet.accounts.errors import ValueTooLarge, ZeroAmount
from pswallet.accounts.service import SessionOwner
from pswallet.api.deps import Credentials, Gateway, KeyHeader
from pswallet.api.idempotency import Answer, answer_of
from pswallet.api.intake import Desk, Hot, hot_route, parse, sent, unpromising_intake_of
from pswallet.api.polling import PolledRoute
from pswallet.api.problems import AmountInvalid, ChainAway
from pswallet.api.refusals import refused
from pswallet.api.routes.orders import OrderShape, shape_of
from pswallet.api.shapes import AmountFen, Shape, Ticket
from pswallet.chain.signing import token_domain
from pswallet.kit.money import Fen
from pswallet.kit.problems import Problem
from pswallet.merchants.errors import NotAMerchant
from pswallet.payments import errors, service
from pswallet.payments.service import OpenOrder

router = APIRouter(prefix="/orders", tags=["orders"], route_class=PolledRoute)

_EXAMPLE_ORDER: dict[str, JsonValue] = {
    "till": "T01",
    "reference": "2026112200010",
    "amount_fen": 2_880,
    "expires_in_s": 120,
}


OPENING = (AmountInvalid, ChainAway, ZeroAmount, ValueTooLarge, NotAMerchant, errors.OrderReferenceReused)
"""All that opening an order may be refused with."""


class AskForOrder(Shape):
    """What a till asks for. The same reference is the same order, however often it is asked for."""

    model_config = ConfigDict(json_schema_extra={"examples": [_EXAMPLE_ORDER]})

    till: Ticket
    reference: Ticket = Field(description="the merchant's own number of the order, used once")
    amount_fen: AmountFen
    expires_in_s: int = Field(120, strict=True, ge=10, le=86_400, description="seconds of the chain's time")


def _desk(gateway: Gateway) -> Desk[OpenOrder]:
    domain = token_domain(gateway.deployment)

    def act(session: Session, commands: Sequence[OpenOrder], now: datetime) -> Sequence[Answer | Problem]:
        outcomes = service.open_orders(session, commands, domain=domain, now=now)
        return [
            outcome if isinstance(outcome, Problem) else answer_of(shape_of(outcome, outcome.merchant), 201)
            for outcome in outcomes
        ]

    return Desk(gateway, act)


async def _serve(request: Request) -> Response:
    intake = unpromising_intake_of(request, "openings", _desk)
    body, token, key, print_ = await parse(request, AskForOrder)

    def command(owner: SessionOwner) -> OpenOrder:
        return opening(body, owner.address)

    return sent(await intake.answer(Hot(token, key, print_, command)))


def opening(body: AskForOrder, merchant: str) -> OpenOrder:
    """Return what is asked for of the merchant at that address."""
    return OpenOrder(
        merchant=merchant,
        till=body.till,
        reference=body.reference,
        amount_fen=Fen(body.amount_fen),
        expires_in=timedelta(seconds=body.expires_in_s),
    )


hot = hot_route("/orders", _serve)


@router.post(
    "",
    status_code=201,
    responses=refused(*OPENING),
)
def open_order(body: AskForOrder, credentials: Credentials, key: KeyHeader = None) -> OrderShape:
    """Open an order, or get the one that was opened under this reference: a till that lost the answer asks again."""
    raise NotImplementedError  # the intake serves it; this describes it
