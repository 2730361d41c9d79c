"""Know on which days a service ran, so that a wrong clock deletes nothing.

The release before this one must keep running on the result.
"""

import sqlalchemy as sa
from alembic import op

revision = "plumbing_0010"
down_revision = "plumbing_0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "lived_day",
        sa.Column("lived_on", sa.Date(), nullable=False),
        sa.PrimaryKeyConstraint("lived_on", name=op.f("lived_day_pkey")),
    )


def downgrade() -> None:
    op.drop_table("lived_day")
