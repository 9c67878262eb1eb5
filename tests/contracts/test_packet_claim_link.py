"""A link's holder claims a share: the link's key names the account, so nobody can turn it to another."""

import pytest

from bench.packets import person
from tests.contracts.packets import facts
from tests.contracts.parties import reverts


def test_holder_is_paid(table, token, bob):
    packet = table.equal_by_link(3).opened()
    receipt = packet.claim(bob)
    assert facts(table, receipt) == [("PacketClaimed", bob, 0, 100, b"\x00" * 20)]
    assert token.balanceOf(bob) == 50_100
    assert packet.state == (200, 2, 0)


def test_holder_of_a_lucky_link_is_paid_what_the_dealer_draws(table, bob):
    packet = table.lucky_by_link(3).opened()
    receipt = packet.claim(bob)
    assert facts(table, receipt) == [("PacketClaimed", bob, 0, packet.shares()[0], packet.draw.links[0])]


def test_account_claims_once(table, escrow, bob):
    packet = table.equal_by_link(3).opened()
    packet.claim(bob)
    assert escrow.hasClaimedByLink(packet.id, bob)
    with reverts(escrow, "AlreadyClaimed", account=bob):
        packet.claim(bob)


def test_claims_of_one_packet_leave_another_alone(table, escrow, bob):
    first, second = table.equal_by_link(3).opened(), table.equal_by_link(3).opened()
    first.claim(bob)
    assert not escrow.hasClaimedByLink(second.id, bob)
    second.claim(bob)


def test_holders_seats_are_no_guests_seats(table, escrow, bob):
    packet = table.equal_by_link(3).opened()
    packet.claim(bob)
    assert not escrow.hasClaimed(packet.id, int(str(bob), 16) << 8)
    assert not escrow.hasClaimed(packet.id, 0)


def test_signature_for_another_account_is_refused(table, escrow, bob, carol):
    packet = table.equal_by_link(3).opened()
    with reverts(escrow, "LinkSignatureInvalid", account=carol):
        packet.claim(carol, one=(str(carol), 0, packet.one(bob)[2]))


def test_signature_of_another_key_is_refused(table, escrow, bob):
    packet = table.equal_by_link(3).opened()
    signature = table.signing.link_claim(person("another link"), packet.id, str(bob))
    with reverts(escrow, "LinkSignatureInvalid", account=bob):
        packet.claim(bob, one=(str(bob), 0, signature))


def test_signature_for_another_packet_is_refused(table, escrow, bob):
    first, second = table.equal_by_link(3).opened(), table.equal_by_link(3).opened()
    with reverts(escrow, "LinkSignatureInvalid", account=bob):
        second.claim(bob, one=first.one(bob))


@pytest.mark.parametrize("spoil", [lambda _: b"", lambda good: good[:64], lambda good: good + b"\0"])
def test_signature_of_another_length_is_refused(table, escrow, bob, spoil):
    packet = table.equal_by_link(3).opened()
    with reverts(escrow, "LinkSignatureInvalid", account=bob):
        packet.claim(bob, one=(str(bob), 0, spoil(packet.one(bob)[2])))


def test_empty_recovery_is_not_the_key(table, escrow, bob):
    packet = table.equal_by_link(3).opened()
    with reverts(escrow, "LinkSignatureInvalid", account=bob):
        packet.claim(bob, one=(str(bob), 0, b"\0" * 64 + b"\x1b"))


def test_escrow_itself_cannot_claim(table, escrow):
    packet = table.equal_by_link(3).opened()
    with reverts(escrow, "LinkSignatureInvalid", account=escrow):
        packet.claim(escrow)


def test_unregistered_holder_is_owed(table, stranger):
    packet = table.equal_by_link(3).opened()
    assert facts(table, packet.claim(stranger))[0][0] == "ShareOwed"
    assert packet.state == (200, 2, 100)
