"""The TypeScript client in JavaScript, and Node to run what a test says to it."""

import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.api.conftest import http, make_app, settings, stranger, vault  # noqa: F401 - the gateway, the same

ROOT = Path(__file__).resolve().parents[2]
PATIENCE_S = 60


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """One worker builds the client, into one folder."""
    for item in items:
        if item.path.parent == Path(__file__).parent:
            item.add_marker(pytest.mark.xdist_group("typescript"))


@pytest.fixture(scope="session")
def built() -> Path:
    """Where the client lies in JavaScript; that its types fit is asserted on the way."""
    command = ["npm", "run", "--silent", "client"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return ROOT / "build/client"


@pytest.fixture
def node(built: Path) -> Callable[..., Any]:
    """Run a piece of JavaScript beside the client, `given` at hand; what it hands to `tell`."""

    def run(code: str, **given: Any) -> Any:
        whole = f"const given = {json.dumps(given)}; const tell = (it) => console.log(JSON.stringify(it));\n{code}"
        command = ["node", "--input-type=module", "-e", whole]
        done = subprocess.run(command, cwd=built, capture_output=True, text=True, timeout=PATIENCE_S, check=False)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    return run
