"""Requests as the first spans of their traces; what a request leaves in the outbox carries its trace on."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from pswallet.kit.tracing import Tracer

_CARRIED = (b"traceparent", b"tracestate")
_KEY = "trace"


def trace_of(scope: Scope) -> str | None:
    """Return the `traceparent` that what the request causes shall carry; None when it is not traced."""
    found: str | None = scope.get(_KEY)
    return found


class RequestTraces:
    """ASGI layer that makes a span of each request, named by its route; there only when requests are traced."""

    def __init__(self, app: ASGIApp, tracer: Tracer) -> None:
        self._app = app
        self._tracer = tracer

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = {name.decode(): value.decode("latin-1") for name, value in scope["headers"] if name in _CARRIED}
        span = self._tracer.serve(scope["method"], headers)
        scope[_KEY] = self._tracer.parent_of(span)

        async def noted(message: Message) -> None:
            if message["type"] == "http.response.start":
                span.set_attribute("http.response.status_code", message["status"])
            await send(message)

        try:
            await self._app(scope, receive, noted)
        finally:
            route = getattr(scope.get("route"), "path", None) or "unknown"
            span.update_name(f"{scope['method']} {route}")
            span.set_attribute("http.request.method", scope["method"])
            span.set_attribute("http.route", route)
            span.end()
