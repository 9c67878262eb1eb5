"""Orders that many tills open at once: one statement a table, each gets its own answer, a repeat is the same order."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy.orm import Session

from pswallet.accounts.errors import ValueTooLarge, ZeroAmount
from pswallet.chain.signing import token_domain
from pswallet.kit.clock import from_unix
from pswallet.kit.db import transaction
from pswallet.kit.money import MAX_FEN, Fen
from pswallet.kit.problems import Problem
from pswallet.merchants.errors import NotAMerchant
from pswallet.payments.errors import OrderReferenceReused
from pswallet.payments.service import OpenOrder, OrderView, open_orders
from tests.locks import until_they_wait
from tests.parts import Person, Pipeline

TEA, NOODLES, ANN = Person("tea"), Person("noodles"), Person("ann")


@pytest.fixture(autouse=True)
def street(pipeline: Pipeline) -> None:
    pipeline.chain.register(TEA, NOODLES, tier=5)
    pipeline.chain.register(ANN)
    pipeline.settle()


def asked(merchant: Person, reference: str, fen: int = 500) -> OpenOrder:
    return OpenOrder(
        merchant=merchant.address, till="T01", reference=reference, amount_fen=Fen(fen), expires_in=timedelta(minutes=2)
    )


def opened(pipeline: Pipeline, *commands: OpenOrder) -> list[OrderView | Problem]:
    with transaction(pipeline.sessions) as session:
        return opened_in(session, pipeline, *commands)


def opened_in(session: Session, pipeline: Pipeline, *commands: OpenOrder) -> list[OrderView | Problem]:
    domain = token_domain(pipeline.chain.deployment)
    return open_orders(session, commands, domain=domain, now=from_unix(pipeline.chain.now()))


def test_each_of_a_list_gets_its_own_order_in_the_lists_order(pipeline: Pipeline) -> None:
    found = opened(pipeline, asked(TEA, "1", 100), asked(NOODLES, "1", 200), asked(TEA, "2", 300))
    assert [(one.merchant, one.reference, one.amount_fen) for one in found if isinstance(one, OrderView)] == [
        (TEA.address, "1", 100), (NOODLES.address, "1", 200), (TEA.address, "2", 300),
    ]  # fmt: skip
    assert len({one.hash for one in found if isinstance(one, OrderView)}) == 3


def test_two_of_one_list_with_the_same_number_are_one_order_and_a_later_one_too(pipeline: Pipeline) -> None:
    first, twin = opened(pipeline, asked(TEA, "1"), asked(TEA, "1"))
    assert first == twin == opened(pipeline, asked(TEA, "1"))[0]


def test_a_refusal_stands_in_its_commands_place_and_holds_nobody_up(pipeline: Pipeline) -> None:
    found = opened(
        pipeline,
        asked(ANN, "1"), asked(TEA, "1"), asked(TEA, "1", 501), asked(TEA, "2", 0), asked(TEA, "3", MAX_FEN + 1),
        asked(NOODLES, "9"),
    )  # fmt: skip
    kinds = [NotAMerchant, OrderView, OrderReferenceReused, ZeroAmount, ValueTooLarge, OrderView]
    assert [type(one) for one in found] == kinds


def test_two_processes_that_open_the_same_numbers_do_not_wait_for_each_other(pipeline: Pipeline) -> None:
    """Whatever order they came in: else the database would end one of them, and refuse all who are in its group."""
    with ThreadPoolExecutor(1) as process, transaction(pipeline.sessions) as here:
        opened_in(here, pipeline, asked(TEA, "1"))
        other = process.submit(opened, pipeline, asked(TEA, "2"), asked(TEA, "1"))
        until_they_wait(pipeline.sessions, other)
        mine = opened_in(here, pipeline, asked(TEA, "2"))  # the other waits for 1, and has not taken 2 before
        here.commit()
        assert other.result()[0] == mine[0]
