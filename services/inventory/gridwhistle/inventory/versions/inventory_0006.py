"""Warnings and their messages.

The release before this one must keep running on the result.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "inventory_0006"
down_revision = "inventory_0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "warning",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("event_no", sa.Integer(), nullable=False),
        sa.Column("area_code", sa.Text(collation="C"), nullable=False),
        sa.Column("county_code", sa.Text(collation="C"), sa.Computed("left(area_code, 6)", persisted=True), nullable=True),
        sa.Column("town_code", sa.Text(collation="C"), sa.Computed("left(area_code, 9)", persisted=True), nullable=True),
        sa.Column("community_code", sa.Text(collation="C"), sa.Computed("left(area_code, 12)", persisted=True), nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("warning_id", sa.Text(collation="C"), nullable=False),
        sa.Column("issuing_authority", sa.Text(), nullable=False),
        sa.Column("authority_name", sa.Text(), nullable=True),
        sa.Column("authority_level", sa.Text(), nullable=False),
        sa.Column("colour", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("event_code", sa.Text(), nullable=False),
        sa.Column("event", sa.Text(), nullable=False),
        sa.Column("areas", postgresql.JSON(astext_type=sa.Text()), nullable=False),
        sa.Column("headline", sa.Text(), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("instruction", sa.Text(), nullable=False),
        sa.Column("edition", sa.Integer(), nullable=False),
        sa.Column("is_late", sa.Boolean(), nullable=False),
        sa.Column("correlation_id", sa.Text(), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("relayed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("terminal_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "(terminal_at IS NOT NULL) = (state IN ('cancelled', 'expired'))", name=op.f("warning_terminal_at_iff_ended")
        ),
        sa.CheckConstraint(
            "authority_level IN ('national', 'province', 'city', 'county')", name=op.f("warning_authority_level_is_known")
        ),
        sa.CheckConstraint("colour IN ('red', 'orange', 'yellow', 'blue')", name=op.f("warning_colour_is_known")),
        sa.CheckConstraint("state IN ('relayed', 'cancelled', 'expired')", name=op.f("warning_state_is_known")),
        sa.CheckConstraint("status IN ('actual', 'exercise', 'test')", name=op.f("warning_status_is_known")),
        sa.CheckConstraint("warning_id ~ '^[0-9]{14}_[0-9]{14}_[0-9]$'", name=op.f("warning_id_is_its_authoritys")),
        sa.CheckConstraint("edition > 0", name=op.f("warning_counts_from_one")),
        sa.CheckConstraint("length(issuing_authority) > 0", name=op.f("warning_has_an_issuing_authority")),
        sa.PrimaryKeyConstraint("id", name=op.f("warning_pkey")),
        sa.UniqueConstraint("county_code", "warning_id", name=op.f("warning_county_code_warning_id_once")),
    )
    op.create_index(
        "warning_community_code_newest",
        "warning",
        ["community_code", sa.literal_column("relayed_at DESC"), sa.literal_column("id DESC")],
        unique=False,
    )
    op.create_index(
        "warning_county_code_newest",
        "warning",
        ["county_code", sa.literal_column("relayed_at DESC"), sa.literal_column("id DESC")],
        unique=False,
    )
    op.create_index(
        "warning_town_code_newest",
        "warning",
        ["town_code", sa.literal_column("relayed_at DESC"), sa.literal_column("id DESC")],
        unique=False,
    )
    op.create_table(
        "warning_message",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("warning_id", sa.Uuid(), nullable=False),
        sa.Column("county_code", sa.Text(collation="C"), nullable=False),
        sa.Column("identifier", sa.Text(collation="C"), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("kind IN ('alert', 'update', 'cancel')", name=op.f("warning_message_kind_is_known")),
        sa.ForeignKeyConstraint(["warning_id"], ["warning.id"], name=op.f("warning_message_warning_id_exists")),
        sa.PrimaryKeyConstraint("id", name=op.f("warning_message_pkey")),
        sa.UniqueConstraint("county_code", "identifier", name=op.f("warning_message_county_code_identifier_once")),
    )
    op.create_index(op.f("warning_message_warning_id"), "warning_message", ["warning_id"], unique=False)


def downgrade() -> None:
    op.drop_index(op.f("warning_message_warning_id"), table_name="warning_message")
    op.drop_table("warning_message")
    op.drop_index("warning_town_code_newest", table_name="warning")
    op.drop_index("warning_county_code_newest", table_name="warning")
    op.drop_index("warning_community_code_newest", table_name="warning")
    op.drop_table("warning")
