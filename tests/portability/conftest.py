"""A node that is not Anvil, by its URL: the one that PSWALLET_TEST_RPC_URL names, else Hardhat's, started here."""

import os
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from pswallet.chain import deploy
from pswallet.chain.keys import Keys
from pswallet.chain.rpc import Rpc, RpcUnavailable
from pswallet.local import ports, processes
from tests.api.conftest import http, make_app, settings, stranger, vault  # noqa: F401 - the gateway, the same
from tests.parts import Chain

ROOT = Path(__file__).resolve().parents[2]
CONFIG = Path(__file__).with_name("hardhat.config.cjs")
PATIENCE_S = 120
"""A node may take many seconds for a block."""


@pytest.fixture(scope="session")
def hardhat(worker: str) -> Iterator[str]:
    """URL of a fresh Hardhat node on a free port."""
    port = ports.free_port(0)
    command = ["node", str(ROOT / "node_modules/hardhat/internal/cli/bootstrap.js"), "--config", str(CONFIG)]
    child = processes.start(
        "hardhat",
        [*command, "node", "--hostname", "127.0.0.1", "--port", str(port)],
        log=ROOT / "build" / f"test-hardhat-{worker}-{os.getpid()}.log",
        environment={**os.environ, "HARDHAT_DISABLE_TELEMETRY_PROMPT": "true"},
    )
    yield _ready(child, f"http://127.0.0.1:{port}")
    child.stop()


def _ready(child: processes.Child, url: str) -> str:
    deadline = time.monotonic() + PATIENCE_S
    with Rpc(url, attempts=1) as rpc:
        while child.running and time.monotonic() < deadline:
            try:
                rpc.call("eth_chainId")
            except RpcUnavailable:
                time.sleep(0.05)  # not listening yet
            else:
                return url
    child.kill()
    raise RuntimeError(f"the node did not come up; its last words:\n{child.tail()}")


@pytest.fixture(scope="session")
def node(request: pytest.FixtureRequest) -> str:
    """URL of the node to try."""
    return os.environ.get("PSWALLET_TEST_RPC_URL") or request.getfixturevalue("hardhat")


@pytest.fixture
def chain(node: str, keys: Keys, tmp_path: Path) -> Iterator[Chain]:
    """Our contracts on that node, put there or found there."""
    deployment = deploy.deploy(node, keys, tmp_path / "deployment.json")
    with Rpc(node) as rpc:
        yield Chain(rpc=rpc, deployment=deployment, keys=keys)
