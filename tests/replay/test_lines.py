"""The crowd's connections: every request gets its own answer, and a gateway that is busy is asked again."""

import threading
from collections import Counter
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from pswallet.replay.lines import ask_all, post

seen: Counter[str] = Counter()


class _Gateway(BaseHTTPRequestHandler):
    """Answers each path with itself; the first time each asks for "busy", it is busy."""

    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        seen[self.path] += 1
        busy = "busy" in self.path and seen[self.path] == 1
        self.send_response(503 if busy else 202)
        if busy:
            self.send_header("Retry-After", "0")
        answer = f"{self.path} {body.decode()} {self.headers['authorization']}".encode()
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def port() -> Iterator[int]:
    seen.clear()
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Gateway)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield server.server_port
    server.shutdown()
    thread.join()
    server.server_close()


def test_each_request_gets_its_own_answer_in_the_requests_order_and_a_busy_gateway_is_asked_again(port: int) -> None:
    paths = [f"/{'busy' if place % 3 == 0 else 'free'}/{place}" for place in range(20)]
    requests = [post(path, b"{}", token="t", key=path, host="x") for path in paths]
    heard: list[int] = []
    replies = ask_all("127.0.0.1", port, requests, connections=4, heard=lambda: heard.append(1))
    assert [reply.body.decode() for reply in replies] == [f"{path} {{}} Bearer t" for path in paths]
    assert {reply.status for reply in replies} == {202}
    assert len(heard) == 20
    assert {path: count for path, count in seen.items() if count == 2} == dict.fromkeys(paths[::3], 2)


def test_nothing_to_ask_asks_nobody() -> None:
    assert ask_all("127.0.0.1", 1, [], connections=4, heard=lambda: None) == []
