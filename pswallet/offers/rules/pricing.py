"""The price of a basket under offers: one combination applied, and the best of all that the rules allow.

"Best" is decided in docs/decisions/0014: the least own money; among equals the most cashback, then what leaves the
payer the most restricted money and points, then the least of the platform's, the fewest offers, and their ids.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pswallet.offers.rules.gifts import Gift, gift
from pswallet.offers.rules.terms import LAYERS, Funder, Item, Layer, Means, Terms


@dataclass(frozen=True, slots=True)
class Line:
    """One offer's line of a price: what was left before it and what it gave, each item's share of that."""

    terms: Terms
    before: int
    value: int
    shares: tuple[int, ...]
    minimum_spend: int

    @property
    def after(self) -> int:
        """Return what is left to pay after it [fen]; a cashback leaves the price as it is."""
        return self.before - self.off

    @property
    def off(self) -> int:
        """Return what it takes off the price [fen]."""
        return 0 if self.terms.layer is Layer.CASHBACK else self.value


@dataclass(frozen=True, slots=True)
class Part:
    """What somebody else pays of an order [fen], as MerchantCheckout takes it."""

    funder: Funder
    offer: str
    value: int
    minimum_spend: int


@dataclass(frozen=True, slots=True)
class Price:
    """A basket's price, line by line. Every fen has a funder: `own` and `funded` sum to `price`."""

    items: tuple[Item, ...]
    lines: tuple[Line, ...]

    @property
    def price(self) -> int:
        """Return what the items cost before any offer [fen]."""
        return sum(item.price for item in self.items)

    @property
    def own(self) -> int:
        """Return what the payer pays [fen]."""
        return self.price - sum(line.off for line in self.lines)

    @property
    def funded(self) -> Mapping[Funder, int]:
        """Return what each funder gives [fen]; a cashback, which changes no price, apart."""
        found = dict.fromkeys(Funder, 0)
        for line in self.lines:
            found[line.terms.funder] += line.off
        return found

    @property
    def settlement(self) -> int:
        """Return what the merchant gets, before any fee [fen]: the order's amount."""
        return self.price - self.funded[Funder.MERCHANT]

    @property
    def parts(self) -> tuple[Part, ...]:
        """Return what others pay of the settlement, in the order of refunds: restricted packet, points, voucher."""
        paid = [line for line in self.lines if line.off and line.terms.funder is not Funder.MERCHANT]
        return tuple(Part(line.terms.funder, line.terms.id, line.value, line.minimum_spend) for line in reversed(paid))

    @property
    def cashback(self) -> Line | None:
        """Return the line of the packet that follows the payment, or None."""
        return next((line for line in self.lines if line.terms.layer is Layer.CASHBACK), None)

    @property
    def settled_items(self) -> tuple[int, ...]:
        """Return each item's share of the settlement [fen]: what a refund of it is worth."""
        mine = [line.shares for line in self.lines if line.terms.funder is Funder.MERCHANT and line.off]
        off = [sum(shares) for shares in zip(*mine, strict=True)] or [0] * len(self.items)
        return tuple(item.price - less for item, less in zip(self.items, off, strict=True))


def clash(offers: Sequence[Terms]) -> tuple[Terms, Terms] | None:
    """Return two of `offers` that do not go together: of one layer, or one excludes the other's; None if all do."""
    for place, one in enumerate(offers):
        for other in offers[place + 1 :]:
            if one.layer is other.layer or one.layer in other.excludes or other.layer in one.excludes:
                return one, other
    return None


def apply(items: Sequence[Item], offers: Sequence[Terms], means: Means, ticket: str) -> Price:
    """Return the price under exactly `offers`, which do not clash; one that gives nothing has no line."""
    price, left = Price(tuple(items), ()), [item.price for item in items]
    for terms in sorted(offers, key=lambda one: LAYERS.index(one.layer)):
        found = gift(terms, items, left, means, ticket)
        if found:
            price, left = _with(price, left, terms, found)
    return price


def best(items: Sequence[Item], offers: Sequence[Terms], means: Means, ticket: str) -> Price:
    """Return the best price that `offers` allow together. Exact.

    Greedy would be wrong: a discount may take the amount below a later layer's minimum spend. So every combination
    that the rules allow is looked at, but for those that cannot even reach the best so far.
    """
    whole = [item.price for item in items]
    gifts = {one.id: gift(one, items, whole, means, ticket) for one in offers}
    # Earlier layers only lower what an offer is given of: nowhere does it give more than on the whole price.
    most = {key: found.value for key, found in gifts.items() if found}
    by_layer = [
        sorted((one for one in offers if one.layer is layer and one.id in most), key=lambda one: -most[one.id])
        for layer in LAYERS
    ]
    off = [max((most[one.id] for one in layer), default=0) for layer in by_layer[:-1]] + [0]  # a cashback: none
    found = Price(tuple(items), ())

    def look(place: int, so_far: Price, left: list[int]) -> None:
        nonlocal found
        if sum(left) - sum(off[place:]) > found.own:
            return
        if place == len(LAYERS):
            found = min(found, so_far, key=rank)
            return
        for terms in by_layer[place]:
            given = gift(terms, items, left, means, ticket) if _goes(terms, so_far) else None
            if given:
                look(place + 1, *_with(so_far, left, terms, given))
        look(place + 1, so_far, left)

    look(0, found, whole)
    return found


def rank(price: Price) -> tuple[int, int, int, int, int, int, tuple[str, ...]]:
    """Return what `best` minimises: see the head of this module."""
    funded, cashback = price.funded, price.cashback
    return (
        price.own,
        -(cashback.value if cashback else 0),
        funded[Funder.SPONSOR],
        funded[Funder.POINTS],
        funded[Funder.PLATFORM],
        len(price.lines),
        tuple(line.terms.id for line in price.lines),
    )


def _goes(terms: Terms, so_far: Price) -> bool:
    """Whether an offer of a later layer goes with what is chosen: neither excludes the other's layer."""
    return not any(line.terms.layer in terms.excludes or terms.layer in line.terms.excludes for line in so_far.lines)


def _with(price: Price, left: list[int], terms: Terms, found: Gift) -> tuple[Price, list[int]]:
    """Return the price with one line more, and what is left of each item [fen]."""
    line = Line(terms, sum(left), found.value, found.shares, found.minimum_spend)
    if line.off:
        left = [fen - share for fen, share in zip(left, found.shares, strict=True)]
    return Price(price.items, (*price.lines, line)), left
