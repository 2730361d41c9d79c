"""Let the sweep find old keys without looking through all of them.

The release before this one must keep running on the result.
"""

from alembic import op
from sqlalchemy import text

revision = "plumbing_0011"
down_revision = "plumbing_0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    where = text("scope LIKE 'request|%'")
    op.create_index("command_key_requests_at", "command_key", ["at"], unique=False, postgresql_where=where)
    where = text("scope NOT LIKE 'request|%'")
    op.create_index("command_key_others_at", "command_key", ["at"], unique=False, postgresql_where=where)
    op.drop_index(op.f("command_key_at"), table_name="command_key", postgresql_using="brin")


def downgrade() -> None:
    op.create_index(op.f("command_key_at"), "command_key", ["at"], unique=False, postgresql_using="brin")
    op.drop_index("command_key_others_at", table_name="command_key")
    op.drop_index("command_key_requests_at", table_name="command_key")
