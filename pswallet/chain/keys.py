"""Two key files: what the processes of the gateway hold, and the operators' own, which may stop, change and deploy too.

In the sandbox all keys are synthetic and worth nothing.
"""

import json
import os
import secrets
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Self

SANDBOX_RELAYERS = 2

OPERATORS = ("admin", "upgrader", "pauser", "unpauser")
"""Keys that no process of the gateway needs or may hold."""


@dataclass(frozen=True, kw_only=True)
class Keys:
    """Private keys and seeds, 32 bytes each. Those of `OPERATORS` are in the operators' file only."""

    relayers: list[bytes]
    minter: bytes
    compliance: bytes
    attestor: bytes
    reserve: bytes
    dealer: bytes
    dealer_seed: bytes
    vault_master: bytes
    admin: bytes | None = None
    upgrader: bytes | None = None
    pauser: bytes | None = None
    unpauser: bytes | None = None

    def senders(self) -> dict[str, bytes]:
        """Return every key here that sends transactions, by what it is: each needs gas money."""
        relayers = {f"relayer {place}": key for place, key in enumerate(self.relayers, 1)}
        roles = {name: getattr(self, name) for name in ("minter", "compliance", "reserve", *OPERATORS)}
        return relayers | {name: key for name, key in roles.items() if key is not None and name != "upgrader"}

    def of_gateway(self) -> Self:
        """Return the keys that the gateway's processes may hold."""
        return replace(self, admin=None, upgrader=None, pauser=None, unpauser=None)

    @classmethod
    def load(cls, path: Path) -> Self:
        """Read the key file. Raises PermissionError when others may read it, TypeError for a missing key."""
        if path.stat().st_mode & 0o077:
            raise PermissionError(f"{path} is open to others: chmod 600 {path}")
        found: dict[str, Any] = json.loads(path.read_text())
        relayers = [bytes.fromhex(key) for key in found.pop("relayers")]
        return cls(relayers=relayers, **{name: bytes.fromhex(key) for name, key in found.items() if key})

    @classmethod
    def generate(cls, path: Path) -> Self:
        """Make synthetic keys for a sandbox and write them to `path` (mode 600). Raises FileExistsError."""
        names = [name for name in cls.__dataclass_fields__ if name != "relayers"]
        keys = cls(
            relayers=[secrets.token_bytes(32) for _ in range(SANDBOX_RELAYERS)],
            **{name: secrets.token_bytes(32) for name in names},
        )
        keys.save(path)
        return keys

    def save(self, path: Path) -> None:
        """Write the key file (mode 600). Raises FileExistsError: a key file is never overwritten."""
        written: dict[str, Any] = {"relayers": [key.hex() for key in self.relayers]}
        for name in self.__dataclass_fields__:
            key = getattr(self, name)
            if name != "relayers" and key is not None:
                written[name] = key.hex()
        path.parent.mkdir(parents=True, exist_ok=True)
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "w") as file:
            json.dump(written, file, indent=2)
            file.write("\n")
