"""Standing in line: who counts something of an account, a budget … counts it after whoever counts it now.

Held by PostgreSQL (advisory locks) until the transaction's end, also between processes.
"""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import text
from sqlalchemy.orm import Session

from pswallet.kit.rows import array_literal

_STAND = text(
    "SELECT count(pg_advisory_xact_lock(lock))"
    " FROM (SELECT DISTINCT hashtextextended(CAST(:line AS text) || '|' || name, 0) AS lock"
    " FROM unnest(CAST(:names AS text[])) AS asked(name) ORDER BY lock) AS locks"
)


def stand_in_line(session: Session, line: str, names: Collection[str]) -> None:
    """Wait until nobody else stands in `line` for one of `names`, and have others wait until our commit.

    In one order, so that two never wait for each other. What is read by later statements was committed by then.
    """
    if names:
        session.execute(_STAND, {"line": line, "names": array_literal(names)})
