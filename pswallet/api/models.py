"""The edge's own tables: answers kept under an Idempotency-Key, and windows of the rate limits."""

from datetime import datetime

from sqlalchemy import Index, Integer, LargeBinary, Text
from sqlalchemy.orm import Mapped, mapped_column

from pswallet.kit.db import Base


class KeptAnswer(Base):
    """What a POST was answered. `owner` is an account id, or the blind index of an unauthenticated client."""

    __tablename__ = "kept_answers"
    __table_args__ = (Index("ix_kept_answers_kept_at", "kept_at"),)

    owner: Mapped[str] = mapped_column(Text, primary_key=True)
    key: Mapped[str] = mapped_column(Text, primary_key=True)
    fingerprint: Mapped[bytes] = mapped_column(LargeBinary)
    """SHA-256 of method, path and body."""
    status: Mapped[int] = mapped_column(Integer)
    body: Mapped[bytes] = mapped_column(LargeBinary)
    """The JSON answer, sealed by the vault: it may name a session token."""
    kept_at: Mapped[datetime]


class RateWindow(Base):
    """How often something was tried in one window of time."""

    __tablename__ = "rate_windows"

    bucket: Mapped[str] = mapped_column(Text, primary_key=True)
    started_at: Mapped[datetime] = mapped_column(primary_key=True)
    count: Mapped[int] = mapped_column(Integer)
