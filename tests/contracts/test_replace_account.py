"""A person's new address takes tier, freeze and counters with it; the money stays where its key is."""

import pytest

from tests.contracts.parties import NONE, T1, T2, reverts


@pytest.fixture
def spent(token, alice, bob):
    """Alice has spent ¥0.10 today."""
    token.transfer(bob, 10, sender=alice)
    return token.accountOf(alice)


def test_successor_carries_tier_and_counters(token, spent, alice, stranger, officers):
    (event,) = token.replaceAccount(alice, stranger, sender=officers.compliance).events
    assert (event.account, event.successor) == (alice, stranger)
    state = token.accountOf(stranger)
    assert (state.balance, state.tier, state.spentToday, state.spentThisYear) == (0, T2, 10, 10)
    assert (state.day, state.oneFactorToday) == (spent.day, 10)


def test_money_does_not_move(token, spent, alice, stranger, officers):
    token.replaceAccount(alice, stranger, sender=officers.compliance)
    assert token.balanceOf(alice) == spent.balance
    assert token.accountOf(alice).tier == NONE


def test_successor_carries_the_freeze(token, alice, stranger, officers):
    token.freeze([alice], sender=officers.compliance)
    token.replaceAccount(alice, stranger, sender=officers.compliance)
    assert token.isFrozen(stranger)
    assert token.isFrozen(alice)


def test_limits_are_not_doubled_by_a_new_address(token, alice, stranger, bob, relimit, officers):
    relimit(T2, perDay=1000)
    token.transfer(bob, 1000, sender=alice)
    token.replaceAccount(alice, stranger, sender=officers.compliance)
    token.transfer(stranger, 500, sender=bob)
    with reverts(token, "DailyLimitExceeded", account=stranger, attempted=1001, limit=1000):
        token.transfer(bob, 1, sender=stranger)


def test_registered_account_is_no_successor(token, alice, bob, officers):
    with reverts(token, "SuccessorInUse", successor=bob):
        token.replaceAccount(alice, bob, sender=officers.compliance)


def test_account_is_not_its_own_successor(token, alice, officers):
    with reverts(token, "SuccessorInUse", successor=alice):
        token.replaceAccount(alice, alice, sender=officers.compliance)


def test_account_with_money_is_no_successor(token, till, fill, alice, stranger, officers):
    fill(till, 5)
    till.giveBack(token, stranger, 5, sender=alice)
    with reverts(token, "SuccessorInUse", successor=stranger):
        token.replaceAccount(alice, stranger, sender=officers.compliance)


def test_frozen_address_is_no_successor(token, alice, stranger, officers):
    token.freeze([stranger], sender=officers.compliance)
    with reverts(token, "SuccessorInUse", successor=stranger):
        token.replaceAccount(alice, stranger, sender=officers.compliance)


def test_unregistered_account_has_no_successor(token, stranger, relayer, officers):
    with reverts(token, "AccountNotRegistered", account=stranger):
        token.replaceAccount(stranger, relayer, sender=officers.compliance)


def test_system_contract_has_no_successor(token, till, stranger, officers):
    with reverts(token, "SystemAccount", account=till):
        token.replaceAccount(till, stranger, sender=officers.compliance)


def test_replaced_account_may_be_registered_again(token, spent, alice, stranger, officers):
    token.replaceAccount(alice, stranger, sender=officers.compliance)
    token.setTiers([(alice, T1)], sender=officers.compliance)
    assert token.accountOf(alice).spentToday == 10
