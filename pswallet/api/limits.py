"""Bounds of the edge: bodies of at most 64 KiB, and rate limits in SQL, which survive restarts and many processes."""

import asyncio
import math
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from fastapi import Request
from sqlalchemy.dialects.postgresql import insert
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from pswallet.api.models import RateWindow
from pswallet.api.problems import BodyTooLarge, RateLimitExceeded, RequestTooSlow, problem_response
from pswallet.kit import clock, db

if TYPE_CHECKING:
    from pswallet.api.deps import Gateway

MAX_BODY_BYTES = 64 * 1024


@dataclass(frozen=True)
class Limit:
    """At most `count` tries in each window of `window_s` seconds."""

    count: int
    window_s: int


@dataclass(frozen=True)
class Limits:
    """What one client may try; of `lookups` and `takings` one account.

    A code sent to a phone has bounds of its own (60 s, 5 tries, 10 a day).
    """

    codes: Limit = Limit(120, 60)
    sign_ins: Limit = Limit(300, 60)
    lookups: Limit = Limit(120, 60)
    checks: Limit = Limit(120, 60)
    takings: Limit = Limit(300, 60)
    body_s: float = 10.0
    """A request's body arrives within so many seconds."""


def take(sessions: db.Sessions, bucket: str, limit: Limit, *, now: datetime) -> None:
    """Count one try in `bucket`, committed at once. Raises RateLimitExceeded above the limit."""
    seconds = int(now.timestamp()) // limit.window_s * limit.window_s
    started_at = clock.from_unix(seconds)
    counted = (
        insert(RateWindow)
        .values(bucket=bucket, started_at=started_at, count=1)
        .on_conflict_do_update(index_elements=["bucket", "started_at"], set_={"count": RateWindow.count + 1})
        .returning(RateWindow.count)
    )
    with db.transaction(sessions) as session:
        count = session.execute(counted).scalar_one()
    if count > limit.count:
        end = started_at + timedelta(seconds=limit.window_s)
        raise RateLimitExceeded(retry_after_s=max(1, math.ceil((end - now).total_seconds())))


def limited(action: str) -> Callable[[Request], None]:
    """Return a dependency that counts a try of `action` (a field of Limits) by the caller's client."""

    def count(request: Request) -> None:
        gateway: Gateway = request.app.state.gateway
        client = gateway.vault.index("client", request.client.host if request.client else "")
        limit: Limit = getattr(gateway.limits, action)
        take(gateway.sessions, f"{action}|{client}", limit, now=clock.now())

    return count


class BodyLimit:
    """ASGI layer that refuses bodies above 64 KiB, whether or not they declare their length, and slow ones."""

    def __init__(self, app: ASGIApp, within_s: float) -> None:
        self._app = app
        self._within_s = within_s

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        declared = dict(scope["headers"]).get(b"content-length", b"0")
        if not declared.isdigit() or int(declared) > MAX_BODY_BYTES:
            await problem_response(BodyTooLarge(), scope.get("request_id"))(scope, receive, send)
            return
        body = _Body(receive, send, self._within_s)
        with suppress(BodyTooLarge, RequestTooSlow):
            await self._app(scope, body.receive, body.send)
        if body.refusal is not None:
            await problem_response(body.refusal, scope.get("request_id"))(scope, receive, send)


class _Body:
    """One request's body on its way in."""

    def __init__(self, receive: Receive, send: Send, within_s: float) -> None:
        self._receive = receive
        self._send = send
        self._deadline = asyncio.get_running_loop().time() + within_s
        self._seen = 0
        self._whole = False
        self.refusal: BodyTooLarge | RequestTooSlow | None = None

    async def receive(self) -> Message:
        """Return the next part. Raises BodyTooLarge, RequestTooSlow."""
        if self._whole:
            return await self._receive()  # what follows the body is the end of the connection, which has time
        try:
            async with asyncio.timeout_at(self._deadline):
                message = await self._receive()
        except TimeoutError:
            self.refusal = RequestTooSlow()
            raise self.refusal from None
        self._seen += len(message.get("body", b""))
        self._whole = not message.get("more_body", False)
        if self._seen > MAX_BODY_BYTES:
            self.refusal = BodyTooLarge()
            raise self.refusal
        return message

    async def send(self, message: Message) -> None:
        """Send a part of the answer, unless the body was refused.

        FastAPI answers 400 to whatever breaks while it reads a body: our own answer follows instead.
        """
        if self.refusal is None:
            await self._send(message)
