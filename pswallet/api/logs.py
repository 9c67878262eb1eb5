"""Structured logs: one JSON line a request, a request id on every line, no personal data.

A line shows the route's template, never the path, the query, a header or a body. Tracebacks show where and which kind
of exception, never its message, which may quote input.
"""

import logging
import re
import sys
import time
import traceback
from collections.abc import MutableMapping
from typing import Any, BinaryIO

import orjson
import structlog
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from pswallet.api.metrics import Metrics
from pswallet.api.problems import PROBLEMS, GatewayFailed, problem_response
from pswallet.kit.ids import new_id

_REQUEST_ID = re.compile(rb"[A-Za-z0-9_-]{8,64}")
_log = structlog.get_logger("pswallet.api")


def configure(level: str, file: BinaryIO | None = None) -> None:
    """Write every log line of this process as JSON to `file` (standard error), from `level` (debug … error) up."""
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            show_traceback_without_message,
            structlog.processors.JSONRenderer(serializer=orjson.dumps, default=str),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[level.upper()]),
        logger_factory=structlog.BytesLoggerFactory(file=file or sys.stderr.buffer),
        cache_logger_on_first_use=True,
    )


def show_traceback_without_message(_: Any, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Replace `exc_info` by the chain of exception kinds and the places they came through."""
    error = event.pop("exc_info", None)
    if not isinstance(error, BaseException):
        return event
    kinds: list[str] = []
    frames = [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in traceback.extract_tb(error.__traceback__)]
    link: BaseException | None = error
    while link is not None:
        kinds.append(f"{type(link).__module__}.{type(link).__qualname__}")
        link = link.__cause__ or link.__context__
    return {**event, "error": kinds, "trace": frames}


class RequestLog:
    """Outer ASGI layer: gives each request its id, answers the unexpected with 500, logs and measures."""

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        self._app = app
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request_id = scope["request_id"] = _id_of(scope)
        status, problem = 0, None

        async def noted(message: Message) -> None:
            nonlocal status, problem
            if status >= 400 and problem is None:
                problem = _problem_of(message)
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = [*message["headers"], (b"x-request-id", request_id.encode())]
            await send(message)

        started = time.perf_counter()
        with structlog.contextvars.bound_contextvars(request_id=request_id):
            try:
                await self._app(scope, receive, noted)
            except Exception as error:  # the edge's last line: answered, counted, logged, never hidden
                _log.error("request.failed", route=_route_of(scope), exc_info=error)
                if status == 0:
                    await problem_response(GatewayFailed(), request_id)(scope, receive, noted)
            self._note(scope, status, problem, time.perf_counter() - started)

    def _note(self, scope: Scope, status: int, problem: str | None, seconds: float) -> None:
        method, route = scope["method"], _route_of(scope)
        self._metrics.answered(method=method, route=route, status=status, seconds=seconds, problem=problem)
        named = {} if problem is None else {"problem": problem}
        _log.info("request", method=method, route=route, status=status, ms=round(seconds * 1000, 2), **named)


def _id_of(scope: Scope) -> str:
    given = dict(scope["headers"]).get(b"x-request-id", b"")
    return given.decode() if _REQUEST_ID.fullmatch(given) else new_id("req")


def _problem_of(message: Message) -> str | None:
    """Return the name of the problem that a part of an answer tells; it is short, and so in one part."""
    try:
        return str(orjson.loads(message.get("body", b""))["type"]).removeprefix(PROBLEMS)
    except (orjson.JSONDecodeError, KeyError, TypeError):
        return None


def _route_of(scope: Scope) -> str:
    return getattr(scope.get("route"), "path", None) or "unknown"
