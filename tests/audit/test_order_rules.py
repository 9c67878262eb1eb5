"""Every rule of funded orders, budgets and refunds, with its twin on the right side of the boundary, by hand."""

from typing import Any

import pytest

from tests.audit.shop_tape import AN, CASHIER, DISTRICT, SHOP, ShopTape
from tests.audit.tape import CHECKOUT


@pytest.fixture
def tape() -> ShopTape:
    """AN has 9,000 fen, the district 100,000, the shop 1,000."""
    tape = ShopTape()
    assert tape.wrong() == []
    return tape


# --- orders ---


def test_an_order_moves_its_amount_by_its_parts(tape: ShopTape):
    budget = tape.budget()
    tape.order(700, (DISTRICT, budget, 300, 0))
    tape.order(0, (DISTRICT, budget, 200, 0))
    assert tape.wrong() == []
    assert tape.books.checkout.budgets[DISTRICT, budget].left == 5_000 - 500


@pytest.mark.parametrize(
    "paid",
    [
        [(AN, CHECKOUT, 700), (DISTRICT, SHOP, 299), (CHECKOUT, SHOP, 700)],
        [(AN, CHECKOUT, 700), (DISTRICT, AN, 300), (CHECKOUT, SHOP, 700)],
        [(AN, CHECKOUT, 700), (CHECKOUT, SHOP, 700), (DISTRICT, SHOP, 300)],
        [(AN, SHOP, 700), (DISTRICT, SHOP, 300)],
        [(AN, CHECKOUT, 700), (CHECKOUT, SHOP, 700)],
    ],
    ids=["less", "to another", "in another order", "past the checkout", "without its part"],
)
def test_an_order_moves_nothing_else(tape: ShopTape, paid: list[tuple[str, str, int]]):
    tape.order(700, (DISTRICT, tape.budget(), 300, 0), paid=paid)
    assert set(tape.wrong()) == {"orders"}


def test_the_money_of_one_order_is_not_anothers_too(tape: ShopTape):
    budget = tape.budget()
    tape.order(700, (DISTRICT, budget, 300, 0), ends=False)
    tape.order(700, (DISTRICT, budget, 300, 0), paid=[])
    assert tape.wrong() == ["orders"]


def test_the_checkout_keeps_nothing(tape: ShopTape):
    tape.pay(AN, CHECKOUT, 5)
    assert tape.wrong() == ["orders", "orders"]  # money without an event, and money that stayed


@pytest.mark.parametrize(
    ("changed", "wrong"),
    [
        ({"id": "0x" + "12" * 32}, ["orders"]),
        ({"amount": 1_001}, ["orders"]),
        ({"lasts_s": 1}, []),
        ({"lasts_s": 0}, ["orders"]),
    ],
    ids=["another id", "another amount", "in the last second", "after its expiry"],
)
def test_an_order_is_its_terms_hash_of_its_parts_and_in_time(tape: ShopTape, changed: Any, wrong: list[str]):
    tape.order(700, (DISTRICT, tape.budget(), 300, 0), **changed)
    assert tape.wrong() == wrong


def test_an_order_is_paid_once(tape: ShopTape):
    budget = tape.budget()
    order = tape.order(700, (DISTRICT, budget, 300, 0))
    tape.order(700, (DISTRICT, budget, 300, 0), id=order.id)
    assert tape.wrong() == ["orders", "orders"]  # and its id is not the hash of the second's terms


@pytest.mark.parametrize("funder", [AN, SHOP])
def test_neither_payer_nor_merchant_helps(tape: ShopTape, funder: str):
    tape.order(700, (funder, tape.budget(), 300, 0))
    assert "orders" in tape.wrong()


def test_an_order_has_three_parts_at_most_each_of_a_budget_of_its_own(tape: ShopTape):
    parts = [(DISTRICT, tape.budget(), 10, 0) for _ in range(4)]
    tape.order(700, *parts[:3])
    assert tape.wrong() == []
    tape.order(700, *parts)
    tape.order(700, parts[0], parts[0])
    assert tape.wrong() == ["orders", "orders"]


def test_nothing_is_given_for_who_is_frozen(tape: ShopTape):
    budget = tape.budget()
    tape.token("AccountFrozen", AN)
    tape.order(0, (DISTRICT, budget, 300, 0))
    assert tape.wrong() == ["standing"]


# --- budgets ---


def test_a_budget_is_the_hash_of_its_terms_and_opens_once(tape: ShopTape):
    budget = tape.budget()
    assert tape.wrong() == []
    tape.budget(id=budget)
    assert tape.wrong() == ["budgets", "budgets"]


@pytest.mark.parametrize("terms", [{"total": 0}, {"signer": 0}, {"lasts_s": 0}])
def test_a_budget_has_money_a_signer_and_an_end_to_come(tape: ShopTape, terms: dict[str, int]):
    tape.budget(**terms)
    assert tape.wrong() == ["budgets"]


@pytest.mark.parametrize(("value", "wrong"), [(5_000, []), (5_001, ["budgets"])])
def test_a_budget_does_not_go_below_zero(tape: ShopTape, value: int, wrong: list[str]):
    tape.order(0, (DISTRICT, tape.budget(5_000), value, 0))
    assert tape.wrong() == wrong


@pytest.mark.parametrize(("later_s", "wrong"), [(999, []), (1_000, ["budgets"])])
def test_a_budget_pays_before_its_end(tape: ShopTape, later_s: int, wrong: list[str]):
    budget = tape.budget(lasts_s=1_000)
    tape.now.time += later_s
    tape.order(0, (DISTRICT, budget, 5, 0))
    assert tape.wrong() == wrong


def test_a_budget_that_was_not_opened_pays_nothing(tape: ShopTape):
    tape.order(0, (DISTRICT, "0x" + "34" * 32, 5, 0))
    assert tape.wrong() == ["budgets"]


@pytest.mark.parametrize(("minimum", "wrong"), [(1_000, []), (1_001, ["budgets"])])
def test_a_part_is_paid_from_its_minimum_on(tape: ShopTape, minimum: int, wrong: list[str]):
    """The order's price before the first part is own and first together."""
    budgets = tape.budget(), tape.budget()
    tape.order(700, (DISTRICT, budgets[0], 300, minimum), (DISTRICT, budgets[1], 400, 1_400))
    assert tape.wrong() == wrong


# --- refunds ---


def test_own_money_goes_back_first_and_parts_in_their_order(tape: ShopTape):
    budgets = tape.budget(), tape.budget()
    order = tape.order(700, (DISTRICT, budgets[0], 300, 0), (DISTRICT, budgets[1], 200, 0))
    tape.refund(order, 600, 0, 0)
    tape.refund(order, 100, 150, 0, number=1)
    tape.refund(order, 0, 150, 200, number=2)
    assert tape.wrong() == []
    assert [tape.books.checkout.budgets[DISTRICT, one].left for one in budgets] == [5_000, 5_000]


def test_a_part_whose_minimum_is_not_reached_any_more_goes_back_before_own_money(tape: ShopTape):
    order = tape.order(700, (DISTRICT, tape.budget(), 300, 1_000))
    tape.refund(order, 0, 200)
    assert tape.wrong() == []
    tape.refund(order, 100, 0, number=1)
    assert tape.wrong() == ["orders"]


def test_a_part_whose_minimum_is_just_reached_stays(tape: ShopTape):
    order = tape.order(700, (DISTRICT, tape.budget(), 300, 800))
    tape.refund(order, 200, 0)
    assert tape.wrong() == []


def test_the_part_that_was_subtracted_first_is_looked_at_first(tape: ShopTape):
    """Of 1,000 fen 900 are kept, of them 200 the last part's: the rest is below the first part's minimum."""
    budgets = tape.budget(), tape.budget()
    order = tape.order(500, (DISTRICT, budgets[0], 300, 800), (DISTRICT, budgets[1], 200, 0))
    tape.refund(order, 0, 100, 0)
    assert tape.wrong() == []


def test_a_refund_cut_otherwise_is_wrong(tape: ShopTape):
    order = tape.order(700, (DISTRICT, tape.budget(), 300, 0))
    tape.refund(order, 0, 200)
    assert tape.wrong() == ["orders"]


@pytest.mark.parametrize(("value", "wrong"), [(1_000, []), (1_001, ["orders", "orders"])])
def test_refunds_are_at_most_what_was_paid(tape: ShopTape, value: int, wrong: list[str]):
    order = tape.order(700, (DISTRICT, tape.budget(), 300, 0))
    tape.refund(order, 600, 0)
    tape.refund(order, value - 900, 300, number=1)
    assert tape.wrong() == wrong  # above it, it is too much, and not as its order gives


@pytest.mark.parametrize(("numbers", "wrong"), [((0, 1), []), ((0, 0), ["orders"]), ((1, 1), ["orders"])])
def test_refunds_have_numbers_without_gaps(tape: ShopTape, numbers: tuple[int, int], wrong: list[str]):
    order = tape.order(700, (DISTRICT, tape.budget(), 300, 0))
    for number in numbers:
        tape.refund(order, 5, 0, number=number)
    assert tape.wrong() == wrong


def test_an_order_that_was_not_paid_is_not_refunded(tape: ShopTape):
    order = tape.order(700, (DISTRICT, tape.budget(), 300, 0))
    other = type(order)("0x" + "12" * 32, 700, order.parts)
    tape.refund(other, 5, 0)
    assert "orders" in tape.wrong()


def test_money_and_refund_agree(tape: ShopTape):
    order = tape.order(700, (DISTRICT, tape.budget(), 300, 0))
    tape.checkout("OrderRefunded", order.id, AN, SHOP, data=[0, SHOP, 5, 5, 160, 1, 0])
    tape.moves((SHOP, CHECKOUT, 5))
    tape.returns(CHECKOUT, DISTRICT, 5)
    assert set(tape.wrong()) == {"orders"}


def test_a_refund_that_moved_nothing_is_wrong(tape: ShopTape):
    order = tape.order(700, (DISTRICT, tape.budget(), 300, 0))
    tape.checkout("OrderRefunded", order.id, AN, SHOP, data=[0, SHOP, 5, 5, 160, 1, 0])
    assert tape.wrong() == ["orders"]


@pytest.mark.parametrize(
    ("cap", "later_s", "wrong"),
    [(60, 0, []), (59, 0, ["orders"]), (30, 86_400, []), (29, 86_400, ["orders"])],
)
def test_a_cashier_gives_back_up_to_its_cap_a_day(tape: ShopTape, cap: int, later_s: int, wrong: list[str]):
    order = tape.order(700, (DISTRICT, tape.budget(lasts_s=10**6), 300, 0))
    tape.checkout("CashierSet", SHOP, CASHIER, data=[cap, 0])
    tape.refund(order, 30, 0, by=CASHIER)
    tape.now.time += later_s
    tape.refund(order, 30, 0, number=1, by=CASHIER)
    assert set(tape.wrong()) == set(wrong)


def test_who_is_no_cashier_gives_nothing_back(tape: ShopTape):
    order = tape.order(700, (DISTRICT, tape.budget(), 300, 0))
    tape.refund(order, 1, 0, by=CASHIER)
    assert tape.wrong() == ["orders"]


@pytest.mark.parametrize(("number", "wrong"), [(1, []), (0, ["orders"]), (2, ["orders"])])
def test_acts_on_a_cashier_have_numbers_without_gaps(tape: ShopTape, number: int, wrong: list[str]):
    tape.checkout("CashierSet", SHOP, CASHIER, data=[5, 0])
    tape.checkout("CashierSet", SHOP, CASHIER, data=[0, number])
    assert tape.wrong() == wrong
