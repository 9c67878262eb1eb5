"""Which proof gives which tier, and who is too young. Pure. Documents, cards and names have modules of their own."""

from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any

VISITOR, BASIC, STANDARD, FULL = 1, 2, 3, 4
"""Chain tiers of T0 to T3."""

GUARDIAN_AGE = 14
"""Below it a guardian must consent (PIPL Art. 31)."""

_SINCE = datetime(2020, 1, 1, tzinfo=UTC)


def _tier(tier: int, name: str, balance: int, payment: int, day: int, year: int) -> Mapping[str, Any]:
    return {
        "tier": tier,
        "effective_from": _SINCE,
        "name": name,
        "max_balance_fen": balance * 100,
        "per_payment_fen": payment * 100,
        "per_day_fen": day * 100,
        "per_year_fen": year * 100,
        "lifetime": tier == VISITOR,
    }


INITIAL_TIERS: tuple[Mapping[str, Any], ...] = (
    _tier(VISITOR, "T0 visitor", 1_000, 500, 1_000, 1_000),
    _tier(BASIC, "T1 basic", 10_000, 2_000, 5_000, 50_000),
    _tier(STANDARD, "T2 standard", 100_000, 20_000, 50_000, 100_000),
    _tier(FULL, "T3 full", 500_000, 50_000, 100_000, 200_000),
)
"""The first tiers; the figures are given in yuan."""


def tier_for(*, card_matched: bool, face_matched: bool) -> int:
    """Return the tier that a matched name and number give: T2 with a same-name card and a live face, else T1."""
    return STANDARD if card_matched and face_matched else BASIC


def age_on(birth_date: date, day: date) -> int:
    """Return the age in full years; who was born on 29 February is a year older on 1 March of common years."""
    return day.year - birth_date.year - ((day.month, day.day) < (birth_date.month, birth_date.day))
