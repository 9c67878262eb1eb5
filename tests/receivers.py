"""Local servers that take webhooks, well or badly."""

import base64
import hashlib
import hmac
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

Behave = Callable[[socket.socket, threading.Event], None]
"""What a receiver does once it has read a request; the event says that the test is over."""


@dataclass
class Seen:
    """A request that arrived."""

    line: str
    headers: dict[str, str]
    body: bytes

    def is_signed_by(self, secret: str) -> bool:
        """Check it as Standard Webhooks says a receiver must."""
        key = base64.b64decode(secret.removeprefix("whsec_"))
        signed = f"{self.headers['webhook-id']}.{self.headers['webhook-timestamp']}.".encode() + self.body
        expected = "v1," + base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
        return expected in self.headers["webhook-signature"].split(" ")


@dataclass
class Receiver:
    """Where it listens and what it saw."""

    port: int
    behave: Behave
    seen: list[Seen] = field(default_factory=list)
    connections: int = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/hook"

    def wait_for(self, count: int, *, patience_s: float = 10.0) -> list[Seen]:
        """Wait until so many requests have arrived."""
        deadline = time.monotonic() + patience_s
        while len(self.seen) < count:
            assert time.monotonic() < deadline, f"{len(self.seen)} of {count} arrived"
            time.sleep(0.005)
        return self.seen


def answering(status: int, *, headers: str = "", body: bytes = b"") -> Behave:
    """Answer at once."""

    def behave(connection: socket.socket, _: threading.Event) -> None:
        head = f"HTTP/1.1 {status} X\r\nContent-Length: {len(body)}\r\nConnection: close\r\n{headers}\r\n"
        connection.sendall(head.encode() + body)

    return behave


def silent(_: socket.socket, over: threading.Event) -> None:
    """Answer nothing, and hold the connection."""
    over.wait(30)


def dripping(connection: socket.socket, over: threading.Event) -> None:
    """Send a header a tenth of a second, for ever: no single read takes long."""
    connection.sendall(b"HTTP/1.1 200 OK\r\n")
    while not over.wait(0.1):
        connection.sendall(b"X-More: 1\r\n")


def endless(connection: socket.socket, over: threading.Event) -> None:
    """Accept, and send a body without end."""
    connection.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
    while not over.is_set():
        connection.sendall(b"1000\r\n" + b"x" * 4096 + b"\r\n")


def hanging_up(connection: socket.socket, _: threading.Event) -> None:
    """Close the connection in the middle of an answer's head."""
    connection.sendall(b"HTTP/1.1 200")


ACCEPTING = answering(200)


@contextmanager
def receive(behave: Behave = ACCEPTING, tls: ssl.SSLContext | None = None) -> Iterator[Receiver]:
    """Listen on a free port of the loopback, a thread for each connection."""
    over, threads = threading.Event(), []
    with socket.create_server(("127.0.0.1", 0)) as server:
        receiver = Receiver(server.getsockname()[1], behave)

        def serve(connection: socket.socket) -> None:
            with suppress(OSError), connection:
                wrapped = tls.wrap_socket(connection, server_side=True) if tls else connection
                with wrapped:
                    receiver.seen.append(_read(wrapped))
                    receiver.behave(wrapped, over)

        def accept() -> None:
            with suppress(OSError):
                while True:
                    connection, _ = server.accept()
                    receiver.connections += 1
                    thread = threading.Thread(target=serve, args=(connection,), daemon=True)
                    thread.start()
                    threads.append(thread)

        acceptor = threading.Thread(target=accept, daemon=True)
        acceptor.start()
        yield receiver
        over.set()
        server.shutdown(socket.SHUT_RDWR)
    acceptor.join(5)
    for thread in threads:
        thread.join(5)


def _read(connection: socket.socket) -> Seen:
    content = b""
    while b"\r\n\r\n" not in content:
        content += _more(connection)
    head, _, body = content.partition(b"\r\n\r\n")
    line, *rows = head.decode().split("\r\n")
    headers = {name.lower(): value for name, value in (row.split(": ", 1) for row in rows)}
    while len(body) < int(headers.get("content-length", 0)):
        body += _more(connection)
    return Seen(line, headers, body)


def _more(connection: socket.socket) -> bytes:
    found = connection.recv(65536)
    if not found:
        raise ConnectionError("the other side has closed")
    return found
