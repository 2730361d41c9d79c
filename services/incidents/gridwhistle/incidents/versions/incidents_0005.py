"""Find what was reported close by.

The release before this one must keep running on the result.
"""

import sqlalchemy as sa
from alembic import op

revision = "incidents_0005"
down_revision = "incidents_0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index(
        "incident_near_newest",
        "incident",
        [sa.literal_column("(floor(lon * 1000)::bigint * 1000000 + floor(lat * 1000)::bigint)"), "reported_at"],
        postgresql_where=sa.text("lon IS NOT NULL"),
    )


def downgrade() -> None:
    op.drop_index("incident_near_newest", "incident")
