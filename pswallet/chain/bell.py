"""Waits for a NOTIFY of PostgreSQL, so that an idle process costs nothing and wakes within a millisecond."""

import time

import psycopg
from psycopg import sql
from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from pswallet.chain.presence import Presence
from pswallet.chain.rpc import RpcError, RpcUnavailable
from pswallet.kit.db import Sessions

PASSING = (RpcUnavailable, RpcError, OperationalError, InterfaceError, PoolTimeout)
"""What a loop waits for: a chain or database that is away, a node that says no (too many requests, a lagging state)."""


class Bell(Presence):
    """Listens on one channel, and shows that `part` runs. `wait` opens the connection again when it was lost."""

    def __init__(self, sessions: Sessions, channel: str, part: str | None = None) -> None:
        super().__init__(sessions, part)
        self._channel = channel

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
            self._connection = self._open()
            return True  # what rang before we listened was not heard: look once
        heard = any([True for _ in self._connection.notifies(timeout=timeout_s, stop_after=1)])
        for _ in self._connection.notifies(timeout=0):
            pass  # however often it rang, one look is enough
        return heard

    def _open(self) -> psycopg.Connection:
        connection = super()._open()
        connection.execute(sql.SQL("LISTEN {}").format(sql.Identifier(self._channel)))
        return connection
