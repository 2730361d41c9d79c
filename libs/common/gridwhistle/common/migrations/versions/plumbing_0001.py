"""What every service's database carries.

The release before this one must keep running on the result.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "plumbing_0001"
down_revision = None
branch_labels = ("plumbing",)
depends_on = None


# Stops the one statement of a command, all of it, when a row that it holds was changed by somebody else.
ALL_HELD = """
CREATE FUNCTION gw_all_held(hit bigint, held int) RETURNS timestamptz LANGUAGE plpgsql AS $$
BEGIN IF hit <> held THEN RAISE EXCEPTION 'a held row has moved' USING ERRCODE = 'GW001'; END IF; RETURN clock_timestamp(); END $$
"""


def upgrade() -> None:
    op.execute(ALL_HELD)
    op.create_table(
        "audit",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor_id", sa.Text(), nullable=False),
        sa.Column("actor_role", sa.Text(), nullable=False),
        sa.Column("org", sa.Text(), nullable=True),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("object_type", sa.Text(), nullable=False),
        sa.Column("object_id", sa.Uuid(), nullable=False),
        sa.Column("request_id", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("audit_pkey")),
    )
    op.create_table(
        "command_key",
        sa.Column("scope", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("fingerprint", sa.LargeBinary(), nullable=False),
        sa.Column("status", sa.SmallInteger(), nullable=False),
        sa.Column("answer", sa.LargeBinary(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("scope", "key", name=op.f("command_key_pkey")),
    )
    op.create_index(op.f("command_key_at"), "command_key", ["at"], unique=False, postgresql_using="brin")
    op.create_table(
        "history",
        sa.Column("thing_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("from_state", sa.Text(), nullable=True),
        sa.Column("to_state", sa.Text(), nullable=False),
        sa.Column("actor_id", sa.Text(), nullable=False),
        sa.Column("actor_role", sa.Text(), nullable=False),
        sa.Column("org", sa.Text(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("thing_id", "id", name=op.f("history_pkey")),
    )
    op.create_table(
        "number",
        sa.Column("series", sa.Text(), nullable=False),
        sa.Column("last", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("last > 0", name=op.f("number_counts_from_one")),
        sa.PrimaryKeyConstraint("series", name=op.f("number_pkey")),
    )
    op.create_table(
        "outbox",
        sa.Column("event_id", sa.Uuid(), nullable=False),
        sa.Column("aggregate_id", sa.Uuid(), nullable=False),
        sa.Column("event_no", sa.Integer(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("envelope", postgresql.JSON(astext_type=sa.Text()), nullable=False),
        sa.Column("occurred_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("epoch", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("event_id", name=op.f("outbox_pkey")),
        sa.UniqueConstraint("aggregate_id", "event_no", name=op.f("outbox_aggregate_id_event_no_once")),
    )
    op.create_table(
        "published",
        sa.Column("stream_seq", sa.BigInteger(), nullable=False),
        sa.Column("event_id", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("stream_seq", name=op.f("published_pkey")),
    )
    op.create_table(
        "stream",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("created", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("stream_pkey")),
    )
    op.create_table(
        "waiting",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("event_id", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("waiting_pkey")),
    )


def downgrade() -> None:
    op.execute("DROP FUNCTION gw_all_held")
    op.drop_table("waiting")
    op.drop_table("stream")
    op.drop_table("published")
    op.drop_table("outbox")
    op.drop_table("number")
    op.drop_table("history")
    op.drop_index(op.f("command_key_at"), table_name="command_key", postgresql_using="brin")
    op.drop_table("command_key")
    op.drop_table("audit")
