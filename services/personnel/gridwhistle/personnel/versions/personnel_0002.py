"""Revoke tokens.

The release before this one must keep running on the result.
"""

import sqlalchemy as sa
from alembic import op

revision = "personnel_0002"
down_revision = "personnel_0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "revocation",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("event_no", sa.Integer(), nullable=False),
        sa.Column("area_code", sa.Text(collation="C"), nullable=False),
        sa.Column("county_code", sa.Text(collation="C"), sa.Computed("left(area_code, 6)", persisted=True), nullable=True),
        sa.Column("town_code", sa.Text(collation="C"), sa.Computed("left(area_code, 9)", persisted=True), nullable=True),
        sa.Column("community_code", sa.Text(collation="C"), sa.Computed("left(area_code, 12)", persisted=True), nullable=True),
        sa.Column("subject_id", sa.Text(), nullable=False),
        sa.Column("reason_code", sa.Text(), nullable=False),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "reason_code IN ('account_frozen', 'worker_exited', 'device_lost')", name=op.f("revocation_reason_code_is_known")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("revocation_pkey")),
    )
    op.create_index(
        "revocation_community_code_newest", "revocation", ["community_code", sa.literal_column("id DESC")], unique=False
    )
    op.create_index("revocation_county_code_newest", "revocation", ["county_code", sa.literal_column("id DESC")], unique=False)
    op.create_index("revocation_town_code_newest", "revocation", ["town_code", sa.literal_column("id DESC")], unique=False)


def downgrade() -> None:
    op.drop_index("revocation_town_code_newest", table_name="revocation")
    op.drop_index("revocation_county_code_newest", table_name="revocation")
    op.drop_index("revocation_community_code_newest", table_name="revocation")
    op.drop_table("revocation")
