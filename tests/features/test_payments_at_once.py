"""Several gateway processes at once: a payer's limits hold over what all of them have taken in."""

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import event, text
from sqlalchemy.orm import Session

from pswallet.kit.db import transaction
from pswallet.payments import service
from pswallet.payments.service import SignedPayment, ledger
from tests.features.money import Town, name
from tests.locks import until_they_wait
from tests.parts import Person


def locks_held(town: Town) -> int:
    """How many advisory locks of this database are held."""
    query = text(
        "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND granted"
        " AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
    )
    return town.run(lambda session: int(session.scalar(query) or 0))


def take_in(town: Town, session: Session, payments: Sequence[SignedPayment]) -> list[str]:
    return [name(one) for one in service.transfer(session, payments, domain=town.token, now=town.now)]


@contextmanager
def statements(town: Town) -> Iterator[list[str]]:
    """Collect the SQL statements of a block."""
    seen: list[str] = []
    engine = town.pipeline.sessions.kw["bind"]

    def note(connection: Any, cursor: Any, statement: str, *rest: Any) -> None:
        seen.append(statement)

    event.listen(engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        event.remove(engine, "before_cursor_execute", note)


@pytest.mark.parametrize(
    ("fen", "value", "refusal"),
    [(1_000, 300, "BalanceInsufficient"), (1_000_000, 150_000, "DailyLimitExceeded")],
)
def test_two_processes_count_each_others_pending_payments(town: Town, fen: int, value: int, refusal: str) -> None:
    (ping,) = town.people("ping", tier=2, fen=fen)
    (hua,) = town.people("hua", tier=4, fen=0)
    payments = [town.payment(ping, hua.address, value) for _ in range(4)]  # three fit, four do not

    def elsewhere() -> list[str]:
        return town.run(lambda session: take_in(town, session, payments[2:]))

    with ThreadPoolExecutor(1) as process, transaction(town.pipeline.sessions) as here:
        assert take_in(town, here, payments[:2]) == ["Accepted", "Accepted"]
        other = process.submit(elsewhere)
        until_they_wait(town.pipeline.sessions, other)
        here.commit()
        assert other.result() == ["Accepted", refusal]
    town.settle()
    assert town.balance(hua) == 3 * value


def test_a_payment_that_two_processes_have_at_once_is_taken_once(town: Town) -> None:
    ping, hua = town.people("ping", "hua", fen=1_000)
    payment = town.payment(ping, hua.address, 1_000)  # a second one would also pass the balance
    with ThreadPoolExecutor(1) as process, transaction(town.pipeline.sessions) as here:
        assert take_in(town, here, [payment]) == ["Accepted"]
        other = process.submit(lambda: town.run(lambda session: take_in(town, session, [payment])))
        until_they_wait(town.pipeline.sessions, other)
        here.commit()
        assert other.result() == ["AuthorizationAlreadyUsed"]


def test_different_payers_wait_for_nobody(town: Town) -> None:
    ping, hua, ming = town.people("ping", "hua", "ming")
    with transaction(town.pipeline.sessions) as here:
        assert take_in(town, here, [town.payment(ping, ming.address, 5)]) == ["Accepted"]
        with transaction(town.pipeline.sessions) as there:
            there.execute(text("SET LOCAL lock_timeout = '1ms'"))
            assert take_in(town, there, [town.payment(hua, ming.address, 5)]) == ["Accepted"]


def test_payers_are_locked_in_one_order(town: Town) -> None:
    payers = town.people(*[f"payer {place}" for place in range(6)])
    (shop,) = town.people("shop", tier=4, fen=0)
    order = town.run(lambda session: sorted(payers, key=lambda one: lock_of(session, one)))
    group = [town.payment(payer, shop.address, 5) for payer in reversed(order)]
    with ThreadPoolExecutor(1) as process, transaction(town.pipeline.sessions) as here:
        take_in(town, here, [town.payment(order[0], shop.address, 5)])
        other = process.submit(lambda: town.run(lambda session: take_in(town, session, group)))
        until_they_wait(town.pipeline.sessions, other)
        assert locks_held(town) == 1  # ours: who waits for the first lock holds no other yet
        here.commit()
        assert other.result() == ["Accepted"] * 6


def lock_of(session: Session, person: Person) -> int:
    return int(session.scalar(text("SELECT hashtextextended('spent|' || :payer, 0)"), {"payer": person.address}) or 0)


def test_a_group_is_locked_by_one_statement_and_hopeless_payments_by_none(town: Town) -> None:
    ping, hua, cold = town.people("ping", "hua", "cold")
    town.freeze(cold)
    stranger = Person("stranger")
    good = [town.payment(payer, payee.address, 5) for payer, payee in ((ping, hua), (hua, ping), (ping, hua))]
    hopeless = [
        town.payment(cold, ping.address, 5),
        town.payment(stranger, ping.address, 5),
        town.payment(ping, hua.address, 0),
    ]
    for payments, wanted in ((good, 1), (good + hopeless, 1), (hopeless, 0)):
        with statements(town) as seen:
            town.transfer(*payments)
        assert sum("pg_advisory" in statement for statement in seen) == wanted


@pytest.mark.parametrize(("value", "outcome"), [(200, "Accepted"), (201, "BalanceInsufficient")])
def test_a_payment_that_settles_while_another_is_decided_is_counted_once(
    town: Town, monkeypatch: pytest.MonkeyPatch, value: int, outcome: str
) -> None:
    ping, hua = town.people("ping", tier=2, fen=1_000)[0], town.people("hua", tier=4, fen=0)[0]
    first, second = (town.payment(ping, hua.address, fen) for fen in (800, value))

    def send(payment: SignedPayment) -> list[str]:
        return town.run(
            lambda session: [name(one) for one in service.transfer(session, [payment], domain=town.token, now=town.now)]
        )

    assert send(first) == ["Accepted"]
    read, settled = ledger._last_entries, []

    def read_as_it_settles(*asked: Any) -> Any:
        found = read(*asked)
        if not settled:
            settled.append(True)
            with ThreadPoolExecutor(1) as indexer:
                indexer.submit(town.settle).result()
        return found

    monkeypatch.setattr(ledger, "_last_entries", read_as_it_settles)
    assert send(second) == [outcome]
    assert settled
    town.settle()
    assert town.balance(ping) == (0 if outcome == "Accepted" else 200)
