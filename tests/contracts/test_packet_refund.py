"""What is left goes back to the creator from the second of expiry on: by anybody, once, in any state of the creator."""

import pytest

from tests.contracts.packets import facts
from tests.contracts.parties import NONE, names, reverts


@pytest.fixture
def expire(chain):
    """Let the next block be the first after a packet's expiry."""

    def expired(packet):
        chain.pending_timestamp = packet.expiry
        return packet

    return expired


def test_rest_returns_at_the_second_of_expiry(table, token, escrow, alice, guests, stranger, expire):
    packet = table.equal(guests).opened()
    packet.claim(guests[0])
    before = token.balanceOf(alice)
    receipt = expire(packet).refund(sender=stranger)
    assert names(receipt) == ["PacketRefunded", "Returned", "Transfer"]
    assert facts(table, receipt) == [("PacketRefunded", alice, 900)]
    assert (token.balanceOf(alice), token.balanceOf(escrow)) == (before + 900, 0)
    assert tuple(escrow.stateOf(packet.id)) == (0, 0, b"\0" * 20, 0)


def test_refund_reverts_one_second_before(table, escrow, chain, guests):
    packet = table.equal(guests).opened()
    chain.pending_timestamp = packet.expiry - 1
    with reverts(escrow, "PacketNotExpired", packet=packet.id, expiry=packet.expiry):
        packet.refund()


def test_refund_happens_once(table, escrow, guests, expire):
    packet = expire(table.equal(guests).opened())
    packet.refund()
    with reverts(escrow, "PacketNotOpen", packet=packet.id):
        packet.refund()


def test_refunded_packet_pays_nobody(table, escrow, guests, expire):
    packet = expire(table.equal(guests).opened())
    packet.refund()
    with reverts(escrow, "PacketNotOpen", packet=packet.id):
        packet.claim(guests[0])


def test_unknown_packet_has_no_refund(table, escrow, guests, expire):
    packet = expire(table.equal(guests))
    with reverts(escrow, "PacketNotOpen", packet=packet.id):
        packet.refund()


def test_fully_claimed_packet_has_no_refund(table, escrow, guests, expire):
    packet = table.equal(guests[:1]).opened()
    packet.claim(guests[0])
    with reverts(escrow, "PacketNotOpen", packet=packet.id):
        expire(packet).refund()


def test_owed_shares_return_too(table, escrow, alice, stranger, guests, expire):
    packet = table.lucky([stranger, *guests]).opened()
    packet.claim(stranger)
    packet.claim(guests[0])
    paid = packet.shares()[1]
    assert facts(table, expire(packet).refund()) == [("PacketRefunded", alice, 1100 - paid)]
    assert (escrow.owedTo(packet.id, stranger), packet.state) == (0, (0, 0, 0))


def test_packet_of_which_only_owed_shares_are_left_is_refunded(table, alice, stranger, expire):
    packet = table.equal([stranger]).opened()
    packet.claim(stranger)
    assert facts(table, expire(packet).refund()) == [("PacketRefunded", alice, 100)]


def test_other_packets_money_stays(table, token, escrow, guests, expire):
    packet, other = table.equal(guests).opened(), table.lucky(guests).opened()
    expire(packet).refund()
    assert token.balanceOf(escrow) == other.total
    assert other.state == (1000, 10, 0)


# --- any state of the creator ---


def test_frozen_creator_gets_the_refund_and_stays_frozen(table, token, alice, guests, officers, expire):
    packet = table.equal(guests).opened()
    token.freeze([alice], sender=officers.compliance)
    before = token.balanceOf(alice)
    expire(packet).refund()
    assert token.balanceOf(alice) == before + 1000
    assert token.isFrozen(alice)


def test_creator_without_a_tier_gets_the_refund(table, token, alice, guests, officers, expire):
    packet = table.equal(guests).opened()
    token.setTiers([(alice, NONE)], sender=officers.compliance)
    before = token.balanceOf(alice)
    expire(packet).refund()
    assert token.balanceOf(alice) == before + 1000


def test_creator_at_the_cap_gets_the_refund(table, token, visitor, enrol, guests, expire):
    table.creator = visitor
    packet = table.equal(guests).opened()
    enrol(visitor, 1, 1000)
    assert token.balanceOf(visitor) == 100_000
    expire(packet).refund()
    assert token.balanceOf(visitor) == 101_000


def test_refund_goes_on_in_a_pause(table, token, alice, guests, officers, expire):
    packet = table.equal(guests).opened()
    token.pause(sender=officers.pauser)
    before = token.balanceOf(alice)
    expire(packet).refund()
    assert token.balanceOf(alice) == before + 1000
