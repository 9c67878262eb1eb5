"""What settles while the next order is decided is counted once: as done, or as waiting."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import pytest

from pswallet.chain.funded import Part
from pswallet.chain.outbox import last_block, orders_under_way
from pswallet.chain.signing import checkout_domain, token_domain
from pswallet.chain.sponsor import Sponsor
from pswallet.checkout.errors import BudgetExceeded
from pswallet.client import parts_of
from pswallet.kit.db import transaction
from pswallet.payments.service import AcceptedOrder, Office, PayFunded, backing, pay_funded_orders
from pswallet.payments.service.orders import ROUNDS
from tests.api import selling
from tests.api.gateway import Member, code_of
from tests.api.money import members
from tests.api.selling import order, pay, voucher_part
from tests.parts import Pipeline
from tests.rebuilds import assert_equal_to_a_rebuild


@pytest.fixture
def meanwhile(monkeypatch: pytest.MonkeyPatch) -> Callable[[Callable[[], None]], list[str]]:
    """Lets something happen once, right after it was read which orders are under way."""

    def at_the_next(act: Callable[[], None]) -> list[str]:
        seen: list[str] = []

        def read(session: Any) -> list[str]:
            found = orders_under_way(session)
            if found and not seen:
                seen.extend(found)
                act()
            return found

        monkeypatch.setattr(backing, "orders_under_way", read)
        return seen

    return at_the_next


@pytest.fixture
def shop(stranger: Any, pipeline: Pipeline) -> Member:
    return selling.tea_house(stranger, pipeline)


@pytest.fixture
def ann(stranger: Any, pipeline: Pipeline) -> Member:
    return members(stranger, pipeline, "ann", fen=10_000)[0]


def test_a_voucher_payment_that_settles_meanwhile_is_counted_once(
    stranger: Any, shop: Member, ann: Member, pipeline: Pipeline, meanwhile: Any
) -> None:
    campaign = selling.campaign(selling.sponsor(stranger, pipeline, "city"), pipeline, ann)
    part = voucher_part(ann, campaign, 1_200)
    first, second, third = (order(shop, fen, str(fen)) for fen in (1_200, 801, 800))
    assert pay(ann, first, [part]).status_code == 202
    seen = meanwhile(pipeline.settle)
    # Of ¥20.00 there are ¥8.00 left, and not a fen more.
    assert code_of(pay(ann, second, [replace(part, value=801)])) == "voucher-balance-too-low"
    assert seen
    assert pay(ann, third, [replace(part, value=800)]).status_code == 202


def test_what_is_left_of_a_voucher_is_not_refused_because_of_what_settles_meanwhile(
    stranger: Any, shop: Member, ann: Member, pipeline: Pipeline, meanwhile: Any
) -> None:
    campaign = selling.campaign(selling.sponsor(stranger, pipeline, "city"), pipeline, ann)
    part = voucher_part(ann, campaign, 1_200)
    first, second = (order(shop, fen, str(fen)) for fen in (1_200, 800))
    assert pay(ann, first, [part]).status_code == 202
    seen = meanwhile(pipeline.settle)
    assert pay(ann, second, [replace(part, value=800)]).status_code == 202
    assert seen
    pipeline.settle()
    assert [ann.get(f"/orders/{one['id']}").json()["status"] for one in (first, second)] == ["paid", "paid"]


def test_a_voucher_payment_that_is_refused_meanwhile_is_not_counted(
    stranger: Any, shop: Member, ann: Member, pipeline: Pipeline, meanwhile: Any
) -> None:
    campaign = selling.campaign(selling.sponsor(stranger, pipeline, "city"), pipeline, ann)
    part = voucher_part(ann, campaign, 2_000)
    first, second = (order(shop, 2_000, number) for number in ("1", "2"))
    assert pay(ann, first, [part]).status_code == 202

    def refuse() -> None:
        for act in ("freeze", "unfreeze"):
            pipeline.chain.token(pipeline.chain.keys.compliance, act, [ann.address])
            pipeline.settle()

    seen = meanwhile(refuse)
    assert pay(ann, second, [part]).status_code == 202
    assert seen


def test_what_is_left_of_a_budget_is_not_refused_because_of_what_settles_meanwhile(
    stranger: Any, shop: Member, ann: Member, pipeline: Pipeline, meanwhile: Any
) -> None:
    platform = selling.sponsor(stranger, pipeline, "platform")
    budget = selling.budget(platform, pipeline, 2_000)
    selling.offer(platform, budget, kind="voucher", steps=[{"reach_fen": 1_500, "less_fen": 1_000}])
    first, second, third = (quoted(shop, ann) for _ in range(3))
    assert pay(ann, first, parts_of(first)).status_code == 202
    seen = meanwhile(pipeline.settle)
    assert pay(ann, second, parts_of(second)).status_code == 202
    assert seen
    refused = pay(ann, third, parts_of(third))
    assert (code_of(refused), refused.json()["left"]) == ("budget-exceeded", 0)


def test_what_is_left_of_a_budget_is_exact_after_payments_of_one_block_and_of_the_next(
    stranger: Any, shop: Member, ann: Member, pipeline: Pipeline
) -> None:
    platform = selling.sponsor(stranger, pipeline, "platform")
    budget = selling.budget(platform, pipeline, 3_500)
    selling.offer(platform, budget, kind="voucher", steps=[{"reach_fen": 1_500, "less_fen": 1_000}])
    orders = [quoted(shop, ann) for _ in range(3)]
    for together, left in ((orders[:2], 1_500), (orders[2:], 500)):
        for one in together:
            assert pay(ann, one, parts_of(one)).status_code == 202
        pipeline.settle()
        assert ann.get(f"/budgets/{budget}").json()["left_fen"] == left
    assert_equal_to_a_rebuild(pipeline)


def test_an_order_that_asks_too_much_of_a_budget_takes_nothing_of_it_from_the_next_of_its_group(
    stranger: Any, shop: Member, ann: Member, pipeline: Pipeline
) -> None:
    platform = selling.sponsor(stranger, pipeline, "platform")
    budget = selling.budget(platform, pipeline, 1_000)
    for reach, less in ((1_500, 1_000), (5_000, 1_001)):
        selling.offer(platform, budget, kind="voucher", steps=[{"reach_fen": reach, "less_fen": less}])
    orders = [quoted(shop, ann, price) for price in (6_000, 3_000, 3_100)]
    large, small, last = together(pipeline, [signed(ann, one, parts_of(one)) for one in orders])
    assert (type(large), large.details["left"]) == (BudgetExceeded, 1_000)
    assert isinstance(small, AcceptedOrder)
    assert (type(last), last.details["left"]) == (BudgetExceeded, 0)


def test_who_has_no_voucher_takes_the_order_from_nobody_that_came_with_it(
    stranger: Any, shop: Member, ann: Member, pipeline: Pipeline
) -> None:
    (bob,) = members(stranger, pipeline, "bob", fen=10_000)
    campaign = selling.campaign(selling.sponsor(stranger, pipeline, "city"), pipeline, ann)
    asked = order(shop, 2_000)
    crowd = [bob, bob, ann, ann]
    found = together(pipeline, [signed(one, asked, [voucher_part(one, campaign, 1_200)]) for one in crowd])
    assert [type(one).__name__ for one in found] == [
        "VoucherBalanceTooLow", "VoucherBalanceTooLow", "AcceptedOrder", "OrderAlreadyPaid",
    ]  # fmt: skip
    pipeline.settle()
    assert ann.get(f"/orders/{asked['id']}").json()["status"] == "paid"
    none = [replace(signed(bob, asked, [voucher_part(bob, campaign, 1_200)]), order_id="ord_none")] * (ROUNDS + 1)
    assert {type(one).__name__ for one in together(pipeline, none)} == {"OrderUnknown"}


def together(pipeline: Pipeline, commands: list[PayFunded]) -> list[Any]:
    """What the intake says of commands that came together."""
    token, checkout = token_domain(pipeline.chain.deployment), checkout_domain(pipeline.chain.deployment)
    office = Office(token, checkout, pipeline.chain.deployment.voucher, Sponsor(pipeline.chain.keys.sponsor, checkout))
    with transaction(pipeline.sessions) as session:
        block = last_block(session)
        assert block is not None
        return list(pay_funded_orders(session, commands, office=office, now=block.time))


def signed(payer: Member, order: Any, parts: Sequence[Part]) -> PayFunded:
    """The command that pays an order with these parts."""
    body = selling.pay_body(payer, order, parts)
    return PayFunded(
        order_id=order["id"],
        payer=payer.address,
        own_fen=body["own_fen"],
        parts=tuple(parts),
        signature=body["signature"],
    )


def quoted(shop: Member, payer: Member, price: int = 3_000) -> Any:
    """An order of ¥30.00, if not said otherwise, of which a budget pays ¥10.00."""
    rung = shop.post("/baskets", {"items": [{"code": "leicha", "unit_price_fen": price}]}).json()
    quote = payer.post("/quotes", {"basket_id": rung["id"], "price_fen": price}).json()
    return payer.post(f"/quotes/{quote['id']}/order").json()
