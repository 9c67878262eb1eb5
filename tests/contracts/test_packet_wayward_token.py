"""Should its token misbehave, the escrow keeps its books: false is no payment, re-entering finds them closed."""

import pytest

from tests.contracts.packets import Table, error, facts


@pytest.fixture
def wayward(contracts, officers):
    """A token that answers false, bloats its reverts or calls back."""
    return officers.admin.deploy(contracts.WaywardToken)


@pytest.fixture
def table(chain, contracts, officers, wayward, alice, relayer):
    """Red packets over the wayward token."""
    return Table(chain, wayward, officers.admin.deploy(contracts.RedPacketEscrow, wayward), alice, relayer)


def refused(wayward):
    """What the call back was refused with."""
    assert not wayward.reentered()
    return bytes(wayward.returned())


def test_transfer_that_answers_false_is_owed(table, wayward, guests, relayer):
    packet = table.equal(guests).opened()
    wayward.misbehave(False, 0, b"", sender=relayer)
    assert facts(table, packet.claim(guests[0]))[0][0] == "ShareOwed"
    assert packet.state == (900, 9, 100)


def test_long_reason_is_cut(table, wayward, guests, relayer):
    packet = table.equal(guests).opened()
    wayward.misbehave(True, 10_000, b"", sender=relayer)
    (owed,) = facts(table, packet.claim(guests[0]))
    assert (owed[0], len(owed[-1])) == ("ShareOwed", 256)


def test_claim_within_its_own_payout_finds_the_guest_paid(table, wayward, guests, relayer):
    packet = table.equal(guests).opened()
    again = table.escrow.claim.encode_input(packet.terms, packet.one(guests[0]), b"\0" * 20, b"")
    wayward.misbehave(True, 0, again, sender=relayer)
    packet.claim(guests[0])
    assert refused(wayward) == error("AlreadyClaimed(address)", guests[0])
    assert packet.state == (900, 9, 0)


def test_refund_within_a_refund_finds_the_packet_ended(table, chain, wayward, guests, relayer):
    packet = table.equal(guests).opened()
    wayward.misbehave(True, 0, table.escrow.refund.encode_input(packet.terms), sender=relayer)
    chain.pending_timestamp = packet.expiry
    packet.refund()
    assert refused(wayward) == error("PacketNotOpen(bytes32)", packet.id)


def test_collect_within_its_own_payout_finds_nothing_owed(table, wayward, guests, relayer):
    packet = table.equal(guests).opened()
    wayward.misbehave(False, 0, b"", sender=relayer)
    packet.claim(guests[0])
    wayward.misbehave(True, 0, table.escrow.collect.encode_input(packet.terms, guests[0]), sender=relayer)
    packet.collect(guests[0])
    assert refused(wayward) == error("NothingOwed(address)", guests[0])
    assert packet.state == (900, 9, 0)


def test_claim_before_the_money_came_finds_no_packet(table, wayward, guests, relayer):
    packet = table.equal(guests)
    early = table.escrow.claim.encode_input(packet.terms, packet.one(guests[0]), b"\0" * 20, b"")
    wayward.misbehave(True, 0, early, sender=relayer)
    packet.open()
    assert refused(wayward) == error("PacketNotOpen(bytes32)", packet.id)
    assert packet.state == (1000, 10, 0)
