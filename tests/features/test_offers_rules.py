"""Offers' rules: what each kind gives, the order of layers, the best of all combinations, every fen's funder."""

import hashlib
import itertools
from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from pswallet.offers.rules.gifts import drawn
from pswallet.offers.rules.pricing import Price, apply, best, clash, rank
from pswallet.offers.rules.shares import half_up, shares
from pswallet.offers.rules.terms import LAYERS, MAX_OFFERS, Funder, Item, Kind, Layer, Means, Terms, wrong_terms
from tests.features.offering import VECTOR, VECTOR_MEANS, VECTOR_PRICE, basket, terms

NOTHING = Means()


def price(offers: Sequence[Terms], *prices: int, means: Means = NOTHING) -> Price:
    return apply(basket(*prices), offers, means, "ticket")


def test_the_worked_vector_to_the_fen() -> None:
    found = best(basket(VECTOR_PRICE), VECTOR, VECTOR_MEANS, "ticket")
    assert [line.after for line in found.lines] == [11_264, 9_264, 8_264, 7_764, 5_764]
    assert (found.own, found.settlement) == (5_764, 9_264)
    assert found.funded == {
        Funder.MERCHANT: 3_536,
        Funder.PLATFORM: 1_000,
        Funder.POINTS: 500,
        Funder.SPONSOR: 2_000,
    }
    assert [(part.funder, part.offer, part.value, part.minimum_spend) for part in found.parts] == [
        (Funder.SPONSOR, "ofr_packet", 2_000, 0),
        (Funder.POINTS, "ofr_points", 500, 0),
        (Funder.PLATFORM, "ofr_voucher", 1_000, 8_000),
    ]


def test_discounts_round_half_a_fen_up_for_the_customers_view() -> None:
    assert [half_up(125, 1, 10), half_up(2_345, 1, 10), half_up(124, 1, 10)] == [13, 235, 12]
    assert price([terms("a", "discount", pay_bp=9_000)], 125).own == 113
    assert price([terms("a", "discount", pay_bp=9_000)], 124).own == 112


@pytest.mark.parametrize(
    ("value", "weights", "cut"),
    [(1_000, (1, 1, 1), (334, 333, 333)), (3_000, (5_990, 4_010, 2_500), (1_438, 962, 600)), (2, (0, 5), (0, 2))],
)
def test_amounts_are_cut_by_largest_remainder(value: int, weights: tuple[int, ...], cut: tuple[int, ...]) -> None:
    assert shares(value, weights) == cut


@given(weights=st.lists(st.integers(0, 10**9), min_size=1, max_size=9).filter(any), part=st.fractions(0, 1))
def test_shares_sum_to_the_amount_and_none_is_above_its_item(weights: list[int], part: float) -> None:
    value = int(sum(weights) * part)
    cut = shares(value, weights)
    assert sum(cut) == value
    assert all(0 <= share <= weight for share, weight in zip(cut, weights, strict=True))


@pytest.mark.parametrize(("spend", "less"), [(9_999, 0), (10_000, 1_000), (19_999, 1_000), (20_000, 3_000)])
def test_a_ladder_gives_its_highest_step_that_is_reached(spend: int, less: int) -> None:
    ladder = terms("a", "reduction", (10_000, 1_000), (20_000, 3_000))
    assert price([ladder], spend).own == spend - less


@pytest.mark.parametrize(("spend", "less"), [(4_999, 0), (5_000, 500), (9_999, 500), (10_000, 1_000), (40_000, 1_200)])
def test_every_so_much_repeats_up_to_its_cap(spend: int, less: int) -> None:
    every = terms("a", "reduction", (5_000, 500), repeats=True, at_most=1_200)
    assert price([every], spend).own == spend - less


def test_a_threshold_is_tested_on_what_earlier_layers_have_left() -> None:
    tenth, hundred = terms("a", "discount", pay_bp=9_000), terms("b", "reduction", (10_000, 2_000))
    assert price([tenth, hundred], 11_111).own == 10_000 - 2_000
    assert price([tenth, hundred], 11_110).own == 9_999


def test_an_amount_off_leaves_a_fen_unless_the_offer_allows_zero() -> None:
    five = terms("a", "instant", (0, 500))
    assert price([five], 500).own == 1
    assert price([five], 501).own == 1
    assert price([five], 502).own == 2
    assert price([replace(terms("a", "packet"), allows_zero=True)], 500, means=Means(packets={"a": 500})).own == 0
    assert price([terms("a", "packet")], 500, means=Means(packets={"a": 500})).own == 1


def test_a_member_price_is_for_its_items_and_its_tier_alone() -> None:
    member = terms("a", "member-price", prices={"item 0": 800}, member_tier=1)
    assert price([member], 1_000, 1_000, means=Means(member_tier=1)).own == 1_800
    assert price([member], 1_000, 1_000, means=Means(member_tier=0)).own == 2_000
    assert price([member], 700, 1_000, means=Means(member_tier=3)).own == 1_700  # dearer than the price itself


def test_a_category_bounds_the_threshold_and_the_share() -> None:
    tea = [Item(code="tea", category="food", unit_price=4_000), Item(code="pot", unit_price=9_000)]
    assert (
        apply(tea, [terms("a", "reduction", (5_000, 500), categories=frozenset({"food"}))], NOTHING, "").own == 13_000
    )
    found = apply(tea, [terms("a", "reduction", (4_000, 500), categories=frozenset({"food"}))], NOTHING, "")
    assert (found.own, found.lines[0].shares) == (12_500, (500, 0))


def test_a_cashback_changes_no_price() -> None:
    back = terms("a", "cashback", (5_000, 300))
    found = price([back], 5_000)
    assert (found.own, found.settlement, found.parts) == (5_000, 5_000, ())
    assert found.cashback is not None
    assert found.cashback.value == 300
    assert price([back], 4_999).cashback is None


def test_a_drawn_amount_can_be_recomputed_from_the_seed_and_stays_in_bounds() -> None:
    draw = terms("a", "random", low=100, high=103, seed=b"s" * 32)
    found = {drawn(draw, f"basket {number}") for number in range(200)}
    assert found == {100, 101, 102, 103}
    import hmac

    number = int.from_bytes(hmac.new(b"s" * 32, b"basket 7", hashlib.sha256).digest(), "big")
    assert drawn(draw, "basket 7") == 100 + number % 4


def test_offers_of_one_layer_or_of_an_excluded_one_do_not_go_together() -> None:
    tenth, fifth = terms("a", "discount", pay_bp=9_000), terms("b", "discount", pay_bp=8_000)
    alone = terms("c", "reduction", (1, 1), excludes=frozenset({Layer.DISCOUNT}))
    assert clash([tenth, fifth]) == (tenth, fifth)
    assert clash([tenth, alone]) == (tenth, alone)
    assert clash([tenth, terms("d", "voucher", (1, 1))]) is None


def test_the_best_may_leave_a_layer_out() -> None:
    """8.8折 would take 11000 below the 100 that a larger reduction asks for."""
    offers = [terms("a", "discount", pay_bp=8_800), terms("b", "reduction", (10_000, 3_000))]
    found = best(basket(11_000), offers, NOTHING, "")
    assert [line.terms.id for line in found.lines] == ["b"]
    assert found.own == 8_000


def test_among_equal_prices_the_payer_keeps_points_and_restricted_money() -> None:
    platform = terms("b", "voucher", (999, 999))
    found = best(basket(1_000), [terms("a", "points"), platform], Means(points=999), "")
    assert (found.own, found.funded[Funder.POINTS], found.funded[Funder.PLATFORM]) == (1, 0, 999)


def test_the_bound_on_offers_bounds_the_combinations() -> None:
    widest = [MAX_OFFERS // len(LAYERS) + (place < MAX_OFFERS % len(LAYERS)) for place in range(len(LAYERS))]
    found = 1
    for width in widest:
        found *= width + 1
    assert found == 3_888


# --- exactness, against a brute force that shares nothing with the search ---

_LAYERED = [
    st.builds(lambda fen: {"kind": "member-price", "prices": {"item 0": fen}}, st.integers(1, 300)),
    st.builds(lambda bp: {"kind": "discount", "pay_bp": bp}, st.integers(5_000, 9_999)),
    st.builds(
        lambda r, p: {"kind": "reduction", "steps": [(r, max(1, r * p // 10))]}, st.integers(1, 900), st.integers(1, 9)
    ),
    st.builds(lambda fen: {"kind": "instant", "steps": [(0, fen)]}, st.integers(1, 400)),
    st.builds(
        lambda r, p: {"kind": "voucher", "steps": [(r, max(1, r * p // 10))]}, st.integers(1, 900), st.integers(1, 9)
    ),
    st.builds(lambda bp: {"kind": "discount", "pay_bp": bp, "layer": Layer.VOUCHER}, st.integers(5_000, 9_999)),
    st.just({"kind": "points"}),
    st.builds(lambda zero: {"kind": "packet", "allows_zero": zero}, st.booleans()),
    st.builds(lambda r: {"kind": "cashback", "steps": [(r, 1 + r // 9)]}, st.integers(1, 500)),
]


@st.composite
def offers(draw: st.DrawFn) -> list[Terms]:
    found = []
    for number, shape in enumerate(draw(st.lists(st.one_of(*_LAYERED), max_size=7))):
        more = dict(shape)
        excludes = draw(st.frozensets(st.sampled_from(LAYERS), max_size=2))
        made = terms(f"ofr_{number}", more.pop("kind"), *more.pop("steps", []), **more)
        minimum = draw(st.sampled_from([0, 0, 100, 500]))
        found.append(replace(made, excludes=excludes - {made.layer}, minimum_spend=minimum))
    return found


def brute_force(items: list[Item], among: Sequence[Terms], means: Means) -> Price:
    """Every subset that its pairs allow, priced as a whole."""
    found = []
    for size in range(len(among) + 1):
        for chosen in itertools.combinations(among, size):
            pairs = itertools.combinations(chosen, 2)
            if all(a.layer != b.layer and a.layer not in b.excludes and b.layer not in a.excludes for a, b in pairs):
                priced = apply(items, chosen, means, "ticket")
                if len(priced.lines) == size:  # what gives nothing is no offer used
                    found.append(priced)
    return min(found, key=rank)


@settings(max_examples=400, deadline=None)
@given(
    prices=st.lists(st.integers(1, 600), min_size=1, max_size=3),
    among=offers(),
    points=st.integers(0, 300),
    packet=st.integers(0, 300),
)
@example(prices=[500], among=[], points=0, packet=0)
def test_the_best_is_what_brute_force_finds_and_every_fen_has_a_funder(
    prices: list[int], among: list[Terms], points: int, packet: int
) -> None:
    means = Means(points=points, packets={one.id: packet for one in among})
    found = best(basket(*prices), among, means, "ticket")
    assert rank(found) == rank(brute_force(basket(*prices), among, means))
    assert found.own + sum(found.funded.values()) == found.price == sum(prices)
    assert found.own + sum(part.value for part in found.parts) == found.settlement == sum(found.settled_items)
    assert found.own >= (0 if any(line.terms.allows_zero for line in found.lines) else 1)
    assert len(found.parts) <= 3
    assert all(sum(line.shares) == line.value for line in found.lines)


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        (terms("a", "discount", pay_bp=10_000), "pay_bp"),
        (terms("a", "discount", pay_bp=8_800, layer=Layer.REDUCTION), "layer"),
        (terms("a", "reduction", (100, 101)), "steps"),
        (terms("a", "reduction", (200, 20), (100, 30)), "steps"),
        (terms("a", "reduction"), "steps"),
        (terms("a", "instant", (1, 1)), "steps"),
        (terms("a", "reduction", (100, 10), (200, 20), repeats=True), "repeats"),
        (terms("a", "random", low=2, high=1), "high"),
        (terms("a", "member-price"), "prices"),
        (terms("a", "points", prices={"x": 1}), "prices"),
        (terms("a", "instant", (0, 1), allows_zero=True), "allows_zero"),
        (terms("a", "points", excludes=frozenset({Layer.POINTS})), "excludes"),
    ],
)
def test_terms_that_do_not_fit_their_kind_are_named(wrong: Terms, field: str) -> None:
    assert wrong_terms(wrong) == field


def test_the_vectors_terms_fit_their_kinds() -> None:
    assert [wrong_terms(one) for one in VECTOR] == [None] * 5
    assert {one.kind for one in VECTOR} < set(Kind)
