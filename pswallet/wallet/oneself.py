"""The commands about oneself: the key, the account, what one holds, and what came and went."""

from typing import TYPE_CHECKING, Annotated

import typer

from pswallet.wallet.screen import moment, text
from pswallet.wallet.spoken import desk_of

if TYPE_CHECKING:
    from pswallet.client.answers import AccountShape
    from pswallet.client.api import Api
    from pswallet.client.bodies import ReportEntry
    from pswallet.client.parts import LineShape
    from pswallet.wallet.screen import Screen

KINDS = {
    "mint": text("from the bank"),
    "redeem": text("to the bank"),
    "transfer": text("transfer"),
    "packet-given": text("red packet given"),
    "share-claimed": text("red packet opened"),
    "share-collected": text("red packet collected"),
    "packet-refunded": text("red packet came back"),
}
"""What moved, in people's words."""


def new(context: typer.Context) -> None:
    """Make a key and keep it in a file, sealed by a password."""
    from pswallet.client import Key
    from pswallet.wallet.purse import SHORTEST_PASSWORD

    desk, key = desk_of(context), Key.new()
    screen = desk.screen
    desk.purse.refuse_second()
    password = desk.password or screen.ask(
        "A password of at least {count} characters", hide=True, twice=True, count=SHORTEST_PASSWORD
    )
    with screen.waiting("Sealing the key …"):
        desk.purse.make(key, password)
    screen.say("Your address:")
    screen.show(key.address)
    screen.picture(key.address)
    screen.say("The file {file} and its password are your money.", file=desk.purse.keystore)
    screen.say("Nobody can restore them: keep a copy of the file, apart from the password.", style="bold")
    screen.say("Next: pswallet wallet register PHONE")


def register(
    context: typer.Context,
    phone: Annotated[str, typer.Argument(help="one's phone number")],
    code: Annotated[str, typer.Option("--code", help="the six digits of an SMS that has come already")] = "",
    sandbox: Annotated[bool, typer.Option("--sandbox", help="read the code from the sandbox's SMS box")] = False,
) -> None:
    """Open an account for the key, with a phone and the code sent to it."""
    desk = desk_of(context)
    client = desk.stranger()
    if not code:
        client.api.send_code({"phone": phone})
        box = client.api.open_box({"phone": phone})["messages"] if sandbox else []
        code = box[-1]["code"] if box else desk.screen.ask("The six digits sent to {phone}", phone=phone)
    client.register(phone, code)
    desk.keep_session(client)
    _show(desk.screen, desk.above(client.api, 0))


def real_name(context: typer.Context) -> None:
    """Show one's real name for a higher tier: who gives red packets needs one."""
    desk = desk_of(context)
    client, screen = desk.client(), desk.screen
    before = client.api.show_own_account()["tier"]
    name, number = screen.ask("Name"), screen.ask("Number of the resident identity card")
    asked = client.api.check_real_name({"name": name, "id_number": number})["tier_requested"]
    _show(screen, desk.above(client.api, min(before, asked - 1)))


def balance(
    context: typer.Context,
    qr: Annotated[bool, typer.Option("--qr", help="show the address as a QR code too")] = False,
) -> None:
    """Show what one holds."""
    from pswallet.kit.money import format_yuan

    desk = desk_of(context)
    api = desk.api()
    _show(desk.screen, api.show_own_account(), balance=format_yuan(api.show_balance()["balance_fen"]))
    if qr:
        desk.screen.picture(desk.purse.address())


def activity(
    context: typer.Context,
    limit: Annotated[int, typer.Option("--limit", min=1, max=1_000, help="how many lines")] = 20,
) -> None:
    """List what came and went, newest first."""
    from pswallet.kit.money import format_yuan

    desk = desk_of(context)
    api, screen = desk.api(), desk.screen
    lines = _lines(api, limit)
    if not lines:
        screen.say("Nothing has come or gone yet.")
        return
    rows = [
        (
            moment(line["at"]),
            screen.translated(KINDS.get(line["kind"], line["kind"])),
            _short(line["counterparty"]),
            format_yuan(line["delta_fen"]),
            format_yuan(line["balance_after_fen"]),
        )
        for line in lines
    ]
    screen.table([text("when"), text("what"), text("with"), text("amount ¥"), text("balance ¥")], rows)


def top_up(
    context: typer.Context,
    yuan: Annotated[str, typer.Argument(help="amount in yuan, such as 12.34")],
) -> None:
    """Have play money arrive from the sandbox's bank."""
    import secrets

    from pswallet.kit.money import format_yuan

    desk = desk_of(context)
    api, amount = desk.api(), desk.fen(yuan)
    entry: ReportEntry = {
        "address": desk.purse.address(), "amount_fen": amount, "entry": f"WALLET-{secrets.token_hex(8)}",
    }  # fmt: skip
    # A report that is repeated issues nothing and tells what became of the entry.
    desk.settled(api, lambda: api.report_entry(entry))
    desk.screen.say("{amount} has arrived.", amount=format_yuan(amount))


def _lines(api: "Api", limit: int) -> list["LineShape"]:
    found: list[LineShape] = []
    cursor = None
    while len(found) < limit:
        page = api.show_activity(cursor=cursor, limit=min(100, limit - len(found)))
        found += page["items"]
        cursor = page["older"]
        if cursor is None:
            break
    return found


def _show(screen: "Screen", account: "AccountShape", *, balance: str | None = None) -> None:
    screen.facts(
        [
            *([(text("balance"), balance)] if balance else []),
            (text("address"), account["address"]),
            (text("phone"), account["masked_phone"]),
            *([(text("name"), account["masked_name"])] if account["masked_name"] else []),
            (text("tier"), f"T{account['tier'] - 1}"),
        ]
    )
    if account["frozen"]:
        screen.say("The account is frozen: it can send nothing.", style="red")


def _short(address: str) -> str:
    return f"{address[:8]}…{address[-4:]}"
