"""Keep since when an incident is overdue, for the lists.

What is overdue already is noted when a service of this release starts. The release before this one must keep running on the
result.
"""

import sqlalchemy as sa
from alembic import op

revision = "incidents_0015"
down_revision = "incidents_0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("incident", sa.Column("overdue_since", sa.DateTime(timezone=True), nullable=True))
    op.create_index(
        "incident_overdue_newest",
        "incident",
        [
            *(sa.literal_column(f"{name} DESC") for name in ("reported_at", "id")),
            *("state", "category", "lead_org", "grid_code", "community_code", "town_code", "county_code"),
        ],
        postgresql_where=sa.text("overdue_since IS NOT NULL"),
    )


def downgrade() -> None:
    op.drop_index("incident_overdue_newest", table_name="incident", postgresql_where=sa.text("overdue_since IS NOT NULL"))
    op.drop_column("incident", "overdue_since")
