"""Let files say what they show.

The release before this one must keep running on the result.
"""

import sqlalchemy as sa
from alembic import op

revision = "plumbing_0012"
down_revision = "plumbing_0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("attachment", sa.Column("kind", sa.Text(), nullable=True))
    op.create_check_constraint(  # accepted: the column is new, and the release before leaves it empty
        op.f("attachment_kind_is_known"), "attachment", "kind IN ('near', 'far', 'reference', 'before', 'after')"
    )


def downgrade() -> None:
    op.drop_column("attachment", "kind")
