"""Offers for tests: the worked vector of the domain sheet (8b), and terms with few words."""

from typing import Any

from pswallet.offers.rules.terms import FUNDERS, Funder, Item, Kind, Layer, Means, Step, Terms

DEFAULT_LAYERS = {
    Kind.MEMBER_PRICE: Layer.ITEM,
    Kind.DISCOUNT: Layer.DISCOUNT,
    Kind.REDUCTION: Layer.REDUCTION,
    Kind.INSTANT: Layer.REDUCTION,
    Kind.RANDOM: Layer.REDUCTION,
    Kind.VOUCHER: Layer.VOUCHER,
    Kind.POINTS: Layer.POINTS,
    Kind.PACKET: Layer.PACKET,
    Kind.CASHBACK: Layer.CASHBACK,
}


def terms(name: str, kind: str, *steps: tuple[int, int], **more: Any) -> Terms:
    """Terms of a kind on its usual layer."""
    layer = more.pop("layer", DEFAULT_LAYERS[Kind(kind)])
    funder = more.pop("funder", FUNDERS.get(layer, Funder.MERCHANT))
    ladder = tuple(Step(reach, less) for reach, less in steps)
    return Terms(id=name, kind=Kind(kind), layer=layer, funder=funder, steps=ladder, **more)


def basket(*prices: int, category: str = "") -> list[Item]:
    """One item a price."""
    return [Item(code=f"item {place}", category=category, unit_price=price) for place, price in enumerate(prices)]


EIGHT_EIGHT = terms("ofr_discount", "discount", pay_bp=8_800)
HUNDRED_LESS_TWENTY = terms("ofr_reduction", "reduction", (10_000, 2_000))
EIGHTY_LESS_TEN = terms("ofr_voucher", "voucher", (8_000, 1_000))
POINTS = terms("ofr_points", "points")
PACKET = terms("ofr_packet", "packet")
VECTOR = [EIGHT_EIGHT, HUNDRED_LESS_TWENTY, EIGHTY_LESS_TEN, POINTS, PACKET]
VECTOR_PRICE = 12_800
VECTOR_MEANS = Means(points=500, packets={"ofr_packet": 2_000})
