"""Server-sent events (WHATWG HTML, 9.2): read, and taken up again after the last one when the connection is lost."""

from collections.abc import Iterable, Iterator
from typing import Any, TypedDict

import httpx
import orjson

from pswallet.client.transport import LOST, Transport, pause_s, refusal, retry_after_s

_SILENCE_S = 45.0
"""Three of the gateway's heartbeats: a connection that is silent for longer is dead."""


class Event(TypedDict):
    """Something that happened to one's own account; the chain's says in which block. `title` and `text` are to show."""

    id: str
    kind: str
    block: int | None
    title: str
    text: str
    body: dict[str, Any]


class _Position:
    """Where the stream stands: the last id seen, and how long the gateway wants a reconnection to wait [s]."""

    def __init__(self, last_event_id: str | None) -> None:
        self.last_event_id = last_event_id
        self.pause_s: float | None = None

    def events(self, lines: Iterable[str]) -> Iterator[Event]:
        """Read events off a connection; the place moves on when the event has been taken."""
        data, identifier = "", self.last_event_id
        for line in lines:
            name, _, value = line.partition(":")
            value = value.removeprefix(" ")
            if name == "id":
                identifier = value
            elif name == "data":
                data += value
            elif name == "retry" and value.isdecimal():
                self.pause_s = int(value) / 1000
            elif not line:
                if data:
                    yield orjson.loads(data)
                data, self.last_event_id = "", identifier


def follow(transport: Transport, path: str, last_event_id: str | None) -> Iterator[Event]:
    """Iterate over events, each once, over as many connections as it takes; ends only by an exception.

    Raises Refused when the session has ended, httpx.TransportError when the gateway stays away for the transport's
    patience.
    """
    position, tries, connected_at = _Position(last_event_id), 0, transport.now()
    while True:
        pause = None
        try:
            with _opened(transport, path, position.last_event_id) as stream:
                if stream.is_error:
                    pause = _pause_or_raise(stream, connected_at + transport.patience_s - transport.now())
                else:
                    tries, connected_at = 0, transport.now()
                    yield from position.events(stream.iter_lines())
                    connected_at = transport.now()
        except LOST:
            if transport.now() > connected_at + transport.patience_s:
                raise
        transport.sleep(pause or position.pause_s or pause_s(tries))
        tries += 1


def _opened(transport: Transport, path: str, last_event_id: str | None) -> Any:
    headers = transport.headers() | ({"Last-Event-ID": last_event_id} if last_event_id else {})
    timeout = httpx.Timeout(30, read=_SILENCE_S)
    return transport.http.stream("GET", path, headers=headers, timeout=timeout)


def _pause_or_raise(stream: httpx.Response, patience_s: float) -> float:
    """Return how long the gateway wants to be left alone [s]. Raises Refused when that is too long, or for good."""
    stream.read()
    pause = retry_after_s(stream) or 1.0
    if stream.status_code not in (429, 502, 503, 504) or pause > patience_s:
        raise refusal(stream)
    return pause
