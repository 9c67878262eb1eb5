"""The drawn distribution, at the published size: every sum is the published one, nobody spends what no one could."""

from collections import defaultdict
from itertools import pairwise

import pytest

from pswallet.replay.drawing import LEAST_FEN, MOST_OWN_FEN, MOST_PAYMENTS, Draw, Payment, cut, day_of, draw
from pswallet.replay.facts import END, LUOHU, START

SEEDS = (1, 20_201_012)


@pytest.fixture(scope="module", params=SEEDS)
def drawn(request: pytest.FixtureRequest) -> Draw:
    return draw(LUOHU, request.param)


@pytest.fixture(scope="module")
def by_person(drawn: Draw) -> dict[int, list[Payment]]:
    """Each person's payments in the order of their times."""
    found: dict[int, list[Payment]] = defaultdict(list)
    for payment in drawn.payments:
        found[payment.person].append(payment)
    return found


def test_the_published_totals_are_the_sums_of_what_was_drawn(drawn: Draw):
    assert len(set(drawn.claimers)) == len(drawn.claimers) == 47_573
    assert len(drawn.payments) == 62_788
    assert sum(payment.value_fen for payment in drawn.payments) == 876_400_000
    assert {payment.shop for payment in drawn.payments} == set(range(3_389))


def test_the_budget_is_what_was_spent_and_what_went_back():
    assert LUOHU.budget_fen == 1_000_000_000 == LUOHU.spent_fen + LUOHU.returned_fen


def test_nobody_spends_more_than_a_red_packet_nor_without_having_claimed_one(by_person: dict, drawn: Draw):
    spent = {person: sum(payment.value_fen for payment in payments) for person, payments in by_person.items()}
    assert max(spent.values()) == LUOHU.face_fen
    assert set(spent) <= set(drawn.claimers) <= set(range(LUOHU.people))


def test_own_money_is_added_only_to_the_payment_that_empties_the_red_packet(by_person: dict):
    for payments in by_person.values():
        left = LUOHU.face_fen
        for payment in payments:
            left -= payment.value_fen
            assert not payment.own_fen or left == 0


def test_each_payment_is_within_its_bounds(by_person: dict):
    for payments in by_person.values():
        assert len(payments) <= MOST_PAYMENTS
        assert all(payment.value_fen >= LEAST_FEN and 0 <= payment.own_fen <= MOST_OWN_FEN for payment in payments)


def test_every_payment_falls_between_the_first_evening_and_the_last_midnight(drawn: Draw):
    moments = [payment.at for payment in drawn.payments]
    assert moments == sorted(moments)
    assert moments[0] >= START
    assert moments[-1] < END
    days = drawn.days()
    assert [day_of(day[0].at) for day in days] == [f"2020-10-{day}" for day in range(12, 19)]
    assert sum(len(day) for day in days) == len(drawn.payments)
    assert all(before[-1].at < after[0].at for before, after in pairwise(days))


def test_the_same_seed_draws_the_same_and_another_draws_something_else():
    totals = LUOHU.scaled(0.01)
    assert draw(totals, 7) == draw(totals, 7)
    assert draw(totals, 7).payments != draw(totals, 8).payments


@pytest.mark.parametrize("scale", [1.0, 0.1, 0.01, 0.001])
def test_every_scale_keeps_its_own_totals(scale: float):
    totals = LUOHU.scaled(scale)
    drawn = draw(totals, 3)
    assert len(drawn.payments) == totals.payments
    assert sum(payment.value_fen for payment in drawn.payments) == totals.spent_fen
    assert len(drawn.claimers) == totals.claimed


@pytest.mark.parametrize("scale", [0.0, -1.0, 1.01, 0.000_03])
def test_a_scale_that_makes_no_campaign_is_refused(scale: float):
    with pytest.raises(ValueError, match="scale"):
        LUOHU.scaled(scale)


def test_a_sum_is_cut_below_the_caps_to_the_last_fen():
    assert cut(10, [1.0, 1.0, 1.0], [10, 10, 10]) == [4, 3, 3]
    assert cut(10, [1.0, 1.0, 1.0], [2, 3, 5]) == [2, 3, 5]
    assert cut(0, [1.0], [5]) == [0]


def test_a_sum_that_is_larger_than_the_caps_is_refused():
    with pytest.raises(ValueError, match="does not fit"):
        cut(11, [1.0, 1.0], [5, 5])
