"""What each operation may refuse, for the OpenAPI document: a route names its Problems, its shape implies others."""

from collections.abc import Iterator
from typing import Any

from pswallet.accounts.errors import SessionInvalid, SessionMissing
from pswallet.api import problems
from pswallet.kit.problems import Problem

Operation = dict[str, Any]

_SCHEMA: dict[str, Any] = {
    "title": "Problem",
    "description": "A failure (RFC 9457). Further members say more: `errors`, `retry_after_s`, amounts, times.",
    "type": "object",
    "required": ["type", "title", "status"],
    "properties": {
        "type": {"type": "string", "description": "a page that explains it: /problems/ and its name"},
        "title": {"type": "string", "description": "for people, in their language"},
        "status": {"type": "integer"},
        "request_id": {"type": "string", "description": "finds the request in the gateway's log"},
    },
}
_OF_API = (problems.DatabaseAway, problems.GatewayBusy)
_OF_ALL = (problems.RequestTooSlow, problems.BodyTooLarge, problems.HeadersTooLarge)
"""What the connection itself refuses, whatever is asked."""
_OF_SIGNED_IN = (SessionMissing, SessionInvalid)
_OF_POSTS = (
    problems.RequestMalformed,
    problems.IdempotencyKeyMissing,
    problems.IdempotencyKeyReused,
    problems.IdempotencyKeyInUse,
)
_OF_INPUT = (problems.RequestInvalid,)
_READ_BY_FASTAPI = "HTTPValidationError"
"""The schema of a 422 that FastAPI documents and we never answer."""


def refused(*kinds: type[Problem]) -> dict[int | str, dict[str, Any]]:
    """Return the `responses` of a route that may answer these Problems."""
    found: dict[int | str, dict[str, Any]] = {}
    for kind in kinds:
        _add(found, kind.status, kind)
    return found


def complete(document: dict[str, Any]) -> dict[str, Any]:
    """Add to an OpenAPI `document` what every operation of a shape may refuse, and the schema of a Problem."""
    schemas = document.setdefault("components", {}).setdefault("schemas", {})
    schemas["Problem"] = _SCHEMA
    for path, item in document["paths"].items():
        for method, operation in item.items():
            _complete(method, path, operation)
    for name in (_READ_BY_FASTAPI, "ValidationError"):
        schemas.pop(name, None)
    return document


def _complete(method: str, path: str, operation: Operation) -> None:
    responses = operation["responses"]
    for parameter in operation.get("parameters", []):
        if parameter["name"] == "Idempotency-Key":  # optional for FastAPI alone: its absence is refused by name
            parameter["required"] = True
            parameter["schema"] = parameter["schema"].get("anyOf", [parameter["schema"]])[0]
    if _READ_BY_FASTAPI in str(responses.get("422")):
        del responses["422"]
    for kind in _implied(method, path, operation):
        _add(responses, str(kind.status), kind)
    operation["responses"] = dict(sorted(responses.items()))


def _implied(method: str, path: str, operation: Operation) -> Iterator[type[Problem]]:
    yield from _OF_ALL
    if path.startswith("/v1/"):  # the others answer without the database
        yield from _OF_API
    if operation.get("security"):
        yield from _OF_SIGNED_IN
    if method == "post":
        yield from _OF_POSTS
    if method == "post" or operation.get("parameters"):
        yield from _OF_INPUT


def _add(responses: dict[Any, dict[str, Any]], status: int | str, kind: type[Problem]) -> None:
    content = {problems.MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}, "examples": {}}}
    response = responses.setdefault(status, {"description": "", "content": content})
    examples = response["content"].setdefault(problems.MEDIA_TYPE, content[problems.MEDIA_TYPE])["examples"]
    if kind.code() not in examples:
        response["description"] = "; ".join(filter(None, (response["description"], kind.title)))
        examples[kind.code()] = {
            "value": {"type": f"/problems/{kind.code()}", "title": kind.title, "status": kind.status}
        }
