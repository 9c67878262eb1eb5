"""A campaign opens with its sponsor's signature over its terms and its whole budget, once."""

import pytest

from bench.packets import ZERO_ADDRESS, ZERO_WORD
from tests.contracts.packets import DAY, key_of
from tests.contracts.parties import names, reverts
from tests.contracts.shop import told


def test_campaign_opens_with_its_whole_budget(shop, token, voucher, sponsor):
    before = token.balanceOf(sponsor)
    campaign = shop.campaign(minimumSpend=100, lottery=b"\x07" * 32)
    receipt = campaign.open()
    assert names(receipt) == ["AuthorizationUsed", "Transfer", "CampaignOpened"]
    ((name, identity, named, terms),) = told(receipt, voucher)
    assert (name, identity, named) == ("CampaignOpened", campaign.id, sponsor)
    assert tuple(terms)[1:9] == campaign.terms[1:9]
    assert (campaign.state, token.balanceOf(sponsor)) == ((20_000, 0), before - 20_000)


def test_id_is_the_hash_that_was_signed(shop, voucher):
    campaign = shop.campaign()
    assert voucher.campaignId(campaign.terms) == campaign.id


def test_voucher_and_checkout_know_each_other(voucher, checkout, token):
    assert (voucher.checkout(), voucher.token(), checkout.token()) == (checkout, token, token)


def test_campaign_opens_once(shop, token):
    campaign = shop.campaign().opened()
    with reverts(token, "ERC3009UsedAuthorization"):
        campaign.open()


def test_closed_campaign_does_not_open_again(shop, token, chain, voucher):
    campaign = shop.campaign().opened()
    chain.pending_timestamp = campaign.end
    campaign.close()
    with reverts(voucher, "CampaignDatesInvalid"):
        campaign.open()


@pytest.mark.parametrize("change", [{"face": 1000}, {"issuer": "0x" + "12" * 20}, {"divisible": False}, {"end": 1}])
def test_terms_changed_after_signing_are_refused(shop, token, change):
    campaign = shop.campaign()
    signed = shop.signing.fund(key_of(shop.sponsor), campaign.terms)
    if "end" in change:
        change = {"end": campaign.end + 1}
    with reverts(token, "ERC3009InvalidSignature"):
        campaign.but(**change).open(signed)


def test_another_cannot_open_it(shop, token, bob):
    campaign = shop.campaign()
    with reverts(token, "ERC3009InvalidSignature"):
        campaign.open(shop.signing.fund(key_of(bob), campaign.terms))


def test_contract_wallet_sponsors_by_erc_1271(shop, contracts, enrol, alice):
    wallet = enrol(alice.deploy(contracts.CarelessWallet, b"\x05" * 3), 6, 20_000)
    campaign = shop.campaign(sponsor=str(wallet.address))
    campaign.open(b"\x05" * 3)
    assert campaign.state == (20_000, 0)


def test_frozen_sponsor_opens_nothing(shop, token, sponsor, officers):
    token.freeze([sponsor], sender=officers.compliance)
    with reverts(token, "AccountIsFrozen", account=sponsor):
        shop.campaign().open()


@pytest.mark.parametrize(
    "wrong",
    [{"budget": 0}, {"face": 0}, {"perPerson": 0}, {"budget": 19_999}, {"budget": 20_001}, {"face": 20_001}],
    ids=str,
)
def test_budget_is_a_multiple_of_the_face(shop, voucher, wrong):
    with reverts(voucher, "BudgetNotDivisible"):
        shop.campaign(**wrong).open()


def test_budget_of_one_voucher_of_one_fen_passes(shop):
    assert shop.campaign(budget=1, face=1, perPerson=1).opened().state == (1, 0)


@pytest.mark.parametrize("wrong", [{"issuer": ZERO_ADDRESS}, {"merchants": ZERO_WORD}], ids=str)
def test_campaign_needs_an_issuer_and_merchants(shop, voucher, wrong):
    with reverts(voucher, "CampaignIncomplete"):
        shop.campaign(**wrong).open()


def test_campaign_starts_before_its_end(shop, voucher):
    now = shop.now
    with reverts(voucher, "CampaignDatesInvalid", start=now + DAY, end=now + DAY):
        shop.campaign(start=now + DAY, end=now + DAY).open()
    shop.campaign(start=now + DAY - 1, end=now + DAY).open()


@pytest.mark.parametrize("away", [0, 400 * DAY + 1])
def test_end_past_or_too_far_is_refused(shop, voucher, chain, away):
    at = chain.pending_timestamp + 10
    campaign = shop.campaign(start=at - 100, end=at + away)
    chain.pending_timestamp = at
    with reverts(voucher, "CampaignDatesInvalid"):
        campaign.open()


@pytest.mark.parametrize("away", [1, 400 * DAY])
def test_nearest_and_farthest_end_pass(shop, chain, away):
    at = chain.pending_timestamp + 10
    campaign = shop.campaign(start=at - 100, end=at + away)
    chain.pending_timestamp = at
    campaign.open()


# --- lists of winners ---


def test_issuer_lists_winners(shop, voucher):
    campaign, root = shop.campaign().opened(), b"\x01" * 32
    assert not voucher.isListed(campaign.id, root)
    assert told(campaign.list_winners(root), voucher) == [("WinnersListed", campaign.id, root)]
    assert voucher.isListed(campaign.id, root)


def test_nobody_else_lists_winners(shop, voucher, sponsor):
    campaign, root = shop.campaign().opened(), b"\x01" * 32
    forged = shop.signing.winners(key_of(sponsor), campaign.id, root)
    with reverts(voucher, "IssuerSignatureInvalid", campaign=campaign.id):
        campaign.list_winners(root, forged)


def test_signature_serves_one_list_of_one_campaign(shop, voucher):
    campaign, other, root = shop.campaign().opened(), shop.campaign().opened(), b"\x01" * 32
    signed = shop.signing.winners(shop.issuer, campaign.id, root)
    with reverts(voucher, "IssuerSignatureInvalid"):
        other.list_winners(root, signed)
    with reverts(voucher, "IssuerSignatureInvalid"):
        campaign.list_winners(b"\x02" * 32, signed)


def test_malformed_signature_lists_nothing(shop, voucher):
    with reverts(voucher, "IssuerSignatureInvalid"):
        shop.campaign().opened().list_winners(b"\x01" * 32, b"\0" * 65)
