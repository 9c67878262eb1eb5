"""The two loops as processes run them: woken by NOTIFY, patient while chain or database is away."""

import threading
import time

import pytest

from pswallet.chain.bell import Bell
from pswallet.chain.indexer import ReorgTooDeep
from pswallet.chain.outbox import RELAYER_CHANNEL
from pswallet.chain.rpc import Rpc
from pswallet.local import anvil as local_anvil
from tests.parts import secret


@pytest.fixture
def running(pipeline):
    """Relayer and indexer at work in two threads."""
    stop = threading.Event()
    threads = [threading.Thread(target=part.run, args=(stop,)) for part in (pipeline.relayer, pipeline.indexer)]
    for thread in threads:
        thread.start()
    yield pipeline
    stop.set()
    for thread in threads:
        thread.join()


def refuse(body):
    """A node that is away."""
    raise ConnectionRefusedError


def wait_until(ask, patience_s=15.0):
    deadline = time.monotonic() + patience_s
    while time.monotonic() < deadline:
        if ask():
            return
        time.sleep(0.005)
    raise AssertionError("it never came")


def test_calls_flow_while_both_run(running, ann, bob):
    for place in range(20):
        running.leave(ann.payment(running.chain.deployment, bob.address, 1, nonce=secret(f"flow {place}")))
    wait_until(lambda: all(block for block, _ in running.calls().values()))
    assert running.chain.balance(bob.address) == 20


def test_both_outlive_a_chain_that_goes_away(running, ann, bob, monkeypatch):
    chain = running.chain
    with monkeypatch.context() as away:
        away.setattr(chain.rpc, "exchange", refuse)
        time.sleep(0.2)  # passes that had begun end
        running.leave(ann.payment(chain.deployment, bob.address, 100))
        time.sleep(0.3)
        assert list(running.calls().values()) == [(None, None)]
    wait_until(lambda: all(block for block, _ in running.calls().values()))


def test_both_outlive_a_database_that_drops_its_connections(running, ann, bob, postgres_url):
    import psycopg

    name = running.database_url.partition("?")[0].rsplit("/", 1)[1]
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        connection.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", [name])
    running.leave(ann.payment(running.chain.deployment, bob.address, 100))
    wait_until(lambda: all(block for block, _ in running.calls().values()))


def test_another_chain_below_everything_known_asks_for_a_rebuild(pipeline, monkeypatch, tmp_path):
    pipeline.chain.mine(12)
    pipeline.settle()
    monkeypatch.setattr("pswallet.chain.indexer.KEPT_BLOCKS", 4)
    monkeypatch.setattr("pswallet.chain.indexer._TIDIED_EVERY", 1)
    pipeline.chain.mine(1)
    pipeline.settle()
    child, url = local_anvil.start(port=0, log=tmp_path / "anvil.log")
    try:
        with Rpc(url) as other:
            other.call("anvil_mine", [hex(pipeline.chain.head() + 2)])
            ours, pipeline.chain.rpc = pipeline.chain.rpc, other
            with pytest.raises(ReorgTooDeep):
                pipeline.new_indexer().step()
            pipeline.chain.rpc = ours
    finally:
        child.stop()


def test_the_relayer_is_rung_when_a_key_is_free_again(pipeline, ann, bob):
    pipeline.leave(ann.payment(pipeline.chain.deployment, bob.address, 100))
    pipeline.relayer.step()
    with Bell(pipeline.sessions, RELAYER_CHANNEL) as bell:
        bell.wait(0.0)  # listens from here on
        assert not bell.wait(0.0)
        pipeline.carry()
        assert bell.wait(5.0)
