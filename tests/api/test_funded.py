"""Orders that others help to pay: vouchers, budgets, quotes, through the gateway's routes."""

from dataclasses import replace
from typing import Any

import pytest

from tests.api import selling
from tests.api.gateway import Member, code_of
from tests.api.money import balance, members
from tests.api.selling import order, pay, voucher_part
from tests.parts import DAY_S, Pipeline


@pytest.fixture
def shop(stranger: Any, pipeline: Pipeline) -> Member:
    return selling.tea_house(stranger, pipeline)


@pytest.fixture
def ann(stranger: Any, pipeline: Pipeline) -> Member:
    return members(stranger, pipeline, "ann", fen=10_000)[0]


@pytest.fixture
def city(stranger: Any, pipeline: Pipeline) -> Member:
    return selling.sponsor(stranger, pipeline, "city")


def shown(viewer: Member, asked: Any) -> Any:
    return viewer.get(f"/orders/{asked['id']}").json()


def left(holder: Member) -> int:
    found: int = holder.get("/vouchers").json()["items"][0]["left_fen"]
    return found


# --- vouchers ---------------------------------------------------------------------------------------------


def test_a_voucher_and_own_money_pay_an_order(shop: Member, ann: Member, city: Member, pipeline: Pipeline) -> None:
    campaign = selling.campaign(city, pipeline, ann)
    asked = order(shop, 2_880)
    answer = pay(ann, asked, [voucher_part(ann, campaign, 2_000)])
    assert answer.status_code == 202, answer.text
    assert shown(shop, asked)["status"] == "submitted"
    pipeline.settle()
    found = shown(shop, asked)
    assert found["status"] == "paid"
    (payment,) = found["payments"]
    assert (payment["payer"], payment["amount_fen"], payment["funded"]["own_fen"]) == (ann.address, 2_880, 880)
    assert payment["funded"]["hash"] == answer.json()["hash"]
    assert (balance(shop), balance(ann), left(ann)) == (2_880, 9_120, 0)


def test_a_voucher_alone_pays_an_order(shop: Member, ann: Member, city: Member, pipeline: Pipeline) -> None:
    campaign = selling.campaign(city, pipeline, ann)
    asked = order(shop, 1_200)
    assert pay(ann, asked, [voucher_part(ann, campaign, 1_200)]).status_code == 202
    pipeline.settle()
    assert shown(shop, asked)["status"] == "paid"
    assert (balance(shop), balance(ann), left(ann)) == (1_200, 10_000, 800)


def test_both_are_told_once_and_the_own_money_earns(
    shop: Member, ann: Member, city: Member, pipeline: Pipeline
) -> None:
    campaign = selling.campaign(city, pipeline, ann)
    asked = order(shop, 2_880)
    pay(ann, asked, [voucher_part(ann, campaign, 2_000)])
    pipeline.settle()
    with pipeline.sessions() as session:
        told = session.connection().exec_driver_sql(
            "SELECT address, kind, body->>'amount_fen', body->>'own_fen', body->>'order' FROM notifications"
            " WHERE kind LIKE 'order-%%' OR kind IN ('transfer-sent', 'transfer-received') ORDER BY kind"
        )
        assert list(told) == [
            (ann.address, "order-paid", "2880", "880", asked["id"]),
            (shop.address, "order-received", "2880", "880", asked["id"]),
        ]
    assert ann.get("/points").json()["free"] == 8


def test_what_no_merchant_asked_for_earns_nothing(stranger: Any, ann: Member, city: Member, pipeline: Pipeline) -> None:
    """Three people move their money in a circle at the checkout, past the gateway."""
    bob = members(stranger, pipeline, "bob")[0]
    paid = selling.pay_past_the_gateway(ann, bob, city, pipeline, own=9_000)
    assert balance(bob) == 100_000 + 9_001
    assert ann.get("/points").json()["free"] == 0
    with pipeline.sessions() as session:
        told = session.connection().exec_driver_sql("SELECT kind FROM notifications WHERE body->>'order' = %s", (paid,))
        assert {kind for (kind,) in told} == {"order-paid", "order-received"}


def test_what_the_contract_would_refuse_is_refused_by_name(
    shop: Member, ann: Member, city: Member, pipeline: Pipeline
) -> None:
    campaign = selling.campaign(city, pipeline, ann)
    part = voucher_part(ann, campaign, 1_000)
    big = order(shop, 2_500)
    foreign = "0x" + "11" * 20
    assert code_of(pay(ann, big, [replace(part, value=2_001)])) == "voucher-balance-too-low"
    assert code_of(pay(ann, big, [replace(part, minimum_spend=1)])) == "evidence-mismatch"
    assert code_of(pay(ann, big, [replace(part, budget="0x" + "11" * 32)])) == "campaign-unknown"
    assert code_of(pay(ann, big, [replace(part, funder=foreign)])) == "order-mismatch"
    assert code_of(pay(ann, big, [part, part])) == "order-invalid"
    assert code_of(pay(ann, big, [replace(part, funder=ann.address)])) == "order-invalid"
    assert code_of(pay(ann, big, [part], own_fen=1_499)) == "order-invalid"
    assert pay(ann, big, [part]).status_code == 202


def test_the_signature_is_for_exactly_these_parts(shop: Member, ann: Member, city: Member, pipeline: Pipeline) -> None:
    campaign = selling.campaign(city, pipeline, ann)
    asked = order(shop, 2_500)
    (first, second) = (voucher_part(ann, campaign, fen) for fen in (1_000, 1_001))
    body = selling.pay_body(ann, asked, [first])
    other = selling.pay_body(ann, asked, [second])
    path = f"/orders/{asked['id']}/funded-payments"
    assert code_of(ann.post(path, {**body, "signature": other["signature"]})) == "signature-invalid"
    whole = order(shop, 1_000, "whole")
    alone = selling.pay_body(ann, whole, [first])
    path = f"/orders/{whole['id']}/funded-payments"
    assert code_of(ann.post(path, {**alone, "signature": body["signature"]})) == "payer-signature-invalid"


def test_a_shop_off_the_list_takes_no_vouchers(
    stranger: Any, ann: Member, city: Member, shop: Member, pipeline: Pipeline
) -> None:
    campaign = selling.campaign(city, pipeline, ann)
    other = members(stranger, pipeline, "noodle shop", tier=selling.MERCHANT, fen=0)[0]
    assert code_of(pay(ann, order(other), [voucher_part(ann, campaign, 500)])) == "merchant-not-allowed"


@pytest.mark.parametrize(("price", "answer"), [(2_999, "minimum-spend-not-met"), (3_000, None)])
def test_a_voucher_has_its_minimum(
    shop: Member, ann: Member, city: Member, pipeline: Pipeline, price: int, answer: str | None
) -> None:
    campaign = selling.campaign(city, pipeline, ann, minimum_spend=3_000)
    tried = pay(ann, order(shop, price), [voucher_part(ann, campaign, 2_000, minimum=3_000)])
    assert (code_of(tried) if answer else tried.status_code) == (answer or 202)


def test_nobody_spends_anothers_vouchers(
    stranger: Any, shop: Member, ann: Member, city: Member, pipeline: Pipeline
) -> None:
    campaign = selling.campaign(city, pipeline, ann)
    bob = members(stranger, pipeline, "bob")[0]
    assert code_of(pay(bob, order(shop), [voucher_part(bob, campaign, 500)])) == "voucher-balance-too-low"


def test_an_ended_campaign_pays_nothing(shop: Member, ann: Member, city: Member, pipeline: Pipeline) -> None:
    campaign = selling.campaign(city, pipeline, ann)
    pipeline.chain.move_time(DAY_S)
    pipeline.settle()
    assert code_of(pay(ann, order(shop), [voucher_part(ann, campaign, 500)])) == "campaign-ended"


def test_a_voucher_is_not_promised_twice(shop: Member, ann: Member, city: Member, pipeline: Pipeline) -> None:
    campaign = selling.campaign(city, pipeline, ann)
    part = voucher_part(ann, campaign, 1_500)
    first, second = order(shop, 1_500, "1"), order(shop, 1_500, "2")
    assert pay(ann, first, [part]).status_code == 202
    assert code_of(pay(ann, second, [part])) == "voucher-balance-too-low"  # the first waits for the chain
    pipeline.settle()
    assert code_of(pay(ann, second, [part])) == "voucher-balance-too-low"
    assert pay(ann, second, [replace(part, value=500)]).status_code == 202


def test_an_order_is_paid_once_however_it_is_paid(
    stranger: Any, shop: Member, ann: Member, city: Member, pipeline: Pipeline
) -> None:
    campaign = selling.campaign(city, pipeline, ann)
    asked = order(shop, 1_500)
    part = voucher_part(ann, campaign, 1_000)
    assert pay(ann, asked, [part]).status_code == 202
    assert code_of(pay(ann, asked, [part])) == "order-already-paid"
    assert code_of(selling.pay_plain(ann, asked)) == "order-already-paid"
    assert code_of(shop.post(f"/orders/{asked['id']}/void")) == "order-already-paid"
    pipeline.settle()
    assert code_of(selling.pay_plain(ann, asked)) == "order-already-paid"
    assert shown(shop, asked)["status"] == "paid"


def test_a_refused_payment_frees_the_order_and_may_be_tried_again(
    shop: Member, ann: Member, city: Member, pipeline: Pipeline
) -> None:
    campaign = selling.campaign(city, pipeline, ann)
    asked = order(shop, 1_000, expires_in_s=3_600)
    part = voucher_part(ann, campaign, 1_000)
    assert pay(ann, asked, [part]).status_code == 202
    chain = pipeline.chain
    chain.token(chain.keys.compliance, "freeze", [ann.address])
    pipeline.settle()
    found = shown(shop, asked)
    assert (found["status"], found["error"]) == ("open", "AccountIsFrozen")
    chain.token(chain.keys.compliance, "unfreeze", [ann.address])
    pipeline.settle()
    assert pay(ann, asked, [part]).status_code == 202
    pipeline.settle()
    assert shown(shop, asked)["status"] == "paid"


@pytest.mark.parametrize(("late_s", "answer"), [(-1, None), (0, "order-expired")])
def test_an_expired_order_is_not_paid(
    shop: Member, ann: Member, city: Member, pipeline: Pipeline, late_s: int, answer: str | None
) -> None:
    campaign = selling.campaign(city, pipeline, ann)
    asked = order(shop, 1_000, expires_in_s=600)
    pipeline.chain.rpc.call("evm_setNextBlockTimestamp", [asked["expiry"] + late_s])
    pipeline.chain.mine()
    pipeline.settle()
    tried = pay(ann, asked, [voucher_part(ann, campaign, 1_000)])
    assert (code_of(tried) if answer else tried.status_code) == (answer or 202)
