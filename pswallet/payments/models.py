"""Tables of payments: what people signed (intake), and what the token did (facts)."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, Boolean, ForeignKey, Index, Integer, SmallInteger, Text, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from pswallet.kit.db import Base, Fact


class Authorization(Base):
    """A payment that its owner signed: a transfer, a share of a request, or the money of a red packet (`purpose`)."""

    __tablename__ = "authorizations"
    __table_args__ = (
        UniqueConstraint("payer", "nonce"),
        Index("ix_authorizations_payer_valid_before", "payer", "valid_before"),
        Index("ix_authorizations_recipient_valid_before", "recipient", "valid_before"),
    )

    id: Mapped[str] = mapped_column(Text, primary_key=True)
    payer: Mapped[str] = mapped_column(Text)
    recipient: Mapped[str] = mapped_column(Text)
    value_fen: Mapped[int]
    valid_after: Mapped[int]
    valid_before: Mapped[int]
    """Unix seconds, as signed."""
    nonce: Mapped[str] = mapped_column(Text)
    signature: Mapped[str] = mapped_column(Text)
    purpose: Mapped[str] = mapped_column(Text)
    accepted_at: Mapped[datetime]
    """The chain's time at intake, of the last signature."""
    tries: Mapped[int] = mapped_column(Integer, server_default="0", default=0)
    """How often the chain had refused it when it was signed last."""


class PaymentRequest(Base):
    """Somebody asks others for money: a request to one, or an AA split among several."""

    __tablename__ = "payment_requests"
    __table_args__ = (
        Index("ix_payment_requests_creator_id", "creator", "id"),
        Index("ix_payment_requests_remind_at", "remind_at", postgresql_where=text("remind_at IS NOT NULL")),
    )

    id: Mapped[str] = mapped_column(Text, primary_key=True)
    creator: Mapped[str] = mapped_column(Text)
    kind: Mapped[str] = mapped_column(Text)
    total_fen: Mapped[int]
    note: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    """The first second at which no share can be paid. Both are the chain's time."""
    remind_at: Mapped[datetime | None]
    """When the worker reminds of open shares; None once it has."""


class PaymentShare(Base):
    """What one payer of a request is asked for."""

    __tablename__ = "payment_shares"
    __table_args__ = (Index("ix_payment_shares_payer_request_id", "payer", "request_id"),)

    request_id: Mapped[str] = mapped_column(Text, ForeignKey("payment_requests.id"), primary_key=True)
    payer: Mapped[str] = mapped_column(Text, primary_key=True)
    place: Mapped[int] = mapped_column(SmallInteger)
    value_fen: Mapped[int]
    declined_at: Mapped[datetime | None] = mapped_column(default=None)
    reminded_at: Mapped[datetime | None] = mapped_column(default=None)
    """The last reminder, by the asker or by the worker."""


class SharePayment(Base):
    """An authorization given for a share; a refused one may be followed by another."""

    __tablename__ = "share_payments"
    __table_args__ = (Index("ix_share_payments_request_id_payer", "request_id", "payer"),)

    authorization_id: Mapped[str] = mapped_column(Text, ForeignKey("authorizations.id"), primary_key=True)
    request_id: Mapped[str] = mapped_column(Text)
    payer: Mapped[str] = mapped_column(Text)


class Order(Base):
    """What a merchant asks for at a till. Its hash is the nonce of what pays it; nothing here says that it is paid."""

    __tablename__ = "orders"
    __table_args__ = (UniqueConstraint("merchant", "reference"), Index("ix_orders_merchant_id", "merchant", "id"))

    id: Mapped[str] = mapped_column(Text, primary_key=True)
    hash: Mapped[str] = mapped_column(Text, unique=True)
    merchant: Mapped[str] = mapped_column(Text)
    till: Mapped[str] = mapped_column(Text)
    reference: Mapped[str] = mapped_column(Text)
    """The merchant's own number: the same one is the same order."""
    amount_fen: Mapped[int]
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    """The first second at which no payment counts. Both are the chain's time."""
    voided_at: Mapped[datetime | None] = mapped_column(default=None)
    quote_id: Mapped[str | None] = mapped_column(Text, unique=True, default=None)
    """The quote whose price this is; only its payer pays, as it says."""


class FundedIntake(Base):
    """A payer's signature for an order that others help to pay; what became of it is the checkout's to say.

    It outlives a refusal: the same signature may be given again.
    """

    __tablename__ = "funded_orders"
    __table_args__ = (Index("ix_funded_orders_payer_expires_at", "payer", "expires_at"),)

    hash: Mapped[str] = mapped_column(Text, primary_key=True)
    order_id: Mapped[str] = mapped_column(Text, ForeignKey("orders.id"), index=True)
    payer: Mapped[str] = mapped_column(Text)
    terms: Mapped[dict[str, Any]] = mapped_column(JSONB)
    """As `funded.FundedOrder` writes them."""
    points_place: Mapped[int | None] = mapped_column(SmallInteger)
    """Which of the parts the payer's points pay."""
    signature: Mapped[str] = mapped_column(Text)
    tries: Mapped[int] = mapped_column(Integer)
    """How often the chain had refused it when it was given last."""
    accepted_at: Mapped[datetime]
    expires_at: Mapped[datetime]


class OrderRefund(Base):
    """A merchant's signed refund of an order, in the order's own count; what became of it is its authorization's."""

    __tablename__ = "order_refunds"
    __table_args__ = (UniqueConstraint("order_id", "number"),)

    authorization_id: Mapped[str] = mapped_column(Text, ForeignKey("authorizations.id"), primary_key=True)
    order_id: Mapped[str] = mapped_column(Text, ForeignKey("orders.id"))
    number: Mapped[int]
    """0, 1, …: part of what is signed."""
    payer: Mapped[str] = mapped_column(Text)
    """Who gets it: one that paid the order."""
    value_fen: Mapped[int]


class Entry(Fact, Base):
    """One address's side of one Transfer, with the address's balance and counters after it [fen]."""

    __tablename__ = "entries"
    # Who has paid a merchant before (`customers.has_paid`) is asked of each payment that it makes.
    __table_args__ = (
        Index(
            "ix_entries_paid",
            "account",
            "counterparty",
            postgresql_where=text("leg = 1 AND kind = 'transfer'"),
        ),
    )

    account: Mapped[str] = mapped_column(Text, primary_key=True)
    block: Mapped[int] = mapped_column(BigInteger, primary_key=True, index=True)
    log_index: Mapped[int] = mapped_column(Integer, primary_key=True)
    leg: Mapped[int] = mapped_column(SmallInteger, primary_key=True)
    """0 the debit, 1 the credit: a payment to oneself has both."""
    kind: Mapped[str] = mapped_column(Text)
    """mint, redeem or transfer."""
    counterparty: Mapped[str] = mapped_column(Text)
    delta_fen: Mapped[int]
    balance_after_fen: Mapped[int]
    sent_today_fen: Mapped[int]
    sent_this_year_fen: Mapped[int]
    sent_ever_fen: Mapped[int]
    at: Mapped[datetime]


class AuthorizationUse(Fact, Base):
    """The token took an authorization; its Transfer is the next log."""

    __tablename__ = "authorization_uses"
    __table_args__ = (Index("ix_authorization_uses_nonce", "nonce"),)

    payer: Mapped[str] = mapped_column(Text, primary_key=True)
    nonce: Mapped[str] = mapped_column(Text, primary_key=True)
    at: Mapped[datetime]


class AuthorizationCancellation(Fact, Base):
    """The payer made a nonce useless before it was used."""

    __tablename__ = "authorization_cancellations"

    payer: Mapped[str] = mapped_column(Text, primary_key=True)
    nonce: Mapped[str] = mapped_column(Text, primary_key=True)


class AuthorizationRefusal(Fact, Base):
    """The chain refused our own call that carried an authorization; `error` is the Problem's name.

    A payment is refused when each of its tries is, not before: a reorganisation may send an earlier one out again.
    """

    __tablename__ = "authorization_refusals"

    payer: Mapped[str] = mapped_column(Text, primary_key=True)
    nonce: Mapped[str] = mapped_column(Text, primary_key=True)
    number: Mapped[int] = mapped_column(Integer, primary_key=True, server_default="0")
    """Which try, from 0."""
    error: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime]


class TierLimit(Fact, Base):
    """The limits of a tier from this event on [fen]; the newest row of a tier holds."""

    __tablename__ = "tier_limits"

    tier: Mapped[int] = mapped_column(SmallInteger, primary_key=True)
    block: Mapped[int] = mapped_column(BigInteger, primary_key=True, index=True)
    log_index: Mapped[int] = mapped_column(Integer, primary_key=True)
    max_balance_fen: Mapped[int]
    per_payment_fen: Mapped[int]
    per_day_fen: Mapped[int]
    per_year_fen: Mapped[int]
    one_factor_per_day_fen: Mapped[int]
    lifetime: Mapped[bool] = mapped_column(Boolean)


class PaymentPause(Fact, Base):
    """Payments stand still until `expires_at` at the latest; None: they go on. The newest row holds."""

    __tablename__ = "payment_pauses"

    block: Mapped[int] = mapped_column(BigInteger, primary_key=True, index=True)
    log_index: Mapped[int] = mapped_column(Integer, primary_key=True)
    expires_at: Mapped[datetime | None]


class Succession(Fact, Base):
    """From here on the counters of `account` are those of `successor`, in place of what it had sent itself."""

    __tablename__ = "successions"

    successor: Mapped[str] = mapped_column(Text, primary_key=True)
    block: Mapped[int] = mapped_column(BigInteger, primary_key=True, index=True)
    log_index: Mapped[int] = mapped_column(Integer, primary_key=True)
    account: Mapped[str] = mapped_column(Text)
