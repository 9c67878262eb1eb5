"""The lock on a state folder: one machine a folder, however many folders. It dies with the process that holds it."""

import fcntl
import os
import time
from pathlib import Path

_TRIES = 5
_PAUSE_S = 0.02


class FolderTaken(RuntimeError):
    """Another pswallet runs in the folder; the message says which process and what to do."""


class FolderLock:
    """An exclusive lock that is held from `take` on until `release`, or until the process ends in whatever way."""

    def __init__(self, handle: int) -> None:
        self._handle = handle

    def release(self) -> None:
        """Let another machine have the folder. Releasing twice does nothing."""
        if self._handle >= 0:
            os.close(self._handle)
            self._handle = -1


def take(folder: Path) -> FolderLock:
    """Lock `folder`, whether it exists or not. Raises FolderTaken when somebody holds it."""
    place = _place(folder)
    place.parent.mkdir(parents=True, exist_ok=True)
    handle = os.open(place, os.O_RDWR | os.O_CREAT, 0o600)  # closed in every program that we start (PEP 446)
    if not _taken(handle):
        holder = os.pread(handle, 20, 0).decode(errors="replace").strip()
        os.close(handle)
        process = f" (process {holder})" if holder else ""
        raise FolderTaken(f"another pswallet is running in {folder}{process}; stop it, or set PSWALLET_STATE")
    os.ftruncate(handle, 0)
    os.pwrite(handle, f"{os.getpid()}\n".encode(), 0)
    return FolderLock(handle)


def is_held(folder: Path) -> bool:
    """Whether a machine is running in `folder` now."""
    try:
        handle = os.open(_place(folder), os.O_RDONLY)
    except FileNotFoundError:
        return False
    try:
        fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(handle)
    return False


def _place(folder: Path) -> Path:
    """Return the lock's file: beside the folder, which `demo` empties; the same by whatever path one comes."""
    whole = folder.resolve()
    return whole.with_name(f"{whole.name}.lock")


def _taken(handle: int) -> bool:
    for left in reversed(range(_TRIES)):
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if left:
                time.sleep(_PAUSE_S)  # `is_held` looks by holding it for a moment
        else:
            return True
    return False
