"""One's own events as they happen (server-sent events)."""

import asyncio
from collections.abc import AsyncIterator
from typing import Annotated, NamedTuple

import orjson
from fastapi import APIRouter, Header
from fastapi.responses import StreamingResponse
from starlette.concurrency import run_in_threadpool

from pswallet.accounts import service as accounts
from pswallet.api.deps import Credentials, Gateway, GatewayParts, Owner, token_of
from pswallet.api.languages import Language
from pswallet.kit import clock, db
from pswallet.kit.problems import Problem
from pswallet.notifications import service
from pswallet.notifications.service import Place, Told

router = APIRouter(tags=["events"])

_PAGE = 100
_RECONNECT = b"retry: 1000\n\n"
_HEARTBEAT = b": heartbeat\n\n"


@router.get("/events", response_class=StreamingResponse)
async def stream_events(
    owner: Owner,
    credentials: Credentials,
    gateway: GatewayParts,
    language: Language,
    last_event_id: Annotated[
        str | None,
        Header(
            pattern=r"^[0-9]{1,18}(-[0-9]{1,18})?$",
            description="the last `id` that was seen; new events only if absent",
        ),
    ] = None,
) -> StreamingResponse:
    """Stream what happens to one's own account: each event with an `id` to go on from, the chain's once it says so,
    and a `title` and a `text` to show.

    A line of comment comes every 15 seconds when nothing else does; the stream ends when the session does.
    """
    token = token_of(f"Bearer {credentials.credentials}" if credentials else None)
    if last_event_id is None:
        last = await run_in_threadpool(_start, gateway, owner.address)
    else:
        last = Place(*map(int, last_event_id.split("-")))
    headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no", "Content-Language": language}
    events = _events(Listener(owner.address, token, language), gateway, last)
    return StreamingResponse(events, media_type="text/event-stream", headers=headers)


class Listener(NamedTuple):
    """Who listens: an address, the token of its session, and the language it reads."""

    address: str
    token: str
    language: str


async def _events(listener: Listener, gateway: Gateway, last: Place) -> AsyncIterator[bytes]:
    yield _RECONNECT
    with gateway.streams.bell(listener.address) as bell:
        while True:
            bell.clear()
            page = await run_in_threadpool(_read, listener, gateway, last)
            if page is None:
                return
            for place, kind, event in page:
                last = place
                yield event
                gateway.metrics.told.labels(kind).inc()
            if len(page) < _PAGE:
                try:
                    await asyncio.wait_for(bell.wait(), gateway.heartbeat_s)
                except TimeoutError:
                    yield _HEARTBEAT


def _start(gateway: Gateway, address: str) -> Place:
    with db.transaction(gateway.sessions) as session:
        return service.last_place(session, address=address)


def _read(listener: Listener, gateway: Gateway, last: Place) -> list[tuple[Place, str, bytes]] | None:
    """Return the next events, or None when the session has ended: a lost device hears nothing more."""
    with db.transaction(gateway.sessions) as session:
        if isinstance(accounts.authenticate(session, [listener.token], clock.now())[0], Problem):
            return None
        page = service.told_after(session, address=listener.address, place=last, limit=_PAGE)
    return [(told.place, told.kind, _event(told, listener.language)) for told in page]


def _event(told: Told, language: str) -> bytes:
    identifier = f"{told.place.on_chain}-{told.place.off_chain}"
    said = told.words(language)
    event = {"id": identifier, "kind": told.kind, "block": told.block, "title": said.title, "text": said.text}
    data = orjson.dumps(event | {"body": told.body})
    return b"id: %s\nevent: %s\ndata: %s\n\n" % (identifier.encode(), told.kind.encode(), data)
