"""A till's journal: its sales, what may follow what, and the day's end. Pure; amounts in fen.

A sale keeps one number from its first asking to its end. Whoever asks twice under it pays once, so a till that lost an
answer asks again and never opens a second sale for the same basket.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum

from pswallet.kit.money import Fen

NOTHING = Fen(0)
LAST_SERIAL = 9_999
LONGEST_REFERENCE = 25
"""Characters of a bill's number in a merchant-presented code (tag 62.01)."""


class State(StrEnum):
    """Where a sale stands for the till."""

    OPEN = "open"
    """Not asked for yet, or the asking was refused: another code may be tried."""
    UNKNOWN = "unknown"
    """Asked for, and no answer came: paid or not, the till must ask again."""
    PAID = "paid"
    VOIDED = "voided"


class Reason(StrEnum):
    """Why an act of the till is refused."""

    UNKNOWN_OUTCOME = "unknown_outcome"
    NOT_OPEN = "not_open"
    NOT_PAID = "not_paid"
    ABOVE_PAID = "above_paid"
    PARTLY_REFUNDED = "partly_refunded"


class Answer(StrEnum):
    """What came of asking for a sale's money."""

    PAID = "paid"
    REFUSED = "refused"
    LOST = "lost"


@dataclass(frozen=True, slots=True)
class Sale:
    """A sale by its number."""

    reference: str
    amount: Fen
    state: State = State.OPEN
    refunded: Fen = NOTHING

    @property
    def kept(self) -> Fen:
        """What the shop has of it."""
        has = self.state is State.PAID or self.refunded > 0
        return Fen(self.amount - self.refunded) if has else NOTHING


@dataclass(frozen=True, slots=True)
class DayEnd:
    """A till's day: `sold − refunded = kept`. `unknown` must be asked for again before the day is closed."""

    sales: int
    sold: Fen
    refunded: Fen
    kept: Fen
    unknown: tuple[str, ...]


def reference_of(day: date, till: str, serial: int) -> str:
    """Return the number of a till's sale: the day, the till, four digits; no two are alike in one shop.

    Raises ValueError for a serial that is not 1 to 9,999, or a till's code that leaves no room.
    """
    reference = f"{day:%Y%m%d}{till}{serial:04d}"
    if not 1 <= serial <= LAST_SERIAL or len(reference) > LONGEST_REFERENCE:
        raise ValueError(f"{reference} is no sale's number")
    return reference


def asked(sale: Sale, answer: Answer) -> Sale | Reason:
    """Return the sale after its money was asked for, first or again, always under its own number."""
    if sale.state not in (State.OPEN, State.UNKNOWN):
        return Reason.NOT_OPEN
    after = {Answer.PAID: State.PAID, Answer.REFUSED: State.OPEN, Answer.LOST: State.UNKNOWN}
    return replace(sale, state=after[answer])


def voided(sale: Sale) -> Sale | Reason:
    """Return the sale undone: unpaid, its order is withdrawn so that nobody pays it; paid, the whole goes back."""
    if sale.state is State.UNKNOWN:
        return Reason.UNKNOWN_OUTCOME
    if sale.state is State.VOIDED:
        return Reason.NOT_OPEN
    if sale.refunded:
        return Reason.PARTLY_REFUNDED
    return replace(sale, state=State.VOIDED, refunded=sale.amount if sale.state is State.PAID else NOTHING)


def refunded(sale: Sale, amount: Fen) -> Sale | Reason:
    """Return the sale with `amount` more given back, never above what was paid. Raises ValueError below one fen."""
    if amount <= 0:
        raise ValueError(f"a refund of {amount} fen")
    if sale.state is not State.PAID:
        return Reason.UNKNOWN_OUTCOME if sale.state is State.UNKNOWN else Reason.NOT_PAID
    if sale.refunded + amount > sale.amount:
        return Reason.ABOVE_PAID
    return replace(sale, refunded=Fen(sale.refunded + amount))


def day_end(sales: Iterable[Sale]) -> DayEnd:
    """Return a day's sums over what was paid."""
    every = list(sales)
    paid = [sale for sale in every if sale.state is State.PAID or sale.refunded]
    sold, back = sum(sale.amount for sale in paid), sum(sale.refunded for sale in paid)
    unknown = tuple(sale.reference for sale in every if sale.state is State.UNKNOWN)
    return DayEnd(len(paid), Fen(sold), Fen(back), Fen(sold - back), unknown)


def differences(sales: Iterable[Sale], settled: Mapping[str, Fen]) -> dict[str, tuple[Fen, Fen]]:
    """Return each number whose sale the settlement counts otherwise: (the till's, the settlement's) [fen]."""
    ours = {sale.reference: sale.kept for sale in sales}
    numbers = sorted(ours.keys() | settled.keys())
    both = {number: (ours.get(number, NOTHING), settled.get(number, NOTHING)) for number in numbers}
    return {number: pair for number, pair in both.items() if pair[0] != pair[1]}
