"""Tables of points: what the chain says of orders (facts), and what people did that never goes there.

No table holds a balance or a lot: they follow from these (`rules.ledger`). Facts are rolled back and replayed by the
indexer; holds and redemptions stay, and name orders by their hashes, which come back the same.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Connection,
    Date,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    SmallInteger,
    Text,
    event,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from pswallet.kit.db import Base, Fact

_REFUSE = """
CREATE OR REPLACE FUNCTION refuse_to_change_points() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN RAISE EXCEPTION 'what happened to points is append-only'; END $$
"""
_GUARD = """
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON {table}
FOR EACH ROW EXECUTE FUNCTION refuse_to_change_points()
"""


class PointsPurchase(Fact, Base):
    """A paid order: what it earned, and what of it was paid in points. `account` paid it."""

    __tablename__ = "points_purchases"
    __table_args__ = (Index("ix_points_purchases_ends_at_account", "ends_at", "account"),)

    account: Mapped[str] = mapped_column(Text, primary_key=True)
    order_id: Mapped[str] = mapped_column(Text, primary_key=True)
    paid_fen: Mapped[int]
    """What refunds are measured by: own money, or the whole amount where there was none."""
    by_own_money: Mapped[bool]
    earned: Mapped[int]
    points_paid: Mapped[int]
    at: Mapped[datetime]
    ends_at: Mapped[datetime]
    """The first instant at which what it earned is gone."""


class PointsRefund(Fact, Base):
    """A refund of such an order: what it takes of the earned points, and returns of the paid ones."""

    __tablename__ = "points_refunds"

    account: Mapped[str] = mapped_column(Text, primary_key=True)
    block: Mapped[int] = mapped_column(BigInteger, primary_key=True, index=True)
    log_index: Mapped[int] = mapped_column(Integer, primary_key=True)
    order_id: Mapped[str] = mapped_column(Text)
    refunded_fen: Mapped[int]
    clawed_back: Mapped[int]
    returned: Mapped[int]
    at: Mapped[datetime]


class PointsHold(Base):
    """Points kept for a quote, then for its order; times are the chain's."""

    __tablename__ = "points_holds"
    __table_args__ = (CheckConstraint("points > 0", name="points"),)

    quote_id: Mapped[str] = mapped_column(Text, primary_key=True)
    account: Mapped[str] = mapped_column(Text, index=True)
    points: Mapped[int]
    at: Mapped[datetime]
    until: Mapped[datetime]
    """When it ends by itself: the quote's end, then the order's expiry; earlier if it was released."""
    order_id: Mapped[str | None] = mapped_column(Text, default=None)


class PointsReward(Base):
    """Something to be had for points, while there is stock, from a level on."""

    __tablename__ = "points_rewards"
    __table_args__ = (
        CheckConstraint("points > 0", name="points"),
        CheckConstraint("stock >= 0", name="stock"),
    )

    id: Mapped[str] = mapped_column(Text, primary_key=True)
    title: Mapped[str] = mapped_column(Text)
    points: Mapped[int]
    stock: Mapped[int]
    level: Mapped[int] = mapped_column(SmallInteger)


class PointsRedemption(Base):
    """Points given for a reward, at what it cost then; append-only."""

    __tablename__ = "points_redemptions"

    id: Mapped[str] = mapped_column(Text, primary_key=True)
    account: Mapped[str] = mapped_column(Text, index=True)
    reward_id: Mapped[str] = mapped_column(Text, ForeignKey("points_rewards.id"))
    points: Mapped[int]
    at: Mapped[datetime]


class PointsReminder(Base):
    """The last reminder that an account had of points that end at `ends_at`."""

    __tablename__ = "points_reminders"

    account: Mapped[str] = mapped_column(Text, primary_key=True)
    ends_at: Mapped[datetime] = mapped_column(primary_key=True)
    days_before: Mapped[int] = mapped_column(SmallInteger)


class PointsDay(Base):
    """Everybody's points at the end of a day of Asia/Shanghai, blinded, and the root that is anchored; append-only."""

    __tablename__ = "points_days"

    day: Mapped[date] = mapped_column(Date, primary_key=True)
    root: Mapped[str] = mapped_column(Text)
    total: Mapped[int]
    leaves: Mapped[bytes] = mapped_column(LargeBinary)
    """The tree's leaves in order, 40 bytes each: blinded account, points."""
    closed_at: Mapped[datetime]


def _guard(table: Any, connection: Connection, **_: Any) -> None:
    connection.execute(text(_REFUSE))
    connection.execute(text(_GUARD.format(table=table.name)))


for _kind in (PointsRedemption, PointsDay):
    event.listen(_kind.__table__, "after_create", _guard)
