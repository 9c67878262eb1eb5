"""What routes ask for: the gateway's parts, a transaction, the caller, a POST with its key."""

from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, cast

from fastapi import Depends, Header, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from pydantic import WithJsonSchema
from sqlalchemy.orm import Session

from pswallet.accounts import service as accounts
from pswallet.accounts.errors import SessionMissing
from pswallet.accounts.service import CodeSender, SessionOwner
from pswallet.api import idempotency
from pswallet.api.idempotency import Kept
from pswallet.api.limits import Limits, take
from pswallet.api.metrics import Metrics
from pswallet.api.overload import Backlog, Door, Seats
from pswallet.api.readiness import Lookout
from pswallet.api.streams import Streams
from pswallet.api.traces import trace_of
from pswallet.chain import outbox
from pswallet.chain.deploy import Deployment
from pswallet.chain.rpc import Rpc
from pswallet.chain.sponsor import Sponsor
from pswallet.kit import clock, db
from pswallet.kit.problems import Problem
from pswallet.kit.vault import Vault
from pswallet.kyc.service import IdentityVendor
from pswallet.merchants import service as merchants
from pswallet.merchants.service import BusinessRegister, Caller
from pswallet.settings import Settings

SEATS = 20
"""Requests of one process that hold a database connection at the same time; below the pool's size of 30."""


@dataclass(frozen=True)
class Gateway:
    """The parts that `create_app` was given; routes reach them as `gateway`."""

    settings: Settings
    sessions: db.Sessions
    deployment: Deployment
    vault: Vault
    dealer: Any
    """Satisfies the red packets' Protocol of a dealer; this module does not care."""
    rpc: Rpc
    sms: CodeSender
    identity: IdentityVendor
    register: BusinessRegister
    limits: Limits
    metrics: Metrics
    streams: Streams
    door: Door
    seats: Seats
    backlog: Backlog
    lookout: Lookout
    heartbeat_s: float = 15.0
    """Seconds between two signs of life of a stream."""
    retention_key: bytes | None = None
    """Public key that locks away what the law keeps of people who leave."""
    sponsor: Sponsor | None = None
    """Signs for budgets' parts of orders, and campaigns' lists of winners; None: no order is funded here."""

    @property
    def issuer(self) -> str:
        """Return the address that signs campaigns' lists of winners here."""
        return self.sponsor.address if self.sponsor else ""

    @property
    def domain(self) -> str:
        """Return the host (and port) that sign-in messages must name (EIP-4361)."""
        return self.settings.public_url.split("://", 1)[-1].strip("/")


def gateway_of(request: Request) -> Gateway:
    """Return the parts of the app that serves `request`."""
    return cast("Gateway", request.app.state.gateway)


GatewayParts = Annotated[Gateway, Depends(gateway_of)]


async def _seat(gateway: GatewayParts) -> AsyncIterator[None]:
    # Each step of a request runs in a thread of its own. Without seats, requests that hold a connection could wait for
    # threads that are all taken by requests waiting for a connection.
    async with gateway.seats.taken():
        yield


def _transaction(
    request: Request, gateway: GatewayParts, _: Annotated[None, Depends(_seat, scope="function")]
) -> Iterator[Session]:
    with db.transaction(gateway.sessions) as session:
        outbox.carry_trace(session, trace_of(request.scope))
        yield session


Transaction = Annotated[Session, Depends(_transaction, scope="function")]
"""A session whose commit happens before the reply leaves; a failed commit answers 500, never 200."""

_bearer = HTTPBearer(
    auto_error=False,
    description="The token that POST /v1/accounts or POST /v1/sessions gave; below /v1/merchants/{merchant_id} also an "
    "API key (psk_…) of that merchant.",
)
Credentials = Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)]


def wall_clock() -> datetime:
    """Return now; tests put another clock in its place."""
    return clock.now()


Now = Annotated[datetime, Depends(wall_clock)]


def token_of(authorization: str | None) -> str:
    """Return the token of an `Authorization: Bearer …` header. Raises SessionMissing."""
    scheme, _, token = (authorization or "").partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        raise SessionMissing()
    return token.strip()


def _owner(session: Transaction, credentials: Credentials, now: Now) -> SessionOwner:
    if credentials is None:
        raise SessionMissing()
    owner = accounts.authenticate(session, [credentials.credentials], now)[0]
    if isinstance(owner, Problem):
        raise owner
    return owner


Owner = Annotated[SessionOwner, Depends(_owner)]
"""The signed-in account; without a live session the request ends with 401."""


def _caller(session: Transaction, credentials: Credentials, now: Now) -> Caller:
    if credentials is not None and credentials.credentials.startswith(merchants.API_KEY_PREFIX):
        key = merchants.authenticate_key(session, credentials.credentials, now=now)
        return Caller(key_id=key.id, merchant_id=key.merchant_id, scopes=frozenset(key.scopes))
    owner = _owner(session, credentials, now)
    return Caller(account_id=owner.account_id, session_id=owner.session_id)


MerchantCaller = Annotated[Caller, Depends(_caller)]
"""Who acts for a merchant: a signed-in account, or an API key. For which merchant and what, the route asks."""


def lookups_of(owner: SessionOwner) -> str:
    """Return the bucket in which an account's searches by phone are counted, however it searches."""
    return f"lookups|{owner.account_id}"


def count_lookup(owner: Owner, gateway: GatewayParts) -> None:
    """Count a search by phone against the account. Raises RateLimitExceeded."""
    take(gateway.sessions, lookups_of(owner), gateway.limits.lookups, now=clock.now())


async def _request_print(request: Request, gateway: GatewayParts) -> bytes:
    return idempotency.fingerprint(gateway.vault, request.method, request.url.path, await request.body())


_Fingerprint = Annotated[bytes, Depends(_request_print)]
# Checked by read_key, which refuses it by a name of its own.
_WrittenKey = Annotated[str, WithJsonSchema({"type": "string", "pattern": idempotency.KEY_PATTERN})]
KeyHeader = Annotated[
    _WrittenKey | None,
    Header(alias="Idempotency-Key", description="1 to 128 printable characters; a repeat gets the same answer."),
]


@dataclass(frozen=True)
class Post:
    """A POST inside its transaction. `once` keeps its answer under its key."""

    session: Session
    gateway: Gateway
    now: datetime
    kept: Kept


@dataclass(frozen=True)
class SignedPost(Post):
    """A POST of a signed-in account."""

    owner: SessionOwner


@dataclass(frozen=True)
class CallersPost(Post):
    """A POST for a merchant, of a signed-in account or an API key."""

    caller: Caller


def _status_of(request: Request) -> int:
    return getattr(request.scope["route"], "status_code", None) or 200


def _promises(request: Request, gateway: GatewayParts) -> None:
    # A 202 is a promise to carry a call to the chain: none is given that could not be kept in time.
    if _status_of(request) == 202:
        gateway.backlog.admit()


def _open_post(
    request: Request,
    gateway: GatewayParts,
    session: Transaction,
    now: Now,
    request_print: _Fingerprint,
    header: KeyHeader = None,
) -> Post:
    client = gateway.vault.index("client", request.client.host if request.client else "")
    key = idempotency.Key(f"client:{client}", idempotency.read_key(header), request_print)
    return Post(session, gateway, now, Kept(session, key, gateway.vault, now, _status_of(request)))


def _member_post(
    request: Request,
    gateway: GatewayParts,
    owner: Owner,
    session: Transaction,
    now: Now,
    request_print: _Fingerprint,
    _: Annotated[None, Depends(_promises)],
    header: KeyHeader = None,
) -> SignedPost:
    key = idempotency.Key(owner.account_id, idempotency.read_key(header), request_print)
    return SignedPost(session, gateway, now, Kept(session, key, gateway.vault, now, _status_of(request)), owner)


def _merchant_post(
    request: Request,
    gateway: GatewayParts,
    caller: MerchantCaller,
    session: Transaction,
    now: Now,
    request_print: _Fingerprint,
    _: Annotated[None, Depends(_promises)],
    header: KeyHeader = None,
) -> CallersPost:
    key = idempotency.Key(caller.account_id or caller.key_id, idempotency.read_key(header), request_print)
    return CallersPost(session, gateway, now, Kept(session, key, gateway.vault, now, _status_of(request)), caller)


OpenPost = Annotated[Post, Depends(_open_post)]
"""A POST of anybody: sign-in, codes, the sandbox."""

MemberPost = Annotated[SignedPost, Depends(_member_post)]
"""A POST of a signed-in account."""

MerchantPost = Annotated[CallersPost, Depends(_merchant_post)]
"""A POST for a merchant."""
