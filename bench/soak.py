"""`make soak`: transfers at 0.8 of the capacity for five minutes (SOAK_S): memory stays flat and nothing fails."""

import os
import statistics
import sys
import threading
import time
from collections import defaultdict
from collections.abc import Sequence

from rich.console import Console

from bench import load, transfers
from bench.figures import BUILD, keep, missed, table
from bench.machine import Machine, Member
from bench.plot import plot_memory
from pswallet.local.stack import PROCESSES

SOAK_S = float(os.environ.get("SOAK_S", "300"))
"""At most seven minutes: all is signed beforehand, and good for ten."""
_SHARE = 0.8
_CONNECTIONS = 256
_PEOPLE = 200
_SAMPLE = int(os.environ.get("CAPACITY_CALLS", "4000"))
_SETTLING = 1 / 3
"""Share of the run that is not counted: pools, caches and the allocator fill first."""

BARS = {"soak_errors": ("<=", 0.0), **{f"soak_{name}_mb_per_min": ("<=", 1.0) for name in PROCESSES}}

Samples = dict[str, list[tuple[float, float]]]
"""Of each process: seconds from the start, and MB."""


class Watch(threading.Thread):
    """Samples the memory of the gateway's processes twice a second."""

    def __init__(self, machine: Machine) -> None:
        super().__init__(daemon=True)
        self.samples: Samples = defaultdict(list)
        self._machine = machine
        self._ended = threading.Event()
        self._start = time.monotonic()

    def run(self) -> None:
        """Sample until `end`."""
        while not self._ended.wait(0.5):
            for name in PROCESSES:
                self.samples[name].append((time.monotonic() - self._start, self._machine.rss_mb(name)))

    def end(self) -> None:
        """Stop."""
        self._ended.set()
        self.join(5)


def main() -> int:
    """Measure, show, keep the figures in build/bench.json and draw build/soak.svg; 1 when a bar is missed."""
    with Machine() as machine:
        members = machine.populate(_PEOPLE)
        transfers.capacity(machine, members, _SAMPLE // 4)  # a warm-up
        capacity = transfers.capacity(machine, members, _SAMPLE)
        figures, samples = measure(machine, members, _SHARE * capacity)
    figures |= {"soak_capacity_per_s": round(capacity, 1), "soak_s": SOAK_S}
    keep(figures)
    plot_memory(samples, BUILD / "soak.svg")
    Console().print(table(figures, BARS))
    return int(bool(missed(figures, BARS)))


def measure(machine: Machine, members: Sequence[Member], per_second: float) -> tuple[dict[str, float], Samples]:
    """Offer `per_second` transfers a second, all signed beforehand: what signs takes of the same processors."""
    after, errors_before = transfers.last_call(machine), _logged_errors(machine)
    requests = transfers.signed(machine, members, int(per_second * SOAK_S))
    watch = Watch(machine)
    watch.start()
    answers = load.open_loop(machine.host, machine.port, requests, per_second=per_second, connections=_CONNECTIONS)
    watch.end()
    taken = sum(answer.status == 202 for answer in answers)
    transfers.wait_until_settled(machine, after, taken)
    slopes = {f"soak_{name}_mb_per_min": round(_slope(watch.samples[name]), 3) for name in PROCESSES}
    return {
        "soak_per_s": round(per_second, 1),
        "soak_transfers": taken,
        "soak_errors": len(answers) - taken + _logged_errors(machine) - errors_before,
        "soak_p50_ms": round(transfers.p50_ms(answers), 2),
        **slopes,
        **{f"soak_{name}_mb": round(watch.samples[name][-1][1], 1) for name in PROCESSES},
    }, watch.samples


def _slope(samples: Sequence[tuple[float, float]]) -> float:
    """Return the trend of the samples after the time of settling [MB a minute], by least squares."""
    counted = samples[int(len(samples) * _SETTLING) :]
    return statistics.linear_regression([at for at, _ in counted], [size for _, size in counted]).slope * 60


def _logged_errors(machine: Machine) -> int:
    logs = [machine.stack.folder / "logs" / f"{name}.log" for name in PROCESSES]
    return sum(log.read_text(errors="replace").count('"level":"error"') for log in logs)


if __name__ == "__main__":
    sys.exit(main())
