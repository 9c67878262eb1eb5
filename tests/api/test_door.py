"""The door: when too many writes are inside the next one is sent away at once, and whoever went in comes out."""

import json
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

import httpx
import pytest
from sqlalchemy import text

from pswallet.api import overload, serving
from pswallet.api.limits import MAX_BODY_BYTES
from pswallet.api.metrics import Metrics
from pswallet.api.overload import Door
from pswallet.kit.db import Sessions
from tests.api.gateway import Member, code_of, serve
from tests.api.test_health import wait_until
from tests.api.test_slow_requests import HEAD, LARGE, Hasty, _sent_until_closed, answer_of, line

BODY = b'{"phone":"+8613800138000"}'
WHOLE = HEAD % len(BODY) + BODY


@contextmanager
def gateway(app: Any, connection: type[serving.Connection] = serving.Connection) -> Iterator[tuple[httpx.Client, Door]]:
    """A gateway and its door."""
    with serve(app, connection) as client:
        yield client, app.state.gateway.door


@pytest.fixture
def shut(make_app: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[httpx.Client]:
    """A gateway that lets no write in, and has little patience."""
    monkeypatch.setattr(overload, "LEAST_INSIDE", 0)
    with gateway(make_app(), Hasty) as (client, _):
        yield client


class Impatient(serving.Connection):
    """Waits for a moment only until its client reads."""

    unread_s = 0.3


def status_of(raw: socket.socket) -> int:
    """Read one answer, whose connection stays open."""
    return int(raw.recv(65_536)[9:12])


# --- how many may be inside --------------------------------------------------------------------------


def filled(door: Door, count: int) -> list[dict[str, Any]]:
    scopes: list[dict[str, Any]] = [{} for _ in range(count)]
    for scope in scopes:
        door.enter(scope)
    return scopes


def test_a_few_are_always_let_in_and_the_door_opens_as_one_leaves() -> None:
    door = Door(Metrics())
    scopes = filled(door, overload.LEAST_INSIDE - 1)
    assert not door.shut()
    scopes += filled(door, 1)
    assert door.shut()
    door.leave(scopes[0], done=True)
    assert not door.shut()


@pytest.mark.parametrize(("waiting", "shut"), [(1_999, False), (2_000, True)])
def test_as_many_are_let_in_as_leave_in_two_seconds(monkeypatch: pytest.MonkeyPatch, waiting: int, shut: bool) -> None:
    now = [100.0]
    monkeypatch.setattr(overload.time, "monotonic", lambda: now[0])
    door = Door(Metrics())
    for scope in filled(door, 3_000):
        door.leave(scope, done=True)
    now[0] += 3.0  # 1,000 a second
    filled(door, waiting)
    assert door.shut() is shut


def test_who_leaves_twice_or_never_entered_is_not_counted() -> None:
    door = Door(Metrics())
    scopes = filled(door, overload.LEAST_INSIDE)
    for scope in (scopes[0], scopes[0], {}):
        door.leave(scope, done=True)
    filled(door, 1)
    assert door.shut()


def test_a_burst_after_a_quiet_hour_is_held_to_its_own_pace(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [100.0]
    monkeypatch.setattr(overload.time, "monotonic", lambda: now[0])
    door = Door(Metrics())
    now[0] += 3_600
    for scope in filled(door, 1_000):
        now[0] += 0.0009
        door.leave(scope, done=True)
    filled(door, 501)
    assert not door.shut()


def test_what_is_refused_at_once_lets_nobody_in(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [100.0]
    monkeypatch.setattr(overload.time, "monotonic", lambda: now[0])
    door = Door(Metrics())
    for scope in filled(door, 100_000):
        door.leave(scope, done=False)
    now[0] += 1.0
    filled(door, overload.LEAST_INSIDE)
    assert door.shut()


# --- who is sent away ---------------------------------------------------------------------------------


def test_a_write_is_sent_away_with_a_time_to_come_back_and_reads_are_answered(shut: httpx.Client) -> None:
    for _ in range(2):  # on one connection
        answer = shut.post("/v1/codes", json={}, headers={"accept-language": "zh-CN", "idempotency-key": "k"})
        assert (answer.status_code, code_of(answer)) == (503, "gateway-busy")
        assert answer.headers["retry-after"] in ("2", "3", "4")
        assert answer.json()["title"] == "系统忙，请稍后再试"
        assert answer.headers["content-language"] == "zh-CN"
    assert shut.get("/healthz").status_code == 200
    assert 'pswallet_shed_total{reason="door"} 2.0' in shut.get("/metrics").text


def test_who_is_sent_away_has_done_nothing(shut: httpx.Client, sessions: Sessions) -> None:
    with sessions() as session:
        count = text("SELECT (SELECT count(*) FROM kept_answers) + (SELECT count(*) FROM rate_windows)")
        before = session.execute(count).scalar_one()
        shut.post("/v1/codes", json={"phone": "+8613800138000"}, headers={"idempotency-key": "k"})
        assert session.execute(count).scalar_one() == before


def test_the_body_of_who_is_sent_away_is_swallowed_and_the_connection_serves_on(shut: httpx.Client) -> None:
    with line(shut) as raw:
        raw.sendall(HEAD % len(BODY))
        assert status_of(raw) == 503
        raw.sendall(BODY + b"GET /healthz HTTP/1.1\r\nhost: x\r\n\r\n")
        assert status_of(raw) == 200


@pytest.mark.parametrize("what", ["slow", "large", "chunked", "close"])
def test_the_connection_ends_when_that_body_is_slow_or_large_or_the_client_said_so(
    shut: httpx.Client, what: str
) -> None:
    head = HEAD.replace(b"content-length: %d", b"transfer-encoding: chunked") if what == "chunked" else HEAD % 10**7
    head = WHOLE.replace(b"host: x", b"host: x\r\nconnection: close") if what == "close" else head
    with line(shut) as raw:
        raw.sendall(head)
        if what in ("large", "chunked"):
            piece = b"1000\r\n" + b" " * 4096 + b"\r\n" if what == "chunked" else b" " * 4096
            assert _sent_until_closed(raw, piece) < 5 * 10**6
        else:
            status, problem = answer_of(raw)  # until it is closed
            assert (status, problem["type"]) == (503, "/problems/gateway-busy")


def test_a_wish_to_speak_another_protocol_is_no_way_around(shut: httpx.Client) -> None:
    with line(shut) as raw:
        raw.sendall(WHOLE.replace(b"host: x", b"host: x\r\nconnection: upgrade\r\nupgrade: websocket"))
        assert status_of(raw) == 503


def test_a_client_that_sends_and_does_not_read_is_cut_off(shut: httpx.Client) -> None:
    with line(shut) as raw:
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
        assert _sent_until_closed(raw, WHOLE * 20) < LARGE


# --- who went in comes out ------------------------------------------------------------------------------


def test_whoever_is_slow_to_speak_is_not_inside(make_app: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(overload, "LEAST_INSIDE", 1)
    with gateway(make_app()) as (client, _), line(client) as raw:
        raw.sendall(HEAD % len(BODY) + BODY[:-1])
        assert client.get("/healthz").status_code == 200  # by then the half of a request is read
        assert client.post("/v1/codes", json=json.loads(BODY), headers={"idempotency-key": "k"}).status_code != 503
        raw.sendall(BODY[-1:])
        assert status_of(raw) != 503


SENT = {
    "answered": WHOLE,
    "refused": HEAD % 2 + b"{}",
    "not JSON": HEAD % 1 + b"{",
    "nowhere": WHOLE.replace(b"codes", b"nowhere"),
    "too large": HEAD % (MAX_BODY_BYTES + 1) + b" " * (MAX_BODY_BYTES + 1),
    "half": HEAD % len(BODY) + BODY[:-1],
    "many in a row": WHOLE * 20,
}


@pytest.mark.parametrize("what", SENT)
def test_everybody_leaves_though_the_client_hangs_up(make_app: Any, what: str) -> None:
    with gateway(make_app()) as (client, door):
        for _ in range(3):
            with line(client) as raw:
                raw.sendall(SENT[what])
        with line(client) as raw:
            raw.sendall(SENT[what])
            raw.settimeout(0.2)
            try:
                while raw.recv(65_536):
                    pass
            except OSError:
                pass  # it waits for more
        wait_until(lambda: door._inside == 0 and not client.get("/metrics").is_error)


def test_who_is_answered_before_the_body_came_does_not_come_in_with_it(make_app: Any) -> None:
    with gateway(make_app()) as (client, door), line(client) as raw:
        raw.sendall((HEAD % len(BODY)).replace(b"codes", b"transfers"))  # nobody is signed in
        assert status_of(raw) == 401
        raw.sendall(BODY + b"GET /healthz HTTP/1.1\r\nhost: x\r\n\r\n")
        assert status_of(raw) == 200
        assert door._inside == 0


def test_no_request_stands_in_line_behind_another(make_app: Any, member: Member) -> None:
    stream = f"GET /v1/events HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {member.token}\r\n\r\n".encode()
    with gateway(make_app()) as (client, door), line(client) as raw:
        raw.sendall(stream + WHOLE * 20)
        assert status_of(raw) == 200
        assert (door._inside, client.get("/healthz").status_code) == (0, 200)
        assert "pswallet_streams 1.0" in client.get("/metrics").text
        raw.close()
        wait_until(lambda: "pswallet_streams 0.0" in client.get("/metrics").text)


def test_what_was_sent_before_the_answer_is_not_read_and_the_connection_ends(make_app: Any) -> None:
    with gateway(make_app()) as (client, _), line(client) as raw:
        raw.sendall(WHOLE * 3)
        answers = b""
        while part := raw.recv(65_536):
            answers += part
        assert answers.count(b"HTTP/1.1 ") == 1
        assert answers.startswith(b"HTTP/1.1 202")


def test_who_does_not_read_the_answer_is_not_inside_and_is_cut_off(make_app: Any) -> None:
    with gateway(make_app(), Impatient) as (client, door), line(client) as raw:
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
        end = time.monotonic() + 20
        with suppress(OSError):  # the gateway hangs up in the end
            while time.monotonic() < end:
                raw.send(b"GET /openapi.json HTTP/1.1\r\nhost: x\r\n\r\n")
                assert client.get("/healthz").status_code == 200
        assert time.monotonic() < end
        assert door._inside == 0
