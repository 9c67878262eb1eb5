"""One HTTP connection to the gateway, and what is repeated over it. Nothing here knows a route.

Repeated are requests that take effect once however often they arrive: GET, PUT and DELETE by HTTP's own promise, a POST
because it carries an `Idempotency-Key`, the same one each time. Anything else is sent once.
"""

import random
import secrets
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar, cast
from urllib.parse import quote

import httpx
import orjson

from pswallet.client.errors import Refused

Shape = TypeVar("Shape")

LOST = (httpx.NetworkError, httpx.TimeoutException, httpx.RemoteProtocolError, httpx.ProxyError)
"""A connection that was not made, or broke: nobody knows whether the request arrived."""

_REPEATABLE = frozenset({"GET", "PUT", "DELETE"})
_AWAY = frozenset({429, 502, 503, 504})
_IN_USE = "idempotency-key-in-use"
_LONGEST_PAUSE_S = 2.0


@dataclass
class Transport:
    """Sends requests as one session; `token` is its bearer token, `language` what titles are asked for in."""

    http: httpx.Client
    token: str | None = None
    language: str | None = None
    patience_s: float = 10.0
    """How long a request is repeated [s]. A `Retry-After` beyond it is not waited for."""
    sleep: Callable[[float], None] = field(default=time.sleep, repr=False)
    now: Callable[[], float] = field(default=time.monotonic, repr=False)

    def ask(
        self,
        shape: type[Shape],
        method: str,
        path: str,
        *,
        body: Mapping[str, Any] | None = None,
        query: Mapping[str, Any] | None = None,
        key: str | None = None,
    ) -> Shape:
        """Send a request and return its JSON answer, typed `shape`. Raises Refused, httpx.TransportError."""
        answer = self.send(method, path, body=body, query=query, key=key)
        return cast("Shape", orjson.loads(answer.content) if answer.content else {})

    def send(
        self,
        method: str,
        path: str,
        *,
        body: Mapping[str, Any] | None = None,
        query: Mapping[str, Any] | None = None,
        key: str | None = None,
    ) -> httpx.Response:
        """Send a request, repeated where that is safe. Raises Refused, httpx.TransportError."""
        if method == "POST":
            key = key or secrets.token_hex(16)
        headers = self.headers() | ({"Idempotency-Key": key} if key else {})
        content = None if body is None and method != "POST" else orjson.dumps(body or {})
        if content is not None:
            headers["Content-Type"] = "application/json"
        asked = {name: value for name, value in (query or {}).items() if value is not None}
        request = self.http.build_request(method, path, content=content, params=asked or None, headers=headers)
        answer = self._repeated(request) if key or method in _REPEATABLE else self.http.send(request)
        if answer.is_error:
            raise refusal(answer)
        return answer

    def headers(self) -> dict[str, str]:
        """Return what every request carries: who asks, and in which language."""
        found = {"Authorization": f"Bearer {self.token}"} if self.token else {}
        return found | ({"Accept-Language": self.language} if self.language else {})

    def _repeated(self, request: httpx.Request) -> httpx.Response:
        deadline, tries, lost = self.now() + self.patience_s, 0, False
        while True:
            try:
                answer = self.http.send(request)
            except LOST:
                lost = True
                if self.now() + (pause := pause_s(tries)) > deadline:
                    raise
            else:
                if lost and request.method == "DELETE" and answer.status_code == httpx.codes.NOT_FOUND:
                    return httpx.Response(httpx.codes.NO_CONTENT, request=request)  # the lost one took effect
                if not _may_pass(answer):
                    return answer
                if self.now() + (pause := retry_after_s(answer) or pause_s(tries)) > deadline:
                    return answer
            self.sleep(pause)
            tries += 1


def pause_s(tries: int) -> float:
    """Return how long to wait after `tries` repeats [s]: doubled each time, and shaken so that a crowd comes apart."""
    return min(_LONGEST_PAUSE_S, 0.1 * 2.0**tries) * random.uniform(0.5, 1)  # noqa: S311 - no secret


def retry_after_s(answer: httpx.Response) -> float | None:
    """Return the seconds of `Retry-After`; None where it is missing or a date."""
    said = answer.headers.get("Retry-After", "")
    return float(said) if said.isdecimal() else None


def refusal(answer: httpx.Response) -> Refused:
    """Read a problem; of an answer that is none (a proxy's page) only the status is told."""
    try:
        details = orjson.loads(answer.content)
    except orjson.JSONDecodeError:
        details = None
    if not isinstance(details, dict):
        details = {"title": f"HTTP {answer.status_code} {answer.reason_phrase}".strip()}
    return Refused(answer.status_code, details)


def escaped(part: str) -> str:
    """Write `part` so that it stays one part of a path."""
    return quote(part, safe="")


def _may_pass(answer: httpx.Response) -> bool:
    if answer.status_code in _AWAY:
        return True
    return answer.status_code == 409 and refusal(answer).code == _IN_USE
