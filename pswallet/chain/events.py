"""What the contracts say, as frozen dataclasses named like the Solidity events, decoded from logs by hand.

Generic ABI decoding costs fifty times as much, and every claim makes two events. A test holds each class and its
decoder against the ABI.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pswallet.chain.hashing import checksum, keccak
from pswallet.chain.terms import Terms


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """A fact and where it stands. `log_index` counts within the block; `contract` is who said it."""

    block: int
    log_index: int
    block_time: datetime
    transaction: str
    contract: str


# --- the token ---


@dataclass(frozen=True, slots=True, kw_only=True)
class Transfer(Event):
    """`value` fen moved; the zero address stands for mint and burn."""

    sender: str
    recipient: str
    value: int


@dataclass(frozen=True, slots=True, kw_only=True)
class AuthorizationUsed(Event):
    """A signed payment was carried out; its `Transfer` follows at once."""

    authorizer: str
    nonce: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AuthorizationCanceled(Event):
    """A nonce was made useless; no money moved."""

    authorizer: str
    nonce: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TierSet(Event):
    """`account` is now of `tier` (the chain's number)."""

    account: str
    tier: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TierLimitsSet(Event):
    """The limits of a tier [fen]."""

    tier: int
    max_balance: int
    per_payment: int
    per_day: int
    per_year: int
    one_factor_per_day: int
    lifetime: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountReplaced(Event):
    """`successor` carries the tier, freeze and counters of `account` from here on."""

    account: str
    successor: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountFrozen(Event):
    """`account` may no longer send."""

    account: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountUnfrozen(Event):
    """`account` may send again."""

    account: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Paused(Event):
    """Payments stop until `expiry` (Unix seconds) at the latest."""

    expiry: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Unpaused(Event):
    """Payments go on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Minted(Event):
    """`value` fen were issued for a bank entry; the `Transfer` follows at once."""

    to: str
    value: int
    entry: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Redeemed(Event):
    """`value` fen were burnt against a bank payment; the `Transfer` follows at once."""

    account: str
    value: int
    bank_reference: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ReserveAttested(Event):
    """The custodian holds `reserve` fen; mints may rely on it until `expiry` (Unix seconds)."""

    reserve: int
    expiry: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Returned(Event):
    """`value` fen came back by a SYSTEM contract; the `Transfer` follows at once."""

    to: str
    value: int


# --- the escrow ---


@dataclass(frozen=True, slots=True, kw_only=True)
class PacketCreated(Event):
    """A packet is open and its money is in the escrow."""

    packet: str
    creator: str
    terms: Terms


@dataclass(frozen=True, slots=True, kw_only=True)
class PacketClaimed(Event):
    """A share was drawn and paid. `link` is zero in an equal packet."""

    packet: str
    account: str
    position: int
    value: int
    link: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ShareOwed(Event):
    """A share was drawn, its payout failed for `reason` (revert data): it can be collected until expiry."""

    packet: str
    account: str
    position: int
    value: int
    link: str
    reason: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class ShareCollected(Event):
    """An owed share was paid."""

    packet: str
    account: str
    value: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimSkipped(Event):
    """A claim was not eligible and used nothing; `reason` is the selector of the error (0x and 8 digits)."""

    packet: str
    account: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PacketRefunded(Event):
    """What was left of a packet went back to its creator."""

    packet: str
    creator: str
    value: int


# --- the batch, and what the indexer makes of our own transactions ---


@dataclass(frozen=True, slots=True, kw_only=True)
class CallFailed(Event):
    """Call `index` of a batch failed with `reason` (revert data). Only in our own transaction does it say anything."""

    index: int
    reason: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class CallRefused(Event):
    """One of our calls was refused in our own transaction. Made by the indexer.

    `error` is the name of the Problem ("DailyLimitExceeded"). `log_index` is that of the log that said so, or -1 when
    the whole transaction reverted.
    """

    key: str
    kind: str
    error: str
    arguments: dict[str, Any]


Fields = dict[str, Any]
Decoder = Callable[[list[str], bytes], Fields]


def _topic_address(topic: str) -> str:
    return checksum(bytes.fromhex(topic[26:]))


def _word(data: bytes, place: int) -> int:
    return int.from_bytes(data[32 * place : 32 * place + 32], "big")


def _word_address(data: bytes, place: int) -> str:
    return checksum(data[32 * place + 12 : 32 * place + 32])


def _word_hex(data: bytes, place: int, size: int = 32) -> str:
    return "0x" + data[32 * place : 32 * place + size].hex()


def _tail(data: bytes, place: int) -> bytes:
    """Return the dynamic `bytes` whose offset stands at word `place`."""
    start = _word(data, place)
    size = int.from_bytes(data[start : start + 32], "big")
    return data[start + 32 : start + 32 + size]


def _transfer(topics: list[str], data: bytes) -> Fields:
    return {"sender": _topic_address(topics[1]), "recipient": _topic_address(topics[2]), "value": _word(data, 0)}


def _authorization(topics: list[str], data: bytes) -> Fields:
    return {"authorizer": _topic_address(topics[1]), "nonce": topics[2]}


def _tier_set(topics: list[str], data: bytes) -> Fields:
    return {"account": _topic_address(topics[1]), "tier": _word(data, 0)}


def _tier_limits(topics: list[str], data: bytes) -> Fields:
    return {
        "tier": int(topics[1], 16),
        "max_balance": _word(data, 0),
        "per_payment": _word(data, 1),
        "per_day": _word(data, 2),
        "per_year": _word(data, 3),
        "one_factor_per_day": _word(data, 4),
        "lifetime": bool(_word(data, 5)),
    }


def _replaced(topics: list[str], data: bytes) -> Fields:
    return {"account": _topic_address(topics[1]), "successor": _topic_address(topics[2])}


def _account(topics: list[str], data: bytes) -> Fields:
    return {"account": _topic_address(topics[1])}


def _paused(topics: list[str], data: bytes) -> Fields:
    return {"expiry": _word(data, 0)}


def _unpaused(topics: list[str], data: bytes) -> Fields:
    return {}


def _minted(topics: list[str], data: bytes) -> Fields:
    return {"to": _topic_address(topics[1]), "value": _word(data, 0), "entry": topics[2]}


def _redeemed(topics: list[str], data: bytes) -> Fields:
    return {"account": _topic_address(topics[1]), "value": _word(data, 0), "bank_reference": topics[2]}


def _attested(topics: list[str], data: bytes) -> Fields:
    return {"reserve": _word(data, 0), "expiry": _word(data, 1)}


def _returned(topics: list[str], data: bytes) -> Fields:
    return {"to": _topic_address(topics[1]), "value": _word(data, 0)}


def _created(topics: list[str], data: bytes) -> Fields:
    terms = Terms(
        creator=_word_address(data, 0),
        total=_word(data, 1),
        shares=_word(data, 2),
        expiry=_word(data, 3),
        max_share=_word(data, 4),
        lucky=bool(_word(data, 5)),
        guests=_word_hex(data, 6),
        claim_key=_word_address(data, 7),
        dealer=_word_address(data, 8),
        draw_commitment=_word_hex(data, 9, 20),
        salt=_word_hex(data, 10),
    )
    return {"packet": topics[1], "creator": _topic_address(topics[2]), "terms": terms}


def _claimed(topics: list[str], data: bytes) -> Fields:
    return {
        "packet": topics[1],
        "account": _topic_address(topics[2]),
        "position": _word(data, 0),
        "value": _word(data, 1),
        "link": _word_hex(data, 2, 20),
    }


def _owed(topics: list[str], data: bytes) -> Fields:
    return {**_claimed(topics, data), "reason": _tail(data, 3)}


def _collected(topics: list[str], data: bytes) -> Fields:
    return {"packet": topics[1], "account": _topic_address(topics[2]), "value": _word(data, 0)}


def _skipped(topics: list[str], data: bytes) -> Fields:
    return {"packet": topics[1], "account": _topic_address(topics[2]), "reason": _word_hex(data, 0, 4)}


def _refunded(topics: list[str], data: bytes) -> Fields:
    return {"packet": topics[1], "creator": _topic_address(topics[2]), "value": _word(data, 0)}


def _failed(topics: list[str], data: bytes) -> Fields:
    return {"index": int(topics[1], 16), "reason": _tail(data, 0)}


TERMS_TUPLE = "(address,uint64,uint16,uint64,uint64,bool,bytes32,address,address,bytes20,bytes32)"

_KINDS: tuple[tuple[str, type[Event], Decoder], ...] = (
    ("Transfer(address,address,uint256)", Transfer, _transfer),
    ("AuthorizationUsed(address,bytes32)", AuthorizationUsed, _authorization),
    ("AuthorizationCanceled(address,bytes32)", AuthorizationCanceled, _authorization),
    ("TierSet(address,uint8)", TierSet, _tier_set),
    ("TierLimitsSet(uint8,(uint48,uint48,uint48,uint48,uint48,bool))", TierLimitsSet, _tier_limits),
    ("AccountReplaced(address,address)", AccountReplaced, _replaced),
    ("AccountFrozen(address)", AccountFrozen, _account),
    ("AccountUnfrozen(address)", AccountUnfrozen, _account),
    ("Paused(uint64)", Paused, _paused),
    ("Unpaused()", Unpaused, _unpaused),
    ("Minted(address,uint256,bytes32)", Minted, _minted),
    ("Redeemed(address,uint256,bytes32)", Redeemed, _redeemed),
    ("ReserveAttested(uint64,uint64)", ReserveAttested, _attested),
    ("Returned(address,uint256)", Returned, _returned),
    (f"PacketCreated(bytes32,address,{TERMS_TUPLE})", PacketCreated, _created),
    ("PacketClaimed(bytes32,address,uint16,uint64,bytes20)", PacketClaimed, _claimed),
    ("ShareOwed(bytes32,address,uint16,uint64,bytes20,bytes)", ShareOwed, _owed),
    ("ShareCollected(bytes32,address,uint64)", ShareCollected, _collected),
    ("ClaimSkipped(bytes32,address,bytes4)", ClaimSkipped, _skipped),
    ("PacketRefunded(bytes32,address,uint64)", PacketRefunded, _refunded),
    ("CallFailed(uint256,bytes)", CallFailed, _failed),
)

SIGNATURES: dict[type[Event], str] = {kind: signature for signature, kind, _ in _KINDS}
"""Each event's Solidity signature."""

TOPICS: dict[type[Event], str] = {
    kind: "0x" + keccak(signature.encode()).hex() for kind, signature in SIGNATURES.items()
}
"""Each event's first topic."""

_BY_TOPIC: dict[str, tuple[type[Event], Decoder]] = {TOPICS[kind]: (kind, decoder) for _, kind, decoder in _KINDS}


def decode(log: Mapping[str, Any], block_time: datetime) -> Event | None:
    """Read one log as JSON-RPC gives it; None for an event that is not ours (an upgrade, a role, an approval)."""
    found = _BY_TOPIC.get(log["topics"][0]) if log["topics"] else None
    if found is None:
        return None
    kind, decoder = found
    return kind(
        block=int(log["blockNumber"], 16),
        log_index=int(log["logIndex"], 16),
        block_time=block_time,
        transaction=log["transactionHash"],
        contract=checksum(bytes.fromhex(log["address"][2:])),
        **decoder(log["topics"], bytes.fromhex(log["data"][2:])),
    )
