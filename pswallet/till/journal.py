"""A till's journal: one line an act, on the disk before what it tells of is asked for. A killed till loses nothing.

One till writes it at a time. What is in it is the shop's: numbers, amounts and addresses, no names, no keys.
"""

import os
from enum import StrEnum
from pathlib import Path
from typing import Any, NamedTuple

import orjson

from pswallet.local import lock


class Act(StrEnum):
    """What happened. Those in -ing stand before the request, the others after its answer."""

    OPENED = "opened"
    ASKING = "asking"
    ASKED = "asked"
    TAKING = "taking"
    TAKEN = "taken"
    PAID = "paid"
    VOIDING = "voiding"
    VOIDED = "voided"
    REFUNDING = "refunding"
    REFUNDED = "refunded"
    REFUSED = "refused"
    CLOSED = "closed"


class Entry(NamedTuple):
    """An act, the number of the sale that it is about (empty for the shift's own), and what was said."""

    act: Act
    reference: str
    body: dict[str, Any]


class Journal:
    """The file of one till, held by one process. `entries` is all that stands in it."""

    def __init__(self, path: Path) -> None:
        """Open or begin the file. Raises lock.FolderTaken when another process holds its folder."""
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._held = lock.take(path.parent)
        self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
        folder = os.open(path.parent, os.O_RDONLY)
        os.fsync(folder)  # the file's own name, too
        os.close(folder)
        self.entries = self._read(path.read_bytes())

    def _read(self, written: bytes) -> list[Entry]:
        whole, _, torn = written.rpartition(b"\n")
        if torn:  # the power went in the middle of a line: what it tells of was not asked for yet
            os.ftruncate(self._file, len(written) - len(torn))
        found = [orjson.loads(line) for line in whole.splitlines()]
        return [Entry(Act(one["act"]), one["reference"], one["body"]) for one in found]

    def write(self, act: Act, reference: str = "", **body: Any) -> Entry:
        """Write an act; it is on the disk when this returns."""
        entry = Entry(act, reference, body)
        line, before = orjson.dumps(entry._asdict()) + b"\n", os.fstat(self._file).st_size
        if os.write(self._file, line) != len(line):
            os.ftruncate(self._file, before)
            raise OSError("the disk is full: nothing was asked for")
        os.fsync(self._file)
        self.entries.append(entry)
        return entry

    def close(self) -> None:
        """Let the file go. Closing twice does nothing."""
        if self._file >= 0:
            os.close(self._file)
            self._file = -1
        self._held.release()
