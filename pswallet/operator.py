"""`pswallet operator`: a role's acts, signed by the operator's own key file; the gateway has no part in them."""

from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from pswallet.kit.money import parse_yuan
from pswallet.settings import Settings

app = typer.Typer(help="Acts of a role by the operator's own key.", no_args_is_help=True)

KeyFile = Annotated[Path, typer.Option("--key-file", help="JSON by role, or 64 hex digits alone; mode 600")]
Address = Annotated[str, typer.Argument(help="the account, 0x…")]


@app.command("set-tier")
def set_tier(address: Address, tier: Annotated[int, typer.Argument(min=0, max=6)], key_file: KeyFile) -> None:
    """Give an account its chain tier: 0 takes the registration back, 1 to 4 are T0 to T3, 5 merchant, 6 sponsor."""
    _act("compliance", "setTiers", key_file, [(address, tier)])


@app.command()
def freeze(address: Address, key_file: KeyFile) -> None:
    """Stop an account from sending."""
    _act("compliance", "freeze", key_file, [address])


@app.command()
def unfreeze(address: Address, key_file: KeyFile) -> None:
    """Let an account send again."""
    _act("compliance", "unfreeze", key_file, [address])


@app.command("attest-reserve")
def attest_reserve(
    yuan: Annotated[str, typer.Argument(help="what the custodian holds, such as 12000.00")], key_file: KeyFile
) -> None:
    """State the reserve; mints may rely on it for 25 hours."""
    try:
        reserve = parse_yuan(yuan)
    except ValueError as error:
        raise typer.BadParameter(str(error)) from error
    _act("reserve", "attestReserve", key_file, reserve)


@app.command()
def pause(key_file: KeyFile) -> None:
    """Stop every payment for at most 72 hours; refunds go on."""
    _act("pauser", "pause", key_file)


@app.command()
def unpause(key_file: KeyFile) -> None:
    """Lift a pause early."""
    _act("unpauser", "unpause", key_file)


def _act(role: str, function: str, key_file: Path, *arguments: Any) -> None:
    # Imported here, as in cli: `pswallet --help` need not load the chain.
    from pswallet.chain.acts import Act, ActRefused, carry_out, read_key
    from pswallet.chain.deploy import Deployment
    from pswallet.chain.rpc import Rpc

    act = Act(role, function, arguments)
    settings = Settings()
    console = Console(stderr=True)
    try:
        key = read_key(key_file, act.role)
    except (OSError, KeyError, ValueError) as error:
        console.print(f"[red]no key for {act.role} in {key_file}:[/red] {error}")
        raise typer.Exit(2) from error
    with Rpc(settings.rpc_url or "http://127.0.0.1:8545") as rpc:
        try:
            transaction = carry_out(rpc, Deployment.load(settings.deployment_file), act, key)
        except ActRefused as refused:
            console.print(f"[red]{refused}[/red]")
            raise typer.Exit(1) from refused
    Console().print(f"{act.function}: done in transaction {transaction}")
