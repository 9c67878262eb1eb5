"""The people's own keys, which outlive a run: on a kept state they come back as themselves. All synthetic."""

import json
import os
from pathlib import Path

from pswallet.client import Key
from pswallet.demo.people import DISTRICT, Identity, identities


class Wallet:
    """A file (mode 600) of one key a person, by place among `identities()`, then the district's: it names nobody."""

    def __init__(self, keys: list[Key], *, is_new: bool) -> None:
        self._keys = dict(zip((one.phone for one in _owners()), keys, strict=True))
        self.is_new = is_new
        """Whether the keys were made just now, so that nobody has an account yet."""

    def key_of(self, identity: Identity) -> Key:
        """Return the person's key."""
        return self._keys[identity.phone]

    @classmethod
    def at(cls, path: Path) -> "Wallet":
        """Open the file at `path`, made with new keys if there is none."""
        known = [Key.of(bytes.fromhex(secret)) for secret in json.loads(path.read_text())] if path.exists() else []
        keys = known + [Key.new() for _ in _owners()[len(known) :]]  # an older file has fewer
        if len(keys) == len(known):
            return cls(known, is_new=False)
        path.parent.mkdir(parents=True, exist_ok=True)
        draft = path.with_suffix(".draft")
        draft.unlink(missing_ok=True)
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            json.dump([key.secret.hex() for key in keys], file, indent=2)
        draft.replace(path)  # nobody ever reads half a file
        return cls(keys, is_new=not known)


def _owners() -> list[Identity]:
    return [*identities(), DISTRICT]
