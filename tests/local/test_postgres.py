"""The embedded PostgreSQL is a child of ours: it ends when we do, in order when there is time for it."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest

from pswallet.local import postgres
from pswallet.local.postgres import PostgresFailed, Server

BUILD = Path(__file__).parents[2] / "build"
START = "import sys, pathlib; from pswallet.local import postgres; folder = pathlib.Path(sys.argv[1]); "
START += "print(postgres.start(folder, log=folder.with_suffix('.log')).child.process.pid, flush=True); sys.stdin.read()"


@pytest.fixture
def folder(request: pytest.FixtureRequest):
    """An empty folder below build/: pytest's own ones are closed to the user under whom root's PostgreSQL runs."""
    folder = BUILD / "test-local" / request.node.name
    shutil.rmtree(folder, ignore_errors=True)
    yield folder
    shutil.rmtree(folder)


def start(folder: Path) -> Server:
    return postgres.start(folder / "data", log=folder / "postgres.log")


def ask(server: Server, statement: str) -> object:
    with psycopg.connect(server.url()) as connection:
        cursor = connection.execute(statement)
        return cursor.fetchone() if cursor.description else None


def test_what_was_written_is_there_after_a_stop_in_order(folder: Path):
    server = start(folder)
    ask(server, "CREATE TABLE kept AS SELECT 1")
    waiting = psycopg.connect(server.url())  # a client that never goes does not hold it up
    server.stop()
    waiting.close()
    assert not server.child.running
    assert "database system is shut down" in server.child.log.read_text()
    again = start(folder)
    assert ask(again, "TABLE kept") == (1,)
    assert "automatic recovery" not in again.child.log.read_text()
    again.stop()


def test_a_server_whose_starter_was_killed_ends_and_its_data_can_be_served_at_once(folder: Path):
    data = folder / "data"
    with subprocess.Popen(
        [sys.executable, "-c", START, str(data)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as starter:
        assert starter.stdout is not None
        orphan = starter.stdout.readline().decode().strip()
        starter.kill()
    server = start(folder)
    assert (data / "postmaster.pid").read_text().split()[0] == str(server.child.process.pid) != orphan
    assert ask(server, "SELECT 1") == (1,)
    server.stop()


def test_data_that_another_server_has_are_left_to_it(folder: Path, monkeypatch: pytest.MonkeyPatch):
    server = start(folder)
    monkeypatch.setattr(postgres, "_TURN_S", 0.0)
    with pytest.raises(PostgresFailed, match=r"postmaster\.pid"):
        start(folder)
    assert ask(server, "SELECT 1") == (1,)
    server.stop()


def test_a_folder_too_deep_for_a_socket_serves_too(folder: Path):
    deep = folder / "a-folder-with-a-long-name" / "another-folder-with-a-long-name" / "and-one-more-with-a-long-name"
    server = start(deep)
    assert len(os.fsencode(deep)) > 100 > len(os.fsencode(server.socket))
    assert ask(server, "SELECT 1") == (1,)
    server.stop()
