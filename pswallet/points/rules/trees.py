"""The Merkle-sum tree over everybody's points of a day: each node carries the sum below it (docs/points-proof.md).

Both children's sums stand in a node's hash beside their hashes: a tree that names only the sum of the two can be made
to lose some (Maxwell's first form). Sums are 64-bit and unsigned: nothing below zero can be written.
"""

from collections.abc import Sequence
from typing import NamedTuple

from eth_hash.auto import keccak

MAX_POINTS = 2**63 - 1
"""The largest sum that is taken: what a BIGINT holds, with a bit to spare against overflow."""

LEAF_BYTES = 40
"""Of a leaf as it is kept: a blinded account and its points as 64 bits."""

_ACCOUNT, _LEAF, _NODE, _PADDING, _ROOT = (
    keccak(f"pswallet points {name}".encode()) for name in ("account", "leaf", "node", "padding", "root")
)
"""What every hash begins with, so that none can stand for one of another kind."""


class Node(NamedTuple):
    """A hash, and the points below it."""

    hash: bytes
    points: int


PADDING = Node(keccak(_PADDING), 0)
"""Fills the leaves up to a power of two."""


def blinded(day: int, salt: bytes, account: bytes) -> bytes:
    """Return what stands for an account (20 bytes) on `day`; nobody links it to one without the salt (32 bytes)."""
    return keccak(_ACCOUNT + day.to_bytes(4) + salt + account)


def leaf(account: bytes, points: int) -> Node:
    """Return the leaf of a blinded account. Raises OverflowError below zero and from 2^64 on."""
    return Node(keccak(_LEAF + account + points.to_bytes(8)), points)


def joined(left: Node, right: Node) -> Node:
    """Return the node above two."""
    content = left.hash + left.points.to_bytes(8) + right.hash + right.points.to_bytes(8)
    return Node(keccak(_NODE + content), left.points + right.points)


def root(day: int, depth: int, top: Node) -> bytes:
    """Return what is anchored: it fixes the day, how deep the tree is, and the total, besides all leaves."""
    return keccak(_ROOT + day.to_bytes(4) + depth.to_bytes(1) + top.points.to_bytes(8) + top.hash)


def levels(leaves: Sequence[Node]) -> list[list[Node]]:
    """Return the tree over `leaves` (one at least), the padded leaves first, the top last."""
    level = [*leaves, *[PADDING] * ((1 << (len(leaves) - 1).bit_length()) - len(leaves))]
    found = [level]
    while len(level) > 1:
        level = [joined(level[place], level[place + 1]) for place in range(0, len(level), 2)]
        found.append(level)
    return found


def unpacked(leaves: bytes) -> list[list[Node]]:
    """Return the tree over leaves as they are kept: 40 bytes each, the blinded account and the points."""
    rows = [leaves[place : place + LEAF_BYTES] for place in range(0, len(leaves), LEAF_BYTES)]
    return levels([leaf(row[:32], int.from_bytes(row[32:])) for row in rows])


def published(day: int, tree: Sequence[Sequence[Node]]) -> tuple[str, int]:
    """Return what the contract is told of a day's tree: root and total."""
    top = tree[-1][0]
    return "0x" + root(day, len(tree) - 1, top).hex(), top.points


def beside(tree: Sequence[Sequence[Node]], position: int) -> list[Node]:
    """Return the nodes beside the path from a leaf to the top."""
    return [level[(position >> height) ^ 1] for height, level in enumerate(tree[:-1])]
