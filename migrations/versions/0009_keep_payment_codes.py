"""Keep payment codes, and what is paid by codes in a day."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('code_limits',
    sa.Column('owner', sa.Text(), nullable=False),
    sa.Column('per_day_fen', sa.BigInteger(), nullable=False),
    sa.PrimaryKeyConstraint('owner', name=op.f('pk_code_limits'))
    )
    op.create_table('code_spendings',
    sa.Column('owner', sa.Text(), nullable=False),
    sa.Column('kind', sa.Text(), nullable=False),
    sa.Column('level', sa.Text(), nullable=False),
    sa.Column('day', sa.Date(), nullable=False),
    sa.Column('spent_fen', sa.BigInteger(), nullable=False),
    sa.CheckConstraint('spent_fen >= 0', name=op.f('ck_code_spendings_never_below_zero')),
    sa.PrimaryKeyConstraint('owner', 'kind', 'level', 'day', name=op.f('pk_code_spendings'))
    )
    op.create_table('payment_devices',
    sa.Column('id', sa.Text(), nullable=False),
    sa.Column('owner', sa.Text(), nullable=False),
    sa.Column('slot', sa.Text(), nullable=False),
    sa.Column('key_sealed', sa.LargeBinary(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_payment_devices'))
    )
    op.create_index(op.f('ix_payment_devices_owner'), 'payment_devices', ['owner'], unique=False)
    op.create_index(op.f('ix_payment_devices_slot'), 'payment_devices', ['slot'], unique=False)
    op.create_table('taken_codes',
    sa.Column('device', sa.Text(), nullable=False),
    sa.Column('step', sa.BigInteger(), nullable=False),
    sa.Column('counter', sa.SmallInteger(), nullable=False),
    sa.Column('owner', sa.Text(), nullable=False),
    sa.Column('code', sa.Text(), nullable=False),
    sa.Column('merchant', sa.Text(), nullable=False),
    sa.Column('reference', sa.Text(), nullable=False),
    sa.Column('amount_fen', sa.BigInteger(), nullable=False),
    sa.Column('taken_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['device'], ['payment_devices.id'], name=op.f('fk_taken_codes_device'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('device', 'step', 'counter', name=op.f('pk_taken_codes')),
    sa.UniqueConstraint('merchant', 'reference', name=op.f('uq_taken_codes_merchant_reference'))
    )
    op.create_index(op.f('ix_taken_codes_owner'), 'taken_codes', ['owner'], unique=False)
    op.create_index(op.f('ix_taken_codes_taken_at'), 'taken_codes', ['taken_at'], unique=False)


def downgrade() -> None:
    op.drop_index(op.f('ix_taken_codes_taken_at'), table_name='taken_codes')
    op.drop_index(op.f('ix_taken_codes_owner'), table_name='taken_codes')
    op.drop_table('taken_codes')
    op.drop_index(op.f('ix_payment_devices_slot'), table_name='payment_devices')
    op.drop_index(op.f('ix_payment_devices_owner'), table_name='payment_devices')
    op.drop_table('payment_devices')
    op.drop_table('code_spendings')
    op.drop_table('code_limits')
