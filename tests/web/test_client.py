"""web/client/client.ts: a POST is repeatable, a session is a token, a refusal has a name."""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

Run = Callable[..., Any]
Asked = list[dict[str, str]]
"""The headers of each request."""

LOST = 0
"""Not a status: the connection is closed without an answer."""


@contextmanager
def scripted(*answers: tuple[int, dict[str, Any]]) -> Iterator[tuple[str, Asked]]:
    """A gateway that answers by a script; its URL, and what it was asked."""
    asked: Asked = []
    waiting = iter(answers)

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length", 0)))
            asked.append({name.lower(): text for name, text in self.headers.items()})
            status, body = next(waiting)
            if status == LOST:
                self.close_connection = True
                return
            self.send_response(status)
            kind = "problem+json" if "type" in body else "json"
            self.send_header("Content-Type", f"application/{kind}")
            if "retry_after_s" in body:
                self.send_header("Retry-After", str(body["retry_after_s"]))
            self.end_headers()
            self.wfile.write(json.dumps(body).encode())

        do_GET = do_POST

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", asked
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


POST_DRAW = """
import {answer, connect} from "./client.js";
const gateway = connect(given.url);
gateway.token = given.token;
const params = given.key ? {header: {"Idempotency-Key": given.key}} : {};
const draw = () => answer(gateway.http.POST("/v1/draws", {params}));
"""
TELL_FAILURE = """
const told = ({name, message, code, problem}) => tell({name, message, code, problem});
await draw().then(tell, told);
"""
DRAWN = (201, {"id": "draw_1", "dealer": "0x", "draw_commitment": "0x"})
BUSY = {"type": "/problems/gateway-busy", "title": "busy", "status": 503}
AWAY = {"type": "/problems/database-away", "title": "away", "status": 503, "request_id": "r"}


def test_every_post_has_a_key_of_its_own_and_the_sessions_token(node: Run) -> None:
    with scripted(DRAWN, DRAWN) as (url, asked):
        found = node(POST_DRAW + "tell([await draw(), await draw()]);", url=url, token="t0k3n")
    assert [one["id"] for one in found] == ["draw_1", "draw_1"]
    first, second = (one["idempotency-key"] for one in asked)
    assert first != second
    assert {one["authorization"] for one in asked} == {"Bearer t0k3n"}


def test_before_a_session_there_is_no_token(node: Run) -> None:
    with scripted(DRAWN) as (url, asked):
        node(POST_DRAW + "tell(await draw());", url=url)
    assert "authorization" not in asked[0]


def test_a_key_of_ones_own_is_kept(node: Run) -> None:
    with scripted(DRAWN) as (url, asked):
        node(POST_DRAW + "tell(await draw());", url=url, key="mine")
    assert asked[0]["idempotency-key"] == "mine"


@pytest.mark.parametrize("trouble", [(LOST, {}), (502, {}), (503, AWAY), (504, {})], ids=["lost", "502", "503", "504"])
def test_a_lost_request_is_sent_again_under_the_same_key(node: Run, trouble: tuple[int, dict[str, Any]]) -> None:
    with scripted(trouble, trouble, DRAWN) as (url, asked):
        assert node(POST_DRAW + "tell(await draw());", url=url)["id"] == "draw_1"
    assert len(asked) == 3
    assert len({one["idempotency-key"] for one in asked}) == 1


def test_a_gateway_that_stays_away_is_a_refusal_after_four_tries(node: Run) -> None:
    with scripted(*[(503, AWAY)] * 5) as (url, asked):
        found = node(POST_DRAW + TELL_FAILURE, url=url)
    assert (found["name"], found["code"], found["problem"]) == ("Refused", "database-away", AWAY)
    assert len(asked) == 4


def test_it_waits_as_long_as_a_busy_gateway_says(node: Run) -> None:
    with scripted((503, BUSY | {"retry_after_s": 1}), DRAWN) as (url, asked):
        waited_ms = node(POST_DRAW + "const before = Date.now(); await draw(); tell(Date.now() - before);", url=url)
    assert waited_ms >= 1000
    assert len(asked) == 2


@pytest.mark.parametrize("retry_after_s", [11, 3600])
def test_a_gateway_that_is_busy_for_long_is_a_refusal_at_once(node: Run, retry_after_s: int) -> None:
    with scripted((503, BUSY | {"retry_after_s": retry_after_s})) as (url, asked):
        assert node(POST_DRAW + TELL_FAILURE, url=url)["code"] == "gateway-busy"
    assert len(asked) == 1


@pytest.mark.parametrize("status", [400, 409, 422, 429, 500])
def test_a_refusal_is_thrown_by_name_at_once(node: Run, status: int) -> None:
    problem = {"type": "/problems/some-name", "title": "No", "status": status, "limit_fen": 5}
    with scripted((status, problem)) as (url, asked):
        found = node(POST_DRAW + TELL_FAILURE, url=url)
    assert (found["code"], found["problem"]) == ("some-name", problem)
    assert len(asked) == 1


def test_an_answer_that_is_not_the_gateways_is_an_error(node: Run) -> None:
    with scripted((404, {"detail": "somebody else's server"})) as (url, _):
        found = node(POST_DRAW + TELL_FAILURE, url=url)
    assert (found["name"], found["message"]) == ("Error", f"{url}/v1/draws answered 404")
