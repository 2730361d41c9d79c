"""Areas, organisations, grids, workers, shifts.

The release before this one must keep running on the result.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "personnel_0001"
down_revision = None
branch_labels = ("personnel",)
depends_on = None


def upgrade() -> None:
    op.create_table(
        "area",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("event_no", sa.Integer(), nullable=False),
        sa.Column("area_code", sa.Text(collation="C"), nullable=False),
        sa.Column("county_code", sa.Text(collation="C"), sa.Computed("left(area_code, 6)", persisted=True), nullable=True),
        sa.Column("town_code", sa.Text(collation="C"), sa.Computed("left(area_code, 9)", persisted=True), nullable=True),
        sa.Column("community_code", sa.Text(collation="C"), sa.Computed("left(area_code, 12)", persisted=True), nullable=True),
        sa.Column("level", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.CheckConstraint("area_code ~ '^[0-9]{12}$'", name=op.f("area_code_has_12_digits")),
        sa.CheckConstraint("level IN ('county', 'township', 'community')", name=op.f("area_level_is_known")),
        sa.PrimaryKeyConstraint("id", name=op.f("area_pkey")),
        sa.UniqueConstraint("area_code", name=op.f("area_area_code_once")),
    )
    op.create_index("area_community_code_newest", "area", ["community_code", sa.literal_column("id DESC")], unique=False)
    op.create_index("area_county_code_newest", "area", ["county_code", sa.literal_column("id DESC")], unique=False)
    op.create_index("area_town_code_newest", "area", ["town_code", sa.literal_column("id DESC")], unique=False)
    op.create_table(
        "grid",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("event_no", sa.Integer(), nullable=False),
        sa.Column("grid_code", sa.Text(collation="C"), nullable=False),
        sa.Column("area_code", sa.Text(collation="C"), sa.Computed("left(grid_code, 12)", persisted=True), nullable=True),
        sa.Column("county_code", sa.Text(collation="C"), sa.Computed("left(grid_code, 6)", persisted=True), nullable=True),
        sa.Column("town_code", sa.Text(collation="C"), sa.Computed("left(grid_code, 9)", persisted=True), nullable=True),
        sa.Column("community_code", sa.Text(collation="C"), sa.Computed("left(grid_code, 12)", persisted=True), nullable=True),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("households", sa.Integer(), nullable=False),
        sa.Column("boundary", postgresql.JSON(astext_type=sa.Text()), nullable=False),
        sa.CheckConstraint("grid_code ~ '^[0-9]{15}$'", name=op.f("grid_code_has_15_digits")),
        sa.CheckConstraint("kind IN ('general', 'dedicated')", name=op.f("grid_kind_is_known")),
        sa.CheckConstraint("households >= 0", name=op.f("grid_households_not_negative")),
        sa.PrimaryKeyConstraint("id", name=op.f("grid_pkey")),
        sa.UniqueConstraint("grid_code", name=op.f("grid_grid_code_once")),
    )
    op.create_index("grid_community_code_newest", "grid", ["community_code", sa.literal_column("id DESC")], unique=False)
    op.create_index("grid_county_code_newest", "grid", ["county_code", sa.literal_column("id DESC")], unique=False)
    op.create_index("grid_town_code_newest", "grid", ["town_code", sa.literal_column("id DESC")], unique=False)
    op.create_table(
        "organisation",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("event_no", sa.Integer(), nullable=False),
        sa.Column("org", sa.Text(collation="C"), nullable=False),
        sa.Column("area_code", sa.Text(collation="C"), nullable=False),
        sa.Column("county_code", sa.Text(collation="C"), sa.Computed("left(area_code, 6)", persisted=True), nullable=True),
        sa.Column("town_code", sa.Text(collation="C"), sa.Computed("left(area_code, 9)", persisted=True), nullable=True),
        sa.Column("community_code", sa.Text(collation="C"), sa.Computed("left(area_code, 12)", persisted=True), nullable=True),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.CheckConstraint("kind IN ('township', 'department', 'company')", name=op.f("organisation_kind_is_known")),
        sa.PrimaryKeyConstraint("id", name=op.f("organisation_pkey")),
        sa.UniqueConstraint("org", name=op.f("organisation_org_once")),
    )
    op.create_index(
        "organisation_community_code_newest", "organisation", ["community_code", sa.literal_column("id DESC")], unique=False
    )
    op.create_index(
        "organisation_county_code_newest", "organisation", ["county_code", sa.literal_column("id DESC")], unique=False
    )
    op.create_index("organisation_town_code_newest", "organisation", ["town_code", sa.literal_column("id DESC")], unique=False)
    op.create_table(
        "worker",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("event_no", sa.Integer(), nullable=False),
        sa.Column("area_code", sa.Text(collation="C"), nullable=False),
        sa.Column("county_code", sa.Text(collation="C"), sa.Computed("left(area_code, 6)", persisted=True), nullable=True),
        sa.Column("town_code", sa.Text(collation="C"), sa.Computed("left(area_code, 9)", persisted=True), nullable=True),
        sa.Column("community_code", sa.Text(collation="C"), sa.Computed("left(area_code, 12)", persisted=True), nullable=True),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("employment", sa.Text(), nullable=False),
        sa.Column("org", sa.Text(collation="C"), nullable=False),
        sa.CheckConstraint(
            "employment IN ('full_time', 'part_time', 'committee_member')", name=op.f("worker_employment_is_known")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("worker_pkey")),
    )
    op.create_index("worker_community_code_newest", "worker", ["community_code", sa.literal_column("id DESC")], unique=False)
    op.create_index("worker_county_code_newest", "worker", ["county_code", sa.literal_column("id DESC")], unique=False)
    op.create_index("worker_town_code_newest", "worker", ["town_code", sa.literal_column("id DESC")], unique=False)
    op.create_table(
        "assignment",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("worker_id", sa.Uuid(), nullable=False),
        sa.Column("grid_code", sa.Text(collation="C"), nullable=False),
        sa.Column("duty", sa.Text(), nullable=False),
        sa.Column("assigned_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("duty IN ('leader', 'full_time', 'part_time', 'guide')", name=op.f("assignment_duty_is_known")),
        sa.ForeignKeyConstraint(["worker_id"], ["worker.id"], name=op.f("assignment_worker_id_exists")),
        sa.PrimaryKeyConstraint("id", name=op.f("assignment_pkey")),
        sa.UniqueConstraint("worker_id", "grid_code", name=op.f("assignment_worker_id_grid_code_once")),
    )
    op.create_index(op.f("assignment_worker_id"), "assignment", ["worker_id"], unique=False)
    op.create_table(
        "shift",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("event_no", sa.Integer(), nullable=False),
        sa.Column("grid_code", sa.Text(collation="C"), nullable=False),
        sa.Column("area_code", sa.Text(collation="C"), sa.Computed("left(grid_code, 12)", persisted=True), nullable=True),
        sa.Column("county_code", sa.Text(collation="C"), sa.Computed("left(grid_code, 6)", persisted=True), nullable=True),
        sa.Column("town_code", sa.Text(collation="C"), sa.Computed("left(grid_code, 9)", persisted=True), nullable=True),
        sa.Column("community_code", sa.Text(collation="C"), sa.Computed("left(grid_code, 12)", persisted=True), nullable=True),
        sa.Column("worker_id", sa.Uuid(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("(ended_at IS NOT NULL) = (state = 'ended')", name=op.f("shift_ended_at_iff_ended")),
        sa.CheckConstraint("state IN ('on', 'ended')", name=op.f("shift_state_is_known")),
        sa.CheckConstraint("ended_at >= started_at", name=op.f("shift_ends_after_it_starts")),
        sa.ForeignKeyConstraint(["worker_id"], ["worker.id"], name=op.f("shift_worker_id_exists")),
        sa.PrimaryKeyConstraint("id", name=op.f("shift_pkey")),
    )
    op.create_index(
        "shift_community_code_newest",
        "shift",
        ["community_code", sa.literal_column("started_at DESC"), sa.literal_column("id DESC")],
        unique=False,
    )
    op.create_index(
        "shift_county_code_newest",
        "shift",
        ["county_code", sa.literal_column("started_at DESC"), sa.literal_column("id DESC")],
        unique=False,
    )
    op.create_index("shift_one_at_a_time", "shift", ["worker_id"], unique=True, postgresql_where=sa.text("state = 'on'"))
    op.create_index(
        "shift_town_code_newest",
        "shift",
        ["town_code", sa.literal_column("started_at DESC"), sa.literal_column("id DESC")],
        unique=False,
    )


def downgrade() -> None:
    op.drop_index("shift_town_code_newest", table_name="shift")
    op.drop_index("shift_one_at_a_time", table_name="shift", postgresql_where=sa.text("state = 'on'"))
    op.drop_index("shift_county_code_newest", table_name="shift")
    op.drop_index("shift_community_code_newest", table_name="shift")
    op.drop_table("shift")
    op.drop_index(op.f("assignment_worker_id"), table_name="assignment")
    op.drop_table("assignment")
    op.drop_index("worker_town_code_newest", table_name="worker")
    op.drop_index("worker_county_code_newest", table_name="worker")
    op.drop_index("worker_community_code_newest", table_name="worker")
    op.drop_table("worker")
    op.drop_index("organisation_town_code_newest", table_name="organisation")
    op.drop_index("organisation_county_code_newest", table_name="organisation")
    op.drop_index("organisation_community_code_newest", table_name="organisation")
    op.drop_table("organisation")
    op.drop_index("grid_town_code_newest", table_name="grid")
    op.drop_index("grid_county_code_newest", table_name="grid")
    op.drop_index("grid_community_code_newest", table_name="grid")
    op.drop_table("grid")
    op.drop_index("area_town_code_newest", table_name="area")
    op.drop_index("area_county_code_newest", table_name="area")
    op.drop_index("area_community_code_newest", table_name="area")
    op.drop_table("area")
