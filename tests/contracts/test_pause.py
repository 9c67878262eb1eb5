"""A pause stops every payment, lets returns pass, and ends by itself after 72 hours."""

import pytest

from tests.contracts.parties import LIMITS, MERCHANT, T2, names, reverts

PAUSE_S = 72 * 3600


@pytest.fixture
def paused(token, chain, officers):
    """Pause, and tell when it ends by itself."""
    token.pause(sender=officers.pauser)
    return chain.blocks.head.timestamp + PAUSE_S


def test_pause_says_when_it_ends(token, chain, officers):
    (event,) = token.pause(sender=officers.pauser).events
    assert event.expiry == chain.blocks.head.timestamp + PAUSE_S == token.pausedUntil()


def test_pause_stops_payments(token, alice, bob, paused):
    with reverts(token, "PaymentsPaused", expiry=paused):
        token.transfer(bob, 1, sender=alice)


def test_pause_stops_every_tier(token, alice, visitor, carol, dora, merchant, bob, paused):
    for payer in (visitor, carol, dora, merchant):
        with reverts(token, "PaymentsPaused"):
            token.transfer(bob, 1, sender=payer)


def test_pause_stops_payouts_of_system_contracts(token, till, fill, bob, alice, officers):
    fill(till, 100)
    token.pause(sender=officers.pauser)
    with reverts(token, "PaymentsPaused"):
        till.pay(token, bob, 1, sender=alice)


def test_pause_stops_payments_between_system_contracts(token, chain, contracts, till, fill, alice, officers):
    fill(till, 100)
    other = contracts.OpenTill.deploy(sender=alice)
    token.setSystem(other, sender=officers.admin)
    chain.provider.unlock_account(till.address)
    chain.provider.set_balance(till.address, 10**18)
    token.approve(other, 2, sender=till.address)
    other.take(token, till, 1, sender=alice)
    token.pause(sender=officers.pauser)
    with reverts(token, "PaymentsPaused"):
        other.take(token, till, 1, sender=alice)


def test_pause_lets_returns_pass(token, till, fill, bob, alice, officers):
    fill(till, 100)
    token.pause(sender=officers.pauser)
    till.giveBack(token, bob, 100, sender=alice)
    assert token.balanceOf(bob) == 50_100


def test_pause_holds_in_its_last_second(token, chain, alice, bob, paused):
    chain.pending_timestamp = paused - 1
    with reverts(token, "PaymentsPaused", expiry=paused):
        token.transfer(bob, 1, sender=alice)


def test_pause_ends_by_itself(token, chain, alice, bob, paused):
    chain.pending_timestamp = paused
    token.transfer(bob, 1, sender=alice)
    assert token.pausedUntil() == 0


def test_pause_may_be_lifted_early(token, alice, bob, paused, officers):
    assert names(token.unpause(sender=officers.unpauser)) == ["Unpaused"]
    assert token.pausedUntil() == 0
    token.transfer(bob, 1, sender=alice)


def test_pause_follows_a_pause(token, chain, alice, bob, paused, officers):
    chain.pending_timestamp = paused
    token.transfer(bob, 1, sender=alice)
    token.pause(sender=officers.pauser)
    with reverts(token, "PaymentsPaused"):
        token.transfer(bob, 1, sender=alice)


def test_new_limits_keep_the_pause(token, alice, bob, paused, officers):
    token.setTierLimits(T2, LIMITS[T2], sender=officers.admin)
    with reverts(token, "PaymentsPaused"):
        token.transfer(bob, 1, sender=alice)


def test_new_tier_keeps_the_pause(token, alice, bob, paused, officers):
    token.setTiers([(alice, MERCHANT), (bob, MERCHANT)], sender=officers.compliance)
    with reverts(token, "PaymentsPaused"):
        token.transfer(bob, 1, sender=alice)


def test_pause_leaves_the_limits_as_they_read(token, paused):
    assert tuple(token.tierLimits(T2)) == LIMITS[T2]


def test_nothing_is_paused_at_first(token):
    assert token.pausedUntil() == 0
