"""Number the tries of a payment."""

import sqlalchemy as sa
from alembic import op


revision = '0015'
down_revision = '0014'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column('authorization_refusals', sa.Column('number', sa.Integer(), server_default='0', nullable=False))
    op.drop_constraint(op.f('pk_authorization_refusals'), 'authorization_refusals', type_='primary')
    op.create_primary_key(op.f('pk_authorization_refusals'), 'authorization_refusals', ['payer', 'nonce', 'number'])
    op.add_column('authorizations', sa.Column('tries', sa.Integer(), server_default='0', nullable=False))


def downgrade() -> None:
    op.drop_column('authorizations', 'tries')
    op.execute('DELETE FROM authorization_refusals WHERE number > 0')
    op.drop_constraint(op.f('pk_authorization_refusals'), 'authorization_refusals', type_='primary')
    op.create_primary_key(op.f('pk_authorization_refusals'), 'authorization_refusals', ['payer', 'nonce'])
    op.drop_column('authorization_refusals', 'number')
