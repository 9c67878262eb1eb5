"""Tables of campaigns: what sponsors and people asked for (intake), and what the voucher contract did (facts)."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, ForeignKey, Index, Integer, LargeBinary, SmallInteger, Text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from pswallet.kit.db import Base, Fact


class ListedShop(Base):
    """A shop of a list that is known by its Merkle root, its category (ISO 18245) and its proof (32 bytes a node)."""

    __tablename__ = "listed_shops"

    root: Mapped[str] = mapped_column(Text, primary_key=True)
    merchant: Mapped[str] = mapped_column(Text, primary_key=True)
    category: Mapped[int] = mapped_column(SmallInteger)
    proof: Mapped[bytes] = mapped_column(LargeBinary)


class Campaign(Base):
    """A campaign that its sponsor signed, and its words for people by language. Its id is the hash of its terms."""

    __tablename__ = "campaigns"

    id: Mapped[str] = mapped_column(Text, primary_key=True)
    sponsor: Mapped[str] = mapped_column(Text, index=True)
    terms: Mapped[dict[str, Any]] = mapped_column(JSONB)
    names: Mapped[dict[str, str]] = mapped_column(JSONB)
    notes: Mapped[dict[str, str]] = mapped_column(JSONB)
    budget_fen: Mapped[int]
    face_fen: Mapped[int]
    per_person: Mapped[int]
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    shops: Mapped[str] = mapped_column(Text)
    """The root of its `listed_shops`."""
    created_at: Mapped[datetime]


class ListedWinner(Base):
    """An account's place on a list of a campaign: how many vouchers it may have had in all, and its proof."""

    __tablename__ = "listed_winners"
    __table_args__ = (Index("ix_listed_winners_account_campaign", "account", "campaign"),)

    campaign: Mapped[str] = mapped_column(Text, ForeignKey("campaigns.id"), primary_key=True)
    root: Mapped[str] = mapped_column(Text, primary_key=True)
    account: Mapped[str] = mapped_column(Text, primary_key=True)
    count: Mapped[int] = mapped_column(Integer)
    proof: Mapped[bytes] = mapped_column(LargeBinary)


class VoucherClaim(Base):
    """What an account asked for: to have had `count` vouchers in all; `value_fen` is what this adds.

    `tries`: how often the chain had refused just this before.
    """

    __tablename__ = "voucher_claims"

    campaign: Mapped[str] = mapped_column(Text, primary_key=True)
    account: Mapped[str] = mapped_column(Text, primary_key=True)
    count: Mapped[int] = mapped_column(Integer, primary_key=True)
    tries: Mapped[int] = mapped_column(Integer, primary_key=True)
    value_fen: Mapped[int]
    claimed_at: Mapped[datetime]


class CampaignOpening(Fact, Base):
    """The campaign's whole budget is in the contract."""

    __tablename__ = "campaign_openings"

    campaign: Mapped[str] = mapped_column(Text, primary_key=True)
    sponsor: Mapped[str] = mapped_column(Text)
    terms: Mapped[dict[str, Any]] = mapped_column(JSONB)
    budget_fen: Mapped[int]
    ends_at: Mapped[datetime] = mapped_column(index=True)
    at: Mapped[datetime]


class WinnerListing(Fact, Base):
    """A list of winners holds from here on; anyone may carry the same list again."""

    __tablename__ = "winner_listings"
    __table_args__ = (Index("ix_winner_listings_campaign_root", "campaign", "root"),)

    block: Mapped[int] = mapped_column(BigInteger, primary_key=True, index=True)
    log_index: Mapped[int] = mapped_column(Integer, primary_key=True)
    campaign: Mapped[str] = mapped_column(Text)
    root: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime]


class VoucherEntry(Fact, Base):
    """Vouchers moved. `kind`: issued (`count` in all), spent (to `merchant`), restored, or returned to the sponsor."""

    __tablename__ = "voucher_entries"
    __table_args__ = (
        Index("ix_voucher_entries_account_campaign", "account", "campaign"),
        Index("ix_voucher_entries_campaign_kind", "campaign", "kind"),
    )

    block: Mapped[int] = mapped_column(BigInteger, primary_key=True, index=True)
    log_index: Mapped[int] = mapped_column(Integer, primary_key=True)
    campaign: Mapped[str] = mapped_column(Text)
    account: Mapped[str] = mapped_column(Text)
    kind: Mapped[str] = mapped_column(Text)
    value_fen: Mapped[int]
    count: Mapped[int | None] = mapped_column(Integer)
    merchant: Mapped[str | None] = mapped_column(Text)
    at: Mapped[datetime]


class CampaignClosing(Fact, Base):
    """What was left went back to the sponsor: never issued, and issued but not spent."""

    __tablename__ = "campaign_closings"

    campaign: Mapped[str] = mapped_column(Text, primary_key=True)
    sponsor: Mapped[str] = mapped_column(Text)
    unissued_fen: Mapped[int]
    open_fen: Mapped[int]
    at: Mapped[datetime]


class VoucherRefusal(Fact, Base):
    """The chain refused one of our calls about a campaign. `account` is empty unless it is a claim."""

    __tablename__ = "voucher_refusals"
    __table_args__ = (Index("ix_voucher_refusals_campaign_account", "campaign", "account", "kind"),)

    key: Mapped[str] = mapped_column(Text, primary_key=True)
    campaign: Mapped[str] = mapped_column(Text)
    account: Mapped[str] = mapped_column(Text)
    kind: Mapped[str] = mapped_column(Text)
    count: Mapped[int | None] = mapped_column(Integer)
    error: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime]
