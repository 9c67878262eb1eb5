"""EIP-712 messages: hashed, signed and recovered by hand on coincurve and a C keccak. The types are in `messages`.

Nothing here speaks to a chain; what a contract says of a signature (ERC-1271) is asked by `api.verdicts`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any, Protocol

from coincurve import PrivateKey, PublicKey

from pswallet.chain.hashing import address_bytes, checksum, keccak, require_native
from pswallet.chain.messages import (
    BUDGET,
    CAMPAIGN,
    CANCEL_AUTHORIZATION,
    CASHIER,
    DEAL,
    FUNDED_ORDER,
    LINK_CLAIM,
    LOTTERY,
    ORDER,
    ORDER_REFUND,
    PERMIT,
    POSITION_TICKET,
    RECEIVE_WITH_AUTHORIZATION,
    RED_PACKET,
    REDEEM,
    REFUND,
    SPONSORSHIP,
    TRANSFER_WITH_AUTHORIZATION,
    TYPES,
    WINNERS,
    StructType,
)
from pswallet.kit.problems import Problem

__all__ = [
    "BUDGET",
    "CAMPAIGN",
    "CANCEL_AUTHORIZATION",
    "CASHIER",
    "DEAL",
    "FUNDED_ORDER",
    "LINK_CLAIM",
    "LOTTERY",
    "ORDER",
    "ORDER_REFUND",
    "PERMIT",
    "POSITION_TICKET",
    "RECEIVE_WITH_AUTHORIZATION",
    "REDEEM",
    "RED_PACKET",
    "REFUND",
    "SPONSORSHIP",
    "TRANSFER_WITH_AUTHORIZATION",
    "TYPES",
    "WINNERS",
    "Domain",
    "SignatureMalformed",
    "StructType",
    "address_bytes",
    "address_of",
    "checkout_domain",
    "checksum",
    "digest",
    "escrow_domain",
    "is_signed_by",
    "keccak",
    "recover",
    "sign",
    "struct_hash",
    "token_domain",
    "typed_data",
    "voucher_domain",
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


class Shops(Protocol):
    """What of a deployment the shops' domains need."""

    @property
    def chain_id(self) -> int:
        """The chain's id."""
        ...

    @property
    def checkout(self) -> str:
        """The funded orders' address."""
        ...

    @property
    def voucher(self) -> str:
        """The campaigns' address."""
        ...


def checkout_domain(deployment: Shops) -> Domain:
    """Return the domain of the funded orders' messages."""
    return Domain("MerchantCheckout", "1", deployment.chain_id, deployment.checkout)


def voucher_domain(deployment: Shops) -> Domain:
    """Return the domain of the campaigns' messages."""
    return Domain("CityVoucher", "1", deployment.chain_id, deployment.voucher)


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


def is_signed_by(signer: str, digest: bytes, signature: str) -> bool:
    """Whether `signer`'s own key signed `digest`; a signature ("0x…") of another form is a contract's, or nobody's."""
    try:
        return recover(digest, bytes.fromhex(signature[2:])) == signer
    except SignatureMalformed:
        return False


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
