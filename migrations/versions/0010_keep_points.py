"""Keep points."""

import sqlalchemy as sa
from alembic import op

revision = '0010'
down_revision = '0009'
branch_labels = None
depends_on = None


_REFUSE = """
CREATE FUNCTION refuse_to_change_points() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN RAISE EXCEPTION 'what happened to points is append-only'; END $$
"""
_GUARD = """
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON {table}
FOR EACH ROW EXECUTE FUNCTION refuse_to_change_points()
"""


def upgrade() -> None:
    op.create_table('points_days',
    sa.Column('day', sa.Date(), nullable=False),
    sa.Column('root', sa.Text(), nullable=False),
    sa.Column('total', sa.BigInteger(), nullable=False),
    sa.Column('leaves', sa.LargeBinary(), nullable=False),
    sa.Column('closed_at', sa.DateTime(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('day', name=op.f('pk_points_days'))
    )
    op.create_table('points_holds',
    sa.Column('quote_id', sa.Text(), nullable=False),
    sa.Column('account', sa.Text(), nullable=False),
    sa.Column('points', sa.BigInteger(), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('until', sa.DateTime(timezone=True), nullable=False),
    sa.Column('order_id', sa.Text(), nullable=True),
    sa.CheckConstraint('points > 0', name=op.f('ck_points_holds_points')),
    sa.PrimaryKeyConstraint('quote_id', name=op.f('pk_points_holds'))
    )
    op.create_index(op.f('ix_points_holds_account'), 'points_holds', ['account'], unique=False)
    op.create_table('points_purchases',
    sa.Column('account', sa.Text(), nullable=False),
    sa.Column('order_id', sa.Text(), nullable=False),
    sa.Column('paid_fen', sa.BigInteger(), nullable=False),
    sa.Column('by_own_money', sa.Boolean(), nullable=False),
    sa.Column('earned', sa.BigInteger(), nullable=False),
    sa.Column('points_paid', sa.BigInteger(), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('ends_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('block', sa.BigInteger(), nullable=False),
    sa.Column('log_index', sa.Integer(), nullable=False),
    sa.PrimaryKeyConstraint('account', 'order_id', name=op.f('pk_points_purchases'))
    )
    op.create_index(op.f('ix_points_purchases_block'), 'points_purchases', ['block'], unique=False)
    op.create_index('ix_points_purchases_ends_at_account', 'points_purchases', ['ends_at', 'account'], unique=False)
    op.create_table('points_refunds',
    sa.Column('account', sa.Text(), nullable=False),
    sa.Column('block', sa.BigInteger(), nullable=False),
    sa.Column('log_index', sa.Integer(), nullable=False),
    sa.Column('order_id', sa.Text(), nullable=False),
    sa.Column('refunded_fen', sa.BigInteger(), nullable=False),
    sa.Column('clawed_back', sa.BigInteger(), nullable=False),
    sa.Column('returned', sa.BigInteger(), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('account', 'block', 'log_index', name=op.f('pk_points_refunds'))
    )
    op.create_index(op.f('ix_points_refunds_block'), 'points_refunds', ['block'], unique=False)
    op.create_table('points_reminders',
    sa.Column('account', sa.Text(), nullable=False),
    sa.Column('ends_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('days_before', sa.SmallInteger(), nullable=False),
    sa.PrimaryKeyConstraint('account', 'ends_at', name=op.f('pk_points_reminders'))
    )
    op.create_table('points_rewards',
    sa.Column('id', sa.Text(), nullable=False),
    sa.Column('title', sa.Text(), nullable=False),
    sa.Column('points', sa.BigInteger(), nullable=False),
    sa.Column('stock', sa.BigInteger(), nullable=False),
    sa.Column('level', sa.SmallInteger(), nullable=False),
    sa.CheckConstraint('points > 0', name=op.f('ck_points_rewards_points')),
    sa.CheckConstraint('stock >= 0', name=op.f('ck_points_rewards_stock')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_points_rewards'))
    )
    op.create_table('points_redemptions',
    sa.Column('id', sa.Text(), nullable=False),
    sa.Column('account', sa.Text(), nullable=False),
    sa.Column('reward_id', sa.Text(), nullable=False),
    sa.Column('points', sa.BigInteger(), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['reward_id'], ['points_rewards.id'], name=op.f('fk_points_redemptions_reward_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_points_redemptions'))
    )
    op.create_index(op.f('ix_points_redemptions_account'), 'points_redemptions', ['account'], unique=False)
    op.execute(_REFUSE)
    for table in ('points_redemptions', 'points_days'):
        op.execute(_GUARD.format(table=table))


def downgrade() -> None:
    op.drop_index(op.f('ix_points_redemptions_account'), table_name='points_redemptions')
    op.drop_table('points_redemptions')
    op.drop_table('points_rewards')
    op.drop_table('points_reminders')
    op.drop_index(op.f('ix_points_refunds_block'), table_name='points_refunds')
    op.drop_table('points_refunds')
    op.drop_index('ix_points_purchases_ends_at_account', table_name='points_purchases')
    op.drop_index(op.f('ix_points_purchases_block'), table_name='points_purchases')
    op.drop_table('points_purchases')
    op.drop_index(op.f('ix_points_holds_account'), table_name='points_holds')
    op.drop_table('points_holds')
    op.drop_table('points_days')
    op.execute('DROP FUNCTION refuse_to_change_points')
