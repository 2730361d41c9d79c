"""Let mediation have an incident, and say how far it came.

The release before this one must keep running on the result.
"""

import sqlalchemy as sa
from alembic import op

revision = "incidents_0016"
down_revision = "incidents_0015"
branch_labels = None
depends_on = None

STATES = (
    "'reported', 'sampled', 'self_resolved', 'closed', 'redirected', 'rejected', 'merged', 'verifying', 'accepted', 'contested',"
    " 'filed', 'dispatched', 'in_progress', 'disputed', 'objected', 'suspended', 'dept_review', 'handled', 'checking', 'checked',"
    " 'rework', 'voided', {}'archived'"
)


def _let_be(more: str) -> None:
    op.drop_constraint("incident_state_is_known", "incident", type_="check")
    op.create_check_constraint(op.f("incident_state_is_known"), "incident", f"state IN ({STATES.format(more)})")


def upgrade() -> None:
    op.add_column("incident", sa.Column("mediation", sa.Text(), nullable=True))
    op.add_column("incident", sa.Column("mediation_no", sa.Text(), nullable=True))
    op.create_check_constraint(  # accepted: the column is new, and the release before leaves it empty
        op.f("incident_mediation_is_known"), "incident", "mediation IN ('asked', 'accepted', 'agreed', 'refused')"
    )
    op.create_check_constraint(  # accepted: the state is new, and the release before knows it not
        op.f("incident_converted_to_mediation"), "incident", "state <> 'converted' OR mediation = 'accepted'"
    )
    _let_be("'converted', ")


def downgrade() -> None:
    op.drop_constraint("incident_converted_to_mediation", "incident", type_="check")
    op.drop_constraint("incident_mediation_is_known", "incident", type_="check")
    op.drop_column("incident", "mediation_no")
    op.drop_column("incident", "mediation")
    _let_be("")
