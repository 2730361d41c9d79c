"""What leaves a storage point is found by it, wherever it goes to.

The release before this one must keep running on the result.
"""

from alembic import op

revision = "inventory_0010"
down_revision = "inventory_0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("dispatch_order_point_id", "dispatch_order", ["point_id", "id"])


def downgrade() -> None:
    op.drop_index("dispatch_order_point_id", "dispatch_order")
