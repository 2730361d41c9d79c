"""Let filing say how fast something has to be handled.

The release before this one must keep running on the result.
"""

import sqlalchemy as sa
from alembic import op

revision = "incidents_0011"
down_revision = "incidents_0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("incident", sa.Column("grade", sa.Text(), nullable=True))
    op.create_check_constraint(  # accepted: the column is new, and the release before leaves it empty
        op.f("incident_grade_is_known"), "incident", "grade IN ('at_once', 'soon', 'ordinary', 'complex')"
    )


def downgrade() -> None:
    op.drop_column("incident", "grade")
