"""Keep what budgets have paid."""

import sqlalchemy as sa
from alembic import op


revision = '0017'
down_revision = '0016'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column('checkout_parts', sa.Column('spent_after_fen', sa.BigInteger(), nullable=True))
    op.execute(
        'UPDATE checkout_parts p SET spent_after_fen = s.fen FROM ('
        'SELECT hash, place, sum(value_fen) OVER (PARTITION BY budget, funder ORDER BY block, log_index, place) AS fen'
        ' FROM checkout_parts) s WHERE s.hash = p.hash AND s.place = p.place'
    )
    op.alter_column('checkout_parts', 'spent_after_fen', nullable=False)
    op.drop_index(op.f('ix_checkout_parts_budget'), table_name='checkout_parts')
    op.create_index('ix_checkout_parts_spent', 'checkout_parts', ['budget', 'funder', 'block', 'log_index'])


def downgrade() -> None:
    op.drop_index('ix_checkout_parts_spent', table_name='checkout_parts')
    op.create_index(op.f('ix_checkout_parts_budget'), 'checkout_parts', ['budget'])
    op.drop_column('checkout_parts', 'spent_after_fen')
