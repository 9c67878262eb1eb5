"""One's own events as they happen: GET /v1/events."""

from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice
from typing import Any, get_type_hints

import httpx
import orjson
import pytest
from sqlalchemy import text

from pswallet.client import Event
from pswallet.kit.db import Sessions, transaction
from pswallet.notifications.service import Notice, notify
from tests.api.gateway import Member, code_of, serve
from tests.api.test_health import wait_until
from tests.parts import Pipeline


@contextmanager
def stream(member: Member, last: str | None = None, language: str = "en", **options: Any) -> Iterator[Iterator[str]]:
    """Open the member's stream; its lines, the first (`retry:`) read already."""
    headers = {**member.bearer, "Accept-Language": language, **({"Last-Event-ID": last} if last else {})}
    with member.http.stream("GET", "/v1/events", headers=headers, timeout=20, **options) as answer:
        assert answer.status_code == 200
        assert answer.headers["content-type"].startswith("text/event-stream")
        lines = answer.iter_lines()
        assert next(lines) == "retry: 1000"
        yield lines


def events(lines: Iterator[str]) -> Iterator[dict[str, Any]]:
    """The events of a stream; each must name its id in its own line."""
    identifier = ""
    for line in lines:
        if line.startswith("id: "):
            identifier = line[4:]
        if line.startswith("data: "):
            event = orjson.loads(line[6:])
            assert str(event["id"]) == identifier
            yield event


def tell(sessions: Sessions, address: str, *numbers: int) -> None:
    with transaction(sessions) as session:
        notify(
            session,
            [Notice(address=address, kind="test", body={"n": n}, block=10**9 + n, log_index=0) for n in numbers],
        )


def test_the_tier_arrives_as_an_event(member: Member, pipeline: Pipeline) -> None:
    with stream(member) as lines:
        pipeline.settle()
        event = next(events(lines))
    assert (event["kind"], event["body"]) == ("tier-set", {"tier": 1})
    assert event.keys() == get_type_hints(Event).keys(), "the Python client says another shape"


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        ("zh-CN", ("您的账户额度已经定好", "打开钱包，就能看到可以存多少、付多少。")),
        ("zh-TW", ("你的戶口限額已設定", "打開錢包，即可查看可存放及付款的金額。")),
        ("fr", ("Your account's limits are set", "See in the wallet how much you may hold and pay.")),
    ],
)
def test_an_event_is_told_in_the_readers_language(
    member: Member, pipeline: Pipeline, asked: str, told: tuple[str, str]
) -> None:
    pipeline.settle()
    with stream(member, "0", language=asked) as lines:
        event = next(events(lines))
    assert (event["title"], event["text"]) == told


def test_open_streams_and_what_they_told_are_counted(member: Member, sessions: Sessions) -> None:
    with stream(member, "0") as lines:
        tell(sessions, member.address, 1, 2)
        found = events(lines)
        assert [next(found)["body"]["n"] for _ in range(2)] == [1, 2]
        assert "pswallet_streams 1.0" in member.http.get("/metrics").text
    wait_until(lambda: "pswallet_streams 0.0" in member.http.get("/metrics").text)
    assert 'pswallet_notices_told_total{kind="test"} 2.0' in member.http.get("/metrics").text


def test_one_goes_on_where_one_was(member: Member, sessions: Sessions) -> None:
    with stream(member, "0") as lines:
        tell(sessions, member.address, 1, 2)
        first = next(events(lines))
    tell(sessions, member.address, 3)
    with stream(member, str(first["id"])) as lines:
        found = events(lines)
        assert [next(found)["body"]["n"], next(found)["body"]["n"]] == [2, 3]


def test_a_new_stream_tells_only_what_is_new(member: Member, sessions: Sessions) -> None:
    tell(sessions, member.address, 1)
    with stream(member) as lines:
        tell(sessions, member.address, 2)
        assert next(events(lines))["body"] == {"n": 2}


def test_more_than_a_page_arrives_in_order(member: Member, sessions: Sessions) -> None:
    tell(sessions, member.address, *range(250))
    with stream(member, "0") as lines:
        found = events(lines)
        assert [next(found)["body"]["n"] for _ in range(250)] == list(range(250))


def test_other_peoples_events_are_not_heard(member: Member, stranger: Any, sessions: Sessions) -> None:
    other = stranger("other", "+8613800138001").register()
    with stream(member, "0") as lines:
        tell(sessions, other.address, 1)
        tell(sessions, member.address, 2)
        assert next(events(lines))["body"] == {"n": 2}


def test_a_quiet_stream_shows_that_it_lives(make_app: Any, member: Member) -> None:
    app = make_app()
    object.__setattr__(app.state.gateway, "heartbeat_s", 0.05)
    with serve(app) as client:
        member.http = client
        with stream(member) as lines:
            assert next(line for line in lines if line) == ": heartbeat"


def test_a_stream_ends_with_its_session(make_app: Any, member: Member, sessions: Sessions) -> None:
    app = make_app()
    object.__setattr__(app.state.gateway, "heartbeat_s", 0.05)
    with serve(app) as client:
        member.http = client
        with stream(member) as lines:
            identifier = member.get("/sessions").json()["sessions"][0]["id"]
            assert client.delete(f"/v1/sessions/{identifier}", headers=member.bearer).status_code == 204
            tell(sessions, member.address, 1)
            assert [line for line in islice(lines, 200) if line.startswith("data:")] == []


def test_a_stream_survives_a_lost_database_connection(member: Member, sessions: Sessions) -> None:
    with stream(member, "0") as lines:
        with transaction(sessions) as session:
            kill = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            session.execute(text(f"{kill} WHERE query LIKE 'LISTEN%' AND datname = current_database()"))
        tell(sessions, member.address, 1)
        assert next(events(lines))["body"] == {"n": 1}


def test_without_a_session_there_is_no_stream(http: httpx.Client) -> None:
    assert code_of(http.get("/v1/events")) == "session-missing"


@pytest.mark.parametrize("last", ["x", "-1", "1.5", "1" * 19])
def test_a_last_id_is_a_number(member: Member, last: str) -> None:
    answer = member.http.get("/v1/events", headers={**member.bearer, "Last-Event-ID": last})
    assert code_of(answer) == "request-invalid"
