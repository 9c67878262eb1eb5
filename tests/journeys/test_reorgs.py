"""Blocks vanish: rows go back to the fork, stored transactions go out again, and the result is a rebuild's result."""

from pathlib import Path

import pytest
from sqlalchemy import text

from pswallet.chain import deploy
from pswallet.chain.outbox import Call, CallKind
from pswallet.chain.relayer import Tuning
from pswallet.chain.rpc import Rpc
from pswallet.chain.signing import escrow_domain
from pswallet.local import anvil as local_anvil
from pswallet.local import ports
from tests.parts import Chain, Person, Pipeline, secret, synthetic_keys
from tests.rebuilds import assert_equal_to_a_rebuild

QUICK = Tuning(resend_after_s=0.2, tend_every_s=0.0)


@pytest.fixture
def anvil_process(tmp_path):
    """An Anvil for this test alone: after `evm_revert`, an `anvil_reorg` may lose our contracts."""
    child, url = local_anvil.start(port=0, log=tmp_path / "anvil.log")
    yield child, url
    child.stop()


@pytest.fixture
def deployed(anvil_process, keys, tmp_path):
    """Our contracts on it."""
    return deploy.deploy(anvil_process[1], keys, tmp_path / "deployment.json")


def assert_each_call_ended_once(pipeline):
    assert all(block is not None for block, _ in pipeline.calls().values()), pipeline.calls()


def busy(pipeline, people, packet, turn):
    """Some of everything: payments, a bad one, a tier, a claim."""
    ann, bob = people
    deployment = pipeline.chain.deployment
    guest = packet.guests[turn % len(packet.guests)]
    return [
        ann.payment(deployment, bob.address, 100 + turn, nonce=secret(f"payment {turn}")),
        ann.payment(deployment, Person("nobody").address, 5, nonce=secret(f"bad payment {turn}")),
        Call(f"tier:{guest.address}:3:{turn}", CallKind.SET_TIER, {"account": guest.address, "tier": 3}),
        *([packet.claim(guest, turn, domain=escrow_domain(deployment))] if turn < len(packet.guests) else []),
    ]


@pytest.fixture
def scene(pipeline):
    """Two people, an open packet for eight, and twenty empty blocks above what was set up past the relayer."""
    ann, bob = Person("ann"), Person("bob")
    guests = tuple(Person(f"guest {place}") for place in range(8))
    pipeline.chain.register(ann, bob, *guests)
    pipeline.chain.fund(ann, fen=500_000)
    pipeline.chain.mine(21)
    packet = pipeline.packet(ann, guests)
    pipeline.leave(packet.creation)
    pipeline.relayer = pipeline.new_relayer(tuning=QUICK)
    pipeline.settle()
    return (ann, bob), packet


def test_rows_follow_the_chain_through_reorgs_of_depth_1_to_20(pipeline, scene):
    people, packet = scene
    for depth in range(1, 21):
        pipeline.leave(*busy(pipeline, people, packet, depth - 1))
        pipeline.settle()
        pipeline.chain.reorg(depth)
        pipeline.settle(patience_s=120)
        assert_each_call_ended_once(pipeline)
    assert_equal_to_a_rebuild(pipeline)
    bob = people[1]
    assert pipeline.chain.balance(bob.address) == sum(range(100, 120))
    assert sum(pipeline.chain.balance(guest.address) for guest in packet.guests) == packet.terms.total


def test_a_reorg_seen_in_the_middle_of_the_work_changes_nothing(pipeline, scene):
    people, packet = scene
    for turn in range(8):
        pipeline.leave(*busy(pipeline, people, packet, turn))
        pipeline.relayer.step()
        if turn % 2:
            pipeline.indexer.step()
        if turn in (3, 6):
            pipeline.chain.reorg(3)
    pipeline.settle(patience_s=120)
    assert_each_call_ended_once(pipeline)
    assert_equal_to_a_rebuild(pipeline)
    assert sum(pipeline.chain.balance(guest.address) for guest in packet.guests) == packet.terms.total


def test_the_same_bytes_go_out_again(pipeline, scene):
    people, packet = scene
    pipeline.leave(*busy(pipeline, people, packet, 0))
    pipeline.settle()
    with pipeline.sessions() as session:
        before = session.execute(text("SELECT hash FROM chain_sendings ORDER BY hash")).scalars().all()
    pipeline.chain.reorg(3)
    pipeline.settle()
    with pipeline.sessions() as session:
        after = session.execute(text("SELECT hash FROM chain_sendings ORDER BY hash")).scalars().all()
    assert after == before
    assert all(pipeline.chain.rpc.call("eth_getTransactionReceipt", [each]) for each in after)


def test_a_block_counts_only_when_it_is_deep_enough(pipeline, scene):
    people, packet = scene
    pipeline.indexer = pipeline.new_indexer(confirmations=3)
    payment = busy(pipeline, people, packet, 0)[0]
    pipeline.leave(payment)
    pipeline.relayer.step()
    pipeline.chain.mine(1)
    while pipeline.indexer.step():
        pass
    assert pipeline.calls()[payment.key] == (None, None)
    pipeline.chain.mine(2)
    while pipeline.indexer.step():
        pass
    assert pipeline.calls()[payment.key][0] is not None


def test_only_one_indexer_writes(pipeline, scene):
    other = pipeline.new_indexer()
    pipeline.chain.mine()
    with pipeline.sessions.begin() as session:
        session.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": 0x70735F696478})
        assert not other.step()
    assert other.step()


def test_a_chain_killed_with_nine_loses_nothing_that_was_accepted(sessions, database_url, tmp_path, worker):
    keys, port, state = synthetic_keys(), ports.free_port(20_000), tmp_path / "anvil.json"
    child, url = local_anvil.start(port=port, log=tmp_path / "anvil.log", state=state)
    try:
        deployment = deploy.deploy(url, keys, tmp_path / "deployment.json")
        with Rpc(url) as rpc:
            pipeline = Pipeline(chain=Chain(rpc, deployment, keys), sessions=sessions, database_url=database_url)
            pipeline.relayer = pipeline.new_relayer(tuning=QUICK)
            ann, bob = Person("ann"), Person("bob")
            guests = tuple(Person(f"guest {place}") for place in range(8))
            pipeline.chain.register(ann, bob, *guests)
            pipeline.chain.fund(ann, fen=500_000)
            packet = pipeline.packet(ann, guests)
            pipeline.leave(packet.creation)
            pipeline.settle()
            saved = pipeline.chain.head()
            last_save = wait_for_save(state, saved)
            for turn in range(8):
                pipeline.leave(*busy(pipeline, (ann, bob), packet, turn))
                pipeline.settle()
            before = pipeline.chain.head()
            child.kill()
            # Anvil saves each second, however long the turns took: as if the kill had come just before the next save.
            state.write_bytes(last_save)
            child, _ = local_anvil.start(port=port, log=tmp_path / "anvil.log", state=state)
            assert pipeline.chain.head() == saved <= before - 8
            pipeline.settle(patience_s=40)
            assert_each_call_ended_once(pipeline)
            assert_equal_to_a_rebuild(pipeline)
            assert pipeline.chain.balance(bob.address) == sum(range(100, 108))
            assert sum(pipeline.chain.balance(guest.address) for guest in guests) == packet.terms.total
    finally:
        child.stop()


def wait_for_save(state: Path, head: int) -> bytes:
    """Wait until Anvil has saved a state that holds block `head`, and return it."""
    import json
    import time

    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        if state.exists():
            try:
                save = state.read_bytes()
                if int(json.loads(save)["block"]["number"], 16) >= head:
                    return save
            except (ValueError, KeyError):
                pass  # half written
        time.sleep(0.05)
    raise AssertionError("Anvil saved nothing")
