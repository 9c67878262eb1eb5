"""Quotes: what may be asked, what is reserved, committed and released, and each refusal by name."""

from dataclasses import replace
from datetime import timedelta
from functools import partial

import pytest

from pswallet.offers.rules.terms import Funder, Layer, Means
from pswallet.offers.service import MAX_OPEN, QUOTE_FOR, release_order
from pswallet.schedule import Schedule
from tests.features.market import Market, refusal
from tests.features.money import Town
from tests.features.offering import EIGHT_EIGHT, EIGHTY_LESS_TEN, HUNDRED_LESS_TWENTY, PACKET, POINTS, terms
from tests.parts import Person

FIVE_OFF = terms("", "instant", (0, 500))
SECOND = timedelta(seconds=1)


@pytest.fixture
def market(town: Town) -> Market:
    return Market(town)


def test_the_worked_vector_is_quoted_reserved_and_read_back(market: Market) -> None:
    made = [market.offer(one) for one in (EIGHT_EIGHT, HUNDRED_LESS_TWENTY, EIGHTY_LESS_TEN, POINTS, PACKET)]
    means = Means(points=500, packets={made[4].terms.id: 2_000})
    given = market.quote(12_800, means=means)
    assert (given.price.own, given.price.settlement) == (5_764, 9_264)
    assert [one.terms.id for one in given.price.lines] == [one.terms.id for one in made]
    assert [market.found(one).taken_fen for one in made] == [1_536, 2_000, 1_000, 500, 2_000]
    assert given.price.funded[Funder.MERCHANT] == 3_536
    assert [market.read(given, viewer) for viewer in (market.ping, market.shop)] == [given, given]
    assert refusal(lambda: market.read(given, market.city)) == "QuoteUnknown"


def test_the_price_is_the_merchants(market: Market) -> None:
    rung = market.ring_up(1_000)
    assert market.refusal(rung, price=999) == "PriceMismatch"
    assert market.refusal(rung, price=1_000) == "accepted"
    assert market.refusal(replace(rung, id="bsk_no")) == "BasketUnknown"


def test_an_offer_is_good_from_its_first_second_to_its_last(market: Market) -> None:
    offer = market.offer(FIVE_OFF, starts_in_s=60, lasts_s=60)
    seen = []
    for ahead in (59, 60, 119, 120):
        market.ahead = timedelta(seconds=ahead)
        named = market.refusal(1_000, Person(f"payer {ahead}"), offers=[offer])
        seen.append((named, market.quote(900, Person(f"best {ahead}")).price.own))
    assert seen == [("OfferNotBegun", 900), ("accepted", 400), ("accepted", 400), ("OfferExpired", 900)]


def test_a_withdrawn_offer_ends_at_once_and_keeps_what_it_promised(market: Market) -> None:
    offer = market.offer(FIVE_OFF)
    promised = market.quote(1_000)
    for owner, wanted in ((market.ping, "OfferUnknown"), (market.shop, "accepted")):
        assert refusal(partial(market.withdraw, offer, owner)) == wanted
    assert market.refusal(1_000, Person("late"), offers=[offer]) == "OfferExpired"
    assert market.commit(promised).price.own == 500


def test_an_offer_of_another_merchant_is_refused_and_never_chosen(market: Market) -> None:
    (stall,) = market.town.people("stall", tier=5, fen=0)
    offer = market.offer(FIVE_OFF, by=stall)
    assert market.refusal(1_000, offers=[offer]) == "OfferOfAnotherMerchant"
    assert market.quote(1_000).price.own == 1_000
    sponsored = market.offer(EIGHTY_LESS_TEN, merchants=[stall])
    assert market.refusal(9_000, Person("a"), offers=[sponsored]) == "OfferOfAnotherMerchant"
    rung = market.ring_up(9_000, by=stall)
    assert market.quote(rung, Person("a")).price.own == 9_000 - 1_000 - 500


def test_offers_that_do_not_go_together_are_refused_by_name(market: Market) -> None:
    discount, other = market.offer(EIGHT_EIGHT), market.offer(terms("", "discount", pay_bp=9_000))
    alone = market.offer(terms("", "reduction", (100, 10), excludes=frozenset({Layer.DISCOUNT})))
    assert market.refusal(10_000, offers=[discount, other]) == "OffersNotCombinable"
    assert market.refusal(10_000, offers=[alone, discount]) == "OffersNotCombinable"
    assert market.quote(10_000).price.own == 8_800


@pytest.mark.parametrize(("spend", "wanted"), [(9_999, "OfferNotApplicable"), (10_000, "accepted")])
def test_a_named_offer_that_gives_nothing_is_refused(market: Market, spend: int, wanted: str) -> None:
    assert market.refusal(spend, offers=[market.offer(HUNDRED_LESS_TWENTY)]) == wanted


def test_a_member_offer_opens_with_the_tier(market: Market) -> None:
    offer = market.offer(terms("", "instant", (0, 500), member_tier=2))
    assert market.refusal(1_000, offers=[offer], means=Means(member_tier=1)) == "OfferNotApplicable"
    assert market.quote(1_000, offers=[offer], means=Means(member_tier=2)).price.own == 500


def test_a_budget_is_spent_to_its_last_fen_and_not_beyond(market: Market) -> None:
    offer = market.offer(FIVE_OFF, budget=1_000)
    assert [market.quote(900, Person(f"payer {n}")).price.own for n in range(3)] == [400, 400, 900]
    assert market.refusal(900, Person("named"), offers=[offer]) == "OfferExhausted"
    assert market.found(offer).taken_fen == 1_000


def test_a_budget_below_what_an_offer_gives_gives_nothing(market: Market) -> None:
    offer = market.offer(FIVE_OFF, budget=499)
    assert market.quote(900).price.own == 900
    assert market.refusal(900, Person("named"), offers=[offer]) == "OfferExhausted"


def test_when_the_best_is_used_up_the_next_best_is_quoted(market: Market) -> None:
    market.offer(FIVE_OFF, uses=1)
    market.offer(terms("", "reduction", (500, 300)))
    assert [market.quote(900, Person(f"payer {n}")).price.own for n in range(2)] == [400, 600]


@pytest.mark.parametrize(
    ("cap", "allowed", "asked", "prices"),
    [
        ("per_person", 2, [("an", 0), ("an", 1), ("an", 3), ("bo", 3)], [400, 400, 900, 400]),
        ("per_person_a_day", 1, [("an", 0), ("an", 1), ("bo", 1), ("an", 2)], [400, 900, 400, 400]),
        ("per_day", 1, [("an", 0), ("bo", 1), ("bo", 2)], [400, 900, 400]),
        ("uses", 2, [("an", 0), ("bo", 1), ("chen", 3)], [400, 400, 900]),
    ],
)
def test_caps_count_people_and_days_of_shanghai(
    market: Market, cap: str, allowed: int, asked: list[tuple[str, int]], prices: list[int]
) -> None:
    """Asked at so many hours after 22:00 in Shanghai: the second hour begins a day."""
    ten_at_night = market.now.replace(hour=14, minute=0, second=0, microsecond=0) + timedelta(days=1)
    market.offer(FIVE_OFF, lasts_s=3 * 86_400, **{cap: allowed})
    found = []
    for person, hours in asked:
        market.ahead = ten_at_night + timedelta(hours=hours) - market.town.now
        given = market.quote(900, Person(person))
        market.commit(given, given.id)
        found.append(given.price.own)
    assert found == prices


@pytest.mark.parametrize(
    ("cap", "wanted"),
    [
        ("uses", "OfferExhausted"),
        ("per_day", "OfferCapReached"),
        ("per_person", "OfferCapReached"),
        ("per_person_a_day", "OfferCapReached"),
    ],
)
def test_a_cap_that_is_reached_is_named(market: Market, cap: str, wanted: str) -> None:
    offer = market.offer(FIVE_OFF, **{cap: 1})
    assert market.refusal(900, offers=[offer]) == "accepted"
    assert market.refusal(900, offers=[offer]) == wanted


def test_a_quote_is_good_for_five_minutes_of_the_chains_time(market: Market) -> None:
    quotes = [market.quote(1_000, Person(one)) for one in ("an", "bo")]
    market.ahead = quotes[0].expires_at - SECOND - market.town.now
    assert quotes[0].expires_at - quotes[0].created_at == QUOTE_FOR == timedelta(minutes=5)
    assert market.commit(quotes[0], "order 1").status == "committed"
    market.ahead += SECOND
    assert refusal(lambda: market.commit(quotes[1], "order 2")) == "QuoteExpired"


def test_a_quote_is_used_once_and_by_its_payer(market: Market) -> None:
    given = market.quote(1_000)
    assert refusal(lambda: market.commit(given, payer=market.shop)) == "QuoteUnknown"
    assert market.commit(given, "order 1").order_id == "order 1"
    assert market.commit(given, "order 1").status == "committed"  # the same again
    assert refusal(lambda: market.commit(given, "order 2")) == "QuoteAlreadyUsed"
    assert refusal(lambda: market.cancel(given)) == "QuoteAlreadyUsed"


def test_what_is_cancelled_is_free_again_once(market: Market) -> None:
    offer = market.offer(FIVE_OFF, budget=500, per_person=1)
    given = market.quote(1_000)
    assert market.found(offer).taken_fen == 500
    assert [market.cancel(given).status for _ in range(2)] == ["released", "released"]
    assert (market.found(offer).taken_fen, market.found(offer).uses) == (0, 0)
    assert refusal(lambda: market.commit(given)) == "QuoteExpired"
    assert market.quote(1_000).price.own == 500


def test_the_worker_releases_what_expired_and_nothing_that_is_open_or_paid(market: Market, town: Town) -> None:
    offer = market.offer(FIVE_OFF, lasts_s=7_200)
    paid, left = market.quote(1_000, Person("an")), market.quote(1_000, Person("bo"))
    market.commit(paid)
    town.pass_time(301)
    fresh = market.quote(1_000, Person("chen"))
    Schedule(town.pipeline.sessions).step()
    assert [market.read(one, market.shop).status for one in (paid, left, fresh)] == ["committed", "released", "open"]
    assert (market.found(offer).taken_fen, market.found(offer).uses) == (1_000, 2)


def test_an_order_that_the_chain_refused_gives_back_what_it_held(market: Market) -> None:
    offer = market.offer(FIVE_OFF)
    market.commit(market.quote(1_000), "order 1")
    for _ in range(2):  # told twice
        market.town.run(lambda session: release_order(session, "order 1"))
        assert market.found(offer).taken_fen == 0


def test_one_payer_has_one_quote_a_basket_and_few_at_a_time(market: Market) -> None:
    rung = market.ring_up(1_000)
    given = market.quote(rung)
    assert market.refusal(rung) == "QuoteStillOpen"
    for number in range(MAX_OPEN - 1):
        market.quote(1_000 + number)
    assert market.refusal(1_000) == "QuotesTooMany"
    market.cancel(given)
    assert market.refusal(rung) == "accepted"


def test_who_asks_again_draws_the_same(market: Market) -> None:
    market.offer(terms("", "random", low=1, high=900))
    rung = market.ring_up(1_000)
    prices = []
    for _ in range(3):
        given = market.quote(rung)
        prices.append(given.price.own)
        market.cancel(given)
    assert len(set(prices)) == 1


def test_too_many_offers_ask_for_a_choice(market: Market) -> None:
    made = [market.offer(terms("", "reduction", (100, 1 + number))) for number in range(17)]
    assert market.refusal(1_000) == "OffersTooMany"
    assert market.quote(1_000, offers=made[:1]).price.own == 999
    assert market.quote(99).price.own == 99  # none of them fits: they do not count


@pytest.mark.parametrize(("held", "wanted", "spent"), [(500, 100, 100), (500, 500, 500), (500, 900, 500), (500, 0, 0)])
def test_points_are_spent_as_far_as_the_payer_says_and_holds(
    market: Market, held: int, wanted: int, spent: int
) -> None:
    market.offer(POINTS)
    assert market.quote(1_000, means=Means(points=held), points=wanted).price.funded[Funder.POINTS] == spent


def test_a_sponsors_cashback_is_the_platforms_and_anywhere(market: Market) -> None:
    market.offer(terms("", "cashback", (1_000, 50)), by=market.city)
    given = market.quote(1_000).price
    assert given.cashback is not None
    assert (given.cashback.terms.funder, given.cashback.value, given.own) == (Funder.PLATFORM, 50, 1_000)
