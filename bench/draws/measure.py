"""Plays every strategy over many packets, in chunks on all cores, and keeps sums only."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field

import numpy as np

from bench.draws.strategies import STRATEGIES, WEAKER, Strategy
from bench.draws.table import Ints, Packet, deal, draw, rounded_down, seeds

CHUNK = 20_000
_HALF_A_FEN = 0.5
_STANDARD_ERRORS = 4

OLD_RULE = "rounded down"
PLAIN_CAP = "plain cap"
"""Two rules that are not ours, drawn from the same seeds: what the positions' means would be."""


@dataclass
class Sum:
    """Count, sum and sum of squares of shares [fen]."""

    count: int = 0
    total: float = 0.0
    squares: float = 0.0

    def add(self, values: Ints) -> None:
        """Take in more shares."""
        self.count += len(values)
        self.total += float(values.sum())
        self.squares += float((values.astype(float) ** 2).sum())

    def merge(self, other: Sum) -> None:
        """Take in another sum."""
        self.count += other.count
        self.total += other.total
        self.squares += other.squares

    @property
    def mean(self) -> float:
        """The mean share [fen]."""
        return self.total / self.count

    @property
    def error(self) -> float:
        """The standard error of the mean [fen]."""
        return math.sqrt(max(self.squares / self.count - self.mean**2, 0.0) / self.count)

    @property
    def tolerance(self) -> float:
        """How far from the fair mean chance and rounding may bring it [fen]."""
        return _STANDARD_ERRORS * self.error + _HALF_A_FEN


@dataclass
class Played:
    """What came of one kind of packet: by strategy, and by rule and position."""

    packet: Packet
    strategies: dict[str, Sum] = field(default_factory=dict)
    positions: dict[str, list[Sum]] = field(default_factory=dict)

    def merge(self, other: Played) -> None:
        """Take in another chunk."""
        for name, found in other.strategies.items():
            self.strategies.setdefault(name, Sum()).merge(found)
        for rule, sums in other.positions.items():
            mine = self.positions.setdefault(rule, [Sum() for _ in sums])
            for one, more in zip(mine, sums, strict=True):
                one.merge(more)

    def beats(self, strategy: Strategy) -> bool:
        """Whether the strategy gets more than the fair mean, beyond chance and rounding."""
        found = self.strategies[strategy.name]
        return found.mean > self.packet.mean + found.tolerance

    def unfair_positions(self, rule: str) -> list[int]:
        """Return the positions whose mean is not the fair one, beyond chance and rounding."""
        return [
            place
            for place, found in enumerate(self.positions[rule])
            if abs(found.mean - self.packet.mean) > found.tolerance
        ]


OURS = "ours"


def play_chunk(packet: Packet, count: int, seed: int) -> Played:
    """Deal `count` packets from `seed` and play every strategy on them."""
    dice = np.random.default_rng(seed)
    table = deal(packet, count, dice)
    played = Played(packet)
    for strategy in (*STRATEGIES, *WEAKER):
        played.strategies[strategy.name] = Sum()
        played.strategies[strategy.name].add(strategy.take(table, dice))
    same = seeds(table.links, table.ids)
    rules = {
        OURS: table.shares,
        OLD_RULE: draw(packet, same, rounded_down),
        PLAIN_CAP: draw(packet, same, plain_cap=True),
    }
    for rule, shares in rules.items():
        played.positions[rule] = [Sum() for _ in range(packet.shares)]
        for place, found in enumerate(played.positions[rule]):
            found.add(shares[:, place])
    return played


def play(packet: Packet, draws: int, *, seed: int, tell: Callable[[int], None], processes: int) -> Played:
    """Play `draws` packets of one kind; `tell` hears how many are done. The same seed gives the same figures."""
    played = Played(packet)
    with ProcessPoolExecutor(processes) as pool:
        asked = [pool.submit(play_chunk, packet, count, seed + place) for place, count in enumerate(_chunks(draws))]
        for future in asked:
            chunk = future.result()
            played.merge(chunk)
            tell(chunk.strategies["honest"].count)
    return played


def _chunks(draws: int) -> Iterator[int]:
    while draws > 0:
        yield min(CHUNK, draws)
        draws -= CHUNK
