"""Several processes at one database: waiting until one of them waits for another."""

import time
from collections.abc import Sequence
from concurrent.futures import Future
from typing import Any

from sqlalchemy import text

from pswallet.kit.db import Sessions

_WAITING = text("SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()")


def until_they_wait(sessions: Sessions, *others: Future[Any]) -> None:
    """Wait until each of `others` waits for a lock; none may have got past it."""
    deadline = time.monotonic() + 30
    while _waiting(sessions) < len(others):
        assert not any(one.done() for one in others), f"nobody held it up: {_results(others)}"
        assert time.monotonic() < deadline, "they do not all wait"
        time.sleep(0.005)


def _waiting(sessions: Sessions) -> int:
    with sessions() as session:  # within one transaction the view would not change
        return int(session.scalar(_WAITING) or 0)


def _results(others: Sequence[Future[Any]]) -> list[Any]:
    return [one.result() for one in others if one.done()]
