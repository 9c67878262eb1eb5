"""Wakes the streams of events: one LISTEN connection a process, one bell a stream."""

import asyncio
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
import structlog
from psycopg import sql

from pswallet.api.metrics import Metrics
from pswallet.kit.db import Sessions
from pswallet.notifications.service import CHANNEL, EVERYBODY

_RECONNECT_S = 1.0
_log = structlog.get_logger("pswallet.api")


class Streams:
    """Rings the bells of the addresses that a NOTIFY names. Lives in one event loop."""

    def __init__(self, sessions: Sessions, metrics: Metrics) -> None:
        self._open = metrics.streams
        self._url = sessions.kw["bind"].url.set(drivername="postgresql").render_as_string(hide_password=False)
        self._bells: defaultdict[str, set[asyncio.Event]] = defaultdict(set)

    @contextmanager
    def bell(self, address: str) -> Iterator[asyncio.Event]:
        """Give a bell that rings whenever there may be news for `address`; also after the database was away."""
        bell = asyncio.Event()
        self._bells[address].add(bell)
        self._open.inc()
        try:
            yield bell
        finally:
            self._open.dec()
            self._bells[address].discard(bell)
            if not self._bells[address]:
                del self._bells[address]

    async def listen(self) -> None:
        """Listen until cancelled; connect again whenever the database comes back."""
        while True:
            try:
                await self._listen_once()
            except psycopg.OperationalError as away:
                _log.warning("streams.database-away", exc_info=away)
                await asyncio.sleep(_RECONNECT_S)

    async def _listen_once(self) -> None:
        async with await psycopg.AsyncConnection.connect(self._url, autocommit=True) as connection:
            await connection.execute(sql.SQL("LISTEN {}").format(sql.Identifier(CHANNEL)))
            self._ring(EVERYBODY)  # what was said before we listened was not heard
            async for notice in connection.notifies():
                self._ring(notice.payload)

    def _ring(self, payload: str) -> None:
        addresses = list(self._bells) if payload == EVERYBODY else payload.split(",")
        for address in addresses:
            for bell in self._bells.get(address, ()):
                bell.set()
