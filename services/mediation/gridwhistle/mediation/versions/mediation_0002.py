"""Who leaves, a party who is struck, and the ten days more of a court.

The release before this one must keep running on the result.
"""

import sqlalchemy as sa
from alembic import op

revision = "mediation_0002"
down_revision = "mediation_0001"
branch_labels = None
depends_on = None


def _left_for(*words: str) -> None:
    listed = ", ".join(f"'{word}'" for word in words)
    op.drop_constraint("panel_member_left_for_is_known", "panel_member", type_="check")
    op.create_check_constraint(op.f("panel_member_left_for_is_known"), "panel_member", f"left_for IN ({listed})")


def upgrade() -> None:
    _left_for("recused", "stepped_aside", "replaced", "recalled")
    op.add_column("mediator", sa.Column("worker_id", sa.Uuid(), nullable=True))
    op.create_index("mediator_worker_id", "mediator", ["worker_id"], postgresql_where=sa.text("worker_id IS NOT NULL"))
    op.add_column("party", sa.Column("struck_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("confirmation", sa.Column("extended_at", sa.DateTime(timezone=True), nullable=True))
    op.create_check_constraint(  # accepted: of a column that only this release fills
        op.f("confirmation_extended_once_accepted"), "confirmation", "extended_at IS NULL OR accepted_at IS NOT NULL"
    )


def downgrade() -> None:
    op.drop_constraint("confirmation_extended_once_accepted", "confirmation", type_="check")
    op.drop_column("confirmation", "extended_at")
    op.drop_column("party", "struck_at")
    op.drop_index("mediator_worker_id", table_name="mediator")
    op.drop_column("mediator", "worker_id")
    _left_for("recused", "stepped_aside", "replaced")
