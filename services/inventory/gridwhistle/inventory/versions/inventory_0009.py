"""A norm says how much is missing.

The release before this one must keep running on the result.
"""

import sqlalchemy as sa
from alembic import op

revision = "inventory_0009"
down_revision = "inventory_0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    missing = sa.Computed("greatest(required_qty - free_qty, 0)", persisted=True)
    op.add_column("reserve_norm", sa.Column("missing_qty", sa.Numeric(18, 3), missing, nullable=True))


def downgrade() -> None:
    op.drop_column("reserve_norm", "missing_qty")
