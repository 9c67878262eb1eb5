"""`make streams`: what 2,000 idle streams of events cost the gateway, and how soon all of them hear of something."""

import asyncio
import sys
import time
from collections.abc import Sequence

import psycopg
import uvloop
from rich.console import Console

from bench.figures import keep, table
from bench.machine import Machine, Member, raise_file_limit

STREAMS = 2_000
_PEOPLE = 200
_QUIET_S = 35.0
"""Longer than two heartbeats of every stream."""

BARS = {"streams_mb": ("<=", 100.0)}


def main() -> int:
    """Measure, show, and keep the figures in build/bench.json."""
    console = Console()
    raise_file_limit(2 * STREAMS + 500)
    with Machine() as machine:
        members = machine.populate(_PEOPLE)
        _warm_up(machine, members)
        figures = uvloop.run(_measure(machine, members))
    keep(figures)
    console.print(table(figures, BARS))
    return 0


def _warm_up(machine: Machine, members: Sequence[Member]) -> None:
    """Let the gateway load what any request loads."""
    for member in members[:20]:
        with machine.client(member) as client:
            client.get("/balance")


async def _measure(machine: Machine, members: Sequence[Member]) -> dict[str, float]:
    await _close(await _open(machine, members, 40))
    before = machine.rss_mb("api")
    streams = await _open(machine, members, STREAMS)
    opened = machine.rss_mb("api")
    cpu = machine.cpu_s("api")
    await asyncio.sleep(_QUIET_S)
    quiet = machine.rss_mb("api")
    busy = (machine.cpu_s("api") - cpu) / _QUIET_S
    heard = await _wake(machine, streams)
    await _close(streams)
    return {
        "streams": STREAMS,
        "streams_mb": round(max(opened, quiet) - before, 1),
        "stream_kb": round((max(opened, quiet) - before) * 1024 / STREAMS, 1),
        "streams_idle_cpu": round(busy, 3),
        "streams_all_woken_s": round(heard, 2),
    }


Stream = tuple[asyncio.StreamReader, asyncio.StreamWriter]


async def _open(machine: Machine, members: Sequence[Member], count: int) -> list[Stream]:
    found: list[Stream] = []
    for start in range(0, count, 50):
        found += await asyncio.gather(
            *(_one(machine, members[place % len(members)]) for place in range(start, min(count, start + 50)))
        )
    return found


async def _one(machine: Machine, member: Member) -> Stream:
    reader, writer = await asyncio.open_connection(machine.host, machine.port, limit=2_048)
    writer.write(f"GET /v1/events HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {member.token}\r\n\r\n".encode())
    head = await reader.readuntil(b"retry: 1000\n\n")
    if not head.startswith(b"HTTP/1.1 200"):
        raise RuntimeError(head.decode())
    return reader, writer


async def _wake(machine: Machine, streams: Sequence[Stream]) -> float:
    """Tell everybody something; return how long until each stream said it [s]."""
    with psycopg.connect(machine.stack.database_url, autocommit=True) as connection:
        connection.execute(
            "INSERT INTO notifications (address, kind, body, block, log_index)"
            " SELECT address, 'bench', '{}', 0, 0 FROM accounts"
        )
        began = time.monotonic()
        connection.execute("NOTIFY pswallet_events, '*'")
    async with asyncio.timeout(60):
        await asyncio.gather(*(reader.readuntil(b"event: bench") for reader, _ in streams))
    return time.monotonic() - began


async def _close(streams: Sequence[Stream]) -> None:
    for _, writer in streams:
        writer.close()
    await asyncio.sleep(2.0)


if __name__ == "__main__":
    sys.exit(main())
