"""Why a service is disputed, and the claims of whom it is for and of who decides.

The release before this one must keep running on the result.
"""

import sqlalchemy as sa
from alembic import op

revision = "timebank_0034"
down_revision = "timebank_0033"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("claim", sa.Column("dispute_reason", sa.Text(), nullable=True))
    op.create_index("claim_of_beneficiary", "claim", ["beneficiary_id"], postgresql_where=sa.text("beneficiary_id IS NOT NULL"))
    op.create_index("claim_disputed", "claim", ["county_code"], postgresql_where=sa.text("state = 'disputed'"))


def downgrade() -> None:
    op.drop_index("claim_disputed", table_name="claim")
    op.drop_index("claim_of_beneficiary", table_name="claim")
    op.drop_column("claim", "dispute_reason")
