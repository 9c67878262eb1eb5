"""From a quote to its order: offers, points, budgets and vouchers pay their parts, to the fen (facts.md 8b)."""

from dataclasses import replace
from typing import Any

import pytest

from pswallet.chain.outbox import last_block
from pswallet.client import parts_of
from pswallet.kit.clock import from_unix
from pswallet.kit.db import transaction
from pswallet.payments.service import Period, Settlement, release_unpaid, settlement
from pswallet.points import projection as points
from pswallet.points.rules import PaidOrder
from tests.api import selling
from tests.api.gateway import Member, code_of
from tests.api.money import balance, client_of, members, send
from tests.api.shopping import EVER
from tests.parts import DAY_S, Pipeline


def grant(member: Member, count: int) -> None:
    """Let somebody have earned points."""
    with transaction(member.sessions) as session:
        block = last_block(session)
        assert block is not None
        paid = PaidOrder(
            account=member.address, order="0x5c", amount_fen=count * 100, own_fen=count * 100, points=0, at=block.time,
            block=block.number, log_index=99,
        )  # fmt: skip
        points.on_order_paid(session, [paid])


class Fair:
    """The worked vector: a tea house's discount and reduction, the platform's voucher and points, a city's packet."""

    def __init__(self, stranger: Any, pipeline: Pipeline) -> None:
        self.pipeline = pipeline
        self.shop = selling.tea_house(stranger, pipeline, fen=100)
        self.ann = members(stranger, pipeline, "ann", fen=10_000)[0]
        self.city, self.platform = selling.sponsors(stranger, pipeline, "city", "platform")
        self.campaign = selling.campaign(self.city, pipeline, self.ann)
        self.vouchers, self.points = selling.budgets(self.platform, pipeline, 5_000, 5_001)
        grant(self.ann, 800)
        for terms in (
            {"kind": "discount", "pay_bp": 8_800},
            {"kind": "reduction", "steps": [{"reach_fen": 10_000, "less_fen": 2_000}]},
        ):
            made = self.shop.post("/offers", {"terms": terms, "budget_fen": 50_000, **EVER})
            assert made.status_code == 201, made.text
        steps = [{"reach_fen": 8_000, "less_fen": 1_000}]
        selling.offer(self.platform, self.vouchers, kind="voucher", steps=steps)
        selling.offer(self.platform, self.points, kind="points")
        selling.offer(self.city, self.campaign, kind="packet")

    def quote(self, points: int = 500, price: int = 12_800, **basket: Any) -> Any:
        items = [{"code": "leicha", "name": "擂茶", "unit_price_fen": price}]
        rung = self.shop.post("/baskets", {"items": items, **basket}).json()
        answer = self.ann.post("/quotes", {"basket_id": rung["id"], "price_fen": price, "points": points})
        assert answer.status_code == 201, answer.text
        return answer.json()

    def order(self, **asked: Any) -> Any:
        answer = self.ann.post(f"/quotes/{self.quote(**asked)['id']}/order")
        assert answer.status_code == 201, answer.text
        return answer.json()

    def held(self) -> tuple[int, ...]:
        """Shop, Ann, city, platform [fen], Ann's vouchers [fen] and points."""
        voucher = self.ann.get("/vouchers").json()["items"][0]["left_fen"]
        people = (self.shop, self.ann, self.city, self.platform)
        return (*map(balance, people), voucher, self.ann.get("/points").json()["free"])

    def settlement(self, shop: Member) -> Settlement:
        """What a shop's day came to."""
        chain = self.pipeline.chain
        with self.pipeline.sessions() as session:
            day = Period(from_unix(chain.now() - DAY_S), from_unix(chain.now() + DAY_S))
            shops = {"checkout": chain.deployment.checkout, "voucher": chain.deployment.voucher}
            return settlement(session, shop.address, period=day, **shops)

    def left(self, budget: str) -> int:
        found: int = self.ann.get(f"/budgets/{budget}").json()["left_fen"]
        return found


@pytest.fixture
def fair(stranger: Any, pipeline: Pipeline) -> Fair:
    return Fair(stranger, pipeline)


def test_the_worked_vector_is_paid_and_given_back_to_the_fen(fair: Fair) -> None:
    order = fair.order(till="T02", reference="2026112600042")
    assert (order["amount_fen"], order["till"], order["reference"]) == (9_264, "T02", "2026112600042")
    assert [part["value_fen"] for part in order["parts"]] == [2_000, 500, 1_000]
    assert fair.held() == (100, 10_000, 80_000, 100_000, 2_000, 300)  # 500 points are held
    client_of(fair.ann).pay_funded(order)
    fair.pipeline.settle()
    # Own money 5764 earns 57.
    assert fair.held() == (9_364, 4_236, 80_000, 98_500, 0, 357)
    assert (fair.left(fair.vouchers), fair.left(fair.points)) == (4_000, 4_501)
    found = fair.ann.get(f"/orders/{order['id']}").json()
    assert (found["status"], found["payments"][0]["funded"]["own_fen"]) == ("paid", 5_764)
    # Kept 8000: the platform's minimum of 8000 is still met, and own money goes back first.
    selling.permit(fair.shop, fair.pipeline)
    assert selling.refund(fair.shop, order, 1_264).status_code == 202
    fair.pipeline.settle()
    assert fair.held() == (8_100, 5_500, 80_000, 98_500, 0, 345)  # a share of what was earned goes
    # A fen below: its 1000 go back first.
    assert selling.refund(fair.shop, order, 1_500).status_code == 202
    fair.pipeline.settle()
    assert fair.held()[:5] == (6_600, 6_000, 80_000, 99_500, 0)
    # All the rest: own money, packet, points.
    assert selling.refund(fair.shop, order, 6_500).status_code == 202
    fair.pipeline.settle()
    assert fair.held() == (100, 10_000, 80_000, 100_000, 2_000, 800)
    assert (fair.left(fair.vouchers), fair.left(fair.points)) == (5_000, 5_001)
    found = fair.ann.get(f"/orders/{order['id']}").json()
    assert (found["status"], found["payments"][0]["refunded_fen"]) == ("refunded", 9_264)
    refunds = found["payments"][0]["funded"]["refunds"]
    assert [(one["own_fen"], one["parts_fen"]) for one in refunds] == [
        (1_264, [0, 0, 0]),
        (500, [0, 0, 1_000]),
        (4_000, [2_000, 500, 0]),
    ]


def test_a_funded_order_is_one_sale_of_the_day_and_its_refund_one_refund(fair: Fair) -> None:
    order = fair.order()
    client_of(fair.ann).pay_funded(order)
    fair.pipeline.settle()
    selling.permit(fair.shop, fair.pipeline)
    assert selling.refund(fair.shop, order, 264).status_code == 202
    fair.pipeline.settle()
    told = fair.settlement(fair.shop)
    assert (told.sales, told.sales_fen, told.refunds, told.refunds_fen) == (1, 9_264, 1, 264)
    assert (told.deposits_fen, told.closing_fen, told.difference_fen) == (100, 9_100, 0)


def test_a_cashback_is_owed_when_paid_less_for_what_went_back_and_given_once(fair: Fair) -> None:
    terms = {"kind": "cashback", "steps": [{"reach_fen": 5_000, "less_fen": 300}]}
    assert fair.shop.post("/offers", {"terms": terms, "budget_fen": 50_000, **EVER}).status_code == 201
    order = fair.order()
    assert fair.shop.get("/cashbacks?role=owner").json()["items"] == []  # not paid yet
    client_of(fair.ann).pay_funded(order)
    fair.pipeline.settle()
    (owed,) = fair.shop.get("/cashbacks?role=owner").json()["items"]
    assert (owed["payer"], owed["amount_fen"], owed["packet"]) == (fair.ann.address, 300, None)
    assert fair.ann.get("/cashbacks?role=payer").json()["items"] == [owed]
    assert fair.city.get("/cashbacks?role=owner").json()["items"] == []
    selling.permit(fair.shop, fair.pipeline)
    selling.refund(fair.shop, order, 4_632)  # half of it
    fair.pipeline.settle()
    (owed,) = fair.shop.get("/cashbacks?role=owner").json()["items"]
    assert owed["amount_fen"] == 150
    small = client_of(fair.shop).give_cashback({**owed, "amount_fen": 149})
    fair.pipeline.settle()
    assert fair.shop.get("/cashbacks?role=owner").json()["items"][0]["packet"] is None, small  # a fen is missing
    given = client_of(fair.shop).give_cashback(owed)
    fair.pipeline.settle()
    assert fair.shop.get("/cashbacks?role=owner").json()["items"][0]["packet"] == given.id
    before = balance(fair.ann)
    assert fair.ann.post(f"/red-packets/{given.id}/claims").status_code == 202
    fair.pipeline.settle()
    assert balance(fair.ann) == before + 150


def test_cashbacks_that_are_owed_no_more_hide_no_older_ones(fair: Fair) -> None:
    terms = {"kind": "cashback", "steps": [{"reach_fen": 1_000, "less_fen": 300}]}
    assert fair.shop.post("/offers", {"terms": terms, "budget_fen": 50_000, **EVER}).status_code == 201
    kept = fair.order()
    client_of(fair.ann).pay_funded(kept)
    fair.pipeline.settle()
    given_back = fair.order(points=100, price=2_000)
    client_of(fair.ann).pay_funded(given_back)
    fair.pipeline.settle()
    selling.permit(fair.shop, fair.pipeline)
    selling.refund(fair.shop, given_back, given_back["amount_fen"])
    fair.pipeline.settle()
    page = fair.ann.get("/cashbacks?role=payer&limit=1").json()
    assert (page["items"], page["older"]) == ([], given_back["quote_id"])
    page = fair.ann.get(f"/cashbacks?role=payer&limit=1&cursor={page['older']}").json()
    assert [one["order_id"] for one in page["items"]] == [kept["id"]]


def test_money_back_past_the_checkout_is_a_refund_to_a_payer_and_a_payout_to_who_has_only_helped(fair: Fair) -> None:
    client_of(fair.ann).pay_funded(fair.order())
    fair.pipeline.settle()
    for payee, amount in ((fair.ann, 264), (fair.platform, 50)):
        assert send(fair.shop, payee, amount).status_code == 202
        fair.pipeline.settle()
    told = fair.settlement(fair.shop)
    assert (told.refunds, told.refunds_fen, told.payouts_fen, told.difference_fen) == (1, 264, 50, 0)


def test_a_payment_to_somebody_who_pays_only_later_is_a_payout(fair: Fair) -> None:
    assert send(fair.shop, fair.ann, 60).status_code == 202
    fair.pipeline.settle()
    client_of(fair.ann).pay_funded(fair.order())
    fair.pipeline.settle()
    told = fair.settlement(fair.shop)
    assert (told.refunds, told.payouts_fen, told.difference_fen) == (0, 60, 0)


def test_of_an_order_that_a_stranger_paid_nobody_is_owed_a_cashback_and_what_it_held_is_free(
    stranger: Any, fair: Fair
) -> None:
    terms = {"kind": "cashback", "steps": [{"reach_fen": 5_000, "less_fen": 300}]}
    assert fair.shop.post("/offers", {"terms": terms, "budget_fen": 50_000, **EVER}).status_code == 201
    order = fair.order()
    assert selling.pay(fair.ann, order, parts_of(order)).status_code == 202
    chain = fair.pipeline.chain
    chain.token(chain.keys.compliance, "freeze", [fair.ann.address])
    fair.pipeline.settle()  # refused: the quote stays the order's, and Ann may try again
    bob = members(stranger, fair.pipeline, "bob")[0]
    selling.pay_plain_past_the_gateway(bob, order, fair.pipeline)
    assert fair.ann.get(f"/orders/{order['id']}").json()["status"] == "paid"
    assert fair.ann.get("/cashbacks?role=payer").json()["items"] == []
    assert fair.shop.get("/cashbacks?role=owner").json()["items"] == []
    assert released(fair, order["expiry"] + 610) == 1


def test_a_merchant_that_buys_with_others_help_has_no_refund_and_no_sale_of_it(stranger: Any, fair: Fair) -> None:
    buyer = members(stranger, fair.pipeline, "noodle shop", tier=selling.MERCHANT, fen=10_000)[0]
    items = [{"code": "leicha", "name": "擂茶", "unit_price_fen": 12_800}]
    rung = fair.shop.post("/baskets", {"items": items}).json()
    quote = buyer.post("/quotes", {"basket_id": rung["id"], "price_fen": 12_800}).json()
    order = buyer.post(f"/quotes/{quote['id']}/order").json()
    client_of(buyer).pay_funded(order)
    fair.pipeline.settle()
    selling.permit(fair.shop, fair.pipeline)
    assert selling.refund(fair.shop, order, 264).status_code == 202
    fair.pipeline.settle()
    told = fair.settlement(buyer)
    assert (told.sales, told.sales_fen, told.refunds, told.refunds_fen) == (0, 0, 0, 0)
    assert (told.payouts_fen, told.deposits_fen, told.difference_fen) == (8_264, 10_264, 0)


def test_the_same_quote_is_the_same_order(fair: Fair) -> None:
    quote = fair.quote()["id"]
    first = fair.ann.post(f"/quotes/{quote}/order").json()
    assert fair.ann.post(f"/quotes/{quote}/order").json() == first
    assert code_of(fair.shop.post(f"/quotes/{quote}/order")) == "quote-unknown"


def test_a_quotes_order_is_paid_as_it_says_or_not_at_all(stranger: Any, fair: Fair) -> None:
    order = fair.order()
    parts = parts_of(order)
    bob = members(stranger, fair.pipeline, "bob")[0]
    assert code_of(selling.pay_plain(fair.ann, order)) == "order-mismatch"  # others pay a part of it
    assert code_of(selling.pay(bob, order, parts)) == "quote-unknown"
    assert code_of(selling.pay(fair.ann, order, parts[:2])) == "order-mismatch"
    assert code_of(selling.pay(fair.ann, order, [replace(parts[0], value=1_999), *parts[1:]])) == "order-mismatch"
    assert selling.pay(fair.ann, order, parts).status_code == 202


def test_a_price_of_the_merchants_own_is_paid_plainly(fair: Fair) -> None:
    discount = fair.ann.get("/offers").json()["items"][-1]["id"]
    items = [{"code": "leicha", "unit_price_fen": 1_000}]
    rung = fair.shop.post("/baskets", {"items": items}).json()
    asked = {"basket_id": rung["id"], "price_fen": 1_000, "offers": [discount]}
    quote = fair.ann.post("/quotes", asked).json()
    order = fair.ann.post(f"/quotes/{quote['id']}/order").json()
    assert (order["amount_fen"], order["parts"]) == (880, [])
    assert selling.pay_plain(fair.ann, order).status_code == 202
    fair.pipeline.settle()
    assert fair.ann.get(f"/quotes/{quote['id']}").json()["status"] == "committed"
    assert balance(fair.shop) == 980


def test_a_quote_that_is_over_pays_nothing_and_frees_the_points(fair: Fair) -> None:
    order = fair.order()
    fair.pipeline.chain.move_time(300)
    fair.pipeline.settle()
    assert code_of(selling.pay(fair.ann, order, parts_of(order))) == "order-expired"
    assert fair.ann.get("/points").json()["free"] == 800


def released(fair: Fair, at: int) -> int:
    """Let it be so late, and the worker look for orders that nobody paid; return how many it let go of."""
    fair.pipeline.chain.move_time(at - fair.pipeline.chain.now())
    fair.pipeline.settle()
    with transaction(fair.pipeline.sessions) as session:
        block = last_block(session)
        assert block is not None
        return release_unpaid(session, now=block.time, limit=10)


def test_what_a_refused_order_held_is_free_ten_minutes_after_its_end(stranger: Any, fair: Fair) -> None:
    order = fair.order()
    assert selling.pay(fair.ann, order, parts_of(order)).status_code == 202
    chain = fair.pipeline.chain
    chain.token(chain.keys.compliance, "freeze", [fair.ann.address])
    fair.pipeline.settle()
    # Who uses the order's hash for the nonce of another payment holds nothing back.
    bob = members(stranger, fair.pipeline, "bob")[0]
    selling.use_nonce(bob, order["hash"], fair.pipeline)
    assert released(fair, order["expiry"] + 590) == 0
    assert released(fair, order["expiry"] + 610) == 1
    assert fair.ann.get(f"/quotes/{order['quote_id']}").json()["status"] == "released"
    assert released(fair, order["expiry"] + 620) == 0


def test_what_a_paid_order_took_stays_taken(fair: Fair) -> None:
    order = fair.order()
    client_of(fair.ann).pay_funded(order)
    fair.pipeline.settle()
    assert released(fair, order["expiry"] + 610) == 0
    assert fair.ann.get(f"/quotes/{order['quote_id']}").json()["status"] == "committed"


def test_points_are_not_spent_twice(fair: Fair) -> None:
    first, second = fair.order(), fair.order()
    values = [[part["value_fen"] for part in order["parts"]] for order in (first, second)]
    assert values == [[2_000, 500, 1_000], [2_000, 300, 1_000]]  # of 800 points 300 are left
    assert selling.pay(fair.ann, first, parts_of(first)).status_code == 202
    assert code_of(selling.pay(fair.ann, second, parts_of(second))) == "voucher-balance-too-low"
    fair.pipeline.settle()
    assert fair.ann.get("/points").json()["free"] == 57


def test_without_a_permit_no_budget_pays(stranger: Any, fair: Fair) -> None:
    order = fair.order()
    chain = fair.pipeline.chain
    chain.token(fair.platform.key, "approve", chain.deployment.checkout, 999)
    fair.pipeline.settle()
    assert code_of(selling.pay(fair.ann, order, parts_of(order))) == "allowance-insufficient"


def test_a_budget_pays_no_more_than_it_has(stranger: Any, fair: Fair) -> None:
    bob = members(stranger, fair.pipeline, "bob")[0]
    poor = selling.budget(fair.platform, fair.pipeline, 999)
    selling.offer(fair.platform, poor, kind="voucher", steps=[{"reach_fen": 1_500, "less_fen": 1_000}])
    rung = fair.shop.post("/baskets", {"items": [{"code": "leicha", "unit_price_fen": 3_000}]}).json()
    quote = bob.post("/quotes", {"basket_id": rung["id"], "price_fen": 3_000}).json()
    order = bob.post(f"/quotes/{quote['id']}/order").json()
    assert [part["budget"] for part in order["parts"]] == [poor]
    refused = selling.pay(bob, order, parts_of(order))
    assert (code_of(refused), refused.json()["left"]) == ("budget-exceeded", 999)
