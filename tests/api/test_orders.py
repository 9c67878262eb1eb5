"""Orders: opened by a till, paid by one signature whose nonce is the order's hash, given back by the merchant."""

from typing import Any

import pytest

from pswallet.chain import calldata
from pswallet.client import Key, OrderForged, authorize, authorize_order, authorize_refund
from tests.api.gateway import Member, code_of
from tests.api.money import balance, client_of, members, served
from tests.parts import Pipeline, secret

MERCHANT_TIER = 5


@pytest.fixture
def merchant(stranger: Any, pipeline: Pipeline) -> Member:
    """A tea house."""
    return members(stranger, pipeline, "tea house", tier=MERCHANT_TIER, fen=10_000)[0]


@pytest.fixture
def people(stranger: Any, pipeline: Pipeline) -> list[Member]:
    """Two customers."""
    return members(stranger, pipeline, "ann", "bob")


def open_order(merchant: Member, reference: str = "2026112200010", amount: int = 2_880, **changed: Any) -> Any:
    body = {"till": "T01", "reference": reference, "amount_fen": amount, **changed}
    return merchant.post("/orders", body)


def pay(payer: Member, order: Any, **changed: Any) -> Any:
    body = {**authorize_order(served(payer), Key.of(payer.key), order), **changed}
    return payer.post(f"/orders/{order['id']}/payments", body)


def shown(viewer: Member, order: Any) -> Any:
    return viewer.get(f"/orders/{order['id']}").json()


def refund(merchant: Member, order: Any, payer: Member, amount: int, **changed: Any) -> Any:
    now = shown(merchant, order)
    body = authorize_refund(served(merchant), Key.of(merchant.key), now, payer.address, amount)
    return merchant.post(f"/orders/{order['id']}/refunds", {**body, **changed})


def carry(payer: Member, order: Any, pipeline: Pipeline) -> None:
    """Let a stranger bring the payer's signature to the chain, past the gateway."""
    body = authorize_order(served(payer), Key.of(payer.key), order)
    message = {
        "from": payer.address, "to": order["merchant"], "value": order["amount_fen"], "validAfter": 0,
        "validBefore": body["valid_before"], "nonce": order["hash"], "signature": body["signature"],
    }  # fmt: skip
    chain = pipeline.chain
    chain.transact(secret("stranger"), chain.deployment.stablecoin, calldata.transfer_with_authorization(message))


# --- paying -------------------------------------------------------------------------------------------


def test_an_order_is_paid_by_one_signature_and_both_are_told(
    merchant: Member, people: list[Member], pipeline: Pipeline
) -> None:
    ann, bob = people
    answer = open_order(merchant)
    assert answer.status_code == 201
    order = answer.json()
    assert (order["status"], order["payments"]) == ("open", [])
    assert pay(ann, order).status_code == 202
    assert shown(merchant, order)["status"] == "submitted"
    pipeline.settle()
    found = shown(merchant, order)
    assert found["status"] == "paid"
    assert [(one["payer"], one["amount_fen"], one["duplicate"]) for one in found["payments"]] == [
        (ann.address, 2_880, False)
    ]
    assert (balance(merchant), balance(ann)) == (12_880, 97_120)
    assert shown(ann, order)["payments"] == found["payments"]
    assert shown(bob, order) | {"payments": []} == found | {"payments": []}
    assert shown(bob, order)["payments"] == []


def test_the_merchant_and_the_payer_are_told_of_which_order(
    merchant: Member, people: list[Member], pipeline: Pipeline
) -> None:
    order = open_order(merchant).json()
    pay(people[0], order)
    pipeline.settle()
    with pipeline.sessions() as session:
        told = session.connection().exec_driver_sql(
            "SELECT address, kind, body->>'order', body->>'reference' FROM notifications WHERE kind LIKE 'order-%%'"
        )
        assert set(told) == {
            (people[0].address, "order-paid", order["id"], order["reference"]),
            (merchant.address, "order-received", order["id"], order["reference"]),
        }


def test_a_payment_that_never_met_the_gateway_counts_too(
    merchant: Member, people: list[Member], pipeline: Pipeline
) -> None:
    order = open_order(merchant).json()
    carry(people[0], order, pipeline)
    pipeline.settle()
    assert shown(merchant, order)["status"] == "paid"


def test_an_order_that_nobody_pays_expires(merchant: Member, pipeline: Pipeline) -> None:
    order = open_order(merchant).json()
    pipeline.chain.rpc.call("evm_setNextBlockTimestamp", [order["expiry"] - 1])
    pipeline.chain.mine()
    pipeline.settle()
    assert shown(merchant, order)["status"] == "open"
    pipeline.chain.rpc.call("evm_setNextBlockTimestamp", [order["expiry"]])
    pipeline.chain.mine()
    pipeline.settle()
    assert shown(merchant, order)["status"] == "expired"


def test_the_same_number_is_the_same_order(merchant: Member) -> None:
    first = open_order(merchant).json()
    again = open_order(merchant)
    assert (again.status_code, again.json()) == (201, first)
    assert merchant.get("/orders", params={"reference": first["reference"]}).json() == first


@pytest.mark.parametrize("changed", [{"amount": 2_881}, {"till": "T02"}])
def test_the_same_number_is_no_other_order(merchant: Member, changed: dict[str, Any]) -> None:
    open_order(merchant)
    assert code_of(open_order(merchant, **changed)) == "order-reference-reused"


def test_two_merchants_count_for_themselves(merchant: Member, stranger: Any, pipeline: Pipeline) -> None:
    other = members(stranger, pipeline, "noodle shop", tier=MERCHANT_TIER, fen=0)[0]
    assert open_order(merchant).json()["id"] != open_order(other).json()["id"]
    assert code_of(other.get("/orders", params={"reference": "never"})) == "order-unknown"


def test_only_merchants_open_orders(people: list[Member]) -> None:
    assert code_of(open_order(people[0])) == "not-a-merchant"


@pytest.mark.parametrize("text", ["", "a" * 33, "a b", "茶", "a\n"])
def test_a_number_is_what_a_signature_can_carry(merchant: Member, text: str) -> None:
    assert code_of(open_order(merchant, reference=text)) == "request-invalid"


# --- what cannot be paid --------------------------------------------------------------------------------


def test_an_order_is_paid_once_whoever_comes(merchant: Member, people: list[Member], pipeline: Pipeline) -> None:
    ann, bob = people
    order = open_order(merchant).json()
    assert pay(ann, order).status_code == 202
    assert code_of(pay(bob, order)) == "order-already-paid"
    assert code_of(pay(ann, order)) == "order-already-paid"
    pipeline.settle()
    assert code_of(pay(bob, order)) == "order-already-paid"
    assert balance(merchant) == 12_880


def test_a_till_that_lost_the_answer_repeats_the_payment_and_it_is_one_debit(
    merchant: Member, people: list[Member], pipeline: Pipeline
) -> None:
    ann = people[0]
    order = open_order(merchant).json()
    body = authorize_order(served(ann), Key.of(ann.key), order)
    answers = [ann.post(f"/orders/{order['id']}/payments", body, key="one payment") for _ in range(3)]
    assert {(answer.status_code, answer.text) for answer in answers} == {(202, answers[0].text)}
    pipeline.settle()
    assert balance(ann) == 97_120


def test_an_order_that_was_changed_after_it_was_signed_is_not_signed(merchant: Member, people: list[Member]) -> None:
    ann = people[0]
    order = open_order(merchant).json()
    for name, value in (("amount_fen", 2_881), ("merchant", people[1].address), ("till", "T9"), ("expiry", 1)):
        with pytest.raises(OrderForged):
            authorize_order(served(ann), Key.of(ann.key), order | {name: value})


def test_a_signature_for_another_order_pays_nothing(merchant: Member, people: list[Member]) -> None:
    ann = people[0]
    cheap, dear = open_order(merchant, "cheap", 1).json(), open_order(merchant, "dear", 10_000).json()
    body = authorize_order(served(ann), Key.of(ann.key), cheap)
    assert code_of(ann.post(f"/orders/{dear['id']}/payments", body)) == "signature-invalid"
    plain = authorize(served(ann), Key.of(ann.key), merchant.address, 10_000)
    body = {"valid_before": dear["expiry"], "signature": plain["signature"]}
    assert code_of(ann.post(f"/orders/{dear['id']}/payments", body)) == "signature-invalid"


def test_an_order_is_paid_in_its_last_second_and_not_after(
    merchant: Member, people: list[Member], pipeline: Pipeline
) -> None:
    ann, bob = people
    order = open_order(merchant, expires_in_s=60).json()
    late = open_order(merchant, "late", expires_in_s=60).json()
    body = authorize_order(served(ann), Key.of(ann.key), late)
    pipeline.chain.move_time(late["expiry"] - pipeline.chain.now())
    pipeline.settle()
    assert code_of(ann.post(f"/orders/{late['id']}/payments", body)) == "order-expired"
    assert code_of(pay(bob, order)) == "order-expired"


def test_a_signature_that_outlives_the_order_is_refused(merchant: Member, people: list[Member]) -> None:
    order = open_order(merchant).json()
    assert code_of(pay(people[0], order, valid_before=order["expiry"] + 1)) == "order-expired"


def test_a_closed_order_takes_no_payment_and_a_paid_one_is_not_closed(
    merchant: Member, people: list[Member], pipeline: Pipeline
) -> None:
    order, paid = open_order(merchant).json(), open_order(merchant, "paid").json()
    assert merchant.post(f"/orders/{order['id']}/void").json()["status"] == "voided"
    assert merchant.post(f"/orders/{order['id']}/void").json()["status"] == "voided"
    assert code_of(pay(people[0], order)) == "order-voided"
    pay(people[0], paid)
    assert code_of(merchant.post(f"/orders/{paid['id']}/void")) == "order-already-paid"
    pipeline.settle()
    assert code_of(merchant.post(f"/orders/{paid['id']}/void")) == "order-already-paid"
    assert code_of(people[0].post(f"/orders/{order['id']}/void")) == "order-unknown"


def test_an_unknown_order_and_a_merchant_that_pays_itself(merchant: Member, people: list[Member]) -> None:
    order = open_order(merchant).json()
    assert code_of(pay(merchant, order)) == "order-mismatch"
    body = authorize_order(served(people[0]), Key.of(people[0].key), order)
    assert code_of(people[0].post(f"/orders/ord_{'0' * 26}/payments", body)) == "order-unknown"
    assert code_of(people[0].post("/orders/ord_1/payments", body)) == "request-invalid"


def test_who_cannot_pay_is_told_and_another_pays(merchant: Member, people: list[Member], pipeline: Pipeline) -> None:
    order = open_order(merchant, amount=100_001).json()
    assert code_of(pay(people[0], order)) == "balance-insufficient"
    assert shown(merchant, order)["status"] == "open"


# --- giving back ------------------------------------------------------------------------------------------


@pytest.fixture
def paid(merchant: Member, people: list[Member], pipeline: Pipeline) -> Any:
    """An order of 28.80 that Ann paid."""
    order = open_order(merchant).json()
    pay(people[0], order)
    pipeline.settle()
    return order


def test_refunds_in_parts_are_at_most_what_was_paid(
    merchant: Member, people: list[Member], paid: Any, pipeline: Pipeline
) -> None:
    ann = people[0]
    assert refund(merchant, paid, ann, 880).status_code == 202
    answer = refund(merchant, paid, ann, 2_001)
    assert (code_of(answer), answer.json()["left_fen"]) == ("refund-exceeds-paid", 2_000)
    assert refund(merchant, paid, ann, 2_000).status_code == 202
    pipeline.settle()
    found = shown(merchant, paid)
    assert (found["status"], [one["status"] for one in found["refunds"]]) == ("refunded", ["confirmed"] * 2)
    assert code_of(refund(merchant, paid, ann, 1)) == "refund-exceeds-paid"
    assert (balance(ann), balance(merchant)) == (100_000, 10_000)


def test_an_order_that_was_given_back_is_not_paid_again_nor_closed(
    merchant: Member, people: list[Member], paid: Any, pipeline: Pipeline
) -> None:
    refund(merchant, paid, people[0], 2_880)
    pipeline.settle()
    assert code_of(pay(people[1], paid)) == "order-already-paid"
    assert code_of(merchant.post(f"/orders/{paid['id']}/void")) == "order-already-paid"


def test_a_refund_has_the_next_number_and_no_other_nonce(merchant: Member, people: list[Member], paid: Any) -> None:
    ann = people[0]
    body = authorize_refund(served(merchant), Key.of(merchant.key), paid, ann.address, 100)
    path = f"/orders/{paid['id']}/refunds"
    assert code_of(merchant.post(path, {**body, "number": 1})) == "refund-number-mismatch"
    assert code_of(merchant.post(path, {**body, "nonce": "0x" + "5a" * 32})) == "order-mismatch"
    assert merchant.post(path, body).status_code == 202
    assert code_of(merchant.post(path, body)) == "refund-number-mismatch"


def test_only_who_paid_is_given_back_and_only_by_the_merchant(
    merchant: Member, people: list[Member], paid: Any
) -> None:
    ann, bob = people
    assert code_of(refund(merchant, paid, bob, 100)) == "order-not-paid"
    body = authorize_refund(served(bob), Key.of(bob.key), paid, ann.address, 100)
    assert code_of(bob.post(f"/orders/{paid['id']}/refunds", body)) == "order-unknown"


def test_the_second_of_two_payers_is_shown_and_given_back(
    merchant: Member, people: list[Member], paid: Any, pipeline: Pipeline
) -> None:
    bob = people[1]
    carry(bob, paid, pipeline)
    pipeline.settle()
    assert [one["duplicate"] for one in shown(merchant, paid)["payments"]] == [False, True]
    assert refund(merchant, paid, bob, 2_880).status_code == 202
    pipeline.settle()
    found = shown(merchant, paid)
    assert (found["status"], [one["refunded_fen"] for one in found["payments"]]) == ("paid", [0, 2_880])
    assert balance(bob) == 100_000


def test_the_typed_client_pays_and_gives_back(merchant: Member, people: list[Member], pipeline: Pipeline) -> None:
    till, ann = client_of(merchant), client_of(people[0])
    order = till.api.open_order({"till": "T01", "reference": "7", "amount_fen": 500, "expires_in_s": 120})
    ann.pay_order(ann.api.show_order(order["id"]))
    pipeline.settle()
    till.give_back(till.api.show_order(order["id"]), ann.key.address, 500)
    pipeline.settle()
    assert till.api.find_order(reference="7")["status"] == "refunded"


def test_a_purchase_earns_a_point_a_yuan_and_a_refund_takes_them_back(
    merchant: Member, people: list[Member], paid: Any, pipeline: Pipeline
) -> None:
    ann, bob = people
    assert ann.get("/points").json()["free"] == 28
    assert (bob.get("/points").json()["free"], merchant.get("/points").json()["free"]) == (0, 0)
    refund(merchant, paid, ann, 880)
    pipeline.settle()
    assert ann.get("/points").json()["free"] == 20
    refund(merchant, paid, ann, 2_000)
    pipeline.settle()
    assert ann.get("/points").json()["free"] == 0
