"""A guest claims a share: proven by the list, paid to the guest alone, once, before the expiry."""

import pytest

from bench.packets import person
from tests.contracts.packets import error, facts
from tests.contracts.parties import NONE, T0, T2, names, reverts


def test_guest_is_paid_an_equal_share(table, token, guests):
    packet = table.equal(guests).opened()
    receipt = packet.claim(guests[3])
    assert names(receipt) == ["Transfer", "PacketClaimed"]
    assert facts(table, receipt) == [("PacketClaimed", guests[3], 0, 100, b"\x00" * 20)]
    assert token.balanceOf(guests[3]) == 100
    assert packet.state == (900, 9, 0)


def test_guest_is_paid_what_the_link_draws(table, token, escrow, guests):
    packet = table.lucky(guests, total=8888).opened()
    share = packet.shares()[0]
    receipt = packet.claim(guests[3])
    assert facts(table, receipt) == [("PacketClaimed", guests[3], 0, share, packet.draw.links[0])]
    assert token.balanceOf(guests[3]) == share
    assert packet.state == (8888 - share, 9, 0)
    assert escrow.stateOf(packet.id).link == packet.draw.links[0]


def test_claim_marks_its_guest_alone(table, escrow, guests):
    packet = table.equal(guests).opened()
    packet.claim(guests[3])
    assert [escrow.hasClaimed(packet.id, index) for index in range(10)] == [index == 3 for index in range(10)]


@pytest.mark.parametrize("kind", ["equal", "lucky"])
def test_last_claim_takes_the_rest_and_clears_the_slot(table, token, escrow, guests, kind):
    packet = getattr(table, kind)(guests[:2]).opened()
    packet.claim(guests[0])
    packet.claim(guests[1])
    assert tuple(escrow.stateOf(packet.id)) == (0, 0, b"\x00" * 20, 0)
    assert token.balanceOf(guests[0]) + token.balanceOf(guests[1]) == packet.total
    assert token.balanceOf(escrow) == 0


def test_exclusive_packet_has_one_guest(table, token, escrow, guests, bob):
    packet = table.equal([bob]).opened()
    with reverts(escrow, "NotAGuest", account=guests[0]):
        packet.claim(guests[0], one=(guests[0], 0, b""))
    packet.claim(bob)
    assert token.balanceOf(bob) == 50_100


def test_creator_may_be_a_guest(table, token, alice):
    packet = table.equal([alice]).opened()
    before = token.balanceOf(alice)
    packet.claim(alice)
    assert token.balanceOf(alice) == before + 100


def test_guest_claims_once(table, escrow, guests):
    packet = table.equal(guests).opened()
    packet.claim(guests[3])
    with reverts(escrow, "AlreadyClaimed", account=guests[3]):
        packet.claim(guests[3])


def test_stranger_to_the_list_is_refused(table, escrow, guests, bob):
    packet = table.equal(guests).opened()
    with reverts(escrow, "NotAGuest", account=bob):
        packet.claim(bob, one=(str(bob), 3, packet.tree.proof(3)))


def test_another_guests_place_is_refused(table, escrow, guests):
    packet = table.equal(guests).opened()
    with reverts(escrow, "NotAGuest", account=guests[3]):
        packet.claim(guests[3], one=packet.one(guests[3], 4))


def test_another_index_with_the_right_proof_is_refused(table, escrow, guests):
    packet = table.equal(guests).opened()
    with reverts(escrow, "NotAGuest", account=guests[3]):
        packet.claim(guests[3], one=(guests[3], 3 + 256, packet.tree.proof(3)))


@pytest.mark.parametrize("spoil", [lambda proof: proof[:-1], lambda proof: proof + b"\0", lambda proof: proof[32:]])
def test_spoilt_proof_is_refused(table, escrow, guests, spoil):
    packet = table.equal(guests).opened()
    with reverts(escrow, "NotAGuest", account=guests[3]):
        packet.claim(guests[3], one=(guests[3], 3, spoil(packet.tree.proof(3))))


def test_escrow_itself_is_never_a_guest(table, escrow, guests):
    packet = table.equal([guests[0], escrow]).opened()
    with reverts(escrow, "NotAGuest", account=escrow):
        packet.claim(escrow)


# --- time ---


def test_claim_pays_in_the_last_second(table, chain, guests):
    packet = table.equal(guests).opened()
    chain.pending_timestamp = packet.expiry - 1
    packet.claim(guests[0])


def test_claim_reverts_at_expiry(table, escrow, chain, guests):
    packet = table.equal(guests).opened()
    chain.pending_timestamp = packet.expiry
    with reverts(escrow, "PacketExpired", packet=packet.id, expiry=packet.expiry):
        packet.claim(guests[0])


# --- packets that are not open ---


def test_unknown_packet_is_refused(table, escrow, guests):
    packet = table.equal(guests)
    with reverts(escrow, "PacketNotOpen", packet=packet.id):
        packet.claim(guests[0])


def test_packet_of_other_terms_is_unknown(table, escrow, guests):
    other = table.equal(guests).opened().but(maxShare=1)
    with reverts(escrow, "PacketNotOpen", packet=other.id):
        other.claim(guests[0])


def test_empty_packet_is_refused(table, escrow, guests):
    packet = table.equal(guests, total=100, shares=1).opened()
    packet.claim(guests[0])
    with reverts(escrow, "PacketNotOpen", packet=packet.id):
        packet.claim(guests[1])


# --- the dealer ---


def test_lucky_claim_needs_the_dealers_signature(table, escrow, guests):
    packet = table.lucky(guests).opened()
    with reverts(escrow, "DealerSignatureInvalid"):
        packet.claim(guests[0], signature=b"")


def test_signature_of_another_key_is_refused(table, escrow, guests):
    packet = table.lucky(guests).opened()
    one, links = packet.one(guests[0]), packet.links(0, 1)
    signature = table.signing.deal(person("another dealer"), packet.id, 0, [one], links)
    with reverts(escrow, "DealerSignatureInvalid"):
        packet.claim(guests[0], signature=signature)


def test_link_seen_in_the_mempool_serves_nobody_else(table, escrow, guests):
    packet = table.lucky(guests).opened()
    signature = packet.deal(0, [packet.one(guests[0])], packet.links(0, 1))
    with reverts(escrow, "DealerSignatureInvalid"):
        packet.claim(guests[1], signature=signature)


def test_deal_serves_its_position_alone(table, escrow, guests):
    packet = table.lucky(guests).opened()
    one = packet.one(guests[1])
    stale = packet.deal(0, [one], packet.links(0, 1))
    packet.claim(guests[0])
    with reverts(escrow, "DealerSignatureInvalid"):
        packet.claim(guests[1], one=one, link=packet.links(0, 1)[0], signature=stale)


def test_deal_serves_its_packet_alone(table, escrow, guests):
    first, second = table.lucky(guests).opened(), table.lucky(guests).opened()
    signature = first.deal(0, [first.one(guests[0])], second.links(0, 1))
    with reverts(escrow, "DealerSignatureInvalid"):
        second.claim(guests[0], signature=signature)


def test_high_s_twin_of_a_signature_is_refused(table, escrow, guests):
    packet = table.lucky(guests).opened()
    signature = packet.deal(0, [packet.one(guests[0])], packet.links(0, 1))
    order = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141
    high = (order - int.from_bytes(signature[32:64], "big")).to_bytes(32, "big")
    twin = signature[:32] + high + bytes([55 - signature[64]])
    with reverts(escrow, "DealerSignatureInvalid"):
        packet.claim(guests[0], signature=twin)


def test_link_must_follow_the_last_one(table, escrow, guests):
    packet = table.lucky(guests).opened()
    skipped = packet.links(1, 1)[0]
    with reverts(escrow, "LinkMismatch", link=skipped):
        packet.claim(guests[0], link=skipped)
    packet.claim(guests[0])


def test_equal_packet_heeds_no_link(table, guests):
    packet = table.equal(guests).opened()
    receipt = packet.claim(guests[0], link=b"\x05" * 20, signature=b"\x06" * 65)
    assert facts(table, receipt) == [("PacketClaimed", guests[0], 0, 100, b"\x00" * 20)]


# --- payouts that fail ---


@pytest.mark.parametrize("kind", ["equal", "lucky"])
def test_share_above_the_cap_is_owed(table, guests, visitor, kind):
    packet = getattr(table, kind)([visitor, *guests]).opened()
    share = packet.shares()[0]
    receipt = packet.claim(visitor)
    ((name, account, position, value, link, reason),) = facts(table, receipt)
    assert (name, account, position, value) == ("ShareOwed", visitor, 0, share)
    assert link == (packet.links(0, 1) or [b"\x00" * 20])[0]
    refused = error("BalanceLimitExceeded(address,uint256,uint256)", str(visitor), 100_000 + share, 100_000)
    assert bytes(reason) == refused
    assert packet.state == (1100 - share, 10, share)
    assert table.escrow.owedTo(packet.id, visitor) == share


def test_share_just_below_the_cap_is_paid(table, token, enrol, guests):
    visitor = enrol(guests[0], T0, 99_900)
    table.equal([visitor]).opened().claim(visitor)
    assert token.balanceOf(visitor) == 100_000


def test_share_of_an_unregistered_guest_is_owed(table, stranger):
    receipt = table.equal([stranger]).opened().claim(stranger)
    assert facts(table, receipt)[0][0] == "ShareOwed"


def test_share_of_a_frozen_guest_is_owed(table, token, guests, officers):
    token.freeze([guests[0]], sender=officers.compliance)
    packet = table.equal(guests).opened()
    assert facts(table, packet.claim(guests[0]))[0][:2] == ("ShareOwed", guests[0])


def test_owed_share_uses_up_position_and_link(table, escrow, stranger, guests):
    packet = table.lucky([stranger, *guests]).opened()
    packet.claim(stranger)
    receipt = packet.claim(guests[0])
    assert facts(table, receipt)[0][2:] == (1, packet.shares()[1], packet.draw.links[1])
    with reverts(escrow, "AlreadyClaimed", account=stranger):
        packet.claim(stranger)


def test_last_share_owed_keeps_the_slot(table, escrow, stranger):
    packet = table.equal([stranger]).opened()
    packet.claim(stranger)
    assert packet.state == (0, 0, 100)
    with reverts(escrow, "PacketNotOpen", packet=packet.id):
        packet.claim(stranger)


# --- gas ---


@pytest.mark.parametrize("kind", ["equal", "lucky"])
def test_starved_claim_never_turns_a_good_share_into_an_owed_one(table, chain, token, guests, kind):
    packet = getattr(table, kind)(guests).opened()
    outcomes = set()
    for gas in range(60_000, 260_000, 8_000):
        with chain.isolate():
            receipt = packet.claim(guests[0], gas=gas, raise_on_revert=False)
            outcomes.add("failed" if receipt.failed else facts(table, receipt)[0][0])
    assert outcomes == {"failed", "PacketClaimed"}


def test_claim_with_too_little_gas_says_so(table, escrow, guests):
    packet = table.equal(guests).opened()
    with reverts(escrow, "InsufficientGas"):
        packet.claim(guests[0], gas=150_000)


def test_newly_registered_account_is_paid(table, token, stranger, officers):
    packet = table.equal([stranger]).opened()
    token.setTiers([(stranger, T2)], sender=officers.compliance)
    assert facts(table, packet.claim(stranger))[0][0] == "PacketClaimed"
    assert token.accountOf(stranger).tier != NONE
