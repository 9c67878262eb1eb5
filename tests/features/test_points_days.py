"""Each day's root: it counts everybody at the day's end, stays as it was, and gives everybody a proof of their own."""

from dataclasses import replace
from datetime import date, datetime, timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from pswallet.chain.models import ChainBlock
from pswallet.kit.clock import shanghai_start
from pswallet.kit.db import Sessions
from pswallet.kit.vault import Vault
from pswallet.points import service
from pswallet.points.errors import PointsProofUnknown
from pswallet.points.rules import Proof, ProofInvalid, check, end_of_points
from pswallet.points.service import ClosedDay
from pswallet.schedule import Schedule
from tests.features.points import DAY, MINUTE, NOON, Till
from tests.parts import Person, secret

VAULT = Vault(secret("vault"))
TODAY = date(2026, 11, 25)
EVENING = shanghai_start(TODAY + DAY)
PEOPLE = [Person(name) for name in ("an", "bo", "chen", "deng", "e")]


@pytest.fixture
def till(sessions: Sessions) -> Till:
    till = Till(sessions)
    for place, person in enumerate(PEOPLE):
        till.buy(person, "a", 10_000 * (place + 1))
    return till


def close(till: Till, day: date = TODAY, *, now: datetime | None = None) -> ClosedDay | None:
    now = now or shanghai_start(day + DAY)
    return till.run(lambda session: service.close_day(session, VAULT, day, now=now))


def prove(till: Till, person: Person, day: date | None = None) -> tuple[Proof, ClosedDay]:
    return till.run(lambda session: service.proof_of(session, VAULT, person.address, day=day))


def closed(till: Till, day: date = TODAY) -> ClosedDay:
    found = close(till, day)
    assert found is not None
    return found


def test_the_total_is_everybodys_points_and_each_proof_leads_to_the_root(till: Till) -> None:
    found = closed(till)
    assert found.total == 100 + 200 + 300 + 400 + 500
    for place, person in enumerate(PEOPLE):
        proof, day = prove(till, person)
        assert (proof.points, day) == (100 * (place + 1), found)
        assert check(proof, found.root) == found.total


def test_nobody_is_counted_by_anothers_proof(till: Till) -> None:
    root = closed(till).root
    mine, theirs = prove(till, PEOPLE[0])[0], prove(till, PEOPLE[1])[0]
    with pytest.raises(ProofInvalid):
        check(replace(theirs, account=mine.account), root)
    with pytest.raises(ProofInvalid):
        check(replace(theirs, account=mine.account, salt=mine.salt, points=mine.points), root)


def test_a_day_is_closed_by_what_was_at_its_last_instant(till: Till) -> None:
    till.buy(PEOPLE[0], "in the last second", 700, at=EVENING - timedelta(seconds=1))
    till.buy(PEOPLE[0], "tomorrow", 900, at=EVENING)
    assert (closed(till).total, closed(till, TODAY + DAY).total) == (1_507, 1_516)


def test_a_day_that_is_not_over_cannot_be_closed(till: Till) -> None:
    with pytest.raises(ValueError, match="not over"):
        close(till, now=EVENING - timedelta(seconds=1))
    assert close(till, now=EVENING)


def test_a_closed_day_stays_and_what_came_late_is_in_the_next(till: Till) -> None:
    first = closed(till)
    till.buy(PEOPLE[0], "read late", 5_000)
    assert closed(till) == first
    assert prove(till, PEOPLE[0])[0].points == 100
    assert closed(till, TODAY + DAY).total == first.total + 50
    for change in ("UPDATE points_days SET total = 1", "DELETE FROM points_days"):
        with pytest.raises(DBAPIError, match="append-only"):
            till.run(lambda session, change=change: session.execute(text(change)))


def test_held_points_are_counted_and_a_debt_takes_from_nobody(till: Till) -> None:
    order = till.buy(PEOPLE[0], "b", 10_000)
    till.reserve(PEOPLE[0], "quote", 200)
    till.run(lambda session: service.commit(session, "quote", order="c", until=NOON + DAY, now=NOON + 2 * MINUTE))
    assert closed(till).total == 1_600
    till.buy(PEOPLE[0], "c", 100, points=200, amount_fen=300, at=NOON + 3 * MINUTE)
    till.refund(order, 10_000, at=EVENING + MINUTE)
    assert till.free(PEOPLE[0], at=EVENING + DAY) == -99
    assert closed(till, TODAY + DAY).total == 1_600 - 200, "bo, chen, deng and e still have theirs"
    assert prove(till, PEOPLE[0])[0].points == 0


def test_ended_points_are_counted_on_their_last_day_and_not_after(till: Till) -> None:
    last = date(2027, 12, 31)
    assert shanghai_start(last + DAY) == end_of_points(NOON)
    assert (closed(till, last).total, closed(till, last + DAY).total) == (1_500, 0)


def test_nobody_is_recognised_from_one_day_to_the_next(till: Till) -> None:
    closed(till)
    closed(till, TODAY + DAY)
    leaves = till.run(
        lambda session: session.execute(text("SELECT leaves FROM points_days ORDER BY day")).scalars().all()
    )
    blinded = [{day[place : place + 32] for place in range(0, len(day), 40)} for day in leaves]
    assert [len(one) for one in blinded] == [5, 5]
    assert not blinded[0] & blinded[1]
    for person in PEOPLE:
        assert all(bytes.fromhex(person.address[2:]) not in day for day in leaves)
        assert prove(till, person, TODAY)[0].salt != prove(till, person, TODAY + DAY)[0].salt


def test_another_vault_finds_nobody(till: Till) -> None:
    closed(till)
    with pytest.raises(PointsProofUnknown):
        till.run(lambda session: service.proof_of(session, Vault(secret("other")), PEOPLE[0].address, day=None))


def test_there_is_no_proof_of_a_day_that_was_not_closed_nor_of_who_had_nothing(till: Till) -> None:
    with pytest.raises(PointsProofUnknown):
        prove(till, PEOPLE[0])
    closed(till)
    for person, day in ((PEOPLE[0], TODAY - DAY), (Person("stranger"), None), (Person("stranger"), TODAY)):
        with pytest.raises(PointsProofUnknown):
            prove(till, person, day)


def test_a_day_before_anybody_had_points_has_no_root(sessions: Sessions) -> None:
    assert close(Till(sessions)) is None


def work(till: Till, worker: Schedule, moment: datetime) -> None:
    """Let the worker look, twice, when the last block read is of `moment`."""
    till.block += 1
    with till.sessions.begin() as session:
        session.add(ChainBlock(number=till.block, hash=f"0x{till.block}", time=moment))
    for _ in range(2):
        worker.step()


def test_the_worker_closes_yesterday_an_hour_after_its_end_and_no_day_twice(till: Till) -> None:
    worker = Schedule(till.sessions, VAULT)

    def days_after(moment: datetime) -> list[date]:
        work(till, worker, moment)
        return till.run(lambda session: list(session.scalars(text("SELECT day FROM points_days ORDER BY day"))))

    hour = timedelta(hours=1)
    assert days_after(EVENING + hour - timedelta(seconds=1)) == []
    assert days_after(EVENING + hour) == [TODAY]
    assert days_after(EVENING + 3 * DAY) == [TODAY, TODAY + 2 * DAY], "the day between had no worker"
    calls = "SELECT arguments->>'day' FROM chain_calls WHERE kind = 'anchor' ORDER BY id"
    days = till.run(lambda session: session.scalars(text(calls)).all())
    assert days == [str((day - date(1970, 1, 1)).days) for day in (TODAY, TODAY + 2 * DAY)]


def test_a_worker_without_a_vault_closes_nothing(till: Till) -> None:
    work(till, Schedule(till.sessions), EVENING + DAY)
    with pytest.raises(PointsProofUnknown):
        prove(till, PEOPLE[0])


def test_the_worker_reminds_of_points_that_end(till: Till) -> None:
    till.register(*PEOPLE)
    worker, end = Schedule(till.sessions), end_of_points(NOON)

    def reminders(moment: datetime) -> int:
        work(till, worker, moment)
        count = "SELECT count(*) FROM off_chain_notifications WHERE kind = 'points-ending'"
        return till.run(lambda session: int(session.scalar(text(count)) or 0))

    found = [reminders(end - timedelta(days=days)) for days in (31, 30, 29, 7, 6, 1)]
    assert found == [0, 5, 5, 10, 10, 15]
