"""A load generator on the keep-alive connections of the replay: in a closed loop, or at a fixed rate."""

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass

import uvloop

from pswallet.replay.lines import Line, connect, post

__all__ = ["Answer", "closed_loop", "open_loop", "post"]


@dataclass(frozen=True)
class Answer:
    """One answer: which request, its status, when it was sent and when answered [s of the monotonic clock]."""

    request: int
    status: int
    sent_at: float
    answered_at: float


def closed_loop(host: str, port: int, requests: Sequence[bytes], *, connections: int) -> list[Answer]:
    """Send every request, each connection its next one as soon as the last is answered."""

    async def run() -> list[Answer]:
        answers: list[Answer] = []
        waiting = iter(enumerate(requests))

        async def work(line: Line) -> None:
            for number, request in waiting:
                sent_at = time.monotonic()
                status = (await line.send(request)).status
                answers.append(Answer(number, status, sent_at, time.monotonic()))

        lines = await connect(host, port, connections)
        await asyncio.gather(*(work(line) for line in lines))
        return answers

    return uvloop.run(run())


def open_loop(host: str, port: int, requests: Sequence[bytes], *, per_second: float, connections: int) -> list[Answer]:
    """Send the requests at a fixed rate, whatever the answers do; `sent_at` is when each was due."""

    async def run() -> list[Answer]:
        free = asyncio.Queue[Line]()
        for line in await connect(host, port, connections):
            free.put_nowait(line)
        start = time.monotonic() + 0.1
        answers: list[Answer] = []

        async def one(number: int, request: bytes, due: float, line: Line) -> None:
            status = (await line.send(request)).status
            free.put_nowait(line)
            answers.append(Answer(number, status, due, time.monotonic()))

        async with asyncio.TaskGroup() as group:
            for number, request in enumerate(requests):
                due = start + number / per_second
                await asyncio.sleep(max(0.0, due - time.monotonic()))
                group.create_task(one(number, request, due, await free.get()))
        return answers

    return uvloop.run(run())
