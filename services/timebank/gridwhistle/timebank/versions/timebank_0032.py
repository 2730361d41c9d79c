"""Remember whether something showed the end of a service.

The release before this one must keep running on the result.
"""

import sqlalchemy as sa
from alembic import op

revision = "timebank_0032"
down_revision = "timebank_0031"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("claim", sa.Column("out_shown", sa.Boolean(), nullable=True))


def downgrade() -> None:
    op.drop_column("claim", "out_shown")
