"""The outbox's tables: calls that wait, transactions that carry them, each signed version, and the blocks read.

They are not facts: a rollback unsettles calls, it does not forget them.
"""

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, Identity, Index, Integer, LargeBinary, SmallInteger, Text, text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column

from pswallet.kit.db import Base


class ChainCall(Base):
    """A contract call. It waits (no transaction), is under way, and is settled at a block: by its event, or refused."""

    __tablename__ = "chain_calls"
    __table_args__ = (
        Index(
            "ix_chain_calls_waiting",
            "id",
            postgresql_where=text("transaction_id IS NULL AND settled_block IS NULL"),
        ),
        Index("ix_chain_calls_settled_block", "settled_block"),
        Index("ix_chain_calls_lane", "lane", postgresql_where=text("lane IS NOT NULL")),
        # A call changes twice in its life; room in its page keeps both changes off the indexes' disk.
        {"postgresql_with": {"fillfactor": 70}},
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True, init=False)
    key: Mapped[str] = mapped_column(Text, unique=True)
    kind: Mapped[str] = mapped_column(Text)
    arguments: Mapped[dict[str, Any]] = mapped_column(JSONB)
    lane: Mapped[str | None] = mapped_column(Text)
    position: Mapped[int | None] = mapped_column(Integer)
    """A lucky claim's place in its packet's queue, 0-based."""
    left_at: Mapped[datetime] = mapped_column(server_default=text("now()"), init=False)
    """When it was accepted."""
    trace: Mapped[str | None] = mapped_column(Text, default=None)
    """The `traceparent` (W3C) of the request that left it, when requests are traced."""
    transaction_id: Mapped[int | None] = mapped_column(BigInteger, default=None)
    attempts: Mapped[int] = mapped_column(SmallInteger, server_default="0", default=0)
    """In how many transactions it has gone out."""
    reverts: Mapped[int] = mapped_column(SmallInteger, server_default="0", default=0)
    """How many of them reverted as a whole: it travels in ever smaller company."""
    retry_at: Mapped[datetime | None] = mapped_column(default=None)
    settled_block: Mapped[int | None] = mapped_column(BigInteger, default=None)
    refusal: Mapped[str | None] = mapped_column(Text, default=None)


class ChainSender(Base):
    """A key's next nonce. The row's lock is the right to send with it."""

    __tablename__ = "chain_senders"

    address: Mapped[str] = mapped_column(Text, primary_key=True)
    next_nonce: Mapped[int] = mapped_column(BigInteger)


class ChainTransaction(Base):
    """A nonce of ours and the calls that it carries, in order. `call_ids` is empty when it only fills a gap."""

    __tablename__ = "chain_transactions"
    __table_args__ = (
        Index("uq_chain_transactions_sender_nonce", "sender", "nonce", unique=True),
        Index("ix_chain_transactions_unmined", "sender", "nonce", postgresql_where=text("mined_block IS NULL")),
        Index("ix_chain_transactions_mined_block", "mined_block"),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True, init=False)
    sender: Mapped[str] = mapped_column(Text)
    nonce: Mapped[int] = mapped_column(BigInteger)
    call_ids: Mapped[list[int]] = mapped_column(ARRAY(BigInteger))
    sent_at: Mapped[datetime | None] = mapped_column(default=None)
    """When it was last handed to a node; None: send it now."""
    mined_block: Mapped[int | None] = mapped_column(BigInteger, default=None)


class ChainSending(Base):
    """A signed version of a transaction: stored before it is sent, sent again byte for byte after a crash or reorg."""

    __tablename__ = "chain_sendings"
    __table_args__ = (Index("ix_chain_sendings_transaction_id", "transaction_id"),)

    hash: Mapped[str] = mapped_column(Text, primary_key=True)
    transaction_id: Mapped[int] = mapped_column(BigInteger)
    raw: Mapped[bytes] = mapped_column(LargeBinary)
    max_fee: Mapped[int] = mapped_column(BigInteger)
    """[wei a unit of gas]"""
    created_at: Mapped[datetime] = mapped_column(server_default=text("now()"), init=False)


class ChainBlock(Base):
    """A block that the indexer has read; the last one is its cursor."""

    __tablename__ = "chain_blocks"

    number: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    hash: Mapped[str] = mapped_column(Text)
    time: Mapped[datetime]
