"""The keys that the gateway's processes hold. In the sandbox they are synthetic and worth nothing."""

import json
import os
import secrets
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from pswallet.chain.signing import address_of

SANDBOX_RELAYERS = 2


@dataclass(frozen=True, kw_only=True)
class Keys:
    """Private keys and seeds, 32 bytes each. `admin` and `upgrader` are there in the sandbox only: in production their
    keys are never on the gateway."""

    relayers: list[bytes]
    minter: bytes
    compliance: bytes
    attestor: bytes
    reserve: bytes
    pauser: bytes
    unpauser: bytes
    dealer: bytes
    dealer_seed: bytes
    vault_master: bytes
    admin: bytes | None = None
    upgrader: bytes | None = None

    def senders(self) -> list[bytes]:
        """Return every key that sends transactions, the deployer's too if it is here."""
        roles = [self.minter, self.compliance, self.reserve, self.pauser, self.unpauser]
        return [*self.relayers, *roles, *([self.admin] if self.admin else [])]

    def addresses(self) -> dict[str, str | list[str]]:
        """Return the public side, by name: what an operator may see."""
        named = ("minter", "compliance", "attestor", "reserve", "pauser", "unpauser", "dealer")
        return {
            "relayers": [address_of(key) for key in self.relayers],
            **{name: address_of(getattr(self, name)) for name in named},
        }

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
