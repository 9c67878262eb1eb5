"""Calldata of the calls that the relayer makes, encoded by hand: generic encoding costs more than the chain does.

A test holds each function against eth_abi.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from pswallet.chain.hashing import address_bytes, selector
from pswallet.chain.signing import RED_PACKET
from pswallet.chain.terms import TERMS_TUPLE, Terms

_CLAIM = "(address,uint256,bytes)"
CLAIM_MANY = selector(f"claimMany(({TERMS_TUPLE},uint256,{_CLAIM}[],bytes20[],bytes)[])")
EXECUTE = selector("execute((address,uint96,bytes)[])")
CREATE = selector(f"create({TERMS_TUPLE},(uint256,uint256,bytes))")
REFUND = selector(f"refund({TERMS_TUPLE})")
COLLECT = selector(f"collect({TERMS_TUPLE},address)")
TRANSFER_VRS = selector(
    "transferWithAuthorization(address,address,uint256,uint256,uint256,bytes32,uint8,bytes32,bytes32)"
)
TRANSFER_BYTES = selector("transferWithAuthorization(address,address,uint256,uint256,uint256,bytes32,bytes)")
SET_TIERS = selector("setTiers((address,uint8)[])")
FREEZE = selector("freeze(address[])")
UNFREEZE = selector("unfreeze(address[])")
MINT_MANY = selector("mintMany((address,uint64,bytes32)[])")
ATTEST_RESERVE = selector("attestReserve(uint64)")
ANCHOR = selector("anchor(bytes32,uint32,bytes32,uint64)")


@dataclass(frozen=True, slots=True)
class Claim:
    """One account's claim: `evidence` is the Merkle proof or the link's signature."""

    account: str
    index: int
    evidence: bytes


@dataclass(frozen=True, slots=True)
class PacketClaims:
    """Claims of one packet in order; `links` and `dealer_signature` are empty in an equal packet."""

    terms: Terms
    first_position: int
    claims: Sequence[Claim]
    links: Sequence[bytes]
    dealer_signature: bytes


@dataclass(frozen=True, slots=True)
class BatchCall:
    """A call of a batch and the most gas that it may use."""

    target: str
    gas_cap: int
    data: bytes


def word(value: int) -> bytes:
    """Return an integer as a 32-byte word."""
    return value.to_bytes(32, "big")


def address_word(address: str) -> bytes:
    """Return an address as a 32-byte word."""
    return bytes(12) + address_bytes(address)


def _hex_word(value: str) -> bytes:
    return bytes.fromhex(value[2:])


def bytes_tail(data: bytes) -> bytes:
    """Encode dynamic bytes: length, then the bytes padded to whole words."""
    return word(len(data)) + data + bytes(-len(data) % 32)


def array_tail(items: Sequence[bytes]) -> bytes:
    """Encode an array of dynamic items: length, offsets, items."""
    offsets, place = [], 32 * len(items)
    for item in items:
        offsets.append(word(place))
        place += len(item)
    return b"".join((word(len(items)), *offsets, *items))


@lru_cache(maxsize=16_384)
def terms_words(terms: Terms) -> bytes:
    """Encode a packet's terms: eleven static words, the same as their EIP-712 encoding."""
    message = terms.message()
    return b"".join([encode(message[name]) for name, encode in RED_PACKET.encoders])


def claim_many(packets: Sequence[PacketClaims]) -> bytes:
    """Encode `claimMany`."""
    return CLAIM_MANY + word(32) + array_tail([_packet_claims(each) for each in packets])


def _packet_claims(group: PacketClaims) -> bytes:
    claims = array_tail([_claim(each) for each in group.claims])
    links = word(len(group.links)) + b"".join([link + bytes(12) for link in group.links])
    claims_at = 32 * 15
    links_at = claims_at + len(claims)
    return b"".join(
        (
            terms_words(group.terms),
            word(group.first_position),
            word(claims_at),
            word(links_at),
            word(links_at + len(links)),
            claims,
            links,
            bytes_tail(group.dealer_signature),
        )
    )


def _claim(claim: Claim) -> bytes:
    return address_word(claim.account) + word(claim.index) + word(96) + bytes_tail(claim.evidence)


def execute(calls: Sequence[BatchCall]) -> bytes:
    """Encode `Batch.execute`."""
    return (
        EXECUTE
        + word(32)
        + array_tail([address_word(one.target) + word(one.gas_cap) + word(96) + bytes_tail(one.data) for one in calls])
    )


def transfer_with_authorization(arguments: dict[str, Any]) -> bytes:
    """Encode a signed payment: a person's as (v, r, s), which reads no code; a contract's (`erc1271`) as bytes."""
    signature = bytes.fromhex(arguments["signature"][2:])
    head = b"".join(
        (
            address_word(arguments["from"]),
            address_word(arguments["to"]),
            word(int(arguments["value"])),
            word(int(arguments["validAfter"])),
            word(int(arguments["validBefore"])),
            _hex_word(arguments["nonce"]),
        )
    )
    if len(signature) != 65 or arguments.get("erc1271"):
        return TRANSFER_BYTES + head + word(32 * 7) + bytes_tail(signature)
    return TRANSFER_VRS + head + word(signature[64]) + signature[:64]


def create_packet(terms: Terms, valid_after: int, valid_before: int, signature: bytes) -> bytes:
    """Encode `create`."""
    authorization = word(valid_after) + word(valid_before) + word(96) + bytes_tail(signature)
    return CREATE + terms_words(terms) + word(32 * 12) + authorization


def refund_packet(terms: Terms) -> bytes:
    """Encode `refund`."""
    return REFUND + terms_words(terms)


def collect_share(terms: Terms, account: str) -> bytes:
    """Encode `collect`."""
    return COLLECT + terms_words(terms) + address_word(account)


def set_tiers(assignments: Sequence[tuple[str, int]]) -> bytes:
    """Encode `setTiers`."""
    words = [address_word(account) + word(tier) for account, tier in assignments]
    return SET_TIERS + word(32) + word(len(words)) + b"".join(words)


def freeze(accounts: Sequence[str]) -> bytes:
    """Encode `freeze`."""
    return FREEZE + word(32) + word(len(accounts)) + b"".join([address_word(each) for each in accounts])


def unfreeze(accounts: Sequence[str]) -> bytes:
    """Encode `unfreeze`."""
    return UNFREEZE + word(32) + word(len(accounts)) + b"".join([address_word(each) for each in accounts])


def mint_many(mints: Sequence[tuple[str, int, str]]) -> bytes:
    """Encode `mintMany`: recipient, fen, bank entry each."""
    words = [address_word(to) + word(value) + _hex_word(entry) for to, value, entry in mints]
    return MINT_MANY + word(32) + word(len(words)) + b"".join(words)


def attest_reserve(fen: int) -> bytes:
    """Encode `attestReserve`."""
    return ATTEST_RESERVE + word(fen)


def anchor(arguments: dict[str, Any]) -> bytes:
    """Encode `anchor`."""
    subject, root = _hex_word(arguments["subject"]), _hex_word(arguments["root"])
    return ANCHOR + subject + word(int(arguments["day"])) + root + word(int(arguments["total"]))
