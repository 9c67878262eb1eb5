"""A state folder belongs to one machine at a time, for as long as its process lives."""

import subprocess
import sys
import time
from pathlib import Path

import pytest

from pswallet.local import lock
from pswallet.local.lock import FolderTaken

HOLD = (
    "import sys, pathlib; from pswallet.local import lock; lock.take(pathlib.Path(sys.argv[1])); print(1, flush=True)"
)


def test_a_folder_that_is_held_cannot_be_taken_and_its_holder_is_named(tmp_path: Path):
    held = lock.take(tmp_path / "demo")
    with pytest.raises(FolderTaken, match=r"another pswallet is running in .*demo \(process \d+\); .*PSWALLET_STATE"):
        lock.take(tmp_path / "demo")
    held.release()
    lock.take(tmp_path / "demo").release()


def test_two_folders_are_held_side_by_side(tmp_path: Path):
    one, other = lock.take(tmp_path / "demo"), lock.take(tmp_path / "up")
    one.release()
    other.release()


def test_a_folder_is_the_same_by_another_path(tmp_path: Path):
    (tmp_path / "link").symlink_to(tmp_path)
    held = lock.take(tmp_path / "demo")
    with pytest.raises(FolderTaken):
        lock.take(tmp_path / "link" / "demo")
    held.release()


def test_whether_a_folder_is_held_can_be_asked_without_taking_it(tmp_path: Path):
    assert not lock.is_held(tmp_path / "demo")
    held = lock.take(tmp_path / "demo")
    assert lock.is_held(tmp_path / "demo")
    held.release()
    assert not lock.is_held(tmp_path / "demo")


def test_the_lock_dies_with_its_process_though_its_children_live(tmp_path: Path):
    program = f"{HOLD}; import subprocess; subprocess.run(['sleep', '60'])"
    with subprocess.Popen([sys.executable, "-c", program, str(tmp_path / "demo")], stdout=subprocess.PIPE) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"1\n"
        assert lock.is_held(tmp_path / "demo")
        sleeper = _sleeper_of(holder.pid)
        holder.kill()
        holder.wait()
    assert not lock.is_held(tmp_path / "demo")
    subprocess.run(["kill", str(sleeper)], check=True)


def _sleeper_of(pid: int) -> int:
    """The child that runs `sleep`: until it does, it is a copy of its parent and holds what the parent holds."""
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split():
            if Path(f"/proc/{child}/comm").read_text() == "sleep\n":
                return int(child)
    raise AssertionError("no child sleeps")
