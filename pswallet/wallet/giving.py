"""The commands of red packets (红包): `packet` gives one, `claim` opens one."""

from typing import TYPE_CHECKING, Annotated, TypedDict

import typer

from pswallet.wallet.paying import Yes, Yuan
from pswallet.wallet.screen import Stopped
from pswallet.wallet.spoken import desk_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pswallet.client import Client, Key
    from pswallet.client.person import PacketKind
    from pswallet.wallet.desk import Desk


class Audience(TypedDict, total=False):
    """Who may open a packet, as `Client.give` is told."""

    kind: "PacketKind"
    guests: list[str]
    claim_key: str


def packet(
    context: typer.Context,
    yuan: Yuan,
    shares: Annotated[int | None, typer.Option("--shares", min=1, max=100, help="how many people share it")] = None,
    lucky: Annotated[bool, typer.Option("--lucky", help="shares are drawn (拼手气); equal if not said")] = False,
    to: Annotated[list[str] | None, typer.Option("--to", help="a guest, by phone or address; may be repeated")] = None,
    phrase: Annotated[str, typer.Option("--phrase", help="whoever says it (口令) opens the packet")] = "",
    greeting: Annotated[str, typer.Option("--greeting", help="at most 25 characters")] = "",
    cover: Annotated[str, typer.Option("--cover", help="dawan, qilin, maluan, dengzhan, yuebing or longzhou")] = "",
    yes: Yes = False,
) -> None:
    """Give a red packet: by a link, or to guests (--to), or by a phrase (--phrase)."""
    from pswallet.client import Key
    from pswallet.kit.money import format_yuan

    desk = desk_of(context)
    amount = desk.fen(yuan)
    if to and phrase:
        raise Stopped("A packet is for guests or for who says a phrase, not both.")
    client = desk.client()
    link_key = None if to or phrase else Key.new()
    audience, count = _audience(desk, client, to or [], phrase, link_key, lucky), shares or len(to or []) or 1
    if not yes:
        desk.screen.confirm("Give a red packet of {amount} in {count} shares?", amount=format_yuan(amount), count=count)
    given = client.give(
        **audience, total_fen=amount, shares=count, lucky=lucky, greeting=greeting or None, cover=cover or None
    )
    desk.settled(client.api, lambda: client.api.show_packet(given.id))
    desk.screen.say("The red packet is open for 24 hours; what nobody takes comes back.", style="green")
    _show_way_in(desk, client, given.id, link_key, phrase)


def _audience(
    desk: "Desk", client: "Client", to: "Sequence[str]", phrase: str, link_key: "Key | None", lucky: bool
) -> Audience:
    if link_key is not None:
        return {"kind": "link", "claim_key": link_key.address}
    if phrase:
        return {"kind": "phrase", "claim_key": client.api.make_phrase_key({"phrase": phrase})["claim_key"]}
    guests = [desk.recipient(client.api, guest)[0] for guest in to]
    return {"kind": "lucky" if lucky else "exclusive" if len(guests) == 1 else "equal", "guests": guests}


def _show_way_in(desk: "Desk", client: "Client", packet: str, link_key: "Key | None", phrase: str) -> None:
    from pswallet.wallet.links import Link

    screen = desk.screen
    link = Link(packet, link_key).at(client.api.give_nonce()["uri"])  # where the gateway wants to be found by people
    if link_key is not None:
        screen.say("Whoever has this link can open it. What follows the # is its key; it never reaches a server:")
    elif phrase:
        screen.say("Who says “{phrase}” can open it:", phrase=phrase)
    else:
        screen.say("The guests can open it:")
    screen.show(link)
    screen.picture(link)
    screen.say("They open it by: pswallet wallet claim LINK")


def claim(
    context: typer.Context,
    link: Annotated[str, typer.Argument(help="the packet's link, or its id")],
    phrase: Annotated[str, typer.Option("--phrase", help="the phrase (口令) of the packet")] = "",
) -> None:
    """Open a red packet by its link, by a phrase, or as a guest."""
    from pswallet.kit.money import format_yuan
    from pswallet.wallet.links import read_link

    desk = desk_of(context)
    found = read_link(link)
    if found is None:
        raise Stopped("This is no packet's link: it has /p/0x… and, behind a #, its key. Quote it in the shell.")
    client, screen = desk.client(), desk.screen
    if found.key is not None:
        client.claim_by_link(found.packet, found.key)
    elif phrase:
        client.claim_by_phrase(found.packet, phrase)
    else:
        client.claim(found.packet)
    own = desk.settled(client.api, lambda: client.api.show_own_claim(found.packet))
    shown = client.api.show_packet(found.packet)
    if shown["greeting"]:
        screen.show(shown["greeting"], style="bold red")
    screen.say("{amount} for you.", amount=format_yuan(own["amount_fen"] or 0), style="green")
    if own["status"] == "owed":
        screen.say("The account could not take it yet; it is kept for you until the packet's end.")
    screen.say(
        "{claimed} of {shares} shares are open.",
        claimed=shown["claimed_shares"],
        shares=shown["terms"]["shares"],
    )
