"""Notices: written by projections, read in order, their listeners woken."""

import psycopg

from pswallet.kit.db import Sessions, transaction
from pswallet.notifications import service
from pswallet.notifications.service import CHANNEL, EVERYBODY, Notice

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
