"""The gateway's HTTP/1.1 connections: uvicorn's, with bounds for headers, and a door before anything costs much."""

import asyncio
import math
from functools import cache
from http import HTTPStatus
from typing import TYPE_CHECKING, cast

import orjson
from starlette.types import Scope
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from pswallet.api.overload import LONGEST_WAIT_S, Door
from pswallet.api.problems import MEDIA_TYPE, GatewayBusy, HeadersTooLarge, RequestTooSlow, problem_body
from pswallet.kit.languages import ENGLISH, language_of, translated
from pswallet.kit.problems import Problem

if TYPE_CHECKING:
    from fastapi import FastAPI

HEADERS_S = 10.0
"""From a connection's start, or from a request's first byte, to the end of its headers."""

MAX_HEADERS_BYTES = 64 * 1024
"""Of all of a request but its body, trailers included: the parser keeps them in memory, however many they are."""

_READS = frozenset({b"GET", b"HEAD", b"OPTIONS"})


def _answer(problem: Problem, language: str, *more: str) -> bytes:
    body = orjson.dumps({**problem_body(problem, None), "title": translated("problems", problem.title, language)})
    head = [
        f"HTTP/1.1 {problem.status} {HTTPStatus(problem.status).phrase}",
        f"content-type: {MEDIA_TYPE}",
        f"content-language: {language}",
        "vary: Accept-Language",
        f"content-length: {len(body)}",
        *more,
    ]
    return "\r\n".join(head).encode() + b"\r\n\r\n" + body


@cache
def _busy(language: str) -> bytes:
    wait_s = math.ceil(LONGEST_WAIT_S)
    return _answer(GatewayBusy(retry_after_s=wait_s), language, f"retry-after: {wait_s}")


class Connection(HttpToolsProtocol):
    """One connection. Whoever dribbles headers is answered 408, who sends them without end 431, and it is closed.

    A write that finds the door shut is answered 503 here: no log line, no route, no body read.
    """

    headers_s = HEADERS_S
    _headers_bytes = 0
    _sent_away = False

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override] # as uvicorn has it
        """Begin to wait for the first request."""
        super().connection_made(transport)
        self._in_headers = True
        self._patience: asyncio.TimerHandle | None = None
        self._door: Door = cast("FastAPI", self.config.app).state.gateway.door
        self.ws_protocol_class = None  # an upgrade would be a way around the door
        self._wait()

    def connection_lost(self, exc: Exception | None) -> None:
        """Wait no more."""
        self._wait_no_more()
        for cycle, _ in self.pipeline:  # they never begin
            self._door.leave(cast("Scope", cycle.scope))
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Read on; only headers that do not come in one piece are waited for."""
        self._headers_bytes += len(data)
        super().data_received(data)
        if self._headers_bytes > MAX_HEADERS_BYTES:
            self._refuse(HeadersTooLarge())
        elif not self._in_headers and not self._sent_away:
            self._wait_no_more()
        elif self._patience is None:
            self._wait()

    def on_message_begin(self) -> None:
        """Note that a request begins."""
        self._in_headers = True
        self._headers_bytes = 0  # its first piece is not counted: the end of another request may be in it
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        """Let the request in, or send it away."""
        self._in_headers = False
        answered = self.cycle is None or self.cycle.response_complete
        if answered and self.parser.get_method() not in _READS and self._door.shut():
            self._sent_away = True
            wanted = next((value for name, value in self.headers if name == b"accept-language"), b"")
            self.transport.write(_busy(language_of(wanted.decode("latin-1"))))
        else:
            super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        """Take a part of a body, which has a bound of its own; that of who was sent away is not kept."""
        if not self._sent_away:
            self._headers_bytes -= len(body)
            super().on_body(body)

    def on_message_complete(self) -> None:
        """Count a request as inside when it is whole, so that none shuts the door by being slow."""
        if self._sent_away:
            self._sent_away = False
            self.on_response_complete()
            if not self.parser.should_keep_alive():
                self.transport.close()
            return
        if not self.cycle.response_complete and self.cycle.scope["method"].encode() not in _READS:
            self._door.enter(cast("Scope", self.cycle.scope))
        super().on_message_complete()

    def _wait(self) -> None:
        self._patience = self.loop.call_later(self.headers_s, self._refuse, RequestTooSlow())

    def _wait_no_more(self) -> None:
        if self._patience is not None:
            self._patience.cancel()
            self._patience = None

    def _refuse(self, problem: Problem) -> None:
        self._wait_no_more()
        if not self.transport.is_closing():
            if self._in_headers:
                self.transport.write(_answer(problem, ENGLISH, "connection: close"))
            self.transport.close()
