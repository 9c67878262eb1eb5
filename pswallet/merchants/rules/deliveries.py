"""When a webhook is tried again, and when its endpoint is given up. Pure."""

from datetime import datetime, timedelta

RETRIES_S = (
    5, 25, 30, 60, 180, 300, 600, 600, 1_800, 3_600, 7_200, 7_200, 10_800, 14_400, 18_000, 21_600,
)  # fmt: skip
"""Seconds before each of the 16 retries: they come 5 s, 30 s, 1, 2, 5, 10, 20, 30 min, 1, 2, 4, 6, 9, 13, 18 and 24 h
after the first try."""

JITTER = 0.1
"""Each wait is up to a tenth shorter or longer, so that what failed together does not come back together."""

GIVEN_UP_AFTER = timedelta(days=5)
"""An endpoint that has accepted nothing for so long, though it was tried, is disabled."""


def wait_before(retry: int, *, chance: float) -> timedelta | None:
    """Return how long to wait before retry `retry` (from 1); None when there is none. `chance` is in [0, 1)."""
    if retry > len(RETRIES_S):
        return None
    return timedelta(seconds=RETRIES_S[retry - 1] * (1 + JITTER * (2 * chance - 1)))


def gives_up(failing_since: datetime, *, now: datetime) -> bool:
    """Return whether an endpoint that has failed since then is disabled."""
    return now - failing_since >= GIVEN_UP_AFTER
