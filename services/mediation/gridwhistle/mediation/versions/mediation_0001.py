"""Committees, cases, panels, sessions, agreements and files.

The release before this one must keep running on the result.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "mediation_0001"
down_revision = None
branch_labels = ("mediation",)
depends_on = None


def upgrade() -> None:
    op.create_table(
        "case",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("event_no", sa.Integer(), nullable=False),
        sa.Column("grid_code", sa.Text(collation="C"), nullable=True),
        sa.Column("area_code", sa.Text(collation="C"), nullable=False),
        sa.Column("county_code", sa.Text(collation="C"), sa.Computed("left(area_code, 6)", persisted=True), nullable=True),
        sa.Column("town_code", sa.Text(collation="C"), sa.Computed("left(area_code, 9)", persisted=True), nullable=True),
        sa.Column("community_code", sa.Text(collation="C"), sa.Computed("left(area_code, 12)", persisted=True), nullable=True),
        sa.Column("emergency_session_id", sa.Uuid(), nullable=True),
        sa.Column("case_no", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("referred_from", sa.Text(), nullable=True),
        sa.Column("letter_no", sa.Text(), nullable=True),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("dispute_type", sa.Text(collation="C"), nullable=True),
        sa.Column("grade", sa.Text(), nullable=True),
        sa.Column("may_become_criminal", sa.Boolean(), nullable=True),
        sa.Column("may_become_mass", sa.Boolean(), nullable=True),
        sa.Column("is_complex", sa.Boolean(), nullable=False),
        sa.Column("is_online", sa.Boolean(), nullable=False),
        sa.Column("is_open", sa.Boolean(), nullable=False),
        sa.Column("occurred_on", sa.Date(), nullable=True),
        sa.Column("brief", sa.LargeBinary(), nullable=True),
        sa.Column("amount_fen", sa.BigInteger(), nullable=True),
        sa.Column("group_size", sa.Integer(), nullable=True),
        sa.Column("complained_org", sa.Text(), nullable=True),
        sa.Column("incident_id", sa.Uuid(), nullable=True),
        sa.Column("earlier_case_id", sa.Uuid(), nullable=True),
        sa.Column("committee_id", sa.Uuid(), nullable=True),
        sa.Column("has_both_sides", sa.Boolean(), nullable=False),
        sa.Column("parties_to_answer", sa.Integer(), nullable=False),
        sa.Column("presiding_id", sa.Uuid(), nullable=True),
        sa.Column("is_three_houses", sa.Boolean(), nullable=False),
        sa.Column("escalated_from", sa.Text(), nullable=True),
        sa.Column("panel", postgresql.JSON(astext_type=sa.Text()), nullable=True),
        sa.Column("barred_ids", postgresql.JSON(astext_type=sa.Text()), nullable=True),
        sa.Column("follow_ups_left", sa.Integer(), nullable=True),
        sa.Column("closing_asked_by", sa.Text(), nullable=True),
        sa.Column("receipt_no", sa.Text(), nullable=True),
        sa.Column("file_no", sa.Text(), nullable=True),
        sa.Column("outcome", sa.Text(), nullable=True),
        sa.Column("reason_code", sa.Text(), nullable=True),
        sa.Column("transferred_to", sa.Text(), nullable=True),
        sa.Column("registered_by", sa.Text(), nullable=False),
        sa.Column("registered_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("accepted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("assigned_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("rights_told_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("first_session_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("agreed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ways_told_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("terminal_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("(escalated_from IS NOT NULL) = (state = 'escalated')", name=op.f("case_escalated_from_something")),
        sa.CheckConstraint("(source = 'entrusted') = (letter_no IS NOT NULL)", name=op.f("case_letter_iff_entrusted")),
        sa.CheckConstraint(
            "(terminal_at IS NOT NULL) = (state IN ('refused', 'transferred', 'terminated', 'failed', 'performed', 'breached', 'closed', 'archived'))",
            name=op.f("case_terminal_at_iff_ended"),
        ),
        sa.CheckConstraint(
            "(transferred_to IS NOT NULL) = (state = 'transferred' OR outcome = 'transferred')",
            name=op.f("case_transferred_somewhere"),
        ),
        sa.CheckConstraint(
            "channel IN ('people', 'administrative', 'court_delegated', 'court_entrusted', 'court_summary', 'police', 'labour')",
            name=op.f("case_channel_is_known"),
        ),
        sa.CheckConstraint("grade IN ('red', 'orange', 'yellow')", name=op.f("case_grade_is_known")),
        sa.CheckConstraint(
            "referred_from IN ('incident', 'police', 'court', 'petition_office', 'department', 'party')",
            name=op.f("case_referred_from_is_known"),
        ),
        sa.CheckConstraint("source IN ('own_initiative', 'application', 'entrusted')", name=op.f("case_source_is_known")),
        sa.CheckConstraint(
            "state IN ('applied', 'found', 'referred_in', 'consent_pending', 'accepted', 'assigned', 'in_mediation', 'escalated', 'agreed_written', 'agreed_oral', 'partial', 'performing', 'refused', 'transferred', 'terminated', 'failed', 'performed', 'breached', 'closed', 'archived')",
            name=op.f("case_state_is_known"),
        ),
        sa.CheckConstraint("(follow_ups_left IS NULL) = (agreed_at IS NULL)", name=op.f("case_followed_up_once_agreed")),
        sa.CheckConstraint("(outcome IS NOT NULL) = (terminal_at IS NOT NULL)", name=op.f("case_outcome_iff_ended")),
        sa.CheckConstraint(
            "accepted_at IS NULL OR (has_both_sides AND parties_to_answer = 0)", name=op.f("case_accepted_once_all_are_willing")
        ),
        sa.CheckConstraint("amount_fen >= 0", name=op.f("case_amount_is_not_negative")),
        sa.CheckConstraint("closed_at IS NOT NULL OR file_no IS NULL", name=op.f("case_numbered_when_closed")),
        sa.CheckConstraint("dispute_type IS NOT NULL OR accepted_at IS NULL", name=op.f("case_type_once_accepted")),
        sa.CheckConstraint("follow_ups_left BETWEEN 0 AND 3", name=op.f("case_is_followed_up_three_times")),
        sa.CheckConstraint("letter_no IS NULL OR referred_from IS NOT NULL", name=op.f("case_letters_come_from_somebody")),
        sa.CheckConstraint("parties_to_answer >= 0", name=op.f("case_nobody_answers_twice")),
        sa.CheckConstraint(
            "terminal_at IS NULL OR (may_become_criminal IS NULL AND may_become_mass IS NULL)",
            name=op.f("case_risks_end_with_it"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("case_pkey")),
        sa.UniqueConstraint("case_no", name=op.f("case_case_no_once")),
    )
    op.create_index(
        "case_community_code_newest",
        "case",
        ["community_code", sa.literal_column("registered_at DESC"), sa.literal_column("id DESC")],
        unique=False,
    )
    op.create_index(
        "case_county_code_newest",
        "case",
        ["county_code", sa.literal_column("registered_at DESC"), sa.literal_column("id DESC")],
        unique=False,
    )
    op.create_index(
        op.f("case_emergency_session_id"),
        "case",
        ["emergency_session_id"],
        unique=False,
        postgresql_where=sa.text("emergency_session_id IS NOT NULL"),
    )
    op.create_index(
        "case_file_no_once", "case", ["county_code", "file_no"], unique=True, postgresql_where=sa.text("file_no IS NOT NULL")
    )
    op.create_index(
        "case_of_committee", "case", ["committee_id"], unique=False, postgresql_where=sa.text("committee_id IS NOT NULL")
    )
    op.create_index(
        "case_of_incident_once", "case", ["incident_id"], unique=True, postgresql_where=sa.text("incident_id IS NOT NULL")
    )
    op.create_index(
        "case_open", "case", ["county_code", "state"], unique=False, postgresql_where=sa.text("terminal_at IS NULL")
    )
    op.create_index(
        "case_town_code_newest",
        "case",
        ["town_code", sa.literal_column("registered_at DESC"), sa.literal_column("id DESC")],
        unique=False,
    )
    op.create_table(
        "committee",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("event_no", sa.Integer(), nullable=False),
        sa.Column("area_code", sa.Text(collation="C"), nullable=False),
        sa.Column("county_code", sa.Text(collation="C"), sa.Computed("left(area_code, 6)", persisted=True), nullable=True),
        sa.Column("town_code", sa.Text(collation="C"), sa.Computed("left(area_code, 9)", persisted=True), nullable=True),
        sa.Column("community_code", sa.Text(collation="C"), sa.Computed("left(area_code, 12)", persisted=True), nullable=True),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("short_name", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("industries", postgresql.JSON(astext_type=sa.Text()), nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("seal_no", sa.Text(), nullable=True),
        sa.Column("chair_id", sa.Uuid(), nullable=True),
        sa.Column("has_women", sa.Boolean(), nullable=False),
        sa.Column("mirrors_mixed_area", sa.Boolean(), nullable=False),
        sa.Column("elected_on", sa.Date(), nullable=False),
        sa.Column("term_end_on", sa.Date(), nullable=False),
        sa.Column("set_up_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("filed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("file_year", sa.Integer(), nullable=True),
        sa.Column("file_no_last", sa.Integer(), nullable=False),
        sa.Column("terminal_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "(industries IS NOT NULL) = (kind = 'industry')", name=op.f("committee_industries_iff_of_an_industry")
        ),
        sa.CheckConstraint(
            "(terminal_at IS NOT NULL) = (state = 'dissolved')", name=op.f("committee_terminal_at_iff_dissolved")
        ),
        sa.CheckConstraint(
            "kind IN ('village', 'town', 'enterprise', 'industry', 'joint')", name=op.f("committee_kind_is_known")
        ),
        sa.CheckConstraint(
            "state <> 'filed' OR (seal_no IS NOT NULL AND chair_id IS NOT NULL)",
            name=op.f("committee_filed_has_seal_and_chair"),
        ),
        sa.CheckConstraint("state IN ('forming', 'changed', 'filed', 'dissolved')", name=op.f("committee_state_is_known")),
        sa.CheckConstraint(
            "file_no_last >= 0 AND (file_no_last = 0 OR file_year IS NOT NULL)",
            name=op.f("committee_files_are_counted_by_year"),
        ),
        sa.CheckConstraint("term_end_on > elected_on", name=op.f("committee_term_ends_after_it_begins")),
        sa.PrimaryKeyConstraint("id", name=op.f("committee_pkey")),
    )
    op.create_index(
        "committee_community_code_newest", "committee", ["community_code", sa.literal_column("id DESC")], unique=False
    )
    op.create_index("committee_county_code_newest", "committee", ["county_code", sa.literal_column("id DESC")], unique=False)
    op.create_index("committee_short_name_once", "committee", ["county_code", "short_name"], unique=True)
    op.create_index("committee_town_code_newest", "committee", ["town_code", sa.literal_column("id DESC")], unique=False)
    op.create_table(
        "mediator",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("event_no", sa.Integer(), nullable=False),
        sa.Column("area_code", sa.Text(collation="C"), nullable=False),
        sa.Column("county_code", sa.Text(collation="C"), sa.Computed("left(area_code, 6)", persisted=True), nullable=True),
        sa.Column("town_code", sa.Text(collation="C"), sa.Computed("left(area_code, 9)", persisted=True), nullable=True),
        sa.Column("community_code", sa.Text(collation="C"), sa.Computed("left(area_code, 12)", persisted=True), nullable=True),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("committee_id", sa.Uuid(), nullable=True),
        sa.Column("is_member", sa.Boolean(), nullable=False),
        sa.Column("is_full_time", sa.Boolean(), nullable=False),
        sa.Column("org", sa.Text(collation="C"), nullable=True),
        sa.Column("licence_no", sa.Text(), nullable=True),
        sa.Column("specialties", postgresql.JSON(astext_type=sa.Text()), nullable=False),
        sa.Column("grade", sa.Text(), nullable=True),
        sa.Column("appointed_on", sa.Date(), nullable=False),
        sa.Column("term_end_on", sa.Date(), nullable=True),
        sa.Column("insured_until", sa.Date(), nullable=True),
        sa.Column("training_hours", sa.Integer(), nullable=False),
        sa.Column("recalled_for", sa.Text(), nullable=True),
        sa.Column("registered_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("terminal_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("(recalled_for IS NOT NULL) = (state = 'recalled')", name=op.f("mediator_recalled_for_something")),
        sa.CheckConstraint("(terminal_at IS NOT NULL) = (state = 'recalled')", name=op.f("mediator_terminal_at_iff_recalled")),
        sa.CheckConstraint(
            "NOT is_member OR (committee_id IS NOT NULL AND kind = 'elected')", name=op.f("mediator_members_are_elected")
        ),
        sa.CheckConstraint(
            "committee_id IS NOT NULL OR kind NOT IN ('elected', 'appointed')", name=op.f("mediator_committee_has_its_own")
        ),
        sa.CheckConstraint("grade IN ('first', 'second', 'third', 'fourth')", name=op.f("mediator_grade_is_known")),
        sa.CheckConstraint(
            "kind <> 'lawyer' OR (org IS NOT NULL AND licence_no IS NOT NULL)", name=op.f("mediator_lawyers_have_a_licence")
        ),
        sa.CheckConstraint("kind <> 'police' OR org IS NOT NULL", name=op.f("mediator_police_have_a_station")),
        sa.CheckConstraint(
            "kind IN ('elected', 'appointed', 'invited', 'lawyer', 'judicial', 'police')", name=op.f("mediator_kind_is_known")
        ),
        sa.CheckConstraint("state IN ('active', 'paused', 'recalled')", name=op.f("mediator_state_is_known")),
        sa.CheckConstraint("term_end_on > appointed_on", name=op.f("mediator_term_ends_after_it_begins")),
        sa.CheckConstraint("training_hours >= 0", name=op.f("mediator_training_is_not_negative")),
        sa.PrimaryKeyConstraint("id", name=op.f("mediator_pkey")),
    )
    op.create_index(op.f("mediator_committee_id"), "mediator", ["committee_id"], unique=False)
    op.create_index(
        "mediator_community_code_newest", "mediator", ["community_code", sa.literal_column("id DESC")], unique=False
    )
    op.create_index("mediator_county_code_newest", "mediator", ["county_code", sa.literal_column("id DESC")], unique=False)
    op.create_index("mediator_town_code_newest", "mediator", ["town_code", sa.literal_column("id DESC")], unique=False)
    op.create_table(
        "agreement",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("form", sa.Text(), nullable=False),
        sa.Column("extent", sa.Text(), nullable=False),
        sa.Column("is_asked_in_writing", sa.Boolean(), nullable=False),
        sa.Column("is_major", sa.Boolean(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=True),
        sa.Column("copies", sa.Integer(), nullable=False),
        sa.Column("signed", postgresql.JSON(astext_type=sa.Text()), nullable=False),
        sa.Column("mediator_signed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("mediator_signed_by", sa.Text(), nullable=True),
        sa.Column("sealed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("seal_no", sa.Text(), nullable=True),
        sa.Column("drafted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("effective_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("confirm_by", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "(effective_at IS NOT NULL) = (state = 'effective')", name=op.f("agreement_effective_at_iff_effective")
        ),
        sa.CheckConstraint("extent IN ('whole', 'part')", name=op.f("agreement_extent_is_known")),
        sa.CheckConstraint(
            "form = 'oral' OR state <> 'effective' OR mediator_signed_at IS NOT NULL",
            name=op.f("agreement_written_takes_effect_by_signatures"),
        ),
        sa.CheckConstraint(
            "form = 'written' OR NOT (is_asked_in_writing OR is_major)", name=op.f("agreement_is_written_where_it_must_be")
        ),
        sa.CheckConstraint("form IN ('written', 'oral')", name=op.f("agreement_form_is_known")),
        sa.CheckConstraint("state IN ('draft', 'effective', 'dropped')", name=op.f("agreement_state_is_known")),
        sa.CheckConstraint("(seal_no IS NOT NULL) = (sealed_at IS NOT NULL)", name=op.f("agreement_sealed_with_a_seal")),
        sa.CheckConstraint("copies BETWEEN 0 AND 100", name=op.f("agreement_copies_are_counted")),
        sa.ForeignKeyConstraint(["case_id"], ["case.id"], name=op.f("agreement_case_id_exists")),
        sa.PrimaryKeyConstraint("id", name=op.f("agreement_pkey")),
    )
    op.create_index(
        "agreement_one_stands", "agreement", ["case_id"], unique=True, postgresql_where=sa.text("state != 'dropped'")
    )
    op.create_table(
        "agreement_term",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("agreement_id", sa.Uuid(), nullable=False),
        sa.Column("term_no", sa.Integer(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("party_id", sa.Uuid(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=True),
        sa.Column("amount_fen", sa.BigInteger(), nullable=True),
        sa.Column("due_on", sa.Date(), nullable=True),
        sa.Column("done_on", sa.Date(), nullable=True),
        sa.Column("proof", sa.Text(), nullable=True),
        sa.Column("reminders", sa.Integer(), nullable=False),
        sa.Column("reminded_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("(kind = 'pay') = (amount_fen IS NOT NULL)", name=op.f("agreement_term_amount_iff_paid")),
        sa.CheckConstraint(
            "kind IN ('pay', 'hand_over', 'repair', 'stop', 'apologise', 'other')", name=op.f("agreement_term_kind_is_known")
        ),
        sa.CheckConstraint("(proof IS NOT NULL) = (done_on IS NOT NULL)", name=op.f("agreement_term_proof_iff_done")),
        sa.CheckConstraint("amount_fen > 0", name=op.f("agreement_term_amount_is_something")),
        sa.ForeignKeyConstraint(["case_id"], ["case.id"], name=op.f("agreement_term_case_id_exists")),
        sa.PrimaryKeyConstraint("id", name=op.f("agreement_term_pkey")),
        sa.UniqueConstraint("agreement_id", "term_no", name=op.f("agreement_term_agreement_id_term_no_once")),
    )
    op.create_index(op.f("agreement_term_case_id"), "agreement_term", ["case_id"], unique=False)
    op.create_index(
        "agreement_term_due", "agreement_term", ["due_on"], unique=False, postgresql_where=sa.text("done_on IS NULL")
    )
    op.create_table(
        "confirmation",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("agreement_id", sa.Uuid(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("court", sa.Text(), nullable=False),
        sa.Column("court_by", sa.Text(), nullable=False),
        sa.Column("applied_by", postgresql.JSON(astext_type=sa.Text()), nullable=False),
        sa.Column("applied_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("accepted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ruling_no", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "court_by IN ('inviting_court', 'party_home', 'object_place', 'committee_seat')",
            name=op.f("confirmation_court_by_is_known"),
        ),
        sa.CheckConstraint(
            "state IN ('applied', 'accepted', 'rejected', 'confirmed', 'refused', 'withdrawn')",
            name=op.f("confirmation_state_is_known"),
        ),
        sa.ForeignKeyConstraint(["case_id"], ["case.id"], name=op.f("confirmation_case_id_exists")),
        sa.PrimaryKeyConstraint("id", name=op.f("confirmation_pkey")),
    )
    op.create_index(
        "confirmation_one_is_asked_for",
        "confirmation",
        ["case_id"],
        unique=True,
        postgresql_where=sa.text("state IN ('applied', 'accepted', 'confirmed')"),
    )
    op.create_table(
        "document",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("pages", sa.Integer(), nullable=False),
        sa.Column("entered_by", sa.Text(), nullable=False),
        sa.Column("entered_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "kind IN ('application', 'rights_notice', 'identity', 'authorisation', 'investigation', 'evidence', 'mediation_record', 'agreement', 'performance_proof', 'follow_up', 'confirmation', 'note', 'back_cover')",
            name=op.f("document_kind_is_known"),
        ),
        sa.CheckConstraint("pages BETWEEN 1 AND 2000", name=op.f("document_has_pages")),
        sa.ForeignKeyConstraint(["case_id"], ["case.id"], name=op.f("document_case_id_exists")),
        sa.PrimaryKeyConstraint("id", name=op.f("document_pkey")),
    )
    op.create_index(op.f("document_case_id"), "document", ["case_id"], unique=False)
    op.create_table(
        "escalation",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("reported_to", sa.Text(), nullable=False),
        sa.Column("reason_code", sa.Text(), nullable=False),
        sa.Column("reported_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reported_by", sa.Text(), nullable=False),
        sa.Column("receipt_no", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "reason_code IN ('violence', 'mass_incident', 'crime', 'danger', 'misuse')",
            name=op.f("escalation_reason_code_is_known"),
        ),
        sa.CheckConstraint(
            "reported_to IN ('police', 'town', 'county', 'court', 'judicial_bureau')",
            name=op.f("escalation_reported_to_is_known"),
        ),
        sa.ForeignKeyConstraint(["case_id"], ["case.id"], name=op.f("escalation_case_id_exists")),
        sa.PrimaryKeyConstraint("id", name=op.f("escalation_pkey")),
    )
    op.create_index(op.f("escalation_case_id"), "escalation", ["case_id"], unique=False)
    op.create_table(
        "follow_up",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("follow_up_no", sa.Integer(), nullable=False),
        sa.Column("is_performed", sa.Boolean(), nullable=False),
        sa.Column("satisfied", sa.Text(), nullable=False),
        sa.Column("is_new_dispute", sa.Boolean(), nullable=False),
        sa.Column("asked_by", sa.Text(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "satisfied IN ('satisfied', 'fairly_satisfied', 'dissatisfied', 'not_said')",
            name=op.f("follow_up_satisfied_is_known"),
        ),
        sa.CheckConstraint("follow_up_no BETWEEN 1 AND 3", name=op.f("follow_up_happens_three_times")),
        sa.ForeignKeyConstraint(["case_id"], ["case.id"], name=op.f("follow_up_case_id_exists")),
        sa.PrimaryKeyConstraint("id", name=op.f("follow_up_pkey")),
        sa.UniqueConstraint("case_id", "follow_up_no", name=op.f("follow_up_case_id_follow_up_no_once")),
    )
    op.create_table(
        "invitee",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("name", sa.LargeBinary(), nullable=True),
        sa.Column("agreed_by", postgresql.JSON(astext_type=sa.Text()), nullable=False),
        sa.Column("invited_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "kind IN ('relative', 'neighbour', 'expert', 'witness', 'organisation')", name=op.f("invitee_kind_is_known")
        ),
        sa.ForeignKeyConstraint(["case_id"], ["case.id"], name=op.f("invitee_case_id_exists")),
        sa.PrimaryKeyConstraint("id", name=op.f("invitee_pkey")),
    )
    op.create_index(op.f("invitee_case_id"), "invitee", ["case_id"], unique=False)
    op.create_table(
        "mandatory_report",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("reported_to", sa.Text(), nullable=False),
        sa.Column("reported_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by_role", sa.Text(), nullable=False),
        sa.Column("receipt_no", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "kind IN ('minor_harm', 'domestic_violence', 'crime_risk')", name=op.f("mandatory_report_kind_is_known")
        ),
        sa.CheckConstraint(
            "reported_to IN ('police', 'civil_affairs', 'education')", name=op.f("mandatory_report_reported_to_is_known")
        ),
        sa.ForeignKeyConstraint(["case_id"], ["case.id"], name=op.f("mandatory_report_case_id_exists")),
        sa.PrimaryKeyConstraint("id", name=op.f("mandatory_report_pkey")),
    )
    op.create_index(op.f("mandatory_report_case_id"), "mandatory_report", ["case_id"], unique=False)
    op.create_table(
        "mediator_training",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("mediator_id", sa.Uuid(), nullable=False),
        sa.Column("course", sa.Text(), nullable=False),
        sa.Column("hours", sa.Integer(), nullable=False),
        sa.Column("held_on", sa.Date(), nullable=False),
        sa.Column("entered_by", sa.Text(), nullable=False),
        sa.CheckConstraint("hours BETWEEN 1 AND 400", name=op.f("mediator_training_takes_some_hours")),
        sa.ForeignKeyConstraint(["mediator_id"], ["mediator.id"], name=op.f("mediator_training_mediator_id_exists")),
        sa.PrimaryKeyConstraint("id", name=op.f("mediator_training_pkey")),
    )
    op.create_index(op.f("mediator_training_mediator_id"), "mediator_training", ["mediator_id"], unique=False)
    op.create_table(
        "panel_member",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("mediator_id", sa.Uuid(), nullable=False),
        sa.Column("presides", sa.Boolean(), nullable=False),
        sa.Column("chosen_by", sa.Text(), nullable=False),
        sa.Column("named_by", sa.Text(), nullable=False),
        sa.Column("named_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("relation", sa.Text(), nullable=True),
        sa.Column("disclosed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("may_stay", sa.Boolean(), nullable=False),
        sa.Column("left_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("left_for", sa.Text(), nullable=True),
        sa.Column("asked_by_party", sa.Uuid(), nullable=True),
        sa.CheckConstraint("NOT may_stay OR relation <> 'none'", name=op.f("panel_member_may_stay_in_spite_of_something")),
        sa.CheckConstraint("chosen_by IN ('parties', 'committee')", name=op.f("panel_member_chosen_by_is_known")),
        sa.CheckConstraint("left_for IN ('recused', 'stepped_aside', 'replaced')", name=op.f("panel_member_left_for_is_known")),
        sa.CheckConstraint(
            "relation IN ('none', 'relative', 'colleague', 'interest', 'earlier_case', 'other')",
            name=op.f("panel_member_relation_is_known"),
        ),
        sa.CheckConstraint("(left_for IS NULL) = (left_at IS NULL)", name=op.f("panel_member_left_for_iff_left")),
        sa.CheckConstraint("(relation IS NULL) = (disclosed_at IS NULL)", name=op.f("panel_member_relation_iff_disclosed")),
        sa.ForeignKeyConstraint(["case_id"], ["case.id"], name=op.f("panel_member_case_id_exists")),
        sa.PrimaryKeyConstraint("id", name=op.f("panel_member_pkey")),
    )
    op.create_index(
        "panel_member_busy", "panel_member", ["mediator_id"], unique=False, postgresql_where=sa.text("left_at IS NULL")
    )
    op.create_index(op.f("panel_member_case_id"), "panel_member", ["case_id"], unique=False)
    op.create_index(
        "panel_member_once",
        "panel_member",
        ["case_id", "mediator_id"],
        unique=True,
        postgresql_where=sa.text("left_at IS NULL"),
    )
    op.create_table(
        "party",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("side", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("capacity", sa.Text(), nullable=False),
        sa.Column("is_representative", sa.Boolean(), nullable=False),
        sa.Column("home_area", sa.Text(collation="C"), nullable=True),
        sa.Column("name", sa.LargeBinary(), nullable=True),
        sa.Column("org_name", sa.LargeBinary(), nullable=True),
        sa.Column("id_number", sa.LargeBinary(), nullable=True),
        sa.Column("phone", sa.LargeBinary(), nullable=True),
        sa.Column("address", sa.LargeBinary(), nullable=True),
        sa.Column("guardian_name", sa.LargeBinary(), nullable=True),
        sa.Column("guardian_phone", sa.LargeBinary(), nullable=True),
        sa.Column("agent_name", sa.LargeBinary(), nullable=True),
        sa.Column("agent_phone", sa.LargeBinary(), nullable=True),
        sa.Column("agent_may", sa.Text(), nullable=True),
        sa.Column("is_willing", sa.Boolean(), nullable=True),
        sa.Column("answered_by", sa.Text(), nullable=True),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("added_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("agent_may IN ('speak', 'settle')", name=op.f("party_agent_may_is_known")),
        sa.CheckConstraint("answered_by IN ('in_writing', 'by_word', 'online')", name=op.f("party_answered_by_is_known")),
        sa.CheckConstraint("capacity IN ('full', 'limited', 'none')", name=op.f("party_capacity_is_known")),
        sa.CheckConstraint("kind IN ('person', 'organisation')", name=op.f("party_kind_is_known")),
        sa.CheckConstraint("side IN ('applicant', 'respondent', 'third')", name=op.f("party_side_is_known")),
        sa.CheckConstraint("(is_willing IS NULL) = (answered_at IS NULL)", name=op.f("party_answered_iff_it_is_known")),
        sa.ForeignKeyConstraint(["case_id"], ["case.id"], name=op.f("party_case_id_exists")),
        sa.PrimaryKeyConstraint("id", name=op.f("party_pkey")),
    )
    op.create_index(op.f("party_case_id"), "party", ["case_id"], unique=False)
    op.create_table(
        "session",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("session_no", sa.Integer(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("venue", sa.Text(), nullable=False),
        sa.Column("is_online", sa.Boolean(), nullable=False),
        sa.Column("is_open", sa.Boolean(), nullable=False),
        sa.Column("notices", postgresql.JSON(astext_type=sa.Text()), nullable=False),
        sa.Column("present", postgresql.JSON(astext_type=sa.Text()), nullable=True),
        sa.Column("invitees", postgresql.JSON(astext_type=sa.Text()), nullable=True),
        sa.Column("record", sa.LargeBinary(), nullable=True),
        sa.Column("undisputed", sa.LargeBinary(), nullable=True),
        sa.Column("signed", postgresql.JSON(astext_type=sa.Text()), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("(ended_at IS NOT NULL) = (state = 'ended')", name=op.f("session_ended_at_iff_ended")),
        sa.CheckConstraint("(opened_at IS NOT NULL) = (state IN ('open', 'ended'))", name=op.f("session_opened_at_once_open")),
        sa.CheckConstraint("state IN ('planned', 'open', 'cancelled', 'ended')", name=op.f("session_state_is_known")),
        sa.CheckConstraint("ends_at > starts_at", name=op.f("session_ends_after_it_begins")),
        sa.ForeignKeyConstraint(["case_id"], ["case.id"], name=op.f("session_case_id_exists")),
        sa.PrimaryKeyConstraint("id", name=op.f("session_pkey")),
        sa.UniqueConstraint("case_id", "session_no", name=op.f("session_case_id_session_no_once")),
    )
    op.create_index("session_coming", "session", ["starts_at"], unique=False, postgresql_where=sa.text("state = 'planned'"))


def downgrade() -> None:
    op.drop_index("session_coming", table_name="session", postgresql_where=sa.text("state = 'planned'"))
    op.drop_table("session")
    op.drop_index(op.f("party_case_id"), table_name="party")
    op.drop_table("party")
    op.drop_index("panel_member_once", table_name="panel_member", postgresql_where=sa.text("left_at IS NULL"))
    op.drop_index(op.f("panel_member_case_id"), table_name="panel_member")
    op.drop_index("panel_member_busy", table_name="panel_member", postgresql_where=sa.text("left_at IS NULL"))
    op.drop_table("panel_member")
    op.drop_index(op.f("mediator_training_mediator_id"), table_name="mediator_training")
    op.drop_table("mediator_training")
    op.drop_index(op.f("mandatory_report_case_id"), table_name="mandatory_report")
    op.drop_table("mandatory_report")
    op.drop_index(op.f("invitee_case_id"), table_name="invitee")
    op.drop_table("invitee")
    op.drop_table("follow_up")
    op.drop_index(op.f("escalation_case_id"), table_name="escalation")
    op.drop_table("escalation")
    op.drop_index(op.f("document_case_id"), table_name="document")
    op.drop_table("document")
    op.drop_index(
        "confirmation_one_is_asked_for",
        table_name="confirmation",
        postgresql_where=sa.text("state IN ('applied', 'accepted', 'confirmed')"),
    )
    op.drop_table("confirmation")
    op.drop_index("agreement_term_due", table_name="agreement_term", postgresql_where=sa.text("done_on IS NULL"))
    op.drop_index(op.f("agreement_term_case_id"), table_name="agreement_term")
    op.drop_table("agreement_term")
    op.drop_index("agreement_one_stands", table_name="agreement", postgresql_where=sa.text("state != 'dropped'"))
    op.drop_table("agreement")
    op.drop_index("mediator_town_code_newest", table_name="mediator")
    op.drop_index("mediator_county_code_newest", table_name="mediator")
    op.drop_index("mediator_community_code_newest", table_name="mediator")
    op.drop_index(op.f("mediator_committee_id"), table_name="mediator")
    op.drop_table("mediator")
    op.drop_index("committee_town_code_newest", table_name="committee")
    op.drop_index("committee_short_name_once", table_name="committee")
    op.drop_index("committee_county_code_newest", table_name="committee")
    op.drop_index("committee_community_code_newest", table_name="committee")
    op.drop_table("committee")
    op.drop_index("case_town_code_newest", table_name="case")
    op.drop_index("case_open", table_name="case", postgresql_where=sa.text("terminal_at IS NULL"))
    op.drop_index("case_of_incident_once", table_name="case", postgresql_where=sa.text("incident_id IS NOT NULL"))
    op.drop_index("case_of_committee", table_name="case", postgresql_where=sa.text("committee_id IS NOT NULL"))
    op.drop_index("case_file_no_once", table_name="case", postgresql_where=sa.text("file_no IS NOT NULL"))
    op.drop_index(
        op.f("case_emergency_session_id"), table_name="case", postgresql_where=sa.text("emergency_session_id IS NOT NULL")
    )
    op.drop_index("case_county_code_newest", table_name="case")
    op.drop_index("case_community_code_newest", table_name="case")
    op.drop_table("case")
