"""Tiers: who gives them, what they carry, and their limits."""

import pytest

from tests.contracts.parties import LIMITS, MERCHANT, NONE, SPONSOR, SYSTEM, T0, T1, T2, T3, reverts


def test_deployment_sets_the_limits_of_six_tiers(token):
    for tier, limits in LIMITS.items():
        assert tuple(token.tierLimits(tier)) == limits


def test_tiers_are_given_in_a_list(token, stranger, relayer, officers):
    receipt = token.setTiers([(stranger, T1), (relayer, MERCHANT)], sender=officers.compliance)
    assert [(event.account, event.tier) for event in receipt.events] == [(stranger, T1), (relayer, MERCHANT)]
    assert (token.accountOf(stranger).tier, token.accountOf(relayer).tier) == (T1, MERCHANT)


def test_new_tier_keeps_money_and_counters(token, alice, bob, officers):
    token.transfer(bob, 10, sender=alice)
    before = token.accountOf(alice)
    token.setTiers([(alice, T3)], sender=officers.compliance)
    after = token.accountOf(alice)
    assert (after.balance, after.spentToday, after.spentThisYear) == (before.balance, 10, 10)


def test_lower_tier_keeps_what_it_holds_but_receives_no_more(token, alice, bob, officers):
    token.setTiers([(alice, T0)], sender=officers.compliance)
    with reverts(token, "BalanceLimitExceeded", account=alice):
        token.transfer(alice, 1, sender=bob)
    token.transfer(bob, 50_000, sender=alice)


def test_registration_may_be_taken_back(token, alice, bob, officers):
    token.setTiers([(alice, NONE)], sender=officers.compliance)
    with reverts(token, "AccountNotRegistered", account=alice):
        token.transfer(bob, 1, sender=alice)


@pytest.mark.parametrize("tier", [SYSTEM, 8, 255])
def test_compliance_gives_no_tier_above_sponsor(token, stranger, officers, tier):
    with reverts(token, "TierNotAssignable", tier=tier):
        token.setTiers([(stranger, tier)], sender=officers.compliance)


def test_tier_without_limits_cannot_be_given(token, stranger, officers):
    token.setTierLimits(SPONSOR, (0, 0, 0, 0, 0, False), sender=officers.admin)
    with reverts(token, "TierNotAssignable", tier=SPONSOR):
        token.setTiers([(stranger, SPONSOR)], sender=officers.compliance)


def test_pause_makes_no_tier(token, stranger, officers):
    token.setTierLimits(SPONSOR, (0, 0, 0, 0, 0, False), sender=officers.admin)
    token.pause(sender=officers.pauser)
    with reverts(token, "TierNotAssignable", tier=SPONSOR):
        token.setTiers([(stranger, SPONSOR)], sender=officers.compliance)


def test_system_contract_cannot_be_re_tiered(token, till, officers):
    with reverts(token, "SystemAccount", account=till):
        token.setTiers([(till, NONE)], sender=officers.compliance)


def test_limits_may_change(token, officers):
    limits = (7, 6, 5, 4, 3, True)
    (event,) = token.setTierLimits(T2, limits, sender=officers.admin).events
    assert tuple(token.tierLimits(T2)) == limits
    assert (event.tier, tuple(event.limits)) == (T2, limits)


def test_limits_fill_their_fields(token, officers):
    limits = (2**48 - 1, 2**48 - 1, 2**48 - 1, 2**48 - 1, 2**48 - 1, True)
    token.setTierLimits(T2, limits, sender=officers.admin)
    assert tuple(token.tierLimits(T2)) == limits


@pytest.mark.parametrize("tier", [NONE, SYSTEM, 8, 255])
def test_only_assignable_tiers_have_limits(token, officers, tier):
    with reverts(token, "TierNotAssignable", tier=tier):
        token.setTierLimits(tier, LIMITS[T2], sender=officers.admin)


def test_one_factor_limit_must_fit_its_counter(token, officers):
    with reverts(token, "ValueTooLarge", value=2**24):
        token.setTierLimits(T2, (1, 1, 2**24 + 1, 1, 2**24, False), sender=officers.admin)
    token.setTierLimits(T2, (1, 1, 2**24 + 1, 1, 2**24 - 1, False), sender=officers.admin)


def test_one_factor_limit_as_wide_as_the_day_needs_no_counter(token, officers):
    token.setTierLimits(T2, (1, 1, 2**30, 1, 2**30, False), sender=officers.admin)
