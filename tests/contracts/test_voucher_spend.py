"""Vouchers are money at the merchants of a list, within dates, minimum and face; at the end the sponsor's again."""

import pytest

from bench.packets import person
from tests.contracts.packets import DAY
from tests.contracts.parties import reverts
from tests.contracts.shop import BOOKS, TEA, told


def test_voucher_pays_the_merchant(shop, token, voucher, alice, merchant):
    campaign = shop.campaign().given(alice)
    before = token.balanceOf(merchant), token.balanceOf(voucher)
    receipt = shop.sale(0, campaign.part(1500)).pay()
    assert told(receipt, voucher) == [("VoucherSpent", campaign.id, alice, merchant, 1500)]
    assert (campaign.holding(alice), campaign.state) == ((500, 1), (18_000, 500))
    assert (token.balanceOf(merchant), token.balanceOf(voucher)) == (before[0] + 1500, before[1] - 1500)


def test_voucher_is_spent_to_its_last_fen_and_no_further(shop, voucher, alice):
    campaign = shop.campaign().given(alice)
    shop.sale(0, campaign.part(1999)).pay()
    with reverts(voucher, "VoucherBalanceTooLow", account=alice, attempted=2, left=1):
        shop.sale(1, campaign.part(2)).pay()
    shop.sale(0, campaign.part(1)).pay()


def test_voucher_of_another_person_is_not_spent(shop, voucher, alice, bob):
    campaign = shop.campaign().given(alice)
    shop.payer = bob
    with reverts(voucher, "VoucherBalanceTooLow", account=bob, attempted=1, left=0):
        shop.sale(5, campaign.part(1)).pay()


def test_campaign_shown_with_other_terms_is_not_spent(shop, voucher, alice):
    campaign = shop.campaign().given(alice)
    with reverts(voucher, "VoucherBalanceTooLow"):
        shop.sale(5, campaign.but(end=campaign.end + DAY).part(1)).pay()


def test_vouchers_of_two_campaigns_help_with_one_order(shop, alice):
    first, second = shop.campaign().given(alice), shop.campaign().given(alice)
    shop.sale(0, first.part(2000), second.part(2000)).pay()
    assert (first.holding(alice)[0], second.holding(alice)[0]) == (0, 0)


# --- where ---


def test_foreign_shop_is_refused(shop, voucher, alice, bob):
    campaign = shop.campaign().given(alice)
    with reverts(voucher, "MerchantNotAllowed", merchant=bob):
        shop.sale(5, campaign.part(1), merchant=str(bob)).pay()


def test_another_category_is_refused(shop, voucher, alice, merchant):
    campaign = shop.campaign().given(alice)
    with reverts(voucher, "MerchantNotAllowed", merchant=merchant):
        shop.sale(5, campaign.part(1)).pay(vouchers=[campaign.evidence(str(merchant), BOOKS)])


def test_another_shops_place_is_refused(shop, voucher, alice, merchant):
    campaign = shop.campaign().given(alice)
    with reverts(voucher, "MerchantNotAllowed"):
        shop.sale(5, campaign.part(1)).pay(vouchers=[campaign.evidence(person("bookshop").address)])


def test_only_shop_of_a_list_needs_no_proof(shop, alice, merchant):
    campaign = shop.campaign(shops=[(str(merchant), TEA)]).given(alice)
    shop.sale(5, campaign.part(1)).pay()


# --- when, and how much ---


def test_voucher_is_spent_from_the_first_second_of_the_window(shop, voucher, chain, alice):
    start = shop.now + 1000
    campaign = shop.campaign(start=start).given(alice)
    first, second = (shop.sale(5, campaign.part(1)) for _ in range(2))
    chain.pending_timestamp = start - 1
    with reverts(voucher, "CampaignNotStarted", campaign=campaign.id, start=start):
        first.pay()
    chain.pending_timestamp = start
    second.pay()


def test_voucher_is_spent_until_the_last_second_of_the_window(shop, voucher, chain, alice):
    campaign = shop.campaign().given(alice)
    first, second = (shop.sale(5, campaign.part(1), expiry=campaign.end + DAY) for _ in range(2))
    chain.pending_timestamp = campaign.end - 1
    first.pay()
    chain.pending_timestamp = campaign.end
    with reverts(voucher, "CampaignEnded", campaign=campaign.id, end=campaign.end):
        second.pay()


def test_minimum_is_met_at_its_value(shop, alice):
    campaign = shop.campaign(minimumSpend=10_800).given(alice)
    shop.sale(8800, campaign.part(2000)).pay()


def test_minimum_is_missed_by_one_fen(shop, voucher, alice):
    campaign = shop.campaign(minimumSpend=10_800).given(alice)
    with reverts(voucher, "MinimumSpendNotMet", price=10_799, minimum=10_800):
        shop.sale(8799, campaign.part(2000)).pay()


@pytest.mark.parametrize("value", [1, 1999, 2001, 4000])
def test_whole_voucher_is_spent_whole(shop, voucher, alice, value):
    campaign = shop.campaign(divisible=False).given(alice, count=2)
    with reverts(voucher, "VoucherNotDivisible", value=value, face=2000):
        shop.sale(5, campaign.part(value)).pay()
    shop.sale(5, campaign.part(2000)).pay()


# --- never cash, never anybody else's ---


def test_only_the_checkout_spends(shop, voucher, alice, merchant, stranger):
    campaign = shop.campaign().given(alice)
    terms, place = campaign.evidence(str(merchant))
    for caller in (alice, merchant, stranger):
        with reverts(voucher, "NotTheCheckout", caller=caller):
            voucher.spend(terms, alice, merchant, 1, 1, place, sender=caller)


def test_only_the_checkout_restores(shop, voucher, alice, stranger):
    campaign = shop.campaign().given(alice)
    for caller in (alice, stranger):
        with reverts(voucher, "NotTheCheckout", caller=caller):
            voucher.restore(campaign.terms, alice, 1, sender=caller)


def test_another_checkout_spends_nothing(shop, token, contracts, voucher, officers, alice, merchant):
    campaign = shop.campaign().given(alice)
    shop.checkout = officers.admin.deploy(contracts.MerchantCheckout, token)
    token.setSystem(shop.checkout, sender=officers.admin)
    with reverts(shop.checkout, "BudgetNotOpen"):
        shop.sale(0, campaign.part(1)).pay()


# --- the rest ---


def test_rest_goes_back_to_the_sponsor_from_the_end_on_by_anybody(
    shop, token, voucher, chain, alice, sponsor, stranger
):
    campaign = shop.campaign().given(alice)
    shop.sale(0, campaign.part(500)).pay()
    chain.pending_timestamp = campaign.end
    before = token.balanceOf(sponsor)
    receipt = campaign.close(sender=stranger)
    assert told(receipt, voucher) == [("CampaignClosed", campaign.id, sponsor, 18_000, 1500)]
    assert (token.balanceOf(sponsor), campaign.state) == (before + 19_500, (0, 0))


def test_campaign_is_not_closed_a_second_before_its_end(shop, voucher, chain):
    campaign = shop.campaign().opened()
    chain.pending_timestamp = campaign.end - 1
    with reverts(voucher, "CampaignNotEnded", campaign=campaign.id, end=campaign.end):
        campaign.close()


def test_campaign_is_closed_once(shop, voucher, chain):
    campaign = shop.campaign().opened()
    chain.pending_timestamp = campaign.end
    campaign.close()
    with reverts(voucher, "CampaignNotOpen", campaign=campaign.id):
        campaign.close()


def test_unknown_campaign_is_not_closed(shop, voucher, chain):
    campaign = shop.campaign()
    chain.pending_timestamp = campaign.end
    with reverts(voucher, "CampaignNotOpen"):
        campaign.close()


def test_campaign_spent_to_the_last_fen_has_nothing_to_close(shop, voucher, chain, alice):
    campaign = shop.campaign(budget=2000).given(alice)
    shop.sale(0, campaign.part(2000)).pay()
    chain.pending_timestamp = campaign.end
    with reverts(voucher, "CampaignNotOpen"):
        campaign.close()


def test_campaign_shown_with_another_sponsor_is_not_closed(shop, voucher, chain, bob):
    campaign = shop.campaign().opened()
    chain.pending_timestamp = campaign.end
    with reverts(voucher, "CampaignNotOpen"):
        campaign.but(sponsor=str(bob)).close()


def test_frozen_sponsor_gets_the_rest(shop, token, chain, sponsor, officers):
    campaign = shop.campaign().opened()
    token.freeze([sponsor], sender=officers.compliance)
    chain.pending_timestamp = campaign.end
    before = token.balanceOf(sponsor)
    campaign.close()
    assert token.balanceOf(sponsor) == before + 20_000


def test_other_campaigns_money_stays(shop, token, voucher, chain, alice):
    campaign, other = shop.campaign().given(alice), shop.campaign(end=shop.now + 2 * DAY).given(alice)
    chain.pending_timestamp = campaign.end
    campaign.close()
    assert (other.state, token.balanceOf(voucher)) == ((18_000, 2000), 20_000)
    shop.sale(0, other.part(2000)).pay()
