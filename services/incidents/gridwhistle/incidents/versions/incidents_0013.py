"""Note of what a committee was given that it may not refuse it.

The release before this one must keep running on the result.
"""

import sqlalchemy as sa
from alembic import op

revision = "incidents_0013"
down_revision = "incidents_0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("incident", sa.Column("is_not_refusable", sa.Boolean(), nullable=True))


def downgrade() -> None:
    op.drop_column("incident", "is_not_refusable")
