"""An order's code: made for its till alone, leads whoever scans it to the order, and a taken code leads its owner."""

from typing import Any

import pytest

from pswallet.kit import clock
from pswallet.merchants.rules import emv, paycodes
from tests.api.gateway import Member, code_of
from tests.api.merchants import become_merchant, place
from tests.api.money import members
from tests.parts import Pipeline


@pytest.fixture
def people(stranger: Any, pipeline: Pipeline) -> list[Member]:
    """A tea house with a till, and a customer."""
    owner, customer = members(stranger, pipeline, "ping", "an")
    become_merchant(owner)
    pipeline.settle()
    store = owner.post(place(owner, "/stores"), {"name": "大万店", "street": "坪山", "place": "大万路"}).json()["id"]
    owner.post(place(owner, f"/stores/{store}/tills"), {"till": "T01"})
    return [owner, customer]


def opened(owner: Member, till: str = "T01", amount: int = 2_880, reference: str = "20261122T010001") -> Any:
    return owner.post("/orders", {"till": till, "reference": reference, "amount_fen": amount}).json()


def payment_code(customer: Member) -> str:
    """What a new device of the customer's shows now."""
    key = bytes.fromhex(customer.post("/payment-codes").json()["key"][2:])
    return paycodes.code_at(key, paycodes.Moment(paycodes.step_at(clock.now()), 0))


def taken(owner: Member, customer: Member, amount: int, reference: str = "20261122T010001") -> Any:
    text = payment_code(customer)
    return owner.post("/taken-codes", {"text": text, "reference": reference, "amount_fen": amount}), text


def told(customer: Member) -> list[Any]:
    with customer.sessions() as session:
        rows = session.connection().exec_driver_sql(
            "SELECT address, body->>'order', body->>'amount_fen', body->>'from' FROM off_chain_notifications"
            " WHERE kind = 'order-asked'"
        )
        return [tuple(row) for row in rows]


def test_whoever_scans_an_orders_code_is_led_to_the_order(people: list[Member]) -> None:
    owner, customer = people
    order = opened(owner)
    answer = owner.get(f"/orders/{order['id']}/code")
    assert answer.status_code == 200, answer.text
    text = answer.json()["text"]
    scanned = customer.post("/scans", {"text": text}).json()
    assert (scanned["merchant"], scanned["till"], scanned["reference"], scanned["order"]) == (
        owner.account["merchant"], "T01", order["reference"], order["id"],
    )  # fmt: skip
    assert scanned["expires_at"] == answer.json()["expires_at"].split(".")[0] + "Z"
    code = emv.read_code(text)
    assert (code.amount, code.text(emv.NAME), code.text(emv.LOCAL, "01")) == (2_880, "NA", "坪山大万擂茶铺")


def test_only_a_signed_code_names_an_order(people: list[Member]) -> None:
    owner, customer = people
    text = owner.get(f"/orders/{opened(owner)['id']}/code").json()["text"]
    other = text[:-4].replace("20261122T010001", "20261122T010002")
    answer = customer.post("/scans", {"text": other + emv.checksum(other)})
    assert code_of(answer) == "code-signature-invalid"


def test_an_orders_code_is_made_for_its_merchant_and_a_till_that_is_set_up(people: list[Member]) -> None:
    owner, customer = people
    order, elsewhere = opened(owner), opened(owner, "T02", reference="2")
    assert code_of(customer.get(f"/orders/{order['id']}/code")) == "order-unknown"
    assert code_of(owner.get(f"/orders/{elsewhere['id']}/code")) == "till-unknown"


def test_the_largest_amount_that_a_code_has_room_for(people: list[Member]) -> None:
    owner, _ = people
    most, more = opened(owner, amount=999_999_999_999, reference="most"), opened(owner, amount=10**12, reference="more")
    assert owner.get(f"/orders/{most['id']}/code").status_code == 200
    assert code_of(owner.get(f"/orders/{more['id']}/code")) == "code-field-invalid"


def test_whose_code_a_till_takes_is_told_of_the_order_once(people: list[Member]) -> None:
    owner, customer = people
    order = opened(owner)
    answer, text = taken(owner, customer, 2_880)
    assert (answer.status_code, answer.json()["order"]) == (201, order["id"])
    again = {"text": text, "reference": order["reference"], "amount_fen": 2_880}
    assert owner.post("/taken-codes", again).json() == answer.json()
    assert told(customer) == [(customer.address, order["id"], "2880", owner.address)]


def test_a_code_that_is_taken_without_an_order_tells_nobody(people: list[Member]) -> None:
    owner, customer = people
    answer, _ = taken(owner, customer, 2_880)
    assert (answer.status_code, answer.json()["order"], told(customer)) == (201, None, [])


def test_a_code_is_not_taken_for_an_order_of_another_amount(people: list[Member]) -> None:
    owner, customer = people
    opened(owner)
    answer, _ = taken(owner, customer, 2_881)
    assert code_of(answer) == "order-reference-reused"
    assert told(customer) == []
