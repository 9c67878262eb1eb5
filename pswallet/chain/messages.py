"""Every EIP-712 type, once: its name and fields, how each becomes a 32-byte word, what people and contracts sign."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from pswallet.chain.hashing import address_bytes, keccak


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
    **{f"uint{bits}": _unsigned(bits) for bits in (16, 32, 64, 256)},
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

FUNDED_ORDER = StructType(
    "FundedOrder",
    (
        ("payer", "address"),
        ("merchant", "address"),
        ("till", "bytes32"),
        ("reference", "bytes32"),
        ("own", "uint64"),
        ("amount", "uint64"),
        ("expiry", "uint64"),
        ("parts", "bytes32"),
    ),
)
"""An order that others help to pay; its digest in the checkout's domain is its id. `parts`: see `funded.Part`."""

BUDGET = StructType(
    "Budget",
    (("funder", "address"), ("signer", "address"), ("total", "uint64"), ("end", "uint32"), ("salt", "bytes32")),
)
"""What a funder lets be spent on orders: a counted allowance."""

SPONSORSHIP = StructType("Sponsorship", (("order", "bytes32"), ("budget", "bytes32")))
"""Signed by a budget's signer: it pays its part of this order."""

REFUND = StructType("Refund", (("order", "bytes32"), ("number", "uint32"), ("value", "uint64")))
"""Signed by a merchant or its cashier: money of a funded order back."""

CASHIER = StructType(
    "Cashier", (("merchant", "address"), ("cashier", "address"), ("cap", "uint64"), ("number", "uint32"))
)
"""Signed by a merchant: this cashier may refund so much a day; nothing dismisses it."""

CAMPAIGN = StructType(
    "Campaign",
    (
        ("sponsor", "address"),
        ("budget", "uint64"),
        ("face", "uint64"),
        ("perPerson", "uint32"),
        ("start", "uint64"),
        ("end", "uint64"),
        ("minimumSpend", "uint64"),
        ("divisible", "bool"),
        ("merchants", "bytes32"),
        ("issuer", "address"),
        ("lottery", "bytes32"),
        ("salt", "bytes32"),
    ),
)
"""A campaign's terms; their digest in the vouchers' domain is its id."""

WINNERS = StructType("Winners", (("campaign", "bytes32"), ("list", "bytes32")))
"""Signed by a campaign's issuer: whoever is on this list is given vouchers."""

LOTTERY = StructType(
    "Lottery",
    (
        ("applicants", "bytes32"),
        ("seedCommitment", "bytes32"),
        ("block", "uint64"),
        ("winners", "uint32"),
        ("count", "uint32"),
    ),
)
"""How a campaign's winners come about (docs/lottery.md). Its digest in the vouchers' domain is a campaign's `lottery`;
no contract reads it."""

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
        FUNDED_ORDER,
        BUDGET,
        SPONSORSHIP,
        REFUND,
        CASHIER,
        CAMPAIGN,
        WINNERS,
        LOTTERY,
        RED_PACKET,
        LINK_CLAIM,
        DEAL,
        POSITION_TICKET,
    )
}
"""Every type by name: what /v1/typed-data serves."""
