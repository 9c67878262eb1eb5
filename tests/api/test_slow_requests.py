"""Requests that come slowly or without end, by raw sockets: they cost a connection for a while and nothing else."""

import json
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx
import pytest

from pswallet.api.limits import MAX_BODY_BYTES, Limits
from pswallet.api.serving import MAX_HEADERS_BYTES, Connection
from tests.api.gateway import serve

LARGE = 10 * 1024 * 1024
HEAD = (
    b"POST /v1/codes HTTP/1.1\r\nhost: x\r\nidempotency-key: k\r\ncontent-type: application/json\r\n"
    b"content-length: %d\r\n\r\n"
)


class Hasty(Connection):
    """Waits for headers for a moment only."""

    headers_s = 0.3


@pytest.fixture
def hasty(make_app: Any) -> Iterator[httpx.Client]:
    """A gateway that has little patience."""
    with serve(make_app(limits=Limits(body_s=0.3)), Hasty) as client:
        yield client


@contextmanager
def line(client: httpx.Client) -> Iterator[socket.socket]:
    """A connection of one's own."""
    with socket.create_connection((client.base_url.host, client.base_url.port), timeout=10) as raw:
        yield raw


def answer_of(raw: socket.socket) -> tuple[int, dict[str, Any]]:
    """Read until the gateway closes the connection: its one answer."""
    found = b""
    while part := raw.recv(65_536):
        found += part
    head, _, body = found.partition(b"\r\n\r\n")
    return int(head[9:12]), json.loads(body)


def test_a_body_that_does_not_come_is_answered_408_and_the_connection_closed(hasty: httpx.Client) -> None:
    with line(hasty) as raw:
        raw.sendall(HEAD % 20 + b'{"phone"')
        status, problem = answer_of(raw)
    assert (status, problem["type"]) == (408, "/problems/request-too-slow")
    assert problem["request_id"].startswith("req_")


@pytest.mark.parametrize("path", [b"transfers", b"red-packets/0x" + b"5a" * 32 + b"/claims"])
def test_a_hot_route_waits_no_longer(hasty: httpx.Client, path: bytes) -> None:
    head = HEAD.replace(b"codes", path).replace(b"host: x", b"host: x\r\nauthorization: Bearer x")
    with line(hasty) as raw:
        raw.sendall(head % 20 + b"{")
        assert answer_of(raw)[0] == 408


def test_a_body_that_dribbles_is_no_better(hasty: httpx.Client) -> None:
    with line(hasty) as raw:
        raw.sendall(HEAD % 1000)
        began = time.monotonic()
        try:
            while time.monotonic() - began < 5:
                raw.sendall(b" ")
                time.sleep(0.02)  # each byte comes in good time; the whole does not
        except OSError:
            pass
        assert time.monotonic() - began < 5


@pytest.mark.parametrize("begun", [b"", b"GET /healthz HTT", b"GET /healthz HTTP/1.1\r\nhost: x\r\nx-slow: "])
def test_headers_that_do_not_come_are_answered_408_and_the_connection_closed(hasty: httpx.Client, begun: bytes) -> None:
    with line(hasty) as raw:
        raw.sendall(begun)
        status, problem = answer_of(raw)
    assert (status, problem["type"]) == (408, "/problems/request-too-slow")


def test_the_second_requests_headers_on_a_connection_have_the_same_bound(hasty: httpx.Client) -> None:
    with line(hasty) as raw:
        raw.sendall(b"GET /healthz HTTP/1.1\r\nhost: x\r\n\r\n")
        assert raw.recv(65_536).startswith(b"HTTP/1.1 200")
        raw.sendall(b"GET /healthz HTTP/1.1\r\n")
        assert answer_of(raw)[0] == 408


def test_a_connection_rests_between_two_requests_and_a_stream_may_be_quiet(hasty: httpx.Client) -> None:
    with line(hasty) as raw:
        for _ in range(2):
            raw.sendall(b"GET /healthz HTTP/1.1\r\nhost: x\r\n\r\n")
            assert raw.recv(65_536).startswith(b"HTTP/1.1 200")
            time.sleep(0.4)  # longer than headers and bodies may take


def test_headers_in_many_pieces_are_read_when_they_come_in_time(http: httpx.Client) -> None:
    with line(http) as raw:
        for piece in (b"GET /hea", b"lthz HTTP/1.1\r\nho", b"st: x\r\n\r\n"):
            raw.sendall(piece)
        assert raw.recv(65_536).startswith(b"HTTP/1.1 200")


ENDLESS = {
    "one header": (b"GET /healthz HTTP/1.1\r\nhost: x\r\nx: ", b"a" * 4096),
    "many headers": (b"GET /healthz HTTP/1.1\r\nhost: x\r\n", b"x: %s\r\n" % (b"a" * 4091)),
    "the address": (b"GET /", b"a" * 4096),
    "nothing at all": (b"", b"\r\n" * 2048),
}


@pytest.mark.parametrize("what", ENDLESS)
def test_headers_without_end_are_answered_431_and_the_connection_closed(http: httpx.Client, what: str) -> None:
    head, piece = ENDLESS[what]
    with line(http) as raw:
        raw.sendall(head)
        assert _sent_until_closed(raw, piece) < LARGE
        answer = raw.recv(65_536)
    assert answer.startswith(b"HTTP/1.1 431 ")
    assert b'"type":"/problems/headers-too-large"' in answer


def test_trailers_without_end_close_the_connection(http: httpx.Client) -> None:
    with line(http) as raw:
        raw.sendall(HEAD.replace(b"content-length: %d", b"transfer-encoding: chunked") + b"0\r\n")
        assert _sent_until_closed(raw, b"x: %s\r\n" % (b"a" * 4091)) < LARGE


def test_headers_of_64_kib_are_read(http: httpx.Client) -> None:
    with line(http) as raw:
        raw.sendall(b"GET /healthz HTTP/1.1\r\n")
        raw.sendall(b"host: x\r\nx: ".ljust(MAX_HEADERS_BYTES - 4, b"a") + b"\r\n\r\n")
        assert raw.recv(65_536).startswith(b"HTTP/1.1 200")


def test_headers_above_64_kib_are_refused_though_they_come_at_once(http: httpx.Client) -> None:
    with line(http) as raw:
        raw.sendall(b"GET /healthz HTTP/1.1\r\nhost: x\r\nx: " + b"a" * MAX_HEADERS_BYTES + b"\r\n\r\n")
        assert raw.recv(65_536).startswith(b"HTTP/1.1 431")


def test_many_requests_on_one_connection_are_not_taken_for_long_headers(http: httpx.Client) -> None:
    request = b"GET /healthz HTTP/1.1\r\nhost: x\r\nx: %s\r\n\r\n" % (b"a" * 1000)
    with line(http) as raw:
        for _ in range(2 * MAX_HEADERS_BYTES // len(request)):
            raw.sendall(request)
            assert raw.recv(65_536).startswith(b"HTTP/1.1 200")


def _sent_until_closed(raw: socket.socket, piece: bytes) -> int:
    """Send pieces until the gateway hangs up; return how much went out [bytes]."""
    raw.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 16_384)
    sent = 0
    try:
        while sent < LARGE:
            sent += raw.send(piece)
    except OSError:
        pass  # it hung up
    return sent


@pytest.mark.parametrize("declared", [True, False])
def test_ten_megabytes_are_refused_unread_and_the_connection_closed(http: httpx.Client, declared: bool) -> None:
    head = HEAD % LARGE if declared else HEAD.replace(b"content-length: %d", b"transfer-encoding: chunked")
    with line(http) as raw:
        raw.sendall(head)
        assert _sent_until_closed(raw, b" " * 4096 if declared else b"1000\r\n" + b" " * 4096 + b"\r\n") < LARGE / 2
        assert raw.recv(65_536).startswith(b"HTTP/1.1 413")


def test_a_declared_length_is_refused_before_a_byte_of_it_came(http: httpx.Client) -> None:
    with line(http) as raw:
        raw.sendall(HEAD % (MAX_BODY_BYTES + 1))
        status, problem = answer_of(raw)
    assert (status, problem["type"]) == (413, "/problems/body-too-large")
