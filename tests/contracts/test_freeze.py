"""A frozen account cannot send and receives only returns; SYSTEM contracts cannot be frozen."""

from tests.contracts.parties import reverts


def test_freeze_is_seen(token, alice, officers):
    receipt = token.freeze([alice], sender=officers.compliance)
    assert token.isFrozen(alice)
    assert [event.account for event in receipt.events] == [alice]


def test_freeze_takes_a_list(token, alice, bob, officers):
    token.freeze([alice, bob], sender=officers.compliance)
    assert (token.isFrozen(alice), token.isFrozen(bob)) == (True, True)


def test_freeze_keeps_the_rest_of_the_account(token, alice, bob, officers):
    token.transfer(bob, 10, sender=alice)
    before = token.accountOf(alice)
    token.freeze([alice], sender=officers.compliance)
    after = token.accountOf(alice)
    assert (after.balance, after.spentToday, after.tier) == (before.balance, before.spentToday, before.tier)


def test_unfrozen_account_sends_again(token, alice, bob, officers):
    token.freeze([alice], sender=officers.compliance)
    token.unfreeze([alice], sender=officers.compliance)
    token.transfer(bob, 1, sender=alice)


def test_freezing_twice_changes_nothing(token, alice, bob, officers):
    token.freeze([alice], sender=officers.compliance)
    token.freeze([alice], sender=officers.compliance)
    token.unfreeze([alice], sender=officers.compliance)
    assert not token.isFrozen(alice)


def test_unregistered_account_may_be_frozen_beforehand(token, stranger, alice, enrol, officers):
    token.freeze([stranger], sender=officers.compliance)
    enrol(stranger, 3)
    with reverts(token, "RecipientIsFrozen", account=stranger):
        token.transfer(stranger, 1, sender=alice)


def test_system_contract_cannot_be_frozen(token, till, officers):
    with reverts(token, "SystemAccount", account=till):
        token.freeze([till], sender=officers.compliance)


def test_frozen_money_counts_as_issued(token, alice, officers):
    before = token.totalSupply()
    token.freeze([alice], sender=officers.compliance)
    assert token.totalSupply() == before
