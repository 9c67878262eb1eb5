"""Notices: written by projections, read in order, their listeners woken."""

import time
from concurrent.futures import ThreadPoolExecutor

import psycopg
from sqlalchemy import text

from pswallet.kit.db import Sessions, transaction
from pswallet.notifications import service
from pswallet.notifications.service import CHANNEL, EVERYBODY, Notice, OffChainNotice, Place

PING = "0x70997970C51812dc3A010C7d01b50e0d17dc79C8"
MEI = "0x3C44CdDdB6a900fa2b585dd299e03d12FA4293BC"


def notice(address: str, place: int) -> Notice:
    return Notice(address=address, kind="tier-set", body={"tier": place}, block=place, log_index=0)


def told(sessions: Sessions, *notices: Notice) -> None:
    with transaction(sessions) as session:
        service.notify(session, notices)


def test_one_reads_ones_own_notices_in_order(sessions: Sessions) -> None:
    told(sessions, notice(PING, 1), notice(MEI, 2), notice(PING, 3))
    told(sessions, notice(PING, 4))
    with transaction(sessions) as session:
        found = service.notices_after(session, address=PING, last_id=0, limit=10)
        assert [one.body["tier"] for one in found] == [1, 3, 4]
        assert service.last_id(session, address=PING) == found[-1].id
        assert service.last_id(session, address="0x" + "0" * 40) == 0


def test_a_page_goes_on_where_the_last_one_ended(sessions: Sessions) -> None:
    told(sessions, *[notice(PING, place) for place in range(5)])
    with transaction(sessions) as session:
        first = service.notices_after(session, address=PING, last_id=0, limit=2)
        rest = service.notices_after(session, address=PING, last_id=first[-1].id, limit=10)
    assert [one.body["tier"] for one in first + rest] == [0, 1, 2, 3, 4]


def heard(sessions: Sessions, database_url: str, *notices: Notice) -> str:
    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute(f"LISTEN {CHANNEL}")
        told(sessions, *notices)
        return next(iter(connection.notifies(timeout=5, stop_after=1))).payload


def test_a_commit_wakes_those_it_concerns(sessions: Sessions, database_url: str) -> None:
    assert set(heard(sessions, database_url, notice(PING, 1), notice(MEI, 1)).split(",")) == {PING, MEI}


def test_very_many_at_once_wake_everybody(sessions: Sessions, database_url: str) -> None:
    crowd = [notice(f"0x{place:040x}", place) for place in range(500)]
    assert heard(sessions, database_url, *crowd) == EVERYBODY


def test_nothing_to_tell_wakes_nobody(sessions: Sessions, database_url: str) -> None:
    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute(f"LISTEN {CHANNEL}")
        told(sessions)
        assert list(connection.notifies(timeout=0.1)) == []


def asked(place: int) -> OffChainNotice:
    return OffChainNotice(PING, "payment-requested", {"amount_fen": place})


def read(sessions: Sessions, place: Place, limit: int = 100) -> list[service.Told]:
    with transaction(sessions) as session:
        return service.told_after(session, address=PING, place=place, limit=limit)


def ask(sessions: Sessions, *places: int) -> None:
    with transaction(sessions) as session:
        service.notify_off_chain(session, [asked(place) for place in places])


def test_what_no_block_says_is_told_in_the_same_stream(sessions: Sessions) -> None:
    told(sessions, notice(PING, 1))
    ask(sessions, 5)
    found = read(sessions, Place())
    assert [(one.kind, one.block) for one in found] == [("tier-set", 1), ("payment-requested", None)]
    told(sessions, notice(PING, 2))
    ask(sessions, 6)
    assert [one.body for one in read(sessions, found[-1].place)] == [{"tier": 2}, {"amount_fen": 6}]
    with transaction(sessions) as session:
        end = service.last_place(session, address=PING)
    assert end == read(sessions, found[-1].place)[-1].place
    assert read(sessions, end) == []


def test_one_goes_on_after_any_notice_and_misses_none(sessions: Sessions) -> None:
    told(sessions, *[notice(PING, place) for place in range(3)])
    ask(sessions, *range(3))
    whole = read(sessions, Place())
    for seen, one in enumerate(whole, 1):
        assert read(sessions, one.place) == whole[seen:]
    first = read(sessions, Place(), limit=2)  # two of each table
    paged = [one.body for one in first + read(sessions, first[-1].place)]
    assert sorted(map(str, paged)) == sorted(str(one.body) for one in whole)


def test_two_who_tell_one_address_stand_in_line(sessions: Sessions) -> None:
    """Else the second could be seen first, and the stream would go on past the first for ever."""
    waiting = text("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted")
    with ThreadPoolExecutor(1) as process, transaction(sessions) as here:
        service.notify_off_chain(here, [asked(1)])
        other = process.submit(ask, sessions, 2)
        deadline = time.monotonic() + 10
        while not here.scalar(waiting):
            assert not other.done(), "nobody held it up"
            assert time.monotonic() < deadline
            time.sleep(0.005)
        here.commit()
        other.result()
    assert [one.body["amount_fen"] for one in read(sessions, Place())] == [1, 2]


def test_what_no_block_says_wakes_its_stream(sessions: Sessions, database_url: str) -> None:
    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute(f"LISTEN {CHANNEL}")
        ask(sessions, 1)
        assert next(iter(connection.notifies(timeout=5, stop_after=1))).payload == PING
