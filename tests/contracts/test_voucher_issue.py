"""A winner is given its vouchers by its place on a list that the issuer signed, each once, within the budget."""

import pytest

from tests.contracts.packets import error
from tests.contracts.parties import reverts
from tests.contracts.shop import told


@pytest.fixture
def campaign(shop):
    """Ten vouchers of ¥20, two a person at most."""
    return shop.campaign().opened()


def test_winner_is_given_its_vouchers(shop, voucher, campaign, alice):
    (winner,) = campaign.winners((alice, 2))
    receipt = campaign.issue(winner)
    assert told(receipt, voucher) == [("VoucherIssued", campaign.id, alice, 2, 4000)]
    assert (campaign.holding(alice), campaign.state) == ((4000, 2), (16_000, 4000))


def test_anybody_carries_it(campaign, alice, stranger):
    campaign.issue(campaign.winners((alice, 1))[0], sender=stranger)
    assert campaign.holding(alice) == (2000, 1)


def test_no_money_moves_when_vouchers_are_given(campaign, token, alice, voucher):
    before = token.balanceOf(alice), token.balanceOf(voucher)
    campaign.issue(campaign.winners((alice, 2))[0])
    assert (token.balanceOf(alice), token.balanceOf(voucher)) == before


def test_vouchers_are_given_once(voucher, campaign, alice):
    (winner,) = campaign.winners((alice, 1))
    campaign.issue(winner)
    with reverts(voucher, "VouchersAlreadyIssued", account=alice):
        campaign.issue(winner)


def test_later_list_gives_what_was_not_given(campaign, alice):
    campaign.issue(campaign.winners((alice, 1))[0])
    campaign.issue(campaign.winners((alice, 2))[0])
    assert campaign.holding(alice) == (4000, 2)


def test_earlier_list_gives_nothing_after_a_later(voucher, campaign, alice):
    first, second = campaign.winners((alice, 1)), campaign.winners((alice, 2))
    campaign.issue(second[0])
    with reverts(voucher, "VouchersAlreadyIssued"):
        campaign.issue(first[0])


def test_nobody_has_more_than_the_limit(voucher, campaign, alice):
    (winner,) = campaign.winners((alice, 3))
    with reverts(voucher, "VoucherLimitExceeded", account=alice, attempted=3, limit=2):
        campaign.issue(winner)


@pytest.mark.parametrize("count", [2**32 + 1, 2**256 - 1])
def test_count_does_not_wrap(voucher, campaign, alice, count):
    with reverts(voucher, "VoucherLimitExceeded"):
        campaign.issue(campaign.winners((alice, count))[0])


def test_list_that_nobody_signed_gives_nothing(voucher, campaign, alice):
    with reverts(voucher, "NotAWinner", account=alice):
        campaign.issue(campaign.winners((alice, 1), listed=False)[0])


def test_list_of_another_campaign_gives_nothing(shop, voucher, campaign, alice):
    (winner,) = shop.campaign().opened().winners((alice, 1))
    with reverts(voucher, "NotAWinner"):
        campaign.issue(winner)


@pytest.mark.parametrize("spoil", ["account", "count", "proof"])
def test_place_that_is_not_on_the_list_gives_nothing(voucher, campaign, alice, bob, carol, spoil):
    root, account, count, proof = campaign.winners((alice, 1), (bob, 1))[0]
    wrong = {
        "account": (root, carol, count, proof),
        "count": (root, account, 2, proof),
        "proof": (root, account, count, proof[:-1]),
    }
    with reverts(voucher, "NotAWinner"):
        campaign.issue(wrong[spoil])


def test_campaign_with_other_terms_gives_nothing(voucher, campaign, alice):
    (winner,) = campaign.winners((alice, 2))
    with reverts(voucher, "NotAWinner"):
        campaign.but(face=4000).issue(winner)


def test_budget_is_given_to_its_last_fen_and_no_further(shop, voucher, alice, bob):
    campaign = shop.campaign(budget=4000).opened()
    first, second = campaign.winners((alice, 2), (bob, 1))
    campaign.issue(first)
    assert campaign.state == (0, 4000)
    with reverts(voucher, "CampaignExhausted", campaign=campaign.id, left=0):
        campaign.issue(second)


def test_campaign_that_is_not_open_gives_nothing(shop, voucher, alice):
    campaign = shop.campaign()
    with reverts(voucher, "CampaignExhausted", left=0):
        campaign.issue(campaign.winners((alice, 1))[0])


def test_nothing_is_given_from_the_end_on(voucher, chain, campaign, alice, bob):
    first, second = campaign.winners((alice, 1), (bob, 1))
    chain.pending_timestamp = campaign.end - 1
    campaign.issue(first)
    chain.pending_timestamp = campaign.end
    with reverts(voucher, "CampaignEnded", campaign=campaign.id, end=campaign.end):
        campaign.issue(second)


def test_vouchers_may_be_given_before_the_start(shop, alice):
    campaign = shop.campaign(start=shop.now + 3600).given(alice)
    assert campaign.holding(alice) == (2000, 1)


def test_many_are_given_and_who_cannot_be_is_named(shop, voucher, campaign, alice, bob, carol, relayer):
    one, two, three = campaign.winners((alice, 1), (bob, 3), (carol, 2))
    receipt = voucher.issueMany(campaign.terms, [one, one, two, three], sender=relayer)
    assert told(receipt, voucher) == [
        ("VoucherIssued", campaign.id, alice, 1, 2000),
        ("WinnerSkipped", campaign.id, alice, error("VouchersAlreadyIssued(address)", alice.address)[:4]),
        (
            "WinnerSkipped",
            campaign.id,
            bob,
            error("VoucherLimitExceeded(address,uint256,uint256)", bob.address, 3, 2)[:4],
        ),
        ("VoucherIssued", campaign.id, carol, 2, 4000),
    ]
    assert campaign.state == (14_000, 6000)
