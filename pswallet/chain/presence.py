"""Who is at work: relayer, indexer and worker each hold a shared advisory lock on a connection that lives as they do.

The lock ends with its process, however that ends: there is nothing to take back and no clock to trust. Shared, because
there may be several of each.
"""

from types import TracebackType
from typing import Self

import psycopg
from sqlalchemy import text
from sqlalchemy.orm import Session

from pswallet.kit.db import Sessions

PARTS = ("relayer", "indexer", "worker")
"""The processes without which what the gateway accepted goes nowhere."""

_PRESENT = 0x70737764  # "pswd"
"""First of the lock's two keys; the second is the place in `PARTS`. Keys in pairs never meet those of one number."""

# A machine that lost its power says no goodbye: PostgreSQL asks after 10 s of silence, and gives it up 15 s later.
_SOON_MISSED = "-c tcp_keepalives_idle=10 -c tcp_keepalives_interval=5 -c tcp_keepalives_count=3"

_HELD = text(
    "SELECT DISTINCT objid FROM pg_locks"
    " WHERE locktype = 'advisory' AND objsubid = 2 AND classid = :present AND granted"
    " AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
)


class Presence:
    """Shows that one of `PARTS` runs (None: nobody). A context manager; `show` opens it again when it was lost."""

    def __init__(self, sessions: Sessions, part: str | None) -> None:
        self._url = sessions.kw["bind"].url.set(drivername="postgresql").render_as_string(hide_password=False)
        self._part = part
        self._connection: psycopg.Connection | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Be seen no more."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def show(self) -> None:
        """Be seen from now on. While the database is away nobody looks: the next call tries again."""
        try:
            if self._connection is None:
                self._connection = self._open()
            self._connection.execute("SELECT 1")
        except psycopg.OperationalError:
            self.close()

    def _open(self) -> psycopg.Connection:
        connection = psycopg.connect(self._url, autocommit=True, options=_SOON_MISSED)
        if self._part is not None:
            keys = (_PRESENT, PARTS.index(self._part))
            connection.execute("SELECT pg_advisory_lock_shared(%s::int, %s::int)", keys)
        return connection


def at_work(session: Session) -> dict[str, bool]:
    """Return for each of `PARTS` whether at least one such process is connected to this database."""
    held = set(session.scalars(_HELD, {"present": _PRESENT}))
    return {part: place in held for place, part in enumerate(PARTS)}
