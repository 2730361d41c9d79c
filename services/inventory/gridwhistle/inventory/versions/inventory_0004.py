"""Lots, what moves them, what is promised of them, counts, and norms.

The release before this one must keep running on the result.
"""

import sqlalchemy as sa
from alembic import op

revision = "inventory_0004"
down_revision = "inventory_0003"
branch_labels = None
depends_on = None

FREE = """
  FROM lot WHERE point_id = point_ids[i] AND type_id = type_ids[i] AND state = 'available' AND qty > reserved_qty
    AND (expires_on IS NULL OR expires_on > todays[i])
"""
POST = f"""
CREATE FUNCTION stock_post(
  kinds text[], order_ids uuid[], item_ids uuid[], point_ids uuid[], type_ids uuid[], qtys numeric[], voucher_ids uuid[],
  bys text[], approved_bys text[], moments timestamptz[], todays date[]
) RETURNS void LANGUAGE plpgsql
-- Its plans are made while the tables are small, and kept when they no longer are.
SET enable_seqscan = off AS $$
DECLARE
  held record; after record; wanted numeric; part numeric;
BEGIN
  FOR i IN 1..cardinality(kinds) LOOP
    IF kinds[i] = 'reserve' THEN
      wanted := qtys[i];
      LOOP
        SELECT id, qty - reserved_qty AS free INTO held {FREE}
          ORDER BY expires_on NULLS LAST, received_at, id LIMIT 1 FOR NO KEY UPDATE;
        IF NOT FOUND THEN
          -- What we waited for was taken. Nobody is refused for that while something else has come free.
          CONTINUE WHEN EXISTS (SELECT {FREE});
          RAISE 'rows refused' USING ERRCODE = 'check_violation', CONSTRAINT = 'lot_has_enough_free',
            DETAIL = format('[[%s,"lot_has_enough_free"]]', i - 1);
        END IF;
        part := least(wanted, held.free);
        UPDATE lot SET reserved_qty = reserved_qty + part, version = version + 1 WHERE id = held.id
          RETURNING qty, reserved_qty, version INTO after;
        INSERT INTO reservation (id, order_id, item_id, lot_id, qty) VALUES (uuidv7(), order_ids[i], item_ids[i], held.id, part);
        INSERT INTO stock_movement
          (id, lot_id, lot_version, kind, qty, qty_after, reserved_after, order_id, item_id, at, by, approved_by)
          VALUES (uuidv7(), held.id, after.version, 'reserve', part, after.qty, after.reserved_qty, order_ids[i], item_ids[i],
                  moments[i], bys[i], approved_bys[i]);
        wanted := wanted - part;
        EXIT WHEN wanted = 0;
      END LOOP;
    ELSE
      FOR held IN
        SELECT r.id, r.item_id, r.lot_id, r.qty, lot.state = 'available' AND (expires_on IS NULL OR expires_on > todays[i]) AS good
          FROM reservation r JOIN lot ON lot.id = r.lot_id WHERE r.order_id = order_ids[i]
          ORDER BY lot.type_id, lot.point_id, lot.expires_on NULLS LAST, lot.received_at, lot.id FOR NO KEY UPDATE OF lot
      LOOP
        IF kinds[i] = 'out' AND NOT held.good THEN
          RAISE 'rows refused' USING ERRCODE = 'check_violation', CONSTRAINT = 'lot_is_available',
            DETAIL = format('[[%s,"lot_is_available"]]', i - 1);
        END IF;
        UPDATE lot SET reserved_qty = reserved_qty - held.qty, version = version + 1,
            qty = qty - CASE kinds[i] WHEN 'out' THEN held.qty ELSE 0 END
          WHERE id = held.lot_id RETURNING qty, reserved_qty, version INTO after;
        DELETE FROM reservation WHERE id = held.id;
        INSERT INTO stock_movement
          (id, lot_id, lot_version, kind, qty, qty_after, reserved_after, voucher_id, order_id, item_id, at, by, approved_by)
          VALUES (uuidv7(), held.lot_id, after.version, kinds[i], held.qty, after.qty, after.reserved_qty, voucher_ids[i],
                  order_ids[i], held.item_id, moments[i], bys[i], approved_bys[i]);
      END LOOP;
    END IF;
  END LOOP;
END $$
"""
KEPT = """
CREATE FUNCTION stock_is_kept() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN RAISE 'what was moved is only added to' USING ERRCODE = 'GW003'; END $$
"""
TRIGGERS = (
    "CREATE TRIGGER stock_movement_is_kept BEFORE UPDATE OR DELETE OR TRUNCATE ON stock_movement EXECUTE FUNCTION stock_is_kept()",
    # Lots are held in the order of what never changes of them.
    "CREATE TRIGGER lot_stays BEFORE UPDATE OF id, type_id, point_id, expires_on, received_at ON lot EXECUTE FUNCTION stock_is_kept()",
)


def upgrade() -> None:
    op.create_table(
        "lot",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("event_no", sa.Integer(), nullable=False),
        sa.Column("area_code", sa.Text(collation="C"), nullable=False),
        sa.Column("county_code", sa.Text(collation="C"), sa.Computed("left(area_code, 6)", persisted=True), nullable=True),
        sa.Column("town_code", sa.Text(collation="C"), sa.Computed("left(area_code, 9)", persisted=True), nullable=True),
        sa.Column("community_code", sa.Text(collation="C"), sa.Computed("left(area_code, 12)", persisted=True), nullable=True),
        sa.Column("type_id", sa.Uuid(), nullable=False),
        sa.Column("type_code", sa.Text(collation="C"), nullable=False),
        sa.Column("point_id", sa.Uuid(), nullable=False),
        sa.Column("lot_no", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("supplier", sa.Text(), nullable=True),
        sa.Column("origin_id", sa.Uuid(), nullable=True),
        sa.Column("qty", sa.Numeric(precision=18, scale=3), nullable=False),
        sa.Column("reserved_qty", sa.Numeric(precision=18, scale=3), nullable=False),
        sa.Column("received_qty", sa.Numeric(precision=18, scale=3), nullable=False),
        sa.Column("made_on", sa.Date(), nullable=True),
        sa.Column("expires_on", sa.Date(), nullable=True),
        sa.Column("near_expiry_days", sa.SmallInteger(), nullable=True),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("received_by", sa.Text(), nullable=False),
        sa.Column("subject_id", sa.Text(), nullable=True),
        sa.Column("approved_by", sa.Text(), nullable=False),
        sa.Column("terminal_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("source IN ('purchase', 'donation', 'transfer', 'return')", name=op.f("lot_source_is_known")),
        sa.CheckConstraint(
            "state IN ('received', 'available', 'quarantined', 'expired', 'rotated', 'scrap_proposed', 'scrapped')",
            name=op.f("lot_state_is_known"),
        ),
        sa.CheckConstraint("state NOT IN ('rotated', 'scrapped') OR qty = 0", name=op.f("lot_ended_when_empty")),
        sa.CheckConstraint("made_on < expires_on", name=op.f("lot_made_before_its_end")),
        sa.CheckConstraint("qty >= 0", name=op.f("lot_not_below_nothing")),
        sa.CheckConstraint("reserved_qty <= qty", name=op.f("lot_promises_no_more_than_there_is")),
        sa.CheckConstraint("reserved_qty >= 0", name=op.f("lot_promises_not_negative")),
        sa.PrimaryKeyConstraint("id", name=op.f("lot_pkey")),
        postgresql_with={"fillfactor": 70},
    )
    op.create_index("lot_community_code_newest", "lot", ["community_code", sa.literal_column("id DESC")], unique=False)
    op.create_index("lot_county_code_newest", "lot", ["county_code", sa.literal_column("id DESC")], unique=False)
    op.create_index(
        "lot_first_expiry_first_out",
        "lot",
        ["point_id", "type_id", "expires_on", "received_at"],
        unique=False,
        postgresql_where=sa.text("state = 'available'"),
    )
    op.create_index("lot_origin_id", "lot", ["origin_id"], unique=False, postgresql_where=sa.text("origin_id IS NOT NULL"))
    op.create_index(
        "lot_supplier_lot_no", "lot", ["supplier", "lot_no"], unique=False, postgresql_where=sa.text("supplier IS NOT NULL")
    )
    op.create_index("lot_town_code_newest", "lot", ["town_code", sa.literal_column("id DESC")], unique=False)
    op.create_table(
        "reservation",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("order_id", sa.Uuid(), nullable=False),
        sa.Column("item_id", sa.Uuid(), nullable=False),
        sa.Column("lot_id", sa.Uuid(), nullable=False),
        sa.Column("qty", sa.Numeric(precision=18, scale=3), nullable=False),
        sa.CheckConstraint("qty > 0", name=op.f("reservation_promises_something")),
        sa.PrimaryKeyConstraint("id", name=op.f("reservation_pkey")),
        sa.UniqueConstraint("item_id", "lot_id", name=op.f("reservation_item_id_lot_id_once")),
    )
    op.create_index(op.f("reservation_lot_id"), "reservation", ["lot_id"], unique=False)
    op.create_index(op.f("reservation_order_id"), "reservation", ["order_id"], unique=False)
    op.create_table(
        "reserve_norm",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("event_no", sa.Integer(), nullable=False),
        sa.Column("area_code", sa.Text(collation="C"), nullable=False),
        sa.Column("county_code", sa.Text(collation="C"), sa.Computed("left(area_code, 6)", persisted=True), nullable=True),
        sa.Column("town_code", sa.Text(collation="C"), sa.Computed("left(area_code, 9)", persisted=True), nullable=True),
        sa.Column("community_code", sa.Text(collation="C"), sa.Computed("left(area_code, 12)", persisted=True), nullable=True),
        sa.Column("type_id", sa.Uuid(), nullable=False),
        sa.Column("type_code", sa.Text(collation="C"), nullable=False),
        sa.Column("persons", sa.Integer(), nullable=True),
        sa.Column("per_person", sa.Numeric(precision=18, scale=3), nullable=True),
        sa.Column("factor", sa.Numeric(precision=18, scale=3), nullable=True),
        sa.Column("required_qty", sa.Numeric(precision=18, scale=3), nullable=False),
        sa.Column("most_qty", sa.Numeric(precision=18, scale=3), nullable=True),
        sa.Column("free_qty", sa.Numeric(precision=18, scale=3), nullable=False),
        sa.Column("level", sa.Text(), nullable=False),
        sa.Column("source_ref", sa.Text(), nullable=False),
        sa.Column("looked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("level IN ('enough', 'low', 'critical')", name=op.f("reserve_norm_level_is_known")),
        sa.CheckConstraint(
            "(persons IS NULL) = (per_person IS NULL) AND (persons IS NULL) = (factor IS NULL)",
            name=op.f("reserve_norm_sum_is_whole"),
        ),
        sa.CheckConstraint("required_qty > 0 AND most_qty >= required_qty", name=op.f("reserve_norm_most_is_not_less")),
        sa.PrimaryKeyConstraint("id", name=op.f("reserve_norm_pkey")),
    )
    op.create_index(
        "reserve_norm_community_code_newest", "reserve_norm", ["community_code", sa.literal_column("id DESC")], unique=False
    )
    op.create_index(
        "reserve_norm_county_code_newest", "reserve_norm", ["county_code", sa.literal_column("id DESC")], unique=False
    )
    op.create_index(
        "reserve_norm_once",
        "reserve_norm",
        ["area_code", "type_id"],
        unique=True,
        postgresql_where=sa.text("withdrawn_at IS NULL"),
    )
    op.create_index("reserve_norm_town_code_newest", "reserve_norm", ["town_code", sa.literal_column("id DESC")], unique=False)
    op.create_index("reserve_norm_type_id", "reserve_norm", ["type_id"], unique=False)
    op.create_table(
        "stock_count",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("area_code", sa.Text(collation="C"), nullable=False),
        sa.Column("county_code", sa.Text(collation="C"), sa.Computed("left(area_code, 6)", persisted=True), nullable=True),
        sa.Column("town_code", sa.Text(collation="C"), sa.Computed("left(area_code, 9)", persisted=True), nullable=True),
        sa.Column("community_code", sa.Text(collation="C"), sa.Computed("left(area_code, 12)", persisted=True), nullable=True),
        sa.Column("lot_id", sa.Uuid(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("expected_qty", sa.Numeric(precision=18, scale=3), nullable=False),
        sa.Column("counted_qty", sa.Numeric(precision=18, scale=3), nullable=False),
        sa.Column("counted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("counted_by", sa.Text(), nullable=False),
        sa.Column("subject_id", sa.Text(), nullable=True),
        sa.Column("approved_by", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("terminal_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("(state = 'matched') = (counted_qty = expected_qty)", name=op.f("stock_count_matched_iff_the_same")),
        sa.CheckConstraint(
            "state IN ('matched', 'differing', 'adjusted', 'dismissed')", name=op.f("stock_count_state_is_known")
        ),
        sa.CheckConstraint("counted_qty >= 0", name=op.f("stock_count_counts_from_nothing")),
        sa.PrimaryKeyConstraint("id", name=op.f("stock_count_pkey")),
    )
    op.create_index(
        "stock_count_community_code_newest", "stock_count", ["community_code", sa.literal_column("id DESC")], unique=False
    )
    op.create_index(
        "stock_count_county_code_newest", "stock_count", ["county_code", sa.literal_column("id DESC")], unique=False
    )
    op.create_index(op.f("stock_count_lot_id"), "stock_count", ["lot_id"], unique=False)
    op.create_index("stock_count_town_code_newest", "stock_count", ["town_code", sa.literal_column("id DESC")], unique=False)
    op.create_table(
        "stock_movement",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("lot_id", sa.Uuid(), nullable=False),
        sa.Column("lot_version", sa.Integer(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("qty", sa.Numeric(precision=18, scale=3), nullable=False),
        sa.Column("qty_after", sa.Numeric(precision=18, scale=3), nullable=False),
        sa.Column("reserved_after", sa.Numeric(precision=18, scale=3), nullable=False),
        sa.Column("voucher_id", sa.Uuid(), nullable=True),
        sa.Column("order_id", sa.Uuid(), nullable=True),
        sa.Column("item_id", sa.Uuid(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("approved_by", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "(voucher_id IS NULL) = (kind IN ('reserve', 'release'))",
            name=op.f("stock_movement_voucher_iff_something_comes_or_goes"),
        ),
        sa.CheckConstraint(
            "kind IN ('in', 'reserve', 'release', 'out', 'adjust', 'scrap', 'rotate')",
            name=op.f("stock_movement_kind_is_known"),
        ),
        sa.CheckConstraint("qty > 0 OR kind = 'adjust'", name=op.f("stock_movement_moves_something")),
        sa.PrimaryKeyConstraint("id", name=op.f("stock_movement_pkey")),
        sa.UniqueConstraint("lot_id", "lot_version", name=op.f("stock_movement_lot_id_lot_version_once")),
    )
    op.create_index(op.f("stock_movement_order_id"), "stock_movement", ["order_id"], unique=False)
    op.create_table(
        "voucher",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("event_no", sa.Integer(), nullable=False),
        sa.Column("area_code", sa.Text(collation="C"), nullable=False),
        sa.Column("county_code", sa.Text(collation="C"), sa.Computed("left(area_code, 6)", persisted=True), nullable=True),
        sa.Column("town_code", sa.Text(collation="C"), sa.Computed("left(area_code, 9)", persisted=True), nullable=True),
        sa.Column("community_code", sa.Text(collation="C"), sa.Computed("left(area_code, 12)", persisted=True), nullable=True),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("point_id", sa.Uuid(), nullable=False),
        sa.Column("order_id", sa.Uuid(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("approved_by", sa.Text(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "kind IN ('receipt', 'issue', 'return', 'adjustment', 'scrap', 'rotation')", name=op.f("voucher_kind_is_known")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("voucher_pkey")),
    )
    op.create_index("voucher_community_code_newest", "voucher", ["community_code", sa.literal_column("id DESC")], unique=False)
    op.create_index("voucher_county_code_newest", "voucher", ["county_code", sa.literal_column("id DESC")], unique=False)
    op.create_index(op.f("voucher_order_id"), "voucher", ["order_id"], unique=False)
    op.create_index("voucher_town_code_newest", "voucher", ["town_code", sa.literal_column("id DESC")], unique=False)
    for statement in (POST, KEPT, *TRIGGERS):
        op.execute(statement)


def downgrade() -> None:
    op.execute("DROP TRIGGER lot_stays ON lot")
    op.execute("DROP TRIGGER stock_movement_is_kept ON stock_movement")
    op.execute("DROP FUNCTION stock_is_kept")
    op.execute("DROP FUNCTION stock_post")
    op.drop_index("voucher_town_code_newest", table_name="voucher")
    op.drop_index(op.f("voucher_order_id"), table_name="voucher")
    op.drop_index("voucher_county_code_newest", table_name="voucher")
    op.drop_index("voucher_community_code_newest", table_name="voucher")
    op.drop_table("voucher")
    op.drop_index(op.f("stock_movement_order_id"), table_name="stock_movement")
    op.drop_table("stock_movement")
    op.drop_index("stock_count_town_code_newest", table_name="stock_count")
    op.drop_index(op.f("stock_count_lot_id"), table_name="stock_count")
    op.drop_index("stock_count_county_code_newest", table_name="stock_count")
    op.drop_index("stock_count_community_code_newest", table_name="stock_count")
    op.drop_table("stock_count")
    op.drop_index("reserve_norm_type_id", table_name="reserve_norm")
    op.drop_index("reserve_norm_town_code_newest", table_name="reserve_norm")
    op.drop_index("reserve_norm_once", table_name="reserve_norm", postgresql_where=sa.text("withdrawn_at IS NULL"))
    op.drop_index("reserve_norm_county_code_newest", table_name="reserve_norm")
    op.drop_index("reserve_norm_community_code_newest", table_name="reserve_norm")
    op.drop_table("reserve_norm")
    op.drop_index(op.f("reservation_order_id"), table_name="reservation")
    op.drop_index(op.f("reservation_lot_id"), table_name="reservation")
    op.drop_table("reservation")
    op.drop_index("lot_town_code_newest", table_name="lot")
    op.drop_index("lot_supplier_lot_no", table_name="lot", postgresql_where=sa.text("supplier IS NOT NULL"))
    op.drop_index("lot_origin_id", table_name="lot", postgresql_where=sa.text("origin_id IS NOT NULL"))
    op.drop_index("lot_first_expiry_first_out", table_name="lot", postgresql_where=sa.text("state = 'available'"))
    op.drop_index("lot_county_code_newest", table_name="lot")
    op.drop_index("lot_community_code_newest", table_name="lot")
    op.drop_table("lot")
