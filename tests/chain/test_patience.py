"""What nobody can answer now holds nothing else back: unknown packets, a node's no, company that cannot be carried."""

import threading
import time

import pytest
from sqlalchemy import text
from sqlalchemy.exc import InterfaceError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from pswallet.chain import blocks
from pswallet.chain.outbox import Call, CallKind
from pswallet.chain.rpc import Rpc, RpcError
from pswallet.chain.tending import Tending
from tests.audit.liar import Refused, lying


def rows(pipeline, statement, **values):
    with pipeline.sessions() as session:
        return session.execute(text(statement), values).all()


def test_calls_of_unknown_packets_hold_back_no_honest_payment(pipeline, ann, bob, monkeypatch):
    monkeypatch.setattr("pswallet.chain.relayer.TAKEN_AT_ONCE", 3)
    unknown = ["0x" + f"{place:064x}" for place in range(5)]
    pipeline.leave(
        *[Call(f"packet-refund:{one}", CallKind.PACKET_REFUND, {"packet": one}, lane=one) for one in unknown],
        ann.payment(pipeline.chain.deployment, bob.address, 100),
    )
    pipeline.settle()
    assert pipeline.chain.balance(bob.address) == 100
    later = rows(pipeline, "SELECT 1 FROM chain_calls WHERE settled_block IS NULL AND retry_at > now()")
    assert len(later) == len(unknown)


def refusing(method, times):
    """A node that says no to `method` so many times."""
    left = [times]

    def lie(request, result):
        if request["method"] == method and left[0] > 0:
            left[0] -= 1
            raise Refused("limit exceeded")
        return result

    return lie


def run_until(part, done, patience_s=10.0):
    """Run a loop until `done`, or fail if it ends by itself."""
    stop = threading.Event()
    thread = threading.Thread(target=part.run, args=(stop,))
    thread.start()
    deadline = time.monotonic() + patience_s
    try:
        while not done() and time.monotonic() < deadline:
            assert thread.is_alive(), "the loop ended"
            time.sleep(0.005)
    finally:
        stop.set()
        thread.join()
    assert done()


@pytest.mark.parametrize("method", ["eth_getTransactionCount", "eth_getBlockByNumber", "eth_sendRawTransaction"])
def test_a_nodes_no_does_not_end_the_relayer(pipeline, ann, bob, method):
    pipeline.leave(ann.payment(pipeline.chain.deployment, bob.address, 100))
    ours = pipeline.chain.rpc
    with lying(ours.url, refusing(method, 1)) as url, Rpc(url) as moody:
        pipeline.chain.rpc = moody
        relayer = pipeline.new_relayer()
        pipeline.chain.rpc = ours
        run_until(relayer, lambda: pipeline.chain.balance(bob.address) == 100)
    assert len(rows(pipeline, "SELECT 1 FROM chain_sendings")) == 1


@pytest.mark.parametrize("method", ["eth_getBlockByNumber", "eth_getLogs"])
def test_a_nodes_no_does_not_end_the_indexer(pipeline, method):
    ours = pipeline.chain.rpc
    with lying(ours.url, refusing(method, 3)) as url, Rpc(url) as moody:
        pipeline.chain.rpc = moody
        indexer = pipeline.new_indexer()
        pipeline.chain.rpc = ours
        head = pipeline.chain.head()
        run_until(indexer, lambda: rows(pipeline, "SELECT 1 FROM chain_blocks WHERE number = :head", head=head) != [])


@pytest.mark.parametrize(
    "error", [RpcError(-32005, "limit exceeded"), InterfaceError("", {}, OSError()), PoolTimeout()]
)
@pytest.mark.parametrize("part", ["relayer", "indexer"])
def test_what_passes_is_waited_for(pipeline, monkeypatch, part, error):
    asked = []

    def step():
        asked.append(1)
        if len(asked) == 1:
            raise error
        return False

    loop = getattr(pipeline, part)
    monkeypatch.setattr(loop, "step", step)
    run_until(loop, lambda: len(asked) > 1)


def test_a_stretch_that_is_too_long_for_the_node_is_read_in_halves(pipeline, ann, bob):
    pipeline.chain.mine(9)
    ours, widest = pipeline.chain.rpc, []

    def lie(request, result):
        if request["method"] == "eth_getLogs":
            asked = request["params"][0]
            count = int(asked["toBlock"], 16) - int(asked["fromBlock"], 16) + 1
            if count > 2:
                raise Refused("query returned more than 10000 results")
            widest.append(count)
        return result

    first = pipeline.chain.deployment.block
    whole = blocks.read_stretch(ours, first, blocks.head(ours), pipeline.indexer._contracts)
    with lying(ours.url, lie) as url, Rpc(url) as short:
        assert blocks.read_stretch(short, first, blocks.head(ours), pipeline.indexer._contracts) == whole
    assert len(whole.events) > 0
    assert max(widest) == 2


def test_a_stretch_holds_so_much_gas_and_what_follows_is_read_next(pipeline, monkeypatch):
    chain, contracts = pipeline.chain, pipeline.indexer._contracts
    first, head = chain.deployment.block, blocks.head(chain.rpc)
    whole = blocks.read_stretch(chain.rpc, first, head, contracts)
    used = [header.gas_used for header in whole.headers]
    assert all(used[:3])
    for gas, count in [(sum(used[:3]), 3), (sum(used[:3]) - 1, 2), (1, 1)]:
        monkeypatch.setattr(blocks, "RANGE_GAS", gas)
        stretch = blocks.read_stretch(chain.rpc, first, head, contracts)
        assert stretch.headers == whole.headers[:count]
        assert stretch.events == tuple(event for event in whole.events if event.block < first + count)
    monkeypatch.setattr(blocks, "RANGE_GAS", 1)
    passes = 0
    while pipeline.indexer.step():
        passes += 1
    assert passes == len(whole.headers)
    assert rows(pipeline, "SELECT 1 FROM chain_blocks WHERE number = :head", head=head.number)


@pytest.mark.parametrize(
    ("message", "hopeless"),
    [
        ("intrinsic gas too low: gas 1, minimum needed 21000", True),
        ("exceeds block gas limit", True),
        ("transaction gas limit too high (cap: 16777216, tx: 20000000)", True),
        ("limit exceeded", False),
        ("internal error", False),
        ("Too Many Requests", False),
        ("nonce too low", False),
        ("replacement transaction underpriced", False),
    ],
)
def test_only_what_a_node_will_never_take_is_hopeless(message, hopeless):
    assert Tending._is_hopeless(RpcError(-32000, message)) is hopeless


def test_a_password_in_the_nodes_address_is_shown_to_it(chain, monkeypatch):
    """The node of this test asks for none; what it is sent is what counts."""
    sent = []
    with Rpc(chain.rpc.url.replace("//", "//ann:p%40ss@")) as rpc:
        connected = rpc._connected

        def watched():
            connection = connected()
            request = connection.request
            connection.request = lambda *asked: (sent.append(asked[3]), request(*asked))
            return connection

        monkeypatch.setattr(rpc, "_connected", watched)
        assert int(rpc.call("eth_chainId"), 16) == chain.deployment.chain_id
    assert sent[0]["authorization"] == "Basic YW5uOnBAc3M="
