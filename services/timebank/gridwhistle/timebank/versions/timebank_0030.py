"""Two participants are linked once, whichever of them asked.

The release before this one must keep running on the result.
"""

import sqlalchemy as sa
from alembic import op

revision = "timebank_0030"
down_revision = "timebank_0004"
branch_labels = None
depends_on = None

ONCE = "relative_linked_once"
OPEN = sa.text("ended_at IS NULL")


def upgrade() -> None:
    op.drop_index(ONCE, table_name="relative")
    sides = [sa.text("LEAST(asked_by_id, other_id)"), sa.text("GREATEST(asked_by_id, other_id)")]
    # The release before looks for a link both ways before it makes one, so it meets this in a race alone.
    op.create_index(ONCE, "relative", sides, unique=True, postgresql_where=OPEN)  # accepted: in a race alone


def downgrade() -> None:
    op.drop_index(ONCE, table_name="relative")
    op.create_index(ONCE, "relative", ["asked_by_id", "other_id"], unique=True, postgresql_where=OPEN)
