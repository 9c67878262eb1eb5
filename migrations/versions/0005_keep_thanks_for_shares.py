"""Keep thanks for shares."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('packet_thanks',
    sa.Column('packet', sa.Text(), nullable=False),
    sa.Column('account', sa.Text(), nullable=False),
    sa.Column('person', sa.Text(), nullable=False),
    sa.Column('words_sealed', sa.LargeBinary(), nullable=False),
    sa.Column('thanked_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['packet'], ['red_packets.id'], name=op.f('fk_packet_thanks_packet')),
    sa.PrimaryKeyConstraint('packet', 'account', name=op.f('pk_packet_thanks'))
    )
    op.create_index(op.f('ix_packet_thanks_person'), 'packet_thanks', ['person'], unique=False)


def downgrade() -> None:
    op.drop_index(op.f('ix_packet_thanks_person'), table_name='packet_thanks')
    op.drop_table('packet_thanks')
