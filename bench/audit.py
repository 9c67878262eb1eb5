"""`make bench-audit`: events a second of the audit, beside what the same node gives to a reader that reads nothing.

200,000 events on a fresh Anvil. The ceiling asks for the audit's own ranges, as many at a time, and throws the bodies
away; `naive` is what one writes first with web3.py, over part of the chain. They take turns: medians of the rounds.
Then the memory is watched: of a whole audit of that chain, and of one that reads 1,000,000 generated events.
"""

import statistics
import sys
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import orjson
from rich.console import Console
from rich.progress import Progress
from web3 import HTTPProvider, Web3

from bench import slots
from bench.figures import BUILD, FILE, Figures, keep, table
from bench.history import History
from bench.plot import plot_audit
from bench.stream import Stream
from pswallet import audit
from pswallet.audit.node import AHEAD, Node
from pswallet.audit.run import Audit, without_collector
from pswallet.chain.abi import artifact
from pswallet.chain.deploy import Deployment
from pswallet.chain.rpc import Rpc

EVENTS, MANY_EVENTS, NAIVE_EVENTS = 200_000, 1_000_000, 5_000
ROUNDS = 5
BARS = {"audit_ratio": (">=", 0.6)}

Ranges = list[tuple[int, int]]
Sample = tuple[int, float]
"""Events read so far, and the process's resident memory [MB]."""


def main() -> int:
    """Measure, show, add to build/bench.json, draw build/audit.svg; return 0 whatever the figures are."""
    console = Console()
    with Progress(console=console, transient=True) as bar, History() as history:
        _grow(history, bar, EVENTS)
        figures = _rates(history, bar)
        figures["audit_slots"] = slots.count(history.rpc)
        figures |= _of_memory("audit_memory", _alone(_audited, history))
        samples = _alone(_streamed, history)
    figures |= _of_memory("audit_memory_1m", samples)
    keep(figures)
    plot_audit(samples, figures, BUILD / "audit.svg")
    console.print(table(figures, BARS, "pswallet bench-audit (medians; a noisy machine: read the ratio)"))
    console.print(f"{FILE}, {BUILD / 'audit.svg'}")
    return 0


def _grow(history: History, bar: Progress, events: int) -> None:
    task = bar.add_task(f"making {events:,} events", total=events)
    history.grow(events, told=lambda made: bar.update(task, completed=made))


# --- events a second --------------------------------------------------------


def _rates(history: History, bar: Progress) -> Figures:
    """Let audit and ceiling take turns; the first turn is the warm-up."""
    ranges, events = _ranges(history)
    task = bar.add_task(f"{events:,} events: audit and ceiling in turns", total=ROUNDS + 1)
    audits, ceilings, naive = [], [], []
    for number in range(ROUNDS + 1):
        turn = events / _audit(history), events / _ceiling(history, ranges), _naive(history)
        bar.advance(task)
        if number:
            for rates, rate in zip((audits, ceilings, naive), turn, strict=True):
                rates.append(rate)
    ratios = [one / other for one, other in zip(audits, ceilings, strict=True)]
    return {
        "audit_events_per_s": round(statistics.median(audits)),
        "getlogs_events_per_s": round(statistics.median(ceilings)),
        "audit_ratio": round(statistics.median(ratios), 3),
        "naive_events_per_s": round(statistics.median(naive)),
        "audit_events": events,
        "audit_blocks": ranges[-1][1] - ranges[0][0] + 1,
        "audit_ranges": len(ranges),
    }


def _ranges(history: History) -> tuple[Ranges, int]:
    """Return the ranges in which the audit reads the chain, and the events in them."""
    with Rpc(history.url) as rpc:
        node = Node(rpc, _watched(history.deployment))
        spans = list(node.spans(history.deployment.block, node.number("eth_blockNumber")))
    return [(span.first, span.last) for span in spans], sum(len(span.logs) for span in spans)


def _watched(deployment: Deployment) -> list[str]:
    return [address.lower() for address in deployment.code().values()]


def _audit(history: History) -> float:
    began = time.monotonic()
    report = audit.run(history.url, history.deployment)
    took = time.monotonic() - began
    if not report.ok:
        raise RuntimeError("the audit found differences on an honest chain")
    return took


def _ceiling(history: History, ranges: Ranges) -> float:
    """Read the bodies of the same answers, as many at a time as the audit asks for; leave them unparsed."""
    watched = _watched(history.deployment)
    with Rpc(history.url) as rpc, ThreadPoolExecutor(AHEAD) as pool:

        def ask(ends: tuple[int, int]) -> int:
            query = {"fromBlock": hex(ends[0]), "toBlock": hex(ends[1]), "address": watched}
            call = {"jsonrpc": "2.0", "id": 1, "method": "eth_getLogs", "params": [query]}
            return len(rpc.exchange(orjson.dumps(call)))

        began = time.monotonic()
        list(pool.map(ask, ranges))
        return time.monotonic() - began


def _naive(history: History) -> float:
    """Return events/s of a web3.py loop that decodes each event of the last blocks and does nothing with it."""
    web3 = Web3(HTTPProvider(history.url))
    kinds = {}
    for name, address in (
        ("Stablecoin", history.deployment.stablecoin),
        ("RedPacketEscrow", history.deployment.escrow),
    ):
        contract = web3.eth.contract(address=address, abi=artifact(name).abi)
        kinds |= {(address, bytes.fromhex(event().topic[2:])): event() for event in contract.events}
    began, decoded, block = time.monotonic(), 0, web3.eth.block_number
    while decoded < NAIVE_EVENTS:
        for log in web3.eth.get_logs({"fromBlock": block, "toBlock": block}):
            kinds[log["address"], bytes(log["topics"][0])].process_log(log)
            decoded += 1
        block -= 1
    return decoded / (time.monotonic() - began)


# --- memory -----------------------------------------------------------------


def _alone(measure: Callable[[str, Deployment], list[Sample]], history: History) -> list[Sample]:
    """Measure in a process of its own."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        return pool.submit(measure, history.url, history.deployment).result()


def _audited(url: str, deployment: Deployment) -> list[Sample]:
    """Audit the whole chain."""
    samples: list[Sample] = []
    report = audit.run(url, deployment, progress=lambda *told: samples.append((told[2], _resident_mb())))
    if not report.ok:
        raise RuntimeError("the audit found differences on an honest chain")
    return [*samples, (report.totals["logs"], _resident_mb())]


def _streamed(url: str, deployment: Deployment) -> list[Sample]:
    """Read generated blocks; the node is asked only what an audit asks before it reads."""
    samples: list[Sample] = []
    read = 0
    with Rpc(url) as rpc, without_collector():
        auditor = Audit(rpc, deployment)
        for span in Stream(deployment).spans(MANY_EVENTS):
            auditor.read(span)
            read += len(span.logs)
            samples.append((read, _resident_mb()))
    if any(check.found for check in auditor.findings.checks.values()):
        raise RuntimeError("the audit found differences in honest blocks")
    return samples


def _resident_mb() -> float:
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) / 1024
    raise RuntimeError("no VmRSS in /proc/self/status")


def _of_memory(name: str, samples: list[Sample]) -> Figures:
    """Compare the memory after the first fifth with the most after it."""
    events = samples[-1][0]
    early = max(memory for read, memory in samples if read <= events / 5)
    most = max(memory for _, memory in samples)
    return {
        f"{name}_events": events,
        f"{name}_fifth_mb": round(early, 1),
        f"{name}_most_mb": round(most, 1),
        f"{name}_growth_mb": round(most - early, 1),
    }


if __name__ == "__main__":
    sys.exit(main())
