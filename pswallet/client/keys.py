"""A person's signing key: in memory, and in a keystore file (Web3 Secret Storage, version 3, scrypt)."""

import itertools
import json
import os
import secrets
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

from pswallet.chain import signing
from pswallet.chain.hashing import keccak
from pswallet.client.errors import KeystoreUnreadable

SCRYPT_N = 2**18
"""The work of a password: 256 MiB and about a second a try."""

MISSING = "there is no such file"
FOREIGN = "it is no keystore file"
EXPOSED = "others can read it; chmod 600 it"
PASSWORD = "another password, or a damaged file"  # noqa: S105 - no password


def read_private(path: Path) -> str:
    """Return what stands in a file that nobody else can read. Raises KeystoreUnreadable."""
    try:
        exposed, text = path.stat().st_mode & 0o077, path.read_text()
    except FileNotFoundError as missing:
        raise KeystoreUnreadable(path, MISSING) from missing
    except (OSError, UnicodeDecodeError) as error:
        raise KeystoreUnreadable(path, FOREIGN) from error
    if exposed:
        raise KeystoreUnreadable(path, EXPOSED)
    return text


@dataclass(frozen=True)
class Key:
    """A person's signing key: 32 bytes that never leave this process."""

    secret: bytes = field(repr=False)
    address: str
    _nonces: "_Nonces" = field(default_factory=lambda: _Nonces(), repr=False, compare=False)

    @classmethod
    def new(cls) -> Self:
        """Make a random key."""
        return cls.of(secrets.token_bytes(32))

    @classmethod
    def of(cls, secret: bytes) -> Self:
        """Take a key of 32 bytes."""
        return cls(secret, signing.address_of(secret))

    @classmethod
    def load(cls, path: Path, password: str) -> Self:
        """Open a keystore file. Raises KeystoreUnreadable, also for a file that others can read."""
        from eth_account import Account  # here: it takes half a second, and most clients hold their key otherwise

        text = read_private(path)
        try:
            return cls.of(bytes(Account.decrypt(text, password)))
        # What eth-account raises for JSON that is no keystore, for a cipher it does not know, for a wrong password.
        except (ValueError, LookupError, TypeError, AttributeError, NotImplementedError) as error:
            raise KeystoreUnreadable(path, PASSWORD if "MAC" in str(error) else FOREIGN) from error

    def fresh_nonce(self) -> bytes:
        """Return 32 bytes that were no nonce before: a random word, and a count in its last byte.

        The token keeps 256 such nonces in one storage slot: all payments but a word's first cost 17,100 gas less.
        """
        return self._nonces.fresh()

    def save(self, path: Path, password: str, *, work: int = SCRYPT_N) -> None:
        """Write a new keystore file, mode 600. Raises FileExistsError: a key is never written over."""
        from eth_account import Account

        sealed = Account.encrypt(self.secret, password, kdf="scrypt", iterations=work)
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            json.dump({**sealed, "address": self.address[2:].lower()}, file)


class _Nonces:
    """What a key has counted; a copy, in this process or a forked one, counts words of its own."""

    def __init__(self) -> None:
        self._seed = secrets.token_bytes(32)
        self._counted = itertools.count()

    def __reduce__(self) -> tuple[type[Self], tuple[()]]:
        return type(self), ()

    def fresh(self) -> bytes:
        word, place = divmod(next(self._counted), 256)
        return keccak(self._seed + os.getpid().to_bytes(8) + word.to_bytes(8))[:31] + bytes((place,))
