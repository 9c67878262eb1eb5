"""`pswallet code`: what a scanned text says, and new codes, without a gateway.

Nothing is looked up here, so an order's signature is not checked and a name is only what the text says.
"""

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from pswallet.kit import clock
from pswallet.operator import fail

if TYPE_CHECKING:
    from pswallet.merchants.rules.flaws import Refusal
    from pswallet.merchants.rules.tlv import Elements, Fields

app = typer.Typer(help="Read and make the codes of a till, without a gateway.", no_args_is_help=True)
make = typer.Typer(help="Make a code and show it as QR.", no_args_is_help=True)
app.add_typer(make, name="make")

_MERCHANTS = {
    "00": "format", "01": "initiation", "52": "merchant category", "53": "currency", "54": "amount", "58": "country",
    "59": "name", "60": "city", "61": "postal code", "62": "additional", "64": "local language", "62.01": "bill",
    "62.03": "store", "62.07": "till", "64.00": "language", "64.01": "name", "64.02": "city",
}  # fmt: skip
_OURS = _MERCHANTS | {
    "26": "account", "26.00": "network", "26.01": "merchant", "26.02": "store", "80": "signed part",
    "80.00": "network", "80.01": "ends at", "80.02": "signature",
}  # fmt: skip
_CUSTOMERS = {
    "85": "format", "61": "application", "61.4F": "identifier", "61.50": "label", "61.57": "track 2",
    "62": "common", "62.5F2D": "languages", "62.64": "transparent",
}  # fmt: skip
"""What tags mean, with those of the templates around them."""

_SvgFile = Annotated[Path | None, typer.Option("--svg", help="write the picture there too, to be printed")]


@app.command()
def read(text: Annotated[str, typer.Argument(help="what a camera read, or the digits of a payment code")]) -> None:
    """Say whose code a text is and what stands in it; exit 1 with the name of what is wrong."""
    from pswallet.merchants.rules import cpm, emv, paycodes
    from pswallet.merchants.rules.flaws import Flaw, Refusal

    plain = text.strip()
    if emv.looks_alike(plain):
        merchants = emv.read(plain)
        if isinstance(merchants, Refusal):
            _refuse(merchants)
        kind = f"merchant's code, {merchants.initiation}, of {merchants.network or 'a network that we do not know'}"
        _show(kind, _lines(merchants.fields, _OURS if merchants.network == "pswallet" else _MERCHANTS))
        return
    digits = paycodes.read(plain)
    if not isinstance(digits, Refusal):
        _show("payment code of pswallet", [("", "digits", _grouped(digits))])
    elif digits.flaw is Flaw.OTHER_NETWORK:
        _show(f"looks like a payment code of {digits.at}", [])
    elif digits.flaw is Flaw.CHECK_DIGIT:
        _refuse(digits)
    else:
        customers = cpm.read(plain)
        if isinstance(customers, Refusal):
            _refuse(customers)
        _show("customer's code", _lines(customers, _CUSTOMERS))


@make.command()
def sticker(
    merchant: Annotated[str, typer.Option(help="the merchant's number")],
    store: Annotated[str, typer.Option(help="the store's number")],
    till: Annotated[str, typer.Option(help="the till's number")],
    mcc: Annotated[str, typer.Option(help="merchant category, 4 digits (ISO 18245)")],
    name: Annotated[str, typer.Option(help="at most 25 ASCII characters")],
    city: Annotated[str, typer.Option(help="at most 15 ASCII characters")] = "SHENZHEN",
    postal_code: Annotated[str, typer.Option(help="six digits")] = "",
    local_name: Annotated[str, typer.Option(help="the name in Chinese")] = "",
    local_city: Annotated[str, typer.Option(help="the city in Chinese")] = "深圳",
    svg: _SvgFile = None,
) -> None:
    """Make the static code of a till: good for every payment, ¥500 a person and day."""
    from pswallet.merchants.rules import emv

    local = (local_name, local_city) if local_name else None
    shop = emv.Shop(
        merchant=merchant, store=store, till=till, mcc=mcc, name=name, city=city, postal_code=postal_code, local=local
    )
    try:
        text = emv.static(shop)
    except ValueError as error:
        fail(str(error), status=2)
    _draw(text, svg)
    typer.echo(text)


@make.command()
def payment(
    key_file: Annotated[Path, typer.Option("--key-file", help="the key that POST /v1/payment-codes told, 0x…")],
    counter: Annotated[int, typer.Option(min=0, max=3, help="which code of this minute")] = 0,
    svg: _SvgFile = None,
) -> None:
    """Make the payment code of this minute, as a phone shows it."""
    from pswallet.merchants.rules import cpm, paycodes

    try:
        key = bytes.fromhex(key_file.read_text().strip().removeprefix("0x"))
        if len(key) != paycodes.KEY_BYTES:
            raise ValueError(f"a key has {paycodes.KEY_BYTES} bytes, not {len(key)}")
    except (OSError, ValueError) as error:
        fail(f"no key in {key_file}: {error}", status=2)
    step = paycodes.step_at(clock.now())
    digits = paycodes.code_at(key, paycodes.Moment(step, counter))
    _draw(cpm.customer_code(digits), svg)
    typer.echo(f"{_grouped(digits)}\ngood until {_local(clock.from_unix((step + 2) * paycodes.STEP_S))}")


def _lines(parts: "Fields | Elements", meanings: dict[str, str], at: str = "") -> Iterator[tuple[str, str, str]]:
    """Yield tag, meaning and text of every part, a template before its own."""
    for part in parts:
        tag = f"{at}{part.tag}"
        if isinstance(part.value, tuple):
            yield tag, meanings.get(tag, ""), ""
            yield from _lines(part.value, meanings, f"{tag}.")
        else:
            yield tag, meanings.get(tag, ""), _readable(part.value)


def _readable(value: str | bytes) -> str:
    """Return what a terminal may be shown: a scanned text may hold what commands one."""
    if isinstance(value, str):
        return value if value.isprintable() else ascii(value)
    return value.decode() if value.isascii() and value.decode().isprintable() else value.hex(" ").upper()


def _show(kind: str, lines: "Iterator[tuple[str, str, str]] | list[tuple[str, str, str]]") -> None:
    console, table = Console(), Table("tag", "", "what the text says")
    for line in lines:
        table.add_row(*map(Text, line))
    console.print(kind, markup=False)
    if table.row_count:
        console.print(table)


def _refuse(refusal: "Refusal") -> NoReturn:
    from pswallet.merchants import service

    problem = service.problem_of(refusal)
    fail(f"{type(problem).__name__}: {problem}")


def _draw(text: str, svg: Path | None) -> None:
    from pswallet.merchants.rules import printing

    Console().print(Text.from_ansi(printing.blocks(text)), no_wrap=True, crop=False)
    if svg is not None:
        svg.write_text(printing.svg(text))


def _grouped(digits: str) -> str:
    return " ".join(digits[place : place + 6] for place in range(0, len(digits), 6))


def _local(moment: datetime) -> str:
    return moment.astimezone(clock.SHANGHAI).strftime("%H:%M:%S")
