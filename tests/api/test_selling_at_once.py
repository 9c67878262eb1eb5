"""Two gateways at the same moment on one order, one voucher, the last of a budget: one wins, the other hears why."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from typing import Any

import httpx
import pytest
from sqlalchemy import text

from pswallet.client import parts_of
from pswallet.kit.db import transaction
from tests.api import selling
from tests.api.gateway import Member, code_of, serve
from tests.api.money import balance, members
from tests.api.selling import order, pay, pay_plain, refund, voucher_part
from tests.locks import until_they_wait
from tests.parts import Pipeline

Act = Callable[[], httpx.Response]

_KEPT_IN = "authorizations, funded_orders, orders, checkout_refunds_asked"
"""Where an accepted request leaves something: nobody who waits to write there has been counted by anybody."""


@pytest.fixture
def elsewhere(make_app: Any) -> Iterator[Callable[[Member], Member]]:
    """The same person at the second gateway."""
    with serve(make_app()) as second:
        yield lambda member: replace(member, http=second)


@pytest.fixture
def shop(stranger: Any, pipeline: Pipeline) -> Member:
    return selling.tea_house(stranger, pipeline)


@pytest.fixture
def people(stranger: Any, pipeline: Pipeline) -> list[Member]:
    return members(stranger, pipeline, "ann", "bob", fen=10_000)


@pytest.fixture
def campaign(stranger: Any, pipeline: Pipeline, people: list[Member]) -> str:
    """Ann's voucher of ¥20."""
    return selling.campaign(selling.sponsor(stranger, pipeline, "city"), pipeline, people[0])


def at_once(pipeline: Pipeline, *acts: Act) -> list[tuple[int, str]]:
    """Let all acts go as far as they come before they write, then let all write; their statuses and codes, sorted."""
    with ThreadPoolExecutor(len(acts)) as gateways, transaction(pipeline.sessions) as gate:
        gate.execute(text(f"LOCK TABLE {_KEPT_IN} IN SHARE ROW EXCLUSIVE MODE"))
        sent = [gateways.submit(act) for act in acts]
        until_they_wait(pipeline.sessions, *sent)
        gate.commit()
        answers = [one.result() for one in sent]
    return sorted((one.status_code, "" if one.is_success else code_of(one)) for one in answers)


def shown(viewer: Member, asked: Any) -> Any:
    return viewer.get(f"/orders/{asked['id']}").json()


Elsewhere = Callable[[Member], Member]
TAKEN = [(202, ""), (409, "order-already-paid")]


def test_one_funded_order_at_two_gateways_is_taken_once(
    shop: Member, people: list[Member], campaign: str, elsewhere: Elsewhere, pipeline: Pipeline
) -> None:
    ann, asked = people[0], order(shop, 2_880)
    parts = [voucher_part(ann, campaign, 2_000)]
    ways = [lambda one=one: pay(one, asked, parts) for one in (ann, elsewhere(ann))]
    assert at_once(pipeline, *ways) == TAKEN
    pipeline.settle()
    assert [one["duplicate"] for one in shown(shop, asked)["payments"]] == [False]
    assert (balance(shop), balance(ann)) == (2_880, 9_120)


def test_one_request_under_one_key_at_two_gateways_has_one_answer(
    shop: Member, people: list[Member], campaign: str, elsewhere: Elsewhere, pipeline: Pipeline
) -> None:
    ann, asked = people[0], order(shop, 2_880)
    body = selling.pay_body(ann, asked, [voucher_part(ann, campaign, 2_000)])
    path = f"/orders/{asked['id']}/funded-payments"
    ways = [lambda one=one: one.post(path, body, key="one key") for one in (ann, elsewhere(ann))]
    assert at_once(pipeline, *ways) == [(202, ""), (202, "")]
    pipeline.settle()
    assert (balance(shop), balance(ann)) == (2_880, 9_120)


def test_of_two_who_pay_a_plain_order_at_once_one_does(
    shop: Member, people: list[Member], elsewhere: Elsewhere, pipeline: Pipeline
) -> None:
    (ann, bob), asked = people, order(shop, 2_880)
    assert at_once(pipeline, lambda: pay_plain(ann, asked), lambda: pay_plain(elsewhere(bob), asked)) == TAKEN
    pipeline.settle()
    assert (balance(shop), balance(ann) + balance(bob)) == (2_880, 17_120)


def test_an_order_is_paid_by_one_way_of_two_or_voided_at_once(
    shop: Member, people: list[Member], campaign: str, elsewhere: Elsewhere, pipeline: Pipeline
) -> None:
    (ann, bob), asked = people, order(shop, 2_880)
    parts = [voucher_part(ann, campaign, 2_000)]
    assert at_once(pipeline, lambda: pay(ann, asked, parts), lambda: pay_plain(elsewhere(bob), asked)) == TAKEN
    other = order(shop, 2_880, "another")
    second = elsewhere(shop)
    void = partial(second.post, f"/orders/{other['id']}/void")
    assert at_once(pipeline, lambda: pay_plain(bob, other), void) in (
        TAKEN,
        [(200, ""), (409, "order-voided")],
    )
    pipeline.settle()
    assert balance(shop) in (2_880, 5_760)


def test_one_voucher_in_two_orders_at_once_pays_one(
    shop: Member, people: list[Member], campaign: str, elsewhere: Elsewhere, pipeline: Pipeline
) -> None:
    ann = people[0]
    first, second = (order(shop, 2_000, number) for number in ("1", "2"))
    part = [voucher_part(ann, campaign, 2_000)]
    found = at_once(pipeline, lambda: pay(ann, first, part), lambda: pay(elsewhere(ann), second, part))
    assert found == [(202, ""), (409, "voucher-balance-too-low")]
    pipeline.settle()
    assert (balance(shop), balance(ann)) == (2_000, 10_000)


def test_the_last_of_a_budget_goes_to_one_of_two(
    stranger: Any, shop: Member, people: list[Member], elsewhere: Elsewhere, pipeline: Pipeline
) -> None:
    platform = selling.sponsor(stranger, pipeline, "platform")
    budget = selling.budget(platform, pipeline, 1_999)
    selling.offer(platform, budget, kind="voucher", steps=[{"reach_fen": 1_500, "less_fen": 1_000}])
    rung = shop.post("/baskets", {"items": [{"code": "leicha", "unit_price_fen": 3_000}]}).json()
    asked = []
    for one in people:
        quote = one.post("/quotes", {"basket_id": rung["id"], "price_fen": 3_000}).json()
        asked.append(one.post(f"/quotes/{quote['id']}/order").json())
    (ann, bob), (anns, bobs) = people, asked
    ways = [lambda: pay(ann, anns, parts_of(anns)), lambda: pay(elsewhere(bob), bobs, parts_of(bobs))]
    assert at_once(pipeline, *ways) == [(202, ""), (409, "budget-exceeded")]
    pipeline.settle()
    assert (balance(shop), balance(ann) + balance(bob), balance(platform)) == (3_000, 18_000, 99_000)
    assert ann.get(f"/budgets/{budget}").json()["left_fen"] == 999


def test_a_number_that_a_till_asks_for_at_two_gateways_is_one_order(
    shop: Member, elsewhere: Elsewhere, pipeline: Pipeline
) -> None:
    ids: list[str] = []

    def ask(one: Member) -> httpx.Response:
        answer = one.post("/orders", {"till": "T01", "reference": "2026112600010", "amount_fen": 2_880})
        ids.append(answer.json()["id"])
        return answer

    assert at_once(pipeline, lambda: ask(shop), lambda: ask(elsewhere(shop))) == [(201, ""), (201, "")]
    assert len(ids) == 2
    assert len(set(ids)) == 1


def test_one_refund_at_two_gateways_goes_back_once(
    shop: Member, people: list[Member], campaign: str, elsewhere: Elsewhere, pipeline: Pipeline
) -> None:
    ann, asked = people[0], order(shop, 2_880)
    assert pay(ann, asked, [voucher_part(ann, campaign, 2_000)]).status_code == 202
    pipeline.settle()
    selling.permit(shop, pipeline)
    ways = [lambda one=one: refund(one, asked, 2_880) for one in (shop, elsewhere(shop))]
    assert at_once(pipeline, *ways) == [(202, ""), (409, "refund-number-mismatch")]
    pipeline.settle()
    assert (balance(shop), balance(ann), shown(shop, asked)["status"]) == (0, 10_000, "refunded")
