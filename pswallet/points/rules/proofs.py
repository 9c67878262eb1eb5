"""A person's proof of being in a day's tree, and its check: offline, against a root that somebody else keeps."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from typing import Any

from pswallet.points.rules import trees
from pswallet.points.rules.trees import MAX_POINTS, Node

FORMAT = "pswallet-points-proof/1"
_EPOCH = date(1970, 1, 1)
_MAX_DEPTH = 40
"""More than anybody has accounts; bounds the work of a check."""


class ProofInvalid(ValueError):
    """The proof does not show what it says; the message says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """That `account` had `points` at the end of `day` among all who had some. `beside`: from the leaf to the top."""

    day: date
    account: str
    salt: str
    points: int
    position: int
    beside: tuple[tuple[str, int], ...]


def day_number(day: date) -> int:
    """Return a calendar day as the contract counts it: days since 1970-01-01."""
    return (day - _EPOCH).days


def root_of(proof: Proof) -> tuple[str, int]:
    """Return the root that a proof leads to, and everybody's points in it.

    Raises ProofInvalid for numbers that no tree holds.
    """
    number = day_number(proof.day)
    if number < 0 or len(proof.beside) > _MAX_DEPTH or not 0 <= proof.position < 1 << len(proof.beside):
        raise ProofInvalid("there is no such place in a tree of this day and depth")
    account = trees.blinded(number, _bytes(proof.salt, 32), _bytes(proof.account, 20))
    node = trees.leaf(account, _sum(proof.points))
    for height, (digest, points) in enumerate(proof.beside):
        other = Node(_bytes(digest, 32), _sum(points))
        node = trees.joined(other, node) if proof.position >> height & 1 else trees.joined(node, other)
        _sum(node.points)
    return "0x" + trees.root(number, len(proof.beside), node).hex(), node.points


def check(proof: Proof, root: str) -> int:
    """Return everybody's points by a proof that leads to `root`. Raises ProofInvalid if it does not."""
    found, total = root_of(proof)
    if found != root.lower():
        raise ProofInvalid(f"it leads to the root {found}, not to {root.lower()}")
    return total


def read_proof(told: Any) -> Proof:
    """Read a proof from JSON as GET /v1/points/proof gives it. Raises ProofInvalid for anything else.

    Its own `root` and `total` are not believed, and so not read.
    """
    try:
        if told["format"] != FORMAT:
            raise ProofInvalid(f"its format is not {FORMAT}")
        return Proof(
            day=date.fromisoformat(told["day"]),
            account=told["account"],
            salt=told["salt"],
            points=told["points"],
            position=_whole(told["position"]),
            beside=tuple((one["hash"], one["points"]) for one in told["beside"]),
        )
    except (KeyError, TypeError, ValueError) as broken:
        raise broken if isinstance(broken, ProofInvalid) else ProofInvalid("it is no proof of points") from broken


def _whole(value: Any) -> int:
    if type(value) is not int:
        raise ProofInvalid(f"{value!r} is no whole number")
    return value


def _sum(points: Any) -> int:
    if not 0 <= _whole(points) <= MAX_POINTS:
        raise ProofInvalid(f"{points} points are below zero, or more than there can be")
    return int(points)


def _bytes(text: Any, length: int) -> bytes:
    if not isinstance(text, str) or not re.fullmatch(rf"0x[0-9a-fA-F]{{{2 * length}}}", text):
        raise ProofInvalid(f"{text!r} is not {length} bytes")
    return bytes.fromhex(text[2:])
