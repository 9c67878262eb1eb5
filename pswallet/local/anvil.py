"""Anvil, the local chain: found, started, probed, stopped."""

import os
import re
import shutil
import time
from pathlib import Path

import httpx

from pswallet.local import processes

CHAIN_ID = 31337
"""The local chain's id; sandbox money on it is worth nothing."""

HEAD_ONLY = ("--prune-history",)
"""For long runs: the state of each block is not kept, which is written to disk otherwise."""

_LISTENING = re.compile(r"Listening on ([0-9.]+:[0-9]+)")


class AnvilMissing(RuntimeError):
    """No Anvil on this machine; the message says what to do."""


def binary() -> str:
    """Return the path of Anvil: the one npm installed here, else the one on PATH. Raises AnvilMissing."""
    ours = Path(__file__).resolve().parents[2] / "node_modules" / ".bin" / "anvil"
    found = str(ours) if ours.exists() else shutil.which("anvil")
    if not found:
        raise AnvilMissing("Anvil is missing: run `npm ci`, or install Foundry 1.7 and put it on PATH")
    return found


def start(
    *,
    port: int,
    log: Path,
    state: Path | None = None,
    block_time_s: int = 0,
    timestamp: int | None = None,
    arguments: tuple[str, ...] = (),
) -> tuple[processes.Child, str]:
    """Start a chain on `port` (0: any) and wait until it answers; return it and its URL.

    A transaction is mined at once; with `block_time_s` an idle chain mines too, so that its clock goes on. With `state`
    it loads that file when it exists and saves to it each second. Raises RuntimeError with Anvil's last
    words when it does not come up within 20 seconds.
    """
    command = [
        binary(),
        *("--port", str(port), "--chain-id", str(CHAIN_ID), "--hardfork", "osaka", "--gas-limit", "200000000"),
        "--enable-tx-gas-limit",
        *("--order", "fifo", "--accounts", "10"),
        *(("--state", str(state), "--state-interval", "1") if state else ()),
        *(("--mixed-mining", "--block-time", str(block_time_s)) if block_time_s else ()),
        *(("--timestamp", str(timestamp)) if timestamp is not None else ()),
        *arguments,
    ]
    log.parent.mkdir(parents=True, exist_ok=True)
    log.write_bytes(b"")
    child = processes.start("anvil", command, log=log, environment=os.environ)
    return child, _wait_until_ready(child)


def _wait_until_ready(child: processes.Child) -> str:
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline and child.running:
        found = _LISTENING.search(child.log.read_text(errors="replace"))
        if found:
            url = f"http://{found[1]}"
            answer = httpx.post(url, json={"jsonrpc": "2.0", "id": 1, "method": "eth_chainId", "params": []})
            if answer.status_code == httpx.codes.OK:
                return url
        time.sleep(0.02)  # nothing announces a log line
    child.kill()
    raise RuntimeError(f"Anvil did not come up; its last words:\n{child.tail()}")
