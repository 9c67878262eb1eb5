"""Codes, registration, one's own account, and finding a person by phone."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends
from pydantic import ConfigDict, Field, JsonValue, StringConstraints

from pswallet.accounts import errors, service
from pswallet.accounts.service import Profile, Standing
from pswallet.api.deps import Gateway, GatewayParts, MemberPost, OpenPost, Owner, Transaction, count_lookup
from pswallet.api.idempotency import once
from pswallet.api.limits import limited
from pswallet.api.polling import PolledRoute
from pswallet.api.problems import RateLimitExceeded
from pswallet.api.refusals import refused
from pswallet.api.shapes import Address, FreeLines, Phone, Shape, Signature
from pswallet.api.verdicts import contract_verdict
from pswallet.chain.signing import SignatureMalformed

router = APIRouter(tags=["accounts"], route_class=PolledRoute)

Code = Annotated[str, StringConstraints(pattern=r"^[0-9]{6}$"), Field(description="the six digits of the SMS")]
MessageText = Annotated[
    FreeLines, StringConstraints(min_length=1, max_length=4096), Field(description="EIP-4361 message")
]

EXAMPLE_ADDRESS = "0x70997970C51812dc3A010C7d01b50e0d17dc79C8"
EXAMPLE_PROOF: dict[str, JsonValue] = {
    "message": (
        f"localhost:8000 wants you to sign in with your Ethereum account:\n{EXAMPLE_ADDRESS}\n\n"
        "Sign in to pswallet.\n\n"
        "URI: http://localhost:8000\nVersion: 1\nChain ID: 31337\nNonce: 6b1f0c9d2e3a4b5c6d7e8f9012345678\n"
        "Issued At: 2026-11-22T02:15:30+00:00"
    ),
    "signature": "0x" + "11" * 32 + "22" * 32 + "1b",
}


class SendCode(Shape):
    """Ask for a one-time code."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"phone": "+8613800138000"}]})

    phone: Phone


class CodeSent(Shape):
    """A code is on its way."""

    expires_at: datetime
    resend_after_s: int = Field(description="seconds until another code may be asked for")


class Registration(Shape):
    """Open an account: a proven phone and a proven address."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"phone": "+8613800138000", "code": "123456", **EXAMPLE_PROOF}]}
    )

    phone: Phone
    code: Code
    message: MessageText
    signature: Signature


class AccountShape(Shape):
    """An account as its owner sees it."""

    id: str
    address: Address
    masked_phone: str
    masked_name: str | None
    tier: int = Field(description="chain tier: 0 until the chain has confirmed it, then T + 1 (T0 is 1)")
    frozen: bool
    created_at: datetime


class Registered(Shape):
    """The new account and its first session's token."""

    account: AccountShape
    token: str


class Lookup(Shape):
    """Find who registered with a phone."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"phone": "13800138000"}]})

    phone: Phone


class Found(Shape):
    """Whom a payment would go to; show the masked name before it is signed."""

    address: Address
    masked_phone: str
    masked_name: str | None = Field(description="*小萍; null while the person is a visitor (T0)")


PROOF = (
    errors.MessageMalformed,
    errors.MessageRefused,
    errors.NonceUnknown,
    SignatureMalformed,
    errors.SignatureInvalid,
)
"""Why a proof of one's address is refused."""


@router.post(
    "/codes",
    status_code=202,
    responses=refused(RateLimitExceeded, errors.PhoneInvalid, errors.CodeRequestedTooSoon, errors.CodesExhausted),
    dependencies=[Depends(limited("codes"))],
)
@once
def send_code(body: SendCode, post: OpenPost) -> CodeSent:
    """Send a one-time code by SMS: good for 5 minutes and 5 tries; one a minute and ten a day to a phone."""
    gateway = post.gateway
    expires_at = service.send_code(post.session, gateway.vault, gateway.sms, phone=body.phone, now=post.now)
    return CodeSent(expires_at=expires_at, resend_after_s=service.RESEND_AFTER_S)


@router.post(
    "/accounts",
    status_code=201,
    responses=refused(
        RateLimitExceeded,
        errors.PhoneInvalid,
        errors.CodeInvalid,
        errors.CodeExpired,
        errors.CodeTriesExhausted,
        errors.PhoneRegistered,
        errors.AddressRegistered,
        *PROOF,
    ),
    dependencies=[Depends(limited("sign_ins"))],
)
@once
def register(body: Registration, post: OpenPost) -> Registered:
    """Open an account. Its visitor tier (T0) goes on chain; `tier` is 0 until the chain confirmed it."""
    proof = proof_of(body.message, body.signature, post.gateway)
    account, token = service.register(
        post.session, post.gateway.vault, proof, phone=body.phone, code=body.code, now=post.now
    )
    profile = service.profile(post.session, post.gateway.vault, account_id=account.id)
    standing = service.standing(post.session, [account.address])[account.address]
    return Registered(account=account_shape(profile, standing), token=token)


@router.get("/accounts/me")
def show_own_account(session: Transaction, owner: Owner, gateway: GatewayParts) -> AccountShape:
    """Show one's own account."""
    profile = service.profile(session, gateway.vault, account_id=owner.account_id)
    return account_shape(profile, service.standing(session, [owner.address])[owner.address])


@router.post(
    "/accounts/lookup",
    responses=refused(RateLimitExceeded, errors.PhoneInvalid, errors.PersonUnknown),
    dependencies=[Depends(count_lookup)],
)
@once
def look_up(body: Lookup, post: MemberPost) -> Found:
    """Find a person by phone, with a masked name to confirm. The phone travels in the body, never in the URL."""
    found = service.find_by_phone(post.session, post.gateway.vault, phone=body.phone)
    return Found(address=found.address, masked_phone=found.masked_phone, masked_name=found.masked_name)


def proof_of(message: str, signature: str, gateway: Gateway, *, statement: str | None = None) -> service.SignInProof:
    """Put together what a sign-in proof is checked against; `statement`: what the message must say it is for."""
    return service.SignInProof(
        message=message,
        signature=bytes.fromhex(signature[2:]),
        domain=gateway.domain,
        chain_id=gateway.deployment.chain_id,
        contract_accepts=contract_verdict(gateway.rpc),
        statement=statement,
    )


def account_shape(profile: Profile, standing: Standing) -> AccountShape:
    """Show an account with what the chain says of it."""
    return AccountShape(
        id=profile.id,
        address=profile.address,
        masked_phone=profile.masked_phone,
        masked_name=profile.masked_name,
        tier=standing.tier,
        frozen=standing.frozen,
        created_at=profile.created_at,
    )
