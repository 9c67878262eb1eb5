"""Tables of merchants, their webhooks, and payment codes. Keys are hashed or sealed; people stand by id or address."""

from datetime import date, datetime

from sqlalchemy import (
    ARRAY,
    CheckConstraint,
    Date,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    SmallInteger,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from pswallet.kit.db import Base


class Merchant(Base):
    """A business that is paid at its owner's account. What stands here is public: receipts show it."""

    __tablename__ = "merchants"

    id: Mapped[str] = mapped_column(Text, primary_key=True)
    account_id: Mapped[str] = mapped_column(Text, ForeignKey("accounts.id"), unique=True)
    address: Mapped[str] = mapped_column(Text, unique=True)
    """Of its account on the chain."""
    credit_code: Mapped[str] = mapped_column(Text, unique=True)
    name: Mapped[str] = mapped_column(Text)
    kind: Mapped[str] = mapped_column(Text)
    mcc: Mapped[str] = mapped_column(Text)
    city: Mapped[str] = mapped_column(Text)
    place: Mapped[str] = mapped_column(Text)
    """Street and number."""
    created_at: Mapped[datetime]


class Store(Base):
    """A shop of a merchant."""

    __tablename__ = "stores"

    id: Mapped[str] = mapped_column(Text, primary_key=True)
    merchant_id: Mapped[str] = mapped_column(Text, ForeignKey("merchants.id"), index=True)
    name: Mapped[str] = mapped_column(Text)
    street: Mapped[str | None] = mapped_column(Text)
    """The sub-district (街道) of Pingshan; None: elsewhere."""
    place: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime]
    closed_at: Mapped[datetime | None] = mapped_column(default=None)


class Till(Base):
    """A till of a store under the merchant's own number, which orders carry to the chain."""

    __tablename__ = "tills"

    merchant_id: Mapped[str] = mapped_column(Text, ForeignKey("merchants.id"), primary_key=True)
    till: Mapped[str] = mapped_column(Text, primary_key=True)
    store_id: Mapped[str] = mapped_column(Text, ForeignKey("stores.id"), index=True)
    created_at: Mapped[datetime]
    closed_at: Mapped[datetime | None] = mapped_column(default=None)


class Staff(Base):
    """An account that acts for a merchant; its row stays when it is dismissed."""

    __tablename__ = "merchant_staff"

    merchant_id: Mapped[str] = mapped_column(Text, ForeignKey("merchants.id"), primary_key=True)
    account_id: Mapped[str] = mapped_column(Text, ForeignKey("accounts.id"), primary_key=True, index=True)
    role: Mapped[str] = mapped_column(Text)
    since: Mapped[datetime]
    dismissed_at: Mapped[datetime | None] = mapped_column(default=None)


class ApiKey(Base):
    """What a merchant's machine proves itself by. 256 random bits; only their SHA-256 is kept."""

    __tablename__ = "api_keys"

    id: Mapped[str] = mapped_column(Text, primary_key=True)
    merchant_id: Mapped[str] = mapped_column(Text, ForeignKey("merchants.id"), index=True)
    name: Mapped[str] = mapped_column(Text)
    scopes: Mapped[list[str]] = mapped_column(ARRAY(Text))
    token_hash: Mapped[bytes] = mapped_column(LargeBinary, unique=True)
    created_at: Mapped[datetime]
    ends_at: Mapped[datetime | None] = mapped_column(default=None)
    """Set by a rotation (the end of the overlap) or a revocation."""


class WebhookEndpoint(Base):
    """Where a merchant is told of what happens, and how that goes."""

    __tablename__ = "webhook_endpoints"

    id: Mapped[str] = mapped_column(Text, primary_key=True)
    merchant_id: Mapped[str] = mapped_column(Text, ForeignKey("merchants.id"), index=True)
    url: Mapped[str] = mapped_column(Text)
    kinds: Mapped[list[str]] = mapped_column(ARRAY(Text))
    """Which events it is told; empty: all."""
    secret_sealed: Mapped[bytes] = mapped_column(LargeBinary)
    after_block: Mapped[int]
    """It is told nothing of this block and before: the last one when it was made, or the last one forgotten."""
    created_at: Mapped[datetime]
    old_secret_sealed: Mapped[bytes | None] = mapped_column(LargeBinary, default=None)
    old_secret_until: Mapped[datetime | None] = mapped_column(default=None)
    failing_since: Mapped[datetime | None] = mapped_column(default=None)
    """The first failure after which nothing was accepted."""
    disabled_at: Mapped[datetime | None] = mapped_column(default=None)


class WebhookDelivery(Base):
    """An event on its way to an endpoint, written in the transaction of the event itself. Its id never changes."""

    __tablename__ = "webhook_deliveries"
    __table_args__ = (
        UniqueConstraint("endpoint_id", "source"),
        Index(
            "ix_webhook_deliveries_endpoint_id_due_at",
            "endpoint_id",
            "due_at",
            postgresql_where=text("due_at IS NOT NULL"),
        ),
    )

    id: Mapped[str] = mapped_column(Text, primary_key=True)
    endpoint_id: Mapped[str] = mapped_column(Text, ForeignKey("webhook_endpoints.id", ondelete="CASCADE"))
    source: Mapped[str] = mapped_column(Text)
    """What happened, by a name that a rebuild of the rows gives it again."""
    kind: Mapped[str] = mapped_column(Text)
    block: Mapped[int]
    content: Mapped[str] = mapped_column(Text)
    """The body as it is signed and sent, each time the same."""
    created_at: Mapped[datetime] = mapped_column(server_default=text("now()"), init=False)
    tries: Mapped[int] = mapped_column(Integer, server_default=text("0"), init=False)
    due_at: Mapped[datetime | None] = mapped_column(server_default=text("now()"), init=False)
    """When it is tried next; None: accepted, or no more retries."""
    accepted_at: Mapped[datetime | None] = mapped_column(default=None)
    last_status: Mapped[int | None] = mapped_column(Integer, default=None)
    last_flaw: Mapped[str | None] = mapped_column(Text, default=None)
    """Why the last try failed: a word of ours, never what the receiver said."""


# --- codes ---


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
