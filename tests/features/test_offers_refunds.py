"""Refunds: what items are worth, and to whom their money goes back, as contracts/libraries/Apportioning.sol cuts it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pswallet.offers.rules.pricing import Part, apply, best
from pswallet.offers.rules.refunds import PaidOrder, Returned, returned, worth
from pswallet.offers.rules.terms import Funder, Item, Means
from tests.features.offering import VECTOR, VECTOR_MEANS, VECTOR_PRICE, basket, terms

PRICE = best(basket(VECTOR_PRICE), VECTOR, VECTOR_MEANS, "")
VECTOR_ORDER = PaidOrder(PRICE.own, PRICE.parts)
"""Own 5764; packet 2000, points 500, voucher 1000 from a spend of 8000: 9264 in all."""


def after(order: PaidOrder, *values: int) -> PaidOrder:
    """The order after refunds of `values`."""
    for value in values:
        back = returned(order, value)
        sums = [a + b for a, b in zip(order.before.parts or (0,) * len(order.parts), back.parts, strict=True)]
        order = PaidOrder(order.own, order.parts, Returned(order.before.own + back.own, tuple(sums)))
    return order


@pytest.mark.parametrize(
    ("value", "own", "parts"),
    [
        (1_264, 1_264, (0, 0, 0)),  # 8000 are kept: the voucher's spend is still reached
        (1_265, 265, (0, 0, 1_000)),  # a fen less: the voucher goes home first
        (6_764, 5_764, (0, 0, 1_000)),
        (7_000, 5_764, (236, 0, 1_000)),
        (8_764, 5_764, (2_000, 0, 1_000)),
        (9_000, 5_764, (2_000, 236, 1_000)),
        (9_264, 5_764, (2_000, 500, 1_000)),
    ],
)
def test_the_vector_goes_back_own_money_first_then_packet_points_voucher(
    value: int, own: int, parts: tuple[int, ...]
) -> None:
    assert returned(VECTOR_ORDER, value) == Returned(own, parts)


def test_without_minimum_spends_the_voucher_goes_back_last() -> None:
    parts = [Part(Funder.SPONSOR, "p", 200, 0), Part(Funder.POINTS, "q", 50, 0), Part(Funder.PLATFORM, "v", 100, 0)]
    order = PaidOrder(500, parts)
    assert returned(order, 600) == Returned(500, (100, 0, 0))
    assert returned(order, 800) == Returned(500, (200, 50, 50))


def test_what_is_undeserved_is_bounded_by_the_refund() -> None:
    order = PaidOrder(500, [Part(Funder.PLATFORM, "v", 100, 600)])
    assert returned(order, 40) == Returned(0, (40,))
    assert returned(after(order, 40), 80) == Returned(20, (60,))


def test_several_refunds_are_together_the_whole() -> None:
    order = after(VECTOR_ORDER, 1_000, 264, 1, 5_000, 2_999)
    assert order.before == Returned(5_764, (2_000, 500, 1_000))


@pytest.mark.parametrize("value", [0, -1, 9_265])
def test_nothing_and_more_than_was_paid_cannot_go_back(value: int) -> None:
    with pytest.raises(ValueError, match="cannot give"):
        returned(VECTOR_ORDER, value)


@given(
    own=st.integers(0, 900),
    given_parts=st.lists(st.tuples(st.integers(1, 400), st.integers(0, 1_500)), min_size=1, max_size=3),
    cuts=st.lists(st.integers(1, 700), min_size=1, max_size=5),
)
def test_no_order_of_refunds_gives_anybody_more_than_they_paid(
    own: int, given_parts: list[tuple[int, int]], cuts: list[int]
) -> None:
    order = PaidOrder(own, [Part(Funder.SPONSOR, str(n), *part) for n, part in enumerate(given_parts)])
    for cut in cuts:
        value = min(cut, order.amount - order.before.total)
        if value:
            back = returned(order, value)
            assert back.total == value
            order = after(order, value)
    assert 0 <= order.before.own <= own
    assert all(0 <= back <= part.value for back, part in zip(order.before.parts or (), order.parts, strict=False))


def test_an_items_share_of_the_discounts_decides_what_it_is_worth() -> None:
    price = apply(basket(5_990, 4_010, 2_500), [terms("a", "reduction", (10_000, 3_000))], Means(), "")
    assert price.lines[0].shares == (1_438, 962, 600)
    assert price.settled_items == (4_552, 3_048, 1_900)
    assert [worth(price, {place: 1}) for place in range(3)] == [4_552, 3_048, 1_900]
    assert worth(price, {0: 1, 1: 1, 2: 1}) == price.settlement == 9_500


def test_pieces_of_one_line_are_worth_the_line_together() -> None:
    price = apply([Item(code="tea", unit_price=100, quantity=3)], [terms("a", "instant", (0, 200))], Means(), "")
    kept = [worth(price, {0: quantity}) for quantity in range(4)]
    assert kept == [0, 33, 66, 100]


@pytest.mark.parametrize("quantities", [{0: 2}, {1: 1}, {0: -1}])
def test_what_is_not_in_the_basket_is_worth_nothing_at_all(quantities: dict[int, int]) -> None:
    with pytest.raises(ValueError, match="the basket has no"):
        worth(apply(basket(500), [], Means(), ""), quantities)


def test_a_returned_item_takes_an_undeserved_voucher_with_it() -> None:
    """¥100.00 and ¥28.00 under the vector's offers: what is kept of 9264 no longer reaches the voucher's 8000."""
    price = best(basket(10_000, 2_800), VECTOR, VECTOR_MEANS, "")
    assert (price.own, price.settlement, price.settled_items) == (5_764, 9_264, (7_237, 2_027))
    assert returned(PaidOrder(price.own, price.parts), worth(price, {1: 1})) == Returned(1_027, (0, 0, 1_000))
