"""A statement: opening + in - out = closing, whatever happened, and one month begins where the last one ended."""

from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any, NamedTuple

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text
from sqlalchemy.orm import Session

from pswallet.chain.events import Transfer
from pswallet.kit.clock import SHANGHAI
from pswallet.kit.db import Sessions
from pswallet.payments import service
from pswallet.payments.projection import on_transfers
from pswallet.payments.rules import ZERO_ADDRESS
from pswallet.payments.service import Period, Statement
from pswallet.payments.service.customers import has_paid
from pswallet.redpackets import service as redpackets
from tests.audit.city import City
from tests.audit.shops import Shops
from tests.features.fair import Fair
from tests.features.money import Town
from tests.parts import DAY_S, Person

PEOPLE = ["0x70997970C51812dc3A010C7d01b50e0d17dc79C8", "0x3C44CdDdB6a900fa2b585dd299e03d12FA4293BC", "0x" + "11" * 20]
BANK = ZERO_ADDRESS
ALWAYS = Period(datetime(2000, 1, 1, tzinfo=UTC), datetime(2999, 1, 1, tzinfo=UTC))
BEGIN = datetime(2026, 11, 1, tzinfo=SHANGHAI)


class Act(NamedTuple):
    """Somebody (or the bank) pays somebody (or the bank), some time after the act before."""

    payer: str
    payee: str
    fen: int
    after: timedelta


ACTS = st.builds(
    Act,
    payer=st.sampled_from([BANK, *PEOPLE]),
    payee=st.sampled_from([BANK, *PEOPLE]),
    fen=st.integers(1, 10_000),
    after=st.sampled_from(
        [timedelta(0), timedelta(seconds=1), timedelta(hours=7), timedelta(days=1), timedelta(days=12)]
    ),
)


def happen(session: Session, acts: list[Act]) -> list[Transfer]:
    """Write what `acts` become on the chain, those at one time in one block, nobody paying more than they have."""
    purses: Counter[str] = Counter()
    events: list[Transfer] = []
    now, block = BEGIN, 0
    for act in acts:
        now, block = now + act.after, block + (act.after > timedelta(0))
        fen = act.fen if act.payer == BANK else min(act.fen, purses[act.payer])
        if fen == 0 or act.payer == act.payee == BANK:
            continue
        purses.update({act.payer: -fen})
        purses.update({act.payee: fen})
        events.append(transfer(act.payer, act.payee, fen, block=block, place=len(events), at=now))
    on_transfers(session, events)
    return events


def transfer(payer: str, payee: str, fen: int, *, at: datetime, block: int = 1, place: int = 0) -> Transfer:
    where: dict[str, Any] = {"transaction": "0x00", "contract": "0x00", "block_time": at.astimezone(UTC)}
    return Transfer(block=block, log_index=place, sender=payer, recipient=payee, value=fen, **where)


def months(up_to: datetime) -> list[Period]:
    """The months of Asia/Shanghai from November 2026 to that of `up_to`, and the next."""
    firsts = [datetime(2026 + number // 12, number % 12 + 1, 1, tzinfo=SHANGHAI) for number in range(10, 34)]
    found = [Period(*pair) for pair in pairwise(firsts)]
    return [month for place, month in enumerate(found) if place == 0 or found[place - 1].start <= up_to]


def adds_up(found: Statement) -> bool:
    return found.opening_fen + found.in_fen - found.out_fen == found.closing_fen


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(acts=st.lists(ACTS, max_size=20))
def test_opening_and_in_less_out_is_closing_and_one_month_begins_where_another_ends(
    sessions: Sessions, acts: list[Act]
) -> None:
    with sessions() as session:
        happened = happen(session, acts)
        for person in PEOPLE:
            closing = 0
            for month in months(happened[-1].block_time if happened else BEGIN):
                found = service.statement(session, person, period=month)
                assert adds_up(found)
                assert found.opening_fen == closing
                closing = found.closing_fen
                assert closing == held(happened, person, before=month.end)
                lines = service.lines_of(session, person, period=month, after=(0, 0, -1), limit=100)
                assert sum(line.amount_fen for line in lines) == found.in_fen - found.out_fen
                assert all(month.start <= line.at < month.end for line in lines)
                assert found.in_fen == sum(line.amount_fen for line in lines if line.amount_fen > 0)
            assert closing == service.balances(session, [person])[person]
            whole = service.statement(session, person, period=ALWAYS)
            assert (whole.opening_fen, whole.closing_fen) == (0, closing)


def held(events: list[Transfer], person: str, *, before: datetime) -> int:
    """What `person` held, counted from the chain's events alone."""
    told = [event for event in events if event.block_time < before]
    came = sum(event.value for event in told if event.recipient == person)
    return came - sum(event.value for event in told if event.sender == person)


@pytest.mark.parametrize(("late_s", "november"), [(-1, 7), (0, 0)])
def test_a_month_ends_at_midnight_of_shanghai(sessions: Sessions, late_s: int, november: int) -> None:
    midnight = datetime(2026, 12, 1, tzinfo=SHANGHAI)
    with sessions() as session:
        on_transfers(session, [transfer(BANK, PEOPLE[0], 7, at=midnight + timedelta(seconds=late_s))])
        found = [service.statement(session, PEOPLE[0], period=month) for month in months(midnight)[:2]]
    assert [one.in_fen for one in found] == [november, 7 - november]
    assert [(one.opening_fen, one.closing_fen) for one in found] == [(0, november), (november, 7)]


def test_who_never_held_anything_has_a_statement_of_noughts(sessions: Sessions) -> None:
    with sessions() as session:
        found = service.statement(session, PEOPLE[0], period=ALWAYS)
    assert found == Statement(opening_fen=0, in_fen=0, out_fen=0, closing_fen=0, last=None)


def test_every_kind_of_movement_on_the_chain_is_counted(town: Town) -> None:
    """Mint, transfer, packet, claim, owed and collected share, refund (returnTo), redeem; a replaced account."""
    creator, an, bo = town.people("creator", "an", "bo")
    (full,) = town.people("full", tier=1, fen=100_000)
    chain = town.pipeline.chain
    town.pay(an, bo, 1_280)
    town.pay(bo, bo, 5)
    packet = town.give(creator, [an, full, bo], total=999)
    town.open(packet, an, full)
    town.settle()
    town.pay(full, an, 10_000)  # room for the owed share
    town.settle()
    town.run(lambda session: redpackets.collect(session, packet, full.address, now=town.now))
    City(chain).redeem(an, 700)
    town.settle()
    town.pass_time(DAY_S)
    town.run(lambda session: redpackets.refund(session, packet, now=town.now))
    town.settle()
    successor = Person("new phone of bo")
    chain.token(chain.keys.compliance, "replaceAccount", bo.address, successor.address)
    town.settle()
    seen: Counter[str] = Counter()
    for person in (creator, an, bo, full, successor):
        found, lines = town.run(lambda session, who=person.address: statement_of(session, who))
        seen.update(kinds(town, lines))
        assert adds_up(found)
        assert (found.opening_fen, found.closing_fen) == (0, chain.balance(person.address))
        assert sum(line.amount_fen for line in lines) == found.closing_fen
    assert seen == {
        "mint": 4,
        "transfer": 6,  # two sides each, also of what bo paid to bo
        "packet-given": 1,
        "share-claimed": 1,
        "share-collected": 1,
        "packet-refunded": 1,
        "redeem": 1,
    }


def test_orders_with_vouchers_and_budgets_and_their_refunds_are_counted(town: Town) -> None:
    """Of payer, merchant, sponsor and both contracts: both kinds of orders, refunds of each, a campaign to its end."""
    an, bo = town.people("an", "bo")
    shops = Shops(Fair(town))
    fair = shops.fair
    terms = fair.opened()
    fair.give(terms, (an, 1))
    order = fair.order(terms, an, 2_000, own=2_000, amount=4_500)
    order = replace(order, parts=(*order.parts, shops.part(500)))
    shops.pay(order, an, terms)
    shops.refund(order, 700, terms=terms)
    plain = town.order(fair.tea_house, bo, 30_000)
    town.give_back(fair.tea_house, plain, bo, 10_000)
    town.pass_time(DAY_S)
    shops.refund(order, 3_800, number=1, terms=terms)
    fair.close(terms)
    town.settle()
    chain = town.pipeline.chain
    told: dict[str, list[str | None]] = {}
    for who in (an.address, bo.address, fair.tea_house.address, fair.sponsor.address, *contracts(chain.deployment)):
        found, lines = town.run(lambda session, who=who: statement_of(session, who))
        assert adds_up(found)
        assert (found.opening_fen, found.closing_fen) == (0, chain.balance(who))
        assert sum(line.amount_fen for line in lines) == found.closing_fen
        told[who] = [line.reference for line in lines]
    assert told[an.address] == [None, order.reference, order.reference, order.reference]
    assert told[bo.address] == [None, plain.reference, plain.reference]
    assert set(told[fair.tea_house.address]) == {order.reference, plain.reference}
    assert [chain.balance(one) for one in contracts(chain.deployment)] == [0, 0]


def contracts(deployment: Any) -> tuple[str, str]:
    return deployment.checkout, deployment.voucher


def statement_of(session: Session, address: str) -> tuple[Statement, list[service.Line]]:
    lines = service.lines_of(session, address, period=ALWAYS, after=(0, 0, -1), limit=100)
    return service.statement(session, address, period=ALWAYS), lines


def kinds(town: Town, lines: list[service.Line]) -> list[str]:
    behind = town.run(lambda session: redpackets.packets_behind(session, [line.place[:2] for line in lines]))
    return [behind.get(line.place[:2], (line.kind, ""))[0] for line in lines]


_ENTRIES = text(
    "INSERT INTO entries (account, block, log_index, leg, kind, counterparty, delta_fen, balance_after_fen,"
    " sent_today_fen, sent_this_year_fen, sent_ever_fen, at) SELECT 'shop', n, 0, 1, 'transfer', 'customer ' || n,"
    " 1, 1, 0, 0, 0, now() FROM generate_series(1, 5000) AS n"
)


def test_who_has_paid_a_merchant_is_looked_up_and_not_searched_for(sessions: Sessions) -> None:
    """Each payment that a merchant makes asks for it: of a hundred thousand customers it took 30 ms a payment."""
    with sessions() as session:  # and nothing of it stays
        session.execute(_ENTRIES)
        session.execute(text("ANALYZE entries"))
        asked = f"EXPLAIN SELECT FROM entries e WHERE e.account = 'shop' AND e.leg = 0 AND {has_paid('e')}"
        plan = "\n".join(session.execute(text(asked)).scalars())
        assert "ix_entries_paid" in plan, plan
