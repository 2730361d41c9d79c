"""Remember of which incident an order is.

The release before this one must keep running on the result.
"""

import sqlalchemy as sa
from alembic import op

revision = "timebank_0031"
down_revision = "timebank_0030"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("order", sa.Column("incident_id", sa.Uuid(), nullable=True))
    op.create_index(
        "order_of_incident", "order", ["incident_id"], unique=False, postgresql_where=sa.text("incident_id IS NOT NULL")
    )


def downgrade() -> None:
    op.drop_index("order_of_incident", table_name="order", postgresql_where=sa.text("incident_id IS NOT NULL"))
    op.drop_column("order", "incident_id")
