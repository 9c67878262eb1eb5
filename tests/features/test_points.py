"""Points inside the database: earned by the event alone, kept for quotes, spent once however many spend at once."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError, IntegrityError

from pswallet.kit.db import Sessions
from pswallet.kit.problems import Problem
from pswallet.notifications.models import OffChainNotification
from pswallet.points import projection, service
from pswallet.points.errors import (
    PointsHoldLapsed,
    PointsInsufficient,
    RewardExhausted,
    RewardTierTooLow,
    RewardUnknown,
)
from pswallet.points.rules import end_of_points
from tests.features.points import DAY, MINUTE, NOON, Till
from tests.parts import Person

PING, HUA = Person("ping"), Person("hua")


@pytest.fixture
def till(sessions: Sessions) -> Till:
    return Till(sessions)


def offer(till: Till, *, points: int = 10, stock: int = 5, level: int = 0) -> str:
    return till.run(
        lambda session: service.offer_reward(session, title="客家擂茶", points=points, stock=stock, level=level)
    ).id


def redeem(till: Till, person: Person, reward: str, at: Any = NOON + DAY) -> service.Redeemed:
    return till.run(lambda session: service.redeem(session, reward, account=person.address, now=at))


# --- earning ---


def test_a_paid_order_earns_once_however_often_it_is_told(till: Till) -> None:
    told = till.buy(PING, "a", 5_764)
    till.run(lambda session: projection.on_order_paid(session, [told, told]))
    assert till.free(PING) == 57


def test_nothing_is_earned_before_the_order_is_paid(till: Till) -> None:
    assert till.free(PING) == 0
    till.buy(PING, "a", 100)
    assert till.free(PING, at=NOON - DAY) == 0
    assert till.free(PING, at=NOON) == 1


def test_two_payers_of_one_order_both_earn_until_one_is_refunded(till: Till) -> None:
    first, second = till.buy(PING, "a", 1_000), till.buy(HUA, "a", 1_000)
    assert (till.free(PING), till.free(HUA)) == (10, 10)
    till.refund(second, 1_000)
    assert (till.free(PING), till.free(HUA)) == (10, 0)
    assert first.order == second.order


@pytest.mark.parametrize("parts", [[5_764], [64, 5_700], [1_000, 1_000, 3_764], [1, 1, 5_762]])
def test_a_whole_refund_leaves_nothing_earned_in_however_many_parts(till: Till, parts: list[int]) -> None:
    order = till.buy(PING, "a", 5_764)
    for part in parts:
        till.refund(order, part)
    assert till.free(PING) == 0


def test_a_refund_that_is_told_twice_takes_once(till: Till) -> None:
    order = till.buy(PING, "a", 1_000)
    told = till.refund(order, 500)
    till.run(lambda session: projection.on_order_refunded(session, [told, told]))
    assert till.free(PING) == 5


def test_an_order_without_own_money_earns_one_point_until_all_of_it_is_given_back(till: Till) -> None:
    order = till.buy(PING, "a", 0, amount_fen=900)
    assert till.free(PING) == 1
    till.refund(order, 0, amount_fen=899)
    assert till.free(PING) == 1
    till.refund(order, 0, amount_fen=1)
    assert till.free(PING) == 0


def test_a_refund_of_an_order_that_nobody_paid_does_nothing(till: Till) -> None:
    till.refund(till.paid(PING, "never", 100), 100)
    assert till.free(PING) == 0


# --- a part of a price ---


def test_points_are_kept_for_a_quote_then_for_its_order_and_taken_when_it_is_paid(till: Till) -> None:
    till.buy(PING, "a", 60_000)
    till.reserve(PING, "quote", 500)
    at = NOON + 2 * MINUTE
    till.run(lambda session: service.commit(session, "quote", order="b", until=at + DAY, now=at))
    kept = till.summary(PING, at=NOON + 20 * MINUTE)
    assert (kept.free, kept.held) == (100, 500)
    till.buy(PING, "b", 7_764, amount_fen=8_264, points=500, at=NOON + 21 * MINUTE)
    paid = till.summary(PING, at=NOON + 2 * DAY)
    assert (paid.free, paid.held) == (177, 0)


@pytest.mark.parametrize(("after", "free"), [(5 * MINUTE - timedelta(seconds=1), 100), (5 * MINUTE, 600)])
def test_a_quote_keeps_points_for_its_five_minutes_and_no_longer(till: Till, after: timedelta, free: int) -> None:
    till.buy(PING, "a", 60_000)
    till.reserve(PING, "quote", 500)
    assert till.free(PING, at=NOON + MINUTE + after) == free


def test_released_points_are_free_at_once(till: Till) -> None:
    till.buy(PING, "a", 60_000)
    till.reserve(PING, "quote", 500)
    for _ in range(2):
        till.run(lambda session: service.release(session, "quote", now=NOON + 2 * MINUTE))
    assert till.free(PING, at=NOON + 2 * MINUTE) == 600


def test_a_lapsed_or_released_quote_cannot_go_into_an_order(till: Till) -> None:
    till.buy(PING, "a", 60_000)
    for quote in ("lapsed", "released", "used"):
        till.reserve(PING, quote, 100)
    till.run(lambda session: service.release(session, "released", now=NOON + 2 * MINUTE))

    def commit(quote: str, *, at: Any, order: str = "b") -> None:
        till.run(lambda session: service.commit(session, quote, order=order, until=at + DAY, now=at))

    commit("used", at=NOON + 2 * MINUTE, order="c")
    commit("used", at=NOON + 2 * MINUTE, order="c")  # twice does nothing
    for quote, at in (("lapsed", 6), ("released", 2), ("used", 2), ("never", 2)):
        with pytest.raises(PointsHoldLapsed):
            commit(quote, at=NOON + at * MINUTE)
    commit("lapsed", at=NOON + 6 * MINUTE - timedelta(seconds=1))  # the last second


def test_the_same_quote_keeps_points_once(till: Till) -> None:
    till.buy(PING, "a", 60_000)
    for _ in range(2):
        till.reserve(PING, "quote", 500)
    assert till.summary(PING, at=NOON + 2 * MINUTE).held == 500


@pytest.mark.parametrize("points", [0, -1])
def test_no_hold_of_nothing_or_less(till: Till, points: int) -> None:
    with pytest.raises(ValueError, match="are no hold"):
        till.reserve(PING, "quote", points)


def test_all_points_can_be_kept_and_not_one_more(till: Till) -> None:
    till.buy(PING, "a", 60_000)
    with pytest.raises(PointsInsufficient) as refused:
        till.reserve(PING, "more", 601)
    assert refused.value.details == {"points": 601, "free": 600}
    till.reserve(PING, "all", 600)


def test_expired_points_are_not_to_be_spent(till: Till) -> None:
    till.buy(PING, "a", 60_000)
    with pytest.raises(PointsInsufficient):
        till.reserve(PING, "late", 1, at=end_of_points(NOON))
    till.reserve(PING, "last", 600, at=end_of_points(NOON) - timedelta(seconds=1))


# --- several at once ---


def at_once(count: int, act: Any) -> list[str]:
    """Run `act` with 0 … count - 1 at the same time; return what became of each, by name."""

    def outcome(number: int) -> str:
        try:
            act(number)
        except Problem as problem:
            return type(problem).__name__
        return "done"

    with ThreadPoolExecutor(20) as threads:
        return list(threads.map(outcome, range(count)))


def test_points_that_are_spent_twice_at_once_are_spent_once(till: Till) -> None:
    till.buy(PING, "a", 60_000)
    found = at_once(20, lambda number: till.reserve(PING, f"quote {number}", 400))
    assert sorted(found) == ["PointsInsufficient"] * 19 + ["done"]
    assert till.free(PING, at=NOON + 2 * MINUTE) == 200


def test_a_quote_and_a_reward_do_not_spend_the_same_points(till: Till) -> None:
    till.buy(PING, "a", 60_000)
    reward = offer(till, points=400, stock=50)

    def spend(number: int) -> None:
        if number % 2:
            till.reserve(PING, f"quote {number}", 400)
        else:
            redeem(till, PING, reward, NOON + MINUTE)

    assert sorted(at_once(10, spend)) == ["PointsInsufficient"] * 9 + ["done"]


def test_stock_never_falls_below_zero_under_200_requests_at_once(till: Till) -> None:
    people = [Person(f"member {number}") for number in range(200)]
    orders = [till.paid(person, "a", 10_000) for person in people]
    till.run(lambda session: projection.on_order_paid(session, orders))
    reward = offer(till, points=100, stock=7)
    found = at_once(200, lambda number: redeem(till, people[number], reward))
    assert sorted(found) == ["RewardExhausted"] * 193 + ["done"] * 7
    (left,) = till.run(service.rewards)
    assert left.stock == 0
    assert sum(till.free(person) == 0 for person in people) == 7, "who got none keeps the points"


def test_the_database_itself_refuses_a_stock_below_zero(till: Till) -> None:
    offer(till)
    with pytest.raises(IntegrityError, match="ck_points_rewards_stock"):
        till.run(lambda session: session.execute(text("UPDATE points_rewards SET stock = -1")))


# --- rewards ---


def test_a_reward_costs_its_points_and_is_listed(till: Till) -> None:
    till.buy(PING, "a", 2_500)
    reward = offer(till)
    taken = [redeem(till, PING, reward) for _ in range(2)]
    assert (till.free(PING), till.run(service.rewards)[0].stock) == (5, 3)
    listed = till.run(lambda session: service.redemptions_of(session, PING.address))
    assert listed == taken[::-1]
    with pytest.raises(PointsInsufficient):
        redeem(till, PING, reward)
    assert till.run(service.rewards)[0].stock == 3


def test_an_unknown_or_exhausted_reward_costs_nothing(till: Till) -> None:
    till.buy(PING, "a", 10_000)
    with pytest.raises(RewardUnknown):
        redeem(till, PING, "rwd_none")
    reward = offer(till, stock=1)
    redeem(till, PING, reward)
    with pytest.raises(RewardExhausted):
        redeem(till, PING, reward)
    assert till.free(PING) == 90


def test_a_reward_of_a_higher_tier_is_for_who_has_grown_so_far(till: Till) -> None:
    reward = offer(till, level=1)
    till.buy(PING, "a", 99_900)
    with pytest.raises(RewardTierTooLow):
        redeem(till, PING, reward)
    till.buy(PING, "b", 100)
    assert redeem(till, PING, reward).points == 10


@pytest.mark.parametrize("changed", [{"points": 0}, {"stock": 0}, {"level": 4}, {"level": -1}])
def test_no_reward_of_nonsense(till: Till, changed: dict[str, int]) -> None:
    with pytest.raises(ValueError, match="a reward has"):
        offer(till, **changed)


def test_a_redemption_can_be_neither_changed_nor_deleted(till: Till) -> None:
    till.buy(PING, "a", 10_000)
    redeem(till, PING, offer(till))
    for change in ("UPDATE points_redemptions SET points = 1", "DELETE FROM points_redemptions"):
        with pytest.raises(DBAPIError, match="append-only"):
            till.run(lambda session, change=change: session.execute(text(change)))


# --- reminders ---


def reminded(till: Till, *, at: Any, limit: int = 10) -> int:
    return till.run(lambda session: service.remind_of_ends(session, now=at, limit=limit))


def notices(till: Till) -> list[tuple[str, Any]]:
    rows = till.run(lambda session: session.query(OffChainNotification).order_by(OffChainNotification.id).all())
    return [(row.address, row.body) for row in rows if row.kind == "points-ending"]


def test_people_are_reminded_30_and_7_days_and_a_day_before_once_each(till: Till) -> None:
    till.buy(PING, "a", 10_000)
    till.buy(PING, "b", 10_000, at=NOON + 300 * DAY)
    till.register(PING)
    end = end_of_points(NOON)
    assert reminded(till, at=end - 30 * DAY - timedelta(seconds=1)) == 0
    for days in (30, 7, 1):
        assert [reminded(till, at=end - days * DAY) for _ in range(2)] == [1, 0], days
    assert reminded(till, at=end) == 0
    assert notices(till) == [(PING.address, {"points": 100, "last_day": "2027-12-31"})] * 3


def test_who_has_spent_everything_is_not_reminded(till: Till) -> None:
    till.buy(PING, "a", 10_000)
    till.register(PING)
    redeem(till, PING, offer(till, points=100))
    assert reminded(till, at=end_of_points(NOON) - DAY) == 1
    assert notices(till) == []


def test_a_worker_that_was_away_gives_the_latest_reminder_only(till: Till) -> None:
    till.buy(PING, "a", 10_000)
    till.register(PING)
    assert [reminded(till, at=end_of_points(NOON) - DAY) for _ in range(2)] == [1, 0]
    assert len(notices(till)) == 1


def test_many_people_are_reminded_in_portions(till: Till) -> None:
    for name in ("an", "bo", "chen"):
        till.buy(Person(name), "a", 10_000)
        till.register(Person(name))
    at = end_of_points(NOON) - 7 * DAY
    assert [reminded(till, at=at, limit=2) for _ in range(3)] == [2, 1, 0]
    assert len({address for address, _ in notices(till)}) == 3


def test_who_has_left_is_not_reminded(till: Till) -> None:
    for person in (PING, HUA):
        till.buy(person, "a", 10_000)
    till.register(PING, HUA)
    till.register(HUA, tier=0)
    assert reminded(till, at=end_of_points(NOON) - DAY) == 1
    assert [address for address, _ in notices(till)] == [PING.address]
