"""Everything on one machine: PostgreSQL, a chain, the contracts and the four processes of the gateway."""

import os
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

import httpx

from pswallet.chain import deploy as contracts
from pswallet.chain.keys import Keys
from pswallet.chain.rpc import Rpc
from pswallet.local import anvil, ports, postgres, processes
from pswallet.settings import Settings

PROCESSES = ("indexer", "relayer", "worker", "api")
"""The gateway's processes, in the order in which they start."""

MEASURED = ("relayer", "indexer", "worker")
"""Those of them whose figures have a port of their own."""

_MEMORY = {"MALLOC_ARENA_MAX": "2", "MALLOC_MMAP_THRESHOLD_": "131072"}
"""Of glibc: a block's logs are large pieces that come and go; from the heap they would leave holes behind."""

_FIRST_METRICS_PORT = 9101
_PORT_TAKEN = "address already in use"


class StackFailed(RuntimeError):
    """A part did not come up; the message holds its last words."""


@dataclass
class Stack:
    """The running parts and where to find them. Made by `start`, ended by `stop`."""

    settings: Settings
    folder: Path
    database_url: str = ""
    rpc_url: str = ""
    url: str = ""
    children: dict[str, processes.Child] = field(default_factory=dict)
    chain_time: int | None = None
    """Where the clock of a chain starts that is not kept (Unix seconds); None: now, and it is saved each second."""
    metrics_ports: dict[str, int] = field(default_factory=dict)
    """Where the figures of the processes that serve nothing else are; the gateway's are with its other routes."""

    @property
    def keys_file(self) -> Path:
        """Where the keys of the gateway's processes lie."""
        return self.folder / "keys.json"

    @property
    def operator_keys_file(self) -> Path:
        """Where the operators' keys lie, which no process of the gateway reads."""
        return self.folder / "operator-keys.json"

    @property
    def deployment_file(self) -> Path:
        """Where the contracts' addresses lie."""
        return self.folder / "deployment.json"

    @property
    def public_url(self) -> str:
        """The gateway's name for people: the one that was set, else where it listens."""
        return self.settings.public_url if "public_url" in self.settings.model_fields_set else self.url

    def start(self, *, migrate: Callable[[str], None], tell: Callable[[str], None]) -> None:
        """Bring up every part; `tell` hears of each before it starts. Raises StackFailed; call `stop` in any case."""
        self.folder.mkdir(parents=True, exist_ok=True)
        tell("PostgreSQL")
        self._start_database()
        tell("chain")
        self._start_chain()
        tell("contracts")
        contracts.deploy(self.rpc_url, self._keys(), self.deployment_file)
        tell("tables")
        migrate(self.database_url)
        self._choose_port()
        self._choose_metrics_ports()
        for name in PROCESSES:
            tell(name)
            self.start_process(name)
        self._wait_until_ready()

    def stop(self) -> None:
        """End every part that we started, the youngest first."""
        for child in reversed(self.children.values()):
            child.stop()

    def start_process(self, name: str) -> None:
        """Start one of `PROCESSES` (again)."""
        command = [sys.executable, "-m", "pswallet.cli", name]
        log = self.folder / "logs" / f"{name}.log"
        environment = {**self.environment(), "PSWALLET_METRICS_PORT": str(self.metrics_ports.get(name, 0))}
        self.children[name] = processes.start(name, command, log=log, environment=environment)

    def environment(self) -> dict[str, str]:
        """Return the environment in which the gateway's processes run."""
        ours = {
            "PSWALLET_MODE": self.settings.mode,
            "PSWALLET_STATE": str(self.folder),
            "PSWALLET_DATABASE_URL": self.database_url,
            "PSWALLET_RPC_URL": self.rpc_url,
            "PSWALLET_KEYS_FILE": str(self.keys_file),
            "PSWALLET_DEPLOYMENT_FILE": str(self.deployment_file),
            "PSWALLET_API_PORT": self.url.rsplit(":", 1)[-1],
            "PSWALLET_PUBLIC_URL": self.public_url,
        }
        return {**_MEMORY, **os.environ, **ours}

    def restart_fallen(self) -> list[str]:
        """Start each process of the gateway that has ended by itself; return their names.

        Raises StackFailed when the chain or the database itself has ended.
        """
        for name in ("anvil", "postgres"):
            if name in self.children and not self.children[name].running:
                raise StackFailed(f"{name} has ended; its last words:\n{self.children[name].tail()}")
        fallen = [name for name in PROCESSES if name in self.children and not self.children[name].running]
        for name in fallen:
            self.start_process(name)
        return fallen

    def _keys(self) -> Keys:
        """Return the operators' keys, synthetic; the gateway's file holds what is the gateway's."""
        owner = self.operator_keys_file
        keys = Keys.load(owner) if owner.exists() else Keys.generate(owner)
        if keys.retention is None:  # a file from before people could be erased
            keys = keys.with_retention()
            keys.save_over(owner)
        if not self.keys_file.exists():
            keys.of_gateway().save(self.keys_file)
        held = Keys.load(self.keys_file)
        if held.retention_public is None:
            replace(held, retention_public=keys.retention_public).save_over(self.keys_file)
        return keys

    def _start_database(self) -> None:
        self.database_url = self.settings.database_url
        if not self.database_url:
            server = postgres.start(self.folder / "postgres", log=self.folder / "logs" / "postgres.log")
            self.children["postgres"] = server.child
            self.database_url = server.url()

    def _start_chain(self) -> None:
        self.rpc_url = self.settings.rpc_url
        if self.rpc_url:
            return
        state = (self.folder / "anvil.json").resolve()
        self.children["anvil"], self.rpc_url = anvil.start(
            port=ports.free_port(self.settings.anvil_port),
            log=self.folder / "logs" / "anvil.log",
            state=state if self.chain_time is None else None,
            block_time_s=self.settings.block_time_s,
            timestamp=self.chain_time,
            arguments=() if self.chain_time is None else anvil.HEAD_ONLY,
        )
        _never_go_back_in_time(self.rpc_url)

    def _choose_port(self) -> None:
        port = ports.free_port(self.settings.api_port, host=self.settings.api_host)
        self.url = f"http://{self.settings.api_host}:{port}"

    def _choose_metrics_ports(self) -> None:
        first = self.settings.metrics_port or _FIRST_METRICS_PORT
        found = ports.free_ports(first, len(MEASURED), host=self.settings.metrics_host)
        self.metrics_ports = dict(zip(MEASURED, found, strict=True))

    def _wait_until_ready(self, *, patience_s: float = 180.0) -> None:
        deadline = time.monotonic() + patience_s
        while time.monotonic() < deadline:
            if not self.children["api"].running and _PORT_TAKEN in self.children["api"].tail():
                self._choose_port()  # another machine's gateway was faster
                self.start_process("api")
            for name in PROCESSES:
                if not self.children[name].running:
                    raise StackFailed(f"{name} has ended; its last words:\n{self.children[name].tail()}")
            if self._is_ready():
                return
            time.sleep(0.05)
        words = "\n".join(f"--- {name}\n{self.children[name].tail(8)}" for name in PROCESSES)
        raise StackFailed(f"the gateway did not become ready within {patience_s:.0f} s:\n{words}")

    def _is_ready(self) -> bool:
        """Whether a gateway answers that is ready and ours: one that started beside us may have taken the port."""
        try:
            if httpx.get(f"{self.url}/readyz", timeout=2).status_code != httpx.codes.OK:
                return False
            served = httpx.get(f"{self.url}/v1/chain", timeout=2).json()["contracts"]["escrow"]
        except (httpx.TransportError, ValueError, KeyError):
            return False  # not listening yet, or somebody else's server
        return bool(served == contracts.Deployment.load(self.deployment_file).escrow)


def _never_go_back_in_time(rpc_url: str) -> None:
    """Set a restarted chain's clock past its head: after the sandbox moved time, the wall clock lies behind it."""
    with Rpc(rpc_url) as rpc:
        head = int(rpc.call("eth_getBlockByNumber", ["latest", False])["timestamp"], 16)
        if head >= int(time.time()):
            rpc.call("evm_setTime", [head + 1])
