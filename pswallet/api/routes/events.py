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
        Header(pattern=r"^[0-9]{1,18}$", description="the last `id` that was seen; new events only if absent"),
    ] = None,
) -> StreamingResponse:
    """Stream what happens to one's own account: each event once it is on chain, with an `id` to go on from.

    A line of comment comes every 15 seconds when nothing else does; the stream ends when the session does.
    """
    token = token_of(f"Bearer {credentials.credentials}" if credentials else None)
    last = await run_in_threadpool(_start, gateway, owner.address) if last_event_id is None else int(last_event_id)
    headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    events = _events(gateway, owner.address, token, last)
    return StreamingResponse(events, media_type="text/event-stream", headers=headers)


async def _events(gateway: Gateway, address: str, token: str, last: int) -> AsyncIterator[bytes]:
    yield _RECONNECT
    with gateway.streams.bell(address) as bell:
        while True:
            bell.clear()
            page = await run_in_threadpool(_read, gateway, address, token, last)
            if page is None:
                return
            for identifier, event in page:
                last = identifier
                yield event
            if len(page) < _PAGE:
                try:
                    await asyncio.wait_for(bell.wait(), gateway.heartbeat_s)
                except TimeoutError:
                    yield _HEARTBEAT


def _start(gateway: Gateway, address: str) -> int:
    with db.transaction(gateway.sessions) as session:
        return service.last_id(session, address=address)


def _read(gateway: Gateway, address: str, token: str, last: int) -> list[tuple[int, bytes]] | None:
    """Return the next events, or None when the session has ended: a lost device hears nothing more."""
    with db.transaction(gateway.sessions) as session:
        if isinstance(accounts.authenticate(session, [token], clock.now())[0], Problem):
            return None
        notices = service.notices_after(session, address=address, last_id=last, limit=_PAGE)
        return [(notice.id, _event(notice.id, notice.kind, notice.block, notice.body)) for notice in notices]


def _event(identifier: int, kind: str, block: int, body: dict[str, object]) -> bytes:
    data = orjson.dumps({"id": identifier, "kind": kind, "block": block, "body": body})
    return b"id: %d\nevent: %s\ndata: %s\n\n" % (identifier, kind.encode(), data)
