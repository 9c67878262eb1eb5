"""Carries webhooks out beside the worker's other jobs, many at once: a slow receiver holds up nobody else."""

from __future__ import annotations

import asyncio
import random
import threading
from collections import Counter as Tally
from contextlib import suppress

import structlog
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram
from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from pswallet.kit import clock
from pswallet.kit.db import Sessions, transaction
from pswallet.kit.figures import SHORT_S
from pswallet.kit.vault import Vault
from pswallet.merchants import service
from pswallet.merchants.service import Outgoing
from pswallet.vendors.webhooks import WebhookPoster

PLACES = 64
"""Deliveries on their way at the same time."""
LOOK_S = 0.5
PAUSE_S = 0.05
"""At least between two looks."""
_AWAY = (OperationalError, InterfaceError, PoolTimeout)
_log = structlog.get_logger("pswallet.worker")


class CourierFigures:
    """What is measured of webhooks. No label names a merchant or a URL."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.tries = Counter("pswallet_webhook_tries", "Tries by what became of them", ["outcome"], registry=registry)
        self.seconds = Histogram("pswallet_webhook_try_seconds", "Time of one try", buckets=SHORT_S, registry=registry)
        self.waiting = Gauge("pswallet_webhook_waiting_deliveries", "Deliveries that wait for a try", registry=registry)
        self.disabled = Gauge("pswallet_webhook_disabled_endpoints", "Endpoints that were given up", registry=registry)


class Courier:
    """Takes what is due, tries it, and notes what became of it, until it is stopped."""

    def __init__(self, sessions: Sessions, vault: Vault, poster: WebhookPoster, figures: CourierFigures) -> None:
        self._sessions = sessions
        self._vault = vault
        self._poster = poster
        self._figures = figures
        self._busy: Tally[str] = Tally()
        self._under_way: set[asyncio.Task[None]] = set()

    def run(self, stop: threading.Event) -> None:
        """Carry until `stop`; what is under way then is noted or tried again later."""
        asyncio.run(self.carry(stop))

    async def carry(self, stop: threading.Event) -> None:
        """Look for what is due twice a second, and when a place is free. While the database is away, try again."""
        while not stop.is_set():
            idle = not self._under_way
            with suppress(*_AWAY):
                idle = await self.step() == 0 and idle
            await asyncio.sleep(LOOK_S if idle else PAUSE_S)
            if self._under_way:
                await asyncio.wait(self._under_way, timeout=LOOK_S, return_when=asyncio.FIRST_COMPLETED)
        for task in self._under_way:
            task.cancel()

    async def step(self) -> int:
        """Set out with what is due and has a place; return how many."""
        taken = await asyncio.to_thread(self._take)
        for outgoing in taken:
            self._busy[outgoing.endpoint_id] += 1
            task = asyncio.create_task(self._try(outgoing))
            self._under_way.add(task)
            task.add_done_callback(self._under_way.discard)
        return len(taken)

    async def settle(self) -> None:
        """Wait for everything that is under way."""
        await asyncio.gather(*self._under_way)

    def _take(self) -> list[Outgoing]:
        with transaction(self._sessions) as session:
            waiting, disabled = service.waiting(session)
            self._figures.waiting.set(waiting)
            self._figures.disabled.set(disabled)
            room = PLACES - len(self._under_way)
            if not waiting or room <= 0:
                return []
            return service.take_due(session, self._vault, busy=set(self._busy), limit=room, now=clock.now())

    async def _try(self, outgoing: Outgoing) -> None:
        try:
            with self._figures.seconds.time():
                tried = await self._poster.post(outgoing, now=clock.now())
            self._figures.tries.labels(tried.flaw or "accepted").inc()
            with suppress(*_AWAY):  # the lease ends, and it is tried again
                await asyncio.to_thread(self._note, outgoing, tried)
        finally:
            self._busy[outgoing.endpoint_id] -= 1
            self._busy += Tally()  # drops what is at zero

    def _note(self, outgoing: Outgoing, tried: service.Try) -> None:
        with transaction(self._sessions) as session:
            service.note_try(session, outgoing, tried, chance=random.random(), now=clock.now())  # noqa: S311 - no secret
