"""Let auditors find what was done to a thing without looking through everything.

The release before this one must keep running on the result.
"""

from alembic import op

revision = "plumbing_0009"
down_revision = "plumbing_0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index(op.f("audit_object_id_id"), "audit", ["object_id", "id"], unique=False)


def downgrade() -> None:
    op.drop_index(op.f("audit_object_id_id"), table_name="audit")
