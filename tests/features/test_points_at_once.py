"""Several gateway processes at once: what one has spent and not yet committed, no other spends."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from pswallet.kit.db import Sessions, transaction
from pswallet.kit.problems import Problem
from pswallet.points import service
from tests.features.points import DAY, MINUTE, NOON, Till
from tests.locks import until_they_wait
from tests.parts import Person

PING, HUA = Person("ping"), Person("hua")
AT = NOON + MINUTE
Act = Callable[[Session], Any]


@pytest.fixture
def till(sessions: Sessions) -> Till:
    till = Till(sessions)
    till.buy(PING, "a", 60_000)
    till.buy(HUA, "a", 60_000)
    till.run(lambda session: service.offer_reward(session, title="擂茶", points=400, stock=9, level=0))
    return till


def reserve(quote: str, person: Person = PING) -> Act:
    def act(session: Session) -> None:
        service.reserve(session, quote, account=person.address, points=400, until=AT + 5 * MINUTE, now=AT)

    return act


def redeem(session: Session) -> None:
    (reward,) = service.rewards(session)
    service.redeem(session, reward.id, account=PING.address, now=AT)


def commit(order: str) -> Act:
    return lambda session: service.commit(session, "quote", order=order, until=AT + DAY, now=AT)


def outcome(till: Till, act: Act) -> str:
    try:
        till.run(act)
    except Problem as problem:
        return type(problem).__name__
    return "done"


@pytest.mark.parametrize("first", [reserve("quote"), redeem], ids=["quote", "reward"])
@pytest.mark.parametrize("second", [reserve("other quote"), redeem], ids=["quote", "reward"])
def test_points_that_another_process_is_spending_are_not_spent_again(till: Till, first: Act, second: Act) -> None:
    with ThreadPoolExecutor(1) as process, transaction(till.sessions) as here:
        first(here)
        other = process.submit(outcome, till, second)
        until_they_wait(till.sessions, other)
        here.commit()
        assert other.result() == "PointsInsufficient"
    assert till.free(PING, at=AT) == 200


def test_a_quote_that_another_process_is_taking_into_an_order_goes_into_no_second_one(till: Till) -> None:
    till.run(reserve("quote"))
    with ThreadPoolExecutor(1) as process, transaction(till.sessions) as here:
        commit("b")(here)
        other = process.submit(outcome, till, commit("c"))
        until_they_wait(till.sessions, other)
        here.commit()
        assert other.result() == "PointsHoldLapsed"
    assert till.summary(PING, at=NOON + 20 * MINUTE).held == 400


def test_what_another_process_gave_up_is_free_for_the_next(till: Till) -> None:
    with ThreadPoolExecutor(1) as process, transaction(till.sessions) as here:
        reserve("quote")(here)
        other = process.submit(outcome, till, reserve("other quote"))
        until_they_wait(till.sessions, other)
        here.rollback()
        assert other.result() == "done"


def test_different_people_wait_for_nobody(till: Till) -> None:
    with transaction(till.sessions) as here:
        reserve("quote")(here)
        with transaction(till.sessions) as there:
            there.execute(text("SET LOCAL lock_timeout = '1ms'"))
            reserve("other quote", HUA)(there)
