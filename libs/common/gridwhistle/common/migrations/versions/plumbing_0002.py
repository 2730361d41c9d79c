"""Park events, and keep old ones.

The release before this one must keep running on the result.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "plumbing_0002"
down_revision = "plumbing_0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "heard",
        sa.Column("thing_id", sa.Uuid(), nullable=False),
        sa.Column("event_no", sa.Integer(), nullable=False),
        sa.Column("event_id", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("thing_id", name=op.f("heard_pkey")),
    )
    op.create_table(
        "outbox_archive",
        sa.Column("event_id", sa.Uuid(), nullable=False),
        sa.Column("aggregate_id", sa.Uuid(), nullable=False),
        sa.Column("event_no", sa.Integer(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("envelope", postgresql.JSON(astext_type=sa.Text()), nullable=False),
        sa.Column("occurred_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("epoch", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("event_id", name=op.f("outbox_archive_pkey")),
        sa.UniqueConstraint("aggregate_id", "event_no", name=op.f("outbox_archive_aggregate_id_event_no_once")),
    )
    op.create_table(
        "parked",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("area_code", sa.Text(collation="C"), nullable=False),
        sa.Column("county_code", sa.Text(collation="C"), sa.Computed("left(area_code, 6)", persisted=True), nullable=True),
        sa.Column("town_code", sa.Text(collation="C"), sa.Computed("left(area_code, 9)", persisted=True), nullable=True),
        sa.Column("community_code", sa.Text(collation="C"), sa.Computed("left(area_code, 12)", persisted=True), nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("fault", sa.Text(), nullable=True),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("thing_id", sa.Uuid(), nullable=True),
        sa.Column("event_no", sa.Integer(), nullable=True),
        sa.Column("after_no", sa.Integer(), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("parked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("next_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("state <> 'waiting' OR next_at IS NOT NULL", name=op.f("parked_waits_for_a_time")),
        sa.CheckConstraint("state IN ('waiting', 'dead', 'discarded')", name=op.f("parked_state_is_known")),
        sa.CheckConstraint("why IN ('early', 'failed', 'unreadable', 'forked')", name=op.f("parked_why_is_known")),
        sa.PrimaryKeyConstraint("id", name=op.f("parked_pkey")),
    )
    op.create_index("parked_due", "parked", ["next_at"], unique=False, postgresql_where=sa.text("next_at IS NOT NULL"))
    op.create_index(op.f("parked_thing_id"), "parked", ["thing_id"], unique=False)


def downgrade() -> None:
    op.drop_index(op.f("parked_thing_id"), table_name="parked")
    op.drop_index("parked_due", table_name="parked", postgresql_where=sa.text("next_at IS NOT NULL"))
    op.drop_table("parked")
    op.drop_table("outbox_archive")
    op.drop_table("heard")
