"""`pswallet receipt`: what a merchant does with receipts, on his own machine and with the gateway stopped."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from pswallet.chain.signing import Domain
    from pswallet.receipt import Payment
    from pswallet.receipt.payments import AnyOrder

app = typer.Typer(help="Receipts that need no trust in the gateway.", no_args_is_help=True)

_HASH_BYTES = 32

RpcUrl = Annotated[str, typer.Option("--rpc", help="JSON-RPC of any node that you trust more than the gateway")]
Contracts = Annotated[
    Path | None, typer.Option("--deployment", help="the contracts' addresses, published; names the token and the chain")
]


@app.command()
def verify(
    file: Annotated[Path, typer.Argument(help="the receipt's file")],
    rpc: RpcUrl = "",
    block_hash: Annotated[str, typer.Option("--block-hash", help="the block's hash, if you have it elsewhere")] = "",
    headers: Annotated[
        Path | None, typer.Option("--headers", help="headers up to one that you trust (by --block-hash, or the file)")
    ] = None,
    deployment: Contracts = None,
) -> None:
    """Say who paid what for which order; exit 0: it is so, 1: it is not (a named reason), 2: unchecked."""
    from pswallet import receipt
    from pswallet.chain.rpc import Rpc

    with _verdict() as say:
        if bool(rpc) == bool(block_hash or headers):
            raise receipt.CannotCheck("say whose word counts: --rpc, or --block-hash, or --headers")
        (token, checkout), found = _trusted(deployment), receipt.read(_bytes(file))
        if rpc:
            with Rpc(rpc) as node:
                say(receipt.verify_by_node(found, token, node, checkout))
        elif headers:
            newest = _hash(block_hash) if block_hash else None
            say(receipt.verify(found, token, receipt.hash_by_headers(found, _bytes(headers), newest), checkout))
        else:
            say(receipt.verify(found, token, _hash(block_hash), checkout))


@app.command()
def confirm(
    text: Annotated[str, typer.Argument(help="what the QR code says: PSWALLET1:…")],
    rpc: RpcUrl,
    deployment: Contracts = None,
) -> None:
    """Ask a node once whether a receipt's short form is so; exit as `verify`."""
    from pswallet import receipt
    from pswallet.chain.rpc import Rpc

    with _verdict() as say:
        short, (token, checkout) = receipt.read_short(text), _trusted(deployment)
        with Rpc(rpc) as node:
            say(receipt.confirm(short, token, node, checkout))


@app.command()
def make(
    order: Annotated[Path, typer.Argument(help="JSON: merchant, till, reference, amount_fen, expiry; or a funded one")],
    payer: Annotated[str, typer.Option("--payer", help="the payer's address")],
    signature: Annotated[str, typer.Option("--signature", help="the payer's, 0x…")],
    transaction: Annotated[str, typer.Option("--transaction", help="the hash of the transaction that paid")],
    out: Annotated[Path, typer.Option("--out", help="where the receipt goes")],
    rpc: RpcUrl,
    valid_before: Annotated[int, typer.Option("--valid-before", help="as it was signed; else the expiry")] = 0,
    picture: Annotated[Path | None, typer.Option("--qr", help="draw the QR code there: .svg or .png")] = None,
    contract: Annotated[bool, typer.Option("--contract", help="the payer is a contract (ERC-1271)")] = False,
    deployment: Contracts = None,
) -> None:
    """Make the receipt of a paid order from any node, and print its short form."""
    from pswallet import receipt
    from pswallet.chain.rpc import Rpc

    with _verdict(), Rpc(rpc) as node:
        token, checkout = _trusted(deployment)
        made = receipt.build(
            node,
            token,
            _order(order),
            payer=payer,
            signature=_hex(signature, "--signature"),
            transaction=transaction,
            valid_before=valid_before or None,
            contract_payer=contract,
            checkout=checkout,
        )
        out.write_bytes(receipt.write(made))
        short = receipt.shortened(made, transaction)
        if picture:
            receipt.code_of(short).save(str(picture), scale=4)
        typer.echo(receipt.write_short(short))


@app.command()
def slip(
    file: Annotated[Path, typer.Argument(help="the receipt's file")],
    out: Annotated[Path, typer.Option("--out", help="where the slip goes, JSON")],
    rpc: RpcUrl,
    merchant: Annotated[str, typer.Option("--merchant", help="the merchant's name")] = "",
    code: Annotated[str, typer.Option("--code", help="the merchant's 统一社会信用代码")] = "",
    payer: Annotated[str, typer.Option("--payer", help="the payer's name; its last character is shown")] = "",
    issuer: Annotated[str, typer.Option("--issuer", help="who issues the slip")] = "",
    remark: Annotated[str, typer.Option("--remark", help="a remark")] = "",
    deployment: Contracts = None,
) -> None:
    """Write the electronic receipt (电子回单) of a verified receipt, and say its hash."""
    from pswallet import receipt
    from pswallet.chain.rpc import Rpc
    from pswallet.receipt import slips

    with _verdict(), Rpc(rpc) as node:
        (token, checkout), found = _trusted(deployment), receipt.read(_bytes(file))
        payment = receipt.verify_by_node(found, token, node, checkout)
        added = receipt.Added(merchant, code, payer, issuer, remark)
        made = receipt.slip_of(found, payment, receipt.located(found, token, node, checkout), added)
        out.write_bytes(slips.to_json(made))
        typer.echo(slips.hash_of(made))


@app.command()
def pdf(
    file: Annotated[Path, typer.Argument(help="the slip's file, as `slip` wrote it")],
    out: Annotated[Path, typer.Option("--out", "-o", help="where the PDF goes")],
) -> None:
    """Print a slip as PDF, with the QR code that checks the payment, and say the hash that it shows."""
    from pswallet.receipt import prints, slips

    with _verdict():
        read = slips.read_slip(_bytes(file))
        try:
            out.write_bytes(prints.pdf_of(read))
        except prints.Unprintable as failure:
            raise typer.BadParameter(str(failure)) from failure
        typer.echo(slips.hash_of(read))


@contextmanager
def _verdict() -> Iterator[Callable[["Payment"], None]]:
    """Turn what comes of a receipt into one line in the terminal's language, and an exit code."""
    from pswallet import receipt
    from pswallet.kit.languages import language_of_terminal
    from pswallet.receipt import words

    language = language_of_terminal()
    try:
        yield lambda payment: typer.echo(words.line_of(payment, language))
    except receipt.ReceiptInvalid as reason:
        typer.echo(words.refusal_of(reason, language))
        raise typer.Exit(1) from reason
    except receipt.CannotCheck as failure:
        typer.echo(words.unchecked(str(failure), language), err=True)
        raise typer.Exit(2) from failure


def _trusted(deployment: Path | None) -> tuple["Domain", "Domain"]:
    """Return the domains of the token and the checkout that the verifier trusts: never the receipt's word."""
    from pswallet.chain.deploy import Deployment, DeploymentMismatch
    from pswallet.chain.signing import checkout_domain, token_domain
    from pswallet.local.places import DeploymentUnknown, deployment_file
    from pswallet.receipt import CannotCheck
    from pswallet.settings import Settings

    try:
        found = Deployment.load(deployment or deployment_file(Settings()))
    except (DeploymentUnknown, DeploymentMismatch) as failure:
        raise CannotCheck(str(failure)) from failure
    except (OSError, ValueError, TypeError) as failure:
        raise CannotCheck(f"name the contracts' addresses by --deployment: {failure}") from failure
    return token_domain(found), checkout_domain(found)


def _order(file: Path) -> "AnyOrder":
    """Read an order's JSON; a funded one has parts."""
    import msgspec

    from pswallet.chain.funded import FundedOrder
    from pswallet.chain.orders import Order
    from pswallet.receipt import CannotCheck

    try:
        said = msgspec.json.decode(_bytes(file))
        order = FundedOrder.from_json(said) if "parts" in said else Order.from_json(said)
        order.message()
    except (ValueError, KeyError, TypeError) as failure:
        raise CannotCheck(f"{file} is no order: {failure}") from failure
    return order


def _bytes(file: Path) -> bytes:
    from pswallet.receipt import CannotCheck

    try:
        return file.read_bytes()
    except OSError as failure:
        raise CannotCheck(str(failure)) from failure


def _hash(text: str) -> bytes:
    from pswallet.receipt import CannotCheck

    found = _hex(text, "--block-hash")
    if len(found) != _HASH_BYTES:
        raise CannotCheck(f"--block-hash: {_HASH_BYTES} bytes are wanted, 0x and 64 digits")
    return found


def _hex(text: str, option: str) -> bytes:
    from pswallet.receipt import CannotCheck

    try:
        return bytes.fromhex(text.removeprefix("0x"))
    except ValueError as failure:
        raise CannotCheck(f"{option}: not hexadecimal") from failure
