"""Keep whose tokens are revoked.

The release before this one must keep running on the result.
"""

import sqlalchemy as sa
from alembic import op

revision = "plumbing_0006"
down_revision = "plumbing_0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "revoked",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("event_no", sa.Integer(), nullable=False),
        sa.Column("subject_id", sa.Text(), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("area_code", sa.Text(collation="C"), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("revoked_pkey")),
    )


def downgrade() -> None:
    op.drop_table("revoked")
