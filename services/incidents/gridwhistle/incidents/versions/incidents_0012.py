"""Keep the grid of the day, and how grids were drawn before.

The release before this one must keep running on the result.
"""

from uuid import uuid5

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "incidents_0012"
down_revision = "incidents_0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "known_grid_edition",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("event_no", sa.Integer(), nullable=False),
        sa.Column("aggregate_id", sa.Uuid(), nullable=False),
        sa.Column("grid_code", sa.Text(collation="C"), nullable=False),
        sa.Column("edition", sa.Integer(), nullable=False),
        sa.Column("boundary", postgresql.JSON(astext_type=sa.Text()), nullable=False),
        sa.Column("valid_from", sa.DateTime(timezone=True), nullable=True),
        sa.Column("valid_to", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("known_grid_edition_pkey")),
        sa.UniqueConstraint("aggregate_id", "edition", name=op.f("known_grid_edition_aggregate_id_edition_once")),
    )
    _begin_with_what_is_known()
    op.add_column("incident", sa.Column("grid_id", sa.Uuid(), nullable=True))
    op.add_column("incident", sa.Column("grid_edition", sa.Integer(), nullable=True))
    op.create_check_constraint(  # accepted: both columns are new, and the release before leaves them empty
        op.f("incident_grid_id_iff_grid_edition"), "incident", "(grid_id IS NULL) = (grid_edition IS NULL)"
    )


def _begin_with_what_is_known() -> None:
    known = op.get_bind().execute(
        sa.text("SELECT id, event_no, grid_code, coalesce(edition, 1) AS edition, boundary::text AS boundary FROM known_grid")
    )
    editions = [
        {**row, "aggregate_id": row["id"], "id": uuid5(row["id"], str(row["edition"]))}  # the ids that the consumer gives
        for row in known.mappings()
    ]
    if editions:
        names = "id, event_no, aggregate_id, grid_code, edition, boundary"
        values = ":id, :event_no, :aggregate_id, :grid_code, :edition, cast(:boundary AS json)"
        op.get_bind().execute(sa.text(f"INSERT INTO known_grid_edition ({names}) VALUES ({values})"), editions)


def downgrade() -> None:
    op.drop_column("incident", "grid_edition")
    op.drop_column("incident", "grid_id")
    op.drop_table("known_grid_edition")
