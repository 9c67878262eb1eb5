"""SIGTERM and SIGHUP end a machine as Ctrl-C does; a second one does not stop its stopping."""

import subprocess
import sys

import pytest

_PROGRAM = """
import os, signal
signal.signal(signal.SIGHUP, signal.{before})
from pswallet.cli import _stop_on_signals
_stop_on_signals()
try:
    os.kill(os.getpid(), signal.{first})
    print("goes on")
except KeyboardInterrupt:
    os.kill(os.getpid(), signal.SIGHUP)
    os.kill(os.getpid(), signal.SIGTERM)
    print("stopped in order")
"""


@pytest.mark.parametrize(
    ("first", "before", "said"),
    [
        ("SIGTERM", "SIG_DFL", "stopped in order"),
        ("SIGHUP", "SIG_DFL", "stopped in order"),
        ("SIGTERM", "SIG_IGN", "stopped in order"),
        ("SIGHUP", "SIG_IGN", "goes on"),  # nohup
    ],
)
def test_a_signal_stops_in_order_unless_it_was_to_be_ignored(first: str, before: str, said: str):
    program = _PROGRAM.format(first=first, before=before)
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout.strip()) == (0, said), done.stderr
