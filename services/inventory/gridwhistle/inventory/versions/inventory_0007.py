"""Responses, their sessions, reports and threads.

The release before this one must keep running on the result.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "inventory_0007"
down_revision = "inventory_0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "known_area",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("event_no", sa.Integer(), nullable=False),
        sa.Column("area_code", sa.Text(collation="C"), nullable=False),
        sa.Column("level", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("retired_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("known_area_pkey")),
    )
    op.create_index(op.f("known_area_area_code"), "known_area", ["area_code"], unique=False)
    op.create_table(
        "response",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("event_no", sa.Integer(), nullable=False),
        sa.Column("area_code", sa.Text(collation="C"), nullable=False),
        sa.Column("county_code", sa.Text(collation="C"), sa.Computed("left(area_code, 6)", persisted=True), nullable=True),
        sa.Column("town_code", sa.Text(collation="C"), sa.Computed("left(area_code, 9)", persisted=True), nullable=True),
        sa.Column("community_code", sa.Text(collation="C"), sa.Computed("left(area_code, 12)", persisted=True), nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("event_class", sa.Text(), nullable=False),
        sa.Column("level", sa.Text(), nullable=False),
        sa.Column("areas", postgresql.JSON(astext_type=sa.Text()), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("warning_id", sa.Uuid(), nullable=True),
        sa.Column("trigger", postgresql.JSON(astext_type=sa.Text()), nullable=True),
        sa.Column("correlation_id", sa.Text(), nullable=False),
        sa.Column("proposed_by", sa.Text(), nullable=False),
        sa.Column("proposed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("phoned_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("written_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decided_by", sa.Text(), nullable=True),
        sa.Column("decided_role", sa.Text(), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("expected_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("measures", postgresql.JSON(astext_type=sa.Text()), nullable=True),
        sa.Column("expected_persons", sa.Integer(), nullable=False),
        sa.Column("expected_days", sa.Integer(), nullable=False),
        sa.Column("volunteers", postgresql.JSON(astext_type=sa.Text()), nullable=True),
        sa.Column("session_id", sa.Uuid(), nullable=True),
        sa.Column("lifted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reviewed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("findings", sa.Text(), nullable=True),
        sa.Column("terminal_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("(decided_at IS NOT NULL) = (state <> 'proposed')", name=op.f("response_decided_at_iff_decided")),
        sa.CheckConstraint(
            "(lifted_at IS NOT NULL) = (state IN ('lifted', 'reviewed'))", name=op.f("response_lifted_at_iff_lifted")
        ),
        sa.CheckConstraint("(reviewed_at IS NOT NULL) = (state = 'reviewed')", name=op.f("response_reviewed_at_iff_reviewed")),
        sa.CheckConstraint(
            "(session_id IS NOT NULL) = (state IN ('active', 'lifted', 'reviewed'))", name=op.f("response_session_iff_it_began")
        ),
        sa.CheckConstraint(
            "(terminal_at IS NOT NULL) = (state IN ('declined', 'reviewed'))", name=op.f("response_terminal_at_iff_ended")
        ),
        sa.CheckConstraint(
            "event_class IN ('natural_disaster', 'accident', 'public_health', 'social_safety')",
            name=op.f("response_event_class_is_known"),
        ),
        sa.CheckConstraint("level IN ('i', 'ii', 'iii', 'iv')", name=op.f("response_level_is_known")),
        sa.CheckConstraint(
            "state IN ('proposed', 'active', 'declined', 'lifted', 'reviewed')", name=op.f("response_state_is_known")
        ),
        sa.CheckConstraint("decided_by <> proposed_by", name=op.f("response_who_proposes_does_not_decide")),
        sa.CheckConstraint("expected_days BETWEEN 1 AND 100", name=op.f("response_lasts_a_hundred_days_at_most")),
        sa.CheckConstraint("expected_persons BETWEEN 0 AND 1000000", name=op.f("response_expects_a_county_at_most")),
        sa.PrimaryKeyConstraint("id", name=op.f("response_pkey")),
    )
    op.create_index(
        "response_community_code_newest",
        "response",
        ["community_code", sa.literal_column("proposed_at DESC"), sa.literal_column("id DESC")],
        unique=False,
    )
    op.create_index("response_correlation_id", "response", ["correlation_id"], unique=False)
    op.create_index(
        "response_county_code_newest",
        "response",
        ["county_code", sa.literal_column("proposed_at DESC"), sa.literal_column("id DESC")],
        unique=False,
    )
    op.create_index(
        "response_one_of_a_warning",
        "response",
        ["warning_id"],
        unique=True,
        postgresql_where=sa.text("state IN ('proposed', 'active') AND warning_id IS NOT NULL"),
    )
    op.create_index("response_session_id", "response", ["session_id"], unique=True)
    op.create_index(
        "response_town_code_newest",
        "response",
        ["town_code", sa.literal_column("proposed_at DESC"), sa.literal_column("id DESC")],
        unique=False,
    )
    op.create_table(
        "emergency_session",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("event_no", sa.Integer(), nullable=False),
        sa.Column("area_code", sa.Text(collation="C"), nullable=False),
        sa.Column("county_code", sa.Text(collation="C"), sa.Computed("left(area_code, 6)", persisted=True), nullable=True),
        sa.Column("town_code", sa.Text(collation="C"), sa.Computed("left(area_code, 9)", persisted=True), nullable=True),
        sa.Column("community_code", sa.Text(collation="C"), sa.Computed("left(area_code, 12)", persisted=True), nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("lifted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("purge_told_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("purged_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("(lifted_at IS NULL) = (state = 'open')", name=op.f("emergency_session_lifted_at_iff_lifted")),
        sa.CheckConstraint("(purged_at IS NOT NULL) = (state = 'purged')", name=op.f("emergency_session_purged_at_iff_purged")),
        sa.CheckConstraint("state IN ('open', 'lifted', 'purging', 'purged')", name=op.f("emergency_session_state_is_known")),
        sa.PrimaryKeyConstraint("id", name=op.f("emergency_session_pkey")),
    )
    op.create_index(
        "emergency_session_community_code_newest",
        "emergency_session",
        ["community_code", sa.literal_column("opened_at DESC"), sa.literal_column("id DESC")],
        unique=False,
    )
    op.create_index(
        "emergency_session_county_code_newest",
        "emergency_session",
        ["county_code", sa.literal_column("opened_at DESC"), sa.literal_column("id DESC")],
        unique=False,
    )
    op.create_index(
        "emergency_session_town_code_newest",
        "emergency_session",
        ["town_code", sa.literal_column("opened_at DESC"), sa.literal_column("id DESC")],
        unique=False,
    )
    op.create_table(
        "situation",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("event_no", sa.Integer(), nullable=False),
        sa.Column("area_code", sa.Text(collation="C"), nullable=False),
        sa.Column("county_code", sa.Text(collation="C"), sa.Computed("left(area_code, 6)", persisted=True), nullable=True),
        sa.Column("town_code", sa.Text(collation="C"), sa.Computed("left(area_code, 9)", persisted=True), nullable=True),
        sa.Column("community_code", sa.Text(collation="C"), sa.Computed("left(area_code, 12)", persisted=True), nullable=True),
        sa.Column("response_id", sa.Uuid(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("level", sa.Text(), nullable=False),
        sa.Column("missed_times", sa.Integer(), nullable=False),
        sa.Column("dead", sa.Integer(), nullable=False),
        sa.Column("missing", sa.Integer(), nullable=False),
        sa.Column("relocated", sa.Integer(), nullable=False),
        sa.Column("urgent_aid", sa.Integer(), nullable=False),
        sa.Column("houses_collapsed", sa.Integer(), nullable=False),
        sa.Column("houses_damaged", sa.Integer(), nullable=False),
        sa.Column("crop_hectares", sa.Numeric(precision=15, scale=3), nullable=False),
        sa.Column("loss_10k_yuan", sa.Numeric(precision=15, scale=3), nullable=False),
        sa.Column("data_to", sa.DateTime(timezone=True), nullable=True),
        sa.Column("began_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reported_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("terminal_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("(terminal_at IS NOT NULL) = (state = 'done')", name=op.f("situation_terminal_at_iff_done")),
        sa.CheckConstraint("level IN ('county', 'township')", name=op.f("situation_level_is_known")),
        sa.CheckConstraint("state IN ('first_due', 'daily', 'done', 'final_due')", name=op.f("situation_state_is_known")),
        sa.PrimaryKeyConstraint("id", name=op.f("situation_pkey")),
        sa.UniqueConstraint("response_id", "area_code", name=op.f("situation_response_id_area_code_once")),
    )
    op.create_index(
        "situation_community_code_newest",
        "situation",
        ["community_code", sa.literal_column("began_at DESC"), sa.literal_column("id DESC")],
        unique=False,
    )
    op.create_index(
        "situation_county_code_newest",
        "situation",
        ["county_code", sa.literal_column("began_at DESC"), sa.literal_column("id DESC")],
        unique=False,
    )
    op.create_index(
        "situation_town_code_newest",
        "situation",
        ["town_code", sa.literal_column("began_at DESC"), sa.literal_column("id DESC")],
        unique=False,
    )
    op.create_table(
        "volunteer_call",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("event_no", sa.Integer(), nullable=False),
        sa.Column("area_code", sa.Text(collation="C"), nullable=False),
        sa.Column("county_code", sa.Text(collation="C"), sa.Computed("left(area_code, 6)", persisted=True), nullable=True),
        sa.Column("town_code", sa.Text(collation="C"), sa.Computed("left(area_code, 9)", persisted=True), nullable=True),
        sa.Column("community_code", sa.Text(collation="C"), sa.Computed("left(area_code, 12)", persisted=True), nullable=True),
        sa.Column("response_id", sa.Uuid(), nullable=False),
        sa.Column("service_code", sa.Text(), nullable=False),
        sa.Column("people_needed", sa.Integer(), nullable=False),
        sa.Column("start_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("end_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("called_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("volunteer_call_pkey")),
        sa.UniqueConstraint(
            "response_id", "service_code", "start_at", name=op.f("volunteer_call_response_id_service_code_start_at_once")
        ),
    )
    op.create_table(
        "response_event",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("response_id", sa.Uuid(), nullable=False),
        sa.Column("event_id", sa.Uuid(), nullable=False),
        sa.Column("event_type", sa.Text(), nullable=False),
        sa.Column("thing_id", sa.Uuid(), nullable=False),
        sa.Column("area_code", sa.Text(collation="C"), nullable=False),
        sa.Column("actor_role", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["response_id"], ["response.id"], name=op.f("response_event_response_id_exists")),
        sa.PrimaryKeyConstraint("id", name=op.f("response_event_pkey")),
    )
    op.create_index(
        op.f("response_event_response_id_at_event_id"), "response_event", ["response_id", "at", "event_id"], unique=False
    )
    op.create_index(op.f("response_event_thing_id"), "response_event", ["thing_id"], unique=False)
    op.create_table(
        "session_purge",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("session_id", sa.Uuid(), nullable=False),
        sa.Column("service", sa.Text(), nullable=False),
        sa.Column("rows", sa.Integer(), nullable=False),
        sa.Column("certificates", sa.Integer(), nullable=False),
        sa.Column("told_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["session_id"], ["emergency_session.id"], name=op.f("session_purge_session_id_exists")),
        sa.PrimaryKeyConstraint("id", name=op.f("session_purge_pkey")),
        sa.UniqueConstraint("session_id", "service", name=op.f("session_purge_session_id_service_once")),
    )
    op.create_table(
        "situation_report",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("situation_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("dead", sa.Integer(), nullable=False),
        sa.Column("missing", sa.Integer(), nullable=False),
        sa.Column("relocated", sa.Integer(), nullable=False),
        sa.Column("urgent_aid", sa.Integer(), nullable=False),
        sa.Column("houses_collapsed", sa.Integer(), nullable=False),
        sa.Column("houses_damaged", sa.Integer(), nullable=False),
        sa.Column("crop_hectares", sa.Numeric(precision=15, scale=3), nullable=False),
        sa.Column("loss_10k_yuan", sa.Numeric(precision=15, scale=3), nullable=False),
        sa.Column("data_to", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("submitted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("submitted_by", sa.Text(), nullable=False),
        sa.Column("is_late", sa.Boolean(), nullable=False),
        sa.Column("skips_level", sa.Boolean(), nullable=False),
        sa.CheckConstraint("kind IN ('first', 'continued', 'final')", name=op.f("situation_report_kind_is_known")),
        sa.CheckConstraint(
            "dead >= 0 AND missing >= 0 AND relocated >= 0 AND urgent_aid >= 0 AND houses_collapsed >= 0 AND houses_damaged >= 0",
            name=op.f("situation_report_counts_are_not_negative"),
        ),
        sa.ForeignKeyConstraint(["situation_id"], ["situation.id"], name=op.f("situation_report_situation_id_exists")),
        sa.PrimaryKeyConstraint("id", name=op.f("situation_report_pkey")),
    )
    op.create_index(op.f("situation_report_situation_id"), "situation_report", ["situation_id"], unique=False)


def downgrade() -> None:
    op.drop_index(op.f("situation_report_situation_id"), table_name="situation_report")
    op.drop_table("situation_report")
    op.drop_table("session_purge")
    op.drop_index(op.f("response_event_thing_id"), table_name="response_event")
    op.drop_index(op.f("response_event_response_id_at_event_id"), table_name="response_event")
    op.drop_table("response_event")
    op.drop_table("volunteer_call")
    op.drop_index("situation_town_code_newest", table_name="situation")
    op.drop_index("situation_county_code_newest", table_name="situation")
    op.drop_index("situation_community_code_newest", table_name="situation")
    op.drop_table("situation")
    op.drop_index("emergency_session_town_code_newest", table_name="emergency_session")
    op.drop_index("emergency_session_county_code_newest", table_name="emergency_session")
    op.drop_index("emergency_session_community_code_newest", table_name="emergency_session")
    op.drop_table("emergency_session")
    op.drop_index("response_town_code_newest", table_name="response")
    op.drop_index("response_session_id", table_name="response")
    op.drop_index(
        "response_one_of_a_warning",
        table_name="response",
        postgresql_where=sa.text("state IN ('proposed', 'active') AND warning_id IS NOT NULL"),
    )
    op.drop_index("response_county_code_newest", table_name="response")
    op.drop_index("response_correlation_id", table_name="response")
    op.drop_index("response_community_code_newest", table_name="response")
    op.drop_table("response")
    op.drop_index(op.f("known_area_area_code"), table_name="known_area")
    op.drop_table("known_area")
