"""Let payment requests end and be declined, and note who was reminded; those made before live for 30 days."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("payment_requests", sa.Column("expires_at", sa.DateTime(timezone=True)))
    op.add_column("payment_requests", sa.Column("remind_at", sa.DateTime(timezone=True)))
    op.execute(
        "UPDATE payment_requests"
        " SET expires_at = created_at + interval '30 days', remind_at = created_at + interval '29 days'"
    )
    op.alter_column("payment_requests", "expires_at", nullable=False)
    op.create_index(
        "ix_payment_requests_remind_at", "payment_requests", ["remind_at"],
        postgresql_where=sa.text("remind_at IS NOT NULL"),
    )  # fmt: skip
    op.add_column("payment_shares", sa.Column("declined_at", sa.DateTime(timezone=True)))
    op.add_column("payment_shares", sa.Column("reminded_at", sa.DateTime(timezone=True)))


def downgrade() -> None:
    op.drop_column("payment_shares", "reminded_at")
    op.drop_column("payment_shares", "declined_at")
    op.drop_index("ix_payment_requests_remind_at", table_name="payment_requests")
    op.drop_column("payment_requests", "remind_at")
    op.drop_column("payment_requests", "expires_at")
