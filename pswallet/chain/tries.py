"""The hashes under which a block's header holds its receipts, and the header's own, worked out by hand over RLP.

What a node tells in JSON is written as the bytes that are hashed; nothing here asks a node.
"""

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

from rlp.codec import encode_raw

from pswallet.chain.hashing import keccak

_NOTHING = keccak(encode_raw(b""))  # type: ignore[no-untyped-call]
_HEADER = (
    *("parentHash", "sha3Uncles", "miner", "stateRoot", "transactionsRoot", "receiptsRoot", "logsBloom"),
    *("difficulty", "number", "gasLimit", "gasUsed", "timestamp", "extraData", "mixHash", "nonce"),
    # Each later fork has added to the end; an older block lacks them.
    *("baseFeePerGas", "withdrawalsRoot", "blobGasUsed", "excessBlobGas", "parentBeaconBlockRoot", "requestsHash"),
)
_NUMBERS = {
    *("difficulty", "number", "gasLimit", "gasUsed", "timestamp", "baseFeePerGas", "blobGasUsed", "excessBlobGas")
}


def encoded_header(header: Mapping[str, Any]) -> bytes:
    """Write a header as the node gives it in RLP: the bytes whose hash is the block's."""
    fields = [name for name in _HEADER if header.get(name) is not None]
    return encoded([_number(header[name]) if name in _NUMBERS else _bytes(header[name]) for name in fields])


def header_hash(header: Mapping[str, Any]) -> str:
    """Return the hash ("0x…") of a header as the node gives it."""
    return "0x" + keccak(encoded_header(header)).hex()


@lru_cache(maxsize=16_384)
def bloom_bits(item: str) -> int:
    """Return the three bits of a header's bloom that an address or topic ("0x…") sets."""
    digest = keccak(bytes.fromhex(item[2:]))
    return (
        1 << (int.from_bytes(digest[0:2]) & 2047)
        | 1 << (int.from_bytes(digest[2:4]) & 2047)
        | 1 << (int.from_bytes(digest[4:6]) & 2047)
    )


def bloom_of(logs: Sequence[Mapping[str, Any]]) -> int:
    """Return the bloom that these logs alone make."""
    said = {log["address"].lower() for log in logs}
    for log in logs:
        said.update(log["topics"])
    bloom = 0
    for item in said:
        bloom |= bloom_bits(item)
    return bloom


def receipts_root(receipts: Sequence[Mapping[str, Any]], blooms: Sequence[int]) -> str:
    """Return the root ("0x…") of a block's receipts, in order, with the bloom that each one's logs make (EIP-2718)."""
    return root_of([encoded_receipt(one, bloom) for one, bloom in zip(receipts, blooms, strict=True)])


def encoded_receipt(receipt: Mapping[str, Any], bloom: int) -> bytes:
    """Write a receipt as the node gives it as the trie holds it (EIP-2718), with the bloom that its logs make."""
    logs = [
        [_bytes(log["address"]), [_bytes(topic) for topic in log["topics"]], _bytes(log["data"])]
        for log in receipt["logs"]
    ]
    fields = [_number(receipt["status"]), _number(receipt["cumulativeGasUsed"]), bloom.to_bytes(256), logs]
    return _number(receipt.get("type") or "0x0") + encoded(fields)


def root_of(values: Sequence[bytes]) -> str:
    """Return the root ("0x…") of the Merkle Patricia trie that holds `values` under their places (RLP)."""
    if not values:
        return "0x" + _NOTHING.hex()
    leaves = [(_nibbles(encoded(_number(hex(place)))), value) for place, value in enumerate(values)]
    return "0x" + keccak(encoded(_node(sorted(leaves)))).hex()


def _node(leaves: Sequence[tuple[bytes, bytes]]) -> list[Any]:
    """Return the node over these (path, value), sorted. No path begins another: RLP numbers are prefix-free."""
    first, last = leaves[0][0], leaves[-1][0]
    if len(leaves) == 1:
        return [_packed(first, flag=2), leaves[0][1]]
    shared = next(place for place, (one, other) in enumerate(zip(first, last, strict=False)) if one != other)
    if shared:
        return [_packed(first[:shared], flag=0), _reference([(path[shared:], value) for path, value in leaves])]
    children = [[(path[1:], value) for path, value in leaves if path[0] == nibble] for nibble in range(16)]
    return [*(_reference(below) if below else b"" for below in children), b""]


def _reference(leaves: Sequence[tuple[bytes, bytes]]) -> Any:
    """Return a node as its parent holds it: whole if it is short, else its hash."""
    node = _node(leaves)
    raw = encoded(node)
    return node if len(raw) < 32 else keccak(raw)


def _packed(path: bytes, *, flag: int) -> bytes:
    """Write nibbles as bytes, with a flag for leaf (2) or extension (0) and for an odd count."""
    nibbles = bytes([flag + 1]) + path if len(path) % 2 else bytes([flag, 0]) + path
    return bytes(high << 4 | low for high, low in zip(nibbles[::2], nibbles[1::2], strict=True))


def _nibbles(key: bytes) -> bytes:
    return bytes(nibble for byte in key for nibble in (byte >> 4, byte & 15))


def _number(value: str) -> bytes:
    return shortest(int(value, 16))


def shortest(number: int) -> bytes:
    """Write a number as RLP holds it: big-endian, without leading zeros."""
    return number.to_bytes((number.bit_length() + 7) // 8)


def _bytes(value: str) -> bytes:
    return bytes.fromhex(value[2:])


def encoded(item: Any) -> bytes:
    """Write bytes, or lists of them, in RLP."""
    found: bytes = encode_raw(item)  # type: ignore[no-untyped-call]
    return found
