"""Cutting an amount by weights, exact to the fen."""

from __future__ import annotations

from collections.abc import Sequence


def shares(value: int, weights: Sequence[int]) -> tuple[int, ...]:
    """Cut `value` by `weights`: rounded down, the odd fen to the largest remainders, the first among equals.

    No share is above its weight while `value` is at most their sum. Raises ValueError unless some weight is above 0
    and `value` is at least 0.
    """
    total = sum(weights)
    if value < 0 or total <= 0 or min(weights) < 0:
        raise ValueError(f"cannot cut {value} fen by {list(weights)}")
    found, remainders = [], []
    for weight in weights:
        share, remainder = divmod(value * weight, total)
        found.append(share)
        remainders.append(remainder)
    places = sorted(range(len(weights)), key=lambda place: -remainders[place])  # stable: the first among equals
    for place in places[: value - sum(found)]:
        found[place] += 1
    return tuple(found)


def half_up(value: int, numerator: int, denominator: int) -> int:
    """Return `value` · `numerator` / `denominator`, half a fen rounded up. For amounts of at least 0."""
    return (2 * value * numerator + denominator) // (2 * denominator)
