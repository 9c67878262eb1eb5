"""Every EIP-712 type, once: hashed, signed and recovered by hand on coincurve and a C keccak, and served to wallets.

Nothing here speaks to a chain; what a contract says of a signature (ERC-1271) is asked by `api.verdicts`.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any, Protocol

from coincurve import PrivateKey, PublicKey

from pswallet.chain.hashing import address_bytes, checksum, keccak, require_native
from pswallet.kit.problems import Problem

__all__ = [
    "CANCEL_AUTHORIZATION",
    "DEAL",
    "LINK_CLAIM",
    "ORDER",
    "ORDER_REFUND",
    "PERMIT",
    "POSITION_TICKET",
    "RECEIVE_WITH_AUTHORIZATION",
    "REDEEM",
    "RED_PACKET",
    "TRANSFER_WITH_AUTHORIZATION",
    "TYPES",
    "Domain",
    "SignatureMalformed",
    "StructType",
    "address_bytes",
    "address_of",
    "checksum",
    "digest",
    "escrow_domain",
    "keccak",
    "recover",
    "sign",
    "struct_hash",
    "token_domain",
    "typed_data",
]

require_native()

_HALF_ORDER = 0x7FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF5D576E7357A4501DDFE92F46681B20A0


class SignatureMalformed(Problem):
    """Not 65 bytes r, s, v with a low s and v 27 or 28, or no key can have made it."""

    status = 422
    title = "This is not a valid signature"


@dataclass(frozen=True)
class Domain:
    """Which contract of which chain a message is for (EIP-712)."""

    name: str
    version: str
    chain_id: int
    verifying_contract: str

    @cached_property
    def separator(self) -> bytes:
        """The domain's hash."""
        return keccak(
            keccak(b"EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)")
            + keccak(self.name.encode())
            + keccak(self.version.encode())
            + self.chain_id.to_bytes(32, "big")
            + address_bytes(self.verifying_contract).rjust(32, b"\0")
        )


def _unsigned(bits: int) -> Callable[[Any], bytes]:
    limit = 1 << bits

    def encode(value: int) -> bytes:
        if not 0 <= value < limit:
            raise ValueError(f"{value} does not fit uint{bits}")
        return int(value).to_bytes(32, "big")

    return encode


def _fixed(size: int) -> Callable[[Any], bytes]:
    def encode(value: bytes | str) -> bytes:
        raw = value if isinstance(value, bytes) else bytes.fromhex(value.removeprefix("0x"))
        if len(raw) != size:
            raise ValueError(f"{len(raw)} bytes given, bytes{size} wanted")
        return raw.ljust(32, b"\0")

    return encode


def _address(value: str) -> bytes:
    return address_bytes(value).rjust(32, b"\0")


def _bool(value: bool) -> bytes:
    return int(value).to_bytes(32, "big")


_ENCODERS: dict[str, Callable[[Any], bytes]] = {
    "address": _address,
    "bool": _bool,
    **{f"uint{bits}": _unsigned(bits) for bits in (16, 64, 256)},
    **{f"bytes{size}": _fixed(size) for size in (20, 32)},
}


@dataclass(frozen=True)
class StructType:
    """An EIP-712 struct: its name and its fields as (name, Solidity type), in order."""

    name: str
    fields: tuple[tuple[str, str], ...]

    @cached_property
    def signature(self) -> str:
        """The type as the contracts hash it."""
        return f"{self.name}({','.join(f'{kind} {name}' for name, kind in self.fields)})"

    @cached_property
    def type_hash(self) -> bytes:
        """The hash of `signature`."""
        return keccak(self.signature.encode())

    @cached_property
    def encoders(self) -> tuple[tuple[str, Callable[[Any], bytes]], ...]:
        """How each field becomes a 32-byte word."""
        return tuple((name, _ENCODERS[kind]) for name, kind in self.fields)


def _authorization(name: str) -> StructType:
    return StructType(
        name,
        (
            ("from", "address"),
            ("to", "address"),
            ("value", "uint256"),
            ("validAfter", "uint256"),
            ("validBefore", "uint256"),
            ("nonce", "bytes32"),
        ),
    )


TRANSFER_WITH_AUTHORIZATION = _authorization("TransferWithAuthorization")
"""A payment that anyone may carry (ERC-3009)."""

RECEIVE_WITH_AUTHORIZATION = _authorization("ReceiveWithAuthorization")
"""A payment that only its recipient may carry (ERC-3009): money into an escrow."""

CANCEL_AUTHORIZATION = StructType("CancelAuthorization", (("authorizer", "address"), ("nonce", "bytes32")))
"""Make a nonce useless before it is used (ERC-3009)."""

PERMIT = StructType(
    "Permit",
    (
        ("owner", "address"),
        ("spender", "address"),
        ("value", "uint256"),
        ("nonce", "uint256"),
        ("deadline", "uint256"),
    ),
)
"""An allowance by signature (ERC-2612)."""

REDEEM = StructType(
    "Redeem",
    (
        ("from", "address"),
        ("value", "uint256"),
        ("bankReference", "bytes32"),
        ("validAfter", "uint256"),
        ("validBefore", "uint256"),
    ),
)
"""Burn money against a bank payment."""

ORDER = StructType(
    "Order",
    (
        ("merchant", "address"),
        ("till", "bytes32"),
        ("reference", "bytes32"),
        ("amount", "uint256"),
        ("expiry", "uint256"),
    ),
)
"""What a merchant asks for; its digest in the token's domain is the nonce of the payment. No contract reads it."""

ORDER_REFUND = StructType("OrderRefund", (("order", "bytes32"), ("number", "uint256")))
"""A merchant's giving back from an order; its digest is the nonce of that payment. No contract reads it."""

RED_PACKET = StructType(
    "RedPacket",
    (
        ("creator", "address"),
        ("total", "uint64"),
        ("shares", "uint16"),
        ("expiry", "uint64"),
        ("maxShare", "uint64"),
        ("lucky", "bool"),
        ("guests", "bytes32"),
        ("claimKey", "address"),
        ("dealer", "address"),
        ("drawCommitment", "bytes20"),
        ("salt", "bytes32"),
    ),
)
"""A packet's terms; the digest of them is the packet's id."""

LINK_CLAIM = StructType("LinkClaim", (("packet", "bytes32"), ("claimant", "address")))
"""Signed by a link's key: this claimant may have a share."""

DEAL = StructType(
    "Deal", (("packet", "bytes32"), ("firstPosition", "uint256"), ("claimants", "bytes32"), ("links", "bytes32"))
)
"""Signed by the dealer: these claims, in this order, with these links."""

POSITION_TICKET = StructType(
    "PositionTicket", (("packet", "bytes32"), ("claimant", "address"), ("position", "uint256"))
)
"""Signed by the dealer at intake: the claimant's place in the queue. No contract reads it; it is evidence."""

TYPES: dict[str, StructType] = {
    kind.name: kind
    for kind in (
        TRANSFER_WITH_AUTHORIZATION,
        RECEIVE_WITH_AUTHORIZATION,
        CANCEL_AUTHORIZATION,
        PERMIT,
        REDEEM,
        ORDER,
        ORDER_REFUND,
        RED_PACKET,
        LINK_CLAIM,
        DEAL,
        POSITION_TICKET,
    )
}
"""Every type by name: what /v1/typed-data serves."""


class Contracts(Protocol):
    """What of a deployment the domains need."""

    @property
    def chain_id(self) -> int:
        """The chain's id."""
        ...

    @property
    def stablecoin(self) -> str:
        """The token's address."""
        ...

    @property
    def escrow(self) -> str:
        """The red packets' address."""
        ...


def token_domain(deployment: Contracts) -> Domain:
    """Return the domain of the token's messages."""
    return Domain("Sandbox Yuan Voucher", "1", deployment.chain_id, deployment.stablecoin)


def escrow_domain(deployment: Contracts) -> Domain:
    """Return the domain of the red packets' messages."""
    return Domain("RedPacketEscrow", "1", deployment.chain_id, deployment.escrow)


def struct_hash(struct: StructType, message: Mapping[str, Any]) -> bytes:
    """Hash `message` as EIP-712's hashStruct.

    Raises KeyError for a missing field, ValueError for a value that its type cannot hold.
    """
    return keccak(struct.type_hash + b"".join([encode(message[name]) for name, encode in struct.encoders]))


def digest(domain: Domain, struct: StructType, message: Mapping[str, Any]) -> bytes:
    """Return the 32 bytes that a signature of `message` in `domain` signs."""
    return keccak(b"\x19\x01" + domain.separator + struct_hash(struct, message))


@lru_cache(maxsize=1024)
def _key_of(secret: bytes) -> PrivateKey:
    return PrivateKey(secret)


def address_of(private_key: bytes) -> str:
    """Return the address that a private key controls."""
    return checksum(keccak(_key_of(private_key).public_key.format(compressed=False)[1:])[12:])


def sign(digest: bytes, private_key: bytes) -> bytes:
    """Sign 32 bytes: r, s, v in 65 bytes, s low, v 27 or 28."""
    signature = _key_of(private_key).sign_recoverable(digest, hasher=None)
    return signature[:64] + bytes((signature[64] + 27,))


def recover(digest: bytes, signature: bytes) -> str:
    """Return the address whose key signed `digest`. Raises SignatureMalformed."""
    if len(signature) != 65 or signature[64] not in (27, 28):
        raise SignatureMalformed(reason="65 bytes r, s, v are wanted, v 27 or 28")
    if int.from_bytes(signature[32:64], "big") > _HALF_ORDER:
        raise SignatureMalformed(reason="s is in the upper half of the curve's order")
    try:
        key = PublicKey.from_signature_and_message(signature[:64] + bytes((signature[64] - 27,)), digest, hasher=None)
    except Exception as error:  # coincurve raises plain Exception for an impossible r
        raise SignatureMalformed(reason="no key made it") from error
    return checksum(keccak(key.format(compressed=False)[1:])[12:])


def typed_data(domain: Domain, struct: StructType, message: Mapping[str, Any]) -> dict[str, Any]:
    """Write the JSON that wallets show and sign (eth_signTypedData_v4); 256-bit values as decimal strings."""
    return {
        "types": {
            "EIP712Domain": [
                {"name": "name", "type": "string"},
                {"name": "version", "type": "string"},
                {"name": "chainId", "type": "uint256"},
                {"name": "verifyingContract", "type": "address"},
            ],
            struct.name: [{"name": name, "type": kind} for name, kind in struct.fields],
        },
        "primaryType": struct.name,
        "domain": {
            "name": domain.name,
            "version": domain.version,
            "chainId": domain.chain_id,
            "verifyingContract": domain.verifying_contract,
        },
        "message": {name: _shown(message[name], kind) for name, kind in struct.fields},
    }


def _shown(value: Any, kind: str) -> Any:
    if isinstance(value, bytes):
        return "0x" + value.hex()
    return str(value) if kind.startswith("uint") else value
