"""Reads that clients poll: each answer carries an ETag, and who has that answer already is told so in 304, no body."""

import hashlib
from collections.abc import Callable, Coroutine
from typing import Any

from fastapi import Request, Response
from fastapi.routing import APIRoute

_UNCHANGED = {
    304: {"description": "The same as the answer whose `ETag` was sent in `If-None-Match`; no body"},
}


class PolledRoute(APIRoute):
    """A router's route class: its GETs are tagged, other methods are left as they are.

    The tag is a hash of the body, so two answers of one tag are equal byte by byte; what is asked again is read again.
    """

    def __init__(self, path: str, endpoint: Callable[..., Any], **options: Any) -> None:
        if "GET" in (options.get("methods") or ()):
            options["responses"] = _UNCHANGED | (options.get("responses") or {})
        super().__init__(path, endpoint, **options)

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Return what answers a request."""
        answer = super().get_route_handler()

        async def answer_tagged(request: Request) -> Response:
            response = await answer(request)
            return _tagged(request, response) if request.method == "GET" and response.status_code == 200 else response

        return answer_tagged


def _tagged(request: Request, response: Response) -> Response:
    tag = f'"{hashlib.sha256(response.body).hexdigest()[:32]}"'
    # The client may keep it, nobody between us may, and nobody shows it again without asking.
    headers = {"ETag": tag, "Cache-Control": "private, no-cache"}
    if _has(request.headers.get("if-none-match", ""), tag):
        return Response(status_code=304, headers=headers)
    response.headers.update(headers)
    return response


def _has(if_none_match: str, tag: str) -> bool:
    """Compare as RFC 9110, 13.1.2 does: weakly, for a proxy that recompresses may have written W/ before our tag."""
    known = [one.strip().removeprefix("W/") for one in if_none_match.split(",")]
    return tag in known or known == ["*"]
