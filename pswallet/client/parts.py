"""What answers are made of, by the names of the document.

Made from the OpenAPI document by tools/client.py: do not edit.
"""

from __future__ import annotations

from typing import TypedDict


class BlockShape(TypedDict):
    """A block that the gateway has read."""

    number: int
    hash: str
    time: int


class ClaimsShareShape(TypedDict):
    """A drawn share."""

    position: int
    account: str
    masked_name: str | None
    amount_fen: int
    status: str
    best: bool
    at: str


class Contracts(TypedDict):
    """Where the contracts are."""

    stablecoin: str
    escrow: str
    batch: str


class LineShape(TypedDict):
    """One side of one payment."""

    at: str
    kind: str
    counterparty: str
    delta_fen: int
    balance_after_fen: int
    transfer_id: str | None
    packet: str | None
    block: int


class Message(TypedDict):
    """A short message that nobody sent."""

    text: str
    code: str


class RequestsShareShape(TypedDict):
    """One payer's share."""

    payer: str
    amount_fen: int
    status: str
    transfer_id: str | None


class Reveal(TypedDict):
    """A drawn share and the link that drew it."""

    position: int
    account: str
    link: str
    amount_fen: int


class SessionShape(TypedDict):
    """An open session."""

    id: str
    created_at: str
    expires_at: str
    current: bool


class TierShape(TypedDict):
    """What a tier may hold and spend."""

    tier: int
    name: str
    max_balance_fen: int
    per_payment_fen: int
    per_day_fen: int
    per_year_fen: int
    lifetime: bool
    enforced: bool
