"""A row that must be there, and what its people may be told of it."""

from typing import Any, NamedTuple

from pswallet.chain.signing import checksum
from pswallet.kit.db import Base

Told = tuple[str, str, dict[str, Any]]
"""A notice: kind, address and body."""


class Row(NamedTuple):
    """A row that must be there: `part` tells the rows of one log apart; `told`: the notices that it allows."""

    table: type[Base]
    part: Any
    values: dict[str, Any]
    told: tuple[Told, ...] = ()


def shown(address: str) -> str:
    """Return an address as rows have it, with its checksum."""
    return checksum(bytes.fromhex(address[2:]))
