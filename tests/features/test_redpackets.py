"""Giving red packets: what the gateway takes in and refuses, and what the escrow makes of it."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

from pswallet.chain import signing
from pswallet.chain.signing import Domain
from pswallet.redpackets import rules, service
from pswallet.redpackets.service import ClaimPacket
from tests.features.money import Town, name
from tests.parts import DAY_S, Person, secret

LINK = secret("a link's key")
LINK_ADDRESS = signing.address_of(LINK)


def test_a_packet_is_submitted_until_the_escrow_opens_it(town: Town) -> None:
    creator, *guests = town.people("creator", "an", "bo")
    packet = town.create(town.command(creator, guests, total=1_000)).id
    assert town.packet(packet).status == "submitted"
    town.settle()
    found = town.packet(packet)
    assert (found.status, found.greeting, found.cover, found.claimed_shares) == (
        "open",
        "恭喜发财，大吉大利",
        "dawan",
        0,
    )
    assert found.guests == [guest.address for guest in guests]
    assert town.balance(creator) == 99_000


def test_an_equal_packet_gives_everyone_the_same(town: Town) -> None:
    creator, *guests = town.people("creator", "an", "bo")
    packet = town.give(creator, guests, total=1_000)
    assert [claim.position for claim in town.open(packet, *guests)] == [0, 1]
    town.settle()
    assert [share.amount_fen for share in town.shares(packet)] == [500, 500]
    assert town.packet(packet).status == "exhausted"
    assert not any(share.luckiest for share in town.shares(packet))


def test_a_lucky_packet_is_drawn_in_order_of_the_tickets_and_recomputed_by_anybody(town: Town) -> None:
    creator, *guests = town.people("creator", *[f"guest {place}" for place in range(10)])
    packet = town.give(creator, guests, total=8_888, lucky=True)
    claims = town.open(packet, *guests)
    assert [claim.position for claim in claims] == list(range(10))
    for claim in claims:
        message = {"packet": packet, "claimant": claim.account, "position": claim.position}
        ticket = signing.digest(town.escrow, signing.POSITION_TICKET, message)
        assert signing.recover(ticket, bytes.fromhex(claim.ticket[2:])) == town.pipeline.dealer.address
    town.settle()
    shares = town.shares(packet)
    assert [share.account for share in shares] == [guest.address for guest in guests]
    assert sum(share.amount_fen for share in shares) == 8_888
    best = [share for share in shares if share.luckiest]
    assert len(best) == 1
    assert best[0].amount_fen == max(share.amount_fen for share in shares)
    proof = town.run(lambda session: service.find_draw(session, packet))
    assert proof.complete
    recomputed = rules.draw(
        commitment=bytes.fromhex(proof.terms.draw_commitment[2:]),
        links=[bytes.fromhex(link[2:]) for link in proof.links],
        packet=bytes.fromhex(packet[2:]),
        total=proof.terms.total,
        shares=proof.terms.shares,
        max_share=proof.terms.max_share,
    )
    assert recomputed == [share.amount_fen for share in shares]


def test_the_luckiest_is_not_named_before_the_last_share(town: Town) -> None:
    creator, *guests = town.people("creator", "an", "bo", "chen")
    packet = town.give(creator, guests, total=900, lucky=True)
    town.open(packet, *guests[:2])
    town.settle()
    assert not any(share.luckiest for share in town.shares(packet))
    assert town.packet(packet).status == "open"
    town.open(packet, guests[2])
    town.settle()
    assert sum(share.luckiest for share in town.shares(packet)) == 1


def test_positions_go_on_where_an_earlier_group_ended(town: Town) -> None:
    creator, *guests = town.people("creator", "an", "bo", "chen")
    packet = town.give(creator, guests, total=900, lucky=True)
    assert [claim.position for claim in town.open(packet, guests[2])] == [0]
    assert [claim.position for claim in town.open(packet, guests[0], guests[1])] == [1, 2]
    town.settle()
    assert town.packet(packet).status == "exhausted"


def test_the_creator_may_take_a_share_of_its_own_group(town: Town) -> None:
    creator, an = town.people("creator", "an")
    packet = town.give(creator, [creator, an], total=100)
    town.open(packet, creator)
    town.settle()
    own = town.own_claim(packet, creator)
    assert own is not None
    assert (own.status, own.amount_fen) == ("claimed", 50)


def test_one_list_serves_several_packets(town: Town) -> None:
    creator, an, bo = town.people("creator", "an", "bo")
    first = town.give(creator, [an, bo], total=100)
    second = town.give(creator, [an, bo], total=200, lucky=True)
    claims = town.claim(*[ClaimPacket(packet, guest.address) for guest in (an, bo) for packet in (first, second)])
    assert [claim.position for claim in claims] == [0, 0, 1, 1]
    town.settle()
    assert town.packet(first).status == town.packet(second).status == "exhausted"


# --- giving: bad input ---


def test_a_visitor_gives_no_packets_and_receives_them(town: Town) -> None:
    (visitor,) = town.people("visitor", tier=1)
    creator, an = town.people("creator", "an", tier=2)
    assert town.refusal(town.command(visitor, [an])) == "SendingTierTooLow"
    packet = town.give(creator, [visitor], total=100)
    assert name(town.open(packet, visitor)[0]) == "Claim"


def test_somebody_elses_packet_cannot_be_given(town: Town) -> None:
    creator, an = town.people("creator", "an")
    assert town.refusal(replace(town.command(creator, [an]), creator=an.address)) == "SignatureInvalid"
    assert town.refusal(town.command(creator, [an], signer=an)) == "SignatureInvalid"


def test_a_signature_for_another_chain_is_refused(town: Town) -> None:
    creator, an = town.people("creator", "an")
    here = town.token
    foreign = Domain(here.name, here.version, here.chain_id + 1, here.verifying_contract)
    assert town.refusal(town.command(creator, [an], domain=foreign)) == "SignatureInvalid"


def test_a_replayed_packet_is_refused(town: Town) -> None:
    creator, an = town.people("creator", "an")
    command = town.command(creator, [an], total=100, lucky=True)
    town.create(command)
    assert town.refusal(command) == "AuthorizationAlreadyUsed"
    town.settle()
    assert town.refusal(command) == "AuthorizationAlreadyUsed"
    assert town.balance(creator) == 99_900


def test_broken_terms_are_refused_by_name(town: Town) -> None:
    creator, an, bo = town.people("creator", "an", "bo")
    now = int(town.now.timestamp())
    cases = {
        "ShareCountOutOfRange": town.command(creator, [an], shares=101, total=1_010),
        "TotalNotDivisible": town.command(creator, [an, bo], total=1),
        "ShareLimitExceeded": town.command(creator, [an], total=20_001),
        "MaxShareOutOfRange": town.command(creator, [an, bo], total=100, lucky=True, max_share=49),
        "ExpiryOutOfRange": town.command(creator, [an], expiry=now),
        "AudienceAmbiguous": town.command(creator, [an], claim_key=LINK_ADDRESS),
        "DrawTermsMismatch": town.command(creator, [an], dealer=town.pipeline.dealer.address),
        "AudienceMismatch": town.command(creator, [an, bo], kind="exclusive", total=100),
        "GuestListMismatch": town.command(creator, [an], root="0x" + "77" * 32),
        "GreetingTooLong": town.command(creator, [an], greeting="恭" * 26),
        "CoverUnknown": town.command(creator, [an], cover="unicorn"),
        "AuthorizationExpired": town.command(creator, [an], valid_before=now),
        "BalanceInsufficient": town.command(creator, [an], total=20_000, shares=1),
    }
    town.pay(creator, an, 90_000)
    assert {problem: town.refusal(command) for problem, command in cases.items()} == {
        problem: problem for problem in cases
    }
    assert not [key for key in town.pipeline.calls() if key.startswith("packet-create")]


def test_an_expiry_too_far_away_is_refused_and_the_farthest_is_not(town: Town) -> None:
    creator, an = town.people("creator", "an")
    now = int(town.now.timestamp())
    assert town.refusal(town.command(creator, [an], expiry=now + DAY_S + 61)) == "ExpiryOutOfRange"
    assert town.refusal(town.command(creator, [an], expiry=now + DAY_S + 60)) == "accepted"


def test_a_greeting_of_25_characters_is_taken(town: Town) -> None:
    creator, an = town.people("creator", "an")
    assert town.refusal(town.command(creator, [an], greeting="恭" * 25)) == "accepted"


def test_frozen_people_give_nothing(town: Town) -> None:
    creator, an = town.people("creator", "an")
    town.freeze(creator)
    assert town.refusal(town.command(creator, [an])) == "AccountIsFrozen"


def test_a_day_holds_5000_yuan_of_packets(town: Town) -> None:
    (creator,) = town.people("creator", fen=1_000_000)
    guests = [Person(f"guest {place}") for place in range(25)]
    town.create(town.command(creator, guests, total=499_975))
    assert town.refusal(town.command(creator, guests[:1], total=26)) == "PacketDailyTotalExceeded"
    assert town.refusal(town.command(creator, guests[:1], total=25)) == "accepted"
    town.settle()
    town.pass_time(DAY_S)
    assert town.refusal(town.command(creator, guests[:1], total=100)) == "accepted"


def test_a_day_holds_100_packets(town: Town) -> None:
    creator, an = town.people("creator", "an")
    for _ in range(99):
        town.create(town.command(creator, [an], total=1))
    assert town.refusal(town.command(creator, [an], total=1)) == "accepted"
    assert town.refusal(town.command(creator, [an], total=1)) == "PacketDailyCountExceeded"


def test_a_packet_that_the_chain_refused_counts_for_no_day(town: Town) -> None:
    (creator,) = town.people("creator", fen=1_000_000)
    guests = [Person(f"guest {place}") for place in range(25)]
    packet = town.create(town.command(creator, guests, total=500_000)).id
    town.pipeline.chain.token(town.pipeline.chain.keys.compliance, "freeze", [creator.address])
    town.settle()
    found = town.packet(packet)
    assert (found.status, found.error) == ("refused", "AccountIsFrozen")
    town.unfreeze(creator)
    assert town.balance(creator) == 1_000_000
    assert town.refusal(town.command(creator, guests, total=500_000)) == "accepted"


# --- draws ---


def test_the_first_packet_bound_to_a_draw_has_it(town: Town) -> None:
    creator, an = town.people("creator", "an")
    draw = town.draw(creator)
    town.create(town.command(creator, [an], total=100, lucky=True, draw=draw))
    assert town.refusal(town.command(creator, [an], total=100, lucky=True, draw=draw)) == "DrawAlreadyBound"


def test_a_draw_is_its_creators_and_its_commitment_the_signed_one(town: Town) -> None:
    creator, an = town.people("creator", "an")
    others = town.draw(an)
    assert town.refusal(town.command(creator, [an], total=100, lucky=True, draw=others)) == "DrawUnknown"
    own = town.draw(creator)
    swapped = replace(own, commitment=others.commitment)
    assert town.refusal(town.command(creator, [an], total=100, lucky=True, draw=swapped)) == "DrawUnknown"
    stranger = replace(own, dealer=an.address)
    assert town.refusal(town.command(creator, [an], total=100, lucky=True, draw=stranger)) == "DrawTermsMismatch"
    unnamed = town.command(creator, [an], total=100, lucky=True, draw=own, draw_id=None)
    assert town.refusal(unnamed) == "DrawTermsMismatch"
    assert town.refusal(town.command(creator, [an], total=100, draw_id=own.id)) == "DrawTermsMismatch"


def test_of_two_packets_bound_to_one_draw_at_once_one_has_it(town: Town) -> None:
    creator, an = town.people("creator", "an")
    draw = town.draw(creator)
    commands = [town.command(creator, [an], total=100, lucky=True, draw=draw) for _ in range(4)]
    with ThreadPoolExecutor(4) as pool:
        outcomes = sorted(pool.map(town.refusal, commands))
    assert outcomes == ["DrawAlreadyBound"] * 3 + ["accepted"]
