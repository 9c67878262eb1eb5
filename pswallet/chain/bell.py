"""Waits for a NOTIFY of PostgreSQL, so that an idle process costs nothing and wakes within a millisecond."""

import time
from types import TracebackType
from typing import Self

import psycopg
from psycopg import sql
from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from pswallet.chain.rpc import RpcError, RpcUnavailable
from pswallet.kit.db import Sessions

PASSING = (RpcUnavailable, RpcError, OperationalError, InterfaceError, PoolTimeout)
"""What a loop waits for: a chain or database that is away, a node that says no (too many requests, a lagging state)."""


class Bell:
    """Listens on one channel. Use it as a context manager; `wait` opens the connection again when it was lost."""

    def __init__(self, sessions: Sessions, channel: str) -> None:
        self._url = sessions.kw["bind"].url.set(drivername="postgresql").render_as_string(hide_password=False)
        self._channel = channel
        self._connection: psycopg.Connection | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Stop listening."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def wait(self, timeout_s: float) -> bool:
        """Return as soon as it rings (True), or after `timeout_s` (False). A lost database counts as silence."""
        try:
            return self._listen(timeout_s)
        except psycopg.OperationalError:
            self.close()
            time.sleep(timeout_s)  # nobody can ring now
            return False

    def _listen(self, timeout_s: float) -> bool:
        if self._connection is None:
            self._connection = psycopg.connect(self._url, autocommit=True)
            self._connection.execute(sql.SQL("LISTEN {}").format(sql.Identifier(self._channel)))
            return True  # what rang before we listened was not heard: look once
        heard = any([True for _ in self._connection.notifies(timeout=timeout_s, stop_after=1)])
        for _ in self._connection.notifies(timeout=0):
            pass  # however often it rang, one look is enough
        return heard
