"""Whose money helps to pay orders, and who may refund them: budgets, permits, cashiers."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Path
from pydantic import AfterValidator, ConfigDict, Field, JsonValue

from pswallet.accounts.errors import AccountIsFrozen, AccountNotRegistered, AuthorizationExpired, SignatureInvalid
from pswallet.api.deps import GatewayParts, MemberPost, Owner, Transaction
from pswallet.api.idempotency import once
from pswallet.api.polling import PolledRoute
from pswallet.api.problems import AmountInvalid, ChainAway
from pswallet.api.refusals import refused
from pswallet.api.routes.red_packets import chain_time, time_of
from pswallet.api.shapes import Address, AmountFen, Bytes32, Shape, Signature, UnixTime
from pswallet.api.verdicts import with_contract
from pswallet.chain.calldata import address_word
from pswallet.chain.funded import Budget
from pswallet.chain.hashing import selector
from pswallet.chain.rpc import Rpc
from pswallet.chain.signing import SignatureMalformed, checkout_domain, token_domain
from pswallet.checkout import errors, service
from pswallet.checkout.service import OpenBudget, Permit, SetCashier
from pswallet.kit.money import Fen

router = APIRouter(tags=["budgets"], route_class=PolledRoute)

BudgetId = Annotated[
    str,
    Path(pattern=r"^0x[0-9a-fA-F]{64}$", description="EIP-712 hash of the budget's terms"),
    AfterValidator(str.lower),
]
_ADDRESS = "0x70997970C51812dc3A010C7d01b50e0d17dc79C8"
_SIGNATURE = "0x" + "11" * 32 + "22" * 32 + "1b"
_EXAMPLE_BUDGET: dict[str, JsonValue] = {
    "signer": "0x90F79bf6EB2c4f870365E785982E1f101E93b906",
    "total_fen": 1_000_000,
    "end": 1_800_604_800,
    "salt": "0x" + "a1" * 32,
    "signature": _SIGNATURE,
}


class OpenABudget(Shape):
    """`Budget` of /v1/typed-data in the checkout's domain, signed by the funder: whoever posts it."""

    model_config = ConfigDict(json_schema_extra={"examples": [_EXAMPLE_BUDGET]})

    signer: Address = Field(description="signs each order that it helps to pay: this gateway's, or it is refused")
    total_fen: AmountFen = Field(description="the most that may be out at a time")
    end: Annotated[int, Field(strict=True, gt=0, lt=2**32)] = Field(description="Unix seconds; it pays nothing then")
    salt: Bytes32
    signature: Signature


class BudgetAccepted(Shape):
    """The budget waits for the chain."""

    id: Bytes32
    status: str = Field(description="submitted")


class BudgetShape(Shape):
    """A budget and what it can pay still; the chain shows it to everybody."""

    id: Bytes32
    funder: Address
    signer: Address
    total_fen: int
    left_fen: int
    ends_at: datetime
    status: str = Field(description="submitted, open or ended")


class PermitState(Shape):
    """What a permit is signed with, and whether the checkout may move this account's money."""

    spender: Address
    number: int = Field(description="`nonce` of the next Permit")
    allowed: bool


class NewPermit(Shape):
    """ERC-2612 `Permit` of /v1/typed-data in the token's domain, for the checkout; `allow` signs 2^256 - 1, else 0."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"allow": True, "number": 0, "deadline": 1_800_000_600, "signature": _SIGNATURE}]
        }
    )

    allow: bool = Field(strict=True)
    number: int = Field(strict=True, ge=0, lt=2**63)
    deadline: UnixTime
    signature: Signature


class PermitAccepted(Shape):
    """The permit waits for the chain."""

    status: str = Field(description="submitted")


class NewCashier(Shape):
    """`Cashier` of /v1/typed-data in the checkout's domain, signed by the merchant: whoever posts it."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"cashier": _ADDRESS, "cap_fen": 50_000, "number": 0, "signature": _SIGNATURE}]}
    )

    cashier: Address
    cap_fen: int = Field(strict=True, ge=0, lt=2**63, description="the most to refund a day; 0 dismisses")
    number: int = Field(strict=True, ge=0, lt=2**31, description="0 for the first act on this cashier, and so on")
    signature: Signature


class CashierShape(Shape):
    """A cashier of one's own as the chain has it."""

    cashier: Address
    cap_fen: int
    refunded_today_fen: int
    number: int = Field(description="of the next act on it")


class Cashiers(Shape):
    """A merchant's cashiers, dismissed ones too."""

    items: list[CashierShape]


class CashierAccepted(Shape):
    """The act waits for the chain."""

    cashier: Address
    status: str = Field(description="submitted")


@router.post(
    "/budgets",
    status_code=202,
    responses=refused(
        AmountInvalid,
        ChainAway,
        AccountNotRegistered,
        AccountIsFrozen,
        errors.BudgetInvalid,
        errors.BudgetSignerUnknown,
        errors.BudgetAlreadyOpen,
        errors.FunderSignatureInvalid,
    ),
)
@once
def open_budget(body: OpenABudget, post: MemberPost) -> BudgetAccepted:
    """Let one's own money help to pay orders, up to a total; it stays one's own until an order is paid."""
    gateway = post.gateway
    terms = Budget(post.owner.address, body.signer, body.total_fen, body.end, body.salt)
    checkout = checkout_domain(gateway.deployment)
    command = with_contract(
        gateway.rpc,
        OpenBudget(funder=post.owner.address, terms=terms, signature=body.signature),
        signer=post.owner.address,
        signed=service.budget_digest(terms, checkout=checkout),
    )
    budget = service.open_budget(post.session, command, checkout=checkout, signer=gateway.issuer, now=chain_time(post))
    return BudgetAccepted(id=budget, status="submitted")


@router.get("/budgets/{budget}", responses=refused(ChainAway, errors.BudgetUnknown))
def show_budget(budget: BudgetId, session: Transaction, owner: Owner) -> BudgetShape:
    """Show a budget."""
    found = service.budget_view(session, budget, now=time_of(session))
    return BudgetShape(**{name: getattr(found, name) for name in BudgetShape.model_fields})


@router.get("/permits", responses=refused(ChainAway))
def show_permit(session: Transaction, owner: Owner, gateway: GatewayParts) -> PermitState:
    """Show what the next permit is signed with, and whether the checkout may move one's money."""
    spender = gateway.deployment.checkout
    allowed = service.allowed(session, [owner.address], spender=spender)[owner.address] > 0
    return PermitState(
        spender=spender, number=_number(gateway.rpc, gateway.deployment.stablecoin, owner.address), allowed=allowed
    )


@router.post(
    "/permits",
    status_code=202,
    responses=refused(
        ChainAway, SignatureMalformed, SignatureInvalid, AuthorizationExpired, errors.PermitNumberMismatch
    ),
)
@once
def permit(body: NewPermit, post: MemberPost) -> PermitAccepted:
    """Let the checkout move one's money: for one's budgets, and to refund funded orders; or stop it."""
    gateway = post.gateway
    command = Permit(
        owner=post.owner.address,
        spender=gateway.deployment.checkout,
        allow=body.allow,
        number=body.number,
        deadline=body.deadline,
        signature=body.signature,
    )
    number = _number(gateway.rpc, gateway.deployment.stablecoin, post.owner.address)
    service.permit(post.session, command, token=token_domain(gateway.deployment), number=number, now=chain_time(post))
    return PermitAccepted(status="submitted")


_NONCES = selector("nonces(address)")


def _number(rpc: Rpc, token: str, owner: str) -> int:
    """Ask the node for an owner's next permit nonce."""
    data = "0x" + (_NONCES + address_word(owner)).hex()
    return int(rpc.call("eth_call", [{"to": token, "data": data}, "latest"]), 16)


@router.post(
    "/cashiers",
    status_code=202,
    responses=refused(ChainAway, errors.CashierNumberMismatch, errors.MerchantSignatureInvalid),
)
@once
def set_cashier(body: NewCashier, post: MemberPost) -> CashierAccepted:
    """Let somebody refund one's funded orders, up to a cap a day, or dismiss them."""
    gateway = post.gateway
    checkout = checkout_domain(gateway.deployment)
    command = SetCashier(
        merchant=post.owner.address,
        cashier=body.cashier,
        cap_fen=Fen(body.cap_fen),
        number=body.number,
        signature=body.signature,
    )
    signed = service.cashier_digest(command, checkout=checkout)
    judged = with_contract(gateway.rpc, command, signer=command.merchant, signed=signed)
    service.set_cashier(post.session, judged, checkout=checkout)
    return CashierAccepted(cashier=body.cashier, status="submitted")


@router.get("/cashiers", responses=refused(ChainAway))
def list_cashiers(session: Transaction, owner: Owner) -> Cashiers:
    """List one's own cashiers."""
    found = service.cashiers_of(session, owner.address, now=time_of(session))
    return Cashiers(
        items=[CashierShape(**{name: getattr(one, name) for name in CashierShape.model_fields}) for one in found]
    )
