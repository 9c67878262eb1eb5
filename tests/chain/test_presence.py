"""Who is at work: each loop is seen while it runs, however busy it is, and no longer than its process lives."""

import signal
import subprocess
import sys
import threading
import time
from contextlib import contextmanager

import psycopg
import pytest
from sqlalchemy import text

from pswallet import schedule
from pswallet.chain.presence import PARTS, Presence, at_work
from pswallet.chain.rpc import Rpc
from pswallet.kit.db import engine_for, sessions_of
from pswallet.settings import Settings
from tests.databases import administrator, named

NOBODY = dict.fromkeys(PARTS, False)


def seen(sessions):
    with sessions() as session:
        return at_work(session)


def wait_until(ask, patience_s=15.0):
    deadline = time.monotonic() + patience_s
    while not ask():
        assert time.monotonic() < deadline, "it never came"
        time.sleep(0.005)


def only(*parts):
    return NOBODY | dict.fromkeys(parts, True)


def loop_of(pipeline, part):
    """The loop that the process of this name runs."""
    if part == "worker":
        return lambda stop: schedule.run(pipeline.sessions, Settings(), stop)
    return getattr(pipeline, part).run


@contextmanager
def running(*loops):
    stop = threading.Event()
    threads = [threading.Thread(target=loop, args=(stop,)) for loop in loops]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        stop.set()
        for thread in threads:
            thread.join()


_HOLDERS = text(
    "SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND mode = 'ShareLock'"
    " AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
)


def cut_off(sessions):
    """Cut the connections that show who is at work, these alone, and wait until others have taken their places."""
    with sessions() as session:
        before = set(session.scalars(_HOLDERS))
        for pid in before:
            session.execute(text("SELECT pg_terminate_backend(:pid)"), {"pid": pid})
    assert before

    def replaced():
        with sessions() as session:
            now = set(session.scalars(_HOLDERS))
        return now and now.isdisjoint(before)

    wait_until(replaced)


@pytest.mark.parametrize("part", PARTS)
def test_each_loop_is_seen_while_it_runs_under_its_own_name(pipeline, part):
    assert seen(pipeline.sessions) == NOBODY
    with running(loop_of(pipeline, part)):
        wait_until(lambda: seen(pipeline.sessions) == only(part))
    wait_until(lambda: seen(pipeline.sessions) == NOBODY)


@pytest.mark.parametrize("part", PARTS)
def test_a_loop_whose_connection_was_lost_is_seen_again(pipeline, part):
    with running(loop_of(pipeline, part)):
        wait_until(lambda: seen(pipeline.sessions) == only(part))
        cut_off(pipeline.sessions)
        assert seen(pipeline.sessions) == only(part)


@pytest.mark.parametrize("part", ["relayer", "indexer"])
def test_a_loop_that_never_rests_is_seen_and_seen_again(pipeline, monkeypatch, part):
    def busy():
        time.sleep(0.001)
        return True

    monkeypatch.setattr(getattr(pipeline, part), "step", busy)
    with running(loop_of(pipeline, part)):
        wait_until(lambda: seen(pipeline.sessions) == only(part))
        cut_off(pipeline.sessions)
        assert seen(pipeline.sessions) == only(part)


@pytest.mark.parametrize("part", ["relayer", "indexer"])
def test_a_loop_that_waits_for_the_chain_is_at_work(pipeline, part):
    ours, pipeline.chain.rpc = pipeline.chain.rpc, Rpc("http://127.0.0.1:9", timeout_s=1, attempts=1)
    loop = getattr(pipeline, f"new_{part}")().run
    with pipeline.chain.rpc, running(loop):
        wait_until(lambda: seen(pipeline.sessions) == only(part))
    pipeline.chain.rpc = ours


def test_of_two_of_a_kind_one_is_enough(sessions):
    with Presence(sessions, "indexer") as one:
        one.show()
        with Presence(sessions, "indexer") as two:
            two.show()
        assert seen(sessions) == only("indexer")
    wait_until(lambda: seen(sessions) == NOBODY)


def test_a_process_that_was_killed_is_missed_at_once(sessions, database_url):
    program = (
        "import signal, sys\n"
        "from pswallet.chain.presence import Presence\n"
        "from pswallet.kit.db import engine_for, sessions_of\n"
        "presence = Presence(sessions_of(engine_for(sys.argv[1])), 'relayer')\n"
        "presence.show()\n"
        "signal.pause()"
    )
    with subprocess.Popen([sys.executable, "-c", program, database_url]) as process:
        try:
            wait_until(lambda: seen(sessions) == only("relayer"))
        finally:
            process.send_signal(signal.SIGKILL)
    wait_until(lambda: seen(sessions) == NOBODY, patience_s=2.0)


def test_another_databases_processes_are_not_ours(sessions, postgres_url):
    name = f"test_{time.monotonic_ns()}_elsewhere"
    with administrator(postgres_url) as connection:
        connection.execute(f"CREATE DATABASE {name}")
    try:
        elsewhere = sessions_of(engine_for(named(postgres_url, name)))
        with Presence(elsewhere, "worker") as presence:
            presence.show()
            assert seen(elsewhere) == only("worker")
            assert seen(sessions) == NOBODY
        elsewhere.kw["bind"].dispose()
    finally:
        with administrator(postgres_url) as connection:
            connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


def test_other_advisory_locks_show_nobody(sessions, database_url):
    with psycopg.connect(database_url, autocommit=True) as connection:
        for place in range(len(PARTS)):
            connection.execute("SELECT pg_advisory_lock(%s)", [place])
            connection.execute("SELECT pg_advisory_lock(%s::int, %s::int)", [1, place])
            connection.execute("SELECT pg_advisory_lock(%s)", [(0x70737764 << 32) + place])
        assert seen(sessions) == NOBODY
