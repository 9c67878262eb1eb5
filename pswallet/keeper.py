"""`pswallet migrate`, `backup`, `restore` and `regain`: the keeper's commands on the database."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

from pswallet.settings import Settings

BackupFile = Annotated[Path, typer.Argument(help="the backup's file")]


def join(app: typer.Typer) -> None:
    """Add the commands to `pswallet`."""
    for command in (migrate, backup, restore, regain):
        app.command()(command)


def migrate(
    to: Annotated[str, typer.Option("--to", help="a revision, up or down; head: the newest; base: no table")] = "head",
) -> None:
    """Bring the tables to a revision. Going down drops what later revisions added: back up first."""
    from alembic.util import CommandError

    from pswallet import tables

    with _failing(CommandError):
        tables.migrate(_database_url(), revision=to)


def backup(file: BackupFile) -> None:
    """Write the whole database to a new file, mode 600, as it is at one moment; everything goes on meanwhile."""
    from pswallet.local import backups

    with _failing(backups.BackupFailed, FileExistsError):
        backups.back_up(_database_url(), file)
    typer.echo(
        f"{file}: {file.stat().st_size:,} bytes. Keep it apart from the key file: with both, people can be read."
    )


def restore(file: BackupFile) -> None:
    """Fill an empty database (made, if it is not there) from a backup, and bring its tables up to date."""
    from pswallet import tables
    from pswallet.local import backups

    with _failing(backups.BackupFailed, backups.DatabaseInUse):
        backups.restore(_database_url(), file)
        tables.migrate(_database_url())
    typer.echo("restored. Now, before anything else runs: `pswallet indexer --rebuild`, then `pswallet regain`.")


def regain() -> None:
    """After a restore and a rebuild: know again which places in queues, and ids of notices, were given since."""
    from pswallet.accounts import service as accounts
    from pswallet.chain.dealer import Dealer
    from pswallet.chain.deploy import Deployment
    from pswallet.chain.keys import Keys
    from pswallet.chain.signing import escrow_domain
    from pswallet.kit.db import engine_for, sessions_of, transaction
    from pswallet.notifications import service as notifications
    from pswallet.redpackets import service as redpackets

    settings = Settings()
    with _failing(OSError, ValueError, TypeError):
        keys, deployment = Keys.load(settings.keys_file), Deployment.load(settings.deployment_file)
        dealer = Dealer(keys.dealer, keys.dealer_seed, escrow_domain(deployment))
        engine = engine_for(_database_url())
        with transaction(sessions_of(engine)) as session:
            count = redpackets.regain_claims(session, dealer)
            notifications.skip_given_ids(session)
            unregistered = accounts.unregistered(session)
        engine.dispose()
    typer.echo(f"{count} claims regained")
    for account in unregistered:
        typer.echo(
            f"{account} has no registration on the chain. Erased since? `pswallet operator erase-again {account}`"
        )


def _database_url() -> str:
    url = Settings().database_url
    if not url:
        typer.echo("set PSWALLET_DATABASE_URL (`pswallet up` prints that of the embedded one)", err=True)
        raise typer.Exit(2)
    return url


@contextmanager
def _failing(*expected: type[Exception]) -> Iterator[None]:
    """Tell what can be wrong with a database or a file in one line."""
    from sqlalchemy.exc import OperationalError

    kinds: tuple[type[Exception], ...] = (*expected, OperationalError)
    try:
        yield
    except kinds as failure:
        typer.echo(str(failure).strip(), err=True)
        raise typer.Exit(1) from failure
