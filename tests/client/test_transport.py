"""What is sent again, how often, under which key; and what is not."""

from collections.abc import Callable
from typing import Any

import httpx
import pytest

from pswallet.client import Refused, Transport

Reply = httpx.Response | Exception


class Gateway:
    """A gateway that gives prepared replies, the last one for ever; it notes what arrived."""

    def __init__(self, *replies: Reply) -> None:
        self.replies = list(replies)
        self.arrived: list[httpx.Request] = []
        self.slept: list[float] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.arrived.append(request)
        reply = self.replies.pop(0) if len(self.replies) > 1 else self.replies[0]
        if isinstance(reply, Exception):
            raise reply
        return reply

    def transport(self, **options: Any) -> Transport:
        http = httpx.Client(base_url="http://gateway", transport=httpx.MockTransport(self))
        return Transport(http, sleep=self.slept.append, now=lambda: sum(self.slept), **options)

    @property
    def keys(self) -> list[str | None]:
        return [request.headers.get("Idempotency-Key") for request in self.arrived]


def good() -> httpx.Response:
    return httpx.Response(200, json={"good": True})


def problem(status: int, code: str, **headers: str) -> httpx.Response:
    return httpx.Response(status, json={"type": f"/problems/{code}", "title": code}, headers=headers)


PASSING: list[Callable[[], Reply]] = [
    lambda: httpx.ConnectError("refused"),
    lambda: httpx.ReadTimeout("late"),
    lambda: httpx.RemoteProtocolError("cut"),
    lambda: httpx.Response(502, text="<html>proxy</html>"),
    lambda: problem(503, "database-away"),
    lambda: httpx.Response(504),
    lambda: problem(429, "rate-limit-exceeded"),
    lambda: problem(409, "idempotency-key-in-use"),
]


@pytest.mark.parametrize("passing", PASSING)
def test_a_post_keeps_its_key_and_its_bytes_when_it_is_repeated(passing: Callable[[], Reply]):
    gateway = Gateway(passing(), passing(), good())
    assert gateway.transport().ask(dict, "POST", "/v1/x", body={"b": 1, "a": "坪山"}) == {"good": True}
    assert len(gateway.keys) == 3
    assert len(set(gateway.keys)) == 1
    assert gateway.keys[0]
    assert len({request.content for request in gateway.arrived}) == 1


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
def test_what_http_calls_idempotent_is_repeated_without_a_key(method: str):
    gateway = Gateway(httpx.ConnectError("refused"), good())
    assert gateway.transport().send(method, "/v1/x").is_success
    assert gateway.keys == [None, None]


def test_what_a_lost_delete_took_away_counts_as_taken():
    gateway = Gateway(httpx.ReadTimeout("late"), problem(404, "session-unknown"))
    assert gateway.transport().send("DELETE", "/v1/x").status_code == 204


def test_what_was_never_there_is_told():
    with pytest.raises(Refused):
        Gateway(problem(404, "session-unknown")).transport().send("DELETE", "/v1/x")


def test_what_is_not_safe_is_sent_once():
    gateway = Gateway(httpx.ReadTimeout("late"), good())
    with pytest.raises(httpx.ReadTimeout):
        gateway.transport().send("PATCH", "/v1/x", body={})
    assert len(gateway.arrived) == 1


@pytest.mark.parametrize(
    ("status", "code"), [(409, "already-claimed"), (500, "gateway-failed"), (422, "amount-invalid")]
)
def test_a_refusal_that_will_not_pass_is_told_at_once(status: int, code: str):
    gateway = Gateway(problem(status, code), good())
    with pytest.raises(Refused) as refused:
        gateway.transport().send("POST", "/v1/x", body={})
    assert (refused.value.status, refused.value.code, len(gateway.arrived)) == (status, code, 1)


@pytest.mark.parametrize("status", [429, 503])
def test_retry_after_is_waited_for(status: int):
    gateway = Gateway(problem(status, "later", **{"Retry-After": "7"}), good())
    gateway.transport().send("GET", "/v1/x")
    assert gateway.slept == [7.0]


def test_a_retry_after_as_long_as_the_patience_is_waited_for_and_a_longer_one_is_not():
    def busy() -> Gateway:
        return Gateway(problem(429, "code-requested-too-soon", **{"Retry-After": "60"}), good())

    longer, as_long = busy(), busy()
    with pytest.raises(Refused, match="code-requested-too-soon"):
        longer.transport(patience_s=59).send("POST", "/v1/codes", body={})
    as_long.transport(patience_s=60).send("POST", "/v1/codes", body={})
    assert (longer.slept, as_long.slept) == ([], [60.0])


def test_pauses_grow_and_a_lost_connection_is_raised_when_the_patience_ends():
    gateway = Gateway(httpx.ConnectError("refused"))
    with pytest.raises(httpx.ConnectError):
        gateway.transport(patience_s=10).send("GET", "/v1/x")
    assert 8 <= sum(gateway.slept) <= 10
    assert all(0.05 * 2**place <= pause <= 0.1 * 2**place for place, pause in enumerate(gateway.slept[:5]))
    assert max(gateway.slept) <= 2


def test_another_pages_error_is_a_refusal_with_its_status():
    gateway = Gateway(httpx.Response(403, text="<html>"))
    with pytest.raises(Refused) as refused:
        gateway.transport().send("GET", "/v1/x")
    assert (refused.value.status, refused.value.code, refused.value.title) == (403, "", "HTTP 403 Forbidden")


def test_every_request_says_who_asks_and_in_which_language():
    gateway = Gateway(good())
    gateway.transport(token="secret", language="zh-HK").send("GET", "/v1/x", query={"limit": 3, "cursor": None})
    (request,) = gateway.arrived
    assert request.headers["Authorization"] == "Bearer secret"
    assert request.headers["Accept-Language"] == "zh-HK"
    assert dict(request.url.params) == {"limit": "3"}
