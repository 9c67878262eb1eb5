"""Leaving a call is part of the caller's transaction, happens once, and wakes the relayer."""

import threading
import time

import pytest
from sqlalchemy import text

from pswallet.chain.bell import Bell
from pswallet.chain.outbox import RELAYER_CHANNEL, Call, CallKind, enqueue, last_block
from pswallet.kit.db import transaction


def freeze(serial, lane=None):
    return Call(f"freeze:{serial}", CallKind.FREEZE, {"account": "0x" + "11" * 20}, lane)


def keys(sessions):
    with sessions() as session:
        return session.execute(text("SELECT key FROM chain_calls ORDER BY id")).scalars().all()


def test_calls_are_kept_in_the_order_in_which_they_were_left(sessions):
    with transaction(sessions) as session:
        enqueue(session, [freeze(3), freeze(1)])
        enqueue(session, [freeze(2)])
    assert keys(sessions) == ["freeze:3", "freeze:1", "freeze:2"]


def test_the_same_key_is_one_call(sessions):
    with transaction(sessions) as session:
        enqueue(session, [freeze(1), freeze(1)])
        enqueue(session, [freeze(1), freeze(2)])
    assert keys(sessions) == ["freeze:1", "freeze:2"]


def leave_and_break(sessions):
    with transaction(sessions) as session:
        enqueue(session, [freeze(1)])
        raise ZeroDivisionError


def test_a_call_of_a_broken_transaction_was_never_left(sessions):
    with pytest.raises(ZeroDivisionError):
        leave_and_break(sessions)
    assert keys(sessions) == []


def test_nothing_is_left_by_an_empty_list(sessions):
    with transaction(sessions) as session:
        enqueue(session, [])
    assert keys(sessions) == []


def test_texts_that_sql_would_trip_over_come_through(sessions):
    awkward = {"account": "O'Brien \"\\{},NULL", "list": [1, None, True], "unicode": "坪山"}
    with transaction(sessions) as session:
        enqueue(session, [Call('odd:"\\,{}', CallKind.FREEZE, awkward, 'lane "x"')])
    with sessions() as session:
        row = session.execute(text("SELECT key, arguments, lane FROM chain_calls")).one()
    assert tuple(row) == ('odd:"\\,{}', awkward, 'lane "x"')


def test_leaving_a_call_rings_the_relayer(sessions):
    with Bell(sessions, RELAYER_CHANNEL) as bell:
        assert bell.wait(0.0)  # the first look is always worth it
        assert not bell.wait(0.0)
        heard = []
        waiting = threading.Thread(target=lambda: heard.append(bell.wait(10)))
        started = time.monotonic()
        waiting.start()
        with transaction(sessions) as session:
            enqueue(session, [freeze(1)])
        waiting.join()
        assert heard == [True]
        assert time.monotonic() - started < 9


def test_a_bell_whose_connection_is_lost_listens_again(sessions):
    with Bell(sessions, RELAYER_CHANNEL) as bell:
        bell.wait(0.0)
        with sessions() as session:
            session.execute(text("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE 'LISTEN%'"))
        assert not bell.wait(0.05)
        assert bell.wait(0.05)


def test_there_is_no_last_block_before_the_first(sessions):
    with sessions() as session:
        assert last_block(session) is None


def test_the_last_block_is_the_chains_head(pipeline):
    pipeline.settle()
    with pipeline.sessions() as session:
        block = last_block(session)
    head = pipeline.chain.rpc.call("eth_getBlockByNumber", ["latest", False])
    assert block is not None
    assert (hex(block.number), block.hash) == (head["number"], head["hash"])
    assert int(block.time.timestamp()) == int(head["timestamp"], 16)
