"""The gateway's HTTP/1.1 connections: uvicorn's, with bounds for how long a request's headers take, and are."""

import asyncio
from http import HTTPStatus

import orjson
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from pswallet.api.problems import MEDIA_TYPE, HeadersTooLarge, RequestTooSlow, problem_body
from pswallet.kit.problems import Problem

HEADERS_S = 10.0
"""From a connection's start, or from a request's first byte, to the end of its headers."""

MAX_HEADERS_BYTES = 64 * 1024
"""Of all of a request but its body, trailers included: the parser keeps them in memory, however many they are."""


def _last_answer(problem: Problem) -> bytes:
    body = orjson.dumps(problem_body(problem, None))
    status = f"{problem.status} {HTTPStatus(problem.status).phrase}"
    head = f"HTTP/1.1 {status}\r\ncontent-type: {MEDIA_TYPE}\r\ncontent-length: {len(body)}\r\n"
    return head.encode() + b"connection: close\r\n\r\n" + body


class Connection(HttpToolsProtocol):
    """One connection. Whoever dribbles headers is answered 408, who sends them without end 431, and it is closed."""

    headers_s = HEADERS_S
    _headers_bytes = 0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override] # as uvicorn has it
        """Begin to wait for the first request."""
        super().connection_made(transport)
        self._in_headers = True
        self._patience: asyncio.TimerHandle | None = None
        self._wait()

    def connection_lost(self, exc: Exception | None) -> None:
        """Wait no more."""
        self._wait_no_more()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Read on; only headers that do not come in one piece are waited for."""
        self._headers_bytes += len(data)
        super().data_received(data)
        if self._headers_bytes > MAX_HEADERS_BYTES:
            self._refuse(HeadersTooLarge())
        elif not self._in_headers:
            self._wait_no_more()
        elif self._patience is None:
            self._wait()

    def on_message_begin(self) -> None:
        """Note that a request begins."""
        self._in_headers = True
        self._headers_bytes = 0  # its first piece is not counted: the end of another request may be in it
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        """Note that its headers are whole."""
        self._in_headers = False
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        """Take a part of a body, which has a bound of its own."""
        self._headers_bytes -= len(body)
        super().on_body(body)

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
                self.transport.write(_last_answer(problem))
            self.transport.close()
