"""An entitlement that was entered wrongly is withdrawn, and stays on file.

The release before this one must keep running on the result.
"""

import sqlalchemy as sa
from alembic import op

revision = "timebank_0037"
down_revision = "timebank_0036"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("entitlement", sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True))


def downgrade() -> None:
    op.drop_column("entitlement", "withdrawn_at")
