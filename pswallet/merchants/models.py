"""Tables of payment codes: which devices show them, which were taken, and what was paid by codes in a day."""

from datetime import date, datetime

from sqlalchemy import CheckConstraint, Date, ForeignKey, LargeBinary, SmallInteger, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from pswallet.kit.db import Base


class PaymentDevice(Base):
    """A device that shows payment codes of one owner (an account's id), by the key that it shares with the gateway."""

    __tablename__ = "payment_devices"

    id: Mapped[str] = mapped_column(Text, primary_key=True)
    owner: Mapped[str] = mapped_column(Text, index=True)
    slot: Mapped[str] = mapped_column(Text, index=True)
    """Six digits that its codes begin with; a few devices may share them."""
    key_sealed: Mapped[bytes] = mapped_column(LargeBinary)
    created_at: Mapped[datetime]


class TakenCode(Base):
    """A payment code that a merchant took: once, for one reference of the merchant's."""

    __tablename__ = "taken_codes"
    __table_args__ = (UniqueConstraint("merchant", "reference"),)

    device: Mapped[str] = mapped_column(Text, ForeignKey("payment_devices.id", ondelete="CASCADE"), primary_key=True)
    step: Mapped[int] = mapped_column(primary_key=True)
    counter: Mapped[int] = mapped_column(SmallInteger, primary_key=True)
    owner: Mapped[str] = mapped_column(Text, index=True)
    code: Mapped[str] = mapped_column(Text)
    """Its digits, which are worth nothing any more."""
    merchant: Mapped[str] = mapped_column(Text)
    reference: Mapped[str] = mapped_column(Text)
    amount_fen: Mapped[int]
    taken_at: Mapped[datetime] = mapped_column(index=True)


class CodeSpending(Base):
    """What one person (an account's id) paid by codes of a kind and level on one day of Asia/Shanghai."""

    __tablename__ = "code_spendings"
    __table_args__ = (CheckConstraint("spent_fen >= 0", name="never_below_zero"),)

    owner: Mapped[str] = mapped_column(Text, primary_key=True)
    kind: Mapped[str] = mapped_column(Text, primary_key=True)
    level: Mapped[str] = mapped_column(Text, primary_key=True)
    day: Mapped[date] = mapped_column(Date, primary_key=True)
    spent_fen: Mapped[int]


class CodeLimit(Base):
    """What a person set as the most to be paid by codes of level A in a day."""

    __tablename__ = "code_limits"

    owner: Mapped[str] = mapped_column(Text, primary_key=True)
    per_day_fen: Mapped[int]
