"""Before whom paper lists were destroyed is sealed, since somebody writes it down and may write a name.

What was written so far goes: it stands in the clear, and no migration has the keys. No release has the service yet.
"""

import sqlalchemy as sa
from alembic import op

revision = "inventory_0011"
down_revision = "inventory_0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.drop_constraint("opening_two_see_lists_go", "opening", type_="check")
    op.drop_column("opening", "witnessed_by")  # accepted: of a service that no release has
    op.add_column("opening", sa.Column("witnessed_by", sa.LargeBinary(), nullable=True))
    op.create_check_constraint(  # accepted: wider than the one before
        op.f("opening_somebody_destroyed_lists"), "opening", "coalesce(lists_destroyed, 0) = 0 OR destroyed_by IS NOT NULL"
    )


def downgrade() -> None:
    op.drop_constraint("opening_somebody_destroyed_lists", "opening", type_="check")
    op.drop_column("opening", "witnessed_by")
    op.add_column("opening", sa.Column("witnessed_by", sa.Text(), nullable=True))
    op.create_check_constraint(
        op.f("opening_two_see_lists_go"), "opening", "coalesce(lists_destroyed, 0) = 0 OR witnessed_by <> destroyed_by"
    )
