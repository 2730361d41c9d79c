"""Note which volunteers helped.

The release before this one must keep running on the result.
"""

import sqlalchemy as sa
from alembic import op

revision = "incidents_0014"
down_revision = "incidents_0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "volunteer_work",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("incident_id", sa.Uuid(), nullable=False),
        sa.Column("participant_id", sa.Uuid(), nullable=False),
        sa.Column("service_code", sa.Text(), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("minutes", sa.Integer(), nullable=False),
        sa.Column("told_by", sa.Text(), nullable=False),
        sa.Column("told_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("minutes BETWEEN 1 AND 1440", name=op.f("volunteer_work_takes_a_day_at_most")),
        sa.ForeignKeyConstraint(
            ["incident_id"], ["incident.id"], name=op.f("volunteer_work_incident_id_exists"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("volunteer_work_pkey")),
        sa.UniqueConstraint("incident_id", "participant_id", name=op.f("volunteer_work_incident_id_participant_id_once")),
    )


def downgrade() -> None:
    op.drop_table("volunteer_work")
