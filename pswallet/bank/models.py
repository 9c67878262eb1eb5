"""Tables of the bank: its statement as we heard it (intake), and what the token issued for it (facts)."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Index, Text
from sqlalchemy.orm import Mapped, mapped_column

from pswallet.kit.db import Base, Fact


class BankEntry(Base):
    """Money that arrived at the bank for an address. `id` is the bank's name for it, `entry` its hash on chain."""

    __tablename__ = "bank_entries"

    id: Mapped[str] = mapped_column(Text, primary_key=True)
    entry: Mapped[str] = mapped_column(Text, unique=True)
    account: Mapped[str] = mapped_column(Text)
    value_fen: Mapped[int]
    recorded_at: Mapped[datetime]


class BankMint(Fact, Base):
    """The token issued money for an entry."""

    __tablename__ = "bank_mints"

    entry: Mapped[str] = mapped_column(Text, primary_key=True)
    account: Mapped[str] = mapped_column(Text)
    value_fen: Mapped[int]
    at: Mapped[datetime]


class BankRedemption(Fact, Base):
    """The token burnt money against a bank payment."""

    __tablename__ = "bank_redemptions"
    __table_args__ = (Index("ix_bank_redemptions_account", "account"),)

    account: Mapped[str] = mapped_column(Text, primary_key=True)
    bank_reference: Mapped[str] = mapped_column(Text, primary_key=True)
    value_fen: Mapped[int]
    at: Mapped[datetime]


class BankMintRefusal(Fact, Base):
    """The chain would not issue for an entry: the money waits at the bank."""

    __tablename__ = "bank_mint_refusals"

    key: Mapped[str] = mapped_column(Text, primary_key=True)
    entry: Mapped[str] = mapped_column(Text, index=True)
    error: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime]


class ReserveAttestation(Fact, Base):
    """The custodian stated the reserve; mints may rely on it until `expires_at`."""

    __tablename__ = "reserve_attestations"

    reserve_fen: Mapped[int]
    expires_at: Mapped[datetime]
    block: Mapped[int] = mapped_column(primary_key=True)
    log_index: Mapped[int] = mapped_column(primary_key=True)
