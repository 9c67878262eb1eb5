"""What grows with every event and must be known to the end, kept beside the memory."""

import sqlite3
from collections.abc import Iterator

_CACHE_KIB = 4_096


class Kept:
    """A set of byte strings in a nameless file of this process's own: whatever it holds, memory stays flat."""

    def __init__(self) -> None:
        self._rows = sqlite3.connect("", isolation_level=None)
        self._rows.execute(f"PRAGMA cache_size = -{_CACHE_KIB}")
        self._rows.execute("PRAGMA journal_mode = OFF")
        self._rows.execute("CREATE TABLE kept (item BLOB PRIMARY KEY) WITHOUT ROWID")
        self._rows.execute("BEGIN")
        self._count = 0

    def add(self, item: bytes) -> bool:
        """Add an item; return whether it is new."""
        added = self._rows.execute("INSERT OR IGNORE INTO kept VALUES (?)", (item,)).rowcount == 1
        self._count += added
        return added

    def __contains__(self, item: bytes) -> bool:
        return self._rows.execute("SELECT 1 FROM kept WHERE item = ?", (item,)).fetchone() is not None

    def __iter__(self) -> Iterator[bytes]:
        return (item for (item,) in self._rows.execute("SELECT item FROM kept"))

    def __len__(self) -> int:
        return self._count
