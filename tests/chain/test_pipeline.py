"""Calls go down, facts come up: each call ends in exactly one event or one refusal."""

from pswallet.kit.db import transaction
from pswallet.chain.outbox import Call, CallKind, enqueue
from tests.parts import Person


def test_a_signed_payment_moves_money_once(pipeline):
    ann, bob = Person("ann"), Person("bob")
    pipeline.chain.register(ann, bob)
    pipeline.chain.fund(ann, fen=10_000)
    payment = ann.payment(pipeline.chain.deployment, bob.address, 2_500)
    pipeline.leave(payment)
    pipeline.leave(payment)
    pipeline.settle()
    assert pipeline.chain.balance(bob.address) == 2_500
    assert pipeline.calls()[payment.key][0] is not None
    assert pipeline.calls()[payment.key][1] is None


def test_a_lucky_packet_pays_each_guest_once(pipeline):
    creator = Person("creator")
    guests = tuple(Person(f"guest {n}") for n in range(10))
    pipeline.chain.register(creator, *guests)
    pipeline.chain.fund(creator, fen=10_000)
    packet = pipeline.packet(creator, guests, total=8_888)
    pipeline.leave(packet.creation)
    pipeline.settle()
    domain = pipeline.dealer._domain
    pipeline.leave(*[packet.claim(g, n, domain=domain) for n, g in enumerate(guests)])
    pipeline.settle()
    assert all(block is not None and refusal is None for block, refusal in pipeline.calls().values()), pipeline.calls()
    assert sum(pipeline.chain.balance(g.address) for g in guests) == 8_888
