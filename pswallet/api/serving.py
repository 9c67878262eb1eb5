"""The gateway's HTTP/1.1 connections: uvicorn's, with a bound for how long a request's headers may take to arrive."""

import asyncio

import orjson
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from pswallet.api.problems import MEDIA_TYPE, RequestTooSlow, problem_body

HEADERS_S = 10.0
"""From a connection's start, or from a request's first byte, to the end of its headers."""


def _too_slow() -> bytes:
    body = orjson.dumps(problem_body(RequestTooSlow(), None))
    head = f"HTTP/1.1 408 Request Timeout\r\ncontent-type: {MEDIA_TYPE}\r\ncontent-length: {len(body)}\r\n"
    return head.encode() + b"connection: close\r\n\r\n" + body


class Connection(HttpToolsProtocol):
    """One connection. Whoever dribbles headers is answered 408, and the connection is closed."""

    headers_s = HEADERS_S

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
        super().data_received(data)
        if not self._in_headers:
            self._wait_no_more()
        elif self._patience is None:
            self._wait()

    def on_message_begin(self) -> None:
        """Note that a request begins."""
        self._in_headers = True
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        """Note that its headers are whole."""
        self._in_headers = False
        super().on_headers_complete()

    def _wait(self) -> None:
        self._patience = self.loop.call_later(self.headers_s, self._give_up)

    def _wait_no_more(self) -> None:
        if self._patience is not None:
            self._patience.cancel()
            self._patience = None

    def _give_up(self) -> None:
        if not self.transport.is_closing():
            self.transport.write(_too_slow())
            self.transport.close()
