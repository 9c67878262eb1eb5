"""What somebody can try against the draw, and what he would win if a rule of the contract did not stand in the way.

Each strategy says which seat an attacker ends on in every packet, from no more than he can know at that moment. The
second table are attacks on weaker designs: they must gain, or the measurement could not see a gain at all.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from sha3 import keccak_256

from bench.draws.table import Ints, Table, first_shares, random_words, seeds

Take = Callable[[Table, np.random.Generator], Ints]
"""[packet] what the attacker gets [fen]; 0 where he gets nothing."""

RICH = 1.1
"""He comes when the mean of what is left is this much above the packet's."""
_BATCH = 3
_ADDRESSES = 8


@dataclass(frozen=True)
class Strategy:
    """A way to play, in words for the table; `gains` says that it has to beat the mean (a weaker design)."""

    name: str
    idea: str
    stopped_by: str
    take: Take
    gains: bool = False


def honest(table: Table, dice: np.random.Generator) -> Ints:
    """Come whenever one comes."""
    return _at(table, dice.integers(0, table.packet.shares, len(table.ids)))


def choose_the_time(table: Table, dice: np.random.Generator) -> Ints:
    """Watch every mined share; come as soon as much is left, behind those who wait; at the latest as the last."""
    ahead = dice.integers(0, _BATCH, len(table.ids))
    return _at(table, np.minimum(_first_rich(table, start=0) + ahead, table.packet.shares - 1))


def choose_the_order(table: Table, dice: np.random.Generator) -> Ints:
    """Hold everybody else back: after each share decide who is next, oneself or a stranger, with three own accounts."""
    rich = table.means_left > table.packet.mean
    seats = table.packet.shares
    mine = np.zeros(len(table.ids), dtype=np.int64)
    won = np.zeros(len(table.ids))
    for seat in range(seats):
        must = 3 - mine >= seats - seat  # the last seats are taken, rich or not
        comes = (mine < 3) & (rich[:, seat] | must)
        won += np.where(comes, table.shares[:, seat], 0)
        mine += comes
    return won / 3


def choose_the_address(table: Table, dice: np.random.Generator) -> Ints:
    """Grind addresses and seats against all that is public before the first claim: the commitment and the id."""
    commitments = [keccak_256(link).digest() for link in table.links[0]]
    seats = np.empty(len(table.ids), dtype=np.int64)
    for row, (commitment, packet) in enumerate(zip(commitments, table.ids, strict=True)):
        tries = [keccak_256(commitment + packet + bytes([n])).digest() for n in range(_ADDRESSES)]
        best = max(range(_ADDRESSES), key=tries.__getitem__)  # the address whose hash looks richest …
        seats[row] = tries[best][-1] % table.packet.shares  # … in the seat that it points to
    return _at(table, seats)


def choose_the_salt(table: Table, dice: np.random.Generator) -> Ints:
    """As a creator with an accomplice: of two packets give the one whose first share looks better beforehand."""
    others = random_words(dice, len(table.ids), 32)
    chosen = [
        max(both, key=lambda packet, link=link: keccak_256(keccak_256(link).digest()[:20] + packet).digest())
        for link, *both in zip(table.links[0], table.ids, others, strict=True)
    ]
    return first_shares(table.packet, seeds(table.links[:1], chosen)[0])


def fail_on_purpose(table: Table, dice: np.random.Generator) -> Ints:
    """Come first; let a poor payout fail and come again at once with a second account, else let that one wait.

    The failed share is owed and its seat used up, so that nothing is drawn twice: the two accounts hold two shares.
    """
    first = table.shares[:, 0]
    second = _at(table, np.where(first < table.packet.mean, 1, table.packet.shares - 1))
    return (first + second) / 2


def watch_the_mempool(table: Table, dice: np.random.Generator) -> Ints:
    """See the links of the pending batch before it is mined; come right behind it if it leaves much, else wait."""
    return _at(table, _first_rich(table, start=_BATCH))


def after_a_reorg(table: Table, dice: np.random.Generator) -> Ints:
    """A mined batch was undone: its links are known, its seats stay whose they were; come behind if much is left."""
    seats = np.where(table.means_left[:, _BATCH] >= table.packet.mean, _BATCH, _first_rich(table, start=_BATCH + 1))
    return _at(table, seats)


def stay_away(table: Table, dice: np.random.Generator) -> Ints:
    """Come only when much is left, and else not at all: each share is larger, an invitation is worth less."""
    rich = table.means_left >= RICH * table.packet.mean
    return np.where(rich.any(axis=1), _at(table, rich.argmax(axis=1)), 0)


STRATEGIES = (
    Strategy("honest", "comes at random", "–", honest),
    Strategy("time", "comes when much is left", "what is left is a martingale", choose_the_time),
    Strategy("order", "decides who is next, three accounts", "the same; the dealer signs the order", choose_the_order),
    Strategy("address", f"best of {_ADDRESSES} addresses and its seat", "no address in the seed", choose_the_address),
    Strategy("salt", "best of two packets by the commitment", "the link is not known yet", choose_the_salt),
    Strategy("fail", "makes a poor payout fail, claims again", "a claim uses up seat and link", fail_on_purpose),
    Strategy(
        "mempool", f"sees {_BATCH} shares before they are mined", "seats are signed with the links", watch_the_mempool
    ),
    Strategy("reorg", f"knows {_BATCH} undone shares", "a published seat is final", after_a_reorg),
    Strategy("stay away", "comes only when much is left", "the empty hands count too", stay_away),
)


# --- weaker designs ---------------------------------------------------------


def redraw_after_failure(table: Table, dice: np.random.Generator) -> Ints:
    """A failed payout undoes the claim: a poor share is thrown back and the next one drawn."""
    first = table.shares[:, 0]
    return np.where(first < table.packet.mean, table.shares[:, 1], first)


def cut_into_the_batch(table: Table, dice: np.random.Generator) -> Ints:
    """Links without a signed order: the richest pending share is claimed by whoever pays more gas."""
    return table.shares[:, :_BATCH].max(axis=1)


def swap_after_a_reorg(table: Table, dice: np.random.Generator) -> Ints:
    """Seats given anew after a reorg: the richest undone share is asked for first."""
    return table.shares[:, :_BATCH].max(axis=1)


def predict_by_address(table: Table, dice: np.random.Generator) -> Ints:
    """A seed made of public values and the address: the best of eight accounts claims the first share."""
    twice = int(2 * table.packet.mean)
    tries = dice.integers(1, twice, (len(table.ids), _ADDRESSES))
    return np.minimum(tries.max(axis=1), table.packet.max_share)


WEAKER = (
    Strategy("free look", "a failed payout undoes the claim", "", redraw_after_failure, gains=True),
    Strategy("unsigned order", "who sees a link may use it", "", cut_into_the_batch, gains=True),
    Strategy("seats anew", "a reorg opens the seats again", "", swap_after_a_reorg, gains=True),
    Strategy("public seed", "the address is in a public seed", "", predict_by_address, gains=True),
)


def _first_rich(table: Table, *, start: int) -> Ints:
    """Return the first seat from `start` on before which much is left; the last seat if there is none."""
    rich = table.means_left[:, start:] >= RICH * table.packet.mean
    rich[:, -1] = True
    return start + rich.argmax(axis=1)


def _at(table: Table, seats: Ints) -> Ints:
    return np.take_along_axis(table.shares, seats[:, None], axis=1)[:, 0]
