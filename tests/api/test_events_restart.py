"""A stream goes on over a gateway that falls: a real process is killed and started again while notices arrive."""

import os
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import orjson
import pytest
from sqlalchemy.orm import Session

from pswallet.kit.db import Sessions, transaction
from pswallet.local import ports, processes
from pswallet.notifications.service import Notice, OffChainNotice, notify, notify_off_chain
from tests.api.gateway import Member
from tests.parts import Chain

PATIENCE_S = 60.0
PAUSE_S = 0.02
"""Between two notices of one teller."""


@dataclass
class Gateway:
    """The gateway as a process of its own, which a test ends and starts again."""

    environment: dict[str, str]
    log: Path
    url: str
    child: processes.Child | None = None

    def start(self) -> None:
        """Start it, after the one before has ended, and wait until it answers."""
        if self.child:
            self.child.process.wait(PATIENCE_S)
        command = [sys.executable, "-m", "pswallet.cli", "api"]
        self.child = processes.start("api", command, log=self.log, environment=self.environment)
        deadline = time.monotonic() + PATIENCE_S
        while True:
            with suppress(httpx.TransportError):
                if httpx.get(f"{self.url}/healthz", timeout=5, verify=False).status_code == 200:
                    return
            assert self.child.running, self.child.tail()
            assert time.monotonic() < deadline, self.child.tail()
            time.sleep(0.02)

    def kill(self) -> None:
        assert self.child
        self.child.kill()

    def stop(self) -> None:
        if self.child:
            self.child.stop()


@pytest.fixture
def gateway(chain: Chain, database_url: str, tmp_path: Path) -> Iterator[Gateway]:
    """A gateway that runs, on the test's own database and chain."""
    chain.keys.of_gateway().save(tmp_path / "keys.json")
    chain.deployment.save(tmp_path / "deployment.json")
    port = ports.free_port(0)
    settings = {
        "STATE": tmp_path,
        "DATABASE_URL": database_url,
        "RPC_URL": chain.rpc.url,
        "KEYS_FILE": tmp_path / "keys.json",
        "DEPLOYMENT_FILE": tmp_path / "deployment.json",
        "API_PORT": port,
    }
    environment = {**os.environ, **{f"PSWALLET_{name}": str(value) for name, value in settings.items()}}
    gateway = Gateway(environment, tmp_path / "api.log", f"http://127.0.0.1:{port}")
    gateway.start()
    yield gateway
    gateway.stop()


def whole_events(lines: Iterator[str]) -> Iterator[dict[str, str]]:
    """The events that an empty line ended; of the last one a broken line may have sent a part."""
    fields: dict[str, str] = {}
    deadline = time.monotonic() + PATIENCE_S
    for line in lines:  # a comment every 15 s at least
        assert time.monotonic() < deadline, "something was not told"
        name, _, value = line.partition(": ")
        if name:
            fields[name] = value
            continue
        if "data" in fields:
            yield fields
        fields = {}


@dataclass
class Listener:
    """A phone: it connects with the last id it saw, and holds every whole event that it was told."""

    url: str
    headers: dict[str, str]
    last: str = "0-0"
    told: list[dict[str, Any]] = field(default_factory=list)

    def listen(self, enough: int, ending: Callable[[], object] | None = None) -> None:
        """Hear until `enough` events are held; with `ending`, begin that then and hear until the line breaks."""
        headers = {**self.headers, "Last-Event-ID": self.last}
        with (
            suppress(httpx.TransportError),
            httpx.Client(verify=False, timeout=PATIENCE_S) as client,
            client.stream("GET", f"{self.url}/v1/events", headers=headers) as answer,
        ):
            for event in whole_events(answer.iter_lines()):
                self.told.append(orjson.loads(event["data"]))
                self.last = event["id"]
                if len(self.told) < enough:
                    continue
                if ending is None:
                    return
                if len(self.told) == enough:
                    ending()

    def heard(self, kind: str) -> list[int]:
        return [event["body"]["n"] for event in self.told if event["kind"] == kind]


@dataclass
class Teller:
    """Tells an address 0, 1, 2 … until it is over."""

    sessions: Sessions
    address: str
    over: threading.Event

    def run(self, tell: Callable[[Session, str, int], None]) -> int:
        """Return how many were told."""
        told = 0
        while not self.over.wait(PAUSE_S):
            with transaction(self.sessions) as session:
                tell(session, self.address, told)
            told += 1
        return told


def by_the_chain(session: Session, address: str, number: int) -> None:
    notify(session, [Notice(address, "tier-set", {"n": number}, block=10**9 + number, log_index=0)])


def past_the_chain(session: Session, address: str, number: int) -> None:
    notify_off_chain(session, [OffChainNotice(address, "payment-requested", {"n": number})])


def test_every_notice_is_told_once_over_restarts_of_the_gateway(
    gateway: Gateway, member: Member, sessions: Sessions
) -> None:
    """Once killed (SIGKILL), once ended in order (SIGTERM), in the middle of a stream."""
    over = threading.Event()
    phone, teller = Listener(gateway.url, member.bearer), Teller(sessions, member.address, over)
    with ThreadPoolExecutor(3) as others:
        told = [others.submit(teller.run, tell) for tell in (by_the_chain, past_the_chain)]
        try:
            for end in (gateway.kill, gateway.stop):
                phone.listen(len(phone.told) + 20, partial(others.submit, end))
                gateway.start()
        finally:
            over.set()
    chain, asked = (one.result() for one in told)
    phone.listen(chain + asked)
    assert phone.heard("tier-set") == list(range(chain))
    assert phone.heard("payment-requested") == list(range(asked))
