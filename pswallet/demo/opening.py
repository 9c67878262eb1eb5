"""The first chapters: people register, money arrives from the bank, one pays another, three share a bill."""

import secrets

from pswallet.client import Refused
from pswallet.demo.cast import MERCHANT, T0, Person, World
from pswallet.demo.people import identities
from pswallet.kit import clock
from pswallet.kit.money import format_yuan
from pswallet.till import rehearsal

_START_FEN = 100_000


def register(world: World) -> None:
    """Eleven people open accounts, or come back to them; the twelfth comes later, by a link."""
    stage = world.stage
    if world.wallet.is_new:
        stage.chapter("People register: phone, code, key, real-name check")
    else:
        stage.chapter("People come back: a signature by the key of their account lets them in")
    world.people = stage.each("coming in", identities()[:11], world.welcome)
    for person in world.people:
        if person.client.api.show_own_account()["frozen"]:
            _thaw(world, person)
    rows = []
    for person in world.people:
        me = person.client.api.show_own_account()
        rows.append((person.name, person.address, _tier(me["tier"]), format_yuan(person.client.balance_fen())))
    title = "Accounts; the tier is the one the chain enforces"
    stage.table(title, ("name", "address", "tier", "balance ¥"), rows)


def _tier(tier: int) -> str:
    return "shop" if tier == MERCHANT else f"T{tier - T0}"


def _thaw(world: World, person: Person) -> None:
    """Unfreeze who was left frozen: the command that freezes was printed the last time, to be tried out."""
    world.stage.say(f"{person.name} is still frozen; the operator lets them go:")
    world.operate("unfreeze", person.address)
    world.stage.until("the unfreezing", lambda: not person.client.api.show_own_account()["frozen"])


def money_arrives(world: World) -> None:
    """A bank entry mints once, however often the bank reports it."""
    stage = world.stage
    stage.chapter("Money arrives at the bank and is issued once per bank entry")
    wanted = {name: held + _START_FEN for name, held in world.balances().items()}
    day = f"{clock.now():%Y%m%d}-{secrets.token_hex(3)}"  # each run has entries of its own

    def pay_in(person: Person) -> None:
        entry = f"BANK-{day}-{person.identity.phone[-4:]}"
        for _ in range(2):  # banks do report twice
            person.client.api.report_entry({"address": person.address, "amount_fen": _START_FEN, "entry": entry})

    stage.each("paying in", world.people, pay_in)
    stage.until("the issue of the money", lambda: world.balances() == wanted)
    stage.check(True, f"each got {format_yuan(_START_FEN)}; the doubled entries issued nothing")


def pay_by_phone(world: World) -> None:
    """A transfer to a phone number, its holder's masked name shown before signing."""
    stage = world.stage
    stage.chapter("A transfer by phone number")
    payer, payee = world.people[1], world.people[0]
    found = payer.client.api.look_up({"phone": payee.identity.phone})
    stage.say(
        f"{payer.name} looks {payee.identity.phone[:6]}****{payee.identity.phone[-4:]} up: {found['masked_name']}"
    )
    before = payee.client.balance_fen()
    sent = payer.client.transfer(found["address"], 1_280)
    world.transferred(payer, sent["id"])
    stage.check(payee.client.balance_fen() == before + 1_280, f"{payee.name} received {format_yuan(1_280)}")


def split_a_bill(world: World) -> None:
    """¥10.00 by three: 3.34 + 3.33 + 3.33."""
    stage = world.stage
    stage.chapter("An AA split of ¥10.00 by three")
    host, friends = world.people[2], world.people[3:6]
    payers = [friend.address for friend in friends]
    request = host.client.api.ask_for_money({"kind": "split", "total_fen": 1_000, "payers": payers, "note": "擂茶"})
    shares = {share["payer"]: share["amount_fen"] for share in request["shares"]}
    stage.check(sorted(shares.values(), reverse=True) == [334, 333, 333], "the shares are 3.34 + 3.33 + 3.33")
    before = host.client.balance_fen()
    for friend in friends:
        asked = friend.client.requests_to_pay()[0]
        stage.check(asked["id"] == request["id"], f"{friend.name} finds it in the list of requests to pay")
        friend.client.pay_share(asked)
    stage.until("the shares to be paid", lambda: host.client.balance_fen() == before + 1_000)
    paid = host.client.api.show_request(request["id"])
    rows = [(world.name_of(one["payer"]), format_yuan(one["amount_fen"]), one["status"]) for one in paid["shares"]]
    stage.table("Who has paid", ("name", "share ¥", "status"), rows)
    _show_activity(world, host)


def _show_activity(world: World, person: Person) -> None:
    lines = person.client.api.show_activity(limit=5)["items"]
    rows = [
        (line["kind"], world.name_of(line["counterparty"]), format_yuan(line["delta_fen"]),
         format_yuan(line["balance_after_fen"]))
        for line in lines
    ]  # fmt: skip
    title = f"{person.name}'s activity, newest first"
    world.stage.table(title, ("kind", "with", "amount ¥", "balance ¥"), rows)


def open_shops(world: World, *shops: tuple[Person, str, str]) -> None:
    """Make accounts shops with a till each, unless they are already: whose, the shop's name, where it is."""

    def open_one(shop: tuple[Person, str, str]) -> str:
        keeper, name, place = shop
        if keeper.client.api.list_merchants()["items"]:
            return f"{keeper.name}'s shop opens again"
        rehearsal.open_shop(keeper.client, name, place=place)
        return f"{keeper.name} opens {name}: credit code checked, merchant's tier on the chain"

    for told in world.stage.each("opening shops", shops, open_one):
        world.stage.say(told)


def refusal(world: World, code: str, text: str, error: Refused | None) -> None:
    """Show that the gateway refused, and by which name."""
    world.stage.check(error is not None and error.code == code, f"{text}: {error.code if error else 'accepted'}")
