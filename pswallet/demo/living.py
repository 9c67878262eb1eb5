"""The chapters between payments: a group of friends, a month that adds up, and somebody who is looked up."""

import json
from collections.abc import Iterator
from contextlib import contextmanager

from pswallet.client import Refused
from pswallet.demo.cast import Person, World
from pswallet.demo.stage import StoryBroke
from pswallet.kit import clock
from pswallet.kit.money import format_yuan


def among_friends(world: World) -> None:
    """A group of contacts shares a bill; one says no, one is reminded; a red packet is thanked for."""
    stage = world.stage
    stage.chapter("Among friends: a group, a reminder, thanks")
    host, friends = world.people[8], world.people[2:5]
    group = host.client.api.create_group({"name": "龙田街坊"})
    for friend in friends:
        group = host.client.api.add_contact(group["id"], {"phone": friend.identity.phone})
    payers = [member["address"] for member in group["members"]]
    request = host.client.api.ask_for_money({"kind": "split", "total_fen": 900, "payers": payers, "note": "客家粄"})
    friends[0].client.pay_share(friends[0].client.requests_to_pay()[0])
    friends[1].client.api.decline_share(request["id"], {})
    stage.until("the first share", lambda: _statuses(host, request["id"])[friends[0].address] == "paid")
    reminded = host.client.api.remind_payers(request["id"], {})["payers"]
    stage.check(
        reminded == [friends[2].address],
        f"{friends[0].name} has paid, {friends[1].name} will not: {friends[2].name} alone is reminded",
    )
    host.client.api.delete_group(group["id"])
    guest = world.people[3]
    packet = guest.client.packets("received")[0]["id"]
    words = "多谢，恭喜发财！"
    try:
        guest.client.api.give_thanks(packet, {"words": words})
    except Refused as refused:  # the story is told again on a kept state
        stage.check(refused.code == "already-thanked", f"{guest.name} has given thanks before")
        return
    heard = world.people[0].client.api.list_shares(packet)["items"]
    stage.check(
        any(one["thanks"] == words for one in heard), f"{guest.name} gives thanks, and the creator reads: {words}"
    )


def _statuses(asker: Person, request: str) -> dict[str, str]:
    return {share["payer"]: share["status"] for share in asker.client.api.show_request(request)["shares"]}


def month_adds_up(world: World) -> None:
    """The month's statement adds up to a fen, goes to a spreadsheet, and refusals are told in three languages."""
    stage = world.stage
    stage.chapter("The month adds up; a refusal in three languages")
    person = world.people[0]
    month = f"{clock.shanghai_day(clock.from_unix(world.chain.block_time)):%Y-%m}"
    found = person.client.api.show_statement(month=month)
    sums = (found["opening_fen"], found["in_fen"], found["out_fen"], found["closing_fen"])
    columns = ("month", "opening ¥", "in ¥", "out ¥", "closing ¥")
    stage.table(f"{person.name}'s statement", columns, [(month, *map(format_yuan, sums))])
    opening, came_in, went_out, closing = sums
    stage.check(
        opening + came_in - went_out == closing == person.client.balance_fen(),
        "opening + in − out = closing = what is held",
    )
    with _reading(person, "zh-CN"):
        heading, *lines = person.client.api.export_activity(month=month).decode("utf-8-sig").splitlines()
    stage.say(f"{len(lines)} lines for a spreadsheet, under this heading:")
    stage.paste(heading)
    for language in ("en", "zh-CN", "zh-HK"):
        with _reading(person, language):
            stage.say(f"{language:5}  {_title_of_refusal(person)}")


@contextmanager
def _reading(person: Person, language: str) -> Iterator[None]:
    transport = person.client.transport
    transport.language, before = language, transport.language
    yield
    transport.language = before


def _title_of_refusal(person: Person) -> str:
    try:
        person.client.api.make_phrase_key({"phrase": "\u202e"})
    except Refused as refused:
        return refused.title
    raise StoryBroke("a phrase that turns the writing round was taken")


def looked_up(world: World) -> None:
    """The operator looks somebody up for a reason, which that person reads in the export of all that is held."""
    stage = world.stage
    stage.chapter("An operator looks somebody up; the person reads who and why")
    person, reason = world.people[5], "lost phone, case 17"
    world.command("operator", "show-person", person.address, "--by", "Lai at the counter", "--reason", reason)
    person.client.sign_in()  # the export wants a session of this very moment
    export = person.client.api.export_everything()
    tables = [name for name, rows in export["records"].items() if rows]
    stage.say(f"{person.name} exports all that is held: rows of {len(tables)} tables, names and all")
    entries = export["records"]["trail_entries"]
    stage.check(reason in json.dumps(entries, ensure_ascii=False), f"in it: who looked, and why ({reason})")
    stage.paste(world.command("trail", "verify"))
