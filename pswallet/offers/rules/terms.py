"""The words of offers: layers and their order, kinds, funders, an offer's terms, a basket's items, a payer's means."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import pairwise

MAX_OFFERS = 16
"""Offers that a quote chooses among: over seven layers at most 3,888 combinations."""
MAX_LINES = 100
"""Lines of a basket."""
MAX_BASKET = 2**48 - 1
"""The largest price of a basket [fen]: what MerchantCheckout keeps of a part."""
MAX_STEPS = 10
"""Steps of a ladder."""
FULL_BP = 10_000
"""Basis points of a whole price: 8.8折 pays 8,800."""
TOP_MEMBER_TIER = 3
"""Member tiers: 0 乡亲, 1 围屋, 2 麒麟, 3 大万."""


class Layer(StrEnum):
    """Where an offer stands, in the order in which they are taken off. A quote has one offer a layer."""

    ITEM = "item"
    DISCOUNT = "discount"
    REDUCTION = "reduction"
    VOUCHER = "voucher"
    POINTS = "points"
    PACKET = "packet"
    CASHBACK = "cashback"


LAYERS = tuple(Layer)


class Kind(StrEnum):
    """What an offer does."""

    MEMBER_PRICE = "member-price"
    """会员价: a price of its own for some items."""
    DISCOUNT = "discount"
    """折扣: a part of the price is paid."""
    REDUCTION = "reduction"
    """满减: a ladder (阶梯), or one step that repeats (每满)."""
    INSTANT = "instant"
    """立减: an amount, from the first fen."""
    RANDOM = "random"
    """随机立减: an amount drawn from a committed seed."""
    VOUCHER = "voucher"
    """代金券: a face value from a minimum spend on."""
    POINTS = "points"
    """积分抵现: the payer's points, a fen each."""
    PACKET = "packet"
    """消费券, 消费红包: restricted money that a sponsor gave the payer."""
    CASHBACK = "cashback"
    """返红包: a packet after the payment; the price stays."""


class Funder(StrEnum):
    """Who gives a line's money."""

    MERCHANT = "merchant"
    PLATFORM = "platform"
    POINTS = "points"
    SPONSOR = "sponsor"


FUNDERS = {
    Layer.ITEM: Funder.MERCHANT,
    Layer.DISCOUNT: Funder.MERCHANT,
    Layer.REDUCTION: Funder.MERCHANT,
    Layer.VOUCHER: Funder.PLATFORM,
    Layer.POINTS: Funder.POINTS,
    Layer.PACKET: Funder.SPONSOR,
}
"""Who funds a layer; a cashback is its owner's."""

LAYERS_OF = {
    Kind.MEMBER_PRICE: (Layer.ITEM,),
    Kind.DISCOUNT: (Layer.DISCOUNT, Layer.VOUCHER),
    Kind.REDUCTION: (Layer.REDUCTION, Layer.VOUCHER),
    Kind.INSTANT: (Layer.REDUCTION, Layer.VOUCHER),
    Kind.RANDOM: (Layer.REDUCTION, Layer.VOUCHER),
    Kind.VOUCHER: (Layer.VOUCHER,),
    Kind.POINTS: (Layer.POINTS,),
    Kind.PACKET: (Layer.PACKET,),
    Kind.CASHBACK: (Layer.CASHBACK,),
}
"""Where an offer of a kind may stand."""

LADDERS = (Kind.REDUCTION, Kind.INSTANT, Kind.VOUCHER, Kind.CASHBACK)


@dataclass(frozen=True, slots=True)
class Step:
    """From `reach` fen on, `less` fen less."""

    reach: int
    less: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What an offer gives and when. Amounts in fen; fields that its kind has no use for keep their defaults."""

    id: str
    kind: Kind
    layer: Layer
    funder: Funder
    minimum_spend: int = 0
    """Of what earlier layers have left of the items it is for."""
    at_most: int | None = None
    """The most that it gives a quote."""
    pay_bp: int = FULL_BP
    """Of a discount: what is paid, in basis points."""
    steps: tuple[Step, ...] = ()
    """Of a ladder, ascending."""
    repeats: bool = False
    """每满: the one step counts as often as it is reached."""
    low: int = 0
    high: int = 0
    """Between which a random offer draws."""
    seed: bytes = b""
    """What it draws from; its SHA-256 was published with the offer."""
    prices: Mapping[str, int] = field(default_factory=dict)
    """Of a member price: unit price by item code."""
    categories: frozenset[str] = frozenset()
    """Of items that it is for; empty: all."""
    excludes: frozenset[Layer] = frozenset()
    """Layers whose offers do not go with it."""
    member_tier: int = 0
    """The lowest member tier that it is open to."""
    allows_zero: bool = False
    """Whether it may leave nothing to pay; else a fen stays."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """A line of a basket."""

    code: str
    name: str = ""
    category: str = ""
    unit_price: int
    """[fen]"""
    quantity: int = 1

    @property
    def price(self) -> int:
        """Return what the line costs before any offer [fen]."""
        return self.unit_price * self.quantity


@dataclass(frozen=True, slots=True, kw_only=True)
class Means:
    """What a payer brings besides own money: the member tier, points to spend, restricted money by offer [fen]."""

    member_tier: int = 0
    points: int = 0
    packets: Mapping[str, int] = field(default_factory=dict)


def wrong_terms(terms: Terms) -> str | None:
    """Return the first field that does not fit the offer's kind, or None."""
    uses = terms.kind is Kind.DISCOUNT, terms.kind in LADDERS, terms.kind is Kind.RANDOM, bool(terms.prices)
    checks = {
        "layer": terms.layer in LAYERS_OF[terms.kind],
        "pay_bp": 0 < terms.pay_bp < FULL_BP if uses[0] else terms.pay_bp == FULL_BP,
        "steps": _is_ladder(terms) if uses[1] else not terms.steps,
        "repeats": not terms.repeats or (terms.kind is Kind.REDUCTION and len(terms.steps) == 1),
        "high": 1 <= terms.low <= terms.high if uses[2] else not (terms.low or terms.high),
        "prices": (terms.kind is Kind.MEMBER_PRICE) is uses[3] and all(one > 0 for one in terms.prices.values()),
        "at_most": terms.at_most is None or terms.kind is not Kind.MEMBER_PRICE,
        # Where the merchant itself gave everything there would be no order to pay.
        "allows_zero": not terms.allows_zero or terms.layer in (Layer.VOUCHER, Layer.POINTS, Layer.PACKET),
        "excludes": terms.layer not in terms.excludes,
    }
    return next((name for name, fits in checks.items() if not fits), None)


def _is_ladder(terms: Terms) -> bool:
    """Steps rise in both; one that gives more than it asks for would be a way to get money for nothing."""
    steps = terms.steps
    rising = all(a.reach < b.reach and a.less < b.less for a, b in pairwise(steps))
    single = terms.kind in (Kind.INSTANT, Kind.VOUCHER)
    from_zero = terms.kind is Kind.INSTANT
    return (
        1 <= len(steps) <= (1 if single else MAX_STEPS)
        and rising
        and all(one.less > 0 and (one.reach == 0 if from_zero else one.less <= one.reach) for one in steps)
    )
