"""Draw, file and adjust grids; let workers come and go.

The release before this one must keep running on the result.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "personnel_0003"
down_revision = "personnel_0002"
branch_labels = None
depends_on = None

CLAIMS = (
    ("area", "merged_only_when_retired", "merged_into IS NULL OR retired_at IS NOT NULL"),
    ("area", "not_merged_into_itself", "merged_into <> area_code"),
    ("assignment", "ends_after_it_begins", "ended_at >= assigned_at"),
    ("grid", "state_is_known", "state IN ('draft', 'filed', 'agreed', 'adjusting', 'retired')"),
    ("grid", "holds_from_filing_on", "valid_from IS NOT NULL OR state NOT IN ('filed', 'adjusting')"),
    ("grid", "holds_until_retired", "valid_to IS NULL OR state = 'retired'"),
    (
        "worker",
        "state_is_known",
        "state IN ('applied', 'active', 'training', 'rejected', 'ready', 'suspended', 'exited')",
    ),
    ("worker", "contract_ends_after_it_begins", "contract_to >= contract_from"),
    ("worker", "exited_at_iff_exited", "(exited_at IS NOT NULL) = (state = 'exited')"),
)


def upgrade() -> None:
    op.create_table(
        "grid_version",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("grid_id", sa.Uuid(), nullable=False),
        sa.Column("edition", sa.Integer(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("households", sa.Integer(), nullable=False),
        sa.Column("boundary", postgresql.JSON(astext_type=sa.Text()), nullable=False),
        sa.Column("adjust_reason", sa.Text(), nullable=False),
        sa.Column("valid_from", sa.DateTime(timezone=True), nullable=True),
        sa.Column("valid_to", sa.DateTime(timezone=True), nullable=True),
        postgresql.ExcludeConstraint(
            (sa.column("grid_id"), "="),
            where=sa.text("valid_from IS NOT NULL AND valid_to IS NULL"),
            deferrable=True,
            initially="IMMEDIATE",
            using="btree",
            name="grid_version_holds_one_at_a_time",
        ),
        sa.CheckConstraint(
            "adjust_reason IN ('first_drawing', 'community_resized', 'large_demolition', 'population_moved', 'other')",
            name=op.f("grid_version_adjust_reason_is_known"),
        ),
        sa.CheckConstraint("edition > 0", name=op.f("grid_version_counts_from_one")),
        sa.CheckConstraint("valid_to >= valid_from", name=op.f("grid_version_ends_after_it_begins")),
        sa.CheckConstraint("valid_to IS NULL OR valid_from IS NOT NULL", name=op.f("grid_version_ends_only_when_begun")),
        sa.ForeignKeyConstraint(["grid_id"], ["grid.id"], name=op.f("grid_version_grid_id_exists")),
        sa.PrimaryKeyConstraint("id", name=op.f("grid_version_pkey")),
        sa.UniqueConstraint("grid_id", "edition", name=op.f("grid_version_grid_id_edition_once")),
    )
    op.create_index(
        "grid_version_drawn_one_at_a_time",
        "grid_version",
        ["grid_id"],
        unique=True,
        postgresql_where=sa.text("valid_from IS NULL"),
    )
    op.create_table(
        "micro_grid",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("grid_id", sa.Uuid(), nullable=False),
        sa.Column("micro_grid_code", sa.Text(collation="C"), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("households", sa.Integer(), nullable=False),
        sa.CheckConstraint("micro_grid_code ~ '^[0-9]{17}$'", name=op.f("micro_grid_code_has_17_digits")),
        sa.CheckConstraint("households >= 0", name=op.f("micro_grid_households_not_negative")),
        sa.ForeignKeyConstraint(["grid_id"], ["grid.id"], name=op.f("micro_grid_grid_id_exists")),
        sa.PrimaryKeyConstraint("id", name=op.f("micro_grid_pkey")),
        sa.UniqueConstraint("micro_grid_code", name=op.f("micro_grid_micro_grid_code_once")),
    )
    op.create_index(op.f("micro_grid_grid_id"), "micro_grid", ["grid_id"], unique=False)
    op.add_column("area", sa.Column("retired_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("area", sa.Column("merged_into", sa.Text(collation="C"), nullable=True))
    op.add_column("assignment", sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True))
    op.drop_constraint(op.f("assignment_worker_id_grid_code_once"), "assignment", type_="unique")
    op.create_index(op.f("assignment_grid_code"), "assignment", ["grid_code"], unique=False)
    op.create_index(  # accepted: it claims less than the constraint that it replaces
        "assignment_once_while_it_lasts",
        "assignment",
        ["worker_id", "grid_code"],
        unique=True,
        postgresql_where=sa.text("ended_at IS NULL"),
    )
    # The release before says none of these: what it adds is on file at once, and works at once.
    op.add_column("grid", sa.Column("state", sa.Text(), server_default="filed", nullable=False))
    op.add_column("grid", sa.Column("edition", sa.Integer(), server_default="1", nullable=False))
    op.add_column("grid", sa.Column("valid_from", sa.DateTime(timezone=True), server_default=sa.func.now(), nullable=True))
    op.add_column("grid", sa.Column("valid_to", sa.DateTime(timezone=True), nullable=True))
    op.add_column("organisation", sa.Column("retired_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("worker", sa.Column("state", sa.Text(), server_default="active", nullable=False))
    op.add_column("worker", sa.Column("contract_from", sa.Date(), nullable=True))
    op.add_column("worker", sa.Column("contract_to", sa.Date(), nullable=True))
    op.add_column("worker", sa.Column("contract_signed_on", sa.Date(), nullable=True))
    op.add_column("worker", sa.Column("confidentiality_signed_on", sa.Date(), nullable=True))
    op.add_column("worker", sa.Column("exited_at", sa.DateTime(timezone=True), nullable=True))
    for table, name, claim in CLAIMS:
        op.create_check_constraint(op.f(f"{table}_{name}"), table, claim)  # accepted: what the release before leaves out holds
    # What is there was on file since it was added, which its id (UUIDv7) says.
    op.execute(
        "UPDATE grid SET valid_from = to_timestamp(('x' || left(replace(id::text, '-', ''), 12))::bit(48)::bigint / 1000.0)"
    )
    op.execute(
        "INSERT INTO grid_version (id, grid_id, edition, name, households, boundary, adjust_reason, valid_from)"
        " SELECT gen_random_uuid(), id, 1, name, households, boundary, 'first_drawing', valid_from FROM grid"
    )


def downgrade() -> None:
    for table, name, _ in CLAIMS:
        op.drop_constraint(op.f(f"{table}_{name}"), table, type_="check")
    op.drop_column("worker", "exited_at")
    op.drop_column("worker", "confidentiality_signed_on")
    op.drop_column("worker", "contract_signed_on")
    op.drop_column("worker", "contract_to")
    op.drop_column("worker", "contract_from")
    op.drop_column("worker", "state")
    op.drop_column("organisation", "retired_at")
    op.drop_column("grid", "valid_to")
    op.drop_column("grid", "valid_from")
    op.drop_column("grid", "edition")
    op.drop_column("grid", "state")
    op.drop_index("assignment_once_while_it_lasts", table_name="assignment", postgresql_where=sa.text("ended_at IS NULL"))
    op.drop_index(op.f("assignment_grid_code"), table_name="assignment")
    op.create_unique_constraint(
        op.f("assignment_worker_id_grid_code_once"),
        "assignment",
        ["worker_id", "grid_code"],
        postgresql_nulls_not_distinct=False,
    )
    op.drop_column("assignment", "ended_at")
    op.drop_column("area", "merged_into")
    op.drop_column("area", "retired_at")
    op.drop_index(op.f("micro_grid_grid_id"), table_name="micro_grid")
    op.drop_table("micro_grid")
    op.drop_index("grid_version_drawn_one_at_a_time", table_name="grid_version", postgresql_where=sa.text("valid_from IS NULL"))
    op.drop_table("grid_version")
