"""Clocks beside the things whose stages they measure.

The release before this one must keep running on the result.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "plumbing_0004"
down_revision = "plumbing_0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "clock",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("owner", sa.Text(), nullable=False),
        sa.Column("owner_id", sa.Uuid(), nullable=False),
        sa.Column("area_code", sa.Text(collation="C"), nullable=False),
        sa.Column("rule_key", sa.Text(), nullable=False),
        sa.Column("rule_id", sa.Uuid(), nullable=False),
        sa.Column("amount", sa.Integer(), nullable=False),
        sa.Column("unit", sa.Text(), nullable=False),
        sa.Column("cutoff", sa.Text(), nullable=True),
        sa.Column("windows", sa.Text(), nullable=False),
        sa.Column("minutes", sa.Integer(), nullable=True),
        sa.Column("extended_times", sa.Integer(), nullable=False),
        sa.Column("pauses", postgresql.JSON(astext_type=sa.Text()), nullable=True),
        sa.Column("is_provisional", sa.Boolean(), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("warn_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("next_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("paused_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("warned_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("breached_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("escalated_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("listed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("stopped_at", sa.DateTime(timezone=True), nullable=True),
        sa.UniqueConstraint(
            "owner_id", "rule_key", "stopped_at", name="clock_one_of_a_kind_runs", postgresql_nulls_not_distinct=True
        ),
    )
    op.create_index("clock_next", "clock", ["next_at"], unique=False, postgresql_where=sa.text("next_at IS NOT NULL"))
    op.create_index(
        "clock_overdue",
        "clock",
        ["due_at"],
        unique=False,
        postgresql_where=sa.text("breached_at IS NOT NULL AND stopped_at IS NULL"),
    )


def downgrade() -> None:
    op.drop_index(
        "clock_overdue", table_name="clock", postgresql_where=sa.text("breached_at IS NOT NULL AND stopped_at IS NULL")
    )
    op.drop_index("clock_next", table_name="clock", postgresql_where=sa.text("next_at IS NOT NULL"))
    op.drop_table("clock")
