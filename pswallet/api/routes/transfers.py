"""Sending money: the payer's signed authorization, carried to the chain by the gateway, which pays the gas."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Annotated, Any, NamedTuple

from fastapi import APIRouter, Path, Request, Response
from fastapi.concurrency import run_in_threadpool
from pydantic import ConfigDict, Field, JsonValue, model_validator
from sqlalchemy.orm import Session

from pswallet.accounts import errors
from pswallet.accounts import service as accounts
from pswallet.accounts.service import SessionOwner
from pswallet.api.deps import Credentials, Gateway, KeyHeader, Owner, Transaction, gateway_of, lookups_of
from pswallet.api.idempotency import Answer, Kept, Key, answered_before, keep
from pswallet.api.intake import Desk, Hot, accepted, hot_route, intake_of, parse, sent
from pswallet.api.limits import take
from pswallet.api.polling import PolledRoute
from pswallet.api.problems import AmountInvalid, ChainAway, RateLimitExceeded
from pswallet.api.refusals import refused
from pswallet.api.shapes import Address, AmountFen, Bytes32, Phone, Shape, Signature, UnixTime
from pswallet.api.signed import answer_signed, may_be_a_contracts
from pswallet.api.traces import trace_of
from pswallet.api.verdicts import contract_verdict
from pswallet.chain.signing import TRANSFER_WITH_AUTHORIZATION, SignatureMalformed, StructType, token_domain
from pswallet.kit import clock
from pswallet.kit.db import transaction
from pswallet.kit.problems import Problem
from pswallet.merchants.errors import CodeLimitExceeded
from pswallet.payments import service
from pswallet.payments.errors import AuthorizationNotYetValid, TransferUnknown, ValidityOutOfRange
from pswallet.payments.service import SignedPayment

router = APIRouter(tags=["payments"], route_class=PolledRoute)

TransferId = Annotated[str, Path(pattern=r"^trf_[0-9a-z]{26}$", description="the id that POST /v1/transfers gave")]

EXAMPLE_AUTHORIZATION: dict[str, JsonValue] = {
    "valid_after": 0,
    "valid_before": 1_800_000_600,
    "nonce": "0x" + "5a" * 32,
    "signature": "0x" + "11" * 32 + "22" * 32 + "1b",
}


class SignedAuthorization(Shape):
    """An ERC-3009 TransferWithAuthorization, signed by the payer; see /v1/typed-data."""

    model_config = ConfigDict(json_schema_extra={"examples": [EXAMPLE_AUTHORIZATION]})

    valid_after: UnixTime
    valid_before: UnixTime = Field(description="Unix seconds, at most 24 hours from the block time of /v1/chain")
    nonce: Bytes32 = Field(description="any 32 bytes that the payer never used; counting up saves gas")
    signature: Signature

    def payment(self, payer: str, recipient: str, value_fen: int) -> SignedPayment:
        """Return the payment that was signed."""
        return SignedPayment(
            payer=payer,
            recipient=recipient,
            value_fen=value_fen,
            valid_after=self.valid_after,
            valid_before=self.valid_before,
            nonce=self.nonce,
            signature=self.signature,
        )


class SendMoney(SignedAuthorization):
    """A transfer to an address, or to whoever registered with a phone (whose address was signed for)."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "to": "0x70997970C51812dc3A010C7d01b50e0d17dc79C8",
                    "amount_fen": 1_280,
                    **EXAMPLE_AUTHORIZATION,
                }
            ]
        }
    )

    to: Address | None = None
    to_phone: Phone | None = None
    amount_fen: AmountFen

    @model_validator(mode="after")
    def _one_recipient(self) -> SendMoney:
        if (self.to is None) is (self.to_phone is None):
            raise ValueError("give either `to` or `to_phone`")
        return self


class TransferAccepted(Shape):
    """The transfer waits for the chain; GET /v1/transfers/{id} and the events say what became of it."""

    id: str
    status: str = Field(description="submitted")


class TransferShape(Shape):
    """A transfer and what the chain says of it."""

    id: str
    payer: Address
    recipient: Address
    amount_fen: int
    nonce: Bytes32
    purpose: str = Field(description="transfer, request, order, order-refund, or packet for a red packet's money")
    status: str = Field(description="submitted, confirmed, refused or canceled")
    error: str | None = Field(description="why the chain refused it: the name of a problem")
    block: int | None
    confirmed_at: datetime | None
    accepted_at: datetime


class Wanted(NamedTuple):
    """Who sends to a phone (the session's token), under which key, and the fingerprint of the whole request."""

    token: str
    key: str
    fingerprint: bytes


def _desk(gateway: Gateway) -> Desk[SignedPayment]:
    domain = token_domain(gateway.deployment)

    def act(session: Session, payments: Sequence[SignedPayment], now: datetime) -> Sequence[Answer | Problem]:
        outcomes = service.transfer(session, payments, domain=domain, now=now)
        return [
            outcome if isinstance(outcome, Problem) else accepted({"id": outcome.id, "status": "submitted"})
            for outcome in outcomes
        ]

    return Desk(gateway, act, undecided=may_be_a_contracts)


async def _serve(request: Request) -> Response:
    intake = intake_of(request, "transfers", _desk)
    body, token, key, print_ = await parse(request, SendMoney)
    gateway = gateway_of(request)
    to = body.to
    if to is None:
        async with gateway.seats.taken():
            found = await run_in_threadpool(_address_behind, gateway, Wanted(token, key, print_), str(body.to_phone))
        if isinstance(found, Answer):
            return found.response()
        to = found

    def command(owner: SessionOwner) -> SignedPayment:
        return replace(body.payment(owner.address, to, body.amount_fen), trace=trace_of(request.scope))

    return sent(await answer_signed(request, intake, Hot(token, key, print_, command), with_verdict))


def _address_behind(gateway: Gateway, wanted: Wanted, phone: str) -> str | Answer:
    """Return the address that registered with `phone`, or what was (or is now) answered under the request's key.

    Only for a live session, and within its account's lookups: else phones could be tried out.
    Raises SessionInvalid and the like, RateLimitExceeded, PhoneInvalid, IdempotencyKeyReused.
    """
    now = clock.now()
    with transaction(gateway.sessions) as session:
        owner = accounts.authenticate(session, [wanted.token], now)[0]
        if isinstance(owner, Problem):
            raise owner
        key = Key(owner.account_id, wanted.key, wanted.fingerprint)
        before = answered_before(session, gateway.vault, key)
    if before is not None:
        return before
    take(gateway.sessions, lookups_of(owner), gateway.limits.lookups, now=now)
    with transaction(gateway.sessions) as session:
        try:
            return accounts.find_by_phone(session, gateway.vault, phone=phone).address
        except errors.PersonUnknown as unknown:
            return keep(Kept(session, key, gateway.vault, now, 202), unknown)


def with_verdict(
    gateway: Gateway, payment: SignedPayment, struct: StructType = TRANSFER_WITH_AUTHORIZATION
) -> SignedPayment:
    """Return `payment` with the verdict of the payer's contract (ERC-1271), unless the payer's own key has signed."""
    domain = token_domain(gateway.deployment)
    asked = service.contract_digest(payment, domain=domain, struct=struct)
    if asked is None:
        return payment
    verdict = contract_verdict(gateway.rpc)(payment.payer, asked, bytes.fromhex(payment.signature[2:]))
    return replace(payment, contract_verdict=verdict)


hot = hot_route("/transfers", _serve)


PAYING = (
    AmountInvalid,
    ChainAway,
    errors.ZeroAmount,
    errors.ValueTooLarge,
    SignatureMalformed,
    errors.SignatureInvalid,
    errors.AuthorizationAlreadyUsed,
    errors.AuthorizationExpired,
    AuthorizationNotYetValid,
    ValidityOutOfRange,
    errors.AccountNotRegistered,
    errors.AccountIsFrozen,
    errors.RecipientIsFrozen,
    errors.RecipientInvalid,
    errors.SystemRecipient,
    errors.PaymentLimitExceeded,
    errors.DailyLimitExceeded,
    errors.YearlyLimitExceeded,
    errors.BalanceLimitExceeded,
    errors.BalanceInsufficient,
    errors.StepUpRequired,
    errors.PaymentsPaused,
    errors.CallReverted,
)
"""Why a signed payment is refused, whoever takes the money."""


@router.post(
    "/transfers",
    status_code=202,
    responses=refused(*PAYING, CodeLimitExceeded, RateLimitExceeded, errors.PhoneInvalid, errors.PersonUnknown),
)
def send_money(body: SendMoney, credentials: Credentials, key: KeyHeader = None) -> TransferAccepted:
    """Send money by a signed authorization, refused at once for what the chain would refuse it for, as far as known.

    Known are the chain as it was read last and what waits at the gateway: the chain itself has the last word.
    """
    raise NotImplementedError  # the intake serves it; this describes it


@router.get("/transfers/{transfer_id}", responses=refused(TransferUnknown))
def show_transfer(transfer_id: TransferId, session: Transaction, owner: Owner) -> TransferShape:
    """Show a transfer that one made or gets."""
    return transfer_shape(service.find_transfer(session, transfer_id, viewer=owner.address))


def transfer_shape(found: service.Transfer) -> TransferShape:
    """Show a transfer on the wire."""
    fields: dict[str, Any] = {name: getattr(found, name) for name in TransferShape.model_fields}
    return TransferShape(**fields)
