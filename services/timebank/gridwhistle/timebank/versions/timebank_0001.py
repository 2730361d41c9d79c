"""Accounts.

The release before this one must keep running on the result.
"""

import sqlalchemy as sa
from alembic import op

revision = "timebank_0001"
down_revision = None
branch_labels = ("timebank",)
depends_on = None


def upgrade() -> None:
    op.create_table(
        "account",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("area_code", sa.Text(collation="C"), nullable=False),
        sa.Column("county_code", sa.Text(collation="C"), sa.Computed("left(area_code, 6)", persisted=True), nullable=True),
        sa.Column("town_code", sa.Text(collation="C"), sa.Computed("left(area_code, 9)", persisted=True), nullable=True),
        sa.Column("community_code", sa.Text(collation="C"), sa.Computed("left(area_code, 12)", persisted=True), nullable=True),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("owner_id", sa.Uuid(), nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("balance_minutes", sa.BigInteger(), nullable=False),
        sa.Column("locked_minutes", sa.BigInteger(), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("posted_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "(owner_id IS NOT NULL) = (kind IN ('group', 'personal_available', 'personal_hold'))",
            name=op.f("account_owner_iff_owned"),
        ),
        sa.CheckConstraint(
            "balance_minutes >= locked_minutes OR kind IN ('clearing', 'issuance')", name=op.f("account_not_overdrawn")
        ),
        sa.CheckConstraint(
            "kind IN ('personal_available', 'personal_hold', 'group', 'pool', 'pool_hold', 'issuance', 'redeemed', 'retired', 'clearing')",
            name=op.f("account_kind_is_known"),
        ),
        sa.CheckConstraint("state <> 'closed' OR balance_minutes = 0", name=op.f("account_closed_when_empty")),
        sa.CheckConstraint("state IN ('open', 'frozen', 'closed')", name=op.f("account_state_is_known")),
        sa.CheckConstraint("locked_minutes >= 0", name=op.f("account_locks_not_negative")),
        sa.PrimaryKeyConstraint("id", name=op.f("account_pkey")),
        postgresql_with={"fillfactor": 70},
    )
    op.create_index("account_community_code_newest", "account", ["community_code", sa.literal_column("id DESC")], unique=False)
    op.create_index("account_county_code_newest", "account", ["county_code", sa.literal_column("id DESC")], unique=False)
    op.create_index(
        "account_one_a_kind_of_area",
        "account",
        ["area_code", "kind"],
        unique=True,
        postgresql_where=sa.text("owner_id IS NULL"),
    )
    op.create_index(
        "account_one_a_kind_of_owner",
        "account",
        ["owner_id", "kind"],
        unique=True,
        postgresql_where=sa.text("owner_id IS NOT NULL"),
    )
    op.create_index("account_town_code_newest", "account", ["town_code", sa.literal_column("id DESC")], unique=False)


def downgrade() -> None:
    op.drop_index("account_town_code_newest", table_name="account")
    op.drop_index("account_one_a_kind_of_owner", table_name="account", postgresql_where=sa.text("owner_id IS NOT NULL"))
    op.drop_index("account_one_a_kind_of_area", table_name="account", postgresql_where=sa.text("owner_id IS NULL"))
    op.drop_index("account_county_code_newest", table_name="account")
    op.drop_index("account_community_code_newest", table_name="account")
    op.drop_table("account")
