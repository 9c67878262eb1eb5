"""Tables of accounts. Phones and names are sealed by the vault; codes and tokens are kept as hashes only."""

from datetime import datetime

from sqlalchemy import Boolean, ForeignKey, Index, Integer, LargeBinary, PrimaryKeyConstraint, Text
from sqlalchemy.orm import Mapped, mapped_column

from pswallet.kit.db import Base, Fact


class Account(Base):
    """A person's account: one address, one phone. Of an erased one the id, the address and the times remain."""

    __tablename__ = "accounts"

    id: Mapped[str] = mapped_column(Text, primary_key=True)
    address: Mapped[str] = mapped_column(Text, unique=True)
    phone_index: Mapped[str | None] = mapped_column(Text, unique=True)
    """Null once erased: the phone may register again, as somebody new."""
    phone_sealed: Mapped[bytes] = mapped_column(LargeBinary)
    created_at: Mapped[datetime]
    name_sealed: Mapped[bytes | None] = mapped_column(LargeBinary, default=None)
    """Set once the real name has been checked."""
    tier_serial: Mapped[int] = mapped_column(Integer, default=0)
    """How many tier calls were asked for; makes each call's key its own."""
    erased_at: Mapped[datetime | None] = mapped_column(default=None)


class PhoneCode(Base):
    """A one-time code sent to a phone, as a keyed hash."""

    __tablename__ = "phone_codes"
    __table_args__ = (Index("ix_phone_codes_phone_index_sent_at", "phone_index", "sent_at"),)

    id: Mapped[str] = mapped_column(Text, primary_key=True)
    phone_index: Mapped[str] = mapped_column(Text)
    code_hash: Mapped[str] = mapped_column(Text)
    sent_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    tries: Mapped[int] = mapped_column(Integer, default=0)
    used_at: Mapped[datetime | None] = mapped_column(default=None)


class SignInNonce(Base):
    """A nonce for one sign-in message; deleted by its use."""

    __tablename__ = "sign_in_nonces"

    nonce: Mapped[str] = mapped_column(Text, primary_key=True)
    expires_at: Mapped[datetime]


class AccountSession(Base):
    """A signed-in device. The token is 256 random bits; only its SHA-256 is kept."""

    __tablename__ = "account_sessions"

    id: Mapped[str] = mapped_column(Text, primary_key=True)
    account_id: Mapped[str] = mapped_column(Text, ForeignKey("accounts.id"), index=True)
    token_hash: Mapped[bytes] = mapped_column(LargeBinary, unique=True)
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None] = mapped_column(default=None)


class AccountTier(Fact, Base):
    """The chain gave `address` a tier (0 takes the registration back)."""

    __tablename__ = "account_tiers"
    __table_args__ = (PrimaryKeyConstraint("address", "block", "log_index"),)

    address: Mapped[str] = mapped_column(Text)
    tier: Mapped[int] = mapped_column(Integer)


class AccountFreeze(Fact, Base):
    """The chain froze `address`, or let it send again."""

    __tablename__ = "account_freezes"
    __table_args__ = (PrimaryKeyConstraint("address", "block", "log_index"),)

    address: Mapped[str] = mapped_column(Text)
    frozen: Mapped[bool] = mapped_column(Boolean)
