"""Tables of the checkout: what funders and merchants signed (intake), what the contract and the token said (facts)."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, Index, Integer, SmallInteger, Text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column

from pswallet.kit.db import Base, Fact


class CheckoutBudget(Base):
    """A budget that its funder signed for; `budget_openings` says whether it is on the chain."""

    __tablename__ = "checkout_budgets"

    id: Mapped[str] = mapped_column(Text, primary_key=True)
    funder: Mapped[str] = mapped_column(Text, index=True)
    terms: Mapped[dict[str, Any]] = mapped_column(JSONB)
    signature: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime]


class CheckoutRefundAsked(Base):
    """A refund of a funded order, signed by its merchant or a cashier."""

    __tablename__ = "checkout_refunds_asked"

    hash: Mapped[str] = mapped_column(Text, primary_key=True)
    number: Mapped[int] = mapped_column(Integer, primary_key=True)
    tries: Mapped[int] = mapped_column(Integer, primary_key=True)
    """How often the chain had refused a refund of this number before."""
    merchant: Mapped[str] = mapped_column(Text)
    signer: Mapped[str] = mapped_column(Text)
    value_fen: Mapped[int]
    signature: Mapped[str] = mapped_column(Text)
    asked_at: Mapped[datetime]


class BudgetOpening(Fact, Base):
    """A budget is on the chain."""

    __tablename__ = "budget_openings"

    budget: Mapped[str] = mapped_column(Text, primary_key=True)
    funder: Mapped[str] = mapped_column(Text, index=True)
    signer: Mapped[str] = mapped_column(Text)
    total_fen: Mapped[int]
    ends_at: Mapped[datetime]
    at: Mapped[datetime]


class CheckoutPayment(Fact, Base):
    """A funded order is paid: exactly its amount went from its funders to its merchant."""

    __tablename__ = "checkout_payments"
    __table_args__ = (
        Index("ix_checkout_payments_merchant_reference", "merchant", "reference"),
        Index("ix_checkout_payments_payer_block", "payer", "block"),
    )

    hash: Mapped[str] = mapped_column(Text, primary_key=True)
    payer: Mapped[str] = mapped_column(Text)
    merchant: Mapped[str] = mapped_column(Text)
    till: Mapped[str] = mapped_column(Text)
    reference: Mapped[str] = mapped_column(Text)
    own_fen: Mapped[int]
    amount_fen: Mapped[int]
    expires_at: Mapped[datetime]
    transaction: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime]


class CheckoutPart(Fact, Base):
    """What somebody else paid of a funded order; `place` is its place in the order of refunds."""

    __tablename__ = "checkout_parts"
    __table_args__ = (Index("ix_checkout_parts_spent", "budget", "funder", "block", "log_index"),)

    hash: Mapped[str] = mapped_column(Text, primary_key=True)
    place: Mapped[int] = mapped_column(SmallInteger, primary_key=True)
    funder: Mapped[str] = mapped_column(Text)
    budget: Mapped[str] = mapped_column(Text)
    value_fen: Mapped[int]
    minimum_spend_fen: Mapped[int]
    spent_after_fen: Mapped[int]
    """All that this budget has paid up to here, this part too; what came back is not taken off."""


class CheckoutRefund(Fact, Base):
    """Money of a funded order came back: `own_fen` to the payer, `parts_fen` to the parts' funders in their order."""

    __tablename__ = "checkout_refunds"

    hash: Mapped[str] = mapped_column(Text, primary_key=True)
    number: Mapped[int] = mapped_column(Integer, primary_key=True)
    merchant: Mapped[str] = mapped_column(Text)
    signer: Mapped[str] = mapped_column(Text)
    value_fen: Mapped[int]
    own_fen: Mapped[int]
    parts_fen: Mapped[list[int]] = mapped_column(ARRAY(BigInteger))
    at: Mapped[datetime]


class CheckoutCashier(Fact, Base):
    """A merchant let a cashier refund up to `cap_fen` a day; 0 dismissed it."""

    __tablename__ = "checkout_cashiers"

    merchant: Mapped[str] = mapped_column(Text, primary_key=True)
    cashier: Mapped[str] = mapped_column(Text, primary_key=True)
    number: Mapped[int] = mapped_column(Integer, primary_key=True)
    cap_fen: Mapped[int]
    at: Mapped[datetime]


class Allowance(Fact, Base):
    """An account let another move its money: the newest row counts. `value` is a uint256, in digits."""

    __tablename__ = "allowances"

    block: Mapped[int] = mapped_column(BigInteger, primary_key=True, index=True)
    log_index: Mapped[int] = mapped_column(Integer, primary_key=True)
    owner: Mapped[str] = mapped_column(Text, index=True)
    spender: Mapped[str] = mapped_column(Text)
    value: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime]


class CheckoutRefusal(Fact, Base):
    """The chain refused one of our calls to the checkout. `subject`: the order, budget or cashier; or who permits."""

    __tablename__ = "checkout_refusals"
    __table_args__ = (Index("ix_checkout_refusals_subject", "subject", "kind"),)

    key: Mapped[str] = mapped_column(Text, primary_key=True)
    kind: Mapped[str] = mapped_column(Text)
    subject: Mapped[str] = mapped_column(Text)
    number: Mapped[int | None] = mapped_column(Integer)
    error: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime]
