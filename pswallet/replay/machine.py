"""The machine of a replay: everything on one, its chain's clock in the past, and what it costs."""

import gzip
import os
import shutil
import signal
import statistics
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import orjson
from sqlalchemy import text

from pswallet import tables
from pswallet.chain.deploy import Deployment
from pswallet.chain.keys import Keys
from pswallet.chain.rpc import Rpc
from pswallet.client import Client
from pswallet.kit.db import engine_for, sessions_of
from pswallet.local import lock
from pswallet.local.stack import PROCESSES, Stack
from pswallet.settings import Settings

_PATIENCE_S = 600.0
_LOOK_EVERY_S = 0.25


class ReplayStuck(RuntimeError):
    """Something did not come to the chain or to the rows in time; the message says what and how far it was."""


class Machine:
    """A running gateway on a fresh chain whose clock starts at `chain_time`. Use as a context manager."""

    def __init__(self, folder: Path, *, chain_time: int, tell: Callable[[str], None]) -> None:
        self._lock = lock.take(folder)
        self._tell = tell
        shutil.rmtree(folder, ignore_errors=True)
        self.stack = Stack(Settings(block_time_s=0), folder, chain_time=chain_time)

    def __enter__(self) -> "Machine":
        """Start it."""
        try:
            self.stack.start(migrate=tables.migrate, tell=self._tell)
        except BaseException:
            self._stop()
            raise
        self.engine = engine_for(self.stack.database_url)
        self.sessions = sessions_of(self.engine)
        self.rpc = Rpc(self.stack.rpc_url, timeout_s=300.0)
        self.deployment = Deployment.load(self.stack.deployment_file)
        self.keys = Keys.load(self.stack.operator_keys_file)
        self.city = Client(self.stack.url)
        return self

    def __exit__(self, *_: object) -> None:
        """Stop it."""
        self.city.http.close()
        self.rpc.close()
        self.engine.dispose()
        self._stop()

    def _stop(self) -> None:
        self.stack.stop()
        self._lock.release()

    @property
    def address(self) -> tuple[str, int]:
        """Where the gateway listens: host and port."""
        host, port = self.stack.url.split("://", 1)[1].rsplit(":", 1)
        return host, int(port)

    # --- waiting and time ---

    def scalar(self, query: str, **values: object) -> int:
        """Return the one number that `query` selects."""
        with self.engine.connect() as connection:
            return int(connection.execute(text(query), values).scalar_one())

    def wait(
        self, query: str, wanted: int, *, heard: Callable[[int], None] = lambda _: None, **values: object
    ) -> float:
        """Wait until `query` selects `wanted` at least, and say how far it is; return the moment [monotonic s].

        Raises ReplayStuck when nothing moves for ten minutes.
        """
        last, moved = -1, time.monotonic()
        while (now := self.scalar(query, **values)) < wanted:
            if now != last:
                last, moved = now, time.monotonic()
                heard(now)
            elif time.monotonic() - moved > _PATIENCE_S:
                raise ReplayStuck(f"{query}: {now} of {wanted}, and nothing moves for {_PATIENCE_S:.0f} s")
            time.sleep(_LOOK_EVERY_S)
        heard(wanted)
        return time.monotonic()

    def chain_time(self) -> int:
        """Return the last block's time [Unix s]."""
        return int(self.rpc.call("eth_getBlockByNumber", ["latest", False])["timestamp"], 16)

    def move_clock(self, moment: int) -> None:
        """Move the chain's clock forward to `moment`, and wait until the gateway has seen it; never back."""
        ahead = moment - self.chain_time()
        if ahead > 0:
            self.city.api.move_time({"advance_s": ahead})
        self.wait("SELECT coalesce(max(extract(epoch FROM time)), 0)::bigint FROM chain_blocks", moment)

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Hold the gateway's processes still (SIGSTOP) for a block: the chain has the cores to itself."""
        children = [self.stack.children[name] for name in PROCESSES]
        for child in children:
            child.process.send_signal(signal.SIGSTOP)
        try:
            yield
        finally:
            for child in children:
                child.process.send_signal(signal.SIGCONT)

    # --- what it costs ---

    def block_ms(self, times: int = 7) -> float:
        """Return what an empty block costs Anvil now (median of `times`) [ms]."""
        took = []
        for _ in range(times):
            began = time.monotonic()
            self.rpc.call("evm_mine")
            took.append((time.monotonic() - began) * 1000)
        return statistics.median(took)

    def slots(self) -> int:
        """Count the storage slots of the whole state, which set Anvil's cost of a block."""
        dump = gzip.decompress(bytes.fromhex(self.rpc.call("anvil_dumpState")[2:]))
        return sum(len(one.get("storage") or {}) for one in orjson.loads(dump)["accounts"].values())

    def peaks_mb(self) -> dict[str, float]:
        """Return the most memory that each process had (VmHWM) [MB of 1,048,576 bytes]; PostgreSQL: its largest one."""
        found = {name: _peak_mb(child.process.pid) for name, child in self.stack.children.items()}
        if "postgres" in found:
            found["postgres"] = max(
                [found["postgres"], *map(_peak_mb, _children(self.stack.children["postgres"].process.pid))]
            )
        return found | {"replay": _peak_mb(os.getpid())}


def _peak_mb(pid: int) -> float:
    try:
        status = Path(f"/proc/{pid}/status").read_text()
    except FileNotFoundError:
        return 0.0  # it has ended meanwhile
    return int(status.split("VmHWM:")[1].split()[0]) / 1024 if "VmHWM:" in status else 0.0


def _children(pid: int) -> list[int]:
    return [
        int(child) for task in Path(f"/proc/{pid}/task").iterdir() for child in (task / "children").read_text().split()
    ]
