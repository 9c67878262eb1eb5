"""The bytes of a proof, read: a block's header, the way down its trie of receipts, a receipt's logs."""

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Any, NamedTuple

from rlp.codec import decode
from rlp.exceptions import RLPException
from rlp.lazy import decode_lazy
from trie import HexaryTrie
from trie import exceptions as broken

from pswallet.chain.hashing import keccak
from pswallet.chain.tries import encoded, shortest
from pswallet.receipt.errors import ReceiptProofBroken, ReceiptTransactionFailed
from pswallet.receipt.payments import Log

_PARENT, _RECEIPTS_ROOT, _NUMBER, _TIME = 0, 5, 8, 11
"""Places of a header's fields; forks add theirs behind (docs/receipts.md)."""
_SUCCEEDED = b"\x01"
_SHORTEST_LIST = 0xC0
"""First byte from which on RLP holds a list: below it stands a transaction's type (EIP-2718)."""


class Header(NamedTuple):
    """What is read of a block's header; `hash` is of its bytes."""

    hash: bytes
    parent: bytes
    receipts_root: bytes
    number: int
    time: int


def decoded(raw: bytes) -> Any:
    """Read bytes, or lists of them, in RLP. Raises RLPException for anything but exactly one item."""
    try:
        return decode(raw)  # type: ignore[no-untyped-call]
    except RecursionError as error:  # lists in lists without end: anybody may hand them in
        raise RLPException("lists too deep") from error


def key_of(place: int) -> bytes:
    """Return the key under which a block's trie holds what is of the transaction at `place`."""
    return encoded(shortest(place))


def header_of(raw: bytes) -> Header:
    """Read a header in RLP. Raises ReceiptProofBroken."""
    try:
        fields = decoded(raw)
        number, time = (int.from_bytes(fields[place]) for place in (_NUMBER, _TIME))
        return Header(keccak(raw), bytes(fields[_PARENT]), bytes(fields[_RECEIPTS_ROOT]), number, time)
    except (RLPException, IndexError, TypeError) as error:
        raise ReceiptProofBroken(reason="no header of a block") from error


def receipt_at(root: bytes, place: int, nodes: Sequence[bytes]) -> bytes:
    """Return the receipt at `place` of the block whose root of receipts is `root`. Raises ReceiptProofBroken.

    Each node must be the next on the way: one that is not needed would make two proofs of the same.
    """
    if not nodes or keccak(nodes[0]) != root or not all(keccak(after) in before for before, after in pairwise(nodes)):
        raise ReceiptProofBroken(reason="the nodes do not lead from the block's root")
    try:
        found = HexaryTrie.get_from_proof(root, key_of(place), [decoded(node) for node in nodes])
    except (RLPException, broken.BadTrieProof, broken.InvalidNode, broken.TraversedPartialPath) as error:
        raise ReceiptProofBroken(reason="the nodes do not lead to that transaction") from error
    return bytes(found)


def logs_of(receipt: bytes) -> "Logs":
    """Return the logs of a receipt as the trie holds it. Raises ReceiptTransactionFailed, ReceiptProofBroken."""
    try:
        payload = receipt if receipt[0] >= _SHORTEST_LIST else receipt[1:]
        fields: Any = decode_lazy(payload)  # type: ignore[no-untyped-call]
        status, logs = fields[0], fields[3]
    except (RLPException, IndexError, TypeError) as error:
        raise ReceiptProofBroken(reason="no receipt of a transaction") from error
    if status != _SUCCEEDED:
        raise ReceiptTransactionFailed
    return Logs(logs)


class Logs(Sequence[Log]):
    """A receipt's logs, each read when it is looked at: a batch of 200 payments has 400 of them."""

    def __init__(self, lazy: Any) -> None:
        self._lazy = lazy

    def __len__(self) -> int:
        return len(self._lazy)

    def __getitem__(self, place: Any) -> Any:
        address, topics, data = self._lazy[place]
        return Log(address, list(topics), data)

    def __iter__(self) -> Iterator[Log]:
        return (self[place] for place in range(len(self)))
