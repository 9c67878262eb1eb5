"""A funded order: each part from its funder, the rest from the payer, all to the merchant, or nothing at all."""

import pytest
from eth_abi import encode

from tests.contracts.parties import NONE, domain, names, reverts, sign, split
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


def test_vector_of_the_fact_sheet_to_the_fen(shop, token, checkout, alice, sponsor, platform, merchant):
    """¥92.64 after the merchant's offers: 满80减10, 500 points, a restricted red packet of ¥20, ¥57.64 of own."""
    packet = shop.campaign().given(alice)
    offer, points = shop.budget(platform).opened(), shop.budget(platform).opened()
    before = [token.balanceOf(one) for one in (alice, sponsor, platform, merchant)]
    sale = shop.sale(5764, packet.part(2000), points.part(500), offer.part(1000, 8000))
    assert sale.named["amount"] == 9264
    sale.pay()
    paid = [token.balanceOf(one) for one in (alice, sponsor, platform, merchant)]
    assert [now - then for then, now in zip(before, paid, strict=True)] == [-5764, 0, -1500, 9264]
    assert (packet.holding(alice), packet.state) == ((0, 1), (18_000, 0))
    assert shop.holds_nothing()


# --- what an order must be ---


def test_order_needs_a_part(shop, checkout):
    with reverts(checkout, "OrderInvalid"):
        shop.sale(5000).pay()


def test_three_parts_pass(shop, platform):
    parts = [shop.budget(platform).opened().part(1) for _ in range(3)]
    assert shop.sale(5000, *parts).paid().state[-1]


def test_fourth_part_is_refused(shop, checkout, platform):
    parts = [shop.budget(platform).opened().part(1) for _ in range(4)]
    with reverts(checkout, "OrderInvalid"):
        shop.sale(5000, *parts).pay()


@pytest.mark.parametrize("off", [-1, 1])
def test_parts_and_own_money_are_the_amount(shop, checkout, budget, off):
    with reverts(checkout, "OrderInvalid"):
        shop.sale(5000, budget.part(1000), amount=6000 + off).pay()


def test_part_of_nothing_is_refused(shop, checkout, budget):
    with reverts(checkout, "OrderInvalid"):
        shop.sale(5000, budget.part(0)).pay()


def test_part_of_one_fen_passes(shop, budget):
    assert shop.sale(1, budget.part(1)).paid().state[-1]


def test_part_that_does_not_fit_its_field_is_refused(shop, checkout, platform):
    budget = shop.budget(platform, 2**48).opened()
    with reverts(checkout, "OrderInvalid"):
        shop.sale(1, budget.part(2**48)).pay()


def test_largest_part_is_not_refused_for_its_size(shop, token, platform):
    budget = shop.budget(platform, 2**48).opened()
    with reverts(token, "PaymentLimitExceeded"):
        shop.sale(1, budget.part(2**48 - 1)).pay()


def test_sums_do_not_wrap(shop, checkout, platform):
    parts = [shop.budget(platform, 2**63).opened().part(2**47) for _ in range(2)]
    with reverts(checkout, "OrderInvalid"):
        shop.sale(2**64 - 2**48, *parts, amount=0).pay()


def test_budget_stands_in_one_part_alone(shop, checkout, budget):
    with reverts(checkout, "OrderInvalid"):
        shop.sale(5000, budget.part(10), budget.part(20)).pay()


def test_same_campaign_stands_in_one_part_alone(shop, checkout, platform, alice):
    campaign = shop.campaign(divisible=False).given(alice, count=2)
    other = shop.budget(platform).opened().part(1)
    with reverts(checkout, "OrderInvalid"):
        shop.sale(5000, campaign.part(2000), other, campaign.part(2000)).pay()


def test_payer_does_not_pay_itself(shop, checkout, budget, alice):
    with reverts(checkout, "OrderInvalid"):
        shop.sale(5000, budget.part(1), merchant=str(alice)).pay()


@pytest.mark.parametrize("who", ["alice", "seller"])
def test_payer_and_merchant_fund_no_part(shop, token, checkout, request, who):
    funder = request.getfixturevalue(who)
    token.approve(checkout, 100, sender=funder)
    with reverts(checkout, "OrderInvalid"):
        shop.sale(5000, shop.budget(funder).opened().part(1)).pay()


def test_contracts_of_ours_are_no_merchants(shop, token, checkout, voucher, escrow, budget):
    for contract in (voucher, escrow):
        with reverts(token, "SystemRecipient", account=contract):
            shop.sale(5000, budget.part(1), merchant=str(contract.address)).pay()


@pytest.mark.parametrize("own", [0, 5000])
def test_checkout_is_no_merchant(shop, checkout, budget, own):
    with reverts(checkout, "OrderInvalid"):
        shop.sale(own, budget.part(100), merchant=str(checkout.address)).pay()


# --- when ---


def test_order_is_paid_in_its_last_second(shop, chain, budget):
    sale = shop.sale(5000, budget.part(1))
    chain.pending_timestamp = sale.named["expiry"] - 1
    sale.pay()


@pytest.mark.parametrize("own", [0, 5000])
def test_order_is_not_paid_once_expired(shop, checkout, chain, budget, own):
    sale = shop.sale(own, budget.part(1))
    chain.pending_timestamp = sale.named["expiry"]
    with reverts(checkout, "OrderExpired", order=sale.id, expiry=sale.named["expiry"]):
        sale.pay()


@pytest.mark.parametrize("own", [0, 5000])
def test_nothing_is_paid_in_a_pause(shop, token, budget, officers, own):
    sale = shop.sale(own, budget.part(1))
    token.pause(sender=officers.pauser)
    with reverts(token, "PaymentsPaused"):
        sale.pay()


# --- what else must hold ---


def test_minimum_spend_is_met_at_its_value(shop, budget):
    shop.sale(7000, budget.part(1000, 8000)).pay()


def test_minimum_spend_is_missed_by_one_fen(shop, checkout, budget):
    with reverts(checkout, "MinimumSpendNotMet", price=7999, minimum=8000):
        shop.sale(6999, budget.part(1000, 8000)).pay()


def test_last_part_was_subtracted_first(shop, checkout, platform):
    first, last = shop.budget(platform).opened(), shop.budget(platform).opened()
    shop.sale(900, first.part(100, 1000), last.part(500, 1500)).pay()
    with reverts(checkout, "MinimumSpendNotMet", price=1000, minimum=1001):
        shop.sale(900, first.part(100, 1001), last.part(500, 1500)).pay()
    with reverts(checkout, "MinimumSpendNotMet", price=1400, minimum=1500):
        shop.sale(900, last.part(500, 1500), first.part(100, 1000)).pay()


def test_balance_of_the_payer_holds(shop, token, budget, bob):
    shop.payer = bob
    with reverts(token, "ERC20InsufficientBalance"):
        shop.sale(50_001, budget.part(1)).pay()


def test_limits_of_the_payer_hold(shop, token, budget, carol):
    shop.payer = carol
    with reverts(token, "PaymentLimitExceeded", account=carol):
        shop.sale(200_001, budget.part(1)).pay()


def test_frozen_merchant_is_not_paid(shop, token, budget, merchant, officers):
    token.freeze([merchant], sender=officers.compliance)
    with reverts(token, "RecipientIsFrozen", account=merchant):
        shop.sale(5000, budget.part(1)).pay()


@pytest.mark.parametrize("own", [0, 5000])
def test_frozen_payer_pays_nothing(shop, token, budget, alice, officers, own):
    sale = shop.sale(own, budget.part(1))
    token.freeze([alice], sender=officers.compliance)
    with reverts(token, "AccountIsFrozen", account=alice):
        sale.pay()


@pytest.mark.parametrize("own", [0, 5000])
def test_unregistered_payer_pays_nothing(shop, token, budget, alice, officers, own):
    sale = shop.sale(own, budget.part(1000))
    token.setTiers([(alice, NONE)], sender=officers.compliance)
    with reverts(token, "AccountNotRegistered", account=alice):
        sale.pay()


def test_order_that_fails_leaves_nothing_behind(shop, token, checkout, budget, platform, alice):
    late = shop.budget(platform)  # not open
    before = token.balanceOf(alice), token.balanceOf(platform)
    sale = shop.sale(5000, budget.part(1), late.part(1))
    with reverts(checkout, "BudgetNotOpen"):
        sale.pay()
    assert (token.balanceOf(alice), token.balanceOf(platform)) == before
    assert (sale.state[-1], budget.left) == (False, 1_000_000)


def test_payer_that_cancelled_pays_nothing(shop, token, budget, alice, relayer):
    sale = shop.sale(5000, budget.part(1))
    signature = sign(alice, domain(token), "CancelAuthorization", {"authorizer": str(alice), "nonce": sale.id})
    token.cancelAuthorization(alice, sale.id, *split(signature), sender=relayer)
    with reverts(token, "ERC3009UsedAuthorization"):
        sale.pay()
