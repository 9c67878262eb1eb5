"""Prometheus figures of one gateway process, and of the tables and the chain behind it."""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

from pswallet.api.readiness import Readiness
from pswallet.chain.outbox import CallKind
from pswallet.chain.presence import PARTS
from pswallet.kit import figures
from pswallet.kit.figures import SHORT_S, SIZES

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"


class Metrics:
    """The figures that /metrics shows. Each app has its own registry."""

    def __init__(self) -> None:
        self._registry = figures.registry()
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

        self._problems = Counter(
            "pswallet_problems", "Requests answered with a problem, by its name", ["problem"], registry=self._registry
        )
        self.intake_group = Histogram(
            "pswallet_intake_group_size",
            "Requests in one commit",
            ["intake"],
            buckets=SIZES,
            registry=self._registry,
        )
        self.intake_wait = Histogram(
            "pswallet_intake_wait_seconds",
            "Time until the work on a group's first request begins",
            ["intake"],
            buckets=SHORT_S,
            registry=self._registry,
        )
        self.backlog = Gauge(
            "pswallet_backlog_seconds", "How far the way to the chain is behind", registry=self._registry
        )
        self.waiting = Gauge(
            "pswallet_outbox_waiting_calls", "Calls that wait for a relayer", ["kind"], registry=self._registry
        )
        self.oldest = Gauge(
            "pswallet_outbox_oldest_seconds", "Age of the oldest that waits", ["kind"], registry=self._registry
        )
        self.streams = Gauge("pswallet_streams", "Open streams of events", registry=self._registry)
        self.told = Counter("pswallet_notices_told", "Notices sent on streams", ["kind"], registry=self._registry)
        self.shed = Counter(
            "pswallet_shed", "Requests sent away because the gateway is busy", ["reason"], registry=self._registry
        )

    def gathered(self, intake: str, size: int, *, waited_s: float) -> None:
        """Count a group whose first request waited `waited_s`."""
        self.intake_group.labels(intake).observe(size)
        self.intake_wait.labels(intake).observe(waited_s)

    def answered(self, *, method: str, route: str, status: int, seconds: float, problem: str | None) -> None:
        """Count one answered request, by its problem's name if it was refused."""
        if problem is not None:
            self._problems.labels(problem).inc()
        self._requests.labels(method, route, str(status)).inc()
        self._seconds.labels(method, route).observe(seconds)

    def note(self, found: Readiness) -> None:
        """Take over what was found of the neighbours; figures that could not be learnt stay as they were."""
        self.database_up.set(found.database)
        self.chain_up.set(found.chain)
        for part in PARTS:
            self.process_up.labels(part).set(getattr(found, part))
        if found.waiting is not None:
            for kind in CallKind:
                count, age_s = found.waiting.get(kind, (0, 0.0))
                self.waiting.labels(kind).set(count)
                self.oldest.labels(kind).set(age_s)
        for gauge, figure in (
            (self.chain_head, found.head_block),
            (self.indexed, found.indexed_block),
            (self.unsettled, found.unsettled_calls),
            (self.tiers_not_enforced, None if found.tiers_not_enforced is None else len(found.tiers_not_enforced)),
        ):
            if figure is not None:
                gauge.set(figure)

    @property
    def registry(self) -> CollectorRegistry:
        """All of them."""
        return self._registry

    def page(self) -> bytes:
        """Return the text that Prometheus reads."""
        return generate_latest(self._registry)
