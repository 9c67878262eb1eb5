"""The table of what the law keeps of people who left: locked, storage only."""

from datetime import datetime

from sqlalchemy import Index, LargeBinary, Text, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from pswallet.kit.db import Base


class RetainedRecord(Base):
    """Who an erased account belonged to, for the operators' private key alone; `locked` is null once destroyed."""

    __tablename__ = "retained_records"
    __table_args__ = (Index("ix_retained_records_due", "ends_at", postgresql_where=text("locked IS NOT NULL")),)

    account_id: Mapped[str] = mapped_column(Text, primary_key=True)
    basis: Mapped[str] = mapped_column(Text)
    fields: Mapped[list[str]] = mapped_column(ARRAY(Text))
    locked: Mapped[bytes | None] = mapped_column(LargeBinary)
    locked_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    destroyed_at: Mapped[datetime | None] = mapped_column(default=None)
