"""An owed share is collected by anybody's hand until the expiry, once its owner can take it."""

import pytest

from tests.contracts.packets import facts
from tests.contracts.parties import T2, names, reverts


@pytest.fixture
def owed(table, stranger, guests):
    """A packet that owes the stranger 100 fen."""
    packet = table.equal([stranger, *guests]).opened()
    packet.claim(stranger)
    return packet


@pytest.fixture
def register(token, stranger, officers):
    """Give the stranger a tier."""
    return lambda: token.setTiers([(stranger, T2)], sender=officers.compliance)


def test_owed_share_is_paid_once_its_owner_is_registered(table, token, owed, stranger, register):
    register()
    receipt = owed.collect(stranger)
    assert names(receipt) == ["ShareCollected", "Transfer"]
    assert facts(table, receipt) == [("ShareCollected", stranger, 100)]
    assert token.balanceOf(stranger) == 100
    assert owed.state == (1000, 10, 0)


def test_collected_share_is_owed_no_more(escrow, owed, stranger, register):
    register()
    owed.collect(stranger)
    assert escrow.owedTo(owed.id, stranger) == 0
    with reverts(escrow, "NothingOwed", account=stranger):
        owed.collect(stranger)


def test_collecting_leaves_the_draw_alone(owed, stranger, guests, register):
    register()
    owed.collect(stranger)
    owed.claim(guests[0])
    assert owed.state == (900, 9, 0)


def test_collecting_the_last_owed_share_clears_an_empty_packet(table, escrow, stranger, register):
    packet = table.equal([stranger]).opened()
    packet.claim(stranger)
    register()
    packet.collect(stranger)
    assert tuple(escrow.stateOf(packet.id)) == (0, 0, b"\0" * 20, 0)
    with reverts(escrow, "PacketNotOpen", packet=packet.id):
        packet.collect(stranger)


def test_other_owed_shares_stay(table, token, stranger, visitor, guests, register):
    packet = table.equal([stranger, visitor]).opened()
    packet.claim(stranger)
    packet.claim(visitor)
    register()
    packet.collect(stranger)
    assert packet.state == (0, 0, 100)
    token.transfer(guests[0], 100, sender=visitor)
    packet.collect(visitor)
    assert token.balanceOf(visitor) == 100_000


def test_share_that_still_cannot_be_paid_stays_owed(token, owed, stranger):
    with reverts(token, "AccountNotRegistered", account=stranger):
        owed.collect(stranger)
    assert owed.state == (1000, 10, 100)


def test_nothing_is_owed_to_others(escrow, owed, guests):
    with reverts(escrow, "NothingOwed", account=guests[0]):
        owed.collect(guests[0])


def test_collect_pays_in_the_last_second(chain, owed, stranger, register):
    register()
    chain.pending_timestamp = owed.expiry - 1
    owed.collect(stranger)


def test_collect_reverts_at_expiry(escrow, chain, owed, stranger, register):
    register()
    chain.pending_timestamp = owed.expiry
    with reverts(escrow, "PacketExpired", packet=owed.id, expiry=owed.expiry):
        owed.collect(stranger)


def test_nothing_is_collected_while_the_creator_is_frozen(escrow, token, owed, stranger, alice, officers, register):
    register()
    token.freeze([alice], sender=officers.compliance)
    with reverts(escrow, "CreatorIsFrozen", creator=alice):
        owed.collect(stranger)


def test_nothing_is_collected_in_a_pause(token, owed, stranger, officers, register):
    register()
    token.pause(sender=officers.pauser)
    with reverts(token, "PaymentsPaused"):
        owed.collect(stranger)
