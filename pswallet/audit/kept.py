"""What grows with every event and must be known to the end, kept beside the memory."""

import sqlite3
from collections.abc import Iterator

_CACHE_KIB = 4_096


class Kept:
    """A set of byte strings in a nameless file of this process's own: whatever it holds, memory stays flat."""

    def __init__(self) -> None:
        self._rows = _rows("item BLOB PRIMARY KEY")
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


class Shelf:
    """Byte strings by byte strings, kept as `Kept` keeps its own."""

    def __init__(self) -> None:
        self._rows = _rows("name BLOB PRIMARY KEY, item BLOB")

    def put(self, name: bytes, item: bytes) -> None:
        """Keep an item by its name, in place of what was there."""
        self._rows.execute("INSERT OR REPLACE INTO kept VALUES (?, ?)", (name, item))

    def get(self, name: bytes) -> bytes | None:
        """Return an item, None if there is none of that name."""
        found = self._rows.execute("SELECT item FROM kept WHERE name = ?", (name,)).fetchone()
        return bytes(found[0]) if found else None

    def __contains__(self, name: bytes) -> bool:
        return self.get(name) is not None

    def __iter__(self) -> Iterator[tuple[bytes, bytes]]:
        return iter(self._rows.execute("SELECT name, item FROM kept"))


def _rows(columns: str) -> sqlite3.Connection:
    rows = sqlite3.connect("", isolation_level=None)
    rows.execute(f"PRAGMA cache_size = -{_CACHE_KIB}")
    rows.execute("PRAGMA journal_mode = OFF")
    rows.execute(f"CREATE TABLE kept ({columns}) WITHOUT ROWID")
    rows.execute("BEGIN")
    return rows
