"""The distribution between the totals: who spends what in which shop and when. Pure, integer fen, the same for a seed.

Nothing of it is published. What every campaign of this kind obeys is kept: a person spends at most the red packet, red
packet money goes first, so own money is added only to a payment that empties it.
"""

import random
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import NamedTuple

from pswallet.kit.clock import SHANGHAI, from_unix
from pswallet.replay.facts import END, START, Totals

LEAST_FEN = 100
"""Of a payment's red packet money."""
MOST_OWN_FEN = 30_000
"""Of a payment's own money: below what a visitor (T0) may pay at once."""
MOST_PAYMENTS = 6
"""Of one person."""

_LEFT_OVER_FEN = 8_000
"""What those who do not spend all leave, on average."""
_ADDS_OWN = 0.4
_OWN_MEAN_FEN = 6_000
_HOURS = (1, 0, 0, 0, 0, 0, 1, 3, 5, 7, 9, 12, 14, 10, 8, 8, 9, 12, 16, 17, 14, 9, 5, 2)
"""How busy each hour of a day is."""


class Payment(NamedTuple):
    """A payment: who pays in which shop (their numbers), Unix seconds, red packet money and own money [fen]."""

    at: int
    person: int
    shop: int
    value_fen: int
    own_fen: int


@dataclass(frozen=True, slots=True)
class Draw:
    """Who claims, in their order, and the payments in the order of their times."""

    seed: int
    claimers: list[int]
    payments: list[Payment]

    @property
    def own_fen(self) -> int:
        """All own money that is added [fen]."""
        return sum(payment.own_fen for payment in self.payments)

    def days(self) -> list[list[Payment]]:
        """Return the payments by calendar day of Asia/Shanghai, quiet days left out."""
        found: dict[str, list[Payment]] = {}
        for payment in self.payments:
            found.setdefault(day_of(payment.at), []).append(payment)
        return list(found.values())


def day_of(moment: int) -> str:
    """Return the calendar day in Asia/Shanghai of Unix seconds, such as 2020-10-12."""
    return from_unix(moment).astimezone(SHANGHAI).date().isoformat()


def draw(totals: Totals, seed: int) -> Draw:
    """Draw who claims and every payment; the sums are exactly those of `totals`."""
    dice = random.Random(seed)  # noqa: S311 - anybody shall draw the same again
    claimers = dice.sample(range(totals.people), totals.claimed)
    fewest = -(-totals.spent_fen // totals.face_fen)
    spenders = claimers[: dice.randint(fewest, min(totals.claimed, totals.payments))]
    counts = _counts(dice, len(spenders), totals.payments)
    spent = _spent(dice, counts, totals)
    shops = iter(_shops(dice, totals))
    payments = [
        payment
        for person, count, fen in zip(spenders, counts, spent, strict=True)
        for payment in _of_person(dice, person, count, fen, empties=fen == totals.face_fen, shops=shops)
    ]
    dice.shuffle(claimers)
    return Draw(seed, claimers, sorted(payments))


def _counts(dice: random.Random, spenders: int, payments: int) -> list[int]:
    """Return how often each pays: once at least, `MOST_PAYMENTS` times at most."""
    counts = [1] * spenders
    left = payments - spenders
    while left:
        chosen = dice.randrange(spenders)
        if counts[chosen] < MOST_PAYMENTS:
            counts[chosen] += 1
            left -= 1
    return counts


def _spent(dice: random.Random, counts: Sequence[int], totals: Totals) -> list[int]:
    """Return what each spends of the red packet: most of them all of it, the others leave the rest [fen]."""
    left = len(counts) * totals.face_fen - totals.spent_fen
    caps = [totals.face_fen - LEAST_FEN * count for count in counts]
    some = min(len(counts), -(-left // _LEFT_OVER_FEN))
    chosen = dice.sample(range(len(counts)), some)
    rests = cut(left, [dice.uniform(0.2, 1.0) for _ in chosen], [caps[place] for place in chosen]) if some else []
    spent = [totals.face_fen] * len(counts)
    for place, rest in zip(chosen, rests, strict=True):
        spent[place] -= rest
    return spent


def cut(total: int, weights: Sequence[float], caps: Sequence[int]) -> list[int]:
    """Cut `total` in proportion to `weights`, no part above its cap; what is above goes to the next with room.

    Raises ValueError when the caps hold less than `total`.
    """
    if sum(caps) < total:
        raise ValueError(f"{total} does not fit below caps of {sum(caps)}")
    whole = sum(weights)
    parts = [min(cap, int(total * weight / whole)) for weight, cap in zip(weights, caps, strict=True)]
    left = total - sum(parts)
    for place, cap in enumerate(caps):
        more = max(-parts[place], min(left, cap - parts[place]))
        parts[place] += more
        left -= more
    return parts


def _shops(dice: random.Random, totals: Totals) -> list[int]:
    """Return the payments' shops in a random order: each takes one at least if there are enough, few take many."""
    popular = [1 / (rank + 20) ** 0.9 for rank in range(totals.shops)]
    order = list(range(totals.shops))
    dice.shuffle(order)
    chosen = [*order[: totals.payments]]
    chosen += dice.choices(order, cum_weights=list(accumulate(popular)), k=totals.payments - len(chosen))
    dice.shuffle(chosen)
    return chosen


def _of_person(
    dice: random.Random, person: int, count: int, fen: int, *, empties: bool, shops: Iterator[int]
) -> list[Payment]:
    cuts = sorted(dice.randint(0, fen - LEAST_FEN * count) for _ in range(count - 1))
    values = [end - begin + LEAST_FEN for begin, end in zip([0, *cuts], [*cuts, fen - LEAST_FEN * count], strict=True)]
    moments = sorted(_moment(dice) for _ in range(count))
    own = [0] * count
    if empties and dice.random() < _ADDS_OWN:
        own[-1] = min(MOST_OWN_FEN, LEAST_FEN + int(dice.expovariate(1 / _OWN_MEAN_FEN)))
    return [
        Payment(at, person, next(shops), value, added) for at, value, added in zip(moments, values, own, strict=True)
    ]


_OPENS = START - 18 * 3600
"""Midnight before the first evening."""
_BUSY = list(accumulate(_HOURS[hour % 24] * (_OPENS + 3600 * hour >= START) for hour in range((END - _OPENS) // 3600)))


def _moment(dice: random.Random) -> int:
    """Return a second of the campaign: busy hours have more."""
    hour = bisect_right(_BUSY, dice.random() * _BUSY[-1])
    return _OPENS + hour * 3600 + dice.randrange(3600)
