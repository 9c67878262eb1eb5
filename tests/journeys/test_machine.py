"""The whole machine as a newcomer meets it: `pswallet demo` and `up`, started, used, stopped, started again."""

import fcntl
import io
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import termios
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import pytest
import segno

from pswallet.client import Client, Key
from pswallet.demo.cast import read_code
from pswallet.demo.people import identities
from pswallet.local import lock

PATIENCE_S = 240


def _as_in_a_shell(terminal: int | None) -> None:
    """Heed signals that a background job or `nohup` has us ignore, and let `terminal` control this session."""
    for kind in (signal.SIGINT, signal.SIGHUP):
        signal.signal(kind, signal.SIG_DFL)
    if terminal is not None:
        fcntl.ioctl(terminal, termios.TIOCSCTTY, 0)


class Running:
    """A `pswallet` command that runs, and what it has printed."""

    def __init__(self, command: list[str], state: Path, terminal: int | None = None) -> None:
        """Start it, its input on `terminal` if one is given: then closing the other end hangs up on it."""
        self.output = state.parent / f"{state.name}-{len(list(state.parent.glob('*.txt')))}.txt"
        environment = {**os.environ, "PSWALLET_STATE": str(state), "COLUMNS": "120"}
        with self.output.open("wb") as file:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "pswallet.cli", *command],
                stdout=file,
                stderr=subprocess.STDOUT,
                env=environment,
                start_new_session=True,
                stdin=terminal,
                preexec_fn=partial(_as_in_a_shell, terminal),
            )

    @property
    def text(self) -> str:
        return self.output.read_text(errors="replace")

    def wait_for(self, words: str) -> None:
        deadline = time.monotonic() + PATIENCE_S
        while words not in self.text:
            assert self.process.poll() is None, self.text
            assert time.monotonic() < deadline, self.text
            time.sleep(0.05)

    def interrupt(self) -> int:
        os.killpg(self.process.pid, signal.SIGINT)  # a terminal's Ctrl-C reaches the whole group
        return self.process.wait(60)

    def address(self, pattern: str) -> str:
        found = re.search(pattern, self.text)
        assert found, self.text
        return found[1]


@contextmanager
def running(*command: str, state: Path, terminal: int | None = None) -> Iterator[Running]:
    run = Running(list(command), state, terminal)
    try:
        yield run
    finally:
        if run.process.poll() is None:
            run.process.terminate()
            run.process.wait(60)


def left_behind(state: Path) -> list[str]:
    """Command lines of processes that still name the state folder."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            line = (folder / "cmdline").read_bytes() + (folder / "environ").read_bytes()
        except OSError:
            continue
        if str(state).encode() in line:
            found.append(line[:200].decode(errors="replace"))
    return found


def wait_until_nobody_is_left(state: Path) -> None:
    deadline = time.monotonic() + 30
    while left := left_behind(state):
        assert time.monotonic() < deadline, left
        time.sleep(0.02)


@pytest.fixture
def place(request: pytest.FixtureRequest) -> Path:
    """An empty folder below build/: pytest's own ones are closed to the user under whom root's PostgreSQL runs."""
    folder = Path(__file__).parents[2] / "build" / "test-machine" / request.node.name
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return folder


@pytest.fixture
def taken_ports() -> Iterator[None]:
    """Somebody else sits on the usual ports already, or we do."""
    with socket.socket() as one, socket.socket() as other:
        for probe, port in ((one, 8000), (other, 8545)):
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            probe.listen()
        yield


@pytest.mark.usefixtures("taken_ports")
def test_the_demo_ends_with_a_good_audit_leaves_nobody_behind_nor_any_name_and_plays_again(place: Path):
    state = place / "state"
    with running("demo", state=state) as demo:
        demo.wait_for("Ctrl-C ends it.")
        what_it_printed_can_be_pasted(demo.text)
        assert demo.interrupt() == 0, demo.text
    assert "1. People register" in demo.text
    assert "OK:" in demo.text
    the_districts_money_went_where_it_may(demo.text)
    assert left_behind(state) == []
    names_nobody(state)
    the_link_is_shown_whole_and_its_key_stays_there(demo.text, state)
    people = (state / "demo" / "people-keys.json").read_text()
    with running("demo", "--exit", "--keep", state=state) as again:
        assert again.process.wait(PATIENCE_S) == 0, again.text
    assert "1. People come back" in again.text
    the_districts_money_went_where_it_may(again.text)
    assert "is still frozen; the operator lets them go" in again.text
    assert "OK:" in again.text
    first, second = (int(found) for found in re.findall(r"OK: .*?([0-9,]+) red packets", demo.text + again.text))
    assert (first, second) == (5, 10)  # the second audit reads both stories
    assert (state / "demo" / "people-keys.json").read_text() == people
    assert (state / "demo" / "people-keys.json").stat().st_mode & 0o777 == 0o600
    names_nobody(state)


def the_districts_money_went_where_it_may(text: str) -> None:
    told = [
        "puts ¥100.00 into 5 vouchers for a day: ¥20 off from ¥30 on (满30减20)",
        "cannot spend it at 龙田书店, which is not on the list: merchant-not-allowed",
        "signs once: ¥18.80 of own money, ¥20.00 by voucher",
        "has ¥18.80 of own money back, the district the voucher's ¥20.00",
        "the other ¥80.00 went to the district alone",
    ]
    places = [text.find(words) for words in told]
    assert -1 not in places, text
    assert places == sorted(places)


def names_nobody(state: Path) -> None:
    held = b"".join(file.read_bytes() for file in state.rglob("*") if file.is_file())
    assert len(held) > 1_000_000  # the folder was read: tables, write-ahead log, chain and logs
    for person in identities():
        for secret in (person.name, person.phone.removeprefix("+86"), person.id_number, person.bank_card):
            assert secret.encode() not in held, f"{secret} is written somewhere in clear"


def what_it_printed_can_be_pasted(text: str) -> None:
    commands = re.findall(r"^ +\$ (.+)$", text, re.M)
    assert re.findall(r"operator ([\w-]+) 0x", "\n".join(commands)) == [
        "freeze", "unfreeze", "set-tier", "show-person",
    ]  # fmt: skip
    done = subprocess.run(["bash", "-c", commands[0]], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout[:27]) == (0, "freeze: done in transaction"), done.stderr
    verified = subprocess.run(["bash", "-c", commands[-1]], capture_output=True, text=True, check=False)
    assert (verified.returncode, verified.stdout[:18]) == (0, "the trail is whole"), verified.stderr


def the_link_is_shown_whole_and_its_key_stays_there(text: str, state: Path) -> None:
    (link,) = re.findall(r"^ +(http://[0-9.:]+/p/0x[0-9a-f]{64}#[0-9a-f]{64})$", text, re.M)
    drawn = io.StringIO()
    segno.make(link, error="l").terminal(drawn, border=2, compact=True)
    assert drawn.getvalue().strip() in text
    secret = link.partition("#")[2].encode()
    assert [file for file in state.rglob("*") if file.is_file() and secret in file.read_bytes()] == []


def test_ctrl_c_ends_the_demo_in_the_middle_of_the_story(place: Path):
    state = place / "state"
    with running("demo", state=state) as demo:
        demo.wait_for("1. People register")
        demo.interrupt()
    assert left_behind(state) == []


def test_a_second_machine_in_the_same_folder_is_refused_and_touches_nothing(place: Path):
    state = place / "state"
    held = lock.take(state / "demo")
    (state / "demo").mkdir()
    (state / "demo" / "precious").touch()
    with running("demo", state=state) as second:
        assert second.process.wait(PATIENCE_S) == 1
    assert second.text.splitlines() == [
        f"another pswallet is running in {state / 'demo'} (process {os.getpid()}); stop it, or set PSWALLET_STATE"
    ]
    assert [file.name for file in (state / "demo").iterdir()] == ["precious"]
    held.release()


def test_what_up_holds_survives_a_restart_even_after_the_clock_was_moved(place: Path):
    state, key, person = place / "state", Key.new(), identities()[0]
    with running("up", state=state) as up:
        up.wait_for("Ctrl-C ends it.")
        with Client(up.address(r"(http://[0-9.]+:[0-9]+)/docs"), key) as client:
            client.api.send_code({"phone": person.phone})
            account = client.register(person.phone, read_code(client, person.phone))
            client.api.move_time({"advance_s": 3 * 86_400})
        assert up.interrupt() == 0, up.text
    assert left_behind(state) == []
    with running("up", state=state) as again:
        again.wait_for("Ctrl-C ends it.")
        with Client(again.address(r"(http://[0-9.]+:[0-9]+)/docs"), key) as client:
            client.sign_in()
            assert client.api.show_own_account()["address"] == account["address"]
            assert client.chain().block_time > time.time() + 2 * 86_400
            client.api.report_entry({"address": key.address, "amount_fen": 5_000, "entry": "AFTER-RESTART"})
            deadline = time.monotonic() + 60
            while client.balance_fen() != 5_000:
                assert time.monotonic() < deadline
                time.sleep(0.05)
        again.interrupt()
    assert left_behind(state) == []


def test_neither_a_kill_nor_a_closed_terminal_leaves_anybody_behind(place: Path):
    state = place / "state"
    with running("up", state=state) as up:
        up.wait_for("Ctrl-C ends it.")
        assert any("postgres" in line for line in left_behind(state))
        up.process.kill()
        up.process.wait()
    wait_until_nobody_is_left(state)
    ours, theirs = os.openpty()
    with running("up", state=state, terminal=theirs) as again:
        os.close(theirs)
        again.wait_for("Ctrl-C ends it.")
        os.close(ours)
        assert again.process.wait(60) == 0, again.text
    assert "stopping …" in again.text
    assert left_behind(state) == []
