"""A packet's link: the packet's id in the path, and behind the # the key that opens it, which no server ever sees."""

import re
from typing import NamedTuple

from pswallet.client import Key

_LINK = re.compile(r"(?:https?://[^\s#]*/p/)?(0x[0-9a-fA-F]{64})(?:#([0-9a-fA-F]{64}))?")


class Link(NamedTuple):
    """What a link says; a packet's bare id is one without a key."""

    packet: str
    key: Key | None

    def at(self, name: str) -> str:
        """Write it below the gateway's `name` for people."""
        secret = f"#{self.key.secret.hex()}" if self.key else ""
        return f"{name.rstrip('/')}/p/{self.packet}{secret}"


def read_link(typed: str) -> Link | None:
    """Read a link, or a packet's id; None for anything else."""
    found = _LINK.fullmatch(typed.strip())
    if found is None:
        return None
    try:
        return Link(found[1].lower(), Key.of(bytes.fromhex(found[2])) if found[2] else None)
    except ValueError:  # zero, or not below the curve's order: no key
        return None
