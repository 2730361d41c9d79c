"""Take in teams, what they do, and transfers.

The release before this one must keep running on the result.
"""

import sqlalchemy as sa
from alembic import op

revision = "timebank_0004"
down_revision = "timebank_0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "activity",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("event_no", sa.Integer(), nullable=False),
        sa.Column("area_code", sa.Text(collation="C"), nullable=False),
        sa.Column("county_code", sa.Text(collation="C"), sa.Computed("left(area_code, 6)", persisted=True), nullable=True),
        sa.Column("town_code", sa.Text(collation="C"), sa.Computed("left(area_code, 9)", persisted=True), nullable=True),
        sa.Column("community_code", sa.Text(collation="C"), sa.Computed("left(area_code, 12)", persisted=True), nullable=True),
        sa.Column("team_id", sa.Uuid(), nullable=False),
        sa.Column("leader_id", sa.Uuid(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("service_code", sa.Text(collation="C"), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("start_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("end_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("people_present", sa.Integer(), nullable=True),
        sa.Column("issued_minutes", sa.Integer(), nullable=True),
        sa.Column("terminal_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("(issued_minutes IS NOT NULL) = (state = 'confirmed')", name=op.f("activity_issued_iff_confirmed")),
        sa.CheckConstraint("state IN ('planned', 'called_off', 'held', 'confirmed')", name=op.f("activity_state_is_known")),
        sa.CheckConstraint("end_at > start_at", name=op.f("activity_ends_after_it_begins")),
        sa.PrimaryKeyConstraint("id", name=op.f("activity_pkey")),
    )
    op.create_index(
        "activity_community_code_newest", "activity", ["community_code", sa.literal_column("id DESC")], unique=False
    )
    op.create_index("activity_county_code_newest", "activity", ["county_code", sa.literal_column("id DESC")], unique=False)
    op.create_index(op.f("activity_team_id"), "activity", ["team_id"], unique=False)
    op.create_index("activity_town_code_newest", "activity", ["town_code", sa.literal_column("id DESC")], unique=False)
    op.create_table(
        "team",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("event_no", sa.Integer(), nullable=False),
        sa.Column("area_code", sa.Text(collation="C"), nullable=False),
        sa.Column("county_code", sa.Text(collation="C"), sa.Computed("left(area_code, 6)", persisted=True), nullable=True),
        sa.Column("town_code", sa.Text(collation="C"), sa.Computed("left(area_code, 9)", persisted=True), nullable=True),
        sa.Column("community_code", sa.Text(collation="C"), sa.Computed("left(area_code, 12)", persisted=True), nullable=True),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("leader_id", sa.Uuid(), nullable=False),
        sa.Column("founded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("terminal_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("(terminal_at IS NOT NULL) = (state = 'disbanded')", name=op.f("team_terminal_at_iff_disbanded")),
        sa.CheckConstraint("state IN ('active', 'disbanded')", name=op.f("team_state_is_known")),
        sa.PrimaryKeyConstraint("id", name=op.f("team_pkey")),
    )
    op.create_index("team_community_code_newest", "team", ["community_code", sa.literal_column("id DESC")], unique=False)
    op.create_index("team_county_code_newest", "team", ["county_code", sa.literal_column("id DESC")], unique=False)
    op.create_index("team_town_code_newest", "team", ["town_code", sa.literal_column("id DESC")], unique=False)
    op.create_table(
        "transfer",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("event_no", sa.Integer(), nullable=False),
        sa.Column("area_code", sa.Text(collation="C"), nullable=False),
        sa.Column("county_code", sa.Text(collation="C"), sa.Computed("left(area_code, 6)", persisted=True), nullable=True),
        sa.Column("town_code", sa.Text(collation="C"), sa.Computed("left(area_code, 9)", persisted=True), nullable=True),
        sa.Column("community_code", sa.Text(collation="C"), sa.Computed("left(area_code, 12)", persisted=True), nullable=True),
        sa.Column("from_id", sa.Uuid(), nullable=False),
        sa.Column("to_id", sa.Uuid(), nullable=False),
        sa.Column("minutes", sa.Integer(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("offered_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("terminal_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("(terminal_at IS NOT NULL) = (state <> 'offered')", name=op.f("transfer_terminal_at_iff_answered")),
        sa.CheckConstraint(
            "state IN ('offered', 'accepted', 'declined', 'withdrawn', 'lapsed')", name=op.f("transfer_state_is_known")
        ),
        sa.CheckConstraint("from_id <> to_id", name=op.f("transfer_between_two")),
        sa.CheckConstraint("minutes > 0", name=op.f("transfer_gives_something")),
        sa.PrimaryKeyConstraint("id", name=op.f("transfer_pkey")),
    )
    op.create_index(
        "transfer_accepted",
        "transfer",
        ["from_id", "terminal_at"],
        unique=False,
        postgresql_where=sa.text("state = 'accepted'"),
    )
    op.create_index(
        "transfer_community_code_newest", "transfer", ["community_code", sa.literal_column("id DESC")], unique=False
    )
    op.create_index("transfer_county_code_newest", "transfer", ["county_code", sa.literal_column("id DESC")], unique=False)
    op.create_index(op.f("transfer_from_id"), "transfer", ["from_id"], unique=False)
    op.create_index(op.f("transfer_to_id"), "transfer", ["to_id"], unique=False)
    op.create_index("transfer_town_code_newest", "transfer", ["town_code", sa.literal_column("id DESC")], unique=False)
    op.create_table(
        "member",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("team_id", sa.Uuid(), nullable=False),
        sa.Column("participant_id", sa.Uuid(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("joined_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("left_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["team_id"], ["team.id"], name=op.f("member_team_id_exists")),
        sa.PrimaryKeyConstraint("id", name=op.f("member_pkey")),
    )
    op.create_index(
        "member_once", "member", ["team_id", "participant_id"], unique=True, postgresql_where=sa.text("left_at IS NULL")
    )
    op.create_index(op.f("member_team_id"), "member", ["team_id"], unique=False)
    op.create_table(
        "presence",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("activity_id", sa.Uuid(), nullable=False),
        sa.Column("participant_id", sa.Uuid(), nullable=False),
        sa.Column("minutes", sa.Integer(), nullable=False),
        sa.Column("call_no", sa.Integer(), nullable=False),
        sa.CheckConstraint("minutes BETWEEN 1 AND 1440", name=op.f("presence_is_there_a_day_at_most")),
        sa.ForeignKeyConstraint(["activity_id"], ["activity.id"], name=op.f("presence_activity_id_exists")),
        sa.PrimaryKeyConstraint("id", name=op.f("presence_pkey")),
        sa.UniqueConstraint(
            "activity_id", "participant_id", "call_no", name=op.f("presence_activity_id_participant_id_call_no_once")
        ),
    )


def downgrade() -> None:
    op.drop_table("presence")
    op.drop_index(op.f("member_team_id"), table_name="member")
    op.drop_index("member_once", table_name="member", postgresql_where=sa.text("left_at IS NULL"))
    op.drop_table("member")
    op.drop_index("transfer_town_code_newest", table_name="transfer")
    op.drop_index(op.f("transfer_to_id"), table_name="transfer")
    op.drop_index(op.f("transfer_from_id"), table_name="transfer")
    op.drop_index("transfer_county_code_newest", table_name="transfer")
    op.drop_index("transfer_community_code_newest", table_name="transfer")
    op.drop_index("transfer_accepted", table_name="transfer", postgresql_where=sa.text("state = 'accepted'"))
    op.drop_table("transfer")
    op.drop_index("team_town_code_newest", table_name="team")
    op.drop_index("team_county_code_newest", table_name="team")
    op.drop_index("team_community_code_newest", table_name="team")
    op.drop_table("team")
    op.drop_index("activity_town_code_newest", table_name="activity")
    op.drop_index(op.f("activity_team_id"), table_name="activity")
    op.drop_index("activity_county_code_newest", table_name="activity")
    op.drop_index("activity_community_code_newest", table_name="activity")
    op.drop_table("activity")
