"""`make overload`: twice the capacity for a while: what is sent away, what is kept, and how soon it is as before."""

import os
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import cycle, islice

from rich.console import Console

from bench import load, transfers
from bench.figures import keep, missed, table
from bench.machine import Machine, Member, raise_file_limit

OVERLOAD_S = float(os.environ.get("OVERLOAD_S", "20"))
_PEOPLE = 200
_SAMPLE = int(os.environ.get("CAPACITY_CALLS", "4000"))
_PROBES_PER_S = 20.0
_CALM_S = 20.0
_READS = 50
"""Every so manyth request reads a balance."""
_CONNECTIONS = 4_000
"""More than answers are ever under way, so that none waits in the load generator."""

_UNDER_WAY = "SELECT -count(*) FROM chain_calls WHERE id > :after AND id <= :last AND settled_block IS NULL"

BARS = {
    "overload_lost": ("<=", 0.0),
    "overload_other_answers": ("<=", 0.0),
    "overload_back_to_normal_s": ("<=", 10.0),
    "overload_backlog_gone_s": ("<=", 10.0),
}


def main() -> int:
    """Measure, show, and keep the figures in build/bench.json; 1 when a bar is missed."""
    raise_file_limit(2 * _CONNECTIONS)
    with Machine() as machine:
        members = machine.populate(_PEOPLE)
        figures = measure(machine, members)
    keep(figures)
    Console().print(table(figures, BARS))
    return int(bool(missed(figures, BARS)))


def measure(machine: Machine, members: Sequence[Member]) -> dict[str, float]:
    """Measure the capacity, then a quiet time, twice the capacity, and a quiet time again."""
    transfers.capacity(machine, members, _SAMPLE // 4)  # a warm-up
    capacity = transfers.capacity(machine, members, _SAMPLE)
    before = transfers.p50_ms(transfers.probe(machine, members, per_second=_PROBES_PER_S, seconds=5))
    requests = transfers.signed(machine, members, int(2 * capacity * OVERLOAD_S))
    requests[::_READS] = [_read(machine, member) for member in islice(cycle(members), len(requests[::_READS]))]
    probes = transfers.signed(machine, members, int(_PROBES_PER_S * _CALM_S))
    after = transfers.last_call(machine)
    answers = load.open_loop(machine.host, machine.port, requests, per_second=2 * capacity, connections=_CONNECTIONS)
    last_due = max(answer.sent_at for answer in answers)
    reads = [answer for answer in answers if answer.request % _READS == 0]
    answers = [answer for answer in answers if answer.request % _READS]
    span = {"after": after, "last": transfers.last_call(machine)}
    with ThreadPoolExecutor(1) as pool:
        gone = pool.submit(machine.wait, _UNDER_WAY, 0, **span)
        calm = load.open_loop(machine.host, machine.port, probes, per_second=_PROBES_PER_S, connections=8)
    kept = [answer for answer in [*answers, *calm] if answer.status == 202]
    settled_at = transfers.wait_until_settled(machine, after, len(kept))  # raises if one is lost
    accepted = [answer for answer in answers if answer.status == 202]
    shed = [answer for answer in answers if answer.status == 503]
    return {
        "overload_capacity_per_s": round(capacity, 1),
        "overload_offered_per_s": round(2 * capacity, 1),
        "overload_s": OVERLOAD_S,
        "overload_accepted_share": round(len(accepted) / len(answers), 4),
        "overload_shed_share": round(len(shed) / len(answers), 4),
        "overload_other_answers": len(answers) - len(accepted) - len(shed),
        "overload_lost": 0,
        "overload_reads_answered_share": round(sum(answer.status == 200 for answer in reads) / len(reads), 4),
        "overload_p50_reads_ms": round(transfers.p50_ms(reads), 2),
        "overload_p50_before_ms": round(before, 2),
        "overload_p50_accepted_ms": round(transfers.p50_ms(accepted), 2),
        "overload_p50_shed_ms": round(transfers.p50_ms(shed), 2) if shed else 0.0,
        "overload_p50_after_ms": round(transfers.p50_ms(calm[-100:]), 2),
        "overload_back_to_normal_s": round(_normal_after(calm, before) - last_due, 2),
        "overload_backlog_gone_s": round(gone.result() - last_due, 2),
        "overload_last_probe_settled_s": round(settled_at - calm[-1].answered_at, 2),
    }


def _read(machine: Machine, member: Member) -> bytes:
    head = f"GET /v1/balance HTTP/1.1\r\nhost: {machine.host}\r\nauthorization: Bearer {member.token}\r\n\r\n"
    return head.encode()


def _normal_after(calm: Sequence[load.Answer], before_ms: float) -> float:
    """Return the moment from which a second's probes are all accepted and their median is twice the usual at most."""
    ordered = sorted(calm, key=lambda answer: answer.sent_at)
    size = int(_PROBES_PER_S)
    for place in range(len(ordered) - size):
        window = ordered[place : place + size]
        if all(answer.status == 202 for answer in window) and transfers.p50_ms(window) <= 2 * before_ms:
            return window[0].sent_at
    return float("inf")


if __name__ == "__main__":
    sys.exit(main())
