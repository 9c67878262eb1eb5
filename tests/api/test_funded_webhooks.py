"""What a merchant's own server hears of orders that others help to pay: the whole of each, once, and which it is."""

import json
from typing import Any

import pytest

from tests.api import selling
from tests.api.gateway import Member
from tests.api.merchants import become_merchant, place
from tests.api.money import client_of, members, send
from tests.api.test_quoted import Fair
from tests.parts import Pipeline


@pytest.fixture
def fair(stranger: Any, pipeline: Pipeline) -> Fair:
    fair = Fair(stranger, pipeline)
    become_merchant(fair.shop)
    pipeline.settle()
    return fair


@pytest.fixture
def endpoint(fair: Fair) -> str:
    """Where the shop is told of everything, from here on; its path."""
    answer = fair.shop.post(place(fair.shop, "/webhook-endpoints"), {"url": "https://shop.example/hook"})
    assert answer.status_code == 201, answer.text
    return place(fair.shop, f"/webhook-endpoints/{answer.json()['endpoint']['id']}/deliveries")


def told(shop: Member, endpoint: str) -> list[Any]:
    """What was left for the endpoint, the oldest first; their ids differ."""
    items = shop.get(endpoint).json()["items"]
    assert len({one["id"] for one in items}) == len(items)
    return [json.loads(one["content"]) for one in reversed(items)]


def words(event: Any, *more: str) -> tuple[Any, ...]:
    return (event["type"], *(event["data"][name] for name in ("customer", "amount_fen", "order_id", *more)))


def pay(fair: Fair, **asked: Any) -> Any:
    """Let Ann pay an order with a voucher, points, the platform's money and her own."""
    order = fair.order(**asked)
    client_of(fair.ann).pay_funded(order)
    fair.pipeline.settle()
    return order


def test_a_funded_order_is_told_once_and_whole_by_its_number(fair: Fair, endpoint: str) -> None:
    order = pay(fair, reference="2026112600042")
    (event,) = told(fair.shop, endpoint)
    paid = fair.shop.get(f"/orders/{order['id']}").json()["payments"][0]
    assert words(event, "reference") == (
        "payment.confirmed", fair.ann.address, 9_264, order["id"], "2026112600042",
    )  # fmt: skip
    data = event["data"]
    assert (data["merchant_id"], data["address"]) == (fair.shop.account["merchant"], fair.shop.address)
    assert (data["authorization"], data["log_index"]) == (paid["funded"]["hash"], paid["log_index"])
    receipt = fair.pipeline.chain.rpc.call("eth_getTransactionReceipt", [data["transaction"]])
    assert int(receipt["blockNumber"], 16) == data["block"] == paid["block"]


def test_each_refund_of_it_is_told_once_also_when_two_are_alike(fair: Fair, endpoint: str) -> None:
    order = pay(fair)
    selling.permit(fair.shop, fair.pipeline)
    for _ in range(2):
        assert selling.refund(fair.shop, order, 500).status_code == 202
        fair.pipeline.settle()
    refunds = told(fair.shop, endpoint)[1:]
    assert [words(one) for one in refunds] == [("refund.confirmed", fair.ann.address, 500, order["id"])] * 2
    assert len({one["data"]["transaction"] for one in refunds}) == 2


def test_a_refused_payment_is_not_told_and_the_one_that_goes_through_is(fair: Fair, endpoint: str) -> None:
    order, chain = selling.order(fair.shop, 500, "refused"), fair.pipeline.chain
    part = [selling.voucher_part(fair.ann, fair.campaign, 500)]
    assert selling.pay(fair.ann, order, part).status_code == 202
    chain.token(chain.keys.compliance, "freeze", [fair.ann.address])
    fair.pipeline.settle()
    assert told(fair.shop, endpoint) == []
    chain.token(chain.keys.compliance, "unfreeze", [fair.ann.address])
    fair.pipeline.settle()
    assert selling.pay(fair.ann, order, part).status_code == 202
    fair.pipeline.settle()
    assert [words(one)[2] for one in told(fair.shop, endpoint)] == [500]


def test_money_back_past_the_checkout_is_told_as_a_refund_to_a_payer_and_not_to_who_helped(
    fair: Fair, endpoint: str
) -> None:
    pay(fair)
    send(fair.shop, fair.ann, 264)
    send(fair.shop, fair.platform, 50)
    fair.pipeline.settle()
    assert [words(one) for one in told(fair.shop, endpoint)[1:]] == [("refund.confirmed", fair.ann.address, 264, None)]


def test_a_plain_order_is_told_by_its_number_too(stranger: Any, fair: Fair, endpoint: str) -> None:
    bob = members(stranger, fair.pipeline, "bob")[0]
    order = selling.order(fair.shop, 700, "2026112600077")
    selling.pay_plain(bob, order)
    send(bob, fair.shop, 30)
    fair.pipeline.settle()
    payment, gift = sorted(told(fair.shop, endpoint), key=lambda one: -one["data"]["amount_fen"])
    assert words(payment, "reference", "authorization") == (
        "payment.confirmed", bob.address, 700, order["id"], "2026112600077", order["hash"],
    )  # fmt: skip
    assert words(gift, "reference") == ("payment.confirmed", bob.address, 30, None, None)


def test_what_nobody_opened_is_told_without_the_number_that_its_payer_gave_it(
    fair: Fair, endpoint: str, pipeline: Pipeline
) -> None:
    selling.pay_past_the_gateway(fair.ann, fair.shop, fair.city, pipeline, own=50)
    (event,) = told(fair.shop, endpoint)
    assert words(event, "reference") == ("payment.confirmed", fair.ann.address, 51, None, None)


def test_neither_a_rebuild_nor_a_reorganisation_tells_it_again(fair: Fair, endpoint: str) -> None:
    order = pay(fair)
    selling.permit(fair.shop, fair.pipeline)
    assert selling.refund(fair.shop, order, 500).status_code == 202
    fair.pipeline.settle()
    before = fair.shop.get(endpoint).json()["items"]
    assert len(before) == 2
    fair.pipeline.new_indexer().rebuild()
    assert fair.shop.get(endpoint).json()["items"] == before
    fair.pipeline.chain.reorg(1)
    fair.pipeline.settle()
    assert fair.shop.get(f"/orders/{order['id']}").json()["payments"][0]["refunded_fen"] == 500
    assert fair.shop.get(endpoint).json()["items"] == before
