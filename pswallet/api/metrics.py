"""Prometheus figures of one gateway process, and of the tables and the chain behind it."""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

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
        self.chain_head = Gauge("pswallet_chain_head_block", "Number of the chain's head", registry=self._registry)
        self.indexed = Gauge("pswallet_indexed_block", "Number of the last indexed block", registry=self._registry)
        self.waiting = Gauge("pswallet_outbox_waiting_calls", "Calls not final yet", registry=self._registry)

    def answered(self, *, method: str, route: str, status: int, seconds: float) -> None:
        """Count one answered request."""
        self._requests.labels(method, route, str(status)).inc()
        self._seconds.labels(method, route).observe(seconds)

    def page(self) -> bytes:
        """Return the text that Prometheus reads."""
        return generate_latest(self._registry)
