"""OpenZeppelin's standard Merkle tree over (address account, uint256 number), leaves hashed twice.

Guests of a red packet, winners and shops of a campaign: a list's root is signed for, a proof is 32 bytes a node.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from eth_hash.auto import keccak


@dataclass(frozen=True)
class MerkleList:
    """A list's root and each member's proof, in the order of the list."""

    root: bytes
    proofs: list[bytes]


def leaf_of(account: str, number: int) -> bytes:
    """Return the leaf of (address, uint256): hashed twice, so that none can pass for an inner node."""
    encoded = bytes.fromhex(account[2:]).rjust(32, b"\0") + number.to_bytes(32, "big")
    return keccak(keccak(encoded))


def merkle_list(members: Iterable[tuple[str, int]]) -> MerkleList:
    """Build the tree over (account, number). Raises ValueError for an empty list."""
    leaves = [leaf_of(account, number) for account, number in members]
    order = sorted(range(len(leaves)), key=leaves.__getitem__)
    tree = _tree([leaves[place] for place in order])
    last = len(tree) - 1
    node_of = {place: last - rank for rank, place in enumerate(order)}
    return MerkleList(root=tree[0], proofs=[_proof(tree, node_of[place]) for place in range(len(leaves))])


def merkle_root(members: Iterable[tuple[str, int]]) -> bytes:
    """Return the root alone. Raises ValueError for an empty list."""
    return _tree(sorted(leaf_of(account, number) for account, number in members))[0]


def _tree(sorted_leaves: Sequence[bytes]) -> list[bytes]:
    """Return all nodes, the root first: node n stands on 2n + 1 and 2n + 2, the smallest leaf is the last."""
    if not sorted_leaves:
        raise ValueError("a list without members has no root")
    tree = [b""] * (len(sorted_leaves) - 1) + list(reversed(sorted_leaves))
    for node in range(len(sorted_leaves) - 2, -1, -1):
        tree[node] = _pair(tree[2 * node + 1], tree[2 * node + 2])
    return tree


def _pair(left: bytes, right: bytes) -> bytes:
    return keccak(left + right if left < right else right + left)


def _proof(tree: Sequence[bytes], node: int) -> bytes:
    path: list[bytes] = []
    while node:
        path.append(tree[node + 1 if node % 2 else node - 1])
        node = (node - 1) // 2
    return b"".join(path)
