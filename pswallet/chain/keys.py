"""Two key files: what the processes of the gateway hold, and the operators' own, which may stop, change and deploy too.

In the sandbox all keys are synthetic and worth nothing.
"""

import json
import os
import secrets
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Self

from pswallet.kit import lockbox
from pswallet.kit.vault import Subkeys, Vault

SANDBOX_RELAYERS = 2

OPERATORS = ("admin", "upgrader", "pauser", "unpauser", "retention")
"""Keys that no process of the gateway needs or may hold."""

_LATER = ("relayers", "retention_public", "old_vault_master", "vault_records", "vault_index", "vault_fingerprint")
"""What is not simply 32 secret bytes of a new file."""


@dataclass(frozen=True, kw_only=True)
class Keys:
    """Private keys and seeds, 32 bytes each. Those of `OPERATORS` are in the operators' file only."""

    relayers: list[bytes]
    minter: bytes
    compliance: bytes
    attestor: bytes
    reserve: bytes
    anchorer: bytes
    sponsor: bytes
    """Signs what budgets pay of orders, for funders who named it (Sponsorship), and the campaigns' lists of winners."""
    dealer: bytes
    dealer_seed: bytes
    vault_master: bytes
    old_vault_master: bytes | None = None
    """While a new master key takes over: the one that still opens what it wrapped."""
    vault_records: bytes | None = None
    vault_index: bytes | None = None
    vault_fingerprint: bytes | None = None
    """Derived from the first master key, and kept here once another took over."""
    retention_public: bytes | None = None
    """Seals what the law keeps of people who left; `retention` opens it."""
    retention: bytes | None = None
    admin: bytes | None = None
    upgrader: bytes | None = None
    pauser: bytes | None = None
    unpauser: bytes | None = None

    def senders(self) -> dict[str, bytes]:
        """Return every key here that sends transactions, by what it is: each needs gas money."""
        relayers = {f"relayer {place}": key for place, key in enumerate(self.relayers, 1)}
        acting = ("minter", "compliance", "reserve", "anchorer", "admin", "pauser", "unpauser")
        roles = {name: getattr(self, name) for name in acting}
        return relayers | {name: key for name, key in roles.items() if key is not None}

    def of_gateway(self) -> Self:
        """Return the keys that the gateway's processes may hold."""
        return replace(self, admin=None, upgrader=None, pauser=None, unpauser=None, retention=None)

    def masters(self) -> list[bytes]:
        """Return the vault's master keys, the one in force first."""
        return [key for key in (self.vault_master, self.old_vault_master) if key is not None]

    def subkeys(self) -> Subkeys:
        """Return the vault's other keys: the file's own, else those of its master key."""
        records, index, fingerprint = self.vault_records, self.vault_index, self.vault_fingerprint
        if records is None or index is None or fingerprint is None:
            return Subkeys.of(self.vault_master)
        return Subkeys(records, index, fingerprint)

    def with_retention(self) -> Self:
        """Return the keys with a new pair that locks away what the law keeps: for files older than erasures."""
        private = lockbox.new_private_key()
        return replace(self, retention=private, retention_public=lockbox.public_key(private))

    def without_old_master(self) -> Self:
        """Return the keys with the master key in force alone."""
        return replace(self, old_vault_master=None)

    def with_new_master(self, master: bytes) -> Self:
        """Return the keys with another master key in force; the one before it becomes `old_vault_master`."""
        own = self.subkeys()
        return replace(
            self,
            vault_master=master,
            old_vault_master=self.vault_master,
            vault_records=own.records,
            vault_index=own.index,
            vault_fingerprint=own.fingerprint,
        )

    @classmethod
    def load(cls, path: Path) -> Self:
        """Read the key file. Raises PermissionError when others may read it, TypeError for a missing key."""
        if path.stat().st_mode & 0o077:
            raise PermissionError(f"{path} is open to others: chmod 600 {path}")
        found: dict[str, Any] = json.loads(path.read_text())
        relayers = [bytes.fromhex(key) for key in found.pop("relayers")]
        return cls(relayers=relayers, **{name: bytes.fromhex(key) for name, key in found.items() if key})

    @classmethod
    def made(cls, relayers: int, secret: Callable[[str], bytes]) -> Self:
        """Make keys out of `secret`, which gives 32 bytes for each name."""
        names = [name for name in cls.__dataclass_fields__ if name not in _LATER]
        own = {name: secret(name) for name in names}
        own["retention_public"] = lockbox.public_key(own["retention"])
        return cls(relayers=[secret(f"relayer {place}") for place in range(relayers)], **own)

    @classmethod
    def generate(cls, path: Path) -> Self:
        """Make synthetic keys for a sandbox and write them to `path` (mode 600). Raises FileExistsError."""
        keys = cls.made(SANDBOX_RELAYERS, lambda _: secrets.token_bytes(32))
        keys.save(path)
        return keys

    def save(self, path: Path) -> None:
        """Write the key file (mode 600). Raises FileExistsError: another's key file is never overwritten."""
        path.parent.mkdir(parents=True, exist_ok=True)
        self._write(path, os.O_EXCL)

    def save_over(self, path: Path) -> None:
        """Put these keys in the place of the key file at `path`: whoever reads it finds the old ones or these.

        On the disk when it returns: what is wrapped by a new master key must never outlive it.
        """
        beside = path.with_name(f"{path.name}.new")
        self._write(beside, os.O_TRUNC)
        beside.replace(path)
        folder = os.open(path.parent, os.O_RDONLY)
        os.fsync(folder)
        os.close(folder)

    def _write(self, path: Path, how: int) -> None:
        written: dict[str, Any] = {"relayers": [key.hex() for key in self.relayers]}
        for name in self.__dataclass_fields__:
            key = getattr(self, name)
            if name != "relayers" and key is not None:
                written[name] = key.hex()
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | how, 0o600)
        with os.fdopen(handle, "w") as file:
            json.dump(written, file, indent=2)
            file.write("\n")
            file.flush()
            os.fsync(handle)


def open_vault(path: Path) -> Vault:
    """Return the vault of the key file at `path`, which it reads again when the master key has changed.

    Raises what `Keys.load` raises.
    """
    keys = Keys.load(path)
    return Vault(keys.vault_master, keys.subkeys(), others=lambda: Keys.load(path).masters())
