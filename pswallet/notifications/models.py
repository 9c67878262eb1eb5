"""The tables of notices: what the chain says, and what never goes there."""

from typing import Any

from sqlalchemy import BigInteger, Identity, Index, Text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from pswallet.kit.db import Base, Fact


class Notification(Fact, Base):
    """Something that happened to `address`. `id` grows with every notice of the one indexer, and is the SSE id."""

    __tablename__ = "notifications"
    __table_args__ = (Index("ix_notifications_address_id", "address", "id"),)

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True, init=False)
    address: Mapped[str] = mapped_column(Text)
    kind: Mapped[str] = mapped_column(Text)
    body: Mapped[dict[str, Any]] = mapped_column(JSONB)


class OffChainNotification(Base):
    """Something that `address` is told and no block says. `id` grows with every such notice of one address."""

    __tablename__ = "off_chain_notifications"
    __table_args__ = (Index("ix_off_chain_notifications_address_id", "address", "id"),)

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True, init=False)
    address: Mapped[str] = mapped_column(Text)
    kind: Mapped[str] = mapped_column(Text)
    body: Mapped[dict[str, Any]] = mapped_column(JSONB)
