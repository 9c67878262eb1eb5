"""A call's end is decided block by block: reading many blocks at once, as a rebuild does, decides nothing else."""

import pytest
from sqlalchemy import text

from pswallet.chain import calldata
from pswallet.chain.outbox import Call, CallKind
from pswallet.chain.relayer import Tuning
from pswallet.chain.rpc import Rpc
from pswallet.chain.signing import escrow_domain
from tests.audit.liar import Refused, lying
from tests.parts import secret
from tests.rebuilds import assert_equal_to_a_rebuild

DAY_S = 24 * 3600


def attempts(pipeline, call):
    with pipeline.sessions() as session:
        query = text("SELECT attempts FROM chain_calls WHERE key = :key")
        return session.execute(query, {"key": call.key}).scalar_one()


def token(pipeline, role, function, *arguments):
    receipt = pipeline.chain.token(getattr(pipeline.chain.keys, role), function, *arguments)
    assert int(receipt["status"], 16) == 1


def again(call, number=1):
    """The same call, left again after a refusal."""
    return Call(f"{call.key}:{number}", call.kind, call.arguments, lane=call.lane)


def test_a_payment_that_was_refused_and_carried_later_stays_refused(pipeline, ann, bob):
    payment = ann.payment(pipeline.chain.deployment, bob.address, 150_000)
    pipeline.leave(payment)
    pipeline.settle()
    pipeline.chain.fund(ann, fen=100_000)
    data = calldata.transfer_with_authorization(payment.arguments)
    pipeline.chain.transact(secret("anybody"), pipeline.chain.deployment.stablecoin, data)
    pipeline.settle()
    assert pipeline.calls()[payment.key][1] == "BalanceInsufficient"
    assert pipeline.chain.balance(bob.address) == 150_000
    assert_equal_to_a_rebuild(pipeline)


def test_a_mint_left_again_is_done_at_once(pipeline, bob):
    entry = "0x" + "ab" * 32
    mint = Call(f"mint:{entry}", CallKind.MINT, {"to": bob.address, "value": 700, "entry": entry})
    token(pipeline, "reserve", "attestReserve", 10**9)
    token(pipeline, "compliance", "freeze", [bob.address])
    pipeline.leave(mint)
    pipeline.settle()
    assert pipeline.calls()[mint.key][1] == "RecipientIsFrozen"
    token(pipeline, "compliance", "unfreeze", [bob.address])
    pipeline.leave(again(mint))
    pipeline.settle()
    assert attempts(pipeline, again(mint)) == 1
    assert pipeline.chain.balance(bob.address) == 700
    assert_equal_to_a_rebuild(pipeline)


def test_a_refund_left_again_is_done_at_once(pipeline, packet):
    refund = Call(f"packet-refund:{packet.id}", CallKind.PACKET_REFUND, {"packet": packet.id}, lane=packet.id)
    pipeline.leave(refund)
    pipeline.settle()
    assert pipeline.calls()[refund.key][1] == "PacketNotExpired"
    pipeline.chain.move_time(DAY_S)
    pipeline.leave(again(refund))
    pipeline.settle()
    assert attempts(pipeline, again(refund)) == 1
    assert pipeline.calls()[again(refund).key][1] is None
    assert_equal_to_a_rebuild(pipeline)


def test_a_collection_left_again_is_done_at_once(pipeline, packet, guests):
    guest = guests[0]
    asked = {"packet": packet.id, "account": guest.address}
    collect = Call(f"packet-collect:{packet.id}:{guest.address}", CallKind.PACKET_COLLECT, asked, lane=packet.id)
    token(pipeline, "compliance", "freeze", [guest.address])
    pipeline.leave(packet.claim(guest, 0, domain=escrow_domain(pipeline.chain.deployment)))
    pipeline.settle()
    pipeline.leave(collect)
    pipeline.settle()
    assert pipeline.calls()[collect.key][1] == "RecipientIsFrozen"
    token(pipeline, "compliance", "unfreeze", [guest.address])
    pipeline.leave(again(collect))
    pipeline.settle()
    assert attempts(pipeline, again(collect)) == 1
    assert pipeline.chain.balance(guest.address) > 0
    assert_equal_to_a_rebuild(pipeline)


def test_a_claim_that_used_up_its_tries_stays_refused(pipeline, packet, guests):
    domain = escrow_domain(pipeline.chain.deployment)
    ours, pipeline.dealer._key = pipeline.dealer._key, secret("another dealer")
    first, second = (packet.claim(guests[place], place, domain=domain) for place in range(2))
    pipeline.leave(first)
    for _ in range(12):
        pipeline.settle()
        with pipeline.sessions.begin() as session:
            session.execute(text("UPDATE chain_calls SET retry_at = NULL WHERE settled_block IS NULL"))
    assert pipeline.calls()[first.key][1] == "DealerSignatureInvalid"
    pipeline.dealer._key = ours
    pipeline.leave(second)
    pipeline.settle()
    assert pipeline.chain.balance(guests[1].address) > 0
    assert_equal_to_a_rebuild(pipeline)


@pytest.mark.parametrize("carried", [True, False])
def test_a_node_that_reads_few_blocks_at_once_does_not_stop_the_indexer(pipeline, ann, bob, carried):
    """The evidence for a nonce that was used already is looked for from the newest block back."""
    payment = ann.payment(pipeline.chain.deployment, bob.address, 700, nonce=secret("one nonce"))
    other = payment if carried else ann.payment(pipeline.chain.deployment, ann.address, 1, nonce=secret("one nonce"))
    data = calldata.transfer_with_authorization(other.arguments)
    pipeline.chain.transact(secret("anybody"), pipeline.chain.deployment.stablecoin, data)
    pipeline.chain.mine(30)
    pipeline.settle()
    ours = pipeline.chain.rpc

    def lie(request, result):
        if request["method"] == "eth_getLogs" and "fromBlock" in request["params"][0]:
            asked = request["params"][0]
            if int(asked["toBlock"], 16) - int(asked["fromBlock"], 16) >= 7:
                raise Refused("block range too large")
        return result

    with lying(ours.url, lie) as url, Rpc(url) as limited:
        pipeline.chain.rpc = limited
        pipeline.indexer = pipeline.new_indexer()
        pipeline.chain.rpc = ours
        pipeline.relayer = pipeline.new_relayer(tuning=Tuning(gather_s=0.0))
        pipeline.leave(payment)
        pipeline.settle()
    assert pipeline.calls()[payment.key][1] == (None if carried else "AuthorizationAlreadyUsed")
