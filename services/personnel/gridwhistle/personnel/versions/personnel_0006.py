"""Who could be called when a response began.

The release before this one must keep running on the result.
"""

import sqlalchemy as sa
from alembic import op

revision = "personnel_0006"
down_revision = "personnel_0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "roster",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("event_no", sa.Integer(), nullable=False),
        sa.Column("area_code", sa.Text(collation="C"), nullable=False),
        sa.Column("county_code", sa.Text(collation="C"), sa.Computed("left(area_code, 6)", persisted=True), nullable=True),
        sa.Column("town_code", sa.Text(collation="C"), sa.Computed("left(area_code, 9)", persisted=True), nullable=True),
        sa.Column("community_code", sa.Text(collation="C"), sa.Computed("left(area_code, 12)", persisted=True), nullable=True),
        sa.Column("response_id", sa.Uuid(), nullable=False),
        sa.Column("workers", sa.Integer(), nullable=False),
        sa.Column("on_shift", sa.Integer(), nullable=False),
        sa.Column("counted_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("roster_pkey")),
        sa.UniqueConstraint("response_id", name=op.f("roster_response_id_once")),
    )


def downgrade() -> None:
    op.drop_table("roster")
