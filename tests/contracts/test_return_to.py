"""A return can never stick: past cap, freeze, tier and pause; only SYSTEM contracts make one."""

import pytest

from tests.contracts.parties import reverts


@pytest.fixture
def full_till(till, fill):
    """A till with ¥20."""
    return fill(till, 2000)


def test_return_is_named_directly_before_its_transfer(token, full_till, bob, relayer):
    returned, transfer = full_till.giveBack(token, bob, 5, sender=relayer).events
    assert (returned.to, returned.value) == (bob, 5)
    assert getattr(transfer, "from") == full_till
    assert transfer.log_index == returned.log_index + 1


def test_return_passes_the_cap(token, full_till, visitor, relayer):
    full_till.giveBack(token, visitor, 1, sender=relayer)
    assert token.balanceOf(visitor) == 100_001


def test_payment_by_the_same_contract_does_not(token, full_till, visitor, relayer):
    with reverts(token, "BalanceLimitExceeded", account=visitor):
        full_till.pay(token, visitor, 1, sender=relayer)


def test_return_reaches_a_frozen_account_and_stays_frozen(token, full_till, bob, alice, relayer, officers):
    token.freeze([bob], sender=officers.compliance)
    full_till.giveBack(token, bob, 5, sender=relayer)
    assert token.balanceOf(bob) == 50_005
    with reverts(token, "AccountIsFrozen", account=bob):
        token.transfer(alice, 1, sender=bob)


def test_return_reaches_an_unregistered_account(token, full_till, stranger, relayer):
    full_till.giveBack(token, stranger, 5, sender=relayer)
    assert token.balanceOf(stranger) == 5


def test_return_counts_nothing_as_spent(token, full_till, bob, relayer):
    full_till.giveBack(token, bob, 5, sender=relayer)
    assert token.accountOf(bob).spentToday == 0


def test_person_cannot_call_it(token, alice, bob):
    with reverts(token, "NotSystemAccount", account=alice):
        token.returnTo(bob, 1, sender=alice)


def test_contract_that_is_not_listed_cannot_call_it(token, contracts, alice, bob):
    till = contracts.OpenTill.deploy(sender=alice)
    with reverts(token, "NotSystemAccount", account=till):
        till.giveBack(token, bob, 1, sender=alice)


def test_return_needs_the_balance(token, full_till, bob, relayer):
    with reverts(token, "ERC20InsufficientBalance", sender=full_till, balance=2000, needed=2001):
        full_till.giveBack(token, bob, 2001, sender=relayer)
    full_till.giveBack(token, bob, 2000, sender=relayer)


def test_return_of_nothing_is_refused(token, full_till, bob, relayer):
    with reverts(token, "ZeroAmount"):
        full_till.giveBack(token, bob, 0, sender=relayer)


def test_return_to_nobody_is_refused(token, full_till, relayer):
    with reverts(token, "ERC20InvalidReceiver"):
        full_till.giveBack(token, "0x" + "00" * 20, 1, sender=relayer)


def test_return_to_itself_makes_no_money(token, full_till, relayer):
    full_till.giveBack(token, full_till, 5, sender=relayer)
    assert token.balanceOf(full_till) == 2000
