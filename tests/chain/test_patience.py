"""What nobody can answer now holds nothing else back: unknown packets, a node's no, company that cannot be carried."""

from sqlalchemy import text

from pswallet.chain.outbox import Call, CallKind


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
