"""The chapters with red packets (红包): lucky, exclusive, by link, by phrase, and one that expires."""

from collections.abc import Callable

import segno

from pswallet.client import Key, Refused, sign_link
from pswallet.client.answers import ClaimAccepted
from pswallet.client.bodies import OpenPacket
from pswallet.demo.cast import Person, World
from pswallet.demo.people import identities
from pswallet.kit.money import format_yuan
from pswallet.redpackets import rules

_DAY_S = 86_400


def lucky_for_ten(world: World) -> None:
    """A lucky packet of ¥88.88 to a group of ten, opened by all at the same moment, one trying twice."""
    stage = world.stage
    stage.chapter("A lucky packet (拼手气) of ¥88.88, opened by ten at once")
    creator, guests = world.people[0], world.people[1:11]
    packet = creator.client.give(
        kind="lucky", total_fen=8_888, shares=10, lucky=True, guests=[guest.address for guest in guests],
        greeting="恭喜发财，大吉大利", cover="qilin",
    ).id  # fmt: skip
    world.packet(packet, "open")
    stage.say(f"{creator.name} signed once; the packet {packet[:10]}… is open")

    def open_it(guest: Person) -> Callable[[], ClaimAccepted | Refused]:
        def act() -> ClaimAccepted | Refused:
            try:
                return guest.client.claim(packet)
            except Refused as refused:
                return refused

        return act

    greedy = guests[4]
    answers = stage.together("opening", [open_it(guest) for guest in [*guests, greedy]])
    refused = [answer for answer in answers if isinstance(answer, Refused)]
    stage.check(
        len(refused) == 1 and refused[0].code == "already-claimed",
        f"{greedy.name} tried twice and got one share ({', '.join(one.code for one in refused)})",
    )
    world.packet(packet, "exhausted")
    _show_claims(world, packet)
    _recompute(world, packet)


def _show_claims(world: World, packet: str) -> None:
    claims = world.people[0].client.api.list_shares(packet)
    rows = [
        (one["position"] + 1, world.name_of(one["account"]), format_yuan(one["amount_fen"]),
         "手气最佳" if one["best"] else "")
        for one in claims["items"]
    ]  # fmt: skip
    world.stage.table("Who got what", ("#", "name", "share ¥", ""), rows)
    total = sum(one["amount_fen"] for one in claims["items"])
    best = [one for one in claims["items"] if one["best"]]
    world.stage.check(total == 8_888, f"the shares sum to {format_yuan(total)}")
    world.stage.check(len(best) == 1, f"手气最佳 is {world.name_of(best[0]['account'])}, known after the last claim")


def _recompute(world: World, packet: str) -> None:
    draw = world.people[0].client.api.show_draw(packet)
    drawn = rules.draw(
        commitment=bytes.fromhex(draw["draw_commitment"][2:]),
        links=[bytes.fromhex(reveal["link"][2:]) for reveal in draw["reveals"]],
        packet=bytes.fromhex(packet[2:]),
        total=draw["total_fen"],
        shares=draw["shares"],
        max_share=draw["max_share_fen"],
    )
    claimed = [reveal["amount_fen"] for reveal in draw["reveals"]]
    world.stage.check(drawn == claimed, "every share recomputed from the revealed links is the share that was paid")


def exclusive(world: World) -> None:
    """A packet that one named person alone can open."""
    stage = world.stage
    stage.chapter("An exclusive packet (专属)")
    creator, chosen, other = world.people[1], world.people[6], world.people[7]
    packet = creator.client.give(
        kind="exclusive", total_fen=6_600, shares=1, lucky=False, guests=[chosen.address], cover="dawan"
    ).id
    world.packet(packet, "open")
    stage.check(_refused(other, packet, {}) == "not-a-guest", f"{other.name} sees it and cannot open it")
    before = chosen.client.balance_fen()
    chosen.client.claim(packet)
    world.packet(packet, "exhausted")
    stage.check(chosen.client.balance_fen() == before + 6_600, f"{chosen.name} opened {format_yuan(6_600)}")


def by_link(world: World) -> None:
    """A link whose key never reaches the gateway, opened by somebody who registers only then."""
    stage = world.stage
    stage.chapter("A link packet; its key never reaches the gateway")
    creator = world.people[2]
    link_key = Key.new()
    packet = creator.client.give(kind="link", total_fen=2_000, shares=2, lucky=False, claim_key=link_key.address).id
    world.packet(packet, "open")
    url = f"{world.public_url}/p/{packet}#{link_key.secret.hex()}"
    picture = world.folder / "link-packet.svg"
    code = segno.make(url, error="l")
    code.save(str(picture), scale=4)
    stage.say(f"{creator.name}'s own client made this link and the packet's key, which follows the #:")
    stage.paste(url)
    stage.picture(code)
    stage.say("What follows a # is never sent to a server. Wallets read it; no web page does yet.")
    stage.say(f"The picture lies beside the logs: {picture.name}")
    newcomer = world.welcome(identities()[11])
    world.people.append(newcomer)
    stage.say(f"{newcomer.name} got the link, and {'registers now' if world.wallet.is_new else 'comes back'}:")
    stage.paste(newcomer.address)
    before = newcomer.client.balance_fen()
    secret = bytes.fromhex(url.partition("#")[2])
    signature = sign_link(world.chain, Key.of(secret), packet, newcomer.address)
    newcomer.client.api.open_packet(packet, {"link_signature": signature})
    stage.until("the link's share", lambda: newcomer.client.balance_fen() == before + 1_000)
    stage.check(True, f"{newcomer.name} opened {format_yuan(1_000)}")
    thief = world.people[9]
    stage.check(
        _refused(thief, packet, {"link_signature": signature}) == "link-signature-invalid",
        "the same signature in another's hands is worth nothing",
    )


def by_phrase(world: World) -> None:
    """A phrase that people say aloud; the gateway checks it and limits the tries."""
    stage = world.stage
    stage.chapter("A phrase packet (口令)")
    creator, friend = world.people[3], world.people[8]
    claim_key = creator.client.api.make_phrase_key({"phrase": "坪山客家擂茶"})["claim_key"]
    packet = creator.client.give(kind="phrase", total_fen=1_880, shares=1, lucky=False, claim_key=claim_key).id
    world.packet(packet, "open")
    stage.check(_refused(friend, packet, {"phrase": "坪山奶茶"}) == "phrase-wrong", "a wrong phrase opens nothing")
    friend.client.claim_by_phrase(packet, "坪山客家擂茶")
    world.packet(packet, "exhausted")
    stage.check(True, f"{friend.name} said the phrase and opened {format_yuan(1_880)}")


def expired_and_refunded(world: World) -> None:
    """A packet nobody finishes goes back to its creator after 24 hours, by a stranger's hand."""
    stage = world.stage
    stage.chapter("A packet expires; a stranger has it refunded")
    creator, friend, stranger = world.people[4], world.people[5], world.people[10]
    packet = creator.client.give(
        kind="equal", total_fen=3_000, shares=3, lucky=False, guests=[person.address for person in world.people[5:8]]
    ).id
    world.packet(packet, "open")
    friend.client.claim(packet)
    world.claimed(friend, packet)
    before = creator.client.balance_fen()
    stage.check(_refusal_of_refund(stranger, packet) == "packet-not-expired", "a refund before the expiry is refused")
    world.advance(_DAY_S)
    stage.check(_refused(world.people[6], packet, {}) == "packet-expired", "after 24 hours nobody can open it")
    stranger.client.api.refund_packet(packet)
    world.packet(packet, "refunded")
    stage.check(
        creator.client.balance_fen() == before + 2_000,
        f"{stranger.name} asked for the refund; {format_yuan(2_000)} went to {creator.name} alone",
    )


def _refused(person: Person, packet: str, body: OpenPacket) -> str:
    try:
        person.client.api.open_packet(packet, body)
    except Refused as refused:
        return refused.code
    return "accepted"


def _refusal_of_refund(person: Person, packet: str) -> str:
    try:
        person.client.api.refund_packet(packet)
    except Refused as refused:
        return refused.code
    return "accepted"
