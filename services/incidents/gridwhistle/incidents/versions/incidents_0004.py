"""Keep the catalogue of each county.

The release before this one must keep running on the result.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "incidents_0004"
down_revision = "incidents_0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "category",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("area_code", sa.Text(collation="C"), nullable=False),
        sa.Column("county_code", sa.Text(collation="C"), sa.Computed("left(area_code, 6)", persisted=True), nullable=True),
        sa.Column("town_code", sa.Text(collation="C"), sa.Computed("left(area_code, 9)", persisted=True), nullable=True),
        sa.Column("community_code", sa.Text(collation="C"), sa.Computed("left(area_code, 12)", persisted=True), nullable=True),
        sa.Column("code", sa.Text(collation="C"), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("is_local", sa.Boolean(), nullable=False),
        sa.Column("enabled", sa.Boolean(), nullable=False),
        sa.Column("guide", sa.Text(), nullable=True),
        sa.Column("legal_refs", postgresql.JSON(astext_type=sa.Text()), nullable=False),
        sa.Column("source_ref", sa.Text(), nullable=False),
        sa.CheckConstraint("kind IN ('component', 'event', 'social')", name=op.f("category_kind_is_known")),
        sa.PrimaryKeyConstraint("id", name=op.f("category_pkey")),
        sa.UniqueConstraint("county_code", "code", name=op.f("category_county_code_code_once")),
    )
    op.create_table(
        "case_standard",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("category_id", sa.Uuid(), nullable=False),
        sa.Column("seq", sa.SmallInteger(), nullable=False),
        sa.Column("condition", sa.Text(), nullable=False),
        sa.Column("handle_amount", sa.Integer(), nullable=False),
        sa.Column("handle_unit", sa.Text(), nullable=False),
        sa.Column("close_condition", sa.Text(), nullable=False),
        sa.Column("photos_required", postgresql.JSON(astext_type=sa.Text()), nullable=False),
        sa.Column("season", sa.Text(), nullable=True),
        sa.Column("source_ref", sa.Text(), nullable=False),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "handle_unit IN ('urgent_minute', 'urgent_hour', 'natural_day', 'work_hour', 'work_day_rolling', 'work_day_legal', 'natural_day_legal', 'same_day')",
            name=op.f("case_standard_handle_unit_is_known"),
        ),
        sa.CheckConstraint("handle_amount > 0", name=op.f("case_standard_takes_some_time")),
        sa.ForeignKeyConstraint(["category_id"], ["category.id"], name=op.f("case_standard_category_id_exists")),
        sa.PrimaryKeyConstraint("id", name=op.f("case_standard_pkey")),
        sa.UniqueConstraint("category_id", "seq", name=op.f("case_standard_category_id_seq_once")),
    )
    op.create_index(op.f("case_standard_category_id"), "case_standard", ["category_id"], unique=False)
    op.create_table(
        "matter_list_item",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("category_id", sa.Uuid(), nullable=False),
        sa.Column("level", sa.Text(), nullable=False),
        sa.Column("lead_org_type", sa.Text(), nullable=False),
        sa.Column("community_may_refuse", sa.Boolean(), nullable=False),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("source_ref", sa.Text(), nullable=False),
        sa.CheckConstraint(
            "lead_org_type IN ('village_committee', 'town_government', 'county_department', 'police_station', 'public_utility')",
            name=op.f("matter_list_item_lead_org_type_is_known"),
        ),
        sa.CheckConstraint("level IN ('village', 'town', 'county')", name=op.f("matter_list_item_level_is_known")),
        sa.ForeignKeyConstraint(["category_id"], ["category.id"], name=op.f("matter_list_item_category_id_exists")),
        sa.PrimaryKeyConstraint("id", name=op.f("matter_list_item_pkey")),
    )
    op.create_index(op.f("matter_list_item_category_id"), "matter_list_item", ["category_id"], unique=False)
    op.create_table(
        "responsibility_rule",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("category_id", sa.Uuid(), nullable=False),
        sa.Column("area_prefix", sa.Text(collation="C"), nullable=False),
        sa.Column("supervising_org", sa.Text(), nullable=False),
        sa.Column("responsible_org", sa.Text(), nullable=False),
        sa.Column("priority", sa.SmallInteger(), nullable=False),
        sa.Column("effective_from", sa.DateTime(timezone=True), nullable=False),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("length(area_prefix) IN (6, 9, 12, 15)", name=op.f("responsibility_rule_area_is_of_a_level")),
        sa.ForeignKeyConstraint(["category_id"], ["category.id"], name=op.f("responsibility_rule_category_id_exists")),
        sa.PrimaryKeyConstraint("id", name=op.f("responsibility_rule_pkey")),
    )
    op.create_index(op.f("responsibility_rule_category_id"), "responsibility_rule", ["category_id"], unique=False)


def downgrade() -> None:
    op.drop_index(op.f("responsibility_rule_category_id"), table_name="responsibility_rule")
    op.drop_table("responsibility_rule")
    op.drop_index(op.f("matter_list_item_category_id"), table_name="matter_list_item")
    op.drop_table("matter_list_item")
    op.drop_index(op.f("case_standard_category_id"), table_name="case_standard")
    op.drop_table("case_standard")
    op.drop_table("category")
