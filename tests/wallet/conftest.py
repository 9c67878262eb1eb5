"""People at their terminals, before a real gateway whose relayer and indexer run."""

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
from typer.testing import CliRunner, Result

from pswallet.client import Key
from pswallet.schedule import Schedule
from pswallet.wallet.commands import app
from tests.api.conftest import http, make_app, settings, vault  # noqa: F401 - the gateway's fixtures
from tests.parts import Pipeline, secret

PASSWORD = "synthetic password"
WEAK = 2
"""The work of a test's password: the real one takes a second at each opening."""


@dataclass
class Terminal:
    """One person's terminal: a folder with a key, and a language."""

    gateway: str
    folder: Path
    key: Key
    language: str = "en"

    def run(self, *words: str, typed: str = "", password: str = PASSWORD, **environment: str) -> Result:
        """Type a command, and answer what it asks."""
        said = {
            "PSWALLET_GATEWAY_URL": self.gateway, "PSWALLET_WALLET": str(self.folder), "COLUMNS": "200",
            "PSWALLET_WALLET_PASSWORD": password, "LANGUAGE": self.language, **environment,
        }  # fmt: skip
        return CliRunner().invoke(app, list(words), input=typed, env=said, catch_exceptions=False)

    def ok(self, *words: str, typed: str = "") -> str:
        """Type a command that does what it is asked; return what it shows."""
        done = self.run(*words, typed=typed)
        assert done.exit_code == 0, done.output
        return done.stdout

    def fails(self, *words: str, typed: str = "", **environment: str) -> str:
        """Type a command that ends with 1; return why."""
        done = self.run(*words, typed=typed, **environment)
        assert done.exit_code == 1, done.output
        return done.stderr


@pytest.fixture
def at_work(pipeline: Pipeline) -> Iterator[None]:
    """The relayer, the indexer and the worker do their work meanwhile."""
    ended, schedule = threading.Event(), Schedule(pipeline.sessions)

    def work() -> None:
        while not ended.is_set():
            if not pipeline.relayer.step() and not pipeline.indexer.step() and not schedule.step():
                ended.wait(0.04)

    thread = threading.Thread(target=work, daemon=True)
    pipeline.indexer.step()  # what is asked first is the block's time
    thread.start()
    yield
    ended.set()
    thread.join(10)
    assert not thread.is_alive()


@pytest.fixture
def terminal(http: httpx.Client, tmp_path: Path, at_work: None) -> Callable[[str], Terminal]:  # noqa: F811
    """Make the terminal of somebody who has a key."""

    def make(name: str) -> Terminal:
        made = Terminal(str(http.base_url), tmp_path / name, Key.of(secret(name)))
        made.key.save(made.folder / "key.json", PASSWORD, work=WEAK)
        return made

    return make


@pytest.fixture
def ping(terminal: Callable[[str], Terminal]) -> Terminal:
    """Somebody of tier T1 with ¥500.00."""
    made = terminal("ping")
    made.ok("register", "13800138001", "--sandbox")
    made.ok("real-name", typed="曾小萍\n440310199003070023\n")
    made.ok("top-up", "500")
    return made


@pytest.fixture
def ming(terminal: Callable[[str], Terminal]) -> Terminal:
    """A visitor (T0) with nothing."""
    made = terminal("ming")
    made.ok("register", "13800138002", "--sandbox")
    return made
