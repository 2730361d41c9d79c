"""Where somebody was, and of whose family they are, is found without looking at everybody.

The release before this one must keep running on the result.
"""

from alembic import op

revision = "timebank_0040"
down_revision = "timebank_0039"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index(op.f("presence_participant_id"), "presence", ["participant_id"], unique=False)
    op.create_index(op.f("relative_asked_by_id"), "relative", ["asked_by_id"], unique=False)


def downgrade() -> None:
    op.drop_index(op.f("relative_asked_by_id"), table_name="relative")
    op.drop_index(op.f("presence_participant_id"), table_name="presence")
