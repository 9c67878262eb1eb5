"""Should its token misbehave, the checkout keeps its books: false is no payment, re-entering finds the order marked."""

import pytest

from tests.contracts.packets import error, key_of
from tests.contracts.shop import Shop


@pytest.fixture
def wayward(contracts, officers):
    """A token that answers false, bloats its reverts or calls back."""
    return officers.admin.deploy(contracts.WaywardToken)


@pytest.fixture
def shop(chain, contracts, officers, wayward, alice, merchant, sponsor, platform, relayer):
    """A shop over the wayward token."""
    checkout = officers.admin.deploy(contracts.MerchantCheckout, wayward)
    voucher = contracts.CityVoucher.at(checkout.voucher())
    return Shop(chain, wayward, checkout, voucher, alice, merchant, sponsor, platform, relayer)


@pytest.fixture
def sale(shop, platform):
    """An order of ¥60, not yet paid."""
    return shop.sale(5000, shop.budget(platform).opened().part(1000))


def refused(wayward):
    """What the call back was refused with."""
    assert not wayward.reentered()
    return bytes(wayward.returned())


def calldata(sale, act, *words):
    """Return a call of the checkout about `sale`."""
    return getattr(sale.shop.checkout, act).encode_input(sale.order, sale.words, *words)


def test_transfer_that_answers_false_pays_no_order(sale, wayward, relayer):
    wayward.misbehave(False, 0, b"", sender=relayer)
    with pytest.raises(Exception, match="0x0000"):
        sale.pay()
    assert not sale.state[-1]


def test_paying_within_its_own_payment_finds_it_paid(sale, wayward, relayer):
    again = calldata(sale, "pay", *sale.evidence().values())
    wayward.misbehave(True, 0, again, sender=relayer)
    sale.pay()
    assert refused(wayward) == error("OrderAlreadyPaid(bytes32)", sale.id)


def test_refunding_within_its_own_refund_finds_the_next_number(shop, sale, wayward, seller, relayer):
    sale.pay()
    signed = shop.signing.refund(key_of(seller), sale.id, 0, 6000)
    wayward.misbehave(True, 0, calldata(sale, "refund", 0, 6000, seller, signed, []), sender=relayer)
    sale.refund(6000)
    assert refused(wayward) == error("RefundNumberMismatch(uint256,uint256)", 0, 1)
    assert sale.state == (5000, 1000, 0, 0, 1, True)


def test_closing_within_a_closing_finds_it_closed(shop, chain, wayward, relayer):
    campaign = shop.campaign().opened()
    wayward.misbehave(True, 0, shop.voucher.close.encode_input(campaign.terms), sender=relayer)
    chain.pending_timestamp = campaign.end
    campaign.close()
    assert refused(wayward) == error("CampaignNotOpen(bytes32)", campaign.id)


def test_campaign_is_not_there_before_its_money(shop, chain, wayward, alice, relayer):
    campaign = shop.campaign()
    (winner,) = campaign.winners((alice, 1))
    wayward.misbehave(True, 0, shop.voucher.issue.encode_input(campaign.terms, winner), sender=relayer)
    campaign.open()
    assert refused(wayward) == error("CampaignExhausted(bytes32,uint256)", campaign.id, 0)
    assert campaign.state == (20_000, 0)


def test_checkout_needs_a_token(contracts, officers, stranger):
    with pytest.raises(Exception, match="failed"):
        officers.admin.deploy(contracts.MerchantCheckout, stranger)
