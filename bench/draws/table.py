"""Many packets drawn at once: real keccak seeds, the published rule over arrays (tested against `redpackets.rules`)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from sha3 import keccak_256

Ints = np.ndarray
"""An array of int64."""

Rounding = Callable[[Ints, Ints, int], Ints]
"""Twice the mean of what is left [fen], from rest, the seed's remainder by `left`, and `left`."""

_LIMBS = 8  # of 32 bits in a seed


@dataclass(frozen=True)
class Packet:
    """The terms that decide a draw: money [fen], shares, the most a share may be [fen]."""

    name: str
    total: int
    shares: int
    max_share: int

    @property
    def mean(self) -> float:
        """The fair share [fen]."""
        return self.total / self.shares


@dataclass(frozen=True)
class Table:
    """`count` packets of one kind, drawn to the end: row by row a packet, column by column a position."""

    packet: Packet
    ids: list[bytes]
    links: list[list[bytes]]
    """By position, then by packet: the dealer's links, each the preimage of the one before."""
    shares: Ints
    """[packet, position]: the share [fen]. Link, id and position decide it: nobody's choice is in it."""

    @property
    def means_left(self) -> Ints:
        """[packet, position]: what is left a share [fen] before that position draws, as the public state shows it."""
        drawn = np.cumsum(self.shares, axis=1) - self.shares
        return (self.packet.total - drawn) / (self.packet.shares - np.arange(self.packet.shares))


def rounded_at_random(rest: Ints, remainder: Ints, left: int) -> Ints:
    """Round as the contract does: up or down, so that the mean is exact."""
    return (2 * rest + remainder) // left


def rounded_down(rest: Ints, remainder: Ints, left: int) -> Ints:
    """Round as the rule did before docs/decisions/0006."""
    return 2 * rest // left


def deal(packet: Packet, count: int, dice: np.random.Generator, *, ids: list[bytes] | None = None) -> Table:
    """Draw `count` packets with fresh chains of links; `ids` are random unless given."""
    ids = ids or random_words(dice, count, 32)
    links = [random_words(dice, count, 20)]
    for _ in range(packet.shares - 1):  # the chain is revealed backwards
        links.append([keccak_256(link).digest()[:20] for link in links[-1]])
    links.reverse()
    return Table(packet, ids, links, draw(packet, seeds(links, ids)))


def random_words(dice: np.random.Generator, count: int, size: int) -> list[bytes]:
    """Return `count` random texts of `size` bytes."""
    raw = dice.bytes(count * size)
    return [raw[at : at + size] for at in range(0, count * size, size)]


def seeds(links: list[list[bytes]], ids: list[bytes]) -> Ints:
    """Return keccak256(link ‖ id) of every position as limbs: [position, packet, limb], the highest limb first."""
    raw = b"".join(
        [keccak_256(link + packet).digest() for column in links for link, packet in zip(column, ids, strict=True)]
    )
    return np.frombuffer(raw, dtype=">u4").reshape(len(links), len(ids), _LIMBS).astype(np.int64)


def draw(packet: Packet, seed: Ints, rounding: Rounding = rounded_at_random, *, plain_cap: bool = False) -> Ints:
    """Return [packet, position] the shares [fen] that `seeds` draw; `plain_cap` cuts at the top alone."""
    count = seed.shape[1]
    rest = np.full(count, packet.total, dtype=np.int64)
    shares = np.empty((count, packet.shares), dtype=np.int64)
    for position in range(packet.shares):
        left = packet.shares - position
        shares[:, position] = rest if left == 1 else _one(packet, seed[position], rest, left, rounding, plain_cap)
        rest = rest - shares[:, position]
    return shares


def first_shares(packet: Packet, seed: Ints) -> Ints:
    """Return the first shares [fen] of packets of two shares or more, by the seeds of their first positions."""
    rest = np.full(len(seed), packet.total, dtype=np.int64)
    return _one(packet, seed, rest, packet.shares, rounded_at_random, plain_cap=False)


def _one(packet: Packet, seed: Ints, rest: Ints, left: int, rounding: Rounding, plain_cap: bool) -> Ints:
    twice_mean = rounding(rest, _modulo(seed[:, : _LIMBS // 2], np.int64(left)), left)
    most = np.minimum(packet.max_share, rest - left + 1)
    lowest = np.maximum(1, rest - (left - 1) * packet.max_share)
    if plain_cap:
        return lowest + _modulo(seed, np.minimum(twice_mean - 1, most) - lowest + 1)
    lowest = np.maximum(lowest, twice_mean - most)
    return lowest + _modulo(seed, twice_mean - 2 * lowest + 1)


def _modulo(limbs: Ints, n: Ints | np.int64) -> Ints:
    """Return the number of `limbs` modulo `n` < 2^31; a seed to hash again, once in 2^225, is not looked for."""
    remainder = np.zeros(limbs.shape[0], dtype=np.int64)
    for limb in range(limbs.shape[1]):
        remainder = ((remainder << 32) + limbs[:, limb]) % n
    return remainder
