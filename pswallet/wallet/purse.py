"""What a wallet keeps in its folder (mode 700): the keystore, the session, and which contracts the key signs for."""

import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from pswallet.client import Chain, Key
from pswallet.wallet.screen import Stopped

SHORTEST_PASSWORD = 8


@dataclass(frozen=True)
class Session:
    """A session at a gateway, and the chain that it served when the key first signed in there."""

    gateway: str
    token: str
    chain: Chain


@dataclass(frozen=True)
class Purse:
    """The folder of one key."""

    folder: Path

    @property
    def keystore(self) -> Path:
        """The keystore file."""
        return self.folder / "key.json"

    @property
    def session_file(self) -> Path:
        """The file of the session."""
        return self.folder / "session.json"

    def refuse_second(self) -> None:
        """Raise Stopped when there is a key already."""
        if self.keystore.exists():
            raise Stopped("There is a key already: {file}", file=self.keystore)

    def make(self, key: Key, password: str) -> None:
        """Keep a new key. Raises Stopped for a short password, or when there is a key already."""
        self.refuse_second()
        if len(password) < SHORTEST_PASSWORD:
            raise Stopped("A password has at least {count} characters.", count=SHORTEST_PASSWORD)
        key.save(self.keystore, password)

    def address(self) -> str:
        """Return the address of the key without opening it. Raises Stopped when there is none."""
        try:
            held = json.loads(self.keystore.read_text())["address"]
        except FileNotFoundError:
            raise Stopped("There is no key in {folder} yet: pswallet wallet new", folder=self.folder) from None
        except (ValueError, LookupError, TypeError):
            raise Stopped("{file} is not a keystore file.", file=self.keystore) from None
        from pswallet.chain.hashing import checksum

        return checksum(bytes.fromhex(str(held).removeprefix("0x")))

    def session(self, gateway: str) -> Session | None:
        """Return the session kept for `gateway`; None when there is none."""
        try:
            held: dict[str, Any] = json.loads(self.session_file.read_text())
            found = Session(held["gateway"], held["token"], Chain(**held["chain"]))
        except (OSError, ValueError, LookupError, TypeError):
            return None
        return found if found.gateway == gateway else None

    def keep(self, session: Session) -> None:
        """Keep a session, readable by its owner alone."""
        draft = self.session_file.with_suffix(".draft")
        draft.unlink(missing_ok=True)
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            json.dump(asdict(session), file)
        draft.replace(self.session_file)  # nobody ever reads half a file
