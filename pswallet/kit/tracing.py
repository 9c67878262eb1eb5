"""Traces from a request to its block (OpenTelemetry). Without a collector nothing of it is imported or paid for.

A trace's context is a W3C `traceparent`: it comes with the request, lies in the call's row, and so reaches the relayer
and the indexer. Spans name routes, roles, blocks and hashes; never a person, an address or an amount.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pswallet.kit import clock

if TYPE_CHECKING:
    from collections.abc import Mapping

    from opentelemetry.trace import Span

Attributes = dict[str, str | int]

_TRACES = "/v1/traces"


class Tracer:
    """Makes the spans of one process and sends them to a collector from a thread of its own."""

    def __init__(self, service: str, endpoint: str) -> None:
        """`endpoint`: the collector's base URL (OTLP over HTTP)."""
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
        from opentelemetry.sdk.resources import Resource
        from opentelemetry.sdk.trace import TracerProvider
        from opentelemetry.sdk.trace.export import BatchSpanProcessor
        from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

        self._provider = TracerProvider(resource=Resource.create({"service.name": f"pswallet-{service}"}))
        exporter = OTLPSpanExporter(endpoint=endpoint.rstrip("/") + _TRACES)
        self._provider.add_span_processor(BatchSpanProcessor(exporter))
        self._tracer = self._provider.get_tracer("pswallet")
        self._context = TraceContextTextMapPropagator()

    def serve(self, name: str, headers: Mapping[str, str]) -> Span:
        """Begin the span of a request, in its caller's trace if `headers` name one; whoever asks ends it."""
        from opentelemetry.trace import SpanKind

        return self._tracer.start_span(name, self._context.extract(headers), kind=SpanKind.SERVER)

    def parent_of(self, span: Span) -> str | None:
        """Return the `traceparent` of what `span` causes; None when its trace is not sampled."""
        from opentelemetry.trace import set_span_in_context

        carrier: dict[str, str] = {}
        if span.get_span_context().trace_flags.sampled:
            self._context.inject(carrier, set_span_in_context(span))
        return carrier.get("traceparent")

    def note(self, name: str, parent: str, attributes: Attributes, *, began_s: float, ended_s: float = 0.0) -> None:
        """Record what was done below `parent`: it began `began_s` seconds ago and ended `ended_s` ago."""
        now = clock.now().timestamp()
        span = self._tracer.start_span(
            name,
            self._context.extract({"traceparent": parent}),
            attributes={f"pswallet.{key}": value for key, value in attributes.items()},
            start_time=int((now - began_s) * 1e9),
        )
        if "error" in attributes:
            from opentelemetry.trace import StatusCode

            span.set_status(StatusCode.ERROR, str(attributes["error"]))
        span.end(int((now - ended_s) * 1e9))

    def close(self) -> None:
        """Send what is left."""
        self._provider.shutdown()


class _Process:
    tracer: Tracer | None = None


def configure(service: str, endpoint: str) -> None:
    """Trace from now on, as `service`, if `endpoint` is not empty."""
    if endpoint:
        _Process.tracer = Tracer(service, endpoint)


def active() -> Tracer | None:
    """Return this process's tracer; None when nothing is traced."""
    return _Process.tracer


def stop() -> None:
    """Send what is left and trace no more."""
    tracer, _Process.tracer = _Process.tracer, None
    if tracer is not None:
        tracer.close()
