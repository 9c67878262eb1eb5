"""Earned on the event and never before it, gone with it, back with it: points over reorganisations and rebuilds.

A shop's orders stand in for those of the gateway: whoever pays the shop has paid an order, whom it pays back is
refunded. The events are real, and so is the indexer that tells of them and takes them back.
"""

from collections.abc import Sequence
from datetime import timedelta

import pytest
from sqlalchemy.orm import Session

from pswallet.chain.events import Transfer
from pswallet.chain.indexer import Indexer
from pswallet.points import projection, service
from pswallet.points.rules import PaidOrder, RefundedOrder
from pswallet.subscriptions import PROJECTIONS
from tests.features.money import Town
from tests.parts import Person
from tests.rebuilds import assert_equal_to_a_rebuild

SHOP = Person("shop")
HOUR = timedelta(hours=1)


def on_transfers(session: Session, events: Sequence[Transfer]) -> None:
    """One payment of a person to the shop is an order named after its payer; what the shop sends is its refund."""
    projection.on_order_paid(session, [paid(event) for event in events if event.recipient == SHOP.address])
    projection.on_order_refunded(session, [refunded(event) for event in events if event.sender == SHOP.address])


def paid(event: Transfer) -> PaidOrder:
    return PaidOrder(
        account=event.sender,
        order=f"order of {event.sender}",
        amount_fen=event.value,
        own_fen=event.value,
        points=0,
        at=event.block_time,
        block=event.block,
        log_index=event.log_index,
    )


def refunded(event: Transfer) -> RefundedOrder:
    return RefundedOrder(
        account=event.recipient,
        order=f"order of {event.recipient}",
        amount_fen=event.value,
        own_fen=event.value,
        points=0,
        at=event.block_time,
        block=event.block,
        log_index=event.log_index,
    )


@pytest.fixture
def shopping(town: Town, monkeypatch: pytest.MonkeyPatch) -> Town:
    """A town whose indexer tells points of what the shop is paid."""
    subscribed = {**PROJECTIONS, Transfer: (*PROJECTIONS[Transfer], on_transfers)}
    pipeline = town.pipeline

    def indexer() -> Indexer:
        return Indexer(pipeline.chain.rpc, pipeline.sessions, pipeline.chain.deployment, subscribed)

    monkeypatch.setattr(pipeline, "new_indexer", indexer)
    pipeline.indexer = indexer()
    town.people("shop", tier=5, fen=0)
    return town


def points(town: Town, person: Person) -> int:
    return town.run(lambda session: service.summary(session, person.address, now=town.now)).free


def read_until(town: Town, person: Person, wanted: int) -> None:
    """Read the chain, without sending anything, until a person has so many points."""
    for _ in range(1_000):
        if points(town, person) == wanted:
            return
        town.pipeline.indexer.step()
    raise AssertionError(f"still {points(town, person)} points")


def reserve(town: Town, person: Person, quote: str, number: int) -> None:
    now = town.now
    town.run(
        lambda session: service.reserve(
            session, quote, account=person.address, points=number, until=now + HOUR, now=now
        )
    )


def test_points_are_earned_by_the_event_and_not_by_the_intake(shopping: Town) -> None:
    (ping,) = shopping.people("ping")
    shopping.pay(ping, SHOP, 5_764)
    assert points(shopping, ping) == 0
    shopping.settle()
    assert points(shopping, ping) == 57


def test_points_go_and_come_back_with_their_purchase(shopping: Town) -> None:
    (ping,) = shopping.people("ping")
    before = shopping.pipeline.chain.head()
    shopping.pay(ping, SHOP, 5_764)
    shopping.settle()
    shopping.pipeline.chain.reorg(shopping.pipeline.chain.head() - before)
    read_until(shopping, ping, 0)
    assert shopping.pipeline.chain.balance(SHOP.address) == 0
    shopping.settle()  # the relayer sends what it has stored again
    assert shopping.pipeline.chain.balance(SHOP.address) == 5_764
    assert points(shopping, ping) == 57


def test_what_was_spent_of_points_that_a_reorganisation_took_is_a_debt_until_they_are_back(shopping: Town) -> None:
    (ping,) = shopping.people("ping")
    before = shopping.pipeline.chain.head()
    shopping.pay(ping, SHOP, 5_764)
    shopping.settle()
    reward = shopping.run(lambda session: service.offer_reward(session, title="擂茶", points=50, stock=1, level=0)).id
    shopping.run(lambda session: service.redeem(session, reward, account=ping.address, now=shopping.now))
    assert points(shopping, ping) == 7
    shopping.pipeline.chain.reorg(shopping.pipeline.chain.head() - before)
    read_until(shopping, ping, -50)
    shopping.settle()
    assert points(shopping, ping) == 7


def test_a_rebuild_gives_the_same_facts_and_leaves_what_people_did(shopping: Town) -> None:
    ping, hua = shopping.people("ping", "hua")
    for person in (ping, hua):
        shopping.pay(person, SHOP, 5_764)
    shopping.settle()
    for part in (64, 700):
        shopping.pay(SHOP, hua, part)
        shopping.settle()
    reserve(shopping, ping, "quote", 40)
    shopping.pay(SHOP, hua, 5_000)
    shopping.settle()
    told = {
        person: shopping.run(lambda s, one=person: service.summary(s, one.address, now=shopping.now))
        for person in (ping, hua)
    }
    assert [(one.free, one.held) for one in told.values()] == [(17, 40), (0, 0)]
    assert_equal_to_a_rebuild(shopping.pipeline)
    again = {
        person: shopping.run(lambda s, one=person: service.summary(s, one.address, now=shopping.now))
        for person in (ping, hua)
    }
    assert again == told
