"""Hear which grids and organisations are retired.

The release before this one must keep running on the result.
"""

import sqlalchemy as sa
from alembic import op

revision = "incidents_0007"
down_revision = "incidents_0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("known_grid", sa.Column("state", sa.Text(), nullable=True))
    op.add_column("known_grid", sa.Column("edition", sa.Integer(), nullable=True))
    op.add_column("known_organisation", sa.Column("retired_at", sa.DateTime(timezone=True), nullable=True))


def downgrade() -> None:
    op.drop_column("known_organisation", "retired_at")
    op.drop_column("known_grid", "edition")
    op.drop_column("known_grid", "state")
