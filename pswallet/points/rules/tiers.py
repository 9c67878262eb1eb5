"""Tiers by growth: what one earned in the last twelve months, never what one holds (facts.md §8c)."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime

from pswallet.points.rules.calendar import months_begun, year_before
from pswallet.points.rules.ledger import History


@dataclass(frozen=True, slots=True)
class Tier:
    """A tier, and the growth from which it is given."""

    name: str
    growth: int


TIERS = (Tier("乡亲", 0), Tier("围屋", 1_000), Tier("麒麟", 5_000), Tier("大万", 20_000))
"""By level: villager, walled village, qilin, Dawan manor."""


@dataclass(frozen=True, slots=True)
class Standing:
    """A person's level, and the growth of the last twelve months."""

    level: int
    growth: int

    @property
    def tier(self) -> Tier:
        """The tier of the level."""
        return TIERS[self.level]

    @property
    def next_growth(self) -> int | None:
        """The growth that lifts it, None at the top."""
        return TIERS[self.level + 1].growth if self.level + 1 < len(TIERS) else None


def level_of(growth: int) -> int:
    """Return the highest level that `growth` reaches."""
    return max(level for level, tier in enumerate(TIERS) if tier.growth <= growth)


def standing(history: History, *, at: datetime) -> Standing:
    """Return the standing at `at`: lifted once growth reaches a tier, lowered by one at most on the first of a month.

    What was refunded counts as never bought, from the beginning: nobody buys a tier and gives the goods back.
    """
    gone: dict[str, int] = defaultdict(int)
    for refund in history.refunds:
        if refund.at <= at:
            gone[refund.order] += refund.clawed_back
    kept = sorted((one.at, one.earned - gone[one.order]) for one in history.purchases if one.at <= at)
    if not kept:
        return Standing(0, 0)
    reviews = [(moment, None) for moment in months_begun(kept[0][0], at)]
    growth, level, oldest = 0, 0, 0
    for moment, points in sorted([*kept, *reviews], key=lambda one: one[0]):
        growth += points or 0
        oldest, growth = _forget(kept, oldest, growth, moment)
        reached = level_of(growth)
        level = max(level, reached) if points is not None else max(reached, level - 1)
    return Standing(level, _forget(kept, oldest, growth, at)[1])


def _forget(kept: list[tuple[datetime, int]], oldest: int, growth: int, now: datetime) -> tuple[int, int]:
    """Take out of `growth` what was earned a year and longer ago."""
    edge = year_before(now)
    while oldest < len(kept) and kept[oldest][0] <= edge:
        growth -= kept[oldest][1]
        oldest += 1
    return oldest, growth
