"""Rules and calendar days as rows.

The release before this one must keep running on the result.
"""

import sqlalchemy as sa
from alembic import op

revision = "plumbing_0003"
down_revision = "plumbing_0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "calendar_day",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("area_code", sa.Text(collation="C"), nullable=False),
        sa.Column("date", sa.Date(), nullable=False),
        sa.Column("is_workday", sa.Boolean(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("of_notice", sa.Boolean(), nullable=False),
        sa.Column("source_ref", sa.Text(), nullable=False),
        sa.Column("put_in_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("put_in_by", sa.Text(), nullable=False),
        sa.Column("applied_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("length(area_code) IN (0, 2, 4, 6)", name=op.f("calendar_day_area_is_county_or_wider")),
        sa.PrimaryKeyConstraint("id", name=op.f("calendar_day_pkey")),
    )
    op.create_table(
        "rule",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("area_code", sa.Text(collation="C"), nullable=False),
        sa.Column(
            "level",
            sa.Text(),
            sa.Computed(
                "CASE length(area_code) WHEN 0 THEN 'national' WHEN 2 THEN 'province' WHEN 4 THEN 'city' ELSE 'county' END",
                persisted=True,
            ),
            nullable=True,
        ),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.Column("unit", sa.Text(), nullable=False),
        sa.Column("cutoff", sa.Text(), nullable=True),
        sa.Column("source_ref", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("effective_from", sa.DateTime(timezone=True), nullable=False),
        sa.Column("effective_to", sa.DateTime(timezone=True), nullable=True),
        sa.Column("approved_by", sa.Text(), nullable=True),
        sa.CheckConstraint("effective_to > effective_from", name=op.f("rule_ends_after_it_begins")),
        sa.CheckConstraint("length(area_code) IN (0, 2, 4, 6)", name=op.f("rule_area_is_county_or_wider")),
        sa.PrimaryKeyConstraint("id", name=op.f("rule_pkey")),
    )


def downgrade() -> None:
    op.drop_table("rule")
    op.drop_table("calendar_day")
