"""Let village and residents' committees be organisations.

The release before this one must keep running on the result.
"""

from alembic import op

revision = "personnel_0004"
down_revision = "personnel_0003"
branch_labels = None
depends_on = None


def _kinds(*kinds: str) -> None:
    listed = ", ".join(f"'{kind}'" for kind in kinds)
    op.drop_constraint("organisation_kind_is_known", "organisation", type_="check")
    op.create_check_constraint(op.f("organisation_kind_is_known"), "organisation", f"kind IN ({listed})")


def upgrade() -> None:
    _kinds("township", "department", "company", "committee")


def downgrade() -> None:
    _kinds("township", "department", "company")
