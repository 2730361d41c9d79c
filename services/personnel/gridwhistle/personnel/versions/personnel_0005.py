"""Keep mergers of areas, by which their old codes are understood everywhere.

The release before this one must keep running on the result.
"""

import sqlalchemy as sa
from alembic import op

revision = "personnel_0005"
down_revision = "personnel_0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "merger",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("event_no", sa.Integer(), nullable=False),
        sa.Column("area_code", sa.Text(collation="C"), nullable=False),
        sa.Column("county_code", sa.Text(collation="C"), sa.Computed("left(area_code, 6)", persisted=True), nullable=True),
        sa.Column("town_code", sa.Text(collation="C"), sa.Computed("left(area_code, 9)", persisted=True), nullable=True),
        sa.Column("community_code", sa.Text(collation="C"), sa.Computed("left(area_code, 12)", persisted=True), nullable=True),
        sa.Column("merged_into", sa.Text(collation="C"), nullable=False),
        sa.Column("merged_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("merged_into <> area_code", name=op.f("merger_not_into_itself")),
        sa.PrimaryKeyConstraint("id", name=op.f("merger_pkey")),
        sa.UniqueConstraint("area_code", name=op.f("merger_area_code_once")),
    )


def downgrade() -> None:
    op.drop_table("merger")
