"""Figures for Prometheus of a process that serves nothing else: a small page on a port of its own."""

from __future__ import annotations

import structlog
from prometheus_client import CollectorRegistry, ProcessCollector, start_http_server

log = structlog.get_logger()

SHORT_S = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0)
"""Bounds of a histogram of times on the way to a block and back."""

SIZES = (1, 2, 5, 10, 20, 50, 100, 200, 500)
"""Bounds of a histogram of how much travels together."""


def registry() -> CollectorRegistry:
    """Return an empty registry that shows the process's memory, time and open files besides."""
    found = CollectorRegistry()
    ProcessCollector(registry=found)
    return found


def serve(found: CollectorRegistry, *, host: str, port: int) -> None:
    """Serve `found` at /metrics until the process ends; port 0: do not. A port that is taken costs the figures only."""
    if port:
        try:
            start_http_server(port, host, found)
        except OSError as taken:
            log.warning("metrics_not_served", port=port, reason=taken.strerror)
