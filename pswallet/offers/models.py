"""Tables of offers: what merchants and sponsors give, what of it is taken, baskets, and quotes with their lines."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, LargeBinary, SmallInteger, Text, text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column

from pswallet.kit.db import Base


class Offer(Base):
    """An offer. Its terms never change: another one takes its place."""

    __tablename__ = "offers"
    __table_args__ = (Index("ix_offers_owner_id", "owner", "id"),)

    id: Mapped[str] = mapped_column(Text, primary_key=True)
    owner: Mapped[str] = mapped_column(Text)
    """Address of the merchant or sponsor: whose money it is."""
    fund: Mapped[str | None] = mapped_column(Text)
    """The budget of MerchantCheckout, or the campaign of CityVoucher, that pays it; None: the owner's own price."""
    terms: Mapped[dict[str, Any]] = mapped_column(JSONB)
    seed: Mapped[bytes | None] = mapped_column(LargeBinary)
    """Of a random offer: told when it has ended, its hash from the beginning."""
    merchants: Mapped[list[str]] = mapped_column(ARRAY(Text))
    """Addresses of whom it is for; empty: everybody."""
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime] = mapped_column(index=True)
    """The first second at which it gives nothing. Both are the chain's time."""
    budget_fen: Mapped[int]
    uses: Mapped[int | None]
    per_day: Mapped[int | None]
    per_person: Mapped[int | None]
    per_person_a_day: Mapped[int | None]
    """How many quotes may use it: in all, on a day of Asia/Shanghai, by one person, by one person on a day."""
    created_at: Mapped[datetime]
    withdrawn_at: Mapped[datetime | None] = mapped_column(default=None)


class OfferCount(Base):
    """What of an offer is reserved or used: in all, or by a person, on a day. The database holds it to the caps."""

    __tablename__ = "offer_counts"
    __table_args__ = (
        CheckConstraint("uses BETWEEN 0 AND most_uses", name="uses"),
        CheckConstraint("value_fen BETWEEN 0 AND most_fen", name="value"),
    )

    offer_id: Mapped[str] = mapped_column(Text, ForeignKey("offers.id"), primary_key=True)
    person: Mapped[str] = mapped_column(Text, primary_key=True)
    """An address; empty: everybody."""
    day: Mapped[str] = mapped_column(Text, primary_key=True)
    """A day of Asia/Shanghai (2026-11-25); empty: always."""
    uses: Mapped[int]
    most_uses: Mapped[int]
    value_fen: Mapped[int]
    most_fen: Mapped[int]


class Basket(Base):
    """What a merchant rang up: the items and their prices are its own."""

    __tablename__ = "baskets"

    id: Mapped[str] = mapped_column(Text, primary_key=True)
    merchant: Mapped[str] = mapped_column(Text, index=True)
    items: Mapped[list[dict[str, Any]]] = mapped_column(JSONB)
    price_fen: Mapped[int]
    till: Mapped[str | None] = mapped_column(Text)
    reference: Mapped[str | None] = mapped_column(Text)
    """Of the order that a quote on it becomes; the merchant's own number, used once."""
    created_at: Mapped[datetime]


class Quote(Base):
    """A price promised to one payer until `expires_at`: open, committed to an order, or released."""

    __tablename__ = "quotes"
    __table_args__ = (
        Index("ix_quotes_expires_at_open", "expires_at", postgresql_where=text("status = 'open'")),
        Index("ix_quotes_payer_id", "payer", "id"),
        Index("ix_quotes_payer_open", "payer", postgresql_where=text("status = 'open'")),
    )

    id: Mapped[str] = mapped_column(Text, primary_key=True)
    basket_id: Mapped[str] = mapped_column(Text, ForeignKey("baskets.id"), index=True)
    payer: Mapped[str] = mapped_column(Text)
    own_fen: Mapped[int]
    status: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    """The first second at which it cannot be paid. Both are the chain's time."""
    order_id: Mapped[str | None] = mapped_column(Text, unique=True, default=None)


class QuoteLine(Base):
    """What one offer gives a quote, and so what is reserved of it."""

    __tablename__ = "quote_lines"

    quote_id: Mapped[str] = mapped_column(Text, ForeignKey("quotes.id"), primary_key=True)
    place: Mapped[int] = mapped_column(SmallInteger, primary_key=True)
    offer_id: Mapped[str] = mapped_column(Text, ForeignKey("offers.id"), index=True)
    before_fen: Mapped[int]
    value_fen: Mapped[int]
    minimum_spend_fen: Mapped[int]
    shares_fen: Mapped[list[int]] = mapped_column(ARRAY(BigInteger))
    """Of each item of the basket."""
