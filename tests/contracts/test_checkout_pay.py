"""A funded order: each part from its funder, the rest from the payer, all to the merchant, or nothing at all."""

import pytest
from eth_abi import encode

from tests.contracts.parties import NONE, names, reverts
from tests.contracts.shop import told


@pytest.fixture
def budget(shop, platform):
    """A budget of the platform's, open."""
    return shop.budget(platform).opened()


def test_order_moves_each_part_and_the_rest_to_the_merchant(shop, token, checkout, budget, alice, platform, merchant):
    before = [token.balanceOf(one) for one in (alice, platform, merchant)]
    sale = shop.sale(5000, budget.part(1000))
    receipt = sale.pay()
    assert [token.balanceOf(one) for one in (alice, platform, merchant)] == [
        before[0] - 5000,
        before[1] - 1000,
        before[2] + 6000,
    ]
    assert (sale.state, budget.left, shop.holds_nothing()) == ((0, 0, 0, 0, 0, True), 999_000, True)
    assert names(receipt) == ["AuthorizationUsed", "Transfer", "Transfer", "Transfer", "OrderPaid"]


def test_event_says_the_order_with_its_parts(shop, checkout, budget, alice, merchant):
    sale = shop.sale(5000, budget.part(1000, 6000), budget.but(salt=bytes(32)).opened().part(7))
    receipt = sale.pay()
    assert told(receipt, checkout)[0][:4] == ("OrderPaid", sale.id, alice, merchant)
    kinds = ["(address,address,bytes32,bytes32,uint64,uint64,uint64)", "(address,bytes32,uint64,uint64)[]"]
    assert bytes(receipt.logs[-1]["data"]) == encode(kinds, [sale.order, sale.words])


def test_id_is_the_hash_that_was_signed(shop, checkout, budget):
    sale = shop.sale(5000, budget.part(1000), budget.but(salt=bytes(32)).part(7))
    assert checkout.orderId(sale.order, sale.words) == sale.id


def test_order_is_paid_once(shop, checkout, budget):
    sale = shop.sale(5000, budget.part(1000)).paid()
    with reverts(checkout, "OrderAlreadyPaid", order=sale.id):
        sale.pay()


def test_unregistered_payer_cannot_spend_what_others_pay(shop, token, budget, alice, officers):
    sale = shop.sale(0, budget.part(1000))
    token.setTiers([(alice, NONE)], sender=officers.compliance)
    with reverts(token, "AccountNotRegistered", account=alice):
        sale.pay()
