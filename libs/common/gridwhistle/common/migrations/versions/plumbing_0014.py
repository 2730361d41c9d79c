"""Tell sessions that are over from what each service tells of them.

The release before this one must keep running on the result.
"""

import sqlalchemy as sa
from alembic import op

revision = "plumbing_0014"
down_revision = "plumbing_0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("purged_session", sa.Column("session_id", sa.Uuid(), nullable=True))


def downgrade() -> None:
    op.drop_column("purged_session", "session_id")
