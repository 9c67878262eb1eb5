"""How long from a request to its ledger row at a steady rate, whatever the answers do (open loop)."""

import statistics
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass

import psycopg

from bench import load
from bench.claims import CONNECTIONS, Packet, crowd
from bench.machine import Machine, Member
from pswallet.notifications.service import CHANNEL

PER_SECOND = 100.0
"""Claims offered each second."""


@dataclass(frozen=True)
class Latency:
    """Milliseconds from the moment a claim was due to the moment its committed row was seen."""

    p50_ms: float
    p99_ms: float
    worst_ms: float
    claims: int


class RowWatch(threading.Thread):
    """Notes when each share's row can be read by others.

    It is woken by the indexer's NOTIFY, which PostgreSQL delivers after the commit: what it notes is never too early.
    """

    def __init__(self, url: str) -> None:
        super().__init__(daemon=True)
        self.seen: dict[tuple[str, str], float] = {}
        self._url = url
        self._ended = threading.Event()

    def run(self) -> None:
        """Watch until `end`."""
        with psycopg.connect(self._url, autocommit=True) as connection:
            connection.execute(f"LISTEN {CHANNEL}".encode())
            row = connection.execute("SELECT coalesce(max(block), 0) FROM packet_shares").fetchone()
            block = row[0] if row else 0
            while not self._ended.is_set():
                for _ in connection.notifies(timeout=0.05, stop_after=1):
                    pass
                found = connection.execute(
                    "SELECT packet, account, block FROM packet_shares WHERE block > %s", (block,)
                ).fetchall()
                now = time.monotonic()
                for packet, account, at in found:
                    self.seen.setdefault((packet, account), now)
                    block = max(block, at)

    def end(self) -> None:
        """Stop watching."""
        self._ended.set()
        self.join(5)


def measure(machine: Machine, packets: Sequence[Packet], seconds: int) -> Latency:
    """Offer `PER_SECOND` claims a second for `seconds` seconds. Raises ValueError when the packets hold too few."""
    wanted = int(PER_SECOND * seconds)
    claims = list(crowd(packets))[:wanted]
    if len(claims) < wanted:
        raise ValueError(f"{wanted} claims are needed, the packets hold {len(claims)}")
    host, port = machine.stack.settings.api_host, int(machine.stack.url.rsplit(":", 1)[1])
    requests = [
        load.post(f"/v1/red-packets/{packet.id}/claims", b"{}", token=guest.token, key=f"latency-{number}", host=host)
        for number, (packet, guest) in enumerate(claims)
    ]
    before = machine.scalar("SELECT count(*) FROM packet_shares")
    watch = RowWatch(machine.stack.database_url)
    watch.start()
    answers = load.open_loop(host, port, requests, per_second=PER_SECOND, connections=CONNECTIONS)
    machine.wait("SELECT count(*) FROM packet_shares", before + len(claims))
    deadline = time.monotonic() + 10
    while len(watch.seen) < len(claims) and time.monotonic() < deadline:
        time.sleep(0.05)
    watch.end()
    return _summary(claims, answers, watch)


def _summary(claims: Sequence[tuple[Packet, Member]], answers: Sequence[load.Answer], watch: RowWatch) -> Latency:
    waits = []
    for answer in answers:
        if answer.status != 202:
            raise RuntimeError(f"a claim was answered {answer.status}")
        packet, guest = claims[answer.request]
        waits.append((watch.seen[packet.id, guest.key.address] - answer.sent_at) * 1000)
    cuts = statistics.quantiles(waits, n=100)
    return Latency(p50_ms=cuts[49], p99_ms=cuts[98], worst_ms=max(waits), claims=len(waits))
