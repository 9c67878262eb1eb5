"""Signed raw transactions: EIP-1559 where the chain has a base fee, else EIP-155; RLP by hand."""

from dataclasses import dataclass
from functools import lru_cache

from coincurve import PrivateKey
from rlp.codec import decode as decode_rlp

from pswallet.chain.hashing import address_bytes, checksum, keccak

RlpItem = bytes | int | list["RlpItem"]


@dataclass(frozen=True, slots=True)
class Fee:
    """What a unit of gas may cost [wei]. `tip` is None on a chain without a base fee."""

    most: int
    tip: int | None

    def raised(self, percent: int) -> "Fee":
        """Return a fee higher by `percent`, rounded up and by at least 1 wei: what replaces a pending transaction."""
        most = self.most + max(1, -(-self.most * percent // 100))
        tip = None if self.tip is None else self.tip + max(1, -(-self.tip * percent // 100))
        return Fee(most, tip)


@dataclass(frozen=True, slots=True)
class Draft:
    """A transaction before it is signed. `to` is None when it creates a contract."""

    chain_id: int
    nonce: int
    to: str | None
    data: bytes
    gas: int
    fee: Fee


@dataclass(frozen=True, slots=True)
class Signed:
    """A signed transaction and its hash."""

    hash: str
    raw: bytes


def sign_transaction(draft: Draft, private_key: bytes) -> Signed:
    """Sign `draft`. No ether is ever sent."""
    to = address_bytes(draft.to) if draft.to else b""
    if draft.fee.tip is None:
        raw = _signed_legacy(draft, to, _key_of(private_key))
    else:
        raw = _signed_1559(draft, to, draft.fee.tip, _key_of(private_key))
    return Signed("0x" + keccak(raw).hex(), raw)


def repriced(raw: bytes, fee: Fee, private_key: bytes) -> Signed:
    """Sign the transaction in `raw` again with another fee: the same nonce, so only one of the two is ever mined."""
    typed = raw[0] == 2
    fields = decoded(raw[1:] if typed else raw)
    if typed:
        chain_id, nonce, _, _, gas, to, _, data = fields[:8]
    else:
        nonce, _, gas, to, _, data, v = fields[:7]
        chain_id = ((int.from_bytes(v, "big") - 35) // 2).to_bytes(8, "big")
    draft = Draft(
        chain_id=int.from_bytes(chain_id, "big"),
        nonce=int.from_bytes(nonce, "big"),
        to=checksum(to) if to else None,
        data=data,
        gas=int.from_bytes(gas, "big"),
        fee=fee,
    )
    return sign_transaction(draft, private_key)


def decoded(raw: bytes) -> list[bytes]:
    """Read the fields of a signed transaction: a list of byte strings (its access list is always empty)."""
    fields: list[bytes] = decode_rlp(raw)  # type: ignore[no-untyped-call]
    return fields


def created_address(sender: str, nonce: int) -> str:
    """Return the address of the contract that `sender` creates with `nonce`."""
    return checksum(keccak(rlp([address_bytes(sender), nonce]))[12:])


def rlp(item: RlpItem) -> bytes:
    """Encode bytes, integers and lists of them (Recursive Length Prefix)."""
    if isinstance(item, list):
        body = b"".join([rlp(each) for each in item])
        return _length(len(body), 0xC0) + body
    raw = item.to_bytes((item.bit_length() + 7) // 8, "big") if isinstance(item, int) else item
    if len(raw) == 1 and raw[0] < 0x80:
        return raw
    return _length(len(raw), 0x80) + raw


def _length(size: int, offset: int) -> bytes:
    if size < 56:
        return bytes((offset + size,))
    digits = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes((offset + 55 + len(digits),)) + digits


@lru_cache(maxsize=256)
def _key_of(secret: bytes) -> PrivateKey:
    return PrivateKey(secret)


def _signed_1559(draft: Draft, to: bytes, tip: int, key: PrivateKey) -> bytes:
    body: list[RlpItem] = [draft.chain_id, draft.nonce, tip, draft.fee.most, draft.gas, to, 0, draft.data, []]
    signature = key.sign_recoverable(keccak(b"\x02" + rlp(body)), hasher=None)
    return b"\x02" + rlp([*body, signature[64], *_r_s(signature)])


def _signed_legacy(draft: Draft, to: bytes, key: PrivateKey) -> bytes:
    body: list[RlpItem] = [draft.nonce, draft.fee.most, draft.gas, to, 0, draft.data]
    signature = key.sign_recoverable(keccak(rlp([*body, draft.chain_id, 0, 0])), hasher=None)
    return rlp([*body, draft.chain_id * 2 + 35 + signature[64], *_r_s(signature)])


def _r_s(signature: bytes) -> tuple[int, int]:
    return int.from_bytes(signature[:32], "big"), int.from_bytes(signature[32:64], "big")
