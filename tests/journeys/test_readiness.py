"""/readyz of the whole machine: kill -9 of relayer, indexer or worker is seen and named, and so is its return."""

import os
import shutil
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from pswallet import tables
from pswallet.chain.presence import PARTS
from pswallet.local.stack import Stack
from pswallet.settings import Settings

BUILD = Path(__file__).parents[2] / "build"


@pytest.fixture
def stack(worker: str) -> Iterator[Stack]:
    """Everything on this machine, nobody registered."""
    folder = BUILD / f"test-readiness-{worker}-{os.getpid()}"
    stack = Stack(Settings(api_port=18_100, anvil_port=18_600, state=folder), folder)
    try:
        stack.start(migrate=tables.migrate, tell=lambda _: None)
        yield stack
    finally:
        stack.stop()
        shutil.rmtree(folder, ignore_errors=True)


def until(stack: Stack, status: int, patience_s: float = 60.0) -> dict[str, Any]:
    """Ask until /readyz answers `status`, and return what it says."""
    deadline = time.monotonic() + patience_s
    while True:
        answer = httpx.get(f"{stack.url}/readyz", timeout=5)
        if answer.status_code == status:
            found: dict[str, Any] = answer.json()
            return found
        assert time.monotonic() < deadline, answer.text
        time.sleep(0.05)


def test_a_killed_process_is_named_until_it_is_back(stack: Stack) -> None:
    assert until(stack, 200)["ready"]  # `up` itself waits for all of them
    for part in PARTS:
        stack.children[part].kill()
        found = until(stack, 503, patience_s=5.0)
        assert {name: found[name] for name in PARTS} == {name: name != part for name in PARTS}
        assert stack.restart_fallen() == [part]
        until(stack, 200)
