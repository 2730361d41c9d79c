"""Keep the codes that areas had before they were merged.

The release before this one must keep running on the result.
"""

import sqlalchemy as sa
from alembic import op

revision = "plumbing_0013"
down_revision = "plumbing_0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "moved_area",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("event_no", sa.Integer(), nullable=False),
        sa.Column("area_code", sa.Text(collation="C"), nullable=False),
        sa.Column("merged_into", sa.Text(collation="C"), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("moved_area_pkey")),
    )


def downgrade() -> None:
    op.drop_table("moved_area")
