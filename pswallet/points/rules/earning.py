"""What a purchase earns, what a refund takes back, and when points end (facts.md §8c)."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from pswallet.points.rules.calendar import SHANGHAI, year_start

FEN_PER_POINT = 1
"""What a point pays of a purchase [fen]. Nobody is ever paid for points."""

REMIND_BEFORE = (timedelta(days=1), timedelta(days=7), timedelta(days=30))
"""How long before their end people are reminded of points, the last reminder first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PaidOrder:
    """An order that the chain says is paid, and where it says so. `account`: who paid.

    `own_fen` is the payer's own money; `points` paid their part of it, each `FEN_PER_POINT`.
    """

    account: str
    order: str
    amount_fen: int
    own_fen: int
    points: int
    at: datetime
    block: int
    log_index: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RefundedOrder:
    """What one refund gave back of a paid order: of all, of the payer's own money, and in points."""

    account: str
    order: str
    amount_fen: int
    own_fen: int
    points: int
    at: datetime
    block: int
    log_index: int


def earned(own: int) -> int:
    """Return the points of a purchase with `own` fen of one's own money: one a yuan, and one at least."""
    return max(1, own // 100)


def clawed_back(points: int, *, paid: int, refunded: int) -> int:
    """Return how many of a purchase's `points` are gone once `refunded` of the `paid` fen are given back in all.

    Rounded down, in favour of who keeps something; a whole refund takes every one. What a refund takes is the
    difference to the one before, so that it makes no odds in how many steps money is given back.
    """
    return points * min(refunded, paid) // paid


def end_of_points(at: datetime) -> datetime:
    """Return the first instant at which points earned at `at` are gone: they last through the next calendar year."""
    return year_start(at.astimezone(SHANGHAI).year + 2)


def next_end(now: datetime) -> datetime:
    """Return the next instant at which points end."""
    return year_start(now.astimezone(SHANGHAI).year + 1)


def reminder_due(ends_at: datetime, *, now: datetime) -> timedelta | None:
    """Return which reminder of points that end at `ends_at` is the latest due, or None: too early, or too late."""
    if now >= ends_at:
        return None
    return next((before for before in REMIND_BEFORE if now >= ends_at - before), None)
