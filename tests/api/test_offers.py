"""POST /v1/offers, /v1/baskets, /v1/quotes: a merchant's offers, its prices, and what a payer is quoted."""

from datetime import timedelta
from typing import Any

import pytest

from pswallet.kit import clock
from tests.api import selling
from tests.api.gateway import Member, code_of
from tests.api.money import client_of, members
from tests.parts import Pipeline

FUND = "0x" + "cd" * 32
EIGHT_EIGHT = {"kind": "discount", "pay_bp": 8_800}
HUNDRED_LESS_TWENTY = {"kind": "reduction", "steps": [{"reach_fen": 10_000, "less_fen": 2_000}]}
EIGHTY_LESS_TEN = {"kind": "voucher", "steps": [{"reach_fen": 8_000, "less_fen": 1_000}]}


class Market:
    """A tea house, the city as sponsor, and two who pay."""

    def __init__(self, stranger: Any, pipeline: Pipeline) -> None:
        (self.shop,) = members(stranger, pipeline, "tea house", tier=5, fen=0)
        (self.city,) = members(stranger, pipeline, "district", tier=6, fen=0)
        self.ping, self.hua = members(stranger, pipeline, "ping", "hua", fen=0)
        self.start = clock.from_unix(pipeline.chain.now())
        self.pipeline = pipeline

    def budget(self) -> str:
        """Let the city's money help to pay orders."""
        return selling.budget(self.city, self.pipeline)

    def at(self, hours: float) -> str:
        return (self.start + timedelta(hours=hours)).strftime("%Y-%m-%dT%H:%M:%SZ")

    def offer(self, owner: Member, terms: dict[str, Any], **changed: Any) -> Any:
        body = {"terms": terms, "starts_at": self.at(-1), "ends_at": self.at(24), "budget_fen": 10**8}
        return owner.post("/offers", body | changed)

    def basket(self, price: int = 12_800) -> str:
        answer = self.shop.post("/baskets", {"items": [{"code": "leicha", "name": "擂茶", "unit_price_fen": price}]})
        assert answer.status_code == 201
        basket: str = answer.json()["id"]
        return basket


@pytest.fixture
def market(stranger: Any, pipeline: Pipeline) -> Market:
    return Market(stranger, pipeline)


def test_a_quote_is_the_best_price_explained_in_the_readers_language(market: Market) -> None:
    assert market.offer(market.shop, EIGHT_EIGHT).status_code == 201
    assert market.offer(market.shop, HUNDRED_LESS_TWENTY).json()["text"] == "¥20.00 off from ¥100.00"
    budget = market.budget()
    assert market.offer(market.city, EIGHTY_LESS_TEN, fund=budget).status_code == 201
    ask = {"basket_id": market.basket(), "price_fen": 12_800}
    given = market.ping.post("/quotes", ask, headers={"Accept-Language": "zh-CN"})
    assert given.status_code == 201
    quote = given.json()
    assert (quote["own_fen"], quote["settlement_fen"], quote["status"]) == (8_264, 9_264, "open")
    assert quote["funded_fen"] == {"merchant": 3_536, "platform": 1_000, "points": 0, "sponsor": 0}
    assert quote["explanation"][2] == "满¥100.00减¥20.00：¥112.64 - ¥20.00 = ¥92.64（商户承担）"
    assert quote["order_parts"] == [
        {
            "offer_id": quote["lines"][2]["offer_id"],
            "funder": "platform",
            "owner": market.city.address,
            "fund": budget,
            "value_fen": 1_000,
            "minimum_spend_fen": 8_000,
        }
    ]
    read = market.shop.get(f"/quotes/{quote['id']}").json()
    assert read["explanation"][-2] == "You pay: ¥82.64"
    assert code_of(market.hua.get(f"/quotes/{quote['id']}")) == "quote-unknown"


def test_a_cancelled_quote_frees_its_offers(market: Market) -> None:
    offer = market.offer(market.shop, EIGHT_EIGHT, budget_fen=1_536).json()["id"]
    ask = {"basket_id": market.basket(), "price_fen": 12_800, "offers": [offer]}
    quote = market.ping.post("/quotes", ask).json()["id"]
    assert code_of(market.hua.post("/quotes", ask)) == "offer-exhausted"
    assert code_of(market.hua.post(f"/quotes/{quote}/cancel")) == "quote-unknown"
    assert market.ping.post(f"/quotes/{quote}/cancel").json()["status"] == "released"
    assert market.hua.post("/quotes", ask).status_code == 201


def test_the_price_that_a_payer_was_shown_must_be_the_merchants(market: Market) -> None:
    basket = market.basket()
    answer = market.ping.post("/quotes", {"basket_id": basket, "price_fen": 12_799})
    assert code_of(answer) == "price-mismatch"
    assert answer.json()["price_fen"] == 12_800


def test_only_merchants_ring_up_and_only_merchants_and_sponsors_give(market: Market) -> None:
    items = {"items": [{"code": "x", "unit_price_fen": 5}]}
    assert [code_of(one.post("/baskets", items)) for one in (market.ping, market.city)] == ["merchant-required"] * 2
    assert code_of(market.offer(market.ping, EIGHT_EIGHT)) == "merchant-required"


def test_a_basket_costs_what_the_chain_can_keep_and_not_a_fen_more(market: Market) -> None:
    for fen, status in ((2**48 - 1, 201), (2**48, 422)):
        answer = market.shop.post("/baskets", {"items": [{"code": "x", "unit_price_fen": fen}]})
        assert answer.status_code == status
    assert code_of(answer) == "basket-too-large"


def test_terms_that_make_no_offer_are_named(market: Market) -> None:
    stranger = {"merchants": ["0x" + "11" * 20]}
    cases: list[tuple[Member, dict[str, Any], dict[str, Any], str]] = [
        (market.shop, EIGHTY_LESS_TEN, {"fund": FUND}, "layer"),  # of others' money
        (market.city, EIGHT_EIGHT, {}, "layer"),  # of the merchant's price
        (market.city, EIGHTY_LESS_TEN, {}, "fund"),
        (market.shop, EIGHT_EIGHT, {"fund": FUND}, "fund"),
        (market.shop, EIGHT_EIGHT, stranger, "merchants"),
        (market.shop, {"kind": "discount"}, {}, "pay_bp"),
        (market.shop, {"kind": "instant", "steps": []}, {}, "steps"),
    ]
    for owner, terms, changed, field in cases:
        answer = market.offer(owner, terms, **changed)
        assert (code_of(answer), answer.json()["field"]) == ("offer-terms-invalid", field)


def test_an_offer_gives_its_owners_own_money(market: Market, stranger: Any, pipeline: Pipeline) -> None:
    (other,) = members(stranger, pipeline, "another district", tier=6, fen=0)
    budget = market.budget()
    assert code_of(market.offer(market.city, EIGHTY_LESS_TEN, fund=FUND)) == "budget-not-open"
    assert code_of(market.offer(other, EIGHTY_LESS_TEN, fund=budget)) == "budget-not-open"
    assert code_of(market.offer(market.city, {"kind": "packet"}, fund=FUND)) == "campaign-unknown"
    assert market.offer(market.city, EIGHTY_LESS_TEN, fund=budget).status_code == 201


def test_an_offer_ends_after_it_begins_and_after_now(market: Market) -> None:
    for hours in (-1, -2, 0):
        answer = market.offer(market.shop, EIGHT_EIGHT, ends_at=market.at(hours))
        assert answer.json().get("field") == "ends_at", answer.text


def test_people_see_what_is_good_now_and_owners_what_is_left(market: Market) -> None:
    mine = market.offer(market.shop, EIGHT_EIGHT).json()
    market.offer(market.shop, HUNDRED_LESS_TWENTY, starts_at=market.at(1))
    city = market.offer(market.city, EIGHTY_LESS_TEN, fund=market.budget(), merchants=[market.hua.address]).json()
    ids = [one["id"] for one in market.ping.get("/offers").json()["items"]]
    assert ids == [city["id"], mine["id"]]
    path = f"/offers?merchant={market.shop.address.lower()}"
    (seen,) = market.ping.get(path).json()["items"]
    assert (seen["id"], seen["budget_fen"], seen["taken_fen"]) == (mine["id"], None, None)
    own = market.shop.get("/offers?role=owner&limit=1").json()
    assert own["items"][0]["budget_fen"] == 10**8
    older = market.shop.get(f"/offers?role=owner&cursor={own['older']}").json()
    assert ([one["id"] for one in older["items"]], older["older"]) == ([mine["id"]], None)


def test_what_people_see_of_an_offer_holds_no_words_of_its_owner(market: Market) -> None:
    """Nothing to advertise with: no title, no picture, no link, no place that could be bought (elder mode, 0.10)."""
    market.offer(market.shop, {"kind": "member-price", "prices": [{"code": "tea", "unit_price_fen": 5}]})
    (seen,) = market.ping.get("/offers").json()["items"]
    assert not {"title", "description", "image", "url", "link", "rank", "priority"} & set(seen)
    assert seen["text"] == "Member price"


def test_a_withdrawn_offer_is_seen_by_its_owner_alone_in_lists(market: Market) -> None:
    offer = market.offer(market.shop, EIGHT_EIGHT).json()["id"]
    assert code_of(market.ping.post(f"/offers/{offer}/withdraw")) == "offer-unknown"
    assert market.shop.post(f"/offers/{offer}/withdraw").json()["withdrawn_at"] is not None
    assert market.ping.get("/offers").json()["items"] == []
    assert [one["id"] for one in market.shop.get("/offers?role=owner").json()["items"]] == [offer]
    assert code_of(market.ping.get("/offers/ofr_" + "0" * 26)) == "offer-unknown"


def test_the_seed_of_a_draw_is_committed_at_once_and_told_at_the_end(market: Market) -> None:
    import hashlib
    import hmac

    terms = {"kind": "random", "low_fen": 100, "high_fen": 900}
    made = market.offer(market.shop, terms).json()
    assert made["seed"] is None
    basket = market.basket()
    quote = client_of(market.ping).api.ask_quote({"basket_id": basket, "price_fen": 12_800})
    told = market.shop.post(f"/offers/{made['id']}/withdraw").json()
    seed = bytes.fromhex(told["seed"][2:])
    assert "0x" + hashlib.sha256(seed).hexdigest() == made["seed_hash"]
    digest = hmac.digest(seed, f"{basket}:{market.ping.address}".encode(), "sha256")
    assert 12_800 - quote["own_fen"] == 100 + int.from_bytes(digest) % 801


def test_quotes_are_listed_for_their_payer_and_their_merchant(market: Market) -> None:
    cashback = {"kind": "cashback", "steps": [{"reach_fen": 10_000, "less_fen": 300}]}
    assert market.offer(market.shop, cashback).status_code == 201
    asked = [
        one.post("/quotes", {"basket_id": market.basket(), "price_fen": 12_800}).json()["id"]
        for one in (market.ping, market.hua, market.ping)
    ]
    page = market.ping.get("/quotes?role=payer&limit=1").json()
    older = market.ping.get(f"/quotes?role=payer&cursor={page['older']}").json()
    assert [one["id"] for one in page["items"] + older["items"]] == [asked[2], asked[0]]
    given = market.shop.get("/quotes?role=merchant").json()["items"]
    assert [(one["id"], one["cashback_fen"]) for one in given] == [(one, 300) for one in reversed(asked)]
    assert market.shop.get("/quotes?role=payer").json()["items"] == []
