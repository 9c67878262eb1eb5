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

from pswallet.api.metrics import Metrics
from pswallet.api.problems import GatewayBusy
from pswallet.chain import outbox
from pswallet.kit.db import Sessions, transaction

LONGEST_WAIT_S = 2.0
"""Who would have to wait longer before the work on the request begins is sent away."""

MOST_AHEAD = 2_000
"""However quick the work is: so many requests wait at most, for each of them holds memory."""

LONGEST_BACKLOG_S = 5.0
"""Calls that are later than this say that the relayer, the chain or the indexer is behind."""

SPARED_CALLS = 200
"""So many old calls are no backlog: one transaction takes them, and a stuck packet must not close the city."""

_LOOK_EVERY_S = 0.5
_NEWS = 0.3  # share of the last round in the pace


class Pace:
    """How long a round of work takes, as seen so far."""

    def __init__(self) -> None:
        self.round_s = 0.0

    def took(self, seconds: float) -> None:
        """Learn from a round that has ended."""
        self.round_s += _NEWS * (seconds - self.round_s)


def admit(metrics: Metrics, reason: str, *, ahead: int, expected_s: float) -> None:
    """Raise GatewayBusy when `ahead` requests wait already, or the work would begin in `expected_s` at best."""
    if expected_s > LONGEST_WAIT_S or ahead >= MOST_AHEAD:
        refuse(metrics, reason, expected_s)


def refuse(metrics: Metrics, reason: str, wait_s: float) -> None:
    """Count a refusal and raise GatewayBusy."""
    metrics.shed.labels(reason).inc()
    raise GatewayBusy(retry_after_s=max(1, math.ceil(wait_s)))


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
        if self._standing:
            rounds = 1 + self._standing // self._count
            admit(self._metrics, "seats", ahead=self._standing, expected_s=rounds * self._pace.round_s)
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

    def admit(self) -> None:
        """Raise GatewayBusy when what is promised now could not be kept in time."""
        if self.age_s > LONGEST_BACKLOG_S:
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
