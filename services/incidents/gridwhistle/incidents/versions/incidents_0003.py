"""Find what two filters ask for within one index.

The release before this one must keep running on the result.
"""

import sqlalchemy as sa
from alembic import op

revision = "incidents_0003"
down_revision = "incidents_0002"
branch_labels = None
depends_on = None

_NEWEST = [sa.text("reported_at DESC"), sa.text("id DESC")]
_WHERE = ["grid_code", "community_code", "town_code"]


def upgrade() -> None:
    op.drop_index("incident_org_newest", "incident")
    _index("incident_org_newest", "lead_org", ["state", "category"], "lead_org IS NOT NULL")
    _index("incident_category_newest", "category", ["state", "lead_org"], "category IS NOT NULL")
    _index("incident_open_newest", "state", ["category", "lead_org"], "state NOT IN ('closed', 'archived')")


def downgrade() -> None:
    op.drop_index("incident_open_newest", "incident")
    op.drop_index("incident_category_newest", "incident")
    op.drop_index("incident_org_newest", "incident")
    op.create_index("incident_org_newest", "incident", ["lead_org", *_NEWEST], postgresql_where=sa.text("lead_org IS NOT NULL"))


def _index(name: str, first: str, others: list[str], rows: str) -> None:
    op.create_index(name, "incident", [first, *_NEWEST, *others, *_WHERE], postgresql_where=sa.text(rows))
