"""A frozen creator's packets pay nobody; a pause undoes the whole call; both leave the draw where it was."""

import pytest

from tests.contracts.packets import facts
from tests.contracts.parties import reverts


@pytest.mark.parametrize("kind", ["equal", "lucky"])
def test_frozen_creators_packet_pays_nobody(table, token, escrow, alice, officers, guests, kind):
    packet = getattr(table, kind)(guests).opened()
    token.freeze([alice], sender=officers.compliance)
    with reverts(escrow, "CreatorIsFrozen", creator=alice):
        packet.claim(guests[0])


def test_unfrozen_creators_packet_pays_again(table, token, alice, officers, guests):
    packet = table.lucky(guests).opened()
    token.freeze([alice], sender=officers.compliance)
    token.unfreeze([alice], sender=officers.compliance)
    assert facts(table, packet.claim(guests[0]))[0][0] == "PacketClaimed"


@pytest.mark.parametrize("kind", ["equal", "lucky"])
def test_claim_in_a_pause_reverts(table, token, officers, guests, kind):
    packet = getattr(table, kind)(guests).opened()
    token.pause(sender=officers.pauser)
    with reverts(token, "PaymentsPaused"):
        packet.claim(guests[0])
    assert packet.state == (1000, 10, 0)


def test_claim_that_would_fail_anyway_reverts_in_a_pause_too(table, token, officers, stranger):
    packet = table.equal([stranger]).opened()
    token.pause(sender=officers.pauser)
    with reverts(token, "PaymentsPaused"):
        packet.claim(stranger)
    assert packet.state == (100, 1, 0)


def test_same_deal_serves_after_the_pause(table, token, officers, guests):
    packet = table.lucky(guests).opened()
    signature = packet.deal(0, [packet.one(guests[0])], packet.links(0, 1))
    token.pause(sender=officers.pauser)
    with reverts(token, "PaymentsPaused"):
        packet.claim(guests[0], signature=signature)
    token.unpause(sender=officers.unpauser)
    receipt = packet.claim(guests[0], signature=signature)
    assert facts(table, receipt)[0][3] == packet.shares()[0]
