"""Keep attachments.

The release before this one must keep running on the result.
"""

import sqlalchemy as sa
from alembic import op

revision = "plumbing_0007"
down_revision = "plumbing_0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "attachment",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("sha256", sa.Text(collation="C"), nullable=False),
        sa.Column("media_type", sa.Text(), nullable=False),
        sa.Column("size_bytes", sa.Integer(), nullable=False),
        sa.Column("width", sa.Integer(), nullable=True),
        sa.Column("height", sa.Integer(), nullable=True),
        sa.Column("taken_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("lon", sa.Double(), nullable=True),
        sa.Column("lat", sa.Double(), nullable=True),
        sa.Column("uploaded_by", sa.Text(), nullable=False),
        sa.Column("uploaded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("thing_table", sa.Text(), nullable=True),
        sa.Column("thing_id", sa.Uuid(), nullable=True),
        sa.Column("attached_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("(attached_at IS NULL) = (thing_id IS NULL)", name=op.f("attachment_attached_at_iff_thing_id")),
        sa.CheckConstraint("(lon IS NULL) = (lat IS NULL)", name=op.f("attachment_lon_iff_lat")),
        sa.CheckConstraint("(thing_table IS NULL) = (thing_id IS NULL)", name=op.f("attachment_thing_table_iff_thing_id")),
        sa.CheckConstraint("(width IS NULL) = (height IS NULL)", name=op.f("attachment_width_iff_height")),
        sa.CheckConstraint("size_bytes > 0", name=op.f("attachment_is_not_empty")),
        sa.PrimaryKeyConstraint("id", name=op.f("attachment_pkey")),
    )
    op.create_index(op.f("attachment_sha256"), "attachment", ["sha256"], unique=False)
    op.create_index(
        "attachment_unused", "attachment", ["uploaded_at"], unique=False, postgresql_where=sa.text("thing_id IS NULL")
    )


def downgrade() -> None:
    op.drop_index("attachment_unused", table_name="attachment", postgresql_where=sa.text("thing_id IS NULL"))
    op.drop_index(op.f("attachment_sha256"), table_name="attachment")
    op.drop_table("attachment")
