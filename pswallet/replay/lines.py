"""Raw HTTP/1.1 over keep-alive connections, as cheap as Python allows: a crowd's requests share the cores with the
gateway. It reads what our own gateway writes: every answer has its length."""

import asyncio
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import cast

import uvloop

_BUSY = frozenset({429, 503})
_PAUSE_S = 0.2
_PATIENCE_S = 120.0


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer: its status, how long it asks to be left alone [s], its body."""

    status: int
    retry_after_s: float
    body: bytes


class Line(asyncio.Protocol):
    """One keep-alive connection that carries one request at a time."""

    def __init__(self) -> None:
        self._buffer = b""
        self._waiting: asyncio.Future[Reply] | None = None
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the transport."""
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        """Collect bytes until the answer is whole, then hand it over."""
        self._buffer += data
        head, found, body = self._buffer.partition(b"\r\n\r\n")
        if not found or len(body) < int(_header(head, b"content-length:") or 0):
            return
        self._buffer = b""
        if self._waiting is not None and not self._waiting.done():
            wait = _header(head, b"retry-after:")
            self._waiting.set_result(Reply(int(head[9:12]), float(wait or 0), body))

    def connection_lost(self, error: Exception | None) -> None:
        """Fail the request that was under way."""
        if self._waiting is not None and not self._waiting.done():
            self._waiting.set_exception(error or ConnectionError("the gateway closed the connection"))

    async def send(self, request: bytes) -> Reply:
        """Send one request and return its answer."""
        self._waiting = asyncio.get_running_loop().create_future()
        cast("asyncio.Transport", self._transport).write(request)
        return await self._waiting

    def close(self) -> None:
        """Hang up."""
        cast("asyncio.Transport", self._transport).close()


def _header(head: bytes, name: bytes) -> bytes:
    at = head.lower().find(name)
    return head[at + len(name) :].split(b"\r\n", 1)[0].strip() if at >= 0 else b""


def post(path: str, body: bytes, *, token: str, key: str, host: str) -> bytes:
    """Build a POST request as bytes."""
    return (
        f"POST {path} HTTP/1.1\r\nhost: {host}\r\nauthorization: Bearer {token}\r\nidempotency-key: {key}\r\n"
        f"content-type: application/json\r\ncontent-length: {len(body)}\r\n\r\n"
    ).encode() + body


async def connect(host: str, port: int, count: int) -> list[Line]:
    """Open `count` connections."""
    loop = asyncio.get_running_loop()
    made = [await loop.create_connection(Line, host, port) for _ in range(count)]
    return [line for _, line in made]


def ask_all(
    host: str, port: int, requests: Sequence[bytes], *, connections: int, heard: Callable[[], None]
) -> list[Reply]:
    """Send every request, each connection its next one as soon as the last is answered; replies in the requests' order.

    A gateway that is busy is asked again when it says. `heard` is called for each reply. Raises TimeoutError when it
    stays busy for two minutes.
    """

    async def run() -> list[Reply]:
        replies: list[Reply | None] = [None] * len(requests)
        waiting = iter(enumerate(requests))

        async def work(line: Line) -> None:
            for place, request in waiting:
                replies[place] = await _patiently(line, request)
                heard()

        lines = await connect(host, port, min(connections, len(requests)))
        try:
            await asyncio.gather(*(work(line) for line in lines))
        finally:
            for line in lines:
                line.close()
        return [reply for reply in replies if reply is not None]

    return uvloop.run(run())


async def _patiently(line: Line, request: bytes) -> Reply:
    deadline = time.monotonic() + _PATIENCE_S
    while True:
        reply = await line.send(request)
        if reply.status not in _BUSY:
            return reply
        if time.monotonic() > deadline:
            raise TimeoutError(f"the gateway is busy: {reply.body.decode(errors='replace')}")
        await asyncio.sleep(reply.retry_after_s or _PAUSE_S)
