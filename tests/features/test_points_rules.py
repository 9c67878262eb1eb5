"""What points are worth: earning, clawing back, their end, the tiers, the revenue of a sale."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pswallet.kit.money import Fen
from pswallet.points import rules
from pswallet.points.rules import History, Purchase, Refund

DAY = timedelta(days=1)
NOON = datetime(2026, 11, 25, 4, tzinfo=UTC)


@pytest.mark.parametrize(("fen", "points"), [(0, 1), (50, 1), (199, 1), (200, 2), (5_764, 57), (10_000, 100)])
def test_a_purchase_earns_a_point_a_yuan_of_own_money_and_one_at_least(fen: int, points: int) -> None:
    assert rules.earned(fen) == points


@given(paid=st.integers(1, 10**9), steps=st.lists(st.integers(1, 10**6), max_size=8))
def test_what_refunds_claw_back_sums_up_however_they_are_cut(paid: int, steps: list[int]) -> None:
    points, refunded, gone = rules.earned(paid), 0, 0
    for step in [*steps, paid]:
        step = min(step, paid - refunded)
        before = rules.clawed_back(points, paid=paid, refunded=refunded)
        refunded += step
        taken = rules.clawed_back(points, paid=paid, refunded=refunded) - before
        assert taken >= 0
        gone += taken
        assert gone * paid <= points * refunded, "never more than its share"
    assert (refunded, gone) == (paid, points), "a whole refund leaves nothing earned"


@pytest.mark.parametrize(
    ("at", "end"),
    [
        ("2026-12-31T15:59:59+00:00", "2028-01-01T00:00:00+08:00"),  # still 2026 in Shenzhen
        ("2026-12-31T16:00:00+00:00", "2029-01-01T00:00:00+08:00"),  # 2027 there
    ],
)
def test_points_last_through_the_next_calendar_year_of_shanghai(at: str, end: str) -> None:
    assert rules.end_of_points(datetime.fromisoformat(at)) == datetime.fromisoformat(end)


def test_reminders_are_due_30_and_7_days_and_a_day_before_the_end() -> None:
    end = rules.end_of_points(NOON)
    second = timedelta(seconds=1)
    due = {days: rules.reminder_due(end, now=end - days * DAY) for days in (30, 7, 1)}
    assert due == {30: 30 * DAY, 7: 7 * DAY, 1: DAY}
    early = [rules.reminder_due(end, now=end - days * DAY - second) for days in (30, 7, 1)]
    assert early == [None, 30 * DAY, 7 * DAY]
    assert rules.reminder_due(end, now=end) is None


# --- tiers ---


def bought(*purchases: tuple[datetime, int]) -> History:
    return History(
        [
            Purchase(order=f"{place}", at=at, earned=earned, points_paid=0, ends_at=rules.end_of_points(at))
            for place, (at, earned) in enumerate(purchases)
        ]
    )


@pytest.mark.parametrize(
    ("growth", "name"),
    [(999, "乡亲"), (1_000, "围屋"), (4_999, "围屋"), (5_000, "麒麟"), (19_999, "麒麟"), (20_000, "大万")],
)
def test_growth_lifts_to_a_tier_at_once(growth: int, name: str) -> None:
    assert rules.standing(bought((NOON, growth)), at=NOON).tier.name == name


def test_growth_is_that_of_twelve_months_and_not_a_second_more() -> None:
    history = bought((NOON, 1_500))
    later = NOON.replace(year=2027)
    assert rules.standing(history, at=later - timedelta(seconds=1)).growth == 1_500
    assert rules.standing(history, at=later).growth == 0


def test_a_tier_falls_by_one_step_a_review_on_the_first_of_a_month() -> None:
    history = bought((NOON, 20_000))
    levels = [
        rules.standing(history, at=datetime.fromisoformat(f"{when}T00:00:00+08:00")).level
        for when in ("2027-11-30", "2027-12-01", "2027-12-31", "2028-01-01", "2028-02-01", "2028-03-01")
    ]
    assert levels == [3, 2, 2, 1, 0, 0]


def test_a_tier_is_kept_by_who_goes_on_buying() -> None:
    history = bought((NOON, 20_000), (NOON.replace(year=2027, month=6), 5_000))
    assert rules.standing(history, at=datetime(2028, 5, 1, tzinfo=UTC)).level == 2


def test_what_was_refunded_never_lifted_anybody() -> None:
    (purchase,) = bought((NOON, 20_000)).purchases
    refund = Refund(order=purchase.order, at=NOON + DAY, clawed_back=20_000, returned=0)
    history = History([purchase], [refund])
    assert rules.standing(history, at=NOON).level == 3
    assert rules.standing(history, at=NOON + DAY) == rules.Standing(0, 0)


def test_no_balance_lifts_anybody() -> None:
    old = bought((NOON, 20_000))
    at = NOON + 366 * DAY
    assert rules.fold(old, at=at).free == 20_000
    assert rules.standing(old, at=at).growth == 0


# --- revenue ---


def test_a_sale_of_100_yuan_with_100_points_is_99_21_now_and_0_79_later() -> None:
    """The vector of IFRS 15 B39 to B43: 80 % of the points are expected to be used."""
    assert rules.split_revenue(Fen(10_000), 100, used_percent=80) == rules.Revenue(Fen(9_921), Fen(79))


def test_no_points_or_none_used_defer_nothing() -> None:
    assert rules.split_revenue(Fen(10_000), 0, used_percent=80).deferred == 0
    assert rules.split_revenue(Fen(10_000), 100, used_percent=0).deferred == 0


@given(price=st.integers(1, 10**12), points=st.integers(0, 10**10), used=st.integers(0, 100))
def test_now_and_later_are_the_price(price: int, points: int, used: int) -> None:
    found = rules.split_revenue(Fen(price), points, used_percent=used)
    assert found.now + found.deferred == price
    assert found.now >= 0
    assert found.deferred >= 0


@pytest.mark.parametrize(("price", "points", "used"), [(0, 1, 80), (1, -1, 80), (1, 1, 101), (1, 1, -1)])
def test_no_split_of_nonsense(price: int, points: int, used: int) -> None:
    with pytest.raises(ValueError, match="no split"):
        rules.split_revenue(Fen(price), points, used_percent=used)
