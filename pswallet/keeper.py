"""`pswallet migrate`: the keeper's commands on the database."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated

import typer

from pswallet.settings import Settings


def join(app: typer.Typer) -> None:
    """Add the commands to `pswallet`."""
    app.command()(migrate)


def migrate(
    to: Annotated[str, typer.Option("--to", help="a revision, up or down; head: the newest; base: no table")] = "head",
) -> None:
    """Bring the tables to a revision. Going down drops what later revisions added: back up first."""
    from alembic.util import CommandError

    from pswallet import tables

    with _failing(CommandError):
        tables.migrate(_database_url(), revision=to)


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
