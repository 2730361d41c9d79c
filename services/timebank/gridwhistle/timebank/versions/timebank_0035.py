"""Accounts tell of themselves: that they are frozen, and that a pool is low.

The release before this one must keep running on the result.
"""

import sqlalchemy as sa
from alembic import op

revision = "timebank_0035"
down_revision = "timebank_0034"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("account", sa.Column("event_no", sa.Integer(), nullable=False, server_default="0"))
    op.add_column("account", sa.Column("low_at", sa.DateTime(timezone=True), nullable=True))


def downgrade() -> None:
    op.drop_column("account", "low_at")
    op.drop_column("account", "event_no")
