"""Every call ends: also when the chain says nothing of it, and when no node will ever take its transaction."""

import pytest
from sqlalchemy import text

from pswallet.chain.deploy import DeploymentMismatch
from pswallet.chain.outbox import Call, CallKind
from pswallet.chain.relayer import Tuning
from pswallet.chain.sendings import MOST_ATTEMPTS
from pswallet.chain.signing import escrow_domain
from pswallet.chain.tending import MOST_VERSIONS
from tests.parts import Person

IMPATIENT = Tuning(resend_after_s=0.0, tend_every_s=0.0)


def rows(pipeline, statement, **values):
    with pipeline.sessions() as session:
        return session.execute(text(statement), values).all()


def wait_for_nothing(pipeline):
    """Let calls that were put off go out at once."""
    with pipeline.sessions.begin() as session:
        session.execute(text("UPDATE chain_calls SET retry_at = NULL WHERE settled_block IS NULL"))


def lose_our_code(chain):
    """Take our contracts' code away: whatever is sent to them succeeds and does nothing. Returns what undoes it."""
    codes = {
        address: chain.rpc.call("eth_getCode", [address, "latest"])
        for address in (chain.deployment.stablecoin, chain.deployment.escrow, chain.deployment.batch)
    }

    def put(codes):
        for address, code in codes.items():
            chain.rpc.call("anvil_setCode", [address, code])

    put(dict.fromkeys(codes, "0x"))
    return lambda: put(codes)


@pytest.mark.parametrize("kind", ["payment", "claim", "tier"])
def test_a_success_that_says_nothing_is_no_success(pipeline, packet, ann, bob, guests, kind):
    deployment = pipeline.chain.deployment
    call = {
        "payment": ann.payment(deployment, bob.address, 100),
        "claim": packet.claim(guests[0], 0, domain=escrow_domain(deployment)),
        "tier": Call("tier:nobody", CallKind.SET_TIER, {"account": Person("nobody").address, "tier": 3}),
    }[kind]
    lose_our_code(pipeline.chain)
    pipeline.leave(call)
    pipeline.settle()
    assert pipeline.calls()[call.key][1] == "CallReverted"
    assert rows(pipeline, "SELECT attempts FROM chain_calls WHERE key = :key", key=call.key) == [(MOST_ATTEMPTS,)]


def test_no_call_leaves_for_a_chain_without_our_contracts(pipeline, ann, bob):
    payment = ann.payment(pipeline.chain.deployment, bob.address, 100)
    put_back = lose_our_code(pipeline.chain)
    pipeline.leave(payment)
    with pytest.raises(DeploymentMismatch):
        pipeline.new_relayer().step()
    put_back()
    assert rows(pipeline, "SELECT 1 FROM chain_transactions") == []
    pipeline.settle()
    assert pipeline.chain.balance(bob.address) == 100


def test_a_call_that_was_not_heard_once_goes_out_again(pipeline, ann, bob):
    pipeline.settle()
    payment = ann.payment(pipeline.chain.deployment, bob.address, 100)
    put_back = lose_our_code(pipeline.chain)
    pipeline.leave(payment)
    pipeline.carry()
    assert pipeline.calls()[payment.key] == (None, None)
    put_back()
    pipeline.settle()
    assert pipeline.chain.balance(bob.address) == 100
    assert pipeline.calls()[payment.key][1] is None


@pytest.fixture
def small_blocks(pipeline):
    """Sets how much gas a block may use: a node takes no transaction that asks for more."""
    rpc = pipeline.chain.rpc
    usual = rpc.call("eth_getBlockByNumber", ["latest", False])["gasLimit"]
    yield lambda gas: rpc.call("evm_setBlockGasLimit", [hex(gas)])
    rpc.call("evm_setBlockGasLimit", [usual])


def test_a_call_that_no_node_will_ever_take_is_refused_in_the_end(pipeline, ann, bob, small_blocks):
    chain, payment = pipeline.chain, ann.payment(pipeline.chain.deployment, bob.address, 100)
    before = chain.head()
    small_blocks(50_000)  # enough to fill a nonce
    pipeline.leave(payment)
    pipeline.relayer = pipeline.new_relayer(tuning=IMPATIENT)
    for _ in range(MOST_ATTEMPTS + 1):
        wait_for_nothing(pipeline)
        pipeline.settle()
    assert pipeline.calls()[payment.key][1] == "CallReverted"
    assert rows(pipeline, "SELECT count(*) FROM chain_transactions WHERE mined_block IS NULL") == [(0,)]
    assert chain.head() == before + MOST_ATTEMPTS
    assert chain.balance(bob.address) == 0


def test_a_nonce_that_cannot_even_be_filled_is_not_offered_ever_more(pipeline, ann, bob, small_blocks):
    small_blocks(20_000)
    pipeline.leave(ann.payment(pipeline.chain.deployment, bob.address, 100))
    pipeline.relayer = pipeline.new_relayer(tuning=IMPATIENT)
    for _ in range(2 * MOST_VERSIONS):
        pipeline.relayer.step()
    versions = rows(pipeline, "SELECT count(*) FROM chain_sendings GROUP BY transaction_id ORDER BY 1")
    assert max(versions) == (MOST_VERSIONS,)
