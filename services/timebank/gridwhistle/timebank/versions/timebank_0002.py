"""Take in participants, orders and claims.

The release before this one must keep running on the result.
"""

import sqlalchemy as sa
from alembic import op

revision = "timebank_0002"
down_revision = "timebank_0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "claim",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("event_no", sa.Integer(), nullable=False),
        sa.Column("grid_code", sa.Text(collation="C"), nullable=True),
        sa.Column("area_code", sa.Text(collation="C"), nullable=False),
        sa.Column("county_code", sa.Text(collation="C"), sa.Computed("left(area_code, 6)", persisted=True), nullable=True),
        sa.Column("town_code", sa.Text(collation="C"), sa.Computed("left(area_code, 9)", persisted=True), nullable=True),
        sa.Column("community_code", sa.Text(collation="C"), sa.Computed("left(area_code, 12)", persisted=True), nullable=True),
        sa.Column("emergency_session_id", sa.Uuid(), nullable=True),
        sa.Column("order_id", sa.Uuid(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("volunteer_id", sa.Uuid(), nullable=False),
        sa.Column("beneficiary_id", sa.Uuid(), nullable=True),
        sa.Column("asked_by", sa.Text(), nullable=False),
        sa.Column("address", sa.LargeBinary(), nullable=True),
        sa.Column("point", sa.LargeBinary(), nullable=True),
        sa.Column("pin_mark", sa.LargeBinary(), nullable=True),
        sa.Column("pin_tries", sa.Integer(), nullable=False),
        sa.Column("pin_shown", sa.Boolean(), nullable=False),
        sa.Column("place_shown", sa.Boolean(), nullable=False),
        sa.Column("clerk_shown", sa.Boolean(), nullable=False),
        sa.Column("photo_shown", sa.Boolean(), nullable=False),
        sa.Column("in_distance_m", sa.Integer(), nullable=True),
        sa.Column("out_distance_m", sa.Integer(), nullable=True),
        sa.Column("confirmed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("checked_in_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("checked_out_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("claimed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("start_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("terminal_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("held_minutes", sa.Integer(), nullable=True),
        sa.Column("actual_minutes", sa.Integer(), nullable=True),
        sa.Column("earned_minutes", sa.Integer(), nullable=True),
        sa.Column("overflow_minutes", sa.Integer(), nullable=True),
        sa.Column("overflow_to", sa.Text(), nullable=True),
        sa.Column("paid_id", sa.Uuid(), nullable=True),
        sa.Column("is_late_cancel", sa.Boolean(), nullable=True),
        sa.Column("dispute_kind", sa.Text(), nullable=True),
        sa.Column("disputed_by", sa.Text(), nullable=True),
        sa.Column("panel", sa.JSON(), nullable=True),
        sa.Column("votes", sa.JSON(), nullable=True),
        sa.Column("verdict", sa.Text(), nullable=True),
        sa.Column("attachments", sa.JSON(), nullable=True),
        sa.CheckConstraint(
            "(terminal_at IS NOT NULL) = (state IN ('closed', 'voided', 'cancelled', 'no_show', 'lapsed'))",
            name=op.f("claim_terminal_at_iff_ended"),
        ),
        sa.CheckConstraint("overflow_to IN ('pool', 'honour')", name=op.f("claim_overflow_to_is_known")),
        sa.CheckConstraint(
            "state IN ('claimed', 'checked_out', 'confirmed', 'lapsed', 'cancelled', 'checked_in', 'no_show', 'settled', 'disputed', 'voided', 'closed')",
            name=op.f("claim_state_is_known"),
        ),
        sa.CheckConstraint(
            "state NOT IN ('settled', 'closed') OR earned_minutes IS NOT NULL", name=op.f("claim_settled_has_minutes")
        ),
        sa.CheckConstraint("verdict IN ('void', 'minutes')", name=op.f("claim_verdict_is_known")),
        sa.CheckConstraint("confirmed_at IS NOT NULL OR address IS NULL", name=op.f("claim_address_after_confirmation_only")),
        sa.CheckConstraint("earned_minutes >= 0 AND overflow_minutes >= 0", name=op.f("claim_nothing_is_owed")),
        sa.CheckConstraint("pin_tries BETWEEN 0 AND 5", name=op.f("claim_pins_are_told_not_guessed")),
        sa.CheckConstraint("volunteer_id <> beneficiary_id", name=op.f("claim_nobody_serves_themselves")),
        sa.PrimaryKeyConstraint("id", name=op.f("claim_pkey")),
    )
    op.create_index(
        "claim_community_code_newest",
        "claim",
        ["community_code", sa.literal_column("claimed_at DESC"), sa.literal_column("id DESC")],
        unique=False,
    )
    op.create_index(
        "claim_county_code_newest",
        "claim",
        ["county_code", sa.literal_column("claimed_at DESC"), sa.literal_column("id DESC")],
        unique=False,
    )
    op.create_index(
        op.f("claim_emergency_session_id"),
        "claim",
        ["emergency_session_id"],
        unique=False,
        postgresql_where=sa.text("emergency_session_id IS NOT NULL"),
    )
    op.create_index("claim_of_volunteer", "claim", ["volunteer_id", "start_at"], unique=False)
    op.create_index(
        "claim_one_place_each",
        "claim",
        ["order_id", "volunteer_id"],
        unique=True,
        postgresql_where=sa.text("(state NOT IN ('cancelled', 'lapsed'))"),
    )
    op.create_index(op.f("claim_order_id"), "claim", ["order_id"], unique=False)
    op.create_index(
        "claim_town_code_newest",
        "claim",
        ["town_code", sa.literal_column("claimed_at DESC"), sa.literal_column("id DESC")],
        unique=False,
    )
    op.create_table(
        "order",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("event_no", sa.Integer(), nullable=False),
        sa.Column("grid_code", sa.Text(collation="C"), nullable=True),
        sa.Column("area_code", sa.Text(collation="C"), nullable=False),
        sa.Column("county_code", sa.Text(collation="C"), sa.Computed("left(area_code, 6)", persisted=True), nullable=True),
        sa.Column("town_code", sa.Text(collation="C"), sa.Computed("left(area_code, 9)", persisted=True), nullable=True),
        sa.Column("community_code", sa.Text(collation="C"), sa.Computed("left(area_code, 12)", persisted=True), nullable=True),
        sa.Column("emergency_session_id", sa.Uuid(), nullable=True),
        sa.Column("order_no", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("payer", sa.Text(), nullable=False),
        sa.Column("service_code", sa.Text(collation="C"), nullable=False),
        sa.Column("beneficiary_id", sa.Uuid(), nullable=True),
        sa.Column("asked_by", sa.Text(), nullable=False),
        sa.Column("on_behalf", sa.Boolean(), nullable=False),
        sa.Column("address", sa.LargeBinary(), nullable=True),
        sa.Column("point", sa.LargeBinary(), nullable=True),
        sa.Column("start_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("end_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("agreed_minutes", sa.Integer(), nullable=False),
        sa.Column("people_needed", sa.Integer(), nullable=False),
        sa.Column("people_taken", sa.Integer(), nullable=False),
        sa.Column("claims_open", sa.Integer(), nullable=False),
        sa.Column("min_reputation", sa.Integer(), nullable=True),
        sa.Column("minors_allowed", sa.Boolean(), nullable=False),
        sa.Column("training_required", sa.Text(), nullable=True),
        sa.Column("origin", sa.Text(), nullable=True),
        sa.Column("origin_id", sa.Uuid(), nullable=True),
        sa.Column("reason_code", sa.Text(), nullable=True),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("terminal_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("(beneficiary_id IS NOT NULL) = (kind = 'ordinary')", name=op.f("order_beneficiary_iff_ordinary")),
        sa.CheckConstraint("(payer = 'issuance') = (kind <> 'ordinary')", name=op.f("order_issued_iff_for_all")),
        sa.CheckConstraint(
            "(terminal_at IS NOT NULL) = (state IN ('refused', 'closed', 'expired', 'cancelled'))",
            name=op.f("order_terminal_at_iff_ended"),
        ),
        sa.CheckConstraint("kind IN ('ordinary', 'public', 'emergency')", name=op.f("order_kind_is_known")),
        sa.CheckConstraint("origin IN ('post', 'incident', 'mobilization')", name=op.f("order_origin_is_known")),
        sa.CheckConstraint("payer IN ('beneficiary', 'pool', 'issuance')", name=op.f("order_payer_is_known")),
        sa.CheckConstraint(
            "state IN ('requested', 'published', 'full', 'refused', 'expired', 'closed', 'cancelled')",
            name=op.f("order_state_is_known"),
        ),
        sa.CheckConstraint("(origin IS NULL) = (origin_id IS NULL)", name=op.f("order_origin_iff_origin_id")),
        sa.CheckConstraint("agreed_minutes BETWEEN 15 AND 1440", name=op.f("order_takes_a_day_at_most")),
        sa.CheckConstraint("claims_open BETWEEN 0 AND people_needed", name=op.f("order_open_claims_have_places")),
        sa.CheckConstraint("end_at > start_at", name=op.f("order_ends_after_it_begins")),
        sa.CheckConstraint("min_reputation BETWEEN 1 AND 5", name=op.f("order_reputation_is_one_to_five")),
        sa.CheckConstraint("people_needed BETWEEN 1 AND 500", name=op.f("order_needs_somebody")),
        sa.CheckConstraint("people_taken BETWEEN 0 AND people_needed", name=op.f("order_has_no_more_than_its_places")),
        sa.PrimaryKeyConstraint("id", name=op.f("order_pkey")),
        sa.UniqueConstraint("order_no", name=op.f("order_order_no_once")),
    )
    op.create_index(
        "order_community_code_newest",
        "order",
        ["community_code", sa.literal_column("asked_at DESC"), sa.literal_column("id DESC")],
        unique=False,
    )
    op.create_index(
        "order_county_code_newest",
        "order",
        ["county_code", sa.literal_column("asked_at DESC"), sa.literal_column("id DESC")],
        unique=False,
    )
    op.create_index(
        op.f("order_emergency_session_id"),
        "order",
        ["emergency_session_id"],
        unique=False,
        postgresql_where=sa.text("emergency_session_id IS NOT NULL"),
    )
    op.create_index(
        "order_of_beneficiary",
        "order",
        ["beneficiary_id"],
        unique=False,
        postgresql_where=sa.text("beneficiary_id IS NOT NULL"),
    )
    op.create_index(
        "order_open_first",
        "order",
        ["county_code", "start_at", "id"],
        unique=False,
        postgresql_where=sa.text("state = 'published'"),
    )
    op.create_index("order_origin_once", "order", ["origin_id"], unique=True, postgresql_where=sa.text("origin_id IS NOT NULL"))
    op.create_index(
        "order_town_code_newest",
        "order",
        ["town_code", sa.literal_column("asked_at DESC"), sa.literal_column("id DESC")],
        unique=False,
    )
    op.create_table(
        "participant",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("event_no", sa.Integer(), nullable=False),
        sa.Column("area_code", sa.Text(collation="C"), nullable=False),
        sa.Column("county_code", sa.Text(collation="C"), sa.Computed("left(area_code, 6)", persisted=True), nullable=True),
        sa.Column("town_code", sa.Text(collation="C"), sa.Computed("left(area_code, 9)", persisted=True), nullable=True),
        sa.Column("community_code", sa.Text(collation="C"), sa.Computed("left(area_code, 12)", persisted=True), nullable=True),
        sa.Column("emergency_session_id", sa.Uuid(), nullable=True),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("name", sa.LargeBinary(), nullable=True),
        sa.Column("phone", sa.LargeBinary(), nullable=True),
        sa.Column("real_name_token", sa.LargeBinary(), nullable=True),
        sa.Column("real_name_token_mark", sa.LargeBinary(), nullable=True),
        sa.Column("birth_year", sa.LargeBinary(), nullable=True),
        sa.Column("guardian_name", sa.LargeBinary(), nullable=True),
        sa.Column("guardian_phone", sa.LargeBinary(), nullable=True),
        sa.Column("guardian_agreed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("station_id", sa.Uuid(), nullable=True),
        sa.Column("insured_until", sa.Date(), nullable=True),
        sa.Column("paused_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("earned_minutes", sa.Integer(), nullable=False),
        sa.Column("rating_sum", sa.Integer(), nullable=False),
        sa.Column("rating_count", sa.Integer(), nullable=False),
        sa.Column("registered_by", sa.Text(), nullable=False),
        sa.Column("registered_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("terminal_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("(terminal_at IS NOT NULL) = (state = 'closed')", name=op.f("participant_terminal_at_iff_closed")),
        sa.CheckConstraint("kind IN ('volunteer', 'beneficiary', 'both')", name=op.f("participant_kind_is_known")),
        sa.CheckConstraint("state IN ('active', 'frozen', 'closed')", name=op.f("participant_state_is_known")),
        sa.CheckConstraint("earned_minutes >= 0", name=op.f("participant_earned_is_not_negative")),
        sa.CheckConstraint(
            "rating_sum BETWEEN rating_count AND 5 * rating_count", name=op.f("participant_ratings_are_one_to_five")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("participant_pkey")),
    )
    op.create_index(
        "participant_community_code_newest", "participant", ["community_code", sa.literal_column("id DESC")], unique=False
    )
    op.create_index(
        "participant_county_code_newest", "participant", ["county_code", sa.literal_column("id DESC")], unique=False
    )
    op.create_index(
        op.f("participant_emergency_session_id"),
        "participant",
        ["emergency_session_id"],
        unique=False,
        postgresql_where=sa.text("emergency_session_id IS NOT NULL"),
    )
    op.create_index(op.f("participant_real_name_token_mark"), "participant", ["real_name_token_mark"], unique=False)
    op.create_index(
        "participant_registers_once",
        "participant",
        ["county_code", "real_name_token_mark"],
        unique=True,
        postgresql_where=sa.text("terminal_at IS NULL"),
    )
    op.create_index("participant_town_code_newest", "participant", ["town_code", sa.literal_column("id DESC")], unique=False)
    op.create_table(
        "relative",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("event_no", sa.Integer(), nullable=False),
        sa.Column("area_code", sa.Text(collation="C"), nullable=False),
        sa.Column("county_code", sa.Text(collation="C"), sa.Computed("left(area_code, 6)", persisted=True), nullable=True),
        sa.Column("town_code", sa.Text(collation="C"), sa.Computed("left(area_code, 9)", persisted=True), nullable=True),
        sa.Column("community_code", sa.Text(collation="C"), sa.Computed("left(area_code, 12)", persisted=True), nullable=True),
        sa.Column("asked_by_id", sa.Uuid(), nullable=False),
        sa.Column("other_id", sa.Uuid(), nullable=False),
        sa.Column("kinship", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("agreed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("checked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("checked_by", sa.Text(), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "kinship IN ('parent', 'child', 'grandparent', 'grandchild', 'spouse', 'sibling', 'other')",
            name=op.f("relative_kinship_is_known"),
        ),
        sa.CheckConstraint(
            "state <> 'checked' OR (agreed_at IS NOT NULL AND checked_by IS NOT NULL)",
            name=op.f("relative_checked_once_both_agree"),
        ),
        sa.CheckConstraint("state IN ('asked', 'agreed', 'checked', 'ended')", name=op.f("relative_state_is_known")),
        sa.CheckConstraint("asked_by_id <> other_id", name=op.f("relative_two_people")),
        sa.PrimaryKeyConstraint("id", name=op.f("relative_pkey")),
    )
    op.create_index(
        "relative_community_code_newest", "relative", ["community_code", sa.literal_column("id DESC")], unique=False
    )
    op.create_index("relative_county_code_newest", "relative", ["county_code", sa.literal_column("id DESC")], unique=False)
    op.create_index(
        "relative_linked_once",
        "relative",
        ["asked_by_id", "other_id"],
        unique=True,
        postgresql_where=sa.text("ended_at IS NULL"),
    )
    op.create_index(op.f("relative_other_id"), "relative", ["other_id"], unique=False)
    op.create_index("relative_town_code_newest", "relative", ["town_code", sa.literal_column("id DESC")], unique=False)
    op.create_table(
        "service_kind",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("area_code", sa.Text(collation="C"), nullable=False),
        sa.Column("county_code", sa.Text(collation="C"), sa.Computed("left(area_code, 6)", persisted=True), nullable=True),
        sa.Column("town_code", sa.Text(collation="C"), sa.Computed("left(area_code, 9)", persisted=True), nullable=True),
        sa.Column("community_code", sa.Text(collation="C"), sa.Computed("left(area_code, 12)", persisted=True), nullable=True),
        sa.Column("service_code", sa.Text(collation="C"), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("max_minutes", sa.Integer(), nullable=False),
        sa.Column("minors_allowed", sa.Boolean(), nullable=False),
        sa.Column("training_required", sa.Text(), nullable=True),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("max_minutes BETWEEN 15 AND 1440", name=op.f("service_kind_takes_a_day_at_most")),
        sa.PrimaryKeyConstraint("id", name=op.f("service_kind_pkey")),
    )
    op.create_index(
        "service_kind_community_code_newest", "service_kind", ["community_code", sa.literal_column("id DESC")], unique=False
    )
    op.create_index(
        "service_kind_county_code_newest", "service_kind", ["county_code", sa.literal_column("id DESC")], unique=False
    )
    op.create_index(
        "service_kind_once_in_use",
        "service_kind",
        ["county_code", "service_code"],
        unique=True,
        postgresql_where=sa.text("withdrawn_at IS NULL"),
    )
    op.create_index("service_kind_town_code_newest", "service_kind", ["town_code", sa.literal_column("id DESC")], unique=False)
    op.create_table(
        "station",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("area_code", sa.Text(collation="C"), nullable=False),
        sa.Column("county_code", sa.Text(collation="C"), sa.Computed("left(area_code, 6)", persisted=True), nullable=True),
        sa.Column("town_code", sa.Text(collation="C"), sa.Computed("left(area_code, 9)", persisted=True), nullable=True),
        sa.Column("community_code", sa.Text(collation="C"), sa.Computed("left(area_code, 12)", persisted=True), nullable=True),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("hours", sa.Text(), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("station_pkey")),
    )
    op.create_index("station_community_code_newest", "station", ["community_code", sa.literal_column("id DESC")], unique=False)
    op.create_index("station_county_code_newest", "station", ["county_code", sa.literal_column("id DESC")], unique=False)
    op.create_index("station_town_code_newest", "station", ["town_code", sa.literal_column("id DESC")], unique=False)
    op.create_table(
        "entitlement",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("participant_id", sa.Uuid(), nullable=False),
        sa.Column("category", sa.LargeBinary(), nullable=True),
        sa.Column("issued_by", sa.Text(), nullable=False),
        sa.Column("valid_until", sa.Date(), nullable=False),
        sa.Column("entered_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["participant_id"], ["participant.id"], name=op.f("entitlement_participant_id_exists")),
        sa.PrimaryKeyConstraint("id", name=op.f("entitlement_pkey")),
    )
    op.create_index(op.f("entitlement_participant_id"), "entitlement", ["participant_id"], unique=False)
    op.create_table(
        "evaluation",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("claim_id", sa.Uuid(), nullable=False),
        sa.Column("by_side", sa.Text(), nullable=False),
        sa.Column("stars", sa.Integer(), nullable=False),
        sa.Column("tags", sa.JSON(), nullable=False),
        sa.Column("rated_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("by_side IN ('volunteer', 'beneficiary')", name=op.f("evaluation_by_side_is_known")),
        sa.CheckConstraint("stars BETWEEN 1 AND 5", name=op.f("evaluation_stars_are_one_to_five")),
        sa.ForeignKeyConstraint(["claim_id"], ["claim.id"], name=op.f("evaluation_claim_id_exists")),
        sa.PrimaryKeyConstraint("id", name=op.f("evaluation_pkey")),
        sa.UniqueConstraint("claim_id", "by_side", name=op.f("evaluation_claim_id_by_side_once")),
    )
    op.create_table(
        "training",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("participant_id", sa.Uuid(), nullable=False),
        sa.Column("course", sa.Text(), nullable=False),
        sa.Column("passed_on", sa.Date(), nullable=False),
        sa.Column("entered_by", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["participant_id"], ["participant.id"], name=op.f("training_participant_id_exists")),
        sa.PrimaryKeyConstraint("id", name=op.f("training_pkey")),
        sa.UniqueConstraint("participant_id", "course", name=op.f("training_participant_id_course_once")),
    )


def downgrade() -> None:
    op.drop_table("training")
    op.drop_table("evaluation")
    op.drop_index(op.f("entitlement_participant_id"), table_name="entitlement")
    op.drop_table("entitlement")
    op.drop_index("station_town_code_newest", table_name="station")
    op.drop_index("station_county_code_newest", table_name="station")
    op.drop_index("station_community_code_newest", table_name="station")
    op.drop_table("station")
    op.drop_index("service_kind_town_code_newest", table_name="service_kind")
    op.drop_index("service_kind_once_in_use", table_name="service_kind", postgresql_where=sa.text("withdrawn_at IS NULL"))
    op.drop_index("service_kind_county_code_newest", table_name="service_kind")
    op.drop_index("service_kind_community_code_newest", table_name="service_kind")
    op.drop_table("service_kind")
    op.drop_index("relative_town_code_newest", table_name="relative")
    op.drop_index(op.f("relative_other_id"), table_name="relative")
    op.drop_index("relative_linked_once", table_name="relative", postgresql_where=sa.text("ended_at IS NULL"))
    op.drop_index("relative_county_code_newest", table_name="relative")
    op.drop_index("relative_community_code_newest", table_name="relative")
    op.drop_table("relative")
    op.drop_index("participant_town_code_newest", table_name="participant")
    op.drop_index("participant_registers_once", table_name="participant", postgresql_where=sa.text("terminal_at IS NULL"))
    op.drop_index(op.f("participant_real_name_token_mark"), table_name="participant")
    op.drop_index(
        op.f("participant_emergency_session_id"),
        table_name="participant",
        postgresql_where=sa.text("emergency_session_id IS NOT NULL"),
    )
    op.drop_index("participant_county_code_newest", table_name="participant")
    op.drop_index("participant_community_code_newest", table_name="participant")
    op.drop_table("participant")
    op.drop_index("order_town_code_newest", table_name="order")
    op.drop_index("order_origin_once", table_name="order", postgresql_where=sa.text("origin_id IS NOT NULL"))
    op.drop_index("order_open_first", table_name="order", postgresql_where=sa.text("state = 'published'"))
    op.drop_index("order_of_beneficiary", table_name="order", postgresql_where=sa.text("beneficiary_id IS NOT NULL"))
    op.drop_index(
        op.f("order_emergency_session_id"), table_name="order", postgresql_where=sa.text("emergency_session_id IS NOT NULL")
    )
    op.drop_index("order_county_code_newest", table_name="order")
    op.drop_index("order_community_code_newest", table_name="order")
    op.drop_table("order")
    op.drop_index("claim_town_code_newest", table_name="claim")
    op.drop_index(op.f("claim_order_id"), table_name="claim")
    op.drop_index(
        "claim_one_place_each", table_name="claim", postgresql_where=sa.text("(state NOT IN ('cancelled', 'lapsed'))")
    )
    op.drop_index("claim_of_volunteer", table_name="claim")
    op.drop_index(
        op.f("claim_emergency_session_id"), table_name="claim", postgresql_where=sa.text("emergency_session_id IS NOT NULL")
    )
    op.drop_index("claim_county_code_newest", table_name="claim")
    op.drop_index("claim_community_code_newest", table_name="claim")
    op.drop_table("claim")
