"""`pswallet operator`: a role's acts, signed by the operator's own key file; the gateway has no part in them."""

import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NoReturn

import typer
from rich.console import Console

from pswallet.kit.money import parse_yuan
from pswallet.settings import Settings

if TYPE_CHECKING:
    from pswallet.chain.acts import Act

app = typer.Typer(help="Acts of a role by the operator's own key.", no_args_is_help=True)


def _address(text: str) -> str:
    from pswallet.chain.hashing import checksum

    if not re.fullmatch(r"0x[0-9a-fA-F]{40}", text):
        fail(f"{text} is no address: that is 0x and 40 hexadecimal digits", status=2)
    exact = checksum(bytes.fromhex(text[2:]))
    if text[2:] not in (text[2:].lower(), text[2:].upper(), exact[2:]):
        fail(f"{text} is no address: its capitals say that a digit is wrong (EIP-55)", status=2)
    return exact


KeyFile = Annotated[Path, typer.Option("--key-file", help="JSON by role, or 64 hex digits alone; mode 600")]
Reason = Annotated[str, typer.Option("--reason", help="why, for the trail; needed when the database is named")]
Address = Annotated[str, typer.Argument(help="the account, 0x…", callback=_address)]


@app.command("set-tier")
def set_tier(
    address: Address, tier: Annotated[int, typer.Argument(min=0, max=6)], key_file: KeyFile, reason: Reason = ""
) -> None:
    """Give an account its chain tier: 0 takes the registration back, 1 to 4 are T0 to T3, 5 merchant, 6 sponsor."""
    _act("compliance", "setTiers", key_file, [(address, tier)], reason=reason, person=address)


@app.command()
def freeze(address: Address, key_file: KeyFile, reason: Reason = "") -> None:
    """Stop an account from sending."""
    _act("compliance", "freeze", key_file, [address], reason=reason, person=address)


@app.command()
def unfreeze(address: Address, key_file: KeyFile, reason: Reason = "") -> None:
    """Let an account send again."""
    _act("compliance", "unfreeze", key_file, [address], reason=reason, person=address)


@app.command("attest-reserve")
def attest_reserve(
    yuan: Annotated[str, typer.Argument(help="what the custodian holds, such as 12000.00")],
    key_file: KeyFile,
    reason: Reason = "",
) -> None:
    """State the reserve; mints may rely on it for 25 hours."""
    try:
        reserve = parse_yuan(yuan)
    except ValueError as error:
        raise typer.BadParameter(str(error)) from error
    _act("reserve", "attestReserve", key_file, reserve, reason=reason)


@app.command()
def pause(key_file: KeyFile, reason: Reason = "") -> None:
    """Stop every payment for at most 72 hours; refunds go on."""
    _act("pauser", "pause", key_file, reason=reason)


@app.command()
def unpause(key_file: KeyFile, reason: Reason = "") -> None:
    """Lift a pause early."""
    _act("unpauser", "unpause", key_file, reason=reason)


def _act(role: str, function: str, key_file: Path, *arguments: Any, reason: str, person: str | None = None) -> None:
    # Imported here, as in cli: `pswallet --help` need not load the chain.
    from pswallet.chain.acts import Act, read_key

    try:
        key = read_key(key_file, role)
    except (OSError, ValueError) as error:
        fail(f"no key for {role} in {key_file}: {error}", status=2)
    _journal(key, function, reason, person)
    transaction = _carry_out(Act(role, function, arguments), key)
    Console().print(f"{function}: done in transaction {transaction}", soft_wrap=True)


def _journal(key: bytes, function: str, reason: str, person: str | None) -> None:
    """Write the act into the trail before it is tried, where the gateway's database is named."""
    from sqlalchemy.exc import SQLAlchemyError

    from pswallet.chain.signing import address_of
    from pswallet.privacy.officers import journal

    url = Settings().database_url
    if not url:
        return
    if not reason.strip():
        fail("say why, by --reason: PSWALLET_DATABASE_URL is set, and the trail asks", status=2)
    try:
        journal(url, by=address_of(key), act=function, reason=reason, person=person)
    except SQLAlchemyError as failure:
        told = str(failure).splitlines()[0]
        fail(f"not done: no trail ({told}); in an emergency unset PSWALLET_DATABASE_URL: the chain tells of it anyway")


def _carry_out(act: "Act", key: bytes) -> str:
    from pswallet.chain.acts import ActRefused, carry_out
    from pswallet.chain.deploy import Deployment, DeploymentFailed, DeploymentMismatch
    from pswallet.chain.rpc import Rpc, RpcError, RpcUnavailable
    from pswallet.local.places import DeploymentUnknown, deployment_file

    settings = Settings()
    url = settings.rpc_url or "http://127.0.0.1:8545"
    try:
        place = deployment_file(settings)
        deployment = Deployment.load(place)
    except DeploymentUnknown as unknown:
        fail(str(unknown))
    except (OSError, ValueError, TypeError) as error:
        fail(f"no deployment in {place}: {error}")
    try:
        with Rpc(url) as rpc:
            return carry_out(rpc, deployment, act, key)
    except (RpcUnavailable, DeploymentMismatch) as wrong:
        fail(f"{wrong} (node {url}, contracts of {place}); is PSWALLET_RPC_URL the right chain?")
    except (ActRefused, DeploymentFailed, RpcError, ValueError) as refused:
        fail(str(refused))


def fail(text: str, *, status: int = 1) -> NoReturn:
    """End with one line that says why."""
    Console(stderr=True).print(text, style="red", markup=False, soft_wrap=True)
    raise typer.Exit(status)
