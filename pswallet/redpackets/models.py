"""Tables of red packets: what people asked for (intake), and what the escrow did (facts)."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    SmallInteger,
    Text,
    UniqueConstraint,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from pswallet.kit.db import Base, Fact


class Draw(Base):
    """A commitment that the dealer gave to a creator before any packet existed."""

    __tablename__ = "draws"

    id: Mapped[str] = mapped_column(Text, primary_key=True)
    creator: Mapped[str] = mapped_column(Text)
    commitment: Mapped[str] = mapped_column(Text, unique=True)
    created_at: Mapped[datetime]


class PhraseKey(Base):
    """A claim key that the gateway holds for a spoken phrase (口令); sealed by the vault, the phrase a keyed hash."""

    __tablename__ = "phrase_keys"

    claim_key: Mapped[str] = mapped_column(Text, primary_key=True)
    creator: Mapped[str] = mapped_column(Text)
    secret_sealed: Mapped[bytes] = mapped_column(LargeBinary)
    phrase_index: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime]


class PhraseTry(Base):
    """A wrong phrase; five an hour an account."""

    __tablename__ = "phrase_tries"
    __table_args__ = (Index("ix_phrase_tries_account_tried_at", "account", "tried_at"),)

    id: Mapped[str] = mapped_column(Text, primary_key=True)
    account: Mapped[str] = mapped_column(Text)
    tried_at: Mapped[datetime]


class RedPacket(Base):
    """A packet that somebody signed. Its id is the EIP-712 hash of its terms."""

    __tablename__ = "red_packets"
    __table_args__ = (
        UniqueConstraint("draw_id"),
        UniqueConstraint("phrase_key"),
        Index("ix_red_packets_creator_created_at_id", "creator", "created_at", "id"),
    )

    id: Mapped[str] = mapped_column(Text, primary_key=True)
    creator: Mapped[str] = mapped_column(Text)
    kind: Mapped[str] = mapped_column(Text)
    """equal, lucky, exclusive, link or phrase."""
    terms: Mapped[dict[str, Any]] = mapped_column(JSONB)
    total_fen: Mapped[int]
    shares: Mapped[int] = mapped_column(SmallInteger)
    lucky: Mapped[bool] = mapped_column(Boolean)
    largest_share_fen: Mapped[int]
    claim_key: Mapped[str] = mapped_column(Text)
    expires_at: Mapped[datetime]
    greeting: Mapped[str] = mapped_column(Text)
    cover: Mapped[str] = mapped_column(Text)
    draw_id: Mapped[str | None] = mapped_column(Text)
    phrase_key: Mapped[str | None] = mapped_column(Text)
    created_at: Mapped[datetime]
    """The chain's time at intake."""


class PacketGuest(Base):
    """A guest, its place in the list and its Merkle proof (32 bytes a node)."""

    __tablename__ = "packet_guests"
    __table_args__ = (Index("ix_packet_guests_account_invited_at_packet", "account", "invited_at", "packet"),)

    packet: Mapped[str] = mapped_column(Text, ForeignKey("red_packets.id"), primary_key=True)
    account: Mapped[str] = mapped_column(Text, primary_key=True)
    place: Mapped[int] = mapped_column(SmallInteger)
    proof: Mapped[bytes] = mapped_column(LargeBinary)
    invited_at: Mapped[datetime]
    """The packet's `created_at`."""


class PacketClaim(Base):
    """A claim, its position and its ticket: one for ever of each account and packet."""

    __tablename__ = "packet_claims"
    __table_args__ = (Index("ix_packet_claims_account_claimed_at", "account", "claimed_at"),)

    packet: Mapped[str] = mapped_column(Text, primary_key=True)
    account: Mapped[str] = mapped_column(Text, primary_key=True)
    position: Mapped[int] = mapped_column(SmallInteger)
    ticket: Mapped[bytes] = mapped_column(LargeBinary)
    """The dealer's signature over PositionTicket(packet, claimant, position): 65 bytes."""
    bound_fen: Mapped[int]
    """The most that the share can be [fen]: what counts against the day's limit until the share is known."""
    claimed_at: Mapped[datetime]


class PacketThanks(Base):
    """What who drew a share said to the creator: once, sealed by the vault as `person`'s (an account's id)."""

    __tablename__ = "packet_thanks"

    packet: Mapped[str] = mapped_column(Text, ForeignKey("red_packets.id"), primary_key=True)
    account: Mapped[str] = mapped_column(Text, primary_key=True)
    person: Mapped[str] = mapped_column(Text, index=True)
    words_sealed: Mapped[bytes] = mapped_column(LargeBinary)
    thanked_at: Mapped[datetime]


class PacketOpening(Fact, Base):
    """The packet's money is in the escrow."""

    __tablename__ = "packet_openings"

    packet: Mapped[str] = mapped_column(Text, primary_key=True)
    creator: Mapped[str] = mapped_column(Text, index=True)
    terms: Mapped[dict[str, Any]] = mapped_column(JSONB)
    shares: Mapped[int] = mapped_column(SmallInteger)
    expires_at: Mapped[datetime] = mapped_column(index=True)
    at: Mapped[datetime]


class PacketShare(Fact, Base):
    """A share was drawn: paid, or owed for `reason` (the Problem's name) until it is collected.

    The key holds the position: past the gateway a creator may list a guest twice, and the indexer must go on.
    """

    __tablename__ = "packet_shares"
    __table_args__ = (Index("ix_packet_shares_account_at_packet", "account", "at", "packet"),)

    packet: Mapped[str] = mapped_column(Text, primary_key=True)
    account: Mapped[str] = mapped_column(Text, primary_key=True)
    position: Mapped[int] = mapped_column(SmallInteger, primary_key=True)
    value_fen: Mapped[int]
    link: Mapped[bytes] = mapped_column(LargeBinary)
    reason: Mapped[str | None] = mapped_column(Text)
    at: Mapped[datetime]


class PacketCollection(Fact, Base):
    """What was owed to an account was paid."""

    __tablename__ = "packet_collections"

    packet: Mapped[str] = mapped_column(Text, primary_key=True)
    account: Mapped[str] = mapped_column(Text, primary_key=True)
    block: Mapped[int] = mapped_column(BigInteger, primary_key=True, index=True)
    log_index: Mapped[int] = mapped_column(Integer, primary_key=True)
    value_fen: Mapped[int]
    at: Mapped[datetime]


class PacketRefund(Fact, Base):
    """What was left went back to the creator."""

    __tablename__ = "packet_refunds"

    packet: Mapped[str] = mapped_column(Text, primary_key=True)
    creator: Mapped[str] = mapped_column(Text)
    value_fen: Mapped[int]
    at: Mapped[datetime]


class PacketRefusal(Fact, Base):
    """The chain refused one of our calls about a packet. `account` is empty for a creation or a refund."""

    __tablename__ = "packet_refusals"
    __table_args__ = (Index("ix_packet_refusals_packet", "packet", "account", "kind"),)

    key: Mapped[str] = mapped_column(Text, primary_key=True)
    packet: Mapped[str] = mapped_column(Text)
    account: Mapped[str] = mapped_column(Text)
    kind: Mapped[str] = mapped_column(Text)
    error: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime]
