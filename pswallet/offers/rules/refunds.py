"""What a refund gives back, and to whom: the rule of contracts/libraries/Apportioning.sol, and what items are worth."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from pswallet.offers.rules.pricing import Part, Price


@dataclass(frozen=True, slots=True)
class Returned:
    """What came back [fen]: to the payer, and to each part's funder."""

    own: int
    parts: tuple[int, ...]

    @property
    def total(self) -> int:
        """Return the sum [fen]."""
        return self.own + sum(self.parts)


@dataclass(frozen=True, slots=True)
class PaidOrder:
    """What was paid of an order and what came back of it. `parts` stand in the order of refunds."""

    own: int
    parts: Sequence[Part]
    before: Returned = field(default_factory=lambda: Returned(0, ()))

    @property
    def amount(self) -> int:
        """Return what the merchant got [fen]."""
        return self.own + sum(part.value for part in self.parts)


def returned(order: PaidOrder, value: int) -> Returned:
    """Cut a refund of `value` fen as MerchantCheckout does.

    First what is undeserved, because what is kept no longer reaches its minimum spend, the part that was subtracted
    from the price first (the last) being looked at first; then the payer's own; then the parts in order. Raises
    ValueError unless 1 <= value <= what has not come back yet.
    """
    if not 1 <= value <= order.amount - order.before.total:
        raise ValueError(f"cannot give {value} fen back of {order.amount - order.before.total}")
    before = order.before.parts or (0,) * len(order.parts)
    left = [part.value - back for part, back in zip(order.parts, before, strict=True)]
    back, rest = [0] * len(left), value
    spend = order.amount - order.before.total - value
    for place in reversed(range(len(left))):
        if spend < order.parts[place].minimum_spend:
            back[place] = min(left[place], rest)
            rest -= back[place]
        else:
            spend -= min(left[place], spend)
    own = min(order.own - order.before.own, rest)
    rest -= own
    for place in range(len(left)):
        taken = min(left[place] - back[place], rest)
        back[place] += taken
        rest -= taken
    return Returned(own, tuple(back))


def worth(price: Price, quantities: Mapping[int, int]) -> int:
    """Return what `quantities` (by place in the basket) are worth of the settlement [fen].

    Of a line of several, the first k are worth k parts of its share, rounded down: a refund is the difference between
    what is returned after and before it, so that all of them together are the line's share. Merchants' own offers go
    by the items' shares; minimum spends are looked at again for others' money, in `returned`.
    Raises ValueError for a place or a quantity that the basket does not have.
    """
    total = 0
    for place, quantity in quantities.items():
        if not (0 <= place < len(price.items) and 0 <= quantity <= price.items[place].quantity):
            raise ValueError(f"the basket has no {quantity} of line {place}")
        total += price.settled_items[place] * quantity // price.items[place].quantity
    return total
