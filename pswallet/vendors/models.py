"""The sandbox vendors' own tables. In production the vendors have theirs."""

from datetime import datetime

from sqlalchemy import Index, LargeBinary, Text
from sqlalchemy.orm import Mapped, mapped_column

from pswallet.kit.db import Base


class SandboxMessage(Base):
    """A short message that a real vendor would have sent. Phone as a blind index, text sealed."""

    __tablename__ = "sandbox_messages"
    __table_args__ = (Index("ix_sandbox_messages_phone_index_sent_at", "phone_index", "sent_at"),)

    id: Mapped[str] = mapped_column(Text, primary_key=True)
    phone_index: Mapped[str] = mapped_column(Text)
    text_sealed: Mapped[bytes] = mapped_column(LargeBinary)
    sent_at: Mapped[datetime]
