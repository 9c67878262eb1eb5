"""The worker: expired packets go back, attestations stay fresh, one leader at a time, outages are waited for."""

import threading

import pytest
from sqlalchemy import text
from sqlalchemy.exc import OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from pswallet import schedule
from pswallet.bank import service as bank
from pswallet.schedule import Schedule
from tests.features.fair import Fair
from tests.features.money import Town
from tests.parts import DAY_S


def test_a_packet_goes_back_ten_minutes_after_its_expiry_and_not_a_second_before(town: Town) -> None:
    creator, an = town.people("creator", "an")
    packet = town.give(creator, [an], total=1_000)
    worker = Schedule(town.pipeline.sessions)
    expiry = int(town.packet(packet).expires_at.timestamp())
    chain = town.pipeline.chain

    chain.rpc.call("evm_setNextBlockTimestamp", [expiry + 599])
    chain.mine()
    town.settle()
    assert worker.step() == 0
    chain.rpc.call("evm_setNextBlockTimestamp", [expiry + 600])
    chain.mine()
    town.settle()
    assert worker.step() == 1
    town.settle()
    assert town.packet(packet).status == "refunded"
    assert town.balance(creator) == 100_000
    assert worker.step() == 0


def test_a_campaign_goes_back_ten_minutes_after_its_end_and_not_a_second_before(town: Town) -> None:
    fair = Fair(town)
    terms = fair.opened()
    worker = Schedule(town.pipeline.sessions)
    chain = town.pipeline.chain
    for second, left in ((terms.end + 599, 0), (terms.end + 600, 1)):
        chain.rpc.call("evm_setNextBlockTimestamp", [second])
        chain.mine()
        town.settle()
        assert worker.step() == left
    town.settle()
    assert fair.view(terms).status == "closed"
    assert town.balance(fair.sponsor) == 1_000_000
    assert worker.step() == 0


def test_a_campaign_that_was_spent_to_the_last_fen_is_left_alone(town: Town) -> None:
    fair = Fair(town)
    (an,) = town.people("an")
    terms = fair.opened(budget=2_000)
    fair.give(terms, (an, 1))
    fair.pay(terms, fair.order(terms, an, 2_000), an)
    town.pass_time(DAY_S + 600)
    assert fair.state(terms) == (0, 0)
    assert Schedule(town.pipeline.sessions).step() == 0


def test_a_campaign_to_which_a_refund_brought_something_back_is_closed(town: Town) -> None:
    fair = Fair(town)
    (an,) = town.people("an")
    terms = fair.opened(budget=2_000)
    fair.give(terms, (an, 1))
    order = fair.order(terms, an, 2_000)
    fair.pay(terms, order, an)
    fair.refund(terms, order, 300)
    town.pass_time(DAY_S + 600)
    assert fair.state(terms) == (0, 300)
    assert Schedule(town.pipeline.sessions).step() == 1


def test_a_strangers_refund_comes_first_and_the_worker_does_nothing(town: Town) -> None:
    from pswallet.redpackets import service

    creator, an = town.people("creator", "an")
    packet = town.give(creator, [an], total=1_000)
    town.pass_time(DAY_S)
    town.run(lambda session: service.refund(session, packet, now=town.now))
    town.settle()
    town.pass_time(600)
    assert Schedule(town.pipeline.sessions).step() == 0


def test_an_emptied_packet_is_left_alone_and_one_that_owes_is_not(town: Town) -> None:
    creator, an = town.people("creator", "an")
    (full,) = town.people("full", tier=1, fen=100_000)
    emptied = town.give(creator, [an], total=100)
    owing = town.give(creator, [full], total=200)
    town.open(emptied, an)
    town.open(owing, full)
    town.settle()
    town.pass_time(DAY_S + 600)
    assert Schedule(town.pipeline.sessions).step() == 1
    town.settle()
    assert town.packet(emptied).status == "exhausted"
    assert town.packet(owing).status == "refunded"


def test_a_refund_that_was_asked_for_is_not_asked_for_twice(town: Town) -> None:
    creator, an = town.people("creator", "an")
    town.give(creator, [an], total=100)
    town.pass_time(DAY_S + 600)
    worker = Schedule(town.pipeline.sessions)
    worker.step()
    worker.step()
    assert len([key for key in town.pipeline.calls() if key.startswith("packet-refund")]) == 1


def test_the_reserve_is_attested_and_money_issued(town: Town) -> None:
    (ping,) = town.people("ping", fen=0)
    town.run(
        lambda session: bank.record_entry(
            session,
            entry_id="BANK-1",
            account=ping.address,
            amount=700,  # type: ignore[arg-type]
            now=town.now,
        )
    )
    worker = Schedule(town.pipeline.sessions)
    for _ in range(2):
        worker.step()
        town.settle()
    assert town.balance(ping) == 700


def test_two_workers_do_not_work_at_once(town: Town) -> None:
    creator, an = town.people("creator", "an")
    town.give(creator, [an], total=100)
    town.pass_time(DAY_S + 600)
    with town.pipeline.sessions() as other:
        other.execute(text(f"SELECT pg_advisory_xact_lock({schedule.LEADER})"))
        assert Schedule(town.pipeline.sessions).step() == 0
    assert Schedule(town.pipeline.sessions).step() == 1


@pytest.mark.parametrize(
    "outage", [OperationalError("SELECT 1", None, Exception("away")), PoolTimeout("no connection")]
)
def test_an_outage_is_waited_for(outage: Exception) -> None:
    stop = threading.Event()
    tries: list[int] = []

    def step() -> int:
        tries.append(1)
        if len(tries) == 3:
            stop.set()
        raise outage

    schedule.repeat(step, stop, every_s=0)
    assert len(tries) == 3
