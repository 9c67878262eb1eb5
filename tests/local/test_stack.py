"""The machine starts beside whatever else runs here."""

import json
import os
import shutil
import threading
from collections.abc import Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import httpx
import pytest

from pswallet import tables
from pswallet.chain.deploy import Deployment
from pswallet.chain.keys import Keys
from pswallet.kit import lockbox
from pswallet.local import ports
from pswallet.local.stack import Stack
from pswallet.settings import Settings
from tests.parts import synthetic_keys

BUILD = Path(__file__).parents[2] / "build"


class _Ready(BaseHTTPRequestHandler):
    """Another machine's gateway: ready, with other contracts."""

    def do_GET(self) -> None:
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b'{"contracts": {"escrow": "0x0000000000000000000000000000000000000001"}}')

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def impostor() -> Iterator[int]:
    server = HTTPServer(("127.0.0.1", 0), _Ready)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield server.server_port
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def stack(worker: str) -> Iterator[Stack]:
    folder = BUILD / f"test-stack-{worker}-{os.getpid()}"
    shutil.rmtree(folder, ignore_errors=True)
    stack = Stack(Settings(mode="sandbox", state=folder, database_url="", rpc_url="", api_port=0, anvil_port=0), folder)
    yield stack
    stack.stop()
    shutil.rmtree(folder, ignore_errors=True)


def test_a_port_that_another_gateway_took_meanwhile_is_left_to_it(
    stack: Stack, impostor: int, monkeypatch: pytest.MonkeyPatch
):
    seen: list[int] = []

    def free_port(wanted: int, *, host: str = "127.0.0.1") -> int:
        seen.append(wanted)
        return impostor if len(seen) == 2 else any_port(wanted, host=host)  # the chain asks first

    any_port = ports.free_port
    monkeypatch.setattr(ports, "free_port", free_port)
    stack.start(migrate=tables.migrate, tell=lambda _: None)
    assert len(seen) == 3
    escrow = httpx.get(f"{stack.url}/v1/chain").json()["contracts"]["escrow"]
    assert escrow == Deployment.load(stack.deployment_file).escrow
    the_others_show_their_figures(stack)


def the_others_show_their_figures(stack: Stack) -> None:
    assert set(stack.metrics_ports) == {"relayer", "indexer", "worker"}
    for name, port in stack.metrics_ports.items():
        if "metrics_not_served" not in stack.children[name].tail(1000):  # another machine's may have been faster
            assert f"pswallet_{name}_" in httpx.get(f"http://127.0.0.1:{port}/metrics").text


def test_the_gateways_processes_find_no_key_that_stops_or_changes_the_contracts(stack: Stack):
    every = stack._keys()
    named = Path(stack.environment()["PSWALLET_KEYS_FILE"])
    theirs = {"admin", "upgrader", "pauser", "unpauser", "retention"}
    assert theirs <= set(json.loads(stack.operator_keys_file.read_text()))
    assert not theirs & set(json.loads(named.read_text()))
    assert Keys.load(named) == every.of_gateway()
    assert stack.operator_keys_file.stat().st_mode & 0o777 == 0o600
    assert str(stack.operator_keys_file) not in stack.environment().values()


def test_key_files_from_before_erasures_get_what_locks_away_what_the_law_keeps(stack: Stack):
    old = replace(synthetic_keys(), retention=None, retention_public=None)
    old.save(stack.operator_keys_file)
    old.of_gateway().save(stack.keys_file)
    every, held = stack._keys(), Keys.load(stack.keys_file)
    assert every.retention is not None
    assert held.retention is None
    assert held.retention_public == every.retention_public == lockbox.public_key(every.retention)
    assert replace(held, retention_public=None) == old.of_gateway()
    assert stack._keys() == every


def test_the_name_for_people_is_the_one_that_was_set_else_where_the_gateway_listens(
    stack: Stack, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.delenv("PSWALLET_PUBLIC_URL", raising=False)
    plain = Stack(Settings(), stack.folder, url="http://127.0.0.1:8017")
    assert plain.environment()["PSWALLET_PUBLIC_URL"] == "http://127.0.0.1:8017"
    monkeypatch.setenv("PSWALLET_PUBLIC_URL", "https://wallet.example")
    named = Stack(Settings(), stack.folder, url="http://127.0.0.1:8017")
    assert named.environment()["PSWALLET_PUBLIC_URL"] == "https://wallet.example"
