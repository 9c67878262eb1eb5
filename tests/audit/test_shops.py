"""Funded orders, vouchers and budgets on a real chain: what is honest passes, each lie is named where it was told."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

import pytest
from sqlalchemy import text

from pswallet.audit import Report
from pswallet.chain.abi import artifact
from pswallet.chain.funded import Campaign, FundedOrder, funded_order_id
from tests.audit.liar import lying, retold
from tests.audit.shops import CASHIER, Shops
from tests.features.fair import Fair
from tests.features.money import Town
from tests.parts import DAY_S, Person, Pipeline

AN, BO, LATE = Person("an"), Person("bo"), Person("late")
Place = tuple[int, str]


@dataclass
class Day:
    """A day of the shops: where what happened stands on the chain."""

    shops: Shops
    terms: Campaign
    order: FundedOrder
    paid: Place
    refunded: Place

    @property
    def id(self) -> str:
        """The campaign's."""
        return self.shops.fair.id(self.terms)

    @property
    def order_id(self) -> str:
        """The order's."""
        return funded_order_id(self.shops.fair.checkout, self.order)


def place(receipt: dict[str, Any]) -> Place:
    assert receipt["status"] == "0x1"
    return int(receipt["blockNumber"], 16), receipt["transactionHash"]


def said(report: Report) -> list[str]:
    return [f"{one.check}: {one.message}" for one in report.differences()]


def places(report: Report, check: str) -> set[tuple[int | None, str | None]]:
    return {(one.block, one.transaction) for one in report.differences() if one.check == check}


@pytest.fixture
def day(pipeline: Pipeline) -> Day:
    """All that vouchers, budgets, orders and cashiers can do, but the campaign's end."""
    town = Town(pipeline)
    town.people(AN.name, BO.name)
    shops = Shops(Fair(town))
    fair = shops.fair
    terms = fair.opened(minimum_spend=3_000)
    fair.give(terms, (AN, 2), (BO, 1))
    first = fair.order(terms, AN, 1_500, own=2_000)
    place(fair.pay(terms, first, AN))
    fair.refund(terms, first, 600)  # the rest is below the minimum: the voucher's part goes back first
    both = fair.order(terms, BO, 2_000, own=2_000, amount=4_500)
    both = replace(both, parts=(*both.parts, shops.part(500, 1_000)))
    paid = place(shops.pay(both, BO, terms))
    shops.name_cashier(700)
    refunded = place(shops.refund(both, 700, by=CASHIER, terms=terms))
    alone = fair.order(terms, AN, 0, amount=300, parts=(shops.part(300),))
    shops.pay(alone, AN)
    shops.refund(alone, 300)
    refuse(shops)
    return Day(shops, terms, both, paid, refunded)


def refuse(shops: Shops) -> None:
    """Let the chain refuse what the gateway asked for: the sponsor's money is gone before the campaign comes."""
    fair = shops.fair
    fair.town.people(LATE.name, tier=6, fen=20_000)
    terms = fair.terms(sponsor=LATE.address)
    fair.open(fair.command(terms, signer=LATE, sponsor=LATE.address))
    fair.town.pipeline.chain.token(LATE.key, "transfer", fair.sponsor.address, 15_000)
    fair.town.settle()
    assert fair.town.run(lambda session: session.scalar(text("SELECT count(*) FROM voucher_refusals"))) == 1


def test_honest_shops_pass_up_to_the_campaigns_end(day: Day):
    fair = day.shops.fair
    fair.town.pass_time(DAY_S)
    day.shops.refund(day.order, 3_800, number=1, terms=day.terms)  # what the voucher paid goes to the sponsor
    fair.close(day.terms)
    fair.town.settle()
    report = day.shops.audit()
    assert said(report) == []
    looked = {check.name: check.looked_at for check in report.checks}
    assert (looked["orders"], looked["budgets"], looked["vouchers"]) >= (6, 1, 7)
    assert report.totals["funded orders"] == 3


# --- the gateway lies ---------------------------------------------------------


def off_by_one(table: str, column: str, where: str = "true", *, unit: str = "1") -> tuple[str, str]:
    """Change a column, and back."""
    change, back = (f"UPDATE {table} SET {column} = {column} {sign} {unit} WHERE {where}" for sign in "+-")
    return change, back


def renamed(table: str, column: str, where: str) -> tuple[str, str]:
    """Name somebody else, and back."""
    told = f"UPDATE {table} SET {column} = {{}} WHERE {where}"
    return told.format(f"'x' || {column}"), told.format(f"substr({column}, 2)")


OF_THE_PAYMENT = {
    "a voucher that was spent": off_by_one("voucher_entries", "value_fen", "kind = 'spent' AND block = :paid"),
    "whose voucher it was": renamed("voucher_entries", "account", "kind = 'spent' AND block = :paid"),
    "where it was spent": renamed("voucher_entries", "merchant", "kind = 'spent' AND block = :paid"),
    "a notice of a voucher": renamed("notifications", "address", "kind = 'voucher-spent' AND block = :paid"),
}
"""Changes of what the payment became, each with its undoing."""
OF_OTHERS = {
    "a voucher that came back": off_by_one("voucher_entries", "value_fen", "kind = 'restored'"),
    "a campaign's opening": off_by_one("campaign_openings", "budget_fen"),
    "a campaign's face": off_by_one("campaigns", "face_fen", "id = :campaign"),
    "a campaign's terms": renamed("campaigns", "shops", "id = :campaign"),
    "a claim": off_by_one("voucher_claims", "value_fen", "account = :an"),
    "a list of winners": off_by_one("winner_listings", "at", unit="interval '1 s'"),
    "a refusal": off_by_one("voucher_refusals", "block"),
}


def tamper(day: Day, statement: str) -> None:
    values = {"paid": day.paid[0], "campaign": day.id, "an": AN.address}
    used = {key: value for key, value in values.items() if f":{key}" in statement}
    assert day.shops.fair.town.run(lambda session: session.execute(text(statement), used).rowcount)


def test_a_changed_row_of_the_shops_is_named_and_one_of_the_payment_with_its_place(day: Day):
    for change, (statement, undo) in {**OF_THE_PAYMENT, **OF_OTHERS}.items():
        tamper(day, statement)
        report = day.shops.audit()
        told = places(report, "database")
        assert told, change
        assert {one.check for one in report.differences()} == {"database"}, change
        if change in OF_THE_PAYMENT:
            assert told == {day.paid}, change
        tamper(day, undo)
    assert said(day.shops.audit()) == []


HAPPENED = {
    "campaign-open": "voucher_refusals SELECT '{key}', campaign, '', 'campaign-open', NULL, {rest}"
    " FROM campaign_openings",
    "voucher": "voucher_refusals SELECT '{key}', campaign, account, 'voucher', count, {rest} FROM voucher_entries"
    " WHERE kind = 'issued' LIMIT 1",
    "budget-open": "checkout_refusals SELECT '{key}', 'budget-open', budget, NULL, {rest} FROM budget_openings",
    "order-pay": "checkout_refusals SELECT '{key}', 'order-pay', hash, NULL, {rest} FROM checkout_payments LIMIT 1",
    "order-refund": "checkout_refusals SELECT '{key}', 'order-refund', hash, number, {rest} FROM checkout_refunds"
    " LIMIT 1",
}
"""Refusals of what is on the chain, which nobody can look up there: the whole transaction is said to have failed."""


def test_what_happened_was_not_refused_then_or_later(day: Day):
    for later, named in ((-1, 0), (0, len(HAPPENED))):
        for key, insert in HAPPENED.items():
            tamper(
                day,
                "INSERT INTO " + insert.format(key=f"{key} {later}", rest=f"'CallReverted', at, block + {later}, -1"),
            )
        told = [one for one in said(day.shops.audit()) if "was refused; it happened in block" in one]
        assert len(told) == named


# --- the chain lies -----------------------------------------------------------


ORDER, VOUCHER = ("MerchantCheckout", "OrderPaid"), ("CityVoucher", "VoucherSpent")
LIES: dict[str, tuple[str, tuple[str, str], dict[str, int | str]]] = {
    "an order of another amount": ("orders", ORDER, {"w5": 4_499}),
    "an order to another merchant": ("orders", ORDER, {"w1": BO.address}),
    "a part of another amount": ("orders", ORDER, {"w11": 1_999}),
    "a part of another budget": ("budgets", ORDER, {"w14": 1}),
    "a voucher spent in a foreign shop": ("vouchers", VOUCHER, {"t3": BO.address}),
    "a voucher of another": ("vouchers", VOUCHER, {"t2": AN.address}),
    "a voucher of another amount": ("vouchers", VOUCHER, {"w0": 1_999}),
}


def test_a_payment_that_is_told_otherwise_is_named(day: Day):
    for lie, (check, event, changed) in LIES.items():
        with lying(day.shops.fair.town.pipeline.chain.rpc.url, retold(day.paid[1], *event, **changed)) as url:
            assert day.paid in places(day.shops.audit(url), check), lie


def test_a_refund_above_what_was_paid_is_named(day: Day):
    """Its number is right, its money too: only the order knows that it is too much."""
    above = retold(day.refunded[1], "MerchantCheckout", "OrderRefunded", w2=4_501, w3=4_501)
    with lying(day.shops.fair.town.pipeline.chain.rpc.url, above) as url:
        report = day.shops.audit(url)
    assert day.refunded in places(report, "orders")
    assert any("of 4500 fen was refunded 4501" in one for one in said(report))


def test_a_state_that_no_event_explains_is_named(day: Day):
    """An order's slot, a budget's, a cashier's, a campaign's and a holding, each changed behind everybody's back."""
    fair, campaign = day.shops.fair, bytes.fromhex(day.id[2:])
    budget, order = (bytes.fromhex(one[2:]) for one in (day.shops.part(1).budget, day.order_id))
    views: list[tuple[str, str, tuple[Any, ...], str]] = [
        ("MerchantCheckout", "stateOf", (order,), "orders"),
        ("MerchantCheckout", "budgetOf", (fair.sponsor.address, budget), "budgets"),
        ("MerchantCheckout", "cashierOf", (fair.tea_house.address, CASHIER.address), "orders"),
        ("CityVoucher", "stateOf", (campaign,), "vouchers"),
        ("CityVoucher", "holdingOf", (campaign, AN.address), "vouchers"),
    ]
    for contract, view, arguments, check in views:
        with rewritten(fair, contract, view, *arguments):
            assert {one.check for one in day.shops.audit().differences()} == {check}, (contract, view)
    assert said(day.shops.audit()) == []


@contextmanager
def rewritten(fair: Fair, contract: str, view: str, *arguments: Any) -> Iterator[None]:
    """Change the one word that a view reads by a fen, and put it back."""
    rpc = fair.town.pipeline.chain.rpc
    address = {"MerchantCheckout": fair.checkout, "CityVoucher": fair.voucher}[contract].verifying_contract
    data = "0x" + artifact(contract).call(view, *arguments).hex()
    touched = rpc.call("eth_createAccessList", [{"to": address, "data": data}, "latest"])["accessList"]
    (slot,) = (slot for one in touched for slot in one["storageKeys"])
    before = rpc.call("eth_getStorageAt", [address, slot, "latest"])
    for word in (f"0x{int(before, 16) + (1 << 16):064x}", before):
        rpc.call("anvil_setStorageAt", [address, slot, word])
        rpc.call("evm_mine")
        if word != before:
            yield
