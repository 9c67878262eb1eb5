"""When the gateway says no: nobody waits longer than a bound, and nothing is taken in that cannot go out in time.

A refusal costs little and is made early; what was accepted is kept, and what is refused has touched nothing.
"""

import asyncio
import math
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from sqlalchemy.exc import SQLAlchemyError
from starlette.concurrency import run_in_threadpool
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from pswallet.api.metrics import Metrics
from pswallet.api.problems import GatewayBusy
from pswallet.chain import outbox
from pswallet.kit.db import Sessions, transaction

LONGEST_WAIT_S = 2.0
"""Who would have to wait longer before the work on the request begins is sent away."""

LEAST_INSIDE = 500
"""So many writes are let in however slow the last ones were: one commit takes them."""

MOST_STANDING = 2_000
"""However quick the work is: so many requests wait for a seat at most, for each of them holds memory."""

LONGEST_BACKLOG_S = 5.0
"""Calls that are later than this say that the relayer, the chain or the indexer is behind."""

SPARED_CALLS = 200
"""So many old calls are no backlog: one transaction takes them, and a stuck packet must not close the city."""

_INSIDE = "pswallet.inside"
_LOOK_EVERY_S = 0.5
_PACE_OVER_S = 1.0
_NEWS = 0.3  # share of the last round in the pace


class Pace:
    """How long a round of work takes, as seen so far."""

    def __init__(self) -> None:
        self.round_s = 0.0

    def took(self, seconds: float) -> None:
        """Learn from a round that has ended."""
        self.round_s += _NEWS * (seconds - self.round_s)


def refuse(metrics: Metrics, reason: str, wait_s: float) -> None:
    """Count a refusal and raise GatewayBusy."""
    metrics.shed.labels(reason).inc()
    raise GatewayBusy(retry_after_s=max(1, math.ceil(wait_s)))


class Door:
    """How many writes are inside, from when they are whole until they are answered; the connection asks before a body.

    As many as succeed in `LONGEST_WAIT_S` at the pace of the last second, so that nobody waits longer, but never fewer
    than `LEAST_INSIDE`. What is refused at once says nothing of the pace. Reads pass: they are cheap, and people look
    at their money. Lives in one event loop.
    """

    def __init__(self, metrics: Metrics) -> None:
        self._metrics = metrics
        self._inside = 0
        self._done = 0
        self._per_s = 0.0
        self._since = time.monotonic()

    def enter(self, scope: Scope) -> None:
        """Count a request as inside until it leaves."""
        scope[_INSIDE] = True
        self._inside += 1

    def leave(self, scope: Scope, *, done: bool) -> None:
        """Note that a request is answered or gone, `done` if it succeeded; one that never entered is not counted."""
        if scope.pop(_INSIDE, False):
            self._inside -= 1
            self._turn()
            self._done += done

    def shut(self) -> bool:
        """Whether the next write is sent away, and then count it so."""
        self._turn()
        # A burst after a quiet time is not held to the pace of the quiet time.
        pace = max(self._per_s, self._done / _PACE_OVER_S)
        shut = self._inside >= max(LEAST_INSIDE, pace * LONGEST_WAIT_S)
        if shut:
            self._metrics.shed.labels("door").inc()
        return shut

    def _turn(self) -> None:
        now = time.monotonic()
        if now - self._since >= _PACE_OVER_S:
            self._per_s = self._done / (now - self._since)
            self._done, self._since = 0, now


class Leaving:
    """Outermost ASGI layer: whoever was let in leaves when its answer begins, or the work ends, however it ends.

    Not when the answer is read: a client that does not read holds nobody else up.
    """

    def __init__(self, app: ASGIApp, door: Door) -> None:
        self._app = app
        self._door = door

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""

        async def noted(message: Message) -> None:
            if message["type"] == "http.response.start":
                self._door.leave(scope, done=message["status"] < 400)
            await send(message)

        try:
            await self._app(scope, receive, noted)
        finally:
            self._door.leave(scope, done=False)


class Seats:
    """Who works with a database connection; the others stand in line, as long as it moves. Lives in one event loop."""

    def __init__(self, count: int, metrics: Metrics) -> None:
        self._count = count
        self._free = asyncio.Semaphore(count)
        self._standing = 0
        self._pace = Pace()
        self._metrics = metrics

    @asynccontextmanager
    async def taken(self) -> AsyncIterator[None]:
        """Hold a seat for a block. Raises GatewayBusy at once when the line is too long."""
        expected_s = (1 + self._standing // self._count) * self._pace.round_s
        if self._standing and (expected_s > LONGEST_WAIT_S or self._standing >= MOST_STANDING):
            refuse(self._metrics, "seats", expected_s)
        self._standing += 1
        try:
            await self._free.acquire()
        finally:
            self._standing -= 1
        began = time.monotonic()
        try:
            yield
        finally:
            self._free.release()
            self._pace.took(time.monotonic() - began)


class Backlog:
    """By how long the way to the chain is late, looked at twice a second. Lives in one event loop."""

    def __init__(self, sessions: Sessions, metrics: Metrics, *, confirmations: int) -> None:
        self._sessions = sessions
        self._metrics = metrics
        self._confirmations = confirmations
        self.age_s = 0.0
        """By how long the oldest call but `SPARED_CALLS` is late; 0 when no more are under way."""

    @property
    def late(self) -> bool:
        """Whether what is promised now could not be kept in time."""
        return self.age_s > LONGEST_BACKLOG_S

    def admit(self) -> None:
        """Raise GatewayBusy when what is promised now could not be kept in time."""
        if self.late:
            refuse(self._metrics, "backlog", min(self.age_s, 30.0))

    async def watch(self, stop: asyncio.Event) -> None:
        """Look until `stop` is set, never cut off: a thread that looks holds a connection.

        While the database is away the last word holds: every answer needs the database.
        """
        while not stop.is_set():
            with suppress(SQLAlchemyError):
                self.age_s = await run_in_threadpool(self._look)
                self._metrics.backlog.set(self.age_s)
            with suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), _LOOK_EVERY_S)

    def _look(self) -> float:
        with transaction(self._sessions) as session:
            return outbox.behind_s(session, but=SPARED_CALLS, confirmations=self._confirmations)
