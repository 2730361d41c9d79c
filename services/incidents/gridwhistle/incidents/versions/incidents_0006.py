"""Let incidents live their whole life.

The release before this one must keep running on the result.
"""

import sqlalchemy as sa
from alembic import op

revision = "incidents_0006"
down_revision = "incidents_0005"
branch_labels = None
depends_on = None


CLAIMS = {
    "state_is_known": "state IN ('reported', 'sampled', 'self_resolved', 'closed', 'redirected', 'rejected', 'merged', 'verifying', 'accepted', 'contested', 'filed', 'dispatched', 'in_progress', 'disputed', 'objected', 'suspended', 'dept_review', 'handled', 'checking', 'checked', 'rework', 'voided', 'archived')",
    "closed_at_only_when_closed": "closed_at IS NULL OR state IN ('closed', 'archived')",
    "closed_has_its_time": "closed_at IS NOT NULL OR state <> 'closed'",
    "terminal_at_only_when_ended": "terminal_at IS NULL OR state IN ('closed', 'rejected', 'redirected', 'merged', 'voided', 'archived')",
    "category_from_filed_on": "category IS NOT NULL OR NOT (state IN ('filed', 'dispatched', 'objected', 'disputed', 'in_progress', 'suspended', 'dept_review', 'handled', 'checking', 'checked', 'rework'))",
    "grid_from_filed_on": "grid_code IS NOT NULL OR NOT (state IN ('filed', 'dispatched', 'objected', 'disputed', 'in_progress', 'suspended', 'dept_review', 'handled', 'checking', 'checked', 'rework'))",
    "lead_org_from_dispatched_on": "lead_org IS NOT NULL OR NOT (state IN ('dispatched', 'objected', 'disputed', 'in_progress', 'suspended', 'dept_review', 'handled', 'checking', 'checked', 'rework'))",
    "parent_only_when_merged": "(parent_id IS NULL) OR state IN ('merged', 'archived')",
    "is_not_its_own_parent": "parent_id <> id",
    "no_house_judges_itself": "complained_org IS NULL OR lead_org IS NULL OR complained_org <> lead_org",
    "asked_for_iff_asked_stage": "(asked_for IS NULL) = (asked_stage IS NULL)",
    "time_is_asked_for_in_progress": "asked_for IS NULL OR state = 'in_progress'",
}
BEFORE = {
    "closed_at_iff_closed": "(closed_at IS NOT NULL) = (state = 'closed')",
    "category_from_filed_on": "category IS NOT NULL OR state IN ('reported', 'accepted')",
    "grid_from_filed_on": "grid_code IS NOT NULL OR state IN ('reported', 'accepted')",
    "lead_org_from_dispatched_on": "lead_org IS NOT NULL OR state IN ('reported', 'accepted', 'filed')",
    "state_is_known": "state IN ('reported', 'accepted', 'filed', 'dispatched', 'in_progress', 'dept_review', 'handled', 'checking', 'checked', 'closed')",
}


def _claims(gone: dict[str, str], made: dict[str, str]) -> None:
    for name in gone:
        op.drop_constraint(f"incident_{name}", "incident", type_="check")
    for name, claim in made.items():
        op.create_check_constraint(op.f(f"incident_{name}"), "incident", claim)


def _checks(which: str) -> None:
    op.drop_index("incident_checks", table_name="incident")
    op.create_index("incident_checks", "incident", ["grid_code", "checker_id"], postgresql_where=sa.text(which))


def upgrade() -> None:
    op.create_table(
        "adjustment",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("incident_id", sa.Uuid(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("asked_by", sa.Text(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("reason_code", sa.Text(), nullable=False),
        sa.Column("days", sa.Integer(), nullable=True),
        sa.Column("subject_id", sa.Text(), nullable=False),
        sa.Column("approved_by", sa.Text(), nullable=True),
        sa.CheckConstraint("(kind = 'suspension') = (days IS NOT NULL)", name=op.f("adjustment_days_iff_suspension")),
        sa.CheckConstraint("kind IN ('extension', 'suspension', 'void')", name=op.f("adjustment_kind_is_known")),
        sa.CheckConstraint(
            "state IN ('requested', 'asked', 'endorsed', 'denied', 'approved', 'lapsed')",
            name=op.f("adjustment_state_is_known"),
        ),
        sa.ForeignKeyConstraint(
            ["incident_id"], ["incident.id"], name=op.f("adjustment_incident_id_exists"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("adjustment_pkey")),
    )
    op.create_index(op.f("adjustment_incident_id"), "adjustment", ["incident_id"], unique=False)
    op.create_index(
        "adjustment_one_waits",
        "adjustment",
        ["incident_id", sa.literal_column("(kind = 'void')")],
        unique=True,
        postgresql_where=sa.text("state IN ('requested', 'endorsed', 'asked')"),
    )
    op.create_table(
        "callback",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("incident_id", sa.Uuid(), nullable=False),
        sa.Column("attempt_no", sa.Integer(), nullable=False),
        sa.Column("called_by", sa.Text(), nullable=False),
        sa.Column("called_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("is_reached", sa.Boolean(), nullable=False),
        sa.Column("is_resolved", sa.Boolean(), nullable=True),
        sa.Column("satisfaction", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "satisfaction IN ('satisfied', 'fairly_satisfied', 'dissatisfied', 'no_answer')",
            name=op.f("callback_satisfaction_is_known"),
        ),
        sa.CheckConstraint(
            "is_reached = (is_resolved IS NOT NULL AND satisfaction IS NOT NULL)",
            name=op.f("callback_says_something_iff_reached"),
        ),
        sa.ForeignKeyConstraint(["incident_id"], ["incident.id"], name=op.f("callback_incident_id_exists"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("callback_pkey")),
        sa.UniqueConstraint("incident_id", "attempt_no", name=op.f("callback_incident_id_attempt_no_once")),
    )
    op.create_index(op.f("callback_incident_id"), "callback", ["incident_id"], unique=False)
    op.create_table(
        "objection",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("incident_id", sa.Uuid(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("asked_by", sa.Text(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("org", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "state IN ('raised', 'upheld', 'denied', 'decided', 'lapsed')", name=op.f("objection_state_is_known")
        ),
        sa.ForeignKeyConstraint(
            ["incident_id"], ["incident.id"], name=op.f("objection_incident_id_exists"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("objection_pkey")),
    )
    op.create_index(op.f("objection_incident_id"), "objection", ["incident_id"], unique=False)
    op.create_index(
        "objection_one_waits", "objection", ["incident_id"], unique=True, postgresql_where=sa.text("state = 'raised'")
    )
    op.create_table(
        "task",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("incident_id", sa.Uuid(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("asked_by", sa.Text(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("worker_id", sa.Uuid(), nullable=True),
        sa.Column("result", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "(state = 'answered') = (result IS NOT NULL AND worker_id IS NOT NULL)", name=op.f("task_answered_iff_result")
        ),
        sa.CheckConstraint("kind IN ('verification', 'check')", name=op.f("task_kind_is_known")),
        sa.CheckConstraint("result IN ('yes', 'no', 'unclear')", name=op.f("task_result_is_known")),
        sa.CheckConstraint("state IN ('given', 'answered', 'lapsed')", name=op.f("task_state_is_known")),
        sa.ForeignKeyConstraint(["incident_id"], ["incident.id"], name=op.f("task_incident_id_exists"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("task_pkey")),
    )
    op.create_index(op.f("task_incident_id"), "task", ["incident_id"], unique=False)
    op.create_index("task_one_waits", "task", ["incident_id"], unique=True, postgresql_where=sa.text("state = 'given'"))
    op.add_column("incident", sa.Column("filed_by", sa.Text(), nullable=True))
    op.add_column("incident", sa.Column("standard_id", sa.Uuid(), nullable=True))
    op.add_column("incident", sa.Column("handle_amount", sa.Integer(), nullable=True))
    op.add_column("incident", sa.Column("handle_unit", sa.Text(), nullable=True))
    op.add_column("incident", sa.Column("handler_id", sa.Text(), nullable=True))
    op.add_column("incident", sa.Column("complained_org", sa.Text(), nullable=True))
    op.add_column("incident", sa.Column("parent_id", sa.Uuid(), nullable=True))
    op.add_column("incident", sa.Column("reason_code", sa.Text(), nullable=True))
    op.add_column("incident", sa.Column("sent_to", sa.Text(), nullable=True))
    op.add_column("incident", sa.Column("verified_as", sa.Text(), nullable=True))
    op.add_column("incident", sa.Column("unclear_by", sa.Uuid(), nullable=True))
    op.add_column("incident", sa.Column("asked_for", sa.Text(), nullable=True))
    op.add_column("incident", sa.Column("asked_stage", sa.Text(), nullable=True))
    op.add_column("incident", sa.Column("void_asked_by", sa.Text(), nullable=True))
    op.add_column("incident", sa.Column("objected_times", sa.Integer(), nullable=True))
    op.add_column("incident", sa.Column("extended_times", sa.Integer(), nullable=True))
    op.add_column("incident", sa.Column("suspended_times", sa.Integer(), nullable=True))
    op.add_column("incident", sa.Column("rework_times", sa.Integer(), nullable=True))
    op.add_column("incident", sa.Column("reopened_times", sa.Integer(), nullable=True))
    op.add_column("incident", sa.Column("is_sampled", sa.Boolean(), nullable=True))
    op.add_column("incident", sa.Column("is_fixed", sa.Boolean(), nullable=True))
    op.add_column("incident", sa.Column("is_contested", sa.Boolean(), nullable=True))
    op.add_column("incident", sa.Column("is_callback_only", sa.Boolean(), nullable=True))
    op.add_column("incident", sa.Column("is_overdue", sa.Boolean(), nullable=True))
    op.add_column("incident", sa.Column("is_final", sa.Boolean(), nullable=True))
    op.add_column("incident", sa.Column("terminal_at", sa.DateTime(timezone=True), nullable=True))
    op.execute("UPDATE incident SET terminal_at = closed_at WHERE state = 'closed'")
    _claims(BEFORE, CLAIMS)
    _checks("state IN ('verifying', 'checking')")


def downgrade() -> None:
    _claims(CLAIMS, BEFORE)
    _checks("state = 'checking'")
    op.drop_column("incident", "terminal_at")
    op.drop_column("incident", "is_final")
    op.drop_column("incident", "is_overdue")
    op.drop_column("incident", "is_callback_only")
    op.drop_column("incident", "is_contested")
    op.drop_column("incident", "is_fixed")
    op.drop_column("incident", "is_sampled")
    op.drop_column("incident", "reopened_times")
    op.drop_column("incident", "rework_times")
    op.drop_column("incident", "suspended_times")
    op.drop_column("incident", "extended_times")
    op.drop_column("incident", "objected_times")
    op.drop_column("incident", "void_asked_by")
    op.drop_column("incident", "asked_stage")
    op.drop_column("incident", "asked_for")
    op.drop_column("incident", "unclear_by")
    op.drop_column("incident", "verified_as")
    op.drop_column("incident", "sent_to")
    op.drop_column("incident", "reason_code")
    op.drop_column("incident", "parent_id")
    op.drop_column("incident", "complained_org")
    op.drop_column("incident", "handler_id")
    op.drop_column("incident", "handle_unit")
    op.drop_column("incident", "handle_amount")
    op.drop_column("incident", "standard_id")
    op.drop_column("incident", "filed_by")
    op.drop_index("task_one_waits", table_name="task", postgresql_where=sa.text("state = 'given'"))
    op.drop_index(op.f("task_incident_id"), table_name="task")
    op.drop_table("task")
    op.drop_index("objection_one_waits", table_name="objection", postgresql_where=sa.text("state = 'raised'"))
    op.drop_index(op.f("objection_incident_id"), table_name="objection")
    op.drop_table("objection")
    op.drop_index(op.f("callback_incident_id"), table_name="callback")
    op.drop_table("callback")
    op.drop_index(
        "adjustment_one_waits", table_name="adjustment", postgresql_where=sa.text("state IN ('requested', 'endorsed', 'asked')")
    )
    op.drop_index(op.f("adjustment_incident_id"), table_name="adjustment")
    op.drop_table("adjustment")
