"""Insert the first tiers (T0 to T3), in force since before any payment [fen]."""

from datetime import UTC, datetime

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_COLUMNS = (
    "tier", "name", "max_balance_fen", "per_payment_fen", "per_day_fen", "per_year_fen", "lifetime", "effective_from",
)  # fmt: skip
_FROM = datetime(2020, 1, 1, tzinfo=UTC)
_TIERS = (
    (1, "T0 visitor", 100_000, 50_000, 100_000, 100_000, True, _FROM),
    (2, "T1 basic", 1_000_000, 200_000, 500_000, 5_000_000, False, _FROM),
    (3, "T2 standard", 10_000_000, 2_000_000, 5_000_000, 10_000_000, False, _FROM),
    (4, "T3 full", 50_000_000, 5_000_000, 10_000_000, 20_000_000, False, _FROM),
)


def upgrade() -> None:
    tiers = sa.table("tiers", *(sa.column(name) for name in _COLUMNS))
    op.bulk_insert(tiers, [dict(zip(_COLUMNS, row, strict=True)) for row in _TIERS])


def downgrade() -> None:
    tiers = sa.table("tiers", sa.column("tier"), sa.column("effective_from"))
    first = sa.tuple_(tiers.c.tier, tiers.c.effective_from).in_([(row[0], _FROM) for row in _TIERS])
    op.execute(tiers.delete().where(first))  # not what an operator has added since
