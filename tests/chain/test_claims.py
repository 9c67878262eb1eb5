"""A packet's claims keep their order through one sender, and each ends in one share or one reason."""

import time

import pytest
from sqlalchemy import text

from pswallet.chain.outbox import Call, CallKind
from pswallet.chain.relayer import Tuning
from pswallet.chain.signing import escrow_domain
from tests.parts import Person, secret


def claims(pipeline, packet, people=None):
    domain = escrow_domain(pipeline.chain.deployment)
    people = packet.guests if people is None else people
    return [
        packet.claim(person, place if packet.draw_id else None, domain=domain) for place, person in enumerate(people)
    ]


def refusals(pipeline):
    return {key: refusal for key, (_, refusal) in pipeline.calls().items() if refusal}


def claimed(pipeline, packet):
    """The accounts of the packet's shares in the order of their positions, from the chain's log."""
    from pswallet.chain.events import TOPICS, PacketClaimed
    from pswallet.chain.logs import decode
    from pswallet.kit.clock import now

    logs = pipeline.chain.rpc.call(
        "eth_getLogs",
        [
            {
                "fromBlock": "0x0",
                "address": pipeline.chain.deployment.escrow,
                "topics": [TOPICS[PacketClaimed], packet.id],
            }
        ],
    )
    found = [decode(log, now()) for log in logs]
    return [event.account for event in sorted(found, key=lambda event: event.position)]


def test_ten_guests_get_a_share_each_in_the_order_of_their_positions(pipeline, packet):
    pipeline.leave(*claims(pipeline, packet))
    pipeline.settle()
    assert claimed(pipeline, packet) == [guest.address for guest in packet.guests]
    assert sum(pipeline.chain.balance(guest.address) for guest in packet.guests) == packet.terms.total


def test_claims_left_out_of_order_are_dealt_in_order(pipeline, packet):
    for call in reversed(claims(pipeline, packet)):
        pipeline.leave(call)
        pipeline.relayer.step()
    pipeline.settle()
    assert claimed(pipeline, packet) == [guest.address for guest in packet.guests]


def test_claims_in_many_transactions_at_once_keep_their_order(pipeline, packet):
    chain = pipeline.chain
    chain.rpc.call("evm_setAutomine", [False])
    for call in claims(pipeline, packet):
        pipeline.leave(call)
        pipeline.relayer.step()
    chain.rpc.call("evm_setAutomine", [True])
    chain.mine()
    pipeline.settle()
    assert claimed(pipeline, packet) == [guest.address for guest in packet.guests]


def test_several_packets_travel_in_one_transaction(pipeline, ann, guests):
    packets = [pipeline.packet(ann, guests, salt=secret(str(place))) for place in range(6)]
    pipeline.leave(*[packet.creation for packet in packets])
    pipeline.settle()
    pipeline.leave(*[call for packet in packets for call in claims(pipeline, packet)])
    pipeline.relayer.step()
    with pipeline.sessions() as session:
        used = session.execute(
            text("SELECT count(DISTINCT transaction_id), count(*) FROM chain_calls WHERE kind = 'packet-claim'")
        ).one()
    pipeline.settle()
    assert used[0] <= 2  # one for each key
    assert used[1] == 60
    assert all(block for block, _ in pipeline.calls().values())


def test_an_equal_packet_needs_no_dealer(pipeline, ann, guests):
    packet = pipeline.packet(ann, guests, total=1_000, lucky=False)
    pipeline.leave(packet.creation)
    pipeline.settle()
    pipeline.leave(*claims(pipeline, packet))
    pipeline.settle()
    assert {pipeline.chain.balance(guest.address) for guest in guests} == {100}


def test_a_link_packet_is_claimed_with_the_links_signature(pipeline, ann, guests):
    packet = pipeline.packet(ann, (), total=900, shares=3, link_key=secret("link"))
    pipeline.leave(packet.creation)
    pipeline.settle()
    pipeline.leave(*claims(pipeline, packet, guests[:3]))
    pipeline.settle()
    assert sum(pipeline.chain.balance(guest.address) for guest in guests) == 900


def test_an_ineligible_claim_costs_only_itself_and_the_others_move_up(pipeline, packet):
    calls = claims(pipeline, packet)
    bad = Call(calls[3].key, calls[3].kind, {**calls[3].arguments, "evidence": "0x" + "11" * 32}, calls[3].lane)
    pipeline.leave(*calls[:3], bad, *calls[4:])
    pipeline.settle()
    assert refusals(pipeline) == {bad.key: "NotAGuest"}
    others = [guest.address for place, guest in enumerate(packet.guests) if place != 3]
    assert claimed(pipeline, packet) == others


def test_later_transactions_of_a_packet_go_out_again_after_an_ineligible_claim(pipeline, packet):
    chain = pipeline.chain
    calls = claims(pipeline, packet)
    bad = Call(calls[0].key, calls[0].kind, {**calls[0].arguments, "evidence": "0x"}, calls[0].lane)
    chain.rpc.call("evm_setAutomine", [False])
    for part in ([bad, *calls[1:4]], calls[4:7], calls[7:]):
        pipeline.leave(*part)
        pipeline.relayer.step()
    chain.rpc.call("evm_setAutomine", [True])
    chain.mine()
    pipeline.settle()
    assert refusals(pipeline) == {bad.key: "NotAGuest"}
    assert claimed(pipeline, packet) == [guest.address for guest in packet.guests[1:]]


def test_claims_that_the_gas_did_not_reach_go_out_again(pipeline, ann, monkeypatch):
    from pswallet.chain import packing

    guests = tuple(Person(f"many {place}") for place in range(40))
    pipeline.chain.register(*guests)
    packet = pipeline.packet(ann, guests)
    pipeline.leave(packet.creation)
    pipeline.settle()
    monkeypatch.setattr(packing, "_CLAIM_GAS", 8_000)  # far too little
    pipeline.leave(*claims(pipeline, packet))
    pipeline.settle()
    assert not refusals(pipeline)
    assert claimed(pipeline, packet) == [guest.address for guest in guests]


def test_a_claim_past_the_last_share_is_refused(pipeline, ann, guests):
    packet = pipeline.packet(ann, (), total=900, shares=2, link_key=secret("link"))
    pipeline.leave(packet.creation)
    pipeline.settle()
    calls = claims(pipeline, packet, guests[:3])
    pipeline.leave(*calls)
    pipeline.settle()
    assert refusals(pipeline) == {calls[2].key: "PacketNotOpen"}


def test_a_claim_after_the_expiry_is_refused(pipeline, packet):
    pipeline.chain.move_time(24 * 3600)
    (call, *_) = claims(pipeline, packet)
    pipeline.leave(call)
    pipeline.settle()
    assert refusals(pipeline) == {call.key: "PacketExpired"}


def test_a_share_that_cannot_be_paid_is_owed_and_collected(pipeline, packet):
    first = packet.guests[0]
    pipeline.chain.token(pipeline.chain.keys.compliance, "freeze", [first.address])
    pipeline.leave(claims(pipeline, packet)[0])
    pipeline.settle()
    assert not refusals(pipeline)
    assert pipeline.chain.balance(first.address) == 0
    pipeline.chain.token(pipeline.chain.keys.compliance, "unfreeze", [first.address])
    pipeline.leave(
        Call(
            f"packet-collect:{packet.id}:{first.address}",
            CallKind.PACKET_COLLECT,
            {"packet": packet.id, "account": first.address},
        )
    )
    pipeline.settle()
    assert pipeline.chain.balance(first.address) > 0


def test_claims_wait_while_the_creator_is_frozen(pipeline, packet, ann):
    chain = pipeline.chain
    chain.token(chain.keys.compliance, "freeze", [ann.address])
    pipeline.leave(*claims(pipeline, packet))
    pipeline.settle()
    assert not refusals(pipeline)
    chain.token(chain.keys.compliance, "unfreeze", [ann.address])
    with pipeline.sessions.begin() as session:
        session.execute(text("UPDATE chain_calls SET retry_at = now() WHERE settled_block IS NULL"))
    pipeline.settle()
    assert claimed(pipeline, packet) == [guest.address for guest in packet.guests]


def test_claims_wait_while_payments_are_paused(pipeline, packet):
    chain = pipeline.chain
    chain.token(chain.keys.pauser, "pause")
    pipeline.leave(*claims(pipeline, packet))
    pipeline.settle()
    assert not refusals(pipeline)
    chain.token(chain.keys.unpauser, "unpause")
    with pipeline.sessions.begin() as session:
        session.execute(text("UPDATE chain_calls SET retry_at = now() WHERE settled_block IS NULL"))
    pipeline.settle()
    assert claimed(pipeline, packet) == [guest.address for guest in packet.guests]


def refund_of(packet):
    return Call(f"packet-refund:{packet.id}", CallKind.PACKET_REFUND, {"packet": packet.id})


def test_what_is_left_goes_back_after_the_expiry(pipeline, packet, ann):
    before = pipeline.chain.balance(ann.address)
    pipeline.leave(*claims(pipeline, packet)[:4])
    pipeline.settle()
    pipeline.chain.move_time(24 * 3600)
    pipeline.leave(refund_of(packet))
    pipeline.settle()
    given = sum(pipeline.chain.balance(guest.address) for guest in packet.guests)
    assert pipeline.chain.balance(ann.address) == before + packet.terms.total - given


def test_a_refund_before_the_expiry_is_refused(pipeline, packet):
    pipeline.leave(refund_of(packet))
    pipeline.settle()
    assert refusals(pipeline) == {f"packet-refund:{packet.id}": "PacketNotExpired"}


def test_a_refund_that_a_stranger_made_is_settled_by_its_event(pipeline, packet):
    from pswallet.chain import calldata

    pipeline.chain.move_time(24 * 3600)
    pipeline.chain.transact(secret("stranger"), pipeline.chain.deployment.escrow, calldata.refund_packet(packet.terms))
    pipeline.settle()
    pipeline.leave(refund_of(packet))
    pipeline.settle()
    assert not refusals(pipeline)


@pytest.mark.parametrize("change", [{"total": 8_889}, {"salt": "0x" + "77" * 32}])
def test_a_packet_whose_terms_were_changed_is_refused(pipeline, ann, guests, change):
    packet = pipeline.packet(ann, guests)
    terms = {**packet.creation.arguments["terms"], **change}
    pipeline.leave(Call(packet.creation.key, packet.creation.kind, {**packet.creation.arguments, "terms": terms}))
    pipeline.settle()
    assert refusals(pipeline) == {packet.creation.key: "SignatureInvalid"}


def test_a_wrong_dealers_claims_are_refused_in_the_end(pipeline, packet):
    pipeline.dealer._key = secret("another dealer")
    pipeline.relayer = pipeline.new_relayer(tuning=Tuning(tend_every_s=0.0))
    (call, *_) = claims(pipeline, packet)
    pipeline.leave(call)
    for _ in range(12):
        pipeline.settle()
        with pipeline.sessions.begin() as session:
            session.execute(text("UPDATE chain_calls SET retry_at = NULL WHERE settled_block IS NULL"))
    assert refusals(pipeline) == {call.key: "DealerSignatureInvalid"}


def set_attempts(pipeline, attempts):
    with pipeline.sessions.begin() as session:
        session.execute(
            text("UPDATE chain_calls SET attempts = :n, retry_at = NULL WHERE settled_block IS NULL"), {"n": attempts}
        )


@pytest.mark.parametrize(("attempts", "refused"), [(9, False), (10, True)])
def test_tries_that_somebody_spoiled_by_moving_the_packet_do_not_count(pipeline, packet, attempts, refused):
    """Three shares are drawn, so three of the tries may have met a false position."""
    calls = claims(pipeline, packet)
    pipeline.leave(*calls[:3])
    pipeline.settle()
    pipeline.dealer._key = secret("another dealer")
    pipeline.leave(calls[3])
    set_attempts(pipeline, attempts)
    pipeline.carry()
    assert bool(refusals(pipeline)) is refused


def test_waiting_for_a_frozen_creator_counts_no_tries(pipeline, packet, ann):
    pipeline.chain.token(pipeline.chain.keys.compliance, "freeze", [ann.address])
    (call, *_) = claims(pipeline, packet)
    pipeline.leave(call)
    for _ in range(2):
        pipeline.settle()
        with pipeline.sessions.begin() as session:
            left = session.execute(text("SELECT attempts FROM chain_calls WHERE key = :key"), {"key": call.key})
            assert left.scalar_one() == 0
            session.execute(text("UPDATE chain_calls SET retry_at = now() WHERE settled_block IS NULL"))


def test_two_relayers_with_keys_of_their_own_share_the_work_and_keep_the_order(pipeline, ann, guests):
    import threading
    from dataclasses import replace

    from pswallet.chain.relayer import Relayer

    packets = [pipeline.packet(ann, guests, salt=secret(f"shared {place}")) for place in range(8)]
    pipeline.leave(*[packet.creation for packet in packets])
    pipeline.settle()
    chain = pipeline.chain
    stop = threading.Event()
    relayers = [
        Relayer(
            chain.rpc,
            pipeline.sessions,
            replace(chain.keys, relayers=[key]),
            chain.deployment,
            pipeline.packets,
            pipeline.dealer,
        )
        for key in chain.keys.relayers
    ]
    threads = [threading.Thread(target=relayer.run, args=(stop,)) for relayer in relayers]
    for thread in threads:
        thread.start()
    try:
        for calls in zip(*[claims(pipeline, packet) for packet in packets], strict=True):
            pipeline.leave(*calls)
            pipeline.indexer.step()
        deadline = time.monotonic() + 30
        while pipeline._unfinished() and time.monotonic() < deadline:
            pipeline.indexer.step()
    finally:
        stop.set()
        for thread in threads:
            thread.join()
    assert not refusals(pipeline)
    for packet in packets:
        assert claimed(pipeline, packet) == [guest.address for guest in guests]
