"""A person's books: what ends first is spent first, and nothing is lost between two books, whatever happens when."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from pswallet.points import rules
from pswallet.points.rules import BOOKS, Book, Books, History, Hold, Period, Purchase, Redemption, Refund

NOON = datetime(2026, 11, 25, 4, tzinfo=UTC)
HOUR, DAY, YEAR = timedelta(hours=1), timedelta(days=1), timedelta(days=365)
END = rules.end_of_points(NOON)
LATER_END = rules.end_of_points(NOON + YEAR)
SECOND = timedelta(seconds=1)
AT_ONCE = timedelta(microseconds=1)


def buy(order: str, earned: int, at: datetime = NOON, *, points: int = 0) -> Purchase:
    return Purchase(order=order, at=at, earned=earned, points_paid=points, ends_at=rules.end_of_points(at))


def refund(order: str, clawed: int, at: datetime, *, returned: int = 0) -> Refund:
    return Refund(order=order, at=at, clawed_back=clawed, returned=returned)


def take(points: int, at: datetime, name: str = "red") -> Redemption:
    return Redemption(id=name, at=at, points=points)


def books(*happened: Any, at: datetime) -> Books:
    kinds = (Purchase, Refund, Hold, Redemption)
    return rules.fold(History(*[[one for one in happened if isinstance(one, kind)] for kind in kinds]), at=at)


def lots(found: Books) -> dict[datetime, int]:
    return {lot.ends_at: lot.points for lot in found.lots}


def sums(found: Books) -> Counter[Book]:
    total: Counter[Book] = Counter()
    for move in found.movements:
        source, target = BOOKS[move.kind]
        total[source] -= move.points
        total[target] += move.points
    return total


def test_what_ends_first_is_spent_first() -> None:
    old, new = buy("old", 100), buy("new", 100, NOON + YEAR)
    found = books(new, old, take(120, NOON + YEAR + HOUR), at=NOON + YEAR + DAY)
    assert lots(found) == {LATER_END: 80}


def test_points_can_be_spent_in_the_last_second_and_are_gone_in_the_next() -> None:
    assert books(buy("a", 100), at=END - AT_ONCE).free == 100
    found = books(buy("a", 100), at=END)
    assert (found.free, sums(found)[Book.EXPIRED]) == (0, 100)


def test_a_hold_keeps_points_and_gives_them_back_at_its_end() -> None:
    hold = Hold(id="quote", at=NOON + HOUR, points=60, until=NOON + 2 * HOUR)
    during, after = (books(buy("a", 100), hold, at=at) for at in (hold.until - AT_ONCE, hold.until))
    assert (during.free, during.held) == (40, 60)
    assert (after.free, after.held) == (100, 0)


def test_a_paid_order_takes_what_was_held_for_it_and_nothing_more() -> None:
    hold = Hold(id="quote", at=NOON + HOUR, points=60, until=NOON + 2 * HOUR, order="b")
    found = books(buy("a", 100), hold, buy("b", 7, NOON + HOUR + SECOND, points=60), at=NOON + DAY)
    assert (found.free, found.held, sums(found)[Book.SPENT]) == (47, 0, 60)


def test_an_order_that_is_paid_after_its_hold_lapsed_takes_points_all_the_same() -> None:
    hold = Hold(id="quote", at=NOON + HOUR, points=60, until=NOON + 2 * HOUR, order="b")
    found = books(buy("a", 100), hold, buy("b", 7, NOON + 3 * HOUR, points=60), at=NOON + DAY)
    assert (found.free, found.held, sums(found)[Book.SPENT]) == (47, 0, 60)


def test_an_order_that_is_paid_with_fewer_points_than_were_held_frees_the_rest() -> None:
    hold = Hold(id="quote", at=NOON + HOUR, points=60, until=NOON + 2 * HOUR, order="b")
    found = books(buy("a", 100), hold, buy("b", 1, NOON + HOUR + SECOND, points=50), at=NOON + DAY)
    assert (found.free, found.held) == (51, 0)


def test_a_hold_outlives_the_end_of_its_points_but_what_it_frees_then_is_gone() -> None:
    hold = Hold(id="quote", at=END - SECOND, points=60, until=END + HOUR)
    during, after = (books(buy("a", 100), hold, at=at) for at in (END, END + HOUR))
    assert (during.free, during.held) == (0, 60)
    assert (after.free, after.held, sums(after)[Book.EXPIRED]) == (0, 0, 100)


def test_a_whole_refund_takes_all_that_was_earned_and_returns_what_was_paid_in_points() -> None:
    order = buy("b", 7, NOON + HOUR, points=60)
    found = books(buy("a", 100), order, refund("b", 7, NOON + DAY, returned=60), at=NOON + DAY)
    assert (found.free, lots(found)) == (100, {END: 100})


def test_returned_points_end_when_they_would_have_ended() -> None:
    order = buy("b", 1, END - HOUR, points=100)
    back = refund("b", 1, END + HOUR, returned=100)
    found = books(buy("a", 100), order, back, at=END + DAY)
    assert (found.free, sums(found)[Book.EXPIRED], sums(found)[Book.SPENT]) == (0, 100, 0)


def test_what_was_spent_of_refunded_points_is_a_debt_that_later_earnings_pay_first() -> None:
    happened = (buy("a", 100), take(80, NOON + HOUR), refund("a", 100, NOON + 2 * HOUR))
    owing = books(*happened, at=NOON + 2 * HOUR)
    assert (owing.free, owing.lots) == (-80, ())
    paid = books(*happened, buy("b", 100, NOON + DAY), at=NOON + DAY)
    assert (paid.free, lots(paid)) == (20, {END: 20})


def test_a_debt_is_paid_by_what_else_one_has_at_once() -> None:
    happened = (buy("a", 100), take(80, NOON + HOUR), buy("b", 50, NOON + 2 * HOUR))
    found = books(*happened, refund("a", 100, NOON + 3 * HOUR), at=NOON + DAY)
    assert (found.free, found.lots) == (-30, ())


def test_what_expired_is_not_taken_a_second_time_by_a_refund() -> None:
    happened = (buy("a", 100), take(30, NOON + HOUR), buy("b", 200, NOON + YEAR))
    found = books(*happened, refund("a", 100, END + DAY), at=END + DAY)
    assert found.free == 200 - 30, "the 70 had expired"
    assert sums(found)[Book.EXPIRED] == 0
    assert sums(found)[Book.CLAWED_BACK] == 100


def test_what_expired_is_forgiven_once_over_several_refunds() -> None:
    happened = (buy("a", 100), take(30, NOON + HOUR))
    parts = (refund("a", 50, END + DAY), refund("a", 50, END + 2 * DAY))
    assert [books(*happened, *parts, at=END + days * DAY).free for days in (1, 2)] == [0, -30]


def test_points_that_come_back_in_the_instant_of_their_end_are_gone() -> None:
    hold = Hold(id="quote", at=END - HOUR, points=60, until=END)
    found = books(buy("a", 100), hold, at=END)
    assert (found.balance, found.lots, sums(found)[Book.EXPIRED]) == (0, (), 100)


def test_nothing_is_held_for_an_order_that_is_paid_already() -> None:
    hold = Hold(id="quote", at=NOON + 2 * HOUR, points=60, until=NOON + DAY, order="b")
    found = books(buy("a", 100), buy("b", 7, NOON + HOUR, points=60), hold, at=NOON + 3 * HOUR)
    assert (found.free, found.held) == (47, 0)


def test_refunds_in_parts_return_all_that_was_paid_in_points() -> None:
    parts = [refund("b", 0, NOON + days * DAY, returned=20) for days in (1, 2, 3)]
    happened = (buy("a", 100), buy("b", 1, NOON + HOUR, points=60), *parts)
    assert [books(*happened, at=NOON + days * DAY).free for days in (0, 1, 2, 3)] == [100, 61, 81, 101]


def test_points_that_were_spent_before_they_were_earned_after_all_end_as_if_in_order() -> None:
    """A reorganisation moved the purchase behind the redemption."""
    found = books(take(80, NOON), buy("a", 100, NOON + HOUR), at=NOON + DAY)
    assert (found.free, lots(found)) == (20, {END: 20})


# --- any history ---

MOMENTS = st.integers(0, 3 * 365 * 24).map(lambda hours: NOON + hours * HOUR)
ORDERS = st.sampled_from([f"order {place}" for place in range(8)])


@st.composite
def history(draw: st.DrawFn) -> History:
    """Whatever may happen, in an order that need not make sense: a reorganisation moves purchases."""
    names = draw(st.lists(ORDERS, unique=True, max_size=6))
    purchases = [
        buy(name, draw(st.integers(1, 300)), draw(MOMENTS), points=draw(st.integers(0, 200))) for name in names
    ]
    refunds = []
    for purchase in purchases:
        for part in range(draw(st.integers(0, 2))):
            share = (purchase.earned // 2, purchase.earned - purchase.earned // 2)[part]
            back = (purchase.points_paid // 2, purchase.points_paid - purchase.points_paid // 2)[part]
            at = purchase.at + draw(st.integers(1, 20_000)) * HOUR
            refunds.append(refund(purchase.order, share, at, returned=back))
    holds = [
        Hold(
            id=f"quote {place}",
            at=(at := draw(MOMENTS)),
            points=draw(st.integers(1, 200)),
            until=at + draw(st.integers(0, 48)) * HOUR,
            order=draw(st.none() | ORDERS),
        )
        for place in range(draw(st.integers(0, 4)))
    ]
    taken = [take(draw(st.integers(1, 200)), draw(MOMENTS), f"red {n}") for n in range(draw(st.integers(0, 4)))]
    return History(purchases, refunds, _one_an_order(holds), taken)


def _one_an_order(holds: list[Hold]) -> list[Hold]:
    seen: set[str | None] = set()
    found = []
    for hold in holds:
        if hold.order is None or hold.order not in seen:
            found.append(hold)
        seen.add(hold.order)
    return found


@given(history=history(), at=MOMENTS)
def test_every_point_is_in_one_book_and_the_books_are_what_the_lots_say(history: History, at: datetime) -> None:
    found = rules.fold(history, at=at)
    total = sums(found)
    assert sum(total.values()) == 0
    assert (total[Book.FREE], total[Book.HELD]) == (found.free, found.held)
    assert all(total[book] >= 0 for book in (Book.HELD, Book.SPENT, Book.REDEEMED, Book.EXPIRED, Book.CLAWED_BACK))
    assert -total[Book.ISSUED] == sum(one.earned for one in history.purchases if one.at <= at)
    assert found.free >= 0 or not found.lots, "a debt leaves nothing to spend"
    assert all(lot.points > 0 and lot.ends_at > at for lot in found.lots)
    assert [move.at for move in found.movements] == sorted(move.at for move in found.movements)


@given(history=history())
def test_in_the_end_every_point_is_used_expired_or_clawed_back(history: History) -> None:
    at = NOON + 20 * YEAR
    found = rules.fold(history, at=at)
    assert (found.held, found.lots) == (0, ())
    known = {one.order for one in history.purchases}
    clawed = sum(one.clawed_back for one in history.refunds if one.order in known)
    assert sums(found)[Book.CLAWED_BACK] == clawed
    spent = sum(one.points_paid for one in history.purchases)
    assert sums(found)[Book.SPENT] == spent - sum(one.returned for one in history.refunds)
    redeemed = sum(one.points for one in history.redemptions)
    assert sums(found)[Book.REDEEMED] == redeemed


@given(history=history(), seed=st.randoms())
def test_the_order_of_rows_makes_no_odds(history: History, seed: Any) -> None:
    def shuffled(rows: Any) -> list[Any]:
        return seed.sample(list(rows), len(rows))

    other = History(*[shuffled(rows) for rows in (history.purchases, history.refunds, history.holds)], ())
    same = History(history.purchases, history.refunds, history.holds, ())
    at = NOON + 2 * YEAR
    assert rules.fold(other, at=at).balance == rules.fold(same, at=at).balance


@given(history=history(), first=MOMENTS, second=MOMENTS)
def test_opening_and_what_came_less_what_went_is_closing(history: History, first: datetime, second: datetime) -> None:
    start, end = sorted((first, second))
    movements = rules.fold(history, at=NOON + 20 * YEAR).movements
    told = rules.statement(movements, period=Period(start, end))
    assert told.opening + told.came_in - told.went_out == told.closing
    assert told.opening == rules.fold(history, at=start - AT_ONCE).balance
    assert told.closing == rules.fold(history, at=end - AT_ONCE).balance
    assert sum(line.delta for line in told.lines) == told.closing - told.opening
