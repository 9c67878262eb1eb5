"""Prometheus figures of one gateway process, and of the tables and the chain behind it."""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

from pswallet.api.readiness import Readiness
from pswallet.chain.presence import PARTS

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"


class Metrics:
    """The figures that /metrics shows. Each app has its own registry."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        self._requests = Counter(
            "pswallet_requests",
            "Answered HTTP requests",
            ["method", "route", "status"],
            registry=self._registry,
        )
        self._seconds = Histogram(
            "pswallet_request_seconds", "Time to answer", ["method", "route"], registry=self._registry
        )
        self.database_up = Gauge("pswallet_database_up", "1 when PostgreSQL answers", registry=self._registry)
        self.chain_up = Gauge("pswallet_chain_up", "1 when the chain's node answers", registry=self._registry)
        self.process_up = Gauge(
            "pswallet_process_up", "1 when such a process runs", ["process"], registry=self._registry
        )
        self.chain_head = Gauge("pswallet_chain_head_block", "Number of the chain's head", registry=self._registry)
        self.indexed = Gauge("pswallet_indexed_block", "Number of the last indexed block", registry=self._registry)
        self.unsettled = Gauge("pswallet_outbox_unsettled_calls", "Calls under way", registry=self._registry)
        self.tiers_not_enforced = Gauge(
            "pswallet_tiers_not_enforced", "Tiers whose due limits the chain does not hold to", registry=self._registry
        )

        self.shed = Counter(
            "pswallet_shed", "Requests sent away because the gateway is busy", ["reason"], registry=self._registry
        )

    def answered(self, *, method: str, route: str, status: int, seconds: float) -> None:
        """Count one answered request."""
        self._requests.labels(method, route, str(status)).inc()
        self._seconds.labels(method, route).observe(seconds)

    def note(self, found: Readiness) -> None:
        """Take over what was found of the neighbours; figures that could not be learnt stay as they were."""
        self.database_up.set(found.database)
        self.chain_up.set(found.chain)
        for part in PARTS:
            self.process_up.labels(part).set(getattr(found, part))
        for gauge, figure in (
            (self.chain_head, found.head_block),
            (self.indexed, found.indexed_block),
            (self.unsettled, found.unsettled_calls),
            (self.tiers_not_enforced, None if found.tiers_not_enforced is None else len(found.tiers_not_enforced)),
        ):
            if figure is not None:
                gauge.set(figure)

    def page(self) -> bytes:
        """Return the text that Prometheus reads."""
        return generate_latest(self._registry)
