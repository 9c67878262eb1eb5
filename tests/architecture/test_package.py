"""The wheel holds what the package needs at run time, and the migrations make the tables that the models describe."""

import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Engine, inspect, text
from sqlalchemy.exc import DBAPIError

from pswallet import tables
from pswallet.kit.db import engine_for

ROOT = Path(__file__).resolve().parents[2]
_BUILD = "import sys, setuptools.build_meta as backend; backend.build_wheel(sys.argv[1])"
_PARTS = ("pswallet/", "migrations/", "pyproject.toml", "setup.py", "README.md", "LICENSE")


def test_the_wheel_carries_the_abi_the_bytecode_and_the_migrations(tmp_path: Path):
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout.split("\0")
    copy = tmp_path / "checkout"  # a build leaves folders beside its sources
    for name in listed:
        if name.startswith(_PARTS) and (ROOT / name).exists():
            (copy / name).parent.mkdir(parents=True, exist_ok=True)
            (copy / name).write_bytes((ROOT / name).read_bytes())
    subprocess.run([sys.executable, "-c", _BUILD, str(tmp_path)], cwd=copy, check=True, capture_output=True)
    held = set(zipfile.ZipFile(next(tmp_path.glob("*.whl"))).namelist())
    assert {f"pswallet/chain/abi/{name}.json" for name in ("Stablecoin", "RedPacketEscrow", "Batch")} <= held
    assert {"pswallet/migrations/env.py", "pswallet/migrations/versions/0001_make_the_tables.py"} <= held
    assert {"pswallet/py.typed", "pswallet/locale/zh_HK/problems.po", "pswallet/receipt/slip.typ"} <= held


@pytest.fixture
def empty(postgres_url: str) -> Iterator[Engine]:
    """An empty database."""
    administrator = engine_for(postgres_url).execution_options(isolation_level="AUTOCOMMIT")
    before, _, query = postgres_url.partition("?")
    with administrator.connect() as connection:
        connection.execute(text("CREATE DATABASE test_migrations"))
    engine = engine_for(f"{before.rsplit('/', 1)[0]}/test_migrations?{query}")
    yield engine
    engine.dispose()
    with administrator.connect() as connection:
        connection.execute(text("DROP DATABASE test_migrations WITH (FORCE)"))
    administrator.dispose()


def test_the_migrations_make_the_tables_of_the_models(empty: Engine):
    tables.migrate_engine(empty)
    with empty.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), tables.metadata) == []
        assert connection.execute(text("SELECT count(*) FROM tiers")).scalar_one() == 4


def test_the_migrations_can_be_taken_back(empty: Engine):
    tables.migrate_engine(empty)
    tables.migrate_engine(empty, revision="base")
    assert set(inspect(empty).get_table_names()) <= {"alembic_version"}


def test_the_migrations_guard_the_trail_and_can_be_taken_back_after_an_erasure(empty: Engine):
    tables.migrate_engine(empty)
    left = "INSERT INTO accounts (id, address, phone_sealed, created_at, tier_serial, erased_at)"
    columns = "account_id, kind, number_sealed, birth_date_sealed, tier_requested, checked_at"
    checked = f"INSERT INTO checked_identities ({columns})"
    written = "INSERT INTO trail_entries VALUES (1, now(), 'ann', 'show-person', 'acc_1', '{}', 'case 1', '')"
    with empty.begin() as connection:
        connection.execute(text(f"{left} VALUES ('acc_1', '0x01', '', now(), 2, now())"))
        connection.execute(text(f"{checked} VALUES ('acc_1', 'resident-id', '', '', 3, now())"))
        connection.execute(text(written))
    for change in ("UPDATE trail_entries SET reason = ''", "DELETE FROM trail_entries", "TRUNCATE trail_entries"):
        with pytest.raises(DBAPIError, match="append-only"), empty.begin() as connection:
            connection.execute(text(change))
    tables.migrate_engine(empty, revision="base")
