"""The table of contact groups. Who knows whom is personal: nothing of a group is readable without the vault."""

from datetime import datetime

from sqlalchemy import LargeBinary, Text
from sqlalchemy.orm import Mapped, mapped_column

from pswallet.kit.db import Base


class ContactGroup(Base):
    """A group of one owner (an account's id): its name and members as JSON, sealed as the owner's."""

    __tablename__ = "contact_groups"

    id: Mapped[str] = mapped_column(Text, primary_key=True)
    owner: Mapped[str] = mapped_column(Text, index=True)
    content_sealed: Mapped[bytes] = mapped_column(LargeBinary)
    created_at: Mapped[datetime]
