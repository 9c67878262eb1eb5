"""`pswallet privacy`, `pswallet trail` and the operators' commands on personal data: each is in the trail before it is.

They read the database and the gateway's key file themselves; the gateway has no part in them.
"""

import getpass
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from pswallet import operator
from pswallet.operator import fail
from pswallet.settings import Settings

if TYPE_CHECKING:
    from pswallet.kit.db import Sessions
    from pswallet.privacy.proof import Proof

privacy = typer.Typer(help="What is held of people, and the proof that it was erased.", no_args_is_help=True)
trail = typer.Typer(help="Who read a person's data, and why.", no_args_is_help=True)

Who = Annotated[str, typer.Argument(help="account id (acc_…) or address (0x…); never a phone: shells remember")]
Reason = Annotated[str, typer.Option("--reason", help="why; the person will read it")]
By = Annotated[str, typer.Option("--by", help="who you are", default_factory=getpass.getuser)]


def join(app: typer.Typer) -> None:
    """Add the commands to `pswallet`."""
    app.add_typer(privacy, name="privacy")
    app.add_typer(trail, name="trail")


@operator.app.command("show-person")
def show_person(who: Who, reason: Reason, by: By) -> None:
    """Show who an account belongs to; the person finds it in the trail."""
    from pswallet.privacy.officers import show

    with _database() as sessions:
        found = show(sessions, _vault(), who, by=by, reason=reason)
    _print_fields("held of this person", found)


@operator.app.command("show-retained")
def show_retained(who: Who, reason: Reason, by: By, key_file: operator.KeyFile) -> None:
    """Show what the law keeps of somebody who was erased, by the operators' `retention` key."""
    from pswallet.chain.acts import read_key
    from pswallet.privacy.officers import show_kept

    try:
        key = read_key(key_file, "retention")
    except (OSError, ValueError) as error:
        fail(f"no key for retention in {key_file}: {error}", status=2)
    with _database() as sessions:
        found = show_kept(sessions, key, who, by=by, reason=reason)
    _print_fields("kept of this person", found)


@operator.app.command("erase-again")
def erase_again(who: Who, reason: Reason, by: By) -> None:
    """Erase a person whom a restored backup brought back; `pswallet regain` names who it may be."""
    from pswallet.privacy import officers

    with _database() as sessions:
        account = officers.erase_again(sessions, Settings().keys_file, who, by=by, reason=reason)
    Console().print(f"{account} is erased; `pswallet privacy proof {account}` proves it", soft_wrap=True)


@operator.app.command("rotate-master-key")
def rotate_master_key(
    reason: Reason,
    by: By,
    key_file: Annotated[list[Path] | None, typer.Option("--key-file", help="each file with the vault's key")] = None,
    prepare: Annotated[bool, typer.Option("--prepare", help="write the key files only, to be carried around")] = False,
) -> None:
    """Let a new vault master key take over while the gateway serves; killed midway, run it again."""
    from pswallet.privacy import officers

    files = key_file or [Settings().keys_file]
    with _database() as sessions, officers.alone(files):
        officers.prepare(files)
        if prepare:
            Console().print("both master keys are in the files: carry them to every machine, then run this again")
            return
        count = officers.rotate(sessions, files, by=by, reason=reason)
    named = ", ".join(map(str, files))
    Console().print(f"{count} data keys wrapped anew; the old master key is out of {named}", soft_wrap=True)


@privacy.command()
def proof(
    who: Who,
    rpc: Annotated[str, typer.Option("--rpc", help="JSON-RPC of a node; else PSWALLET_RPC_URL")] = "",
) -> None:
    """Prove that a person was erased, and that the ledger and all others' history still hold; exit 1 if not."""
    from pswallet.kit.db import transaction
    from pswallet.privacy.proof import prove

    settings = Settings()
    with _database() as sessions:
        with transaction(sessions) as session:
            found = prove(session, _vault(), who)
        _audit(found, rpc or settings.rpc_url, settings)
    table = Table(title=f"Erasure of {found.account_id}", title_justify="left")
    for heading in ("claim", "found", ""):
        table.add_column(heading)
    for claim, told, holds in found.claims:
        table.add_row(claim, told, "[green]✓[/green]" if holds else "[red]✗[/red]")
    Console().print(table)
    raise typer.Exit(0 if found.holds else 1)


def _audit(found: "Proof", url: str, settings: Settings) -> None:
    from pswallet import audit
    from pswallet.chain.deploy import Deployment
    from pswallet.local.places import deployment_file

    if not url:
        fail("the audit needs a node: --rpc URL", status=2)
    try:
        contracts = Deployment.load(deployment_file(settings))
        report = audit.run(url, contracts, database_url=settings.database_url)
    except (OSError, ValueError, TypeError, RuntimeError, audit.CannotAudit) as failure:
        fail(f"could not audit: {failure}", status=2)
    found.add("the audit, database included", "OK" if report.ok else "differences: run pswallet audit", report.ok)


@trail.command()
def verify(
    noted: Annotated[str, typer.Option("--noted", help="an earlier head, NUMBER:HASH, from elsewhere")] = "",
) -> None:
    """Compute the chain of entries again; exit 1 and name the first that is broken."""
    from pswallet.kit import trail as kit
    from pswallet.kit.db import transaction

    number, _, digest = noted.partition(":")
    try:
        head = kit.Head(int(number), bytes.fromhex(digest)) if noted else None
    except ValueError:
        fail(f"{noted} is no head: that is NUMBER:HASH", status=2)
    with _database() as sessions, transaction(sessions) as session:
        try:
            found = kit.verify(session, noted=head)
        except kit.TrailBroken as broken:
            fail(f"the trail is broken: {broken}")
    Console().print(f"the trail is whole; entries: {found.number}, head {found}", soft_wrap=True)


@contextmanager
def _database() -> Iterator["Sessions"]:
    """Sessions of the database that the settings name; what is wrong with it, or with what is asked, in one line."""
    from sqlalchemy.exc import SQLAlchemyError

    from pswallet.kit.db import engine_for, sessions_of
    from pswallet.kit.lockbox import LockboxBroken
    from pswallet.kit.problems import Problem
    from pswallet.kit.rotation import KeysLeft
    from pswallet.kit.vault import Erased, MasterUnknown, SealBroken
    from pswallet.local.lock import FolderTaken

    vaults = (Erased, SealBroken, MasterUnknown, LockboxBroken, KeysLeft)

    url = Settings().database_url
    if not url:
        fail("set PSWALLET_DATABASE_URL to the gateway's database", status=2)
    engine = engine_for(url)
    try:
        yield sessions_of(engine)
    except (SQLAlchemyError, OSError, ValueError, TypeError, Problem, FolderTaken, *vaults) as failure:
        fail(f"{type(failure).__name__}: {str(failure).splitlines()[0]}")
    finally:
        engine.dispose()


def _vault() -> Any:
    from pswallet.chain.keys import open_vault

    return open_vault(Settings().keys_file)


def _print_fields(title: str, found: dict[str, str]) -> None:
    table = Table(title=title, title_justify="left")
    table.add_column("field")
    table.add_column("value")
    for name, value in found.items():
        table.add_row(name, value)
    Console().print(table)
