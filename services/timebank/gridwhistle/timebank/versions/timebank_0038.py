"""A grid lies in its area; what somebody asked for is found.

The release before this one must keep running on the result.
"""

from alembic import op

revision = "timebank_0038"
down_revision = "timebank_0037"
branch_labels = None
depends_on = None

TABLES = ("order", "claim")
CLAIM, INSIDE = "{}_grid_lies_in_its_area", "left(grid_code, 12) = area_code"


def upgrade() -> None:
    for table in TABLES:
        op.create_check_constraint(op.f(CLAIM.format(table)), table, INSIDE)  # accepted: commands refuse what is elsewhere
        op.create_index(op.f(f"{table}_asked_by"), table, ["asked_by"], unique=False)


def downgrade() -> None:
    for table in TABLES:
        op.drop_index(op.f(f"{table}_asked_by"), table_name=table)
        op.drop_constraint(op.f(CLAIM.format(table)), table, type_="check")
