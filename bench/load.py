"""A load generator: raw HTTP/1.1 over keep-alive connections, as cheap as Python allows, since it shares the cores."""

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import cast

import uvloop


@dataclass(frozen=True)
class Answer:
    """One answer: which request, its status, when it was sent and when answered [s of the monotonic clock]."""

    request: int
    status: int
    sent_at: float
    answered_at: float


class Connection(asyncio.Protocol):
    """One keep-alive connection that carries one request at a time."""

    def __init__(self) -> None:
        self._buffer = b""
        self._waiting: asyncio.Future[int] | None = None
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the transport."""
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        """Collect bytes until the answer is whole, then hand its status over."""
        self._buffer += data
        head, found, body = self._buffer.partition(b"\r\n\r\n")
        if not found or len(body) < _content_length(head):
            return
        self._buffer = b""
        if self._waiting is not None and not self._waiting.done():
            self._waiting.set_result(int(head[9:12]))

    def connection_lost(self, error: Exception | None) -> None:
        """Fail the request that was under way."""
        if self._waiting is not None and not self._waiting.done():
            self._waiting.set_exception(error or ConnectionError("the gateway closed the connection"))

    async def send(self, request: bytes) -> int:
        """Send one request and return the status of its answer."""
        self._waiting = asyncio.get_running_loop().create_future()
        cast("asyncio.Transport", self._transport).write(request)
        return await self._waiting


def _content_length(head: bytes) -> int:
    at = head.lower().find(b"content-length:")
    return int(head[at + 15 :].split(b"\r\n", 1)[0]) if at >= 0 else 0


def post(path: str, body: bytes, *, token: str, key: str, host: str) -> bytes:
    """Build a POST request as bytes."""
    return (
        f"POST {path} HTTP/1.1\r\nhost: {host}\r\nauthorization: Bearer {token}\r\nidempotency-key: {key}\r\n"
        f"content-type: application/json\r\ncontent-length: {len(body)}\r\n\r\n"
    ).encode() + body


def closed_loop(host: str, port: int, requests: Sequence[bytes], *, connections: int) -> list[Answer]:
    """Send every request, each connection its next one as soon as the last is answered."""

    async def run() -> list[Answer]:
        answers: list[Answer] = []
        waiting = iter(enumerate(requests))

        async def work(line: Connection) -> None:
            for number, request in waiting:
                sent_at = time.monotonic()
                status = await line.send(request)
                answers.append(Answer(number, status, sent_at, time.monotonic()))

        lines = await _connect(host, port, connections)
        await asyncio.gather(*(work(line) for line in lines))
        return answers

    return uvloop.run(run())


def open_loop(host: str, port: int, requests: Sequence[bytes], *, per_second: float, connections: int) -> list[Answer]:
    """Send the requests at a fixed rate, whatever the answers do; `sent_at` is when each was due."""

    async def run() -> list[Answer]:
        free = asyncio.Queue[Connection]()
        for line in await _connect(host, port, connections):
            free.put_nowait(line)
        start = time.monotonic() + 0.1
        answers: list[Answer] = []

        async def one(number: int, request: bytes, due: float, line: Connection) -> None:
            status = await line.send(request)
            free.put_nowait(line)
            answers.append(Answer(number, status, due, time.monotonic()))

        async with asyncio.TaskGroup() as group:
            for number, request in enumerate(requests):
                due = start + number / per_second
                await asyncio.sleep(max(0.0, due - time.monotonic()))
                group.create_task(one(number, request, due, await free.get()))
        return answers

    return uvloop.run(run())


async def _connect(host: str, port: int, connections: int) -> list[Connection]:
    loop = asyncio.get_running_loop()
    made = [await loop.create_connection(Connection, host, port) for _ in range(connections)]
    return [line for _, line in made]
