"""Find who has paid a merchant before."""

import sqlalchemy as sa
from alembic import op

revision = '0018'
down_revision = '0017'
branch_labels = None
depends_on = None


def upgrade() -> None:
    paid = sa.text("leg = 1 AND kind = 'transfer'")
    op.create_index('ix_entries_paid', 'entries', ['account', 'counterparty'], postgresql_where=paid)


def downgrade() -> None:
    op.drop_index('ix_entries_paid', table_name='entries')
