"""Dispatch orders, their items, and who carries them.

The release before this one must keep running on the result.
"""

import sqlalchemy as sa
from alembic import op

revision = "inventory_0005"
down_revision = "inventory_0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "dispatch_order",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("event_no", sa.Integer(), nullable=False),
        sa.Column("area_code", sa.Text(collation="C"), nullable=False),
        sa.Column("county_code", sa.Text(collation="C"), sa.Computed("left(area_code, 6)", persisted=True), nullable=True),
        sa.Column("town_code", sa.Text(collation="C"), sa.Computed("left(area_code, 9)", persisted=True), nullable=True),
        sa.Column("community_code", sa.Text(collation="C"), sa.Computed("left(area_code, 12)", persisted=True), nullable=True),
        sa.Column("order_no", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("priority", sa.Text(), nullable=False),
        sa.Column("to_kind", sa.Text(), nullable=False),
        sa.Column("to_id", sa.Uuid(), nullable=True),
        sa.Column("to_name", sa.Text(), nullable=False),
        sa.Column("response_id", sa.Uuid(), nullable=True),
        sa.Column("needed_since", sa.DateTime(timezone=True), nullable=True),
        sa.Column("point_id", sa.Uuid(), nullable=True),
        sa.Column("requested_by", sa.Text(), nullable=False),
        sa.Column("subject_id", sa.Text(), nullable=False),
        sa.Column("approved_by", sa.Text(), nullable=True),
        sa.Column("is_emergency_issue", sa.Boolean(), nullable=False),
        sa.Column("post_approved_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("issued_by", sa.Text(), nullable=True),
        sa.Column("received_by", sa.Text(), nullable=True),
        sa.Column("resolved_by", sa.Text(), nullable=True),
        sa.Column("discrepancy", sa.Text(), nullable=False),
        sa.Column("drafted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("submitted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("approved_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("issued_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("departed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("terminal_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("discrepancy IN ('none', 'short', 'damage')", name=op.f("dispatch_order_discrepancy_is_known")),
        sa.CheckConstraint(
            "point_id IS NOT NULL OR state IN ('draft', 'submitted', 'rejected', 'cancelled')",
            name=op.f("dispatch_order_comes_from_somewhere"),
        ),
        sa.CheckConstraint("priority IN ('normal', 'urgent', 'emergency')", name=op.f("dispatch_order_priority_is_known")),
        sa.CheckConstraint(
            "state IN ('draft', 'approved', 'submitted', 'rejected', 'picking', 'issued', 'in_transit', 'received', 'discrepancy', 'settled', 'resolving', 'cancelled')",
            name=op.f("dispatch_order_state_is_known"),
        ),
        sa.CheckConstraint("to_kind <> 'storage_point' OR to_id IS NOT NULL", name=op.f("dispatch_order_goes_to_a_point")),
        sa.CheckConstraint(
            "to_kind IN ('storage_point', 'shelter', 'grid', 'team', 'place')", name=op.f("dispatch_order_to_kind_is_known")
        ),
        sa.CheckConstraint("received_by <> issued_by", name=op.f("dispatch_order_two_persons_hand_over")),
        sa.CheckConstraint("to_id <> point_id", name=op.f("dispatch_order_goes_elsewhere")),
        sa.PrimaryKeyConstraint("id", name=op.f("dispatch_order_pkey")),
        sa.UniqueConstraint("order_no", name=op.f("dispatch_order_order_no_once")),
        postgresql_with={"fillfactor": 80},
    )
    op.create_index(
        "dispatch_order_community_code_newest", "dispatch_order", ["community_code", sa.literal_column("id DESC")], unique=False
    )
    op.create_index(
        "dispatch_order_county_code_newest", "dispatch_order", ["county_code", sa.literal_column("id DESC")], unique=False
    )
    op.create_index(
        "dispatch_order_response_id",
        "dispatch_order",
        ["response_id"],
        unique=False,
        postgresql_where=sa.text("response_id IS NOT NULL"),
    )
    op.create_index(
        "dispatch_order_town_code_newest", "dispatch_order", ["town_code", sa.literal_column("id DESC")], unique=False
    )
    op.create_table(
        "dispatch_item",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("order_id", sa.Uuid(), nullable=False),
        sa.Column("seq", sa.SmallInteger(), nullable=False),
        sa.Column("type_id", sa.Uuid(), nullable=False),
        sa.Column("type_code", sa.Text(collation="C"), nullable=False),
        sa.Column("requested_qty", sa.Numeric(precision=18, scale=3), nullable=False),
        sa.Column("approved_qty", sa.Numeric(precision=18, scale=3), nullable=True),
        sa.Column("issued_qty", sa.Numeric(precision=18, scale=3), nullable=True),
        sa.Column("received_qty", sa.Numeric(precision=18, scale=3), nullable=True),
        sa.Column("damaged_qty", sa.Numeric(precision=18, scale=3), nullable=True),
        sa.Column("lost_qty", sa.Numeric(precision=18, scale=3), nullable=True),
        sa.Column("returned_qty", sa.Numeric(precision=18, scale=3), nullable=True),
        sa.CheckConstraint("approved_qty BETWEEN 0 AND requested_qty", name=op.f("dispatch_item_approved_no_more_than_asked")),
        sa.CheckConstraint("issued_qty <= approved_qty", name=op.f("dispatch_item_issued_no_more_than_approved")),
        sa.CheckConstraint(
            "received_qty + damaged_qty + coalesce(lost_qty, 0) <= issued_qty",
            name=op.f("dispatch_item_received_no_more_than_issued"),
        ),
        sa.CheckConstraint(
            "received_qty >= 0 AND damaged_qty >= 0 AND lost_qty >= 0", name=op.f("dispatch_item_nothing_below_nothing")
        ),
        sa.CheckConstraint("requested_qty > 0", name=op.f("dispatch_item_asks_for_something")),
        sa.CheckConstraint(
            "returned_qty BETWEEN 0 AND received_qty", name=op.f("dispatch_item_returned_no_more_than_received")
        ),
        sa.ForeignKeyConstraint(["order_id"], ["dispatch_order.id"], name=op.f("dispatch_item_order_id_exists")),
        sa.PrimaryKeyConstraint("id", name=op.f("dispatch_item_pkey")),
        sa.UniqueConstraint("order_id", "type_id", name=op.f("dispatch_item_order_id_type_id_once")),
    )
    op.create_index(op.f("dispatch_item_order_id"), "dispatch_item", ["order_id"], unique=False)
    op.create_table(
        "transport_task",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("order_id", sa.Uuid(), nullable=False),
        sa.Column("carrier", sa.Text(), nullable=False),
        sa.Column("vehicle_no", sa.Text(), nullable=True),
        sa.Column("left_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("eta_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("arrived_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("eta_at > left_at", name=op.f("transport_task_arrives_after_it_leaves")),
        sa.ForeignKeyConstraint(["order_id"], ["dispatch_order.id"], name=op.f("transport_task_order_id_exists")),
        sa.PrimaryKeyConstraint("id", name=op.f("transport_task_pkey")),
    )
    op.create_index(op.f("transport_task_order_id"), "transport_task", ["order_id"], unique=False)


def downgrade() -> None:
    op.drop_index(op.f("transport_task_order_id"), table_name="transport_task")
    op.drop_table("transport_task")
    op.drop_index(op.f("dispatch_item_order_id"), table_name="dispatch_item")
    op.drop_table("dispatch_item")
    op.drop_index("dispatch_order_town_code_newest", table_name="dispatch_order")
    op.drop_index(
        "dispatch_order_response_id", table_name="dispatch_order", postgresql_where=sa.text("response_id IS NOT NULL")
    )
    op.drop_index("dispatch_order_county_code_newest", table_name="dispatch_order")
    op.drop_index("dispatch_order_community_code_newest", table_name="dispatch_order")
    op.drop_table("dispatch_order")
