"""Codes at a till: devices that show payment codes, what a scanned text is, and what may be paid by codes in a day."""

import secrets
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Path, Response
from pydantic import ConfigDict, Field, StringConstraints
from sqlalchemy.orm import Session

from pswallet.accounts.service import addresses_of
from pswallet.api.deps import MemberPost, Now, Owner, Post, Transaction
from pswallet.api.idempotency import once
from pswallet.api.limits import take
from pswallet.api.polling import PolledRoute
from pswallet.api.problems import RateLimitExceeded, TextInvalid
from pswallet.api.refusals import refused
from pswallet.api.shapes import Address, AmountFen, Bytes32, FreeText, Shape
from pswallet.chain.outbox import last_block
from pswallet.kit.money import Fen
from pswallet.merchants import errors, service
from pswallet.merchants.rules import paycodes
from pswallet.merchants.rules.codelimits import CodeKind, Level
from pswallet.merchants.rules.emv import Initiation
from pswallet.merchants.service import Scan, ScanKind
from pswallet.payments import service as payments
from pswallet.payments.errors import OrderReferenceReused

router = APIRouter(tags=["codes"], route_class=PolledRoute)

DeviceId = Annotated[str, Path(pattern=r"^dev_[0-9a-z]{26}$", description="the id that POST /v1/payment-codes gave")]


class OpenDevice(Shape):
    """Nothing is asked: the gateway makes the key."""

    model_config = ConfigDict(json_schema_extra={"examples": [{}]})


class OpenedDeviceShape(Shape):
    """A device and its key, which is told here alone: keep it where the wallet's own key lies."""

    id: str
    key: Bytes32 = Field(description="the key from which the device reckons its codes (docs/decisions/0012)")
    step_s: int = Field(description="seconds of a step")
    counters: int = Field(description="codes of a step: the next one after each failure")
    created_at: datetime


class DeviceShape(Shape):
    """A device that shows payment codes."""

    id: str
    created_at: datetime


class Devices(Shape):
    """One's own devices, the oldest first; 5 at most."""

    items: list[DeviceShape]


class ScannedText(Shape):
    """What a camera read, or somebody typed."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"text": "134567890123456789"}]})

    text: Annotated[FreeText, StringConstraints(min_length=1, max_length=service.LONGEST)]


class ScanShape(Shape):
    """Whose code it is and what to look up. Name and price are never taken from a code: ask for them by these."""

    kind: ScanKind = Field(description="merchant-code: shown by a till; payment-code: shown by a customer")
    network: str = Field(description="pswallet, or whose it looks like: fps, wechat-pay, alipay, unionpay, e-cny")
    initiation: Initiation | None = Field(description="of a merchant's: static, or dynamic, for one order")
    merchant: str | None
    store: str | None
    till: str | None
    reference: str | None = Field(description="the merchant's number of the order")
    order: str | None = Field(description="the order's id, of one that its code still names: GET /v1/orders/{order_id}")
    expires_at: datetime | None = Field(description="of an order's code: from then on it is refused")


class TakeCode(Shape):
    """The customer's code, for the merchant's own number of a sale; a retry repeats all three."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"text": "497161413563918851", "reference": "20261122T010001", "amount_fen": 2_880}]
        }
    )

    text: Annotated[FreeText, StringConstraints(min_length=1, max_length=service.LONGEST)]
    reference: Annotated[str, StringConstraints(pattern=r"^[!-~]{1,32}$")]
    amount_fen: AmountFen


class TakenShape(Shape):
    """Whom to ask for the money; none of it has moved."""

    account: Address
    order: str | None = Field(
        description="the order of that number: the customer has been told of it; null: there is none"
    )
    amount_fen: int
    taken_at: datetime


class SetLimit(Shape):
    """What codes of level A may pay in a day."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"per_day_fen": 800_000}]})

    per_day_fen: AmountFen


class AllowanceShape(Shape):
    """What may be paid by codes of a kind and level in a day of Asia/Shanghai, and what was today."""

    kind: CodeKind
    level: Level
    per_day_fen: int
    spent_fen: int


class Allowances(Shape):
    """Every kind and level."""

    items: list[AllowanceShape]


@router.post("/payment-codes", status_code=201, responses=refused(errors.PaymentDevicesExhausted))
@once
def open_payment_codes(body: OpenDevice, post: MemberPost) -> OpenedDeviceShape:
    """Let this device show payment codes; it reckons them by itself, without a network."""
    key = secrets.token_bytes(paycodes.KEY_BYTES)
    opened = service.open_device(post.session, post.gateway.vault, owner=post.owner.account_id, key=key, now=post.now)
    return OpenedDeviceShape(
        id=opened.id,
        key="0x" + opened.key.hex(),
        step_s=paycodes.STEP_S,
        counters=paycodes.COUNTERS,
        created_at=opened.created_at,
    )


@router.get("/payment-codes")
def list_payment_codes(session: Transaction, owner: Owner) -> Devices:
    """List one's own devices that show payment codes."""
    found = service.devices_of(session, owner=owner.account_id)
    return Devices(items=[DeviceShape(id=one.id, created_at=one.created_at) for one in found])


@router.delete(
    "/payment-codes/{device_id}",
    status_code=204,
    response_class=Response,
    responses=refused(errors.PaymentDeviceUnknown),
)
def close_payment_codes(device_id: DeviceId, session: Transaction, owner: Owner) -> None:
    """Let a device show no codes any more: a phone that was lost."""
    service.close_device(session, device_id, owner=owner.account_id)


@router.post("/scans", responses=refused(TextInvalid, *service.REFUSALS))
@once
def read_scan(body: ScannedText, post: MemberPost) -> ScanShape:
    """Say what a scanned text is: whose code, and which merchant and order to look up."""
    found = service.read_scan(post.gateway.vault, body.text, now=post.now)
    return ScanShape(**vars(found), order=_order_of(post.session, found))


TAKING = (RateLimitExceeded, TextInvalid, OrderReferenceReused, *service.TAKING)
"""All that taking a code may be refused with."""


@router.post("/taken-codes", status_code=201, responses=refused(*TAKING))
@once
def take_code(body: TakeCode, post: MemberPost) -> TakenShape:
    """Take a customer's payment code, once: it tells a merchant whom to ask for the money."""
    return taken_for(post, body, merchant=post.owner.address, account_id=post.owner.account_id)


def taken_for(post: Post, body: TakeCode, *, merchant: str, account_id: str) -> TakenShape:
    """Take a code for the merchant at that address, whose account it is."""
    service.require_merchant(post.session, merchant)
    take(post.gateway.sessions, f"takings|{account_id}", post.gateway.limits.takings, now=post.now)
    taken = service.take_code(
        post.session,
        post.gateway.vault,
        body.text,
        merchant=merchant,
        reference=body.reference,
        amount=Fen(body.amount_fen),
        now=post.now,
    )
    account = addresses_of(post.session, [taken.owner])[taken.owner]
    order = payments.order_under(post.session, merchant=merchant, reference=body.reference)
    if order is not None and taken.taken_at == post.now:  # else the till asks again: the customer is told once
        payments.ask_customer(post.session, order, amount=taken.amount, customer=account)
    return TakenShape(account=account, order=order, amount_fen=taken.amount, taken_at=taken.taken_at)


@router.get("/code-limits")
def list_code_limits(session: Transaction, owner: Owner, now: Now) -> Allowances:
    """Show what one may pay by codes today, and what one has."""
    block = last_block(session)
    paid = payments.paid_by_codes(session, [owner.address], now=block.time) if block else {}
    counted = {(kind, payments.CODE_LEVEL): fen for (_, kind), fen in paid.items()}
    return Allowances(
        items=[
            AllowanceShape(
                kind=one.kind,
                level=one.level,
                per_day_fen=one.limit,
                spent_fen=one.spent + counted.get((one.kind, one.level), 0),
            )
            for one in service.limits_of(session, owner=owner.account_id, now=now)
        ]
    )


@router.post("/code-limits")
@once
def set_code_limit(body: SetLimit, post: MemberPost) -> Allowances:
    """Set what codes of level A may pay in a day."""
    owner = post.owner.account_id
    service.set_limit(post.session, owner=owner, per_day=Fen(body.per_day_fen))
    return list_code_limits(post.session, post.owner, post.now)


def _order_of(session: Session, scan: Scan) -> str | None:
    """Return the order that a code names. Only a signed code names one, so nobody finds a shop's orders by guessing."""
    address = service.address_of_merchant(session, scan.merchant or "")
    if address is None or scan.reference is None:
        return None
    return payments.order_under(session, merchant=address, reference=scan.reference)
