"""Seal the audit.

The release before this one must keep running on the result.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "plumbing_0005"
down_revision = "plumbing_0004"
branch_labels = None
depends_on = None


# Keeps honest hands off; whoever owns the database can take it away, and the chain is for those.
APPEND_ONLY = """
CREATE FUNCTION gw_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN RAISE EXCEPTION 'the audit is only ever appended to'; END $$
"""


def upgrade() -> None:
    op.execute(APPEND_ONLY)
    op.create_table(
        "audit_anchor",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("event_no", sa.Integer(), nullable=False),
        sa.Column("area_code", sa.Text(collation="C"), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("hash", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("audit_anchor_pkey")),
        sa.UniqueConstraint("number", name=op.f("audit_anchor_number_once")),
    )
    op.create_table(
        "audit_seal",
        sa.Column("number", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("upto", sa.BigInteger(), nullable=False),
        sa.Column("ids", postgresql.ARRAY(sa.BigInteger()), nullable=False),
        sa.Column("digests", sa.LargeBinary(), nullable=False),
        sa.Column("previous", sa.LargeBinary(), nullable=False),
        sa.Column("sealed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.CheckConstraint("length(digests) = 32 * cardinality(ids)", name=op.f("audit_seal_a_digest_for_each_row")),
        sa.CheckConstraint("number > 0", name=op.f("audit_seal_counts_from_one")),
        sa.PrimaryKeyConstraint("number", name=op.f("audit_seal_pkey")),
    )
    op.create_index(op.f("audit_at"), "audit", ["at"], unique=False, postgresql_using="brin")
    for table in ("audit", "audit_seal"):
        op.execute(
            f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {table}"
            " FOR EACH STATEMENT EXECUTE FUNCTION gw_append_only()"
        )


def downgrade() -> None:
    op.execute("DROP TRIGGER audit_append_only ON audit")
    op.drop_index(op.f("audit_at"), table_name="audit", postgresql_using="brin")
    op.drop_table("audit_seal")
    op.drop_table("audit_anchor")
    op.execute("DROP FUNCTION gw_append_only")
