"""A response notes when its first batch came.

The release before this one must keep running on the result.
"""

import sqlalchemy as sa
from alembic import op

revision = "inventory_0008"
down_revision = "inventory_0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("response", sa.Column("first_batch_at", sa.DateTime(timezone=True), nullable=True))


def downgrade() -> None:
    op.drop_column("response", "first_batch_at")
