"""Sign-in by EIP-4361, and the sessions that are open."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Path, Response
from pydantic import ConfigDict, Field, model_validator

from pswallet.accounts import errors, service
from pswallet.api.deps import GatewayParts, Now, OpenPost, Owner, Transaction
from pswallet.api.idempotency import once
from pswallet.api.limits import limited
from pswallet.api.polling import PolledRoute
from pswallet.api.problems import RateLimitExceeded
from pswallet.api.refusals import refused
from pswallet.api.routes.accounts import EXAMPLE_PROOF, PROOF, AccountShape, Code, MessageText, account_shape, proof_of
from pswallet.api.shapes import FreeText, Phone, Shape, Signature

router = APIRouter(tags=["sessions"], route_class=PolledRoute)

SessionId = Annotated[FreeText, Path(max_length=64, description="an `id` of GET /v1/sessions")]


class NonceGiven(Shape):
    """What a sign-in message must say."""

    nonce: str
    domain: str
    uri: str
    chain_id: int
    issued_at: datetime = Field(description="the gateway's clock: use it as `Issued At`")
    expires_at: datetime


class SignIn(Shape):
    """Prove an address; with phone and code, by two factors."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [EXAMPLE_PROOF, {**EXAMPLE_PROOF, "phone": "13800138000", "code": "123456"}]}
    )

    message: MessageText
    signature: Signature
    phone: Phone | None = None
    code: Code | None = None

    @model_validator(mode="after")
    def _both_or_none(self) -> "SignIn":
        if (self.phone is None) != (self.code is None):
            raise ValueError("phone and code come together")
        return self


class SignedIn(Shape):
    """The account and a session's token; the token is shown once."""

    account: AccountShape
    token: str


class SessionShape(Shape):
    """An open session."""

    id: str
    created_at: datetime
    expires_at: datetime
    current: bool = Field(description="whether this request came with it")


class SessionList(Shape):
    """Every open session of the account, the newest first."""

    sessions: list[SessionShape]


@router.post(
    "/sign-in/nonces",
    status_code=201,
    responses=refused(RateLimitExceeded),
    dependencies=[Depends(limited("sign_ins"))],
)
@once
def give_nonce(post: OpenPost) -> NonceGiven:
    """Make a nonce for one sign-in message, good for 10 minutes."""
    nonce = service.give_nonce(post.session, now=post.now)
    return NonceGiven(
        nonce=nonce.nonce,
        domain=post.gateway.domain,
        uri=post.gateway.settings.public_url,
        chain_id=post.gateway.deployment.chain_id,
        issued_at=post.now,
        expires_at=nonce.expires_at,
    )


@router.post(
    "/sessions",
    status_code=201,
    responses=refused(
        RateLimitExceeded,
        *PROOF,
        errors.AccountUnknown,
        errors.PhoneInvalid,
        errors.CodeInvalid,
        errors.CodeExpired,
        errors.CodeTriesExhausted,
    ),
    dependencies=[Depends(limited("sign_ins"))],
)
@once
def sign_in(body: SignIn, post: OpenPost) -> SignedIn:
    """Open a session by proving the account's address."""
    vault, proof = post.gateway.vault, proof_of(body.message, body.signature, post.gateway)
    if body.phone is not None and body.code is not None:
        account, token = service.sign_in_with_code(
            post.session, vault, proof, phone=body.phone, code=body.code, now=post.now
        )
    else:
        account, token = service.sign_in(post.session, proof, now=post.now)
    profile = service.profile(post.session, vault, account_id=account.id)
    standing = service.standing(post.session, [account.address])[account.address]
    return SignedIn(account=account_shape(profile, standing), token=token)


@router.get("/sessions")
def list_sessions(session: Transaction, owner: Owner, now: Now) -> SessionList:
    """List the open sessions."""
    found = service.sessions_of(session, account_id=owner.account_id, now=now)
    return SessionList(
        sessions=[
            SessionShape(
                id=one.id, created_at=one.created_at, expires_at=one.expires_at, current=one.id == owner.session_id
            )
            for one in found
        ]
    )


@router.delete(
    "/sessions/{session_id}", status_code=204, responses=refused(errors.SessionUnknown), response_class=Response
)
def revoke_session(session_id: SessionId, session: Transaction, owner: Owner, now: Now, _: GatewayParts) -> None:
    """End a session: this one, or one on a lost device."""
    service.revoke_session(session, account_id=owner.account_id, session_id=session_id, now=now)
