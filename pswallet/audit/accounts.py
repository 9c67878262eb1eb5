"""An account's word and its tier's limits, counted a second time from their definition."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from typing import NamedTuple

SYSTEM = 7
"""The tier of listed contracts: no limits."""
NOT_REGISTERED = 0
"""The tier of everybody else: neither sends nor receives."""

_DAY_S = 86_400
_SHANGHAI_OFFSET_S = 8 * 3600
_ONE_FACTOR_MOST = 2**24 - 1  # the counter has 24 bits and stays at its largest value


class Limits(NamedTuple):
    """A tier's limits [fen], in the order of the token's `tierLimits`."""

    max_balance: int
    per_payment: int
    per_day: int
    per_year: int
    one_factor_per_day: int
    lifetime: int


UNLISTED = Limits(0, 0, 0, 0, 0, 0)
"""The limits of a tier that was never given any: nothing is allowed."""


def day_of(timestamp: int) -> int:
    """Return the days since 1970-01-01 in Asia/Shanghai at Unix `timestamp`."""
    return (timestamp + _SHANGHAI_OFFSET_S) // _DAY_S


@cache
def year_of(day: int) -> int:
    """Return the Gregorian year of `day`, counted as `day_of` counts."""
    return datetime.fromtimestamp(day * _DAY_S, UTC).year


@dataclass(slots=True)
class Account:
    """One account's word. Amounts are fen; `day` is that of the last debit."""

    balance: int = 0
    spent_today: int = 0
    spent_this_year: int = 0
    day: int = 0
    one_factor_today: int = 0
    tier: int = NOT_REGISTERED
    frozen: bool = False

    def word(self) -> tuple[int, ...]:
        """Return the fields in the order of the token's `accountOf`."""
        counters = (self.spent_today, self.spent_this_year, self.day, self.one_factor_today)
        return (self.balance, *counters, self.tier, int(self.frozen))

    def count(self, value: int, limits: Limits, today: int, *, yearly: bool) -> None:
        """Count a debit of `value` fen on `today`; a redemption is not `yearly`."""
        if self.day != today:
            if not limits.lifetime and year_of(self.day) != year_of(today):
                self.spent_this_year = 0
            self.spent_today = self.one_factor_today = 0
            self.day = today
        self.spent_today += value
        self.one_factor_today = min(self.one_factor_today + value, _ONE_FACTOR_MOST)
        if yearly:
            self.spent_this_year += value

    def breaks(self, value: int, limits: Limits, *, yearly: bool) -> bool:
        """Whether the debit just counted has passed any limit of the tier."""
        return (
            value > limits.per_payment
            or self.spent_today > limits.one_factor_per_day
            or self.spent_today > limits.per_day
            or (yearly and self.spent_this_year > limits.per_year)
        )

    def broken_limits(self, value: int, limits: Limits, *, yearly: bool) -> Iterator[str]:
        """Yield each limit of the tier that the debit just counted has passed."""
        if value > limits.per_payment:
            yield f"paid {value} fen at once, above its limit of {limits.per_payment}"
        if self.spent_today > limits.per_day:
            yield f"paid {self.spent_today} fen in a day, above its limit of {limits.per_day}"
        if yearly and self.spent_this_year > limits.per_year:
            span = "its life" if limits.lifetime else "a year"
            yield f"paid {self.spent_this_year} fen in {span}, above its limit of {limits.per_year}"
        if limits.per_day >= self.spent_today > limits.one_factor_per_day:
            yield f"paid {self.spent_today} fen in a day with one factor, above {limits.one_factor_per_day}"
