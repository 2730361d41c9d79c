"""Responses that run, and what is reported in them.

The release before this one must keep running on the result.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "incidents_0017"
down_revision = "incidents_0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "running_response",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("event_no", sa.Integer(), nullable=False),
        sa.Column("area_code", sa.Text(collation="C"), nullable=False),
        sa.Column("county_code", sa.Text(collation="C"), sa.Computed("left(area_code, 6)", persisted=True), nullable=True),
        sa.Column("town_code", sa.Text(collation="C"), sa.Computed("left(area_code, 9)", persisted=True), nullable=True),
        sa.Column("community_code", sa.Text(collation="C"), sa.Computed("left(area_code, 12)", persisted=True), nullable=True),
        sa.Column("response_id", sa.Uuid(), nullable=False),
        sa.Column("session_id", sa.Uuid(), nullable=True),
        sa.Column("areas", postgresql.JSON(astext_type=sa.Text()), nullable=False),
        sa.Column("began_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("running_response_pkey")),
        sa.UniqueConstraint("response_id", name=op.f("running_response_response_id_once")),
    )
    op.add_column("incident", sa.Column("response_id", sa.Uuid(), nullable=True))
    op.create_index(
        "incident_of_response", "incident", ["response_id"], unique=False, postgresql_where=sa.text("response_id IS NOT NULL")
    )


def downgrade() -> None:
    op.drop_index("incident_of_response", table_name="incident", postgresql_where=sa.text("response_id IS NOT NULL"))
    op.drop_column("incident", "response_id")
    op.drop_table("running_response")
