"""Let requests and objections be withdrawn.

The release before this one must keep running on the result.
"""

from alembic import op

revision = "incidents_0010"
down_revision = "incidents_0009"
branch_labels = None
depends_on = None

STATES = {
    "adjustment": "'requested', 'asked', 'endorsed', 'denied', 'approved', {}'lapsed'",
    "objection": "'raised', 'upheld', 'denied', 'decided', {}'lapsed'",
}


def _let_be(more: str) -> None:
    for table, states in STATES.items():
        name = f"{table}_state_is_known"
        op.drop_constraint(name, table, type_="check")
        op.create_check_constraint(op.f(name), table, f"state IN ({states.format(more)})")


def upgrade() -> None:
    _let_be("'withdrawn', ")


def downgrade() -> None:
    _let_be("")
