"""Webhooks on their way: the whole schedule by a clock of our own, health, leases, slow receivers beside fast ones."""

import asyncio
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TypeVar

import pytest
from prometheus_client import CollectorRegistry
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from pswallet import schedule
from pswallet.kit.db import Sessions, transaction
from pswallet.merchants import service
from pswallet.merchants.models import Merchant, WebhookDelivery, WebhookEndpoint
from pswallet.merchants.rules.deliveries import GIVEN_UP_AFTER, RETRIES_S
from pswallet.merchants.service import Happening, Outgoing, Try
from pswallet.merchants.service.deliveries import AT_ONCE, KEPT_FOR, LEASE
from pswallet.settings import Settings
from pswallet.vendors.courier import Courier, CourierFigures
from pswallet.vendors.webhooks import WebhookPoster
from tests.features.money import VAULT
from tests.receivers import receive, silent

T = TypeVar("T")
NOW = datetime(2030, 1, 1, tzinfo=UTC)
"""Later than any due time that the database sets by its own clock."""
ACCEPTED, REFUSED, GONE = Try(200, None), Try(500, "refused"), Try(410, "refused")


@dataclass
class Shop:
    """A merchant on an empty database, without a chain."""

    sessions: Sessions

    def __post_init__(self) -> None:
        account = "INSERT INTO accounts (id, address, phone_sealed, created_at, tier_serial)"
        self.run(lambda session: session.execute(text(f"{account} VALUES ('acc_1', '0x01', '', now(), 0)")))
        self.merchant = Merchant(
            id="mer_1",
            account_id="acc_1",
            address="0x01",
            credit_code="91440310MA5HAKK087",
            name="大万",
            kind="ONLINE",
            mcc="5812",
            city="深圳",
            place="大万路33号",
            created_at=NOW,
        )
        self.run(lambda session: session.add(self.merchant))

    def run(self, act: Callable[[Session], T]) -> T:
        with transaction(self.sessions) as session:
            return act(session)

    def endpoint(self, url: str = "https://shop.example/") -> str:
        made = self.run(
            lambda session: service.add_endpoint(
                session, VAULT, self.merchant, url=url, kinds=(), sandbox=True, now=NOW
            )
        )
        return made[0].id

    def happen(self, *sources: str) -> int:
        found = [Happening("0x01", source, "payment.confirmed", 1, NOW, {}) for source in sources]
        return self.run(lambda session: service.announce(session, found))

    def take(self, now: datetime = NOW, *, busy: tuple[str, ...] = (), limit: int = 100) -> list[Outgoing]:
        return self.run(lambda session: service.take_due(session, VAULT, busy=busy, limit=limit, now=now))

    def note(self, outgoing: Outgoing, tried: Try, now: datetime = NOW, *, chance: float = 0.5) -> None:
        self.run(lambda session: service.note_try(session, outgoing, tried, chance=chance, now=now))

    def delivery(self) -> WebhookDelivery:
        return self.run(lambda session: session.query(WebhookDelivery).one())

    def health(self, endpoint: str) -> WebhookEndpoint:
        return self.run(lambda session: session.get_one(WebhookEndpoint, endpoint))

    def notices(self) -> int:
        return self.run(
            lambda session: session.execute(text("SELECT count(*) FROM off_chain_notifications")).scalar_one()
        )


@pytest.fixture
def shop(sessions: Sessions) -> Shop:
    return Shop(sessions)


# --- the schedule ------------------------------------------------------------------------


def test_sixteen_retries_come_at_the_stated_times_and_then_none(shop: Shop) -> None:
    shop.endpoint()
    shop.happen("one")
    now, waits = NOW, []
    for _ in range(17):
        (outgoing,) = shop.take(now)
        shop.note(outgoing, REFUSED, now)
        due = shop.delivery().due_at
        if due is not None:
            assert shop.take(due - timedelta(microseconds=1)) == [], "not a moment too early"
            waits.append((due - now).total_seconds())
            now = due
    assert waits == list(RETRIES_S)
    last = shop.delivery()
    assert (last.tries, last.due_at, last.accepted_at, last.last_status) == (17, None, None, 500)
    assert shop.take(now + timedelta(days=30)) == []


@pytest.mark.parametrize(("chance", "expected_s"), [(0.0, 4.5), (0.5, 5.0), (1.0, 5.5)])
def test_chance_spreads_the_retries(shop: Shop, chance: float, expected_s: float) -> None:
    shop.endpoint()
    shop.happen("one")
    shop.note(shop.take()[0], REFUSED, chance=chance)
    assert shop.delivery().due_at == NOW + timedelta(seconds=expected_s)


def test_what_was_accepted_is_not_tried_again(shop: Shop) -> None:
    shop.endpoint()
    shop.happen("one")
    shop.note(shop.take()[0], ACCEPTED)
    assert (shop.delivery().accepted_at, shop.take(NOW + timedelta(days=30))) == (NOW, [])


# --- at least once, and the same event once --------------------------------------------------


def test_an_event_is_left_once_for_each_endpoint_however_often_it_is_told(shop: Shop) -> None:
    first, second = shop.endpoint(), shop.endpoint("https://shop.example/2")
    assert shop.happen("one", "two") == 4
    assert shop.happen("two", "three") == 2
    taken = shop.take()
    assert sorted(one.endpoint_id for one in taken) == sorted([first] * 3 + [second] * 3)
    assert len({one.id for one in taken}) == 6


def test_what_is_rolled_back_is_told_to_nobody(shop: Shop) -> None:
    """The event's rows and its deliveries are one transaction."""
    shop.endpoint()

    def happen_and_fail(session: Session) -> None:
        service.announce(session, [Happening("0x01", "one", "payment.confirmed", 1, NOW, {})])
        raise ValueError("after it")

    with pytest.raises(ValueError, match="after it"):
        shop.run(happen_and_fail)
    assert shop.take() == []


def test_what_a_dead_worker_had_taken_is_tried_again_after_its_lease(shop: Shop) -> None:
    shop.endpoint()
    shop.happen("one")
    (before,) = shop.take()
    assert shop.take(NOW + LEASE - timedelta(seconds=1)) == []
    assert shop.take(NOW + LEASE) == [before], "under the same id"


def test_two_workers_never_take_the_same_delivery(shop: Shop) -> None:
    shop.endpoint()
    shop.happen("one")
    with transaction(shop.sessions) as first:
        assert len(service.take_due(first, VAULT, busy=(), limit=9, now=NOW)) == 1
        assert shop.take() == [], "the other one does not wait either"


def test_a_delivery_whose_endpoint_was_removed_during_the_try_is_forgotten(shop: Shop) -> None:
    endpoint = shop.endpoint()
    shop.happen("one")
    (outgoing,) = shop.take()
    shop.run(lambda session: service.remove_endpoint(session, shop.merchant, endpoint))
    shop.note(outgoing, REFUSED)
    assert shop.take(NOW + LEASE) == []


def test_what_is_done_with_is_forgotten_after_a_month_and_a_rebuild_does_not_tell_it_again(shop: Shop) -> None:
    shop.endpoint()
    shop.happen("waiting")
    shop.take()
    shop.happen("done")
    (done,) = shop.take()
    shop.note(done, ACCEPTED)
    made = shop.run(lambda session: session.get_one(WebhookDelivery, done.id)).created_at
    left = {}
    for late_s in (-1, 0):
        shop.run(lambda session, s=late_s: service.forget_stale(session, now=made + KEPT_FOR + timedelta(seconds=s)))
        left[late_s] = shop.run(lambda session: session.scalars(select(WebhookDelivery.source)).all())
    assert {late_s: sorted(found) for late_s, found in left.items()} == {-1: ["done", "waiting"], 0: ["waiting"]}
    assert shop.happen("done", "waiting") == 0
    later = Happening("0x01", "later", "payment.confirmed", 2, NOW, {})
    assert shop.run(lambda session: service.announce(session, [later])) == 1


# --- health --------------------------------------------------------------------------------


def test_an_endpoint_is_disabled_after_five_days_of_failure_and_its_merchant_told_once(shop: Shop) -> None:
    endpoint = shop.endpoint()
    shop.happen("one", "two", "three")
    one, two, three = shop.take()
    shop.note(one, REFUSED, NOW)
    shop.note(two, REFUSED, NOW + GIVEN_UP_AFTER - timedelta(seconds=1))
    assert (shop.health(endpoint).failing_since, shop.health(endpoint).disabled_at) == (NOW, None)
    shop.note(three, REFUSED, NOW + GIVEN_UP_AFTER)
    shop.note(one, REFUSED, NOW + GIVEN_UP_AFTER + timedelta(seconds=1))
    assert shop.health(endpoint).disabled_at == NOW + GIVEN_UP_AFTER
    assert shop.notices() == 1
    assert shop.take(NOW + timedelta(days=30)) == []
    assert shop.happen("four") == 1, "what happens meanwhile waits"
    shop.run(lambda session: service.enable_endpoint(session, shop.merchant, endpoint))
    assert len(shop.take(NOW + timedelta(days=30))) == 4


def test_one_accepted_delivery_makes_an_endpoint_well_again(shop: Shop) -> None:
    endpoint = shop.endpoint()
    shop.happen("one", "two", "three")
    one, two, three = shop.take()
    shop.note(one, REFUSED, NOW)
    shop.note(two, ACCEPTED, NOW + GIVEN_UP_AFTER - timedelta(seconds=1))
    shop.note(three, REFUSED, NOW + GIVEN_UP_AFTER)
    health = shop.health(endpoint)
    assert (health.failing_since, health.disabled_at) == (NOW + GIVEN_UP_AFTER, None)


def test_an_endpoint_that_says_it_is_gone_is_disabled_at_once(shop: Shop) -> None:
    endpoint = shop.endpoint()
    shop.happen("one")
    shop.note(shop.take()[0], GONE)
    assert (shop.health(endpoint).disabled_at, shop.notices()) == (NOW, 1)


# --- many at once ------------------------------------------------------------------------------


def test_an_endpoint_has_at_most_four_places_and_a_busy_one_none(shop: Shop) -> None:
    full, other = shop.endpoint(), shop.endpoint("https://shop.example/2")
    shop.happen(*(str(number) for number in range(AT_ONCE + 2)))
    taken = shop.take()
    assert [sum(one.endpoint_id == endpoint for one in taken) for endpoint in (full, other)] == [AT_ONCE, AT_ONCE]
    assert {one.endpoint_id for one in shop.take(busy=(full,))} == {other}


def test_a_receiver_that_never_answers_holds_up_nobody_else(shop: Shop) -> None:
    """Its four tries last half a minute; the other's twenty are through long before."""
    figures = CourierFigures(CollectorRegistry())
    courier = Courier(shop.sessions, VAULT, WebhookPoster(sandbox=True, whole_s=30), figures)
    stop = threading.Event()
    with receive(silent) as slow, receive() as fast:
        shop.endpoint(slow.url)
        shop.endpoint(fast.url)
        shop.happen(*(str(number) for number in range(20)))
        worker = threading.Thread(target=courier.run, args=(stop,))
        worker.start()
        began = time.monotonic()
        fast.wait_for(20, patience_s=20)
        took_s = time.monotonic() - began
        assert slow.connections <= AT_ONCE
        stop.set()
        worker.join(10)
        assert not worker.is_alive(), "a try that hangs does not hold the worker either"
    assert took_s < 15
    assert figures.tries.labels("accepted")._value.get() >= 20 - AT_ONCE


def test_while_the_database_is_away_the_courier_waits_for_it(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    from sqlalchemy.exc import OperationalError

    courier = Courier(shop.sessions, VAULT, WebhookPoster(sandbox=True), CourierFigures(CollectorRegistry()))
    stop, calls = threading.Event(), 0

    def away() -> list[Outgoing]:
        nonlocal calls
        calls += 1
        if calls == 2:
            stop.set()
        raise OperationalError("", {}, Exception())

    monkeypatch.setattr(courier, "_take", away)
    monkeypatch.setattr("pswallet.vendors.courier.LOOK_S", 0.01)
    asyncio.run(courier.carry(stop))
    assert calls == 2


def test_the_worker_carries_webhooks_beside_its_other_jobs(shop: Shop) -> None:
    stop = threading.Event()
    with receive() as receiver:
        shop.endpoint(receiver.url)
        shop.happen("one")
        worker = threading.Thread(target=schedule.run, args=(shop.sessions, Settings(), stop, VAULT))
        worker.start()
        receiver.wait_for(1)
        stop.set()
        worker.join(10)
        assert not worker.is_alive()


def test_a_worker_whose_courier_has_broken_ends_instead_of_looking_alive(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(self: Courier, stop: threading.Event) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(Courier, "run", broken)
    monkeypatch.setattr(threading, "excepthook", lambda _: None)
    stop = threading.Event()
    schedule.run(shop.sessions, Settings(), stop, VAULT)
    assert stop.is_set()
