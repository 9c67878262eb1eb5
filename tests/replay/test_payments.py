"""A day's payments before a gateway that takes them all, or refuses one: then nothing of the replay would be true."""

import json
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, ClassVar, cast

import pytest
from rich.console import Console

from pswallet.client import Chain
from pswallet.replay.drawing import Draw, Payment
from pswallet.replay.facts import LUOHU, START
from pswallet.replay.machine import Machine
from pswallet.replay.payments import Pace, play_day
from pswallet.replay.people import key_of
from pswallet.replay.registry import Member
from pswallet.replay.screen import Screen
from pswallet.replay.world import ReplayBroke, Side, World

ADDRESS = "0x" + "11" * 20
DAY = [Payment(START, 0, 0, 9_000, 0), Payment(START + 1, 0, 1, 11_000, 500), Payment(START + 2, 1, 0, 100, 0)]


class _Gateway(BaseHTTPRequestHandler):
    """A gateway that opens every order, and refuses payments of 11,500 fen if `refuses`."""

    protocol_version = "HTTP/1.1"
    keys: ClassVar[set[str]] = set()
    refuses: ClassVar[bool] = False

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["content-length"])))
        if self.path == "/v1/orders":
            self._answer(201, {"id": body["reference"], "merchant": ADDRESS, "expiry": START + 9, **body})
            return
        self.keys.add(self.headers["idempotency-key"])
        refused = body["own_fen"] == 500 and self.refuses
        self._answer(409 if refused else 202, {"type": "/problems/voucher-balance-too-low" if refused else ""})

    def _answer(self, status: int, body: dict[str, Any]) -> None:
        content = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: object) -> None:
        pass


class _Clockwork:
    """Stands for the machine: its clock goes where it is told, and what is waited for is there."""

    def __init__(self, port: int) -> None:
        self.address = ("127.0.0.1", port)
        self.deployment = Chain(31337, *(ADDRESS,) * 4, block_time=0)
        self.waited: list[int] = []

    def move_clock(self, moment: int) -> None:
        pass

    def wait(self, query: str, wanted: int, **_: object) -> float:
        self.waited.append(wanted)
        return time.monotonic()


@pytest.fixture
def machine() -> Iterator[_Clockwork]:
    _Gateway.keys.clear()
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Gateway)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield _Clockwork(server.server_port)
    server.shutdown()
    thread.join()
    server.server_close()


def world_on(machine: _Clockwork) -> World:
    world = World(cast("Machine", machine), Screen(Console(quiet=True)), LUOHU, Draw(1, [0, 1], DAY))
    side = Side([key_of(1, "person", number) for number in range(2)], [Member("acc", "token")] * 2)
    world.people = world.shops = side
    world.chain, world.campaign = machine.deployment, "0x" + "22" * 32
    return world


def test_a_days_payments_go_out_under_keys_of_their_own_and_are_waited_for(machine: _Clockwork) -> None:
    _Gateway.refuses, pace = False, Pace()
    play_day(world_on(machine), DAY, 0, pace)
    assert len(_Gateway.keys) == 3
    assert (machine.waited, pace.payments) == ([3], 3)


def test_a_payment_that_is_refused_ends_the_replay(machine: _Clockwork) -> None:
    _Gateway.refuses = True
    with pytest.raises(ReplayBroke, match="voucher-balance-too-low"):
        play_day(world_on(machine), DAY, 0, Pace())
