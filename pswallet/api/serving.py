"""The gateway's HTTP/1.1 connections: uvicorn's, with bounds for headers, and a door before anything costs much."""

import asyncio
import math
import secrets
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

UNREAD_S = 30.0
"""So long a client may leave what it was sent unread, while more waits for it."""

MAX_HEADERS_BYTES = 64 * 1024
"""Of all of a request but its body, trailers included: the parser keeps them in memory, however many they are."""

_READS = frozenset({b"GET", b"HEAD", b"OPTIONS"})
_SPREAD_S = 3
"""Who was sent away comes back at different times."""


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
def _busy(language: str, wait_s: int) -> bytes:
    return _answer(GatewayBusy(retry_after_s=wait_s), language, f"retry-after: {wait_s}")


class Connection(HttpToolsProtocol):
    """One connection. Whoever dribbles headers is answered 408, who sends them without end 431, and it is closed.

    A write that finds the door shut is answered 503 here: no log line, no route, no body read. No request stands in
    line behind one that is being answered: what comes before the answer is not read, and the connection ends with the
    answer (RFC 9112, 9.3.2: the client asks again elsewhere). So each connection has one request inside at most.
    """

    headers_s = HEADERS_S
    unread_s = UNREAD_S
    _headers_bytes = 0
    _sent_away = False
    _deaf = False
    """More was sent before the answer: nothing is read any more."""
    _patience: asyncio.TimerHandle | None = None
    _hope: asyncio.TimerHandle | None = None
    """Until the client reads what it was sent."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override] # as uvicorn has it
        """Begin to wait for the first request."""
        super().connection_made(transport)
        self._in_headers = True
        self._door: Door = cast("FastAPI", self.config.app).state.gateway.door
        self.ws_protocol_class = None  # an upgrade would be a way around the door
        self._wait()

    def connection_lost(self, exc: Exception | None) -> None:
        """Wait no more."""
        self._wait_no_more()
        self.resume_writing()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Read on; only headers that do not come in one piece are waited for."""
        self._headers_bytes += len(data)
        if self._deaf:
            if self._headers_bytes > MAX_HEADERS_BYTES:
                self.transport.abort()  # it goes on and on
            return
        super().data_received(data)
        if self._headers_bytes > MAX_HEADERS_BYTES:
            self._refuse(HeadersTooLarge())
        elif not self._in_headers and not self._sent_away:
            self._wait_no_more()
        elif self._patience is None and not self._deaf:
            self._wait()

    def on_message_begin(self) -> None:
        """Note that a request begins, or that the client did not wait for its answer."""
        if self._answering():
            self._deaf, self.cycle.keep_alive = True, False
            self._headers_bytes = 0
        if self._deaf:
            return
        self._in_headers = True
        self._headers_bytes = 0  # its first piece is not counted: the end of another request may be in it
        self._wait_no_more()
        self._unset_keepalive_if_required()  # one that was sent away has set it, in this very piece
        super().on_message_begin()

    def on_url(self, url: bytes) -> None:
        """Take a part of the address."""
        if not self._deaf:
            super().on_url(url)

    def on_header(self, name: bytes, value: bytes) -> None:
        """Take a header."""
        if not self._deaf:
            super().on_header(name, value)

    def on_headers_complete(self) -> None:
        """Let the request in, or send it away."""
        if self._deaf:
            return
        self._in_headers = False
        if len(self.url) + sum(len(name) + len(value) for name, value in self.headers) > MAX_HEADERS_BYTES:
            self._in_headers = True
            self._refuse(HeadersTooLarge())
        elif self.parser.get_method() not in _READS and self._door.shut():
            self._send_away()
        else:
            super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        """Take a part of a body, which has a bound of its own; that of who was sent away is not kept."""
        if not self._deaf and not self._sent_away:
            self._headers_bytes -= len(body)
            super().on_body(body)

    def on_message_complete(self) -> None:
        """Count a write as inside when it is whole, so that none shuts the door by being slow."""
        if self._deaf:
            return
        if self._sent_away:
            self._sent_away = False
            self.on_response_complete()
            if not self.parser.should_keep_alive():
                self.transport.close()
            return
        if self._answering() and self.cycle.scope["method"].encode() not in _READS:
            self._door.enter(cast("Scope", self.cycle.scope))
        super().on_message_complete()

    def pause_writing(self) -> None:
        """Wait, but not for ever, until the client reads."""
        super().pause_writing()
        # Not `close`: that would wait until all is sent.
        self._hope = self.loop.call_later(self.unread_s, self.transport.abort)

    def resume_writing(self) -> None:
        """Go on: the client reads."""
        if self._hope is not None:
            self._hope.cancel()
            self._hope = None
        super().resume_writing()

    def _answering(self) -> bool:
        return self.cycle is not None and not self.cycle.response_complete

    def _send_away(self) -> None:
        if self.flow.write_paused:
            self._deaf = True
            self.transport.abort()  # it sends and does not read: each answer would be kept for it
            return
        self._sent_away = True
        wanted = next((value for name, value in self.headers if name == b"accept-language"), b"")
        wait_s = math.ceil(LONGEST_WAIT_S) + secrets.randbelow(_SPREAD_S)
        self.transport.write(_busy(language_of(wanted.decode("latin-1")), wait_s))

    def _wait(self) -> None:
        self._patience = self.loop.call_later(self.headers_s, self._refuse, RequestTooSlow())

    def _wait_no_more(self) -> None:
        if self._patience is not None:
            self._patience.cancel()
            self._patience = None

    def _refuse(self, problem: Problem) -> None:
        self._wait_no_more()
        self._deaf = True
        if not self.transport.is_closing():
            if self._in_headers and not self._answering():
                self.transport.write(_answer(problem, ENGLISH, "connection: close"))
            self.transport.close()
