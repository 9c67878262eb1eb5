"""The language a client is answered in: the titles of problems are put into it as an answer leaves.

Inside the gateway every title is English, that of a kept answer too: a repeat is told in the language of who repeats.
"""

from typing import Annotated

import orjson
from fastapi import Depends, Header
from pydantic import WithJsonSchema
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from pswallet.api.problems import MEDIA_TYPE
from pswallet.kit.languages import ENGLISH, language_of, translated

_VARY = (b"vary", b"Accept-Language")

# Whatever a header can carry (RFC 9110, 5.5) is taken: who asks for what nobody speaks is answered in English.
_Tags = Annotated[str, WithJsonSchema({"type": "string", "pattern": r"^[^\x00-\x08\x0a-\x1f\x7f]*$"})]


def _wanted(
    accept_language: Annotated[
        _Tags | None, Header(description="zh-CN, zh-HK or en, as RFC 9110 writes it; English for any other")
    ] = None,
) -> str:
    return language_of(accept_language)


Language = Annotated[str, Depends(_wanted)]
"""The language of who asks: for a route that has words for people."""


class Languages:
    """Outer ASGI layer: tells each problem's title in the client's language."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] == "http":
            send = _Teller(scope, send)
        await self._app(scope, receive, send)


class _Teller:
    """Sends one answer on; a problem's is held until its body is whole."""

    def __init__(self, scope: Scope, send: Send) -> None:
        self._scope = scope
        self._send = send
        self._held: Message | None = None
        self._body = b""

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            # A refusal is worded by the reader's language, so every address of ours is.
            message["headers"] = [*message["headers"], _VARY]
            if (b"content-type", MEDIA_TYPE.encode()) in message["headers"]:
                self._held = message
                return
        elif self._held is not None:
            self._body += message.get("body", b"")
            if message.get("more_body", False):
                return
            message = {"type": "http.response.body", "body": self._told()}
            await self._send(self._start(len(message["body"])))
        await self._send(message)

    def _told(self) -> bytes:
        if self._language == ENGLISH:
            return self._body
        problem = orjson.loads(self._body)
        return orjson.dumps(problem | {"title": translated("problems", problem["title"], self._language)})

    def _start(self, length: int) -> Message:
        held, self._held = self._held or {}, None
        kept = [(name, value) for name, value in held["headers"] if name != b"content-length"]
        ours = [(b"content-length", b"%d" % length), (b"content-language", self._language.encode())]
        return {**held, "headers": kept + ours}

    @property
    def _language(self) -> str:
        return language_of(dict(self._scope["headers"]).get(b"accept-language", b"").decode("latin-1"))
