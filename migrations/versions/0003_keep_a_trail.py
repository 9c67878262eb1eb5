"""Keep a trail, retained records and the names of master keys; let erased people go without an index."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = '0003'
down_revision = '0002'
branch_labels = None
depends_on = None


_GUARD = (
    """
    CREATE FUNCTION refuse_to_change_the_trail() RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN RAISE EXCEPTION 'the trail is append-only'; END $$
    """,
    """
    CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON trail_entries
    FOR EACH ROW EXECUTE FUNCTION refuse_to_change_the_trail()
    """,
    """
    CREATE TRIGGER never_emptied BEFORE TRUNCATE ON trail_entries
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_to_change_the_trail()
    """,
)


def upgrade() -> None:
    op.create_table('retained_records',
    sa.Column('account_id', sa.Text(), nullable=False),
    sa.Column('basis', sa.Text(), nullable=False),
    sa.Column('fields', postgresql.ARRAY(sa.Text()), nullable=False),
    sa.Column('locked', sa.LargeBinary(), nullable=True),
    sa.Column('locked_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('ends_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('destroyed_at', sa.DateTime(timezone=True), nullable=True),
    sa.PrimaryKeyConstraint('account_id', name=op.f('pk_retained_records'))
    )
    op.create_index('ix_retained_records_due', 'retained_records', ['ends_at'], unique=False, postgresql_where=sa.text('locked IS NOT NULL'))
    op.create_table('trail_entries',
    sa.Column('number', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('actor', sa.Text(), nullable=False),
    sa.Column('act', sa.Text(), nullable=False),
    sa.Column('person', sa.Text(), nullable=True),
    sa.Column('fields', postgresql.ARRAY(sa.Text()), nullable=False),
    sa.Column('reason', sa.Text(), nullable=False),
    sa.Column('hash', sa.LargeBinary(), nullable=False),
    sa.PrimaryKeyConstraint('number', name=op.f('pk_trail_entries'))
    )
    op.create_index(op.f('ix_trail_entries_person'), 'trail_entries', ['person'], unique=False)
    for statement in _GUARD:
        op.execute(statement)
    op.create_table('vault_masters',
    sa.Column('print', sa.Text(), nullable=False),
    sa.Column('since', sa.DateTime(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('print', name=op.f('pk_vault_masters'))
    )
    op.add_column('accounts', sa.Column('erased_at', sa.DateTime(timezone=True), nullable=True))
    op.alter_column('accounts', 'phone_index',
               existing_type=sa.TEXT(),
               nullable=True)
    op.alter_column('checked_identities', 'number_index',
               existing_type=sa.TEXT(),
               nullable=True)
    op.add_column('vault_keys', sa.Column('master', sa.Text(), nullable=True))


def downgrade() -> None:
    op.drop_column('vault_keys', 'master')
    op.execute("UPDATE checked_identities SET number_index = 'erased:' || account_id WHERE number_index IS NULL")
    op.execute("UPDATE accounts SET phone_index = 'erased:' || id WHERE phone_index IS NULL")
    op.alter_column('checked_identities', 'number_index',
               existing_type=sa.TEXT(),
               nullable=False)
    op.alter_column('accounts', 'phone_index',
               existing_type=sa.TEXT(),
               nullable=False)
    op.drop_column('accounts', 'erased_at')
    op.drop_table('vault_masters')
    op.drop_index(op.f('ix_trail_entries_person'), table_name='trail_entries')
    op.drop_table('trail_entries')
    op.execute("DROP FUNCTION refuse_to_change_the_trail()")
    op.drop_index('ix_retained_records_due', table_name='retained_records', postgresql_where=sa.text('locked IS NOT NULL'))
    op.drop_table('retained_records')
