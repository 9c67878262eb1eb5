"""A transfer: who may send and receive, and every limit with its boundary twin."""

import pytest

from tests.contracts.parties import MERCHANT, SPONSOR, T0, T1, T2, YUAN, names, reverts, shenzhen


def test_transfer_moves_money_and_counts_it(token, alice, bob):
    receipt = token.transfer(bob, 1234, sender=alice)
    assert names(receipt) == ["Transfer"]
    assert (token.balanceOf(alice), token.balanceOf(bob)) == (60_000 * YUAN - 1234, 500 * YUAN + 1234)
    state = token.accountOf(alice)
    assert (state.spentToday, state.spentThisYear, state.oneFactorToday) == (1234, 1234, 1234)
    assert token.accountOf(bob).spentToday == 0


def test_transfer_leaves_the_supply_alone(token, alice, bob):
    before = token.totalSupply()
    token.transfer(bob, 1, sender=alice)
    assert token.totalSupply() == before


def test_transfer_of_nothing_is_refused(token, alice, bob):
    with reverts(token, "ZeroAmount"):
        token.transfer(bob, 0, sender=alice)


def test_transfer_of_more_than_the_balance_is_refused(token, bob, alice):
    with reverts(token, "ERC20InsufficientBalance", sender=bob, balance=50_000, needed=50_001):
        token.transfer(alice, 50_001, sender=bob)


def test_transfer_of_the_whole_balance_passes(token, bob, alice):
    token.transfer(alice, 50_000, sender=bob)
    assert token.balanceOf(bob) == 0


def test_unregistered_account_cannot_send(token, stranger, alice):
    with reverts(token, "AccountNotRegistered", account=stranger):
        token.transfer(alice, 1, sender=stranger)


def test_unregistered_account_cannot_receive(token, stranger, alice):
    with reverts(token, "AccountNotRegistered", account=stranger):
        token.transfer(stranger, 1, sender=alice)


def test_frozen_account_cannot_send(token, alice, bob, officers):
    token.freeze([alice], sender=officers.compliance)
    with reverts(token, "AccountIsFrozen", account=alice):
        token.transfer(bob, 1, sender=alice)


def test_frozen_account_receives_no_payment(token, alice, bob, officers):
    token.freeze([bob], sender=officers.compliance)
    with reverts(token, "RecipientIsFrozen", account=bob):
        token.transfer(bob, 1, sender=alice)


def test_payment_of_exactly_the_limit_passes(token, alice, dora):
    token.transfer(dora, 2_000_000, sender=alice)


def test_payment_one_fen_above_the_limit_is_refused(token, alice, dora):
    with reverts(token, "PaymentLimitExceeded", account=alice, attempted=2_000_001, limit=2_000_000):
        token.transfer(dora, 2_000_001, sender=alice)


def test_day_of_exactly_the_limit_passes(token, alice, dora):
    for value in (2_000_000, 2_000_000, 1_000_000):
        token.transfer(dora, value, sender=alice)
    assert token.accountOf(alice).spentToday == 5_000_000


def test_day_one_fen_above_the_limit_is_refused(token, alice, dora):
    for value in (2_000_000, 2_000_000):
        token.transfer(dora, value, sender=alice)
    with reverts(token, "DailyLimitExceeded", account=alice, attempted=5_000_001, limit=5_000_000):
        token.transfer(dora, 1_000_001, sender=alice)


def test_last_second_of_the_day_in_shenzhen_still_counts(token, chain, alice, dora, relimit):
    relimit(T2, perDay=1000)
    token.transfer(dora, 1000, sender=alice)
    chain.pending_timestamp = shenzhen(2030, 3, 1, 23, 59, 59)
    with reverts(token, "DailyLimitExceeded"):
        token.transfer(dora, 1, sender=alice)


def test_midnight_in_shenzhen_begins_a_new_day(token, chain, alice, dora, relimit):
    relimit(T2, perDay=1000)
    token.transfer(dora, 1000, sender=alice)
    chain.pending_timestamp = shenzhen(2030, 3, 2, 0, 0, 0)
    token.transfer(dora, 1000, sender=alice)
    state = token.accountOf(alice)
    assert (state.spentToday, state.oneFactorToday, state.spentThisYear) == (1000, 1000, 2000)


def test_year_of_exactly_the_limit_passes(token, alice, dora, relimit):
    relimit(T2, perYear=1500)
    token.transfer(dora, 1000, sender=alice)
    token.transfer(dora, 500, sender=alice)


def test_year_one_fen_above_the_limit_is_refused(token, alice, dora, relimit):
    relimit(T2, perYear=1500)
    token.transfer(dora, 1000, sender=alice)
    with reverts(token, "YearlyLimitExceeded", account=alice, attempted=1501, limit=1500):
        token.transfer(dora, 501, sender=alice)


def test_last_second_of_the_year_in_shenzhen_still_counts(token, chain, alice, dora, relimit):
    relimit(T2, perYear=1000)
    token.transfer(dora, 1000, sender=alice)
    chain.pending_timestamp = shenzhen(2030, 12, 31, 23, 59, 59)
    with reverts(token, "YearlyLimitExceeded"):
        token.transfer(dora, 1, sender=alice)


def test_new_year_in_shenzhen_begins_a_new_count(token, chain, alice, dora, relimit):
    relimit(T2, perYear=1000)
    token.transfer(dora, 1000, sender=alice)
    chain.pending_timestamp = shenzhen(2031, 1, 1, 0, 0, 0)
    token.transfer(dora, 1000, sender=alice)
    assert token.accountOf(alice).spentThisYear == 1000


def test_limit_for_life_outlives_the_year(token, chain, visitor, alice, relimit):
    relimit(T0, perYear=1000)
    token.transfer(alice, 1000, sender=visitor)
    chain.pending_timestamp = shenzhen(2032, 1, 1, 0, 0, 0)
    with reverts(token, "YearlyLimitExceeded", account=visitor, attempted=1001, limit=1000):
        token.transfer(alice, 1, sender=visitor)


@pytest.mark.parametrize("year", [2031, 2032, 2033, 2100, 2400])
def test_years_turn_on_the_first_of_january(token, chain, alice, dora, relimit, year):
    relimit(T2, perYear=1000)
    chain.pending_timestamp = shenzhen(year, 12, 31, 23, 59, 59)
    token.transfer(dora, 1000, sender=alice)
    chain.pending_timestamp = shenzhen(year + 1, 1, 1, 0, 0, 0)
    token.transfer(dora, 1, sender=alice)
    assert token.accountOf(alice).spentThisYear == 1


def test_recipient_may_hold_exactly_its_cap(token, alice, carol):
    token.transfer(carol, 950_000, sender=alice)
    assert token.balanceOf(carol) == 1_000_000


def test_recipient_may_not_hold_one_fen_above_its_cap(token, alice, carol):
    with reverts(token, "BalanceLimitExceeded", account=carol, attempted=1_000_001, limit=1_000_000):
        token.transfer(carol, 950_001, sender=alice)


def test_recipients_cap_is_its_own_tiers(token, alice, visitor, bob):
    with reverts(token, "BalanceLimitExceeded", account=visitor, attempted=100_001, limit=100_000):
        token.transfer(visitor, 1, sender=alice)
    token.transfer(bob, 200_000, sender=alice)


def test_one_factor_spends_exactly_its_day(token, alice, dora, relimit):
    relimit(T2, oneFactorPerDay=1000)
    token.transfer(dora, 400, sender=alice)
    token.transfer(dora, 600, sender=alice)
    assert token.accountOf(alice).oneFactorToday == 1000


def test_one_factor_meets_the_wall_one_fen_later(token, alice, dora, relimit):
    relimit(T2, oneFactorPerDay=1000)
    token.transfer(dora, 400, sender=alice)
    with reverts(token, "StepUpRequired", account=alice, attempted=1001, limit=1000):
        token.transfer(dora, 601, sender=alice)


def test_one_factor_counter_stays_at_its_largest_value(token, merchant, enrol, contracts, relimit):
    sponsor = enrol(merchant, SPONSOR, 10**8)
    receiver = enrol(contracts.OpenTill.deploy(sender=merchant), MERCHANT)
    token.transfer(receiver, 2**24 - 1, sender=sponsor)
    token.transfer(receiver, 5, sender=sponsor)
    state = token.accountOf(sponsor)
    assert (state.oneFactorToday, state.spentToday) == (2**24 - 1, 2**24 + 4)
    relimit(SPONSOR, oneFactorPerDay=2**24 - 1)
    with reverts(token, "StepUpRequired", account=sponsor, attempted=2**24, limit=2**24 - 1):
        token.transfer(receiver, 1, sender=sponsor)


def test_payment_to_oneself_neither_makes_nor_burns_money(token, alice):
    before = token.balanceOf(alice)
    token.transfer(alice, 1234, sender=alice)
    assert token.balanceOf(alice) == before
    assert token.accountOf(alice).spentToday == 1234


def test_payment_to_oneself_needs_the_balance(token, bob):
    with reverts(token, "ERC20InsufficientBalance"):
        token.transfer(bob, 50_001, sender=bob)


def test_payment_to_oneself_is_counted_against_the_day(token, bob, relimit):
    relimit(T2, perDay=1000)
    token.transfer(bob, 1000, sender=bob)
    with reverts(token, "DailyLimitExceeded"):
        token.transfer(bob, 1, sender=bob)


def test_allowance_is_spent_within_the_owners_limits(token, alice, bob, relayer):
    token.approve(relayer, 2_000_001, sender=alice)
    with reverts(token, "PaymentLimitExceeded", account=alice, attempted=2_000_001, limit=2_000_000):
        token.transferFrom(alice, bob, 2_000_001, sender=relayer)
    token.transferFrom(alice, bob, 2_000_000, sender=relayer)
    assert token.allowance(alice, relayer) == 1


def test_allowance_cannot_be_overdrawn(token, alice, bob, relayer):
    token.approve(relayer, 10, sender=alice)
    with reverts(token, "ERC20InsufficientAllowance", spender=relayer, allowance=10, needed=11):
        token.transferFrom(alice, bob, 11, sender=relayer)


def test_allowance_of_nothing_cannot_poison_a_history(token, alice, bob, relayer):
    with reverts(token, "ZeroAmount"):
        token.transferFrom(alice, bob, 0, sender=relayer)


def test_sum_beyond_every_field_is_refused(token, alice, bob):
    with reverts(token, "PaymentLimitExceeded", account=alice, attempted=2**256 - 1, limit=2_000_000):
        token.transfer(bob, 2**256 - 1, sender=alice)


def test_tiers_have_limits_of_their_own(token, carol, alice):
    token.transfer(carol, 100_000, sender=alice)
    with reverts(token, "ERC20InsufficientBalance"):
        token.transfer(alice, 200_000, sender=carol)
    with reverts(token, "PaymentLimitExceeded", account=carol, attempted=200_001, limit=200_000):
        token.transfer(alice, 200_001, sender=carol)
    assert token.tierLimits(T1).perPayment == 200_000
