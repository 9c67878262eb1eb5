"""A thousand payers at once: no budget below zero, no cap passed, nothing deadlocks, the sums exact."""

import random
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from sqlalchemy import text

from pswallet.kit.problems import Problem
from pswallet.offers.service import MAX_OPEN, QuoteView
from tests.features.market import Market
from tests.features.money import Town, name
from tests.features.offering import EIGHT_EIGHT, EIGHTY_LESS_TEN, terms
from tests.parts import Person

AT_ONCE = 24
"""Threads: as many connections as the pool gives."""


@pytest.fixture
def market(town: Town) -> Market:
    return Market(town)


def outcomes(acts: list[Callable[[], Any]]) -> list[Any]:
    """Do all of them, `AT_ONCE` at a time; anything but a Problem fails the test."""

    def outcome(act: Callable[[], Any]) -> Any:
        try:
            return act()
        except Problem as problem:
            return problem

    with ThreadPoolExecutor(AT_ONCE) as threads:
        return list(threads.map(outcome, acts))


def recounted(market: Market) -> list[tuple[int, int, int, int]]:
    """Each count in all, and the same sums over the lines of quotes that are not released."""
    query = text(
        "SELECT c.uses, c.value_fen, count(q.id), coalesce(sum(l.value_fen) FILTER (WHERE q.id IS NOT NULL), 0)"
        " FROM offer_counts c LEFT JOIN quote_lines l ON l.offer_id = c.offer_id"
        " LEFT JOIN quotes q ON q.id = l.quote_id AND q.status <> 'released'"
        " WHERE c.person = '' AND c.day = '' GROUP BY c.offer_id, c.uses, c.value_fen"
    )
    return market.town.run(lambda session: [tuple(map(int, row)) for row in session.execute(query)])  # type: ignore[misc]


def test_a_thousand_quotes_at_once_pass_no_budget_and_no_cap(market: Market) -> None:
    """250 people ask four times each for two offers: one has money for 300, the other is for each person once."""
    money = market.offer(terms("", "instant", (0, 500)), budget=300 * 500 + 499)
    once = market.offer(EIGHTY_LESS_TEN, per_person=1)
    baskets = [market.ring_up(9_000) for _ in range(4)]
    asked = [(rung, Person(f"payer {number}")) for rung in baskets for number in range(250)]
    random.Random(1).shuffle(asked)
    market.standing = market.now
    found = outcomes([partial(market.quote, rung, one) for rung, one in asked])
    lines = Counter(line.terms.id for one in found if isinstance(one, QuoteView) for line in one.price.lines)
    assert len(found) == 1_000
    assert lines == {money.terms.id: 300, once.terms.id: 250}
    assert market.found(money).taken_fen == 150_000
    assert sorted(recounted(market)) == [(250, 250_000, 250, 250_000), (300, 150_000, 300, 150_000)]


def test_two_hundred_who_name_the_last_of_an_offer_get_it_or_hear_why(market: Market) -> None:
    offer = market.offer(terms("", "instant", (0, 500)), budget=50 * 500, per_person=1)
    rung = market.ring_up(9_000)
    market.standing = market.now
    people = [Person(f"payer {number}") for number in range(200)]
    found = outcomes([partial(market.quote, rung, one, offers=[offer]) for one in people])
    assert Counter(map(name, found)) == {"QuoteView": 50, "OfferExhausted": 150}


def test_quoting_paying_cancelling_and_expiring_at_once_leave_exact_sums(market: Market) -> None:
    """The same offers from all sides, taken in different sets: who locked them in another order would deadlock."""
    for made in (EIGHT_EIGHT, terms("", "reduction", (1_000, 100)), EIGHTY_LESS_TEN, terms("", "cashback", (100, 50))):
        market.offer(made, budget=60_000, per_person=2, per_day=90)
    baskets = [market.ring_up(price) for price in (900, 5_000, 12_000)]
    market.standing = market.now
    people = [Person(f"payer {number}") for number in range(40)]
    first = outcomes([partial(market.quote, rung, one) for one in people for rung in baskets])
    market.standing += timedelta(minutes=4)
    half = [
        partial(market.commit, one, one.id) if place % 4 else partial(market.cancel, one)
        for place, one in enumerate(first[::2])
    ]
    late = [partial(market.quote, baskets[number % 3], Person(f"late {number}")) for number in range(60)]
    assert {name(one) for one in first + outcomes([*half, *late])} == {"QuoteView"}
    market.standing += timedelta(minutes=2)  # the other half is over, what came late is open
    later = [partial(market.quote, baskets[number % 3], Person(f"later {number}")) for number in range(60)]
    releases = [partial(market.release_expired, limit=3)] * 30
    outcomes([act for pair in zip(later, releases * 2, strict=True) for act in pair])
    counted = recounted(market)
    assert len(counted) == 4
    assert all((uses, value) == (lines, sums) for uses, value, lines, sums in counted)


def test_one_payers_quotes_at_once_are_counted_one_after_another(market: Market) -> None:
    baskets = [market.ring_up(900) for _ in range(6)] * 2
    market.standing = market.now
    found = outcomes([partial(market.quote, rung) for rung in baskets])
    assert Counter(map(name, found))["QuoteView"] == MAX_OPEN
    quoted = [one.basket.id for one in found if isinstance(one, QuoteView)]
    assert len(set(quoted)) == MAX_OPEN
