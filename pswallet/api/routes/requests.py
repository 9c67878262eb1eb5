"""Asking for money: a request to one person, or an AA split (AA收款) among several."""

from datetime import datetime, timedelta
from typing import Annotated, Literal

from fastapi import APIRouter, Path, Query
from pydantic import ConfigDict, Field, StringConstraints

from pswallet.accounts.errors import AccountNotRegistered, PaymentLimitExceeded, ZeroAmount
from pswallet.api.deps import MemberPost, Owner, Transaction
from pswallet.api.idempotency import once
from pswallet.api.polling import PolledRoute
from pswallet.api.problems import AmountInvalid, ChainAway, TextInvalid
from pswallet.api.refusals import refused
from pswallet.api.routes.red_packets import Ask, chain_time
from pswallet.api.routes.transfers import (
    EXAMPLE_AUTHORIZATION,
    PAYING,
    SignedAuthorization,
    TransferAccepted,
    with_verdict,
)
from pswallet.api.shapes import Address, AmountFen, FreeText, Shape
from pswallet.chain.signing import token_domain
from pswallet.kit.money import Fen
from pswallet.payments import errors, rules, service
from pswallet.payments.service import AskForPayment, PaymentRequestView

router = APIRouter(prefix="/payment-requests", tags=["payments"], route_class=PolledRoute)

RequestId = Annotated[
    str, Path(pattern=r"^req_[0-9a-z]{26}$", description="the id that POST /v1/payment-requests gave")
]


RequestRole = Annotated[
    Literal["asker", "payer"], Query(description="asker: requests that one made; payer: those that ask one to pay")
]
RequestCursor = Annotated[str | None, Query(pattern=r"^req_[0-9a-z]{26}$", description="`older` of the page before")]
RequestLimit = Annotated[int, Query(ge=1, le=100, description="requests of a page")]


class AskForMoney(Shape):
    """Who is asked for what. A split is even to a fen, the first payers give the odd ones."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "kind": "split",
                    "total_fen": 1_000,
                    "payers": [
                        "0x70997970C51812dc3A010C7d01b50e0d17dc79C8",
                        "0x3C44CdDdB6a900fa2b585dd299e03d12FA4293BC",
                        "0x90F79bf6EB2c4f870365E785982E1f101E93b906",
                    ],
                    "note": "擂茶",
                    "expires_in_days": 7,
                }
            ]
        }
    )

    kind: Literal["request", "split"] = Field(description="request: one payer gives all; split: 2 to 100 share it")
    total_fen: AmountFen
    payers: list[Address] = Field(min_length=1, max_length=100, description="the asker may be among those of a split")
    note: Annotated[FreeText, StringConstraints(max_length=rules.MAX_NOTE)] = ""
    expires_in_days: int = Field(7, strict=True, ge=1, le=rules.MAX_REQUEST_DAYS)


class ShareShape(Shape):
    """One payer's share."""

    payer: Address
    amount_fen: int
    status: str = Field(description="unpaid, declined, submitted, paid, or own (the asker's part of a split)")
    transfer_id: str | None


class RequestShape(Shape):
    """A payment request and how far it is paid."""

    id: str
    creator: Address
    kind: str
    total_fen: int
    note: str
    created_at: datetime
    expires_at: datetime = Field(description="the first second at which no share can be paid; of the chain's clock")
    shares: list[ShareShape]


class RequestPage(Shape):
    """A page of requests; `older` asks for the next page, null at the end."""

    items: list[RequestShape]
    older: str | None


class Reminded(Shape):
    """Who has been told once more."""

    payers: list[Address]


class PayShare(SignedAuthorization):
    """The authorization of exactly one's own share to the asker."""

    model_config = ConfigDict(json_schema_extra={"examples": [EXAMPLE_AUTHORIZATION]})


@router.post(
    "",
    status_code=201,
    responses=refused(
        AmountInvalid,
        TextInvalid,
        ChainAway,
        ZeroAmount,
        AccountNotRegistered,
        PaymentLimitExceeded,
        errors.PayersOutOfRange,
    ),
)
@once
def ask_for_money(body: AskForMoney, post: MemberPost) -> RequestShape:
    """Ask one person for money, or several for even shares of it."""
    ask = AskForPayment(
        creator=post.owner.address,
        kind=body.kind,
        total_fen=Fen(body.total_fen),
        payers=body.payers,
        note=body.note,
        expires_in=timedelta(days=body.expires_in_days),
    )
    return _shape(service.create_request(post.session, ask, now=chain_time(post)))


@router.get("", responses=refused(ChainAway))
def list_requests(
    role: RequestRole, session: Transaction, owner: Owner, cursor: RequestCursor = None, limit: RequestLimit = 20
) -> RequestPage:
    """List the requests that one made, or those that ask one to pay, newest first."""
    pages = {"asker": service.requests_made, "payer": service.requests_to_pay}
    page = pages[role](session, owner.address, before=cursor, limit=limit)
    return RequestPage(items=[_shape(request) for request in page.requests], older=page.older)


@router.get("/{request_id}", responses=refused(errors.PaymentRequestUnknown))
def show_request(request_id: RequestId, session: Transaction, owner: Owner) -> RequestShape:
    """Show a request that one made or is asked by, and who has paid."""
    return _shape(service.find_request(session, request_id, viewer=owner.address))


@router.post(
    "/{request_id}/pay",
    status_code=202,
    responses=refused(
        *PAYING,
        errors.PaymentRequestUnknown,
        errors.NotAskedToPay,
        errors.ShareMismatch,
        errors.ShareAlreadyPaid,
        errors.PaymentRequestExpired,
    ),
)
@once
def pay_share(request_id: RequestId, body: PayShare, post: MemberPost) -> TransferAccepted:
    """Pay one's share."""
    now = chain_time(post)
    asked = service.find_request(post.session, request_id, viewer=post.owner.address)
    amounts = {share.payer: share.amount_fen for share in asked.shares}
    payment = body.payment(post.owner.address, asked.creator, amounts.get(post.owner.address, asked.total_fen))
    paid = service.pay_share(
        post.session,
        request_id,
        with_verdict(post.gateway, payment),
        domain=token_domain(post.gateway.deployment),
        now=now,
    )
    return TransferAccepted(id=paid.id, status="submitted")


@router.post(
    "/{request_id}/decline",
    responses=refused(
        ChainAway,
        errors.PaymentRequestUnknown,
        errors.NotAskedToPay,
        errors.ShareAlreadyPaid,
        errors.PaymentRequestExpired,
    ),
)
@once
def decline_share(request_id: RequestId, body: Ask, post: MemberPost) -> RequestShape:
    """Say that one will not pay: the asker is told, and no reminder follows."""
    return _shape(service.decline_share(post.session, request_id, post.owner.address, now=chain_time(post)))


@router.post(
    "/{request_id}/reminders",
    responses=refused(
        ChainAway,
        errors.PaymentRequestUnknown,
        errors.NotTheAsker,
        errors.PaymentRequestExpired,
        errors.NobodyToRemind,
        errors.RemindedTooSoon,
    ),
)
@once
def remind_payers(request_id: RequestId, body: Ask, post: MemberPost) -> Reminded:
    """Remind whoever has neither paid nor declined, each at most once in 24 hours."""
    return Reminded(payers=service.remind(post.session, request_id, post.owner.address, now=chain_time(post)))


def _shape(found: PaymentRequestView) -> RequestShape:
    return RequestShape(
        id=found.id,
        creator=found.creator,
        kind=found.kind,
        total_fen=found.total_fen,
        note=found.note,
        created_at=found.created_at,
        expires_at=found.expires_at,
        shares=[
            ShareShape(
                payer=share.payer,
                amount_fen=share.amount_fen,
                status=share.status,
                transfer_id=share.transfer_id,
            )
            for share in found.shares
        ],
    )
