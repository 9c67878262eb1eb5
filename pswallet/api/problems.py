"""Problems as RFC 9457 answers, the edge's own Problems, and what happens to the unexpected."""

from collections.abc import Sequence
from typing import Any, ClassVar

import orjson
import structlog
from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from starlette.exceptions import HTTPException

from pswallet.api.shapes import LINES_PATTERN, TEXT_PATTERN
from pswallet.chain.rpc import RpcUnavailable
from pswallet.kit.problems import Problem

PROBLEMS = "/problems/"
"""Where the pages of the problems lie: a `type` begins so."""

MEDIA_TYPE = "application/problem+json"
_log = structlog.get_logger("pswallet.api")


class RequestMalformed(Problem):
    """The body is not JSON, or not in UTF-8."""

    status = 400
    title = "The body is not valid JSON"


class RequestInvalid(Problem):
    """A field is missing, unknown, of the wrong type or out of bounds; `errors` names each."""

    status = 422
    title = "The request does not fit the documented shape"


class AmountInvalid(RequestInvalid):
    """Not a whole number of fen between 1 and 2^63 - 1: a fraction, an exponent, a text, zero, or less."""

    title = "An amount is a whole number of fen, from 1 to 2^63 - 1"


class TextInvalid(RequestInvalid):
    """A text holds a control character (a NUL, a line break), or one that turns the direction of writing."""

    title = "A text holds no control characters"


class PeriodInvalid(RequestInvalid):
    """Both a month and days are given, or the first day is after the last."""

    title = "The period is one month, or a first and a last day in order"


class RouteUnknown(Problem):
    """Nothing lives at this path."""

    status = 404
    title = "Nothing lives at this address"


class MethodNotAllowed(Problem):
    """The path exists, but not for this HTTP method."""

    status = 405
    title = "This address does not take that method"


class BodyTooLarge(Problem):
    """More than 64 KiB."""

    status = 413
    title = "The body is larger than 64 KiB"


class HeadersTooLarge(Problem):
    """More than 64 KiB, or without end; the connection is closed."""

    status = 431
    title = "The headers are larger than 64 KiB"


class IdempotencyKeyMissing(Problem):
    """A POST came without an Idempotency-Key of 1 to 128 printable characters."""

    status = 400
    title = "A POST needs an Idempotency-Key of 1 to 128 printable characters"


class IdempotencyKeyReused(Problem):
    """The key was used before for another request."""

    status = 409
    title = "This Idempotency-Key was used for another request"


class IdempotencyKeyInUse(Problem):
    """The same request is being answered right now; repeat it."""

    status = 409
    title = "The same request is being answered at this moment; repeat it"


class RateLimitExceeded(Problem):
    """Too many tries; `retry_after_s` says when to come back."""

    status = 429
    title = "Too many tries; wait a little"


class DatabaseAway(Problem):
    """PostgreSQL does not answer. Nothing was done; repeat the request with its key."""

    status = 503
    title = "The gateway's database is away; repeat the request"


class ChainAway(Problem):
    """The chain's node does not answer. What was accepted waits and goes out later."""

    status = 503
    title = "The chain's node is away; repeat the request"


class GatewayBusy(Problem):
    """More is asked than can be done in time. Nothing was done; `retry_after_s` says when to come back."""

    status = 503
    title = "The gateway is busy; repeat the request in a moment"


class RequestTooSlow(Problem):
    """The headers or the body did not arrive in time; the connection is closed."""

    status = 408
    title = "The request did not arrive in time"


class ClockNotMovable(Problem):
    """The chain is not a sandbox one: its node does not let anybody move the clock."""

    status = 409
    title = "This chain's clock cannot be moved"


class GatewayFailed(Problem):
    """Something nobody expected. The request id finds it in the log."""

    status = 500
    title = "The gateway failed; tell us the request id"


def problem_body(problem: Problem, request_id: str | None) -> dict[str, Any]:
    """Return the RFC 9457 members of `problem`, its details beside them."""
    body: dict[str, Any] = {"type": f"{PROBLEMS}{problem.code()}", "title": problem.title, "status": problem.status}
    body.update({name: value for name, value in problem.details.items() if name not in body})
    if request_id is not None:
        body["request_id"] = request_id
    return body


def problem_response(problem: Problem, request_id: str | None) -> Response:
    """Answer with `problem` as application/problem+json."""
    headers = {}
    if "retry_after_s" in problem.details:
        headers["Retry-After"] = str(problem.details["retry_after_s"])
    if problem.status == 401:
        headers["WWW-Authenticate"] = "Bearer"
    if isinstance(problem, BodyTooLarge | RequestTooSlow):
        headers["Connection"] = "close"  # what is still to come is not read
    body = orjson.dumps(problem_body(problem, request_id), option=orjson.OPT_PASSTHROUGH_SUBCLASS, default=str)
    return Response(body, problem.status, headers, MEDIA_TYPE)


def request_id_of(request: Request) -> str | None:
    """Return the id that the log's lines of this request carry."""
    return request.scope.get("request_id")


def is_amount(field: str) -> bool:
    """Whether a field of that name is an amount in fen: a packet's `total` is called so in what is signed."""
    return field.endswith("_fen") or field == "total"


def problem_of_validation(errors: Sequence[Any]) -> Problem:
    """Name what is wrong with a request, without repeating what it said: input may be personal data."""
    if any(error["type"] == "json_invalid" for error in errors):
        return RequestMalformed()
    shown = [{"at": ".".join(str(part) for part in error["loc"]), "why": error["msg"]} for error in errors]
    missing = {"missing", "extra_forbidden"}
    if any(is_amount(str(error["loc"][-1])) and error["type"] not in missing for error in errors):
        return AmountInvalid(errors=shown)
    if any(error.get("ctx", {}).get("pattern") in (TEXT_PATTERN, LINES_PATTERN) for error in errors):
        return TextInvalid(errors=shown)
    return RequestInvalid(errors=shown)


class _Outage:
    """Which exceptions say that a neighbour is away, and the Problem that tells it."""

    OF: ClassVar[dict[type[Exception], type[Problem]]] = {
        OperationalError: DatabaseAway,
        InterfaceError: DatabaseAway,
        PoolTimeout: DatabaseAway,
        RpcUnavailable: ChainAway,
    }


def install(app: FastAPI) -> None:
    """Teach `app` to answer every failure as a Problem. The unexpected is answered by the outermost layer (`logs`)."""

    def on_problem(request: Request, problem: Exception) -> Response:
        if not isinstance(problem, Problem):
            raise TypeError(f"{type(problem).__name__} is no Problem")
        return problem_response(problem, request_id_of(request))

    def on_invalid(request: Request, invalid: Exception) -> Response:
        if not isinstance(invalid, RequestValidationError):
            raise TypeError(f"{type(invalid).__name__} is no validation error")
        return problem_response(problem_of_validation(invalid.errors()), request_id_of(request))

    def on_http(request: Request, error: Exception) -> Response:
        response = problem_response(_of_status(getattr(error, "status_code", 500)), request_id_of(request))
        response.headers.update(getattr(error, "headers", None) or {})  # a 405 says in `Allow` what is allowed
        return response

    def on_outage(request: Request, outage: Exception) -> Response:
        kind = next(problem for cause, problem in _Outage.OF.items() if isinstance(outage, cause))
        _log.error("neighbour.away", problem=kind.code(), exc_info=outage)
        return problem_response(kind(retry_after_s=1), request_id_of(request))

    app.add_exception_handler(Problem, on_problem)
    app.add_exception_handler(RequestValidationError, on_invalid)
    app.add_exception_handler(HTTPException, on_http)
    for cause in _Outage.OF:
        app.add_exception_handler(cause, on_outage)


def _of_status(status: int) -> Problem:
    kinds: dict[int, type[Problem]] = {404: RouteUnknown, 405: MethodNotAllowed, 400: RequestMalformed}
    return kinds.get(status, GatewayFailed)()
