"""What answers are made of, by the names of the document.

Made from the OpenAPI document by tools/client.py: do not edit.
"""

from __future__ import annotations

from typing import Literal, TypedDict

from pswallet.client import bodies


class AllowanceShape(TypedDict):
    """What may be paid by codes of a kind and level in a day of Asia/Shanghai, and what was today."""

    kind: Literal["static", "dynamic", "payment"]
    level: Literal["A", "B", "C"]
    per_day_fen: int
    spent_fen: int


class BasketItemShape(TypedDict):
    """A line of a basket as it is kept."""

    code: str
    name: str
    category: str
    unit_price_fen: int
    quantity: int


class BesideShape(TypedDict):
    """A node beside the path from one's leaf to the top."""

    hash: str
    points: int


class BlockShape(TypedDict):
    """A block that the gateway has read."""

    number: int
    hash: str
    time: int


class CashbackShape(TypedDict):
    """A red packet that a paid order's quote promised."""

    quote_id: str
    order_id: str
    owner: str
    payer: str
    amount_fen: int
    salt: str
    packet: str | None


class CashierShape(TypedDict):
    """A cashier of one's own as the chain has it."""

    cashier: str
    cap_fen: int
    refunded_today_fen: int
    number: int


class ClaimsShareShape(TypedDict):
    """A drawn share."""

    position: int
    account: str
    masked_name: str | None
    thanks: str | None
    amount_fen: int
    status: str
    best: bool
    at: str


class ContactShape(TypedDict):
    """A member of a group."""

    address: str
    alias: str
    masked_name: str | None


class Contracts(TypedDict):
    """Where the contracts are."""

    stablecoin: str
    escrow: str
    batch: str
    checkout: str
    voucher: str
    anchor: str


class DeviceShape(TypedDict):
    """A device that shows payment codes."""

    id: str
    created_at: str


class FundedRefundShape(TypedDict):
    """Money of a funded order that came back, or waits to."""

    number: int
    amount_fen: int
    own_fen: int | None
    parts_fen: list[int]
    signer: str
    status: str
    error: str | None


class FundedShape(TypedDict):
    """Who paid an order besides its payer, and what came back to whom."""

    hash: str
    own_fen: int
    parts: list[bodies.OrderPartShape]
    refunds: list[FundedRefundShape]


class KeyShape(TypedDict):
    """A live API key; its token cannot be shown again."""

    id: str
    name: str
    scopes: list[Literal["reports", "webhooks", "orders"]]
    created_at: str
    ends_at: str | None


class KycTierShape(TypedDict):
    """What a tier may hold and spend."""

    tier: int
    name: str
    max_balance_fen: int
    per_payment_fen: int
    per_day_fen: int
    per_year_fen: int
    lifetime: bool
    enforced: bool


class LineShape(TypedDict):
    """One side of one payment."""

    at: str
    kind: str
    counterparty: str
    delta_fen: int
    balance_after_fen: int
    transfer_id: str | None
    packet: str | None
    reference: str | None
    block: int


class LotShape(TypedDict):
    """Points that end together."""

    points: int
    spend_until: str


class Message(TypedDict):
    """A short message that nobody sent."""

    text: str
    code: str


class OfferTermsShape(TypedDict):
    """An offer's terms as they are kept."""

    kind: Literal[
        "member-price", "discount", "reduction", "instant", "random", "voucher", "points", "packet", "cashback"
    ]
    layer: Literal["item", "discount", "reduction", "voucher", "points", "packet", "cashback"] | None
    minimum_spend_fen: int | None
    at_most_fen: int | None
    pay_bp: int
    steps: list[bodies.OfferStepShape]
    repeats: bool
    low_fen: int | None
    high_fen: int | None
    prices: list[bodies.MemberPrice]
    categories: list[str]
    excludes: list[Literal["item", "discount", "reduction", "voucher", "points", "packet", "cashback"]]
    member_tier: int
    allows_zero: bool


class OrderPaymentShape(TypedDict):
    """Money that came for an order."""

    payer: str
    amount_fen: int
    refunded_fen: int
    block: int
    log_index: int
    paid_at: str
    duplicate: bool
    funded: FundedShape | None


class PointsLineShape(TypedDict):
    """Points that came or went."""

    at: str
    kind: str
    delta: int
    balance_after: int
    about: str


class PointsTierShape(TypedDict):
    """A tier of members: what one earned in the last twelve months lifts to it."""

    level: int
    name: str
    growth: int
    next_growth: int | None


class QuoteLineShape(TypedDict):
    """What one offer gives."""

    offer_id: str
    kind: Literal[
        "member-price", "discount", "reduction", "instant", "random", "voucher", "points", "packet", "cashback"
    ]
    layer: Literal["item", "discount", "reduction", "voucher", "points", "packet", "cashback"]
    funder: Literal["merchant", "platform", "points", "sponsor"]
    text: str
    before_fen: int
    value_fen: int
    after_fen: int
    shares_fen: list[int]


class QuotePartShape(TypedDict):
    """What somebody else pays of the order, as MerchantCheckout takes it."""

    offer_id: str
    funder: Literal["merchant", "platform", "points", "sponsor"]
    owner: str
    fund: str | None
    value_fen: int
    minimum_spend_fen: int


class RefundShape(TypedDict):
    """A refund and what became of it."""

    number: int
    payer: str
    amount_fen: int
    transfer_id: str
    status: str
    error: str | None


class RequestsShareShape(TypedDict):
    """One payer's share."""

    payer: str
    amount_fen: int
    status: str
    transfer_id: str | None


class Retained(TypedDict):
    """What the law keeps: locked, storage only, until it is destroyed."""

    fields: list[str]
    basis: str
    until: str


class Reveal(TypedDict):
    """A drawn share and the link that drew it."""

    position: int
    account: str
    link: str
    amount_fen: int


class RewardShape(TypedDict):
    """Something to be had for points."""

    id: str
    title: str
    points: int
    stock: int
    level: int


class SessionShape(TypedDict):
    """An open session."""

    id: str
    created_at: str
    expires_at: str
    current: bool


class TypedDomain(TypedDict):
    """A contract of a chain, in the words of EIP-712."""

    name: str
    version: str
    chainId: int
    verifyingContract: str


class TypedDomains(TypedDict):
    """The contracts that people sign for."""

    token: TypedDomain
    escrow: TypedDomain
    checkout: TypedDomain
    voucher: TypedDomain


class TypedField(TypedDict):
    """One field of an EIP-712 type."""

    name: str
    type: str


class VoucherShape(TypedDict):
    """What one has of a campaign."""

    campaign: str
    names: bodies.Wording
    status: str
    error: str | None
    left_fen: int
    count: int
    waiting: int
    face_fen: int
    minimum_spend_fen: int
    divisible: bool
    starts_at: str
    ends_at: str
