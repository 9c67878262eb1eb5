"""Migrations up and down, one by one, with rows in the tables: nothing depends on an empty database."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import (
    ARRAY,
    Boolean,
    Column,
    Date,
    DateTime,
    Engine,
    LargeBinary,
    MetaData,
    Text,
    create_engine,
    inspect,
    make_url,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from typer.testing import CliRunner

from pswallet import tables
from pswallet.cli import app
from pswallet.kit.db import engine_for
from tests.databases import administrator, named

_AT = datetime(2030, 1, 1, tzinfo=UTC)
_SCHEMA = """
SELECT 'column', table_name, column_name, concat(data_type, is_nullable, column_default, is_identity)
    FROM information_schema.columns WHERE table_schema = 'public'
UNION ALL SELECT 'index', tablename, indexname, indexdef FROM pg_indexes WHERE schemaname = 'public'
UNION ALL SELECT 'constraint', conrelid::regclass::text, conname, pg_get_constraintdef(oid)
    FROM pg_constraint WHERE connamespace = 'public'::regnamespace
UNION ALL SELECT 'trigger', tgrelid::regclass::text, tgname, pg_get_triggerdef(oid)
    FROM pg_trigger WHERE NOT tgisinternal
ORDER BY 1, 2, 3
"""


@pytest.fixture
def url(postgres_url: str) -> Iterator[str]:
    """The URL of an empty database."""
    with administrator(postgres_url) as connection:
        connection.execute("CREATE DATABASE test_steps")
    yield named(postgres_url, "test_steps")
    with administrator(postgres_url) as connection:
        connection.execute("DROP DATABASE IF EXISTS test_steps WITH (FORCE)")


@pytest.fixture
def database(url: str) -> Iterator[Engine]:
    engine = engine_for(url)
    yield engine
    engine.dispose()


def revisions() -> list[str]:
    """Every revision from the first to the last."""
    config = Config()
    config.set_main_option("script_location", str(tables.migrations()))
    return [one.revision for one in ScriptDirectory.from_config(config).walk_revisions()][::-1]


def schema(database: Engine) -> list[Any]:
    with database.connect() as connection:
        return [tuple(row) for row in connection.execute(text(_SCHEMA))]


def value(column: Column[Any]) -> Any:
    """Something that fits the column, the same for the same type: so foreign keys hold."""
    kinds: list[tuple[Any, Any]] = [
        (ARRAY, []),
        (JSONB, {}),
        (Text, "row"),
        (Boolean, True),
        (DateTime, _AT),
        (Date, _AT.date()),
        (LargeBinary, b"row"),
    ]
    return next((fitting for kind, fitting in kinds if isinstance(column.type, kind)), 9)


def fill(database: Engine) -> None:
    """Put a row into every empty table."""
    found = MetaData()
    found.reflect(database)
    with database.begin() as connection:
        for table in found.sorted_tables:
            if table.name == "alembic_version" or connection.execute(table.select().limit(1)).first():
                continue
            given = {one.name: value(one) for one in table.columns if one.identity is None}
            connection.execute(table.insert().values(given))


def test_every_step_up_and_down_and_up_again_gives_the_same_tables_with_rows_in_them(database: Engine) -> None:
    steps, seen = revisions(), {}
    for step in steps:
        tables.migrate_engine(database, revision=step)
        fill(database)
        seen[step] = schema(database)
    for step in steps[-2::-1]:
        tables.migrate_engine(database, revision=step)
        assert schema(database) == seen[step], step
    tables.migrate_engine(database, revision="base")
    assert set(inspect(database).get_table_names()) <= {"alembic_version"}
    for step in steps:
        tables.migrate_engine(database, revision=step)
        assert schema(database) == seen[step], step
    with database.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), tables.metadata) == []


def test_a_step_down_takes_only_the_first_tiers_and_not_what_was_added(database: Engine) -> None:
    tables.migrate_engine(database)
    with database.begin() as connection:
        later = "SELECT tier, now(), name, max_balance_fen, per_payment_fen, per_day_fen, per_year_fen, lifetime"
        columns = "tier, effective_from, name, max_balance_fen, per_payment_fen, per_day_fen, per_year_fen, lifetime"
        connection.execute(text(f"INSERT INTO tiers ({columns}) {later} FROM tiers WHERE tier = 2"))
    tables.migrate_engine(database, revision="0001")
    with database.connect() as connection:
        assert connection.execute(text("SELECT tier FROM tiers")).scalars().all() == [2]


def test_requests_made_before_they_could_end_live_for_30_days(database: Engine) -> None:
    tables.migrate_engine(database, revision="0002")
    with database.begin() as connection:
        connection.execute(
            text("INSERT INTO payment_requests VALUES ('req_1', '0x', 'request', 5, '', '2026-11-01T00:00:00Z')")
        )
    tables.migrate_engine(database)
    with database.connect() as connection:
        (row,) = connection.execute(text("SELECT expires_at, remind_at FROM payment_requests")).all()
    assert [one.isoformat()[:10] for one in row] == ["2026-12-01", "2026-11-30"]


def run(url: str, *options: str, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setenv("PSWALLET_DATABASE_URL", url)
    return CliRunner().invoke(app, ["migrate", *options])


def version(url: str) -> str | None:
    engine = create_engine(make_url(url.replace("postgresql://", "postgresql+psycopg://", 1)))
    with engine.connect() as connection:
        found = MigrationContext.configure(connection).get_current_revision()
    engine.dispose()
    return found


def test_the_command_goes_up_and_down_to_a_revision(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    last = revisions()[-1]
    for options, reached in (((), last), (("--to", "0001"), "0001"), (("--to", "0002"), "0002"), ((), last)):
        assert run(url, *options, monkeypatch=monkeypatch).exit_code == 0
        assert version(url) == reached
    assert run(url, "--to", "base", monkeypatch=monkeypatch).exit_code == 0
    assert version(url) is None


def test_the_command_says_in_one_line_what_is_wrong(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    unknown = run(url, "--to", "9999", monkeypatch=monkeypatch)
    assert (unknown.exit_code, unknown.stderr.count("\n")) == (1, 1)
    assert "9999" in unknown.stderr
    away = run("postgresql://nobody@127.0.0.1:1/nothing", monkeypatch=monkeypatch)
    assert (away.exit_code, "Traceback" in away.stderr) == (1, False)
    unset = run("", monkeypatch=monkeypatch)
    assert (unset.exit_code, "PSWALLET_DATABASE_URL" in unset.stderr) == (2, True)
