"""What the relayer and the indexer measure of themselves. docs/metrics.md tells each figure; a test sees to it."""

from __future__ import annotations

from collections import Counter as Tally
from typing import Protocol

from prometheus_client import Counter, Gauge, Histogram

from pswallet.chain.blocks import Stretch
from pswallet.chain.events import CallRefused
from pswallet.chain.packing import Parcel
from pswallet.kit import clock, figures
from pswallet.kit.figures import SHORT_S, SIZES


class RelayerFigures:
    """The way down: what goes out, in what company, at what price, and what it takes."""

    def __init__(self) -> None:
        self.registry = figures.registry()
        self.batch = Histogram(
            "pswallet_relayer_batch_calls", "Calls in a transaction", ["role"], buckets=SIZES, registry=self.registry
        )
        self.accepted_to_sent = Histogram(
            "pswallet_relayer_accepted_to_sent_seconds",
            "From a call's acceptance to its first signed transaction",
            buckets=SHORT_S,
            registry=self.registry,
        )
        self.in_flight = Gauge(
            "pswallet_relayer_in_flight_transactions", "No read block holds them", ["role"], registry=self.registry
        )
        self.gas_price = Gauge(
            "pswallet_relayer_gas_price_wei", "The most that is offered for a unit of gas", registry=self.registry
        )
        self.gas_limit = Counter(
            "pswallet_relayer_gas_limit", "Gas that signed transactions may use", ["role"], registry=self.registry
        )
        self.troubles = Counter(
            "pswallet_relayer_troubles",
            "Transactions resent, dearer, filled, lost, refused by the node; calls malformed; passes that had to wait",
            ["what"],
            registry=self.registry,
        )

    def stored(self, role: str, parcel: Parcel) -> None:
        """Count a signed transaction, and how long its calls waited that go out for the first time."""
        self.batch.labels(role).observe(len(parcel.calls))
        self.gas_limit.labels(role).inc(parcel.gas)
        for call in parcel.calls:
            if call.attempts == 0:
                self.accepted_to_sent.observe(call.waited_s)


class Settled(Protocol):
    """What a `Settlement` found."""

    refused: list[CallRefused]
    mined_after_s: list[float]
    settled_after_s: list[float]


class IndexerFigures:
    """The way up: how far the chain is read, how late, and what it said."""

    def __init__(self) -> None:
        self.registry = figures.registry()
        self.head = Gauge("pswallet_indexer_head_block", "Number of the chain's head", registry=self.registry)
        self.block = Gauge("pswallet_indexer_block", "Number of the last block read", registry=self.registry)
        self.confirmations = Gauge(
            "pswallet_indexer_confirmations", "Depth at which a block counts", registry=self.registry
        )
        self.lag = Gauge(
            "pswallet_indexer_lag_seconds", "Age of the last block when its rows were committed", registry=self.registry
        )
        self.batch = Histogram(
            "pswallet_indexer_batch_blocks", "Blocks read at once", buckets=SIZES, registry=self.registry
        )
        self.pass_seconds = Histogram(
            "pswallet_indexer_pass_seconds",
            "From the first byte to the commit",
            buckets=SHORT_S,
            registry=self.registry,
        )
        self.events = Counter("pswallet_indexer_events", "Events written as rows", ["event"], registry=self.registry)
        self.gas = Counter(
            "pswallet_chain_gas_used", "Gas of all transactions in the blocks read", registry=self.registry
        )
        self.sent_to_mined = Histogram(
            "pswallet_sent_to_mined_seconds",
            "From a signed transaction to the block that holds it being read",
            buckets=SHORT_S,
            registry=self.registry,
        )
        self.accepted_to_settled = Histogram(
            "pswallet_accepted_to_settled_seconds",
            "From a call's acceptance to its event's row",
            buckets=SHORT_S,
            registry=self.registry,
        )
        self.refusals = Counter(
            "pswallet_call_refusals", "Calls that the chain refused, by name", ["kind", "error"], registry=self.registry
        )
        self.reorgs = Histogram(
            "pswallet_reorg_depth_blocks",
            "Blocks that a reorganisation took back",
            buckets=SIZES,
            registry=self.registry,
        )
        self.troubles = Counter(
            "pswallet_indexer_troubles", "Passes that had to wait", ["what"], registry=self.registry
        )

    def read(self, stretch: Stretch, settled: Settled, *, seconds: float) -> None:
        """Count blocks whose rows are committed, `seconds` after they were asked for."""
        last = stretch.headers[-1]
        self.block.set(last.number)
        self.lag.set(max(0.0, (clock.now() - last.time).total_seconds()))
        self.batch.observe(len(stretch.headers))
        self.pass_seconds.observe(seconds)
        self.gas.inc(sum(header.gas_used for header in stretch.headers))
        for kind, count in Tally(type(event) for event in stretch.events).items():
            self.events.labels(kind.__name__).inc(count)
        for refusal in settled.refused:
            self.refusals.labels(refusal.kind, refusal.error).inc()
        for waited_s in settled.mined_after_s:
            self.sent_to_mined.observe(waited_s)
        for waited_s in settled.settled_after_s:
            self.accepted_to_settled.observe(waited_s)
