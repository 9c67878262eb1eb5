"""Opening red packets: who may, who may not, and that no position is lost or given twice."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from pswallet.chain import signing
from pswallet.chain.outbox import Call, CallKind
from pswallet.chain.signing import Domain
from pswallet.kit.clock import shanghai_day_start
from pswallet.kit.db import transaction
from pswallet.kit.problems import Problem
from pswallet.redpackets import service
from pswallet.redpackets.service import ClaimPacket
from tests.features.money import VAULT, Town, name
from tests.parts import Person, secret

LINK = secret("a link's key")
LINK_ADDRESS = signing.address_of(LINK)


def refused(town: Town, *commands: ClaimPacket) -> list[str]:
    """The names of the problems, after which no call waits."""
    before = town.pipeline.calls()
    outcomes = town.claim(*commands)
    assert town.pipeline.calls() == before
    return [name(outcome) for outcome in outcomes]


# --- guests ---


def test_two_processes_count_a_visitors_day_one_after_the_other(town: Town) -> None:
    (visitor,) = town.people("visitor", tier=1, fen=0)
    (creator,) = town.people("creator")
    first, second = (town.give(creator, [visitor], total=total) for total in (900, 901))

    def claim(session: Session, packet: str) -> str:
        session.execute(text("SET LOCAL lock_timeout = '200ms'"))
        asked = [ClaimPacket(packet, visitor.address)]
        return name(service.claim(session, asked, dealer=town.pipeline.dealer, domain=town.escrow, now=town.now)[0])

    with transaction(town.pipeline.sessions) as one:
        assert claim(one, first) == "Claim"
        with pytest.raises(OperationalError, match="lock timeout"), transaction(town.pipeline.sessions) as other:
            claim(other, second)
    assert town.run(lambda session: claim(session, second)) == "Claim"


def test_an_account_opens_a_packet_once(town: Town) -> None:
    creator, an, bo = town.people("creator", "an", "bo")
    packet = town.give(creator, [an, bo], total=100, lucky=True)
    assert [name(outcome) for outcome in town.open(packet, an, an)] == ["Claim", "AlreadyClaimed"]
    assert refused(town, ClaimPacket(packet, an.address)) == ["AlreadyClaimed"]
    town.settle()
    assert refused(town, ClaimPacket(packet, an.address)) == ["AlreadyClaimed"]
    assert len(town.shares(packet)) == 1


def test_only_guests_open_a_group_packet(town: Town) -> None:
    creator, an, other = town.people("creator", "an", "other")
    packet = town.give(creator, [an], total=100)
    assert refused(town, ClaimPacket(packet, other.address), ClaimPacket(packet, creator.address)) == [
        "NotAGuest",
        "NotAGuest",
    ]


def test_only_the_chosen_one_opens_an_exclusive_packet(town: Town) -> None:
    creator, chosen, other = town.people("creator", "chosen", "other")
    packet = town.give(creator, [chosen], total=6_600, kind="exclusive")
    assert refused(town, ClaimPacket(packet, other.address)) == ["NotAGuest"]
    town.open(packet, chosen)
    town.settle()
    assert town.balance(chosen) == 106_600


def test_an_unknown_packet_opens_for_nobody(town: Town) -> None:
    (an,) = town.people("an")
    assert refused(town, ClaimPacket("0x" + "ab" * 32, an.address)) == ["PacketUnknown"]


def test_a_packet_that_is_not_on_the_chain_yet_is_not_open(town: Town) -> None:
    creator, an = town.people("creator", "an")
    packet = town.create(town.command(creator, [an], total=100)).id
    assert refused(town, ClaimPacket(packet, an.address)) == ["PacketNotOpen"]
    town.settle()
    assert name(town.open(packet, an)[0]) == "Claim"


def test_the_share_after_the_last_is_refused(town: Town) -> None:
    creator, *guests = town.people("creator", "an", "bo", "chen")
    packet = town.give(creator, guests, shares=2, total=100, lucky=True)
    assert [name(outcome) for outcome in town.open(packet, *guests)] == ["Claim", "Claim", "PacketEmpty"]
    town.settle()
    assert refused(town, ClaimPacket(packet, guests[2].address)) == ["PacketEmpty"]


def test_shares_taken_past_the_gateway_count(town: Town) -> None:
    creator, *guests = town.people("creator", "an", "bo")
    packet = town.give(creator, guests, shares=1, total=100)
    claim = town.pipeline.packet(creator, tuple(guests), total=100, lucky=False).claim(guests[0], domain=town.escrow)
    town.pipeline.leave(
        type(claim)(
            key=f"packet-claim:{packet}:{guests[0].address}",
            kind=claim.kind,
            arguments={**claim.arguments, "packet": packet},
            lane=packet,
        )
    )
    town.settle()
    assert town.packet(packet).status == "exhausted"
    assert refused(town, ClaimPacket(packet, guests[0].address)) == ["AlreadyClaimed"]
    assert refused(town, ClaimPacket(packet, guests[1].address)) == ["PacketEmpty"]


def test_no_position_before_the_accounts_tier_is_seen(town: Town) -> None:
    (creator,) = town.people("creator")
    newcomer = Person("newcomer")
    packet = town.give(creator, [newcomer], total=100)
    assert refused(town, ClaimPacket(packet, newcomer.address)) == ["AccountNotRegistered"]
    town.pipeline.chain.register(newcomer, tier=1)
    assert refused(town, ClaimPacket(packet, newcomer.address)) == ["AccountNotRegistered"]
    town.settle()
    assert name(town.open(packet, newcomer)[0]) == "Claim"


def test_frozen_accounts_get_no_position(town: Town) -> None:
    creator, an = town.people("creator", "an")
    packet = town.give(creator, [an], total=100)
    town.freeze(an)
    assert refused(town, ClaimPacket(packet, an.address)) == ["RecipientIsFrozen"]


def test_a_frozen_creators_packet_pays_nobody_for_now(town: Town) -> None:
    creator, an = town.people("creator", "an")
    packet = town.give(creator, [an], total=100)
    town.freeze(creator)
    assert refused(town, ClaimPacket(packet, an.address)) == ["CreatorIsFrozen"]
    town.unfreeze(creator)
    assert name(town.open(packet, an)[0]) == "Claim"


def test_claims_that_meet_a_frozen_creator_wait_and_keep_their_positions(town: Town) -> None:
    creator, an, bo, chen = town.people("creator", "an", "bo", "chen")
    packet = town.give(creator, [an, bo, chen], total=900, lucky=True)
    town.open(packet, an, bo)
    # The freeze is on the chain before the claims, and the gateway has not seen it.
    town.pipeline.chain.token(town.pipeline.chain.keys.compliance, "freeze", [creator.address])
    town.settle()
    waiting = town.own_claim(packet, an)
    assert waiting is not None
    assert (waiting.status, waiting.position) == ("submitted", 0)
    town.unfreeze(creator)
    assert [claim.position for claim in town.open(packet, chen)] == [2]
    town.run(lambda session: session.execute(text("UPDATE chain_calls SET retry_at = NULL")))
    town.settle()
    assert [share.account for share in town.shares(packet)] == [an.address, bo.address, chen.address]


def test_a_claim_that_the_chain_refused_says_why_and_cannot_be_repeated(town: Town) -> None:
    creator, an, bo = town.people("creator", "an", "bo")
    packet = town.give(creator, [an, bo], total=900)
    town.open(packet, an)
    # The packet expires before the claim reaches the chain.
    town.pipeline.chain.move_time(86_400)
    town.settle()
    refusal = town.own_claim(packet, an)
    assert refusal is not None
    assert (refusal.status, refusal.error) == ("refused", "PacketExpired")
    (problem,) = town.open(packet, an)
    assert (name(problem), problem.details["error"]) == ("ClaimRefused", "PacketExpired")


def test_a_low_tier_is_given_1000_yuan_a_day_at_most(town: Town) -> None:
    (creator,) = town.people("creator", fen=1_000_000)
    (low,) = town.people("low", tier=2, fen=0)
    (high,) = town.people("high", tier=3, fen=0)
    packets = [town.give(creator, [low, high], total=40_000) for _ in range(6)]
    outcomes = town.claim(*[ClaimPacket(packet, low.address) for packet in packets])
    assert [name(outcome) for outcome in outcomes] == ["Claim"] * 5 + ["ReceivedDailyLimitExceeded"]
    town.settle()
    small = town.give(creator, [low], total=1)
    assert refused(town, ClaimPacket(small, low.address)) == ["ReceivedDailyLimitExceeded"]
    assert [name(outcome) for outcome in town.claim(*[ClaimPacket(packet, high.address) for packet in packets])] == [
        "Claim"
    ] * 6
    tomorrow = shanghai_day_start(town.now) + timedelta(days=1)
    town.pass_time(int((tomorrow - town.now).total_seconds()))
    fresh = town.give(creator, [low], total=1)
    assert name(town.open(fresh, low)[0]) == "Claim"


def test_a_lucky_share_counts_by_the_most_it_can_be_until_it_is_known(town: Town) -> None:
    (creator,) = town.people("creator", fen=1_000_000)
    low, other = town.people("low", "other", tier=2, fen=0)
    packets = [town.give(creator, [low, other], total=30_000, lucky=True, max_share=20_000) for _ in range(6)]
    outcomes = town.claim(*[ClaimPacket(packet, low.address) for packet in packets])
    assert [name(outcome) for outcome in outcomes] == ["Claim"] * 5 + ["ReceivedDailyLimitExceeded"]
    town.settle()
    got = sum(share.amount_fen for packet in packets[:5] for share in town.shares(packet))
    assert name(town.open(packets[5], low)[0]) == ("Claim" if got <= 80_000 else "ReceivedDailyLimitExceeded")


def test_claims_of_several_processes_at_once_get_one_position_each(town: Town) -> None:
    creator, *guests = town.people("creator", *[f"guest {place}" for place in range(12)])
    packet = town.give(creator, guests, shares=10, total=1_000, lucky=True)
    with ThreadPoolExecutor(6) as pool:
        outcomes = [one for found in pool.map(lambda guest: town.open(packet, guest), guests) for one in found]
    given = [outcome for outcome in outcomes if isinstance(outcome, service.Claim)]
    assert sorted(claim.position for claim in given) == list(range(10))
    assert [name(outcome) for outcome in outcomes].count("PacketEmpty") == 2
    town.settle()
    assert {share.account: share.position for share in town.shares(packet)} == {
        claim.account: claim.position for claim in given
    }


# --- links ---


def test_a_link_opens_for_whom_its_key_has_signed(town: Town) -> None:
    creator, an, thief = town.people("creator", "an", "thief")
    packet = town.give(creator, shares=2, total=2_000, claim_key=LINK_ADDRESS)
    signature = town.link_signature(LINK, packet, an)
    assert refused(town, ClaimPacket(packet, thief.address, signature)) == ["LinkSignatureInvalid"]
    assert refused(town, ClaimPacket(packet, thief.address)) == ["LinkSignatureInvalid"]
    assert name(town.claim(ClaimPacket(packet, an.address, signature))[0]) == "Claim"
    town.settle()
    assert town.balance(an) == 101_000
    assert refused(town, ClaimPacket(packet, an.address, signature)) == ["AlreadyClaimed"]


def test_a_link_shown_past_the_gateway_shows_the_greeting_too(town: Town) -> None:
    creator, an = town.people("creator", "an")
    packet = town.give(creator, shares=2, total=2_000, claim_key=LINK_ADDRESS)
    assert town.packet(packet, reader=an).greeting is None
    arguments = {"packet": packet, "account": an.address, "index": 0, "position": None}
    evidence = town.link_signature(LINK, packet, an)
    key = f"packet-claim:{packet}:{an.address}"
    town.pipeline.leave(Call(key, CallKind.PACKET_CLAIM, {**arguments, "evidence": evidence}, lane=packet))
    town.settle()
    assert [share.account for share in town.shares(packet)] == [an.address]
    assert town.packet(packet, reader=an).greeting == "恭喜发财，大吉大利"


def test_another_links_signature_opens_nothing(town: Town) -> None:
    creator, an = town.people("creator", "an")
    packet = town.give(creator, shares=2, total=2_000, claim_key=LINK_ADDRESS)
    other = town.give(creator, shares=2, total=2_000, claim_key=LINK_ADDRESS)
    here = town.escrow
    foreign = Domain(here.name, here.version, here.chain_id + 1, here.verifying_contract)
    wrong = [
        town.link_signature(secret("another key"), packet, an),
        town.link_signature(LINK, other, an),
        town.link_signature(LINK, packet, an, domain=foreign),
        "0x" + "00" * 65,
        "0x1234",
    ]
    commands = [ClaimPacket(packet, an.address, signature) for signature in wrong]
    assert refused(town, *commands) == ["LinkSignatureInvalid"] * 5


def test_a_lucky_link_packet_is_drawn_in_order(town: Town) -> None:
    creator, *friends = town.people("creator", "an", "bo", "chen")
    packet = town.give(creator, shares=3, total=900, lucky=True, claim_key=LINK_ADDRESS)
    commands = [ClaimPacket(packet, one.address, town.link_signature(LINK, packet, one)) for one in friends]
    assert [claim.position for claim in town.claim(*commands)] == [0, 1, 2]
    town.settle()
    assert sum(share.amount_fen for share in town.shares(packet)) == 900


# --- phrases (口令) ---


def make_key(town: Town, creator: Person, phrase: str) -> str:
    return town.run(
        lambda session: service.make_phrase_key(session, VAULT, creator=creator.address, phrase=phrase, now=town.now)
    )


def say(town: Town, packet: str, person: Person, phrase: str, *, later_s: int = 0) -> str | Problem:
    return town.run(
        lambda session: service.answer_phrase(
            session,
            VAULT,
            packet=packet,
            account=person.address,
            phrase=phrase,
            domain=town.escrow,
            now=town.now + timedelta(seconds=later_s),
        )
    )


def give_by_phrase(town: Town, creator: Person, phrase: str = "坪山客家擂茶") -> str:
    return town.give(creator, shares=1, total=1_880, kind="phrase", claim_key=make_key(town, creator, phrase))


def test_who_says_the_phrase_opens_the_packet(town: Town) -> None:
    creator, an = town.people("creator", "an")
    packet = give_by_phrase(town, creator)
    assert name(say(town, packet, an, "坪山奶茶")) == "PhraseWrong"
    signature = say(town, packet, an, " 坪山客家擂茶 ")
    assert isinstance(signature, str)
    town.claim(ClaimPacket(packet, an.address, signature))
    town.settle()
    assert town.balance(an) == 101_880


def test_five_wrong_phrases_an_hour_and_no_sixth(town: Town) -> None:
    creator, an, bo = town.people("creator", "an", "bo")
    packet = give_by_phrase(town, creator)
    assert [name(say(town, packet, an, f"guess {place}")) for place in range(5)] == ["PhraseWrong"] * 5
    assert name(say(town, packet, an, "坪山客家擂茶")) == "PhraseTriesExhausted"
    assert isinstance(say(town, packet, bo, "坪山客家擂茶"), str)
    assert name(say(town, packet, an, "坪山客家擂茶", later_s=3_599)) == "PhraseTriesExhausted"
    assert isinstance(say(town, packet, an, "坪山客家擂茶", later_s=3_600), str)


def test_a_phrase_opens_no_other_kind_of_packet(town: Town) -> None:
    creator, an = town.people("creator", "an")
    packet = town.give(creator, shares=1, total=100, claim_key=LINK_ADDRESS)
    assert name(say(town, packet, an, "anything")) == "LinkSignatureInvalid"
    assert name(say(town, "0x" + "ab" * 32, an, "anything")) == "PacketUnknown"


def test_a_phrase_key_serves_one_packet_of_its_creator(town: Town) -> None:
    creator, other = town.people("creator", "other")
    claim_key = make_key(town, creator, "擂茶")
    terms = {"shares": 1, "total": 100, "kind": "phrase"}
    assert town.refusal(town.command(other, claim_key=claim_key, **terms)) == "PhraseKeyUnknown"
    assert town.refusal(town.command(creator, claim_key=LINK_ADDRESS, **terms)) == "PhraseKeyUnknown"
    assert town.refusal(town.command(creator, claim_key=claim_key, **terms)) == "accepted"
    assert town.refusal(town.command(creator, claim_key=claim_key, **terms)) == "PhraseKeyUnknown"


def test_neither_phrase_nor_key_lies_in_the_database_in_clear(town: Town) -> None:
    (creator,) = town.people("creator")
    make_key(town, creator, "坪山客家擂茶")
    with town.pipeline.sessions() as session:
        (row,) = session.execute(text("SELECT phrase_keys::text FROM phrase_keys")).scalars()
    assert "擂茶" not in row
    assert "擂茶".encode().hex() not in row
