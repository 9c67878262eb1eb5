"""After a packet's claims: what is owed is collected, what is left goes back, and the sums are exact."""

from datetime import timedelta

import pytest

from pswallet.kit.problems import Problem
from pswallet.payments import service as payments
from pswallet.redpackets import service
from pswallet.redpackets.service import ClaimPacket
from tests.features.money import Town, name
from tests.parts import DAY_S, Person


def refund(town: Town, packet: str) -> str:
    try:
        town.run(lambda session: service.refund(session, packet, now=town.now))
    except Problem as problem:
        return name(problem)
    return "accepted"


def collect(town: Town, packet: str, person: Person) -> str:
    try:
        town.run(lambda session: service.collect(session, packet, person.address, now=town.now))
    except Problem as problem:
        return name(problem)
    return "accepted"


def test_the_rest_goes_back_after_the_expiry_and_to_the_creator_alone(town: Town) -> None:
    creator, *guests = town.people("creator", "an", "bo", "chen")
    packet = town.give(creator, guests, total=3_000)
    town.open(packet, guests[0])
    town.settle()
    assert refund(town, packet) == "PacketNotExpired"
    town.pass_time(DAY_S)
    assert town.packet(packet).status == "expired"
    assert name(town.open(packet, guests[1])[0]) == "PacketExpired"
    assert refund(town, packet) == "accepted"
    town.settle()
    found = town.packet(packet)
    assert (found.status, found.refunded_fen, found.claimed_fen) == ("refunded", 2_000, 1_000)
    assert town.balance(creator) == 99_000
    assert refund(town, packet) == "PacketNotOpen"
    assert name(town.open(packet, guests[1])[0]) == "PacketExpired"


def test_a_claim_counts_until_the_last_second(town: Town) -> None:
    creator, an, bo = town.people("creator", "an", "bo")
    packet = town.give(creator, [an, bo], total=100)
    expiry = town.packet(packet).expires_at

    def claim_at(guest: Person, seconds: int) -> str:
        return name(
            town.run(
                lambda session: service.claim(
                    session,
                    [ClaimPacket(packet, guest.address)],
                    dealer=town.pipeline.dealer,
                    domain=town.escrow,
                    now=expiry + timedelta(seconds=seconds),
                )
            )[0]
        )

    assert claim_at(an, 0) == "PacketExpired"
    assert claim_at(an, -1) == "Claim"


def test_an_emptied_packet_has_nothing_to_give_back(town: Town) -> None:
    creator, an = town.people("creator", "an")
    packet = town.give(creator, [an], total=100)
    town.open(packet, an)
    town.settle()
    town.pass_time(DAY_S)
    assert town.packet(packet).status == "exhausted"
    assert refund(town, packet) == "PacketNotOpen"


def test_an_unknown_packet_has_nothing_to_give_back(town: Town) -> None:
    town.people("creator")
    assert refund(town, "0x" + "00" * 32) == "PacketUnknown"


def test_a_share_above_the_cap_is_owed_and_collected_later(town: Town) -> None:
    creator, an = town.people("creator", "an")
    (full,) = town.people("full", tier=1, fen=100_000)
    packet = town.give(creator, [full, an], total=1_000)
    town.open(packet, full)
    town.settle()
    own = town.own_claim(packet, full)
    assert own is not None
    assert (own.status, own.error, own.amount_fen) == ("owed", "BalanceLimitExceeded", 500)
    assert town.packet(packet).owed_fen == 500
    assert collect(town, packet, an) == "NothingOwed"
    assert collect(town, packet, full) == "BalanceLimitExceeded"
    town.pay(full, an, 10_000)
    town.settle()
    assert collect(town, packet, full) == "accepted"
    town.settle()
    collected = town.own_claim(packet, full)
    assert collected is not None
    assert (collected.status, town.balance(full)) == ("collected", 90_500)
    assert collect(town, packet, full) == "NothingOwed"
    assert town.packet(packet).owed_fen == 0


def test_an_owed_share_goes_back_with_the_rest(town: Town) -> None:
    creator, an = town.people("creator", "an")
    (full,) = town.people("full", tier=1, fen=100_000)
    packet = town.give(creator, [full, an], total=1_000)
    town.open(packet, full)
    town.settle()
    town.pass_time(DAY_S)
    assert collect(town, packet, full) == "PacketExpired"
    assert refund(town, packet) == "accepted"
    town.settle()
    assert town.packet(packet).refunded_fen == 1_000
    assert collect(town, packet, full) == "NothingOwed"


def test_activity_names_the_packet_behind_each_line(town: Town) -> None:
    creator, an, bo = town.people("creator", "an", "bo")
    packet = town.give(creator, [an, bo], total=1_000)
    town.open(packet, an)
    town.settle()
    town.pass_time(DAY_S)
    refund(town, packet)
    town.settle()

    def kinds(person: Person) -> list[tuple[str, str]]:
        def read(session):  # type: ignore[no-untyped-def]
            page = payments.activity(session, person.address, before=None, limit=10)
            places = [line.place[:2] for line in page.lines]
            behind = service.packets_behind(session, places)
            return [behind.get(place, ("", "")) for place in places]

        return town.run(read)

    assert kinds(creator) == [("packet-refunded", packet), ("packet-given", packet), ("", "")]
    assert kinds(an) == [("share-claimed", packet), ("", "")]


@pytest.mark.parametrize("lucky", [True, False])
def test_claimed_owed_remaining_and_refunded_sum_to_the_total(town: Town, lucky: bool) -> None:
    creator, *guests = town.people("creator", "an", "bo", "chen")
    packet = town.give(creator, guests, total=900, lucky=lucky)
    town.open(packet, *guests[:2])
    town.settle()
    town.pass_time(DAY_S)
    refund(town, packet)
    town.settle()
    found = town.packet(packet)
    assert found.claimed_fen + found.owed_fen + found.refunded_fen == 900
    assert town.pipeline.chain.balance(town.escrow.verifying_contract) == 0
