"""Tables of kyc: the tiers as data with effective dates, and the identities, sealed."""

from datetime import datetime
from typing import Any

from sqlalchemy import Boolean, Connection, ForeignKey, Integer, LargeBinary, Text, event
from sqlalchemy.orm import Mapped, mapped_column

from pswallet.kit.db import Base
from pswallet.kyc import rules


class Tier(Base):
    """What a tier may hold and spend from `effective_from` on, until the tier's next row [fen]."""

    __tablename__ = "tiers"

    tier: Mapped[int] = mapped_column(Integer, primary_key=True)
    """Chain numbering: T0 is 1."""
    effective_from: Mapped[datetime] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(Text)
    max_balance_fen: Mapped[int]
    per_payment_fen: Mapped[int]
    per_day_fen: Mapped[int]
    per_year_fen: Mapped[int]
    lifetime: Mapped[bool] = mapped_column(Boolean)
    """The year's limit is one for life."""


class CheckedIdentity(Base):
    """A real-name check that passed. One document serves one account: its blind index is unique."""

    __tablename__ = "checked_identities"

    account_id: Mapped[str] = mapped_column(Text, ForeignKey("accounts.id"), primary_key=True)
    kind: Mapped[str] = mapped_column(Text)
    number_index: Mapped[str | None] = mapped_column(Text, unique=True)
    """Null once erased: the document may serve another account."""
    number_sealed: Mapped[bytes] = mapped_column(LargeBinary)
    birth_date_sealed: Mapped[bytes] = mapped_column(LargeBinary)
    tier_requested: Mapped[int] = mapped_column(Integer)
    checked_at: Mapped[datetime]
    card_sealed: Mapped[bytes | None] = mapped_column(LargeBinary, default=None)
    face_checked_at: Mapped[datetime | None] = mapped_column(default=None)


def initial_tiers() -> list[dict[str, Any]]:
    """Return the rows of the first tiers; a migration and `create_all` insert them."""
    return [dict(row) for row in rules.INITIAL_TIERS]


@event.listens_for(Tier.__table__, "after_create")
def _insert_initial_tiers(table: Any, connection: Connection, **_: Any) -> None:
    connection.execute(table.insert(), initial_tiers())
