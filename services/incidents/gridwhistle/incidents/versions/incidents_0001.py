"""Incidents, and copies of what personnel tells.

The release before this one must keep running on the result.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "incidents_0001"
down_revision = None
branch_labels = ("incidents",)
depends_on = None


def upgrade() -> None:
    op.create_table(
        "incident",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("event_no", sa.Integer(), nullable=False),
        sa.Column("grid_code", sa.Text(collation="C"), nullable=True),
        sa.Column("area_code", sa.Text(collation="C"), nullable=False),
        sa.Column("county_code", sa.Text(collation="C"), sa.Computed("left(area_code, 6)", persisted=True), nullable=True),
        sa.Column("town_code", sa.Text(collation="C"), sa.Computed("left(area_code, 9)", persisted=True), nullable=True),
        sa.Column("community_code", sa.Text(collation="C"), sa.Computed("left(area_code, 12)", persisted=True), nullable=True),
        sa.Column("incident_no", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("request_type", sa.Text(), nullable=True),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("urgency", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("description", sa.Text(), nullable=True),
        sa.Column("category", sa.Text(), nullable=True),
        sa.Column("lon", sa.Double(), nullable=True),
        sa.Column("lat", sa.Double(), nullable=True),
        sa.Column("coord_sys", sa.Text(), nullable=True),
        sa.Column("address_text", sa.Text(), nullable=True),
        sa.Column("ref_system", sa.Text(), nullable=True),
        sa.Column("ref_code", sa.Text(), nullable=True),
        sa.Column("lead_org", sa.Text(), nullable=True),
        sa.Column("reported_by", sa.Text(), nullable=False),
        sa.Column("handled_by", sa.Text(), nullable=True),
        sa.Column("checker_id", sa.Uuid(), nullable=True),
        sa.Column("found_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reported_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("accepted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("filed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("dispatched_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("signed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("handled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("checked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("(closed_at IS NOT NULL) = (state = 'closed')", name=op.f("incident_closed_at_iff_closed")),
        sa.CheckConstraint(
            "grid_code IS NOT NULL OR state IN ('reported', 'accepted')", name=op.f("incident_grid_from_filed_on")
        ),
        sa.CheckConstraint(
            "category IS NOT NULL OR state IN ('reported', 'accepted')", name=op.f("incident_category_from_filed_on")
        ),
        sa.CheckConstraint(
            "lead_org IS NOT NULL OR state IN ('reported', 'accepted', 'filed')",
            name=op.f("incident_lead_org_from_dispatched_on"),
        ),
        sa.CheckConstraint(
            "state IN ('reported', 'accepted', 'filed', 'dispatched', 'in_progress', 'dept_review', 'handled', 'checking', 'checked', 'closed')",
            name=op.f("incident_state_is_known"),
        ),
        sa.CheckConstraint("urgency IN ('normal', 'urgent', 'emergency')", name=op.f("incident_urgency_is_known")),
        sa.CheckConstraint("(lon IS NULL) = (lat IS NULL)", name=op.f("incident_lon_iff_lat")),
        sa.CheckConstraint("(ref_system IS NULL) = (ref_code IS NULL)", name=op.f("incident_ref_system_iff_ref_code")),
        sa.CheckConstraint(
            "checker_id IS NULL OR checker_id::text <> handled_by", name=op.f("incident_nobody_checks_what_they_handled")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("incident_pkey")),
        sa.UniqueConstraint("incident_no", name=op.f("incident_incident_no_once")),
    )
    op.create_index(
        "incident_checks", "incident", ["grid_code", "checker_id"], unique=False, postgresql_where=sa.text("state = 'checking'")
    )
    op.create_index(
        "incident_community_code_newest",
        "incident",
        ["community_code", sa.literal_column("reported_at DESC"), sa.literal_column("id DESC")],
        unique=False,
    )
    op.create_index(
        "incident_county_code_newest",
        "incident",
        ["county_code", sa.literal_column("reported_at DESC"), sa.literal_column("id DESC")],
        unique=False,
    )
    op.create_index(
        "incident_grid_code_newest",
        "incident",
        ["grid_code", sa.literal_column("reported_at DESC"), sa.literal_column("id DESC")],
        unique=False,
    )
    op.create_index(
        "incident_org_newest",
        "incident",
        ["lead_org", sa.literal_column("reported_at DESC"), sa.literal_column("id DESC")],
        unique=False,
        postgresql_where=sa.text("lead_org IS NOT NULL"),
    )
    op.create_index(
        "incident_ref_once",
        "incident",
        ["county_code", "ref_system", "ref_code"],
        unique=True,
        postgresql_where=sa.text("ref_code IS NOT NULL"),
    )
    op.create_index(
        "incident_town_code_newest",
        "incident",
        ["town_code", sa.literal_column("reported_at DESC"), sa.literal_column("id DESC")],
        unique=False,
    )
    op.create_table(
        "known_grid",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("event_no", sa.Integer(), nullable=False),
        sa.Column("grid_code", sa.Text(collation="C"), nullable=False),
        sa.Column("area_code", sa.Text(collation="C"), sa.Computed("left(grid_code, 12)", persisted=True), nullable=True),
        sa.Column("county_code", sa.Text(collation="C"), sa.Computed("left(grid_code, 6)", persisted=True), nullable=True),
        sa.Column("town_code", sa.Text(collation="C"), sa.Computed("left(grid_code, 9)", persisted=True), nullable=True),
        sa.Column("community_code", sa.Text(collation="C"), sa.Computed("left(grid_code, 12)", persisted=True), nullable=True),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("boundary", postgresql.JSON(astext_type=sa.Text()), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("known_grid_pkey")),
    )
    op.create_index(op.f("known_grid_grid_code"), "known_grid", ["grid_code"], unique=False)
    op.create_table(
        "known_organisation",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("event_no", sa.Integer(), nullable=False),
        sa.Column("org", sa.Text(collation="C"), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("known_organisation_pkey")),
    )
    op.create_index(op.f("known_organisation_org"), "known_organisation", ["org"], unique=False)
    op.create_table(
        "known_shift",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("event_no", sa.Integer(), nullable=False),
        sa.Column("worker_id", sa.Uuid(), nullable=False),
        sa.Column("grid_code", sa.Text(collation="C"), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("known_shift_pkey")),
    )
    op.create_index("known_shift_on", "known_shift", ["grid_code"], unique=False, postgresql_where=sa.text("ended_at IS NULL"))


def downgrade() -> None:
    op.drop_index("known_shift_on", table_name="known_shift", postgresql_where=sa.text("ended_at IS NULL"))
    op.drop_table("known_shift")
    op.drop_index(op.f("known_organisation_org"), table_name="known_organisation")
    op.drop_table("known_organisation")
    op.drop_index(op.f("known_grid_grid_code"), table_name="known_grid")
    op.drop_table("known_grid")
    op.drop_index("incident_town_code_newest", table_name="incident")
    op.drop_index("incident_ref_once", table_name="incident", postgresql_where=sa.text("ref_code IS NOT NULL"))
    op.drop_index("incident_org_newest", table_name="incident", postgresql_where=sa.text("lead_org IS NOT NULL"))
    op.drop_index("incident_grid_code_newest", table_name="incident")
    op.drop_index("incident_county_code_newest", table_name="incident")
    op.drop_index("incident_community_code_newest", table_name="incident")
    op.drop_index("incident_checks", table_name="incident", postgresql_where=sa.text("state = 'checking'"))
    op.drop_table("incident")
