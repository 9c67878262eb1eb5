"""Keep contact groups."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('contact_groups',
    sa.Column('id', sa.Text(), nullable=False),
    sa.Column('owner', sa.Text(), nullable=False),
    sa.Column('content_sealed', sa.LargeBinary(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_contact_groups'))
    )
    op.create_index(op.f('ix_contact_groups_owner'), 'contact_groups', ['owner'], unique=False)


def downgrade() -> None:
    op.drop_index(op.f('ix_contact_groups_owner'), table_name='contact_groups')
    op.drop_table('contact_groups')
