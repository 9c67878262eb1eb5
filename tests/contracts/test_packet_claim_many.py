"""Many claims in one call: the eligible are drawn in order, the others are named and use nothing up."""

import pytest

from bench.packets import person
from tests.contracts.packets import error, facts
from tests.contracts.parties import reverts

NOT_OPEN = error("PacketNotOpen(bytes32)", b"\0" * 32)[:4]
EXPIRED = error("PacketExpired(bytes32,uint64)", b"\0" * 32, 0)[:4]
FROZEN = error("CreatorIsFrozen(address)", "0x" + "00" * 20)[:4]
POSITION = error("PositionMismatch(uint256,uint256)", 0, 0)[:4]
DEALER = error("DealerSignatureInvalid()")
LINK = error("LinkMismatch(bytes20)", b"\0" * 20)[:4]
NO_GUEST = error("NotAGuest(address)", "0x" + "00" * 20)[:4]
TWICE = error("AlreadyClaimed(address)", "0x" + "00" * 20)[:4]
NO_HOLDER = error("LinkSignatureInvalid(address)", "0x" + "00" * 20)[:4]


def skipped(accounts, reason):
    """The events of these accounts' claims, all skipped for one reason."""
    return [("ClaimSkipped", str(account), reason) for account in accounts]


def drawn(packet, accounts, first=0):
    """The events of these accounts' claims, drawn from position `first` on."""
    links = packet.links(first, len(accounts)) or [b"\0" * 20] * len(accounts)
    shares = packet.shares()[first:]
    return [("PacketClaimed", str(account), first + i, shares[i], links[i]) for i, account in enumerate(accounts)]


@pytest.fixture
def send(table, escrow, relayer):
    """Send groups and return the escrow's events."""

    def sent(*groups, **options):
        return facts(table, escrow.claimMany(list(groups), **({"sender": relayer} | options)))

    return sent


@pytest.mark.parametrize("kind", ["equal", "lucky"])
def test_all_guests_are_paid_in_order(table, token, escrow, guests, send, kind):
    packet = getattr(table, kind)(guests).opened()
    assert send(packet.group(guests)) == drawn(packet, guests)
    assert [token.balanceOf(guest) for guest in guests] == packet.shares()
    assert tuple(escrow.stateOf(packet.id)) == (0, 0, b"\0" * 20, 0)


def test_several_packets_share_a_call(table, guests, send):
    equal, lucky, link = table.equal(guests).opened(), table.lucky(guests).opened(), table.equal_by_link(3).opened()
    events = send(equal.group(guests[:2]), lucky.group(guests[2:5]), link.group(guests[:3]))
    assert events == drawn(equal, guests[:2]) + drawn(lucky, guests[2:5]) + drawn(link, guests[:3])


def test_batches_follow_one_another(table, guests, send):
    packet = table.lucky(guests).opened()
    send(packet.group(guests[:4]))
    assert send(packet.group(guests[4:], first=4)) == drawn(packet, guests[4:], first=4)


def test_one_packet_may_come_twice_in_a_call(table, guests, send):
    packet = table.lucky(guests).opened()
    assert send(packet.group(guests[:4]), packet.group(guests[4:], first=4)) == drawn(packet, guests)


def test_empty_call_and_empty_group_do_nothing(table, guests, send):
    packet = table.equal(guests).opened()
    assert send() == []
    assert send(packet.group([])) == []
    assert packet.state == (1000, 10, 0)


# --- claims that are not eligible ---


@pytest.mark.parametrize("kind", ["equal", "lucky"])
def test_ineligible_claims_use_no_position_and_no_link(table, guests, bob, send, kind):
    packet = getattr(table, kind)(guests).opened()
    stranger = (str(bob), 3, packet.tree.proof(3))
    claims = [packet.one(guests[0]), stranger, packet.one(guests[0]), packet.one(guests[1])]
    events = send(packet.group(claims))
    first, second = drawn(packet, guests[:2])
    assert events == [first, *skipped([bob], NO_GUEST), *skipped(guests[:1], TWICE), second]


def test_bad_link_signature_is_skipped(table, bob, carol, send):
    packet = table.lucky_by_link(3).opened()
    bad = (str(carol), 0, packet.one(bob)[2])
    assert send(packet.group([bad, bob])) == skipped([carol], NO_HOLDER) + drawn(packet, [bob])


def test_claims_after_the_last_share_are_skipped(table, guests, send):
    packet = table.lucky(guests, shares=2).opened()
    assert send(packet.group(guests[:4])) == drawn(packet, guests[:2]) + skipped(guests[2:4], NOT_OPEN)


def test_share_that_cannot_be_paid_is_owed_and_the_next_goes_on(table, stranger, guests, send):
    packet = table.lucky([stranger, *guests]).opened()
    owed, paid = send(packet.group([stranger, guests[0]]))
    assert owed[:5] == ("ShareOwed", *drawn(packet, [stranger])[0][1:])
    assert paid == drawn(packet, [guests[0]], first=1)[0]


def test_claims_after_an_owed_last_share_are_skipped(table, stranger, guests, send):
    packet = table.equal([stranger, guests[0]], shares=1, total=100).opened()
    owed, *rest = send(packet.group([stranger, guests[0]]))
    assert (owed[0], rest) == ("ShareOwed", skipped(guests[:1], NOT_OPEN))
    assert packet.state == (0, 0, 100)


# --- groups that cannot go on ---


def test_unknown_packet_is_skipped_and_the_next_group_goes_on(table, guests, send):
    unknown, packet = table.equal(guests), table.equal(guests).opened()
    events = send(unknown.group(guests[:2]), packet.group(guests[:2]))
    assert events == skipped(guests[:2], NOT_OPEN) + drawn(packet, guests[:2])


def test_expired_packet_is_skipped(table, chain, guests, send):
    packet = table.lucky(guests).opened()
    chain.pending_timestamp = packet.expiry
    assert send(packet.group(guests[:2])) == skipped(guests[:2], EXPIRED)


def test_packet_of_a_frozen_creator_is_skipped(table, token, alice, officers, guests, send):
    packet = table.lucky(guests).opened()
    token.freeze([alice], sender=officers.compliance)
    assert send(packet.group(guests[:2])) == skipped(guests[:2], FROZEN)


def test_replayed_batch_is_skipped(table, guests, send):
    packet = table.lucky(guests).opened()
    group = packet.group(guests[:4])
    send(group)
    assert send(group) == skipped(guests[:4], POSITION)


def test_batch_from_a_later_position_is_skipped(table, guests, send):
    packet = table.lucky(guests).opened()
    assert send(packet.group(guests[:2], first=1)) == skipped(guests[:2], POSITION)


def test_batch_that_the_dealer_did_not_sign_is_skipped(table, guests, send):
    packet = table.lucky(guests).opened()
    signature = packet.deal(0, [packet.one(guests[1]), packet.one(guests[0])], packet.links(0, 2))
    assert send(packet.group(guests[:2], signature=signature)) == skipped(guests[:2], DEALER)
    assert packet.state == (1000, 10, 0)


def test_dropping_a_claimant_breaks_the_deal(table, guests, send):
    packet = table.lucky(guests).opened()
    terms, first, claims, links, signature = packet.group(guests[:3])
    assert send((terms, first, claims[1:], links, signature)) == skipped(guests[1:3], DEALER)


@pytest.mark.parametrize("spoil", [lambda one: (one[0], one[1], one[2][32:]), lambda one: (one[0], 7, one[2])])
def test_spoiling_one_claimants_evidence_shifts_nobodys_link(table, guests, send, spoil):
    packet = table.lucky(guests).opened()
    terms, first, claims, links, signature = packet.group(guests[:3])
    assert send((terms, first, [spoil(claims[0]), *claims[1:]], links, signature)) == skipped(guests[:3], DEALER)
    assert send((terms, first, claims, links, signature)) == drawn(packet, guests[:3])


def test_group_ends_at_a_link_that_does_not_follow(table, guests, send):
    packet = table.lucky(guests).opened()
    good, wrong = packet.links(0, 1)[0], packet.links(2, 1)[0]
    events = send(packet.group(guests[:4], links=[good, wrong, wrong, wrong]))
    assert events == drawn(packet, guests[:1]) + skipped(guests[1:4], LINK)


def test_group_ends_where_the_links_end(table, guests, send):
    packet = table.lucky(guests).opened()
    events = send(packet.group(guests[:3], links=packet.links(0, 2)))
    assert events == drawn(packet, guests[:2]) + skipped(guests[2:3], LINK)


def test_pause_reverts_everything(table, token, escrow, officers, guests, relayer):
    packet = table.lucky(guests).opened()
    token.pause(sender=officers.pauser)
    with reverts(token, "PaymentsPaused"):
        escrow.claimMany([packet.group(guests[:2])], sender=relayer)
    assert packet.state == (1000, 10, 0)


# --- gas ---


def test_batch_stops_cleanly_before_the_gas_ends(table, chain, guests, send):
    packet = table.lucky(guests).opened()
    everything = drawn(packet, guests)
    answered = set()
    for gas in range(300_000, 700_000, 40_000):
        with chain.isolate():
            events = send(packet.group(guests), gas=gas)
        assert events == everything[: len(events)]
        answered.add(len(events))
    assert {1, 10} < answered


def test_batch_with_gas_for_no_claim_is_refused(table, escrow, guests, relayer):
    packet = table.lucky(guests).opened()
    with reverts(escrow, "InsufficientGas"):
        escrow.claimMany([packet.group(guests)], sender=relayer, gas=220_000)


def test_what_a_starved_batch_left_is_dealt_again(table, guests, send):
    packet = table.lucky(guests).opened()
    done = len(send(packet.group(guests), gas=400_000))
    assert 0 < done < 10
    assert send(packet.group(guests[done:], first=done)) == drawn(packet, guests[done:], first=done)


def test_hundred_claims_fit_a_transaction(table, token, escrow, officers, send):
    people = [person(f"one of a hundred {i}").address for i in range(100)]
    token.setTiers([(one, 3) for one in people], sender=officers.compliance)
    packet = table.lucky(people, total=88_800).opened()
    assert send(packet.group(people), gas=2**24) == drawn(packet, people)
    assert sum(token.balanceOf(one) for one in people) == 88_800
    assert token.balanceOf(escrow) == 0
