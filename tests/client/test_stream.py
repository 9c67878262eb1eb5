"""Events over many connections: each once, none lost, from after the last that was seen."""

from collections.abc import Iterator
from itertools import islice

import httpx
import pytest

from pswallet.client import Refused, Transport
from pswallet.client.stream import follow


class Cut(httpx.SyncByteStream):
    """A connection that breaks after these bytes, or just ends."""

    def __init__(self, text: str, *, breaks: bool = True) -> None:
        self.text, self.breaks = text, breaks

    def __iter__(self) -> Iterator[bytes]:
        yield self.text.encode()
        if self.breaks:
            raise httpx.RemoteProtocolError("cut")


def event(place: int) -> str:
    data = f'{{"id": "{place}-0", "kind": "transfer", "block": null, "body": {{}}}}'
    return f"id: {place}-0\nevent: transfer\ndata: {data}\n\n"


class Streams:
    """A gateway whose connections are prepared; it notes from where each was asked to go on."""

    def __init__(self, *replies: httpx.Response | Exception) -> None:
        self.replies, self.asked, self.slept = list(replies), [], []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request.headers.get("Last-Event-ID"))
        reply = self.replies.pop(0)
        if isinstance(reply, Exception):
            raise reply
        return reply

    def follow(self, last: str | None = None, **options: float) -> Iterator:
        http = httpx.Client(base_url="http://gateway", transport=httpx.MockTransport(self))
        return follow(
            Transport(http, sleep=self.slept.append, now=lambda: sum(self.slept), **options), "/v1/events", last
        )


def ids(events: Iterator, count: int) -> list[str]:
    return [one["id"] for one in islice(events, count)]


def test_a_lost_connection_is_taken_up_after_the_last_event():
    streams = Streams(
        httpx.Response(200, stream=Cut("retry: 250\n\n" + event(1) + event(2) + event(3)[:20])),
        httpx.Response(200, stream=Cut(event(3) + event(4))),
    )
    assert ids(streams.follow("0-0"), 4) == ["1-0", "2-0", "3-0", "4-0"]
    assert streams.asked == ["0-0", "2-0"]
    assert streams.slept == [0.25]


def test_an_event_cut_before_its_end_does_not_count_as_seen():
    whole = event(2)
    streams = Streams(httpx.Response(200, stream=Cut(event(1) + whole[:-1])), httpx.Response(200, stream=Cut(whole)))
    assert ids(streams.follow(), 2) == ["1-0", "2-0"]
    assert streams.asked == [None, "1-0"]


def test_an_id_alone_says_where_to_go_on_before_the_first_event():
    streams = Streams(
        httpx.Response(200, stream=Cut("id: 9-0\n\n: heartbeat\n\n", breaks=False)),
        httpx.Response(200, stream=Cut(event(10))),
    )
    assert ids(streams.follow(), 1) == ["10-0"]
    assert streams.asked == [None, "9-0"]


def test_a_gateway_that_is_away_or_busy_is_asked_again():
    streams = Streams(
        httpx.ConnectError("refused"),
        httpx.Response(503, json={"type": "/problems/database-away"}, headers={"Retry-After": "2"}),
        httpx.Response(200, stream=Cut(event(1))),
    )
    assert ids(streams.follow(), 1) == ["1-0"]
    assert streams.slept[1] == 2.0


def test_an_ended_session_ends_the_stream():
    streams = Streams(
        httpx.Response(200, stream=Cut(event(1), breaks=False)),
        httpx.Response(401, json={"type": "/problems/session-invalid"}),
    )
    events = streams.follow()
    assert next(events)["id"] == "1-0"
    with pytest.raises(Refused, match="session-invalid"):
        next(events)


def test_a_gateway_that_stays_away_is_told_when_the_patience_ends():
    streams = Streams(*[httpx.ConnectError("refused")] * 99)
    with pytest.raises(httpx.ConnectError):
        next(streams.follow(patience_s=10))
    assert 10 <= sum(streams.slept) <= 12
