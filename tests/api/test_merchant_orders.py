"""Orders in the hands of a merchant's staff and machines: opened, shown, voided, given back; and who may not."""

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text

from pswallet.api.deps import wall_clock
from pswallet.api.limits import Limit, Limits
from pswallet.client import Key, authorize_order, authorize_refund
from pswallet.kit import clock
from tests.api.gateway import Member, code_of, serve
from tests.api.leaving import leave
from tests.api.merchants import OTHER_CODE, api_key, appoint, become_merchant, by_key, delete, place, store_of
from tests.api.money import balance, members, served
from tests.api.test_order_codes import payment_code
from tests.parts import Pipeline

REFERENCE = "20261126T010001"


class Shop:
    """A tea house that the chain knows, its cashier, its machine with a key for orders, and a customer."""

    def __init__(self, stranger: Any, pipeline: Pipeline) -> None:
        self.pipeline = pipeline
        self.owner, self.cashier, self.ann = members(stranger, pipeline, "tea house", "lai", "ann")
        become_merchant(self.owner)
        self.owner.post(place(self.owner, f"/stores/{store_of(self.owner)}/tills"), {"till": "T01"})
        appoint(self.owner, self.cashier, "cashier")
        self.key = api_key(self.owner, "orders")
        self.machine = by_key(self.owner, self.key["token"])
        pipeline.settle()

    def path(self, order: Any = None, act: str = "") -> str:
        return place(self.owner, "/orders" + (f"/{order['id']}{act}" if order else ""))

    def open(self, who: Member, reference: str = REFERENCE, amount: int = 2_880, **options: Any) -> Any:
        return who.post(self.path(), {"till": "T01", "reference": reference, "amount_fen": amount}, **options)

    def pay(self, order: Any) -> None:
        body = authorize_order(served(self.ann), Key.of(self.ann.key), order)
        assert self.ann.post(f"/orders/{order['id']}/payments", body).status_code == 202
        self.pipeline.settle()

    def refund(self, who: Member, order: Any, amount: int, *, signed_by: Member | None = None) -> Any:
        now = self.owner.get(f"/orders/{order['id']}").json()
        key = Key.of((signed_by or self.owner).key)
        body = authorize_refund(served(self.owner), key, now, self.ann.address, amount)
        return who.post(self.path(order, "/refunds"), body)


@pytest.fixture
def shop(stranger: Any, pipeline: Pipeline) -> Shop:
    return Shop(stranger, pipeline)


# --- what they may ---------------------------------------------------------------------------------------


def test_a_machine_opens_a_customer_pays_and_the_merchant_sees_one_order(shop: Shop) -> None:
    answer = shop.open(shop.machine)
    assert answer.status_code == 201, answer.text
    order = answer.json()
    assert (order["merchant"], order["status"]) == (shop.owner.address, "open")
    assert shop.open(shop.cashier).json() == shop.open(shop.owner).json() == order
    mine = shop.owner.post("/orders", {"till": "T01", "reference": REFERENCE, "amount_fen": 2_880})
    assert mine.json() == order
    shop.pay(order)
    seen = shop.owner.get(f"/orders/{order['id']}").json()
    assert (seen["status"], seen["payments"][0]["payer"]) == ("paid", shop.ann.address)
    manager = shop.ann  # who paid it, too
    appoint(shop.owner, manager, "manager")
    for who in (shop.machine, shop.cashier, manager, shop.owner):
        assert who.get(shop.path(order)).json() == seen
        assert who.get(shop.path(), params={"reference": REFERENCE}).json() == seen
        assert shop.open(who).json() == seen | {"error": None}
    assert balance(shop.owner) == 100_000 + 2_880


def test_an_order_that_nobody_paid_is_voided_and_a_paid_one_is_not(shop: Shop) -> None:
    left, paid = shop.open(shop.machine, "1").json(), shop.open(shop.cashier, "2").json()
    assert shop.cashier.post(shop.path(left, "/void")).json()["status"] == "voided"
    assert shop.machine.post(shop.path(left, "/void")).json()["status"] == "voided"
    shop.pay(paid)
    assert code_of(shop.machine.post(shop.path(paid, "/void"))) == "order-already-paid"


def test_a_refund_is_the_merchants_signature_whoever_hands_it_in(shop: Shop) -> None:
    order = shop.open(shop.machine).json()
    shop.pay(order)
    assert code_of(shop.refund(shop.cashier, order, 80, signed_by=shop.cashier)) == "signature-invalid"
    assert shop.refund(shop.cashier, order, 80).status_code == 202
    shop.pipeline.settle()
    assert shop.refund(shop.machine, order, 800).status_code == 202
    shop.pipeline.settle()
    found = shop.machine.get(shop.path(order)).json()
    assert [(one["amount_fen"], one["status"]) for one in found["refunds"]] == [(80, "confirmed"), (800, "confirmed")]
    assert balance(shop.ann) == 100_000 - 2_000


def test_a_till_shows_the_orders_code_and_takes_a_customers(shop: Shop) -> None:
    order = shop.open(shop.machine).json()
    code = shop.machine.get(shop.path(order, "/code")).json()["text"]
    assert shop.ann.post("/scans", {"text": code}).json()["order"] == order["id"]
    body = {"text": payment_code(shop.ann), "reference": REFERENCE, "amount_fen": 2_880}
    taken = shop.cashier.post(place(shop.owner, "/taken-codes"), body)
    assert (taken.status_code, taken.json()["account"], taken.json()["order"]) == (201, shop.ann.address, order["id"])
    assert shop.machine.post(place(shop.owner, "/taken-codes"), body).json() == taken.json()


def test_a_payment_of_it_is_announced_as_that_of_the_merchants_own(shop: Shop) -> None:
    hook = shop.owner.post(place(shop.owner, "/webhook-endpoints"), {"url": "https://shop.example/hook"}).json()
    own = {"till": "T01", "reference": "own", "amount_fen": 2_880}
    for order in (shop.owner.post("/orders", own).json(), shop.open(shop.machine).json()):
        shop.pay(order)
        shop.refund(shop.cashier, order, 80)
        shop.pipeline.settle()
    told = shop.owner.get(place(shop.owner, f"/webhook-endpoints/{hook['endpoint']['id']}/deliveries")).json()["items"]
    data = [(one["kind"], json.loads(one["content"])["data"]) for one in reversed(told)]
    said = [(kind, one["address"], one["customer"], one["amount_fen"]) for kind, one in data]
    between = shop.owner.address, shop.ann.address
    assert said == [("payment.confirmed", *between, 2_880), ("refund.confirmed", *between, 80)] * 2
    assert shop.owner.get(shop.path(shop.open(shop.machine).json())).json()["hash"] == data[2][1]["authorization"]


def test_an_orders_key_sees_which_till_it_is_of_and_not_the_books(shop: Shop) -> None:
    paths = ("", "/tills", "/settlement", "/statement.csv", "/stores", "/staff", "/api-keys", "/webhook-endpoints")
    found = [shop.machine.get(place(shop.owner, path)).status_code for path in paths]
    assert found == [200, 200, 403, 403, 403, 403, 403, 403]


def test_two_tills_that_open_one_number_at_once_get_one_order(shop: Shop) -> None:
    tills = [by_key(shop.owner, api_key(shop.owner, "orders")["token"]), shop.machine, shop.cashier, shop.owner] * 3
    with ThreadPoolExecutor(len(tills)) as pool:
        answers = list(pool.map(shop.open, tills))
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.json()["id"] for answer in answers}) == 1
    with shop.pipeline.sessions() as session:
        assert session.connection().exec_driver_sql("SELECT count(*) FROM orders").scalar_one() == 1


def test_a_lost_answer_comes_again_under_the_same_key(shop: Shop) -> None:
    first, second = (shop.open(shop.machine, key="once") for _ in range(2))
    assert first.content == second.content
    assert code_of(shop.open(shop.machine, "another", key="once")) == "idempotency-key-reused"


# --- who may not -----------------------------------------------------------------------------------------


def everything(shop: Shop, order: Any) -> list[Callable[[Member], Any]]:
    """Every operation on behalf of the shop, with a body that fits it."""
    seen = shop.owner.get(f"/orders/{order['id']}").json()
    refund = authorize_refund(served(shop.owner), Key.of(shop.owner.key), seen, shop.ann.address, 80)
    funded = {"hash": order["hash"], "number": 0, "amount_fen": 80, "signer": shop.owner.address}
    code = {"text": payment_code(shop.ann), "reference": REFERENCE, "amount_fen": 2_880}
    return [
        lambda who: shop.open(who, "new"),
        lambda who: who.get(shop.path(), params={"reference": REFERENCE}),
        lambda who: who.get(shop.path(order)),
        lambda who: who.get(shop.path(order, "/code")),
        lambda who: who.post(shop.path(order, "/void")),
        lambda who: who.post(shop.path(order, "/refunds"), refund),
        lambda who: who.post(shop.path(order, "/funded-refunds"), {**funded, "signature": refund["signature"]}),
        lambda who: who.post(place(shop.owner, "/taken-codes"), code),
    ]


def test_nobody_else_does_anything_with_a_merchants_orders(shop: Shop, stranger: Any) -> None:
    other, foreign = members(stranger, shop.pipeline, "noodle shop", "xu", fen=0)
    become_merchant(other, OTHER_CODE, person=1)
    shop.pipeline.settle()
    appoint(other, foreign, "cashier")
    theirs = by_key(other, api_key(other, "orders")["token"])
    books = by_key(shop.owner, api_key(shop.owner, "reports", "webhooks")["token"])
    order = shop.open(shop.cashier, key="kept").json()
    asking = everything(shop, order)
    delete(shop.owner, place(shop.owner, f"/staff/{shop.cashier.address}"))
    delete(shop.owner, place(shop.owner, f"/api-keys/{shop.key['key']['id']}"))
    refused = [
        (books, "api-key-scope-missing"),
        (shop.machine, "api-key-invalid"),  # revoked
        (shop.cashier, "merchant-unknown"),  # dismissed
        (shop.ann, "merchant-unknown"),
        (foreign, "merchant-unknown"),
        (theirs, "merchant-unknown"),
    ]
    for who, code in refused:
        assert [code_of(ask(who)) for ask in asking] == [code] * 8
    assert shop.open(books).json()["scope"] == "orders"
    assert code_of(shop.open(shop.cashier, key="kept")) == "merchant-unknown", "no old answer either"
    for who in (foreign, theirs):
        path = place(other, f"/orders/{order['id']}")
        asked = [who.get(path), who.get(f"{path}/code"), who.post(f"{path}/void")]
        assert [code_of(answer) for answer in asked] == ["order-unknown"] * 3
        assert code_of(who.get(place(other, "/orders"), params={"reference": REFERENCE})) == "order-unknown"
    assert shop.owner.get(shop.path(order)).json() == order


def test_a_rotated_key_opens_orders_until_its_overlap_ends(shop: Shop, make_app: Any) -> None:
    path = place(shop.owner, f"/api-keys/{shop.key['key']['id']}/rotate")
    new = by_key(shop.owner, shop.owner.post(path, {"overlap_s": 60}).json()["token"])
    assert [shop.open(who).status_code for who in (shop.machine, new)] == [201, 201]
    app = make_app()
    app.dependency_overrides[wall_clock] = lambda: clock.now() + timedelta(seconds=61)
    with serve(app) as http:
        shop.machine.http = new.http = http
        assert code_of(shop.open(shop.machine)) == "api-key-invalid"
        assert shop.open(new).status_code == 201


def test_a_merchant_that_the_chain_does_not_know_yet_opens_nothing(stranger: Any, pipeline: Pipeline) -> None:
    owner, cashier = members(stranger, pipeline, "tea house", "lai")
    become_merchant(owner)
    appoint(owner, cashier, "cashier")
    asked = {"till": "T01", "reference": "1", "amount_fen": 100}
    assert code_of(cashier.post(place(owner, "/orders"), asked)) == "not-a-merchant"


def test_a_cashier_that_was_erased_is_nobody_and_the_staff_of_an_owner_that_was_acts_for_nobody(
    stranger: Any, pipeline: Pipeline
) -> None:
    owner, one, two = members(stranger, pipeline, "tea house", "lai", "xu", fen=0)
    become_merchant(owner)
    pipeline.settle()
    for cashier in (one, two):
        appoint(owner, cashier, "cashier")
    key = api_key(owner, "orders")
    machine = by_key(owner, key["token"])
    asked = {"till": "T01", "reference": "1", "amount_fen": 100}
    assert machine.post(place(owner, "/orders"), asked).status_code == 201
    assert kept_answers(owner, key) == 1
    assert leave(one).status_code == 200
    assert code_of(one.post(place(owner, "/orders"), asked)) == "session-invalid"
    assert two.post(place(owner, "/orders"), asked).status_code == 201
    assert [one["role"] for one in two.get("/merchants").json()["items"]] == ["cashier"]
    assert leave(owner).status_code == 200
    assert two.get("/merchants").json()["items"] == []
    assert code_of(two.post(place(owner, "/orders"), asked)) == "merchant-unknown"
    assert code_of(machine.post(place(owner, "/orders"), asked)) == "api-key-invalid"
    assert kept_answers(owner, key) == 0


def kept_answers(owner: Member, key: Any) -> int:
    with owner.sessions() as session:
        kept = text("SELECT count(*) FROM kept_answers WHERE owner = :key")
        return session.execute(kept, {"key": key["key"]["id"]}).scalar_one()


def test_the_tills_of_a_shop_take_codes_within_one_limit(shop: Shop, make_app: Any) -> None:
    app = make_app(limits=Limits(takings=Limit(1, 3_600)))
    with serve(app) as http:
        for who in (shop.machine, shop.owner):
            who.http = http
        body = {"text": payment_code(shop.ann), "reference": REFERENCE, "amount_fen": 2_880}
        assert shop.machine.post(place(shop.owner, "/taken-codes"), body).status_code == 201
        body["reference"] = "another"
        assert code_of(shop.owner.post("/taken-codes", body)) == "rate-limit-exceeded"
        assert code_of(shop.machine.post(place(shop.owner, "/taken-codes"), body)) == "rate-limit-exceeded"
