"""Resource types, those that the standard names among them, and storage points.

The release before this one must keep running on the result.
"""

import sqlalchemy as sa
from alembic import op

revision = "inventory_0001"
down_revision = None
branch_labels = ("inventory",)
depends_on = None

STANDARD = """
    ('1000000', NULL, '基本生活保障物资'),
    ('2000000', NULL, '应急装备及配套物资'),
    ('3000000', NULL, '工程材料与机械加工设备'),
    ('1990000', '1000000', '其他基本生活保障物资'),
    ('2990000', '2000000', '其他应急装备及配套物资'),
    ('3990000', '3000000', '其他工程材料与机械加工设备')
"""
"""The classes (大类), and what has no place elsewhere (收容类目) in each: below that a county adds its own."""


def upgrade() -> None:
    op.create_table(
        "resource_type",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("area_code", sa.Text(collation="C"), nullable=False),
        sa.Column("county_code", sa.Text(collation="C"), sa.Computed("left(area_code, 6)", persisted=True), nullable=True),
        sa.Column("town_code", sa.Text(collation="C"), sa.Computed("left(area_code, 9)", persisted=True), nullable=True),
        sa.Column("community_code", sa.Text(collation="C"), sa.Computed("left(area_code, 12)", persisted=True), nullable=True),
        sa.Column("code", sa.Text(collation="C"), nullable=False),
        sa.Column("parent_code", sa.Text(collation="C"), nullable=True),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("unit", sa.Text(), nullable=False),
        sa.Column("is_local", sa.Boolean(), nullable=False),
        sa.Column("shelf_life_days", sa.Integer(), nullable=True),
        sa.Column("is_hazardous", sa.Boolean(), nullable=False),
        sa.Column("temperature_min_c", sa.SmallInteger(), nullable=True),
        sa.Column("kit_qty", sa.Numeric(precision=18, scale=3), nullable=True),
        sa.Column("kit_persons", sa.Integer(), nullable=True),
        sa.Column("is_daily", sa.Boolean(), nullable=False),
        sa.Column("source_ref", sa.Text(), nullable=True),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "(parent_code IS NULL) = (code LIKE '_000000')", name=op.f("resource_type_parent_iff_below_a_class")
        ),
        sa.CheckConstraint("code ~ '^[123]([0-9]{2}){3}$'", name=op.f("resource_type_code_is_of_the_standard")),
        sa.CheckConstraint("(kit_qty IS NULL) = (kit_persons IS NULL)", name=op.f("resource_type_kit_is_of_persons")),
        sa.CheckConstraint("kit_qty > 0 AND kit_persons > 0", name=op.f("resource_type_kit_holds_something")),
        sa.CheckConstraint("shelf_life_days > 0", name=op.f("resource_type_lasts_a_day")),
        sa.PrimaryKeyConstraint("id", name=op.f("resource_type_pkey")),
        sa.UniqueConstraint("county_code", "code", name=op.f("resource_type_county_code_code_once")),
    )
    op.create_table(
        "storage_point",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("area_code", sa.Text(collation="C"), nullable=False),
        sa.Column("county_code", sa.Text(collation="C"), sa.Computed("left(area_code, 6)", persisted=True), nullable=True),
        sa.Column("town_code", sa.Text(collation="C"), sa.Computed("left(area_code, 9)", persisted=True), nullable=True),
        sa.Column("community_code", sa.Text(collation="C"), sa.Computed("left(area_code, 12)", persisted=True), nullable=True),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("level", sa.Text(), nullable=False),
        sa.Column("mode", sa.Text(), nullable=False),
        sa.Column("agreement_no", sa.Text(), nullable=True),
        sa.Column("area_m2", sa.Integer(), nullable=True),
        sa.Column("address", sa.Text(), nullable=True),
        sa.Column("lon", sa.Double(), nullable=True),
        sa.Column("lat", sa.Double(), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("(agreement_no IS NOT NULL) = (mode <> 'real')", name=op.f("storage_point_agreement_iff_promised")),
        sa.CheckConstraint("level IN ('county', 'town', 'village', 'enterprise')", name=op.f("storage_point_level_is_known")),
        sa.CheckConstraint("mode IN ('real', 'agreed', 'capacity')", name=op.f("storage_point_mode_is_known")),
        sa.CheckConstraint("(lon IS NULL) = (lat IS NULL)", name=op.f("storage_point_point_is_whole")),
        sa.CheckConstraint("area_m2 > 0", name=op.f("storage_point_has_room")),
        sa.PrimaryKeyConstraint("id", name=op.f("storage_point_pkey")),
    )
    op.create_index(
        "storage_point_community_code_newest", "storage_point", ["community_code", sa.literal_column("id DESC")], unique=False
    )
    op.create_index(
        "storage_point_county_code_newest", "storage_point", ["county_code", sa.literal_column("id DESC")], unique=False
    )
    op.create_index(
        "storage_point_town_code_newest", "storage_point", ["town_code", sa.literal_column("id DESC")], unique=False
    )
    op.execute(
        "INSERT INTO resource_type"
        " (id, version, area_code, code, parent_code, name, unit, is_local, is_hazardous, is_daily, source_ref)"
        " SELECT gen_random_uuid(), 1, '', code, parent_code, name, '件', false, false, false, 'GB/T 38565-2020'"
        f" FROM (VALUES {STANDARD}) AS standard (code, parent_code, name)"
    )


def downgrade() -> None:
    op.drop_index("storage_point_town_code_newest", table_name="storage_point")
    op.drop_index("storage_point_county_code_newest", table_name="storage_point")
    op.drop_index("storage_point_community_code_newest", table_name="storage_point")
    op.drop_table("storage_point")
    op.drop_table("resource_type")
