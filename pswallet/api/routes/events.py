"""One's own events as they happen (server-sent events)."""

import asyncio
from collections.abc import AsyncIterator
from typing import Annotated

import orjson
from fastapi import APIRouter, Header
from fastapi.responses import StreamingResponse
from starlette.concurrency import run_in_threadpool

from pswallet.accounts import service as accounts
from pswallet.api.deps import Credentials, Gateway, GatewayParts, Owner, token_of
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
    last_event_id: Annotated[
        str | None,
        Header(
            pattern=r"^[0-9]{1,18}(-[0-9]{1,18})?$",
            description="the last `id` that was seen; new events only if absent",
        ),
    ] = None,
) -> StreamingResponse:
    """Stream what happens to one's own account: each event with an `id` to go on from, the chain's once it says so.

    A line of comment comes every 15 seconds when nothing else does; the stream ends when the session does.
    """
    token = token_of(f"Bearer {credentials.credentials}" if credentials else None)
    if last_event_id is None:
        last = await run_in_threadpool(_start, gateway, owner.address)
    else:
        last = Place(*map(int, last_event_id.split("-")))
    headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    events = _events(gateway, owner.address, token, last)
    return StreamingResponse(events, media_type="text/event-stream", headers=headers)


async def _events(gateway: Gateway, address: str, token: str, last: Place) -> AsyncIterator[bytes]:
    yield _RECONNECT
    with gateway.streams.bell(address) as bell:
        while True:
            bell.clear()
            page = await run_in_threadpool(_read, gateway, address, token, last)
            if page is None:
                return
            for place, event in page:
                last = place
                yield event
            if len(page) < _PAGE:
                try:
                    await asyncio.wait_for(bell.wait(), gateway.heartbeat_s)
                except TimeoutError:
                    yield _HEARTBEAT


def _start(gateway: Gateway, address: str) -> Place:
    with db.transaction(gateway.sessions) as session:
        return service.last_place(session, address=address)


def _read(gateway: Gateway, address: str, token: str, last: Place) -> list[tuple[Place, bytes]] | None:
    """Return the next events, or None when the session has ended: a lost device hears nothing more."""
    with db.transaction(gateway.sessions) as session:
        if isinstance(accounts.authenticate(session, [token], clock.now())[0], Problem):
            return None
        return [
            (told.place, _event(told)) for told in service.told_after(session, address=address, place=last, limit=_PAGE)
        ]


def _event(told: Told) -> bytes:
    identifier = f"{told.place.on_chain}-{told.place.off_chain}"
    data = orjson.dumps({"id": identifier, "kind": told.kind, "block": told.block, "body": told.body})
    return b"id: %s\nevent: %s\ndata: %s\n\n" % (identifier.encode(), told.kind.encode(), data)
