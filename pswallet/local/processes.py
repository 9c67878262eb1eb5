"""Child processes that never outlive us."""

import ctypes
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import IO

_PR_SET_PDEATHSIG = 1

# Found before any fork: the dynamic loader's lock, held by another thread at that moment, would never be freed.
_prctl = ctypes.CDLL(None).prctl if sys.platform == "linux" else None


def die_with_parent(orphaned: signal.Signals = signal.SIGKILL) -> None:
    """Ask Linux to send this process `orphaned` when its parent dies, however that happens.

    Runs in the child, after it has become another user (which would undo it) and before exec.
    """
    if _prctl is not None:
        _prctl(_PR_SET_PDEATHSIG, orphaned)


@dataclass
class Child:
    """A running child process, the file that holds what it writes, and the signal on which it ends in order."""

    name: str
    process: subprocess.Popen[bytes]
    log: Path
    ending: signal.Signals = signal.SIGTERM

    @property
    def running(self) -> bool:
        """Whether it has not ended yet."""
        return self.process.poll() is None

    def stop(self, *, patience_s: float = 5.0) -> None:
        """End it: its own signal, and SIGKILL when it has not ended after `patience_s` seconds."""
        if self.running:
            self.process.send_signal(self.ending)
            try:
                self.process.wait(patience_s)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()

    def kill(self) -> None:
        """End it at once, as a power cut would (SIGKILL)."""
        self.process.kill()
        self.process.wait()

    def tail(self, lines: int = 20) -> str:
        """Return the last lines that it wrote."""
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-lines:])


def start(
    name: str,
    command: Sequence[str],
    *,
    log: Path,
    environment: Mapping[str, str],
    user: str | None = None,
    ending: signal.Signals = signal.SIGTERM,
    orphaned: signal.Signals = signal.SIGKILL,
) -> Child:
    """Start `command`, its output appended to `log`; it ends in order on `ending`, and on `orphaned` when we die.

    It runs in a session of its own, so that a terminal's Ctrl-C reaches us alone.
    """
    log.parent.mkdir(parents=True, exist_ok=True)
    output: IO[bytes]
    with log.open("ab") as output:
        process = subprocess.Popen(  # noqa: S603 - our own commands
            command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            env=dict(environment),
            user=user,
            start_new_session=True,
            preexec_fn=partial(die_with_parent, orphaned),
        )
    return Child(name, process, log, ending)
