"""Keep no cap beside the one on chain."""

import sqlalchemy as sa
from alembic import op

revision = '0016'
down_revision = '0015'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.drop_column('merchant_staff', 'acts')
    op.drop_column('merchant_staff', 'cap_fen')


def downgrade() -> None:
    # What they said is gone: one act on everybody, and no cap, which never held anybody.
    op.add_column('merchant_staff', sa.Column('cap_fen', sa.BigInteger(), nullable=True))
    op.add_column('merchant_staff', sa.Column('acts', sa.Integer(), server_default='1', nullable=False))
    op.alter_column('merchant_staff', 'acts', server_default=None)
