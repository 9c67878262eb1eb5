"""A refund gives back at most what was paid: undeserved parts first, then the payer's own, then the parts in order."""

import pytest

from tests.contracts.packets import key_of
from tests.contracts.parties import NONE, names, reverts
from tests.contracts.shop import told


@pytest.fixture
def budget(shop, platform):
    """A budget of the platform's, open."""
    return shop.budget(platform).opened()


@pytest.fixture
def moved(token):
    """What the act changes of accounts' balances."""

    def measured(act, *accounts):
        before = [token.balanceOf(one) for one in accounts]
        act()
        return [token.balanceOf(one) - then for one, then in zip(accounts, before, strict=True)]

    return measured


def test_whole_refund_gives_everybody_theirs(shop, checkout, budget, moved, alice, platform, merchant):
    sale = shop.sale(5000, budget.part(1000)).paid()
    assert moved(lambda: sale.refund(6000), alice, platform, merchant) == [5000, 1000, -6000]
    assert (sale.state, budget.left, shop.holds_nothing()) == ((5000, 1000, 0, 0, 1, True), 1_000_000, True)


def test_refund_is_told_with_all_that_came_back(shop, checkout, budget, alice, merchant):
    sale = shop.sale(5000, budget.part(1000)).paid()
    receipt = sale.refund(5500)
    assert told(receipt, checkout) == [
        ("OrderRefunded", sale.id, alice, merchant, 0, merchant, 5500, 5000, [500]),
    ]
    assert names(receipt) == ["OrderRefunded", "Transfer", "Returned", "Transfer", "Returned", "Transfer"]


def test_own_money_goes_back_first_then_the_parts_in_order(shop, moved, platform, alice, sponsor, merchant):
    packet = shop.campaign().given(alice)
    points, offer = shop.budget(platform).opened(), shop.budget(platform).opened()
    sale = shop.sale(5764, packet.part(2000), points.part(500), offer.part(1000)).paid()
    steps = [(5764, (5764, 0, 0, 0)), (2000, (5764, 2000, 0, 0)), (500, (5764, 2000, 500, 0))]
    for number, (value, expected) in enumerate([*steps, (1000, (5764, 2000, 500, 1000))]):
        assert moved(lambda v=value, n=number: sale.refund(v, n), merchant) == [-value]
        assert sale.state[:4] == expected
    assert (packet.holding(alice)[0], points.left, offer.left) == (2000, 1_000_000, 1_000_000)


def test_undeserved_voucher_goes_back_before_own_money(shop, moved, platform, alice, merchant):
    """facts.md §8b: 满80减10 is lost as soon as less than ¥80 is kept."""
    offer = shop.budget(platform).opened()
    sale = shop.sale(8264, offer.part(1000, 8000)).paid()
    assert moved(lambda: sale.refund(1264), alice, platform) == [1264, 0]
    assert moved(lambda: sale.refund(1001, 1), alice, platform) == [1, 1000]


def test_one_fen_below_the_minimum_is_undeserved_and_the_minimum_is_not(shop, moved, platform, alice):
    offer = shop.budget(platform).opened()
    kept = shop.sale(8000, offer.part(1000, 8000)).paid()
    assert moved(lambda: kept.refund(1000), alice, platform) == [1000, 0]
    lost = shop.sale(8000, offer.part(1000, 8000)).paid()
    assert moved(lambda: lost.refund(1001), alice, platform) == [1, 1000]


def test_undeserved_part_larger_than_the_refund_goes_back_piece_by_piece(shop, moved, platform, alice):
    offer = shop.budget(platform).opened()
    sale = shop.sale(7000, offer.part(1000, 8000)).paid()
    assert moved(lambda: sale.refund(1), alice, platform) == [0, 1]
    assert moved(lambda: sale.refund(999, 1), alice, platform) == [0, 999]
    assert moved(lambda: sale.refund(1, 2), alice, platform) == [1, 0]


def test_part_subtracted_first_is_looked_at_first(shop, platform):
    first, last = shop.budget(platform).opened(), shop.budget(platform).opened()
    sale = shop.sale(800, first.part(100, 900), last.part(100, 900)).paid()
    sale.refund(100)  # 900 are kept: the last part is deserved, and without it 800 are not enough for the first
    assert sale.state[:3] == (0, 100, 0)


def test_refunds_add_up_to_what_was_paid_and_no_fen_more(shop, checkout, budget):
    sale = shop.sale(5000, budget.part(1000)).paid()
    sale.refund(5999)
    with reverts(checkout, "RefundExceedsPaid", order=sale.id, attempted=6001, paid=6000):
        sale.refund(2, 1)
    sale.refund(1, 1)
    with reverts(checkout, "RefundExceedsPaid", attempted=6001, paid=6000):
        sale.refund(1, 2)


def test_refund_of_one_fen_is_one(shop, moved, budget, alice):
    sale = shop.sale(5000, budget.part(1000)).paid()
    assert moved(lambda: sale.refund(1), alice) == [1]


def test_refund_of_nothing_is_refused(shop, checkout, budget):
    with reverts(checkout, "RefundExceedsPaid", attempted=0):
        shop.sale(5000, budget.part(1000)).paid().refund(0)


def test_order_without_own_money_goes_back_to_its_funders(shop, moved, platform, alice):
    first, second = shop.budget(platform).opened(), shop.budget(platform).opened()
    sale = shop.sale(0, first.part(300), second.part(200)).paid()
    assert moved(lambda: sale.refund(400), alice, platform) == [0, 400]
    assert (first.left, second.left) == (1_000_000, 999_900)


def test_what_came_back_counts_in_the_budget_again(shop, platform):
    budget = shop.budget(platform, 1000).opened()
    shop.sale(1, budget.part(1000)).paid().refund(1001)
    shop.sale(1, budget.part(1000)).pay()
    assert budget.left == 0


# --- numbers and signatures ---


def test_refund_cannot_be_replayed(shop, checkout, budget):
    sale = shop.sale(5000, budget.part(1000)).paid()
    sale.refund(10)
    with reverts(checkout, "RefundNumberMismatch", attempted=0, expected=1):
        sale.refund(10)


def test_refund_cannot_come_before_its_number(shop, checkout, budget):
    sale = shop.sale(5000, budget.part(1000)).paid()
    with reverts(checkout, "RefundNumberMismatch", attempted=1, expected=0):
        sale.refund(10, 1)


def test_order_that_is_not_paid_is_not_refunded(shop, checkout, budget):
    sale = shop.sale(5000, budget.part(1000))
    with reverts(checkout, "OrderNotPaid", order=sale.id):
        sale.refund(10)


def test_order_shown_with_other_parts_is_not_refunded(shop, checkout, platform, budget):
    sale = shop.sale(5000, budget.part(1000), shop.budget(platform).opened().part(1)).paid()
    with reverts(checkout, "OrderNotPaid"):
        sale.but(parts=sale.parts[::-1]).refund(10)


@pytest.mark.parametrize("change", ["value", "number", "order"])
def test_signature_serves_one_refund(shop, checkout, budget, seller, change):
    sale, other = (shop.sale(5000, budget.part(1000)).paid() for _ in range(2))
    signed = {
        "value": shop.signing.refund(key_of(seller), sale.id, 0, 11),
        "number": shop.signing.refund(key_of(seller), sale.id, 1, 10),
        "order": shop.signing.refund(key_of(seller), other.id, 0, 10),
    }
    with reverts(checkout, "RefundSignatureInvalid", signer=seller):
        sale.refund(10, signature=signed[change])


@pytest.mark.parametrize("who", ["alice", "platform", "relayer"])
def test_nobody_but_the_merchant_refunds(shop, checkout, budget, request, who):
    signer = request.getfixturevalue(who)
    with reverts(checkout, "RefundSignatureInvalid", signer=signer):
        shop.sale(5000, budget.part(1000)).paid().refund(10, signer=signer)


def test_contract_wallet_sells_and_refunds_by_erc_1271(shop, token, checkout, contracts, chain, enrol, budget, alice):
    wallet = enrol(alice.deploy(contracts.CarelessWallet, b"\x05" * 65), 5, 1)
    chain.provider.unlock_account(wallet.address)
    chain.provider.set_balance(wallet.address, 10**18)
    token.approve(checkout, 2**256 - 1, sender=wallet.address)
    sale = shop.sale(5000, budget.part(1000), merchant=str(wallet.address)).paid()
    with reverts(checkout, "RefundSignatureInvalid"):
        sale.refund(10, signer=wallet, signature=b"\x06" * 65)
    sale.refund(6000, signer=wallet, signature=b"\x05" * 65)
    assert token.balanceOf(wallet) == 1


# --- any state of who gets it, and of who gives it ---


def test_frozen_payer_gets_the_refund(shop, token, budget, moved, alice, officers):
    sale = shop.sale(5000, budget.part(1000)).paid()
    token.freeze([alice], sender=officers.compliance)
    assert moved(lambda: sale.refund(6000), alice) == [5000]


def test_unregistered_payer_gets_the_refund(shop, token, budget, moved, alice, officers):
    sale = shop.sale(5000, budget.part(1000)).paid()
    token.setTiers([(alice, NONE)], sender=officers.compliance)
    assert moved(lambda: sale.refund(6000), alice) == [5000]


def test_payer_at_the_cap_gets_the_refund(shop, token, budget, visitor, enrol):
    shop.payer = visitor
    sale = shop.sale(5000, budget.part(1000)).paid()
    enrol(visitor, 1, 5000)
    sale.refund(6000)
    assert token.balanceOf(visitor) == 105_000


def test_frozen_funder_gets_its_part(shop, token, budget, moved, platform, officers):
    sale = shop.sale(5000, budget.part(1000)).paid()
    token.freeze([platform], sender=officers.compliance)
    assert moved(lambda: sale.refund(6000), platform) == [1000]


def test_budget_that_ended_gets_its_part(shop, chain, budget, moved, platform):
    sale = shop.sale(5000, budget.part(1000)).paid()
    chain.pending_timestamp = budget.named["end"]
    assert moved(lambda: sale.refund(6000), platform) == [1000]


def test_frozen_merchant_refunds_nothing(shop, token, budget, seller, officers):
    sale = shop.sale(5000, budget.part(1000)).paid()
    token.freeze([seller], sender=officers.compliance)
    with reverts(token, "AccountIsFrozen", account=seller):
        sale.refund(10)


def test_merchant_without_an_allowance_refunds_nothing(shop, token, checkout, budget, seller):
    sale = shop.sale(5000, budget.part(1000)).paid()
    token.approve(checkout, 9, sender=seller)
    with reverts(token, "ERC20InsufficientAllowance", allowance=9, needed=10):
        sale.refund(10)


def test_nothing_is_refunded_in_a_pause(shop, token, budget, officers):
    sale = shop.sale(5000, budget.part(1000)).paid()
    token.pause(sender=officers.pauser)
    with reverts(token, "PaymentsPaused"):
        sale.refund(10)


# --- vouchers ---


def test_refunded_voucher_is_its_holders_again(shop, voucher, alice, merchant):
    campaign = shop.campaign().given(alice)
    sale = shop.sale(1000, campaign.part(2000)).paid()
    receipt = sale.refund(2500)
    assert told(receipt, voucher) == [("VoucherRestored", campaign.id, alice, 1500)]
    assert (campaign.holding(alice), campaign.state) == ((1500, 1), (18_000, 1500))
    shop.sale(1000, campaign.part(1500)).pay()


def test_voucher_refunded_a_second_before_its_end_is_its_holders(shop, chain, alice):
    campaign = shop.campaign().given(alice)
    sale = shop.sale(0, campaign.part(2000)).paid()
    chain.pending_timestamp = campaign.end - 1
    sale.refund(2000)
    assert campaign.holding(alice)[0] == 2000


@pytest.mark.parametrize("closed", [False, True])
def test_voucher_refunded_after_its_end_goes_to_the_sponsor(
    shop, token, chain, voucher, moved, alice, sponsor, merchant, closed
):
    campaign = shop.campaign().given(alice)
    sale = shop.sale(1000, campaign.part(2000)).paid()
    chain.pending_timestamp = campaign.end
    if closed:
        campaign.close()
    receipts = []
    given = moved(lambda: receipts.append(sale.refund(3000)), alice, sponsor, merchant)
    assert given == [1000, 2000, -3000]
    assert told(receipts[0], voucher) == [("VoucherReturned", campaign.id, alice, 2000)]
    assert campaign.holding(alice)[0] == 0
    assert token.balanceOf(voucher) == sum(campaign.state)


def test_each_voucher_needs_its_campaign(shop, checkout, alice):
    campaign, other = shop.campaign().given(alice), shop.campaign().opened()
    sale = shop.sale(0, campaign.part(2000)).paid()
    for wrong in ([], [other.terms], [campaign.terms] * 2, [campaign.but(sponsor=str(alice)).terms]):
        with reverts(checkout, "EvidenceMismatch"):
            sale.refund(10, campaigns=wrong)
    sale.refund(10)
