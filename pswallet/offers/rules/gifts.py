"""What one offer gives a basket whose items cost what earlier layers have left."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Sequence
from dataclasses import dataclass

from pswallet.offers.rules.shares import half_up, shares
from pswallet.offers.rules.terms import FULL_BP, LADDERS, Item, Kind, Means, Terms


@dataclass(frozen=True, slots=True)
class Gift:
    """What an offer gives [fen], each item's share of it, and the spend that it was given for."""

    value: int
    shares: tuple[int, ...]
    minimum_spend: int


def gift(terms: Terms, items: Sequence[Item], left: Sequence[int], means: Means, ticket: str) -> Gift | None:
    """Return what `terms` gives when `left` fen are left of each item, or None for nothing.

    `ticket` names the draw of a random offer. A member tier too low, a minimum spend not reached, no item that it is
    for, or nothing held: nothing.
    """
    weights = [fen if _is_for(terms, item) else 0 for item, fen in zip(items, left, strict=True)]
    base = sum(weights)
    if means.member_tier < terms.member_tier or base < max(1, terms.minimum_spend):
        return None
    if terms.kind is Kind.MEMBER_PRICE:
        return _member_price(terms, items, weights)
    wanted, reached = _wanted(terms, base, means, ticket)
    # A fen stays of the whole price, not of these items.
    room = base if terms.kind is Kind.CASHBACK else min(base, sum(left) - (not terms.allows_zero))
    value = min(wanted, room, wanted if terms.at_most is None else terms.at_most)
    if value <= 0:
        return None
    return Gift(value, shares(value, weights), max(terms.minimum_spend, reached))


def drawn(terms: Terms, ticket: str) -> int:
    """Return what a random offer gives `ticket`: HMAC-SHA256 of it under the seed, in [low, high].

    Anybody can recompute it once the seed is out; 256 bits make the bias of the remainder nothing.
    """
    digest = hmac.digest(terms.seed, ticket.encode(), hashlib.sha256)
    return terms.low + int.from_bytes(digest) % (terms.high - terms.low + 1)


def _is_for(terms: Terms, item: Item) -> bool:
    return not terms.categories or item.category in terms.categories


def _member_price(terms: Terms, items: Sequence[Item], weights: Sequence[int]) -> Gift | None:
    off = tuple(
        max(0, item.unit_price - terms.prices.get(item.code, item.unit_price)) * item.quantity if weight else 0
        for item, weight in zip(items, weights, strict=True)
    )
    return Gift(sum(off), off, terms.minimum_spend) if sum(off) else None


def _wanted(terms: Terms, base: int, means: Means, ticket: str) -> tuple[int, int]:
    """Return what the offer would give of `base` fen if nothing capped it, and the spend that this takes."""
    if terms.kind in LADDERS:
        return _ladder(terms, base)
    if terms.kind is Kind.DISCOUNT:
        return base - half_up(base, terms.pay_bp, FULL_BP), 0
    if terms.kind is Kind.RANDOM:
        return drawn(terms, ticket), 0
    return (means.points if terms.kind is Kind.POINTS else means.packets.get(terms.id, 0)), 0


def _ladder(terms: Terms, base: int) -> tuple[int, int]:
    step = next((one for one in reversed(terms.steps) if base >= one.reach), None)
    if step is None:
        return 0, 0
    times = base // step.reach if terms.repeats else 1
    return step.less * times, step.reach * times
