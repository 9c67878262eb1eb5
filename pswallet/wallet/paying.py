"""The commands that pay and ask to be paid: `send`, `split`, `pay`."""

from typing import TYPE_CHECKING, Annotated, Literal

import typer

from pswallet.wallet.screen import Stopped, text
from pswallet.wallet.spoken import desk_of

if TYPE_CHECKING:
    from pswallet.client.answers import RequestShape
    from pswallet.wallet.desk import Desk

Yuan = Annotated[str, typer.Argument(help="amount in yuan, such as 12.34")]
Yes = Annotated[bool, typer.Option("--yes", help="do not ask once more")]

STATES = {"unpaid": text("unpaid"), "submitted": text("on its way"), "paid": text("paid"), "own": text("own share")}
"""How far a share is, in people's words."""


def send(
    context: typer.Context,
    to: Annotated[str, typer.Argument(help="a phone number or an address")],
    yuan: Yuan,
    yes: Yes = False,
) -> None:
    """Send money to a phone number or an address."""
    from pswallet.kit.money import format_yuan

    desk = desk_of(context)
    amount = desk.fen(yuan)
    client = desk.client()
    address, name = desk.recipient(client.api, to)
    shown = {"amount": format_yuan(amount), "name": name}
    if not yes:
        desk.screen.confirm("Send {amount} to {name}?", **shown)
    sent = client.transfer(address, amount)
    desk.settled(client.api, lambda: client.api.show_transfer(sent["id"]))
    desk.screen.say("{amount} sent to {name}.", style="green", **shown)


def split(
    context: typer.Context,
    yuan: Yuan,
    payers: Annotated[list[str], typer.Argument(help="phone numbers or addresses of who is asked")],
    note: Annotated[str, typer.Option("--note", help="what it was for")] = "",
    with_me: Annotated[bool, typer.Option("--with-me", help="one share is one's own")] = False,
) -> None:
    """Share a bill evenly (AA): each person is asked for a part."""
    desk = desk_of(context)
    amount = desk.fen(yuan)
    api = desk.api()
    asked = dict(desk.recipient(api, payer) for payer in payers)
    if with_me:
        asked[desk.purse.address()] = desk.screen.translated(text("I"))
    kind: Literal["split", "request"] = "split" if len(asked) > 1 else "request"
    request = api.ask_for_money({"kind": kind, "total_fen": amount, "payers": list(asked), "note": note})
    _show_shares(desk, request, asked)
    desk.screen.say("They pay by: pswallet wallet pay {request}", request=request["id"])


def pay(
    context: typer.Context,
    request: Annotated[str, typer.Argument(help="the request; all that wait are listed if not said")] = "",
    yes: Yes = False,
) -> None:
    """Pay one's share of a request; without one, list what one is asked to pay."""
    from pswallet.kit.money import format_yuan

    desk = desk_of(context)
    if not request:
        _list_requests(desk)
        return
    client = desk.client()
    found = client.api.show_request(request)
    amount = _own_fen(found, client.key.address)
    if amount is None:
        raise Stopped("This request asks you for nothing.")
    shown = {"amount": format_yuan(amount), "name": found["creator"]}
    if not yes:
        desk.screen.confirm("Send {amount} to {name}?", **shown)
    paid = client.pay_share(found)
    desk.settled(client.api, lambda: client.api.show_transfer(paid["id"]))
    desk.screen.say("{amount} sent to {name}.", style="green", **shown)


def _own_fen(request: "RequestShape", address: str) -> int | None:
    """What the request asks of `address` and has not got yet [fen]."""
    unpaid = (one for one in request["shares"] if one["payer"] == address and one["status"] == "unpaid")
    return next((share["amount_fen"] for share in unpaid), None)


def _list_requests(desk: "Desk") -> None:
    from pswallet.kit.money import format_yuan

    me, found = desk.purse.address(), desk.api().list_requests(role="payer", limit=100)["items"]
    waiting = [(request, fen) for request in found if (fen := _own_fen(request, me)) is not None]
    if not waiting:
        desk.screen.say("Nobody asks you for money.")
        return
    rows = [(one["id"], format_yuan(fen), one["note"]) for one, fen in waiting]
    desk.screen.table([text("request"), text("amount ¥"), text("what for")], rows)


def _show_shares(desk: "Desk", request: "RequestShape", names: dict[str, str]) -> None:
    from pswallet.kit.money import format_yuan

    rows = [
        (names[one["payer"]], format_yuan(one["amount_fen"]), desk.screen.translated(STATES[one["status"]]))
        for one in request["shares"]
    ]
    desk.screen.table([text("who"), text("amount ¥"), text("state")], rows)
