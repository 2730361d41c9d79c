"""Remember who saw personal values, what was taken away, and what is held.

The release before this one must keep running on the result.
"""

import sqlalchemy as sa
from alembic import op

revision = "plumbing_0008"
down_revision = "plumbing_0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "deletion_certificate",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("county_code", sa.Text(collation="C"), nullable=False),
        sa.Column("things", sa.Text(), nullable=False),
        sa.Column("taken", sa.Text(), nullable=True),
        sa.Column("filter", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("rows", sa.Integer(), nullable=False),
        sa.Column("executed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("hash", sa.Text(), nullable=False),
        sa.Column("emergency_session_id", sa.Uuid(), nullable=True),
        sa.CheckConstraint(
            "(emergency_session_id IS NOT NULL) = (reason = 'emergency_end')",
            name=op.f("deletion_certificate_session_iff_emergency_end"),
        ),
        sa.CheckConstraint(
            "reason IN ('expired', 'withdrawn', 'emergency_end', 'request')", name=op.f("deletion_certificate_reason_is_known")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("deletion_certificate_pkey")),
    )
    op.create_index(
        op.f("deletion_certificate_emergency_session_id"), "deletion_certificate", ["emergency_session_id"], unique=False
    )
    op.create_table(
        "disclosure",
        sa.Column("actor_id", sa.Text(), nullable=False),
        sa.Column("looked_on", sa.Date(), nullable=False),
        sa.Column("nth", sa.Integer(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor_role", sa.Text(), nullable=False),
        sa.Column("org", sa.Text(), nullable=True),
        sa.Column("thing", sa.Text(), nullable=False),
        sa.Column("thing_id", sa.Uuid(), nullable=False),
        sa.Column("part", sa.Text(), nullable=True),
        sa.Column("part_id", sa.Uuid(), nullable=True),
        sa.Column("area_code", sa.Text(collation="C"), nullable=False),
        sa.Column("county_code", sa.Text(collation="C"), sa.Computed("left(area_code, 6)", persisted=True), nullable=True),
        sa.Column("town_code", sa.Text(collation="C"), sa.Computed("left(area_code, 9)", persisted=True), nullable=True),
        sa.Column("community_code", sa.Text(collation="C"), sa.Computed("left(area_code, 12)", persisted=True), nullable=True),
        sa.Column("fields", sa.JSON(), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("request_id", sa.Text(), nullable=False),
        sa.CheckConstraint("(part IS NULL) = (part_id IS NULL)", name=op.f("disclosure_part_iff_part_id")),
        sa.CheckConstraint("nth > 0", name=op.f("disclosure_counts_from_one")),
        sa.PrimaryKeyConstraint("actor_id", "looked_on", "nth", name=op.f("disclosure_pkey")),
        sa.UniqueConstraint("id", name=op.f("disclosure_id_once")),
    )
    op.create_index(op.f("disclosure_thing_id_id"), "disclosure", ["thing_id", "id"], unique=False)
    op.create_table(
        "legal_hold",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("area_code", sa.Text(collation="C"), nullable=False),
        sa.Column("county_code", sa.Text(collation="C"), sa.Computed("left(area_code, 6)", persisted=True), nullable=True),
        sa.Column("town_code", sa.Text(collation="C"), sa.Computed("left(area_code, 9)", persisted=True), nullable=True),
        sa.Column("community_code", sa.Text(collation="C"), sa.Computed("left(area_code, 12)", persisted=True), nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("thing", sa.Text(), nullable=False),
        sa.Column("thing_id", sa.Uuid(), nullable=False),
        sa.Column("cause", sa.Text(), nullable=False),
        sa.Column("placed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("lifted_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("(lifted_at IS NOT NULL) = (state = 'lifted')", name=op.f("legal_hold_lifted_at_iff_lifted")),
        sa.CheckConstraint("state IN ('held', 'lifted')", name=op.f("legal_hold_state_is_known")),
        sa.PrimaryKeyConstraint("id", name=op.f("legal_hold_pkey")),
    )
    op.create_index(op.f("legal_hold_thing_id"), "legal_hold", ["thing_id"], unique=False)
    op.create_table(
        "purged_session",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("event_no", sa.Integer(), nullable=False),
        sa.Column("area_code", sa.Text(collation="C"), nullable=False),
        sa.Column("county_code", sa.Text(collation="C"), sa.Computed("left(area_code, 6)", persisted=True), nullable=True),
        sa.Column("town_code", sa.Text(collation="C"), sa.Computed("left(area_code, 9)", persisted=True), nullable=True),
        sa.Column("community_code", sa.Text(collation="C"), sa.Computed("left(area_code, 12)", persisted=True), nullable=True),
        sa.Column("purged_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("purged_session_pkey")),
    )


def downgrade() -> None:
    op.drop_table("purged_session")
    op.drop_index(op.f("legal_hold_thing_id"), table_name="legal_hold")
    op.drop_table("legal_hold")
    op.drop_index(op.f("disclosure_thing_id_id"), table_name="disclosure")
    op.drop_table("disclosure")
    op.drop_index(op.f("deletion_certificate_emergency_session_id"), table_name="deletion_certificate")
    op.drop_table("deletion_certificate")
