"""docs/quickstart.md, typed as it stands: each ```sh block in one bash, against the machine that `make up` starts."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from pswallet import tables
from pswallet.chain.deploy import Deployment
from pswallet.chain.hashing import selector
from pswallet.chain.rpc import Rpc
from pswallet.local.stack import Stack
from pswallet.settings import Settings

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs/quickstart.md"
PATIENCE_S = 300


@dataclass(frozen=True)
class Typed:
    """What the page printed, and the chain on which it happened."""

    output: str
    errors: str
    status: int
    rpc_url: str
    deployment: Deployment

    def balance_fen(self, address: str) -> int:
        """Ask the token itself."""
        data = selector("balanceOf(address)").hex() + address[2:].rjust(64, "0").lower()
        with Rpc(self.rpc_url) as rpc:
            call = {"to": self.deployment.stablecoin, "data": "0x" + data}
            return int(rpc.call("eth_call", [call, "latest"]), 16)


def _blocks() -> list[str]:
    return re.findall(r"^```sh\n(.*?)^```$", PAGE.read_text(), re.M | re.S)


@pytest.fixture(scope="module")
def typed() -> Iterator[Typed]:
    folder = ROOT / "build" / f"quickstart-{os.getpid()}"
    shutil.rmtree(folder, ignore_errors=True)
    # Any free port, and nothing of this machine's own settings.
    settings = Settings(mode="sandbox", state=folder, database_url="", rpc_url="", api_port=0, anvil_port=0)
    stack = Stack(settings, folder)
    try:
        stack.start(migrate=tables.migrate, tell=lambda part: None)
        yield _type_in(stack)
    finally:
        stack.stop()
        shutil.rmtree(folder, ignore_errors=True)


def _type_in(stack: Stack) -> Typed:
    path = f"{Path(sys.executable).parent}:{ROOT / 'node_modules/.bin'}:{os.environ['PATH']}"
    environment = {"GATEWAY": stack.url, "NODE": stack.rpc_url, "STATE": str(stack.folder), "PATH": path}
    done = subprocess.run(
        ["bash", "-c", "set -euo pipefail\n" + "\n".join(_blocks())],
        cwd=ROOT,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
        check=False,
    )
    return Typed(done.stdout, done.stderr, done.returncode, stack.rpc_url, Deployment.load(stack.deployment_file))


def test_every_block_of_the_page_runs(typed: Typed):
    assert typed.status == 0, f"{typed.output}\n{typed.errors}"


def test_the_people_hold_on_chain_what_the_page_says(typed: Typed):
    printed = {found[1]: int(found[2]) for found in re.finditer(r"^(0x\w{40}) (\d+) fen$", typed.output, re.M)}
    said = [int(yuan.replace(".", "")) for yuan in re.findall(r"¥(\d+\.\d\d)", PAGE.read_text().rsplit("```", 1)[1])]
    assert list(printed.values()) == said == [100_000 - 1_280 - 666 + 333, 1_280 + 333]
    assert {address: typed.balance_fen(address) for address in printed} == printed


def test_the_second_opening_is_refused_by_name(typed: Typed):
    assert "/problems/already-claimed" in typed.output.splitlines()


def test_the_audit_finds_nothing_wrong(typed: Typed):
    assert re.search(r"^OK: .*\b1 red packet", typed.output, re.M)
