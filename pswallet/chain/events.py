"""What the contracts say, as frozen dataclasses named like the Solidity events. `logs` decodes them."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pswallet.chain.funded import Budget, Campaign, FundedOrder
from pswallet.chain.hashing import keccak
from pswallet.chain.terms import TERMS_TUPLE, Terms


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
class Approval(Event):
    """`spender` may move `value` fen of `owner`; the largest number stands for all that it has."""

    owner: str
    spender: str
    value: int


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


# --- the checkout ---


@dataclass(frozen=True, slots=True, kw_only=True)
class BudgetOpened(Event):
    """A funder lets money be spent on orders."""

    budget: str
    funder: str
    terms: Budget


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderPaid(Event):
    """A funded order is paid: exactly its amount went to its merchant."""

    order: str
    payer: str
    merchant: str
    terms: FundedOrder


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderRefunded(Event):
    """`value` fen of a funded order came back: `own` to the payer, `parts` to the parts' funders in their order."""

    order: str
    payer: str
    merchant: str
    number: int
    signer: str
    value: int
    own: int
    parts: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class CashierSet(Event):
    """`cashier` of `merchant` may refund `cap` fen a day; 0 dismisses."""

    merchant: str
    cashier: str
    cap: int
    number: int


# --- the vouchers ---


@dataclass(frozen=True, slots=True, kw_only=True)
class CampaignOpened(Event):
    """A campaign's whole budget is in the voucher contract."""

    campaign: str
    sponsor: str
    terms: Campaign


@dataclass(frozen=True, slots=True, kw_only=True)
class WinnersListed(Event):
    """Whoever is on the Merkle list `winners` is given vouchers."""

    campaign: str
    winners: str


@dataclass(frozen=True, slots=True, kw_only=True)
class VoucherIssued(Event):
    """`value` fen of vouchers are the account's; `count` is how many it has been given in all."""

    campaign: str
    account: str
    count: int
    value: int


@dataclass(frozen=True, slots=True, kw_only=True)
class VoucherSpent(Event):
    """`value` fen of vouchers went to a merchant in an order."""

    campaign: str
    account: str
    merchant: str
    value: int


@dataclass(frozen=True, slots=True, kw_only=True)
class VoucherRestored(Event):
    """`value` fen came back from a refund and can be spent again."""

    campaign: str
    account: str
    value: int


@dataclass(frozen=True, slots=True, kw_only=True)
class VoucherReturned(Event):
    """`value` fen came back from a refund after the end and went to the sponsor."""

    campaign: str
    account: str
    value: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CampaignClosed(Event):
    """What was left went back to the sponsor."""

    campaign: str
    sponsor: str
    unissued: int
    open: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Anchored(Event):
    """The hash of a subject for a day (days since 1970-01-01 in Asia/Shanghai), and what it sums up to."""

    subject: str
    day: int
    root: str
    total: int


# --- the batch and the indexer ---


@dataclass(frozen=True, slots=True, kw_only=True)
class CallFailed(Event):
    """Call `index` of a batch failed with `reason` (revert data). Only in our own transaction does it say anything."""

    index: int
    reason: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class CallRefused(Event):
    """One of our calls was refused in our own transaction, by a Problem's name; log -1: all of it."""

    key: str
    kind: str
    error: str
    arguments: dict[str, Any]


SIGNATURES: dict[type[Event], str] = {
    Transfer: "Transfer(address,address,uint256)",
    AuthorizationUsed: "AuthorizationUsed(address,bytes32)",
    AuthorizationCanceled: "AuthorizationCanceled(address,bytes32)",
    Approval: "Approval(address,address,uint256)",
    TierSet: "TierSet(address,uint8)",
    TierLimitsSet: "TierLimitsSet(uint8,(uint48,uint48,uint48,uint48,uint48,bool))",
    AccountReplaced: "AccountReplaced(address,address)",
    AccountFrozen: "AccountFrozen(address)",
    AccountUnfrozen: "AccountUnfrozen(address)",
    Paused: "Paused(uint64)",
    Unpaused: "Unpaused()",
    Minted: "Minted(address,uint256,bytes32)",
    Redeemed: "Redeemed(address,uint256,bytes32)",
    ReserveAttested: "ReserveAttested(uint64,uint64)",
    Returned: "Returned(address,uint256)",
    PacketCreated: f"PacketCreated(bytes32,address,{TERMS_TUPLE})",
    PacketClaimed: "PacketClaimed(bytes32,address,uint16,uint64,bytes20)",
    ShareOwed: "ShareOwed(bytes32,address,uint16,uint64,bytes20,bytes)",
    ShareCollected: "ShareCollected(bytes32,address,uint64)",
    ClaimSkipped: "ClaimSkipped(bytes32,address,bytes4)",
    PacketRefunded: "PacketRefunded(bytes32,address,uint64)",
    BudgetOpened: "BudgetOpened(bytes32,address,(address,address,uint64,uint32,bytes32))",
    OrderPaid: "OrderPaid(bytes32,address,address,(address,address,bytes32,bytes32,uint64,uint64,uint64),"
    "(address,bytes32,uint64,uint64)[])",
    OrderRefunded: "OrderRefunded(bytes32,address,address,uint32,address,uint64,uint64,uint64[])",
    CashierSet: "CashierSet(address,address,uint64,uint32)",
    CampaignOpened: "CampaignOpened(bytes32,address,(address,uint64,uint64,uint32,uint64,uint64,uint64,bool,bytes32,"
    "address,bytes32,bytes32))",
    WinnersListed: "WinnersListed(bytes32,bytes32)",
    VoucherIssued: "VoucherIssued(bytes32,address,uint32,uint64)",
    VoucherSpent: "VoucherSpent(bytes32,address,address,uint64)",
    VoucherRestored: "VoucherRestored(bytes32,address,uint64)",
    VoucherReturned: "VoucherReturned(bytes32,address,uint64)",
    CampaignClosed: "CampaignClosed(bytes32,address,uint64,uint64)",
    Anchored: "Anchored(bytes32,uint32,bytes32,uint64)",
    CallFailed: "CallFailed(uint256,bytes)",
}
"""Each event's Solidity signature."""

TOPICS: dict[type[Event], str] = {
    kind: "0x" + keccak(signature.encode()).hex() for kind, signature in SIGNATURES.items()
}
"""Each event's first topic."""
