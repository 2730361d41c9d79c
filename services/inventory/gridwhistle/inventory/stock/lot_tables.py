"""Lots, what moved them, and what was promised of them."""

import datetime as dt
from typing import Final, Literal

from sqlalchemy import (
    CheckConstraint,
    Column,
    ColumnElement,
    Date,
    Index,
    Integer,
    SmallInteger,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
    and_,
    or_,
)

from gridwhistle.common.events.inventory_stock import VoucherKind
from gridwhistle.common.problems import Term
from gridwhistle.common.retention import Kept
from gridwhistle.common.sealed import PUBLIC
from gridwhistle.common.statements import Function
from gridwhistle.common.tables import code, moment, newest_first, place, root, word
from gridwhistle.inventory.stock.states import COUNT, LOT
from gridwhistle.inventory.tables import QUANTITY, metadata

LotSource = Literal["purchase", "donation", "transfer", "return"]
"""采购, 捐赠, 调拨, 退库."""
MovementKind = Literal["in", "reserve", "release", "out", "adjust", "scrap", "rotate"]

lots: Final = Table(
    "lot",
    metadata,
    *root(),
    *place(),
    Column("type_id", Uuid, nullable=False),
    code("type_code"),
    Column("point_id", Uuid, nullable=False),
    Column("lot_no", Text, nullable=False),
    *word("state", LOT.states),
    *word("source", LotSource),
    Column("supplier", Text, info=PUBLIC),  # an enterprise, or an organisation that gave
    Column("origin_id", Uuid),  # the lot that it was part of, elsewhere or before
    Column("qty", QUANTITY, nullable=False),
    Column("reserved_qty", QUANTITY, nullable=False),
    Column("received_qty", QUANTITY, nullable=False),
    Column("made_on", Date),
    Column("expires_on", Date),
    Column("near_expiry_days", SmallInteger),
    moment("received_at", nullable=False),
    Column("received_by", Text, nullable=False),
    Column("subject_id", Text),
    Column("approved_by", Text, nullable=False),
    moment("terminal_at"),
    CheckConstraint("qty >= 0", name="not_below_nothing"),
    CheckConstraint("reserved_qty >= 0", name="promises_not_negative"),
    CheckConstraint("reserved_qty <= qty", name="promises_no_more_than_there_is"),
    CheckConstraint("made_on < expires_on", name="made_before_its_end"),
    CheckConstraint("state NOT IN ('rotated', 'scrapped') OR qty = 0", name="ended_when_empty"),
    info={"thing": Term("批次", "lot"), "kept": Kept("r2"), "machine": LOT},
    postgresql_with={"fillfactor": 70},  # every promise changes the row, in its page if there is room
)
newest_first(lots, lots.c.id)
_of_point = lots.c.point_id, lots.c.type_id, lots.c.expires_on, lots.c.received_at
Index("lot_first_expiry_first_out", *_of_point, postgresql_where=lots.c.state == "available")
Index("lot_supplier_lot_no", lots.c.supplier, lots.c.lot_no, postgresql_where=lots.c.supplier.is_not(None))
Index("lot_origin_id", lots.c.origin_id, postgresql_where=lots.c.origin_id.is_not(None))

# What one command moved at a storage point, and the thing that events tell of.
vouchers: Final = Table(
    "voucher",
    metadata,
    *root(),
    *place(),
    *word("kind", VoucherKind),
    Column("point_id", Uuid, nullable=False),
    Column("order_id", Uuid),
    moment("at", nullable=False),
    Column("by", Text, nullable=False),
    Column("approved_by", Text),
    Column("reason", Text),
    Index(None, "order_id"),
    info={"thing": Term("出入库单", "voucher"), "kept": Kept("r2")},
)
newest_first(vouchers, vouchers.c.id)

# What happened to a lot, and what there was afterwards. Rows are never changed nor deleted, and a trigger says so.
movements: Final = Table(
    "stock_movement",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("lot_id", Uuid, nullable=False),
    Column("lot_version", Integer, nullable=False),
    *word("kind", MovementKind),
    Column("qty", QUANTITY, nullable=False),
    Column("qty_after", QUANTITY, nullable=False),
    Column("reserved_after", QUANTITY, nullable=False),
    Column("voucher_id", Uuid),
    Column("order_id", Uuid),
    Column("item_id", Uuid),
    moment("at", nullable=False),
    Column("by", Text, nullable=False),
    Column("approved_by", Text),
    CheckConstraint("qty > 0 OR kind = 'adjust'", name="moves_something"),
    CheckConstraint("(voucher_id IS NULL) = (kind IN ('reserve', 'release'))", name="voucher_iff_something_comes_or_goes"),
    UniqueConstraint("lot_id", "lot_version"),
    Index(None, "order_id"),
    info={"thing": Term("库存变动", "stock movement"), "kept": Kept("r2")},
)
# What of which lot an order was promised and has not had.
reservations: Final = Table(
    "reservation",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("order_id", Uuid, nullable=False),
    Column("item_id", Uuid, nullable=False),
    Column("lot_id", Uuid, nullable=False),
    Column("qty", QUANTITY, nullable=False),
    CheckConstraint("qty > 0", name="promises_something"),
    UniqueConstraint("item_id", "lot_id"),
    Index(None, "order_id"),
    Index(None, "lot_id"),
    info={"kept": Kept("r2")},
)
counts: Final = Table(
    "stock_count",
    metadata,
    *root(numbered=False),
    *place(),
    Column("lot_id", Uuid, nullable=False, index=True),
    *word("state", COUNT.states),
    Column("expected_qty", QUANTITY, nullable=False),
    Column("counted_qty", QUANTITY, nullable=False),
    moment("counted_at", nullable=False),
    Column("counted_by", Text, nullable=False),
    Column("subject_id", Text),
    Column("approved_by", Text, nullable=False),
    Column("reason", Text),
    moment("terminal_at"),
    CheckConstraint("counted_qty >= 0", name="counts_from_nothing"),
    CheckConstraint("(state = 'matched') = (counted_qty = expected_qty)", name="matched_iff_the_same"),
    info={"thing": Term("盘点", "count"), "kept": Kept("r2", since="terminal_at"), "machine": COUNT},
)
newest_first(counts, counts.c.id)
POST: Final = Function(
    "stock_post",
    (
        ("kind", "text"),
        ("order_id", "uuid"),
        ("item_id", "uuid"),
        ("point_id", "uuid"),
        ("type_id", "uuid"),
        ("qty", "numeric"),
        ("voucher_id", "uuid"),
        ("by", "text"),
        ("approved_by", "text"),
        ("at", "timestamptz"),
        ("today", "date"),
    ),
)
"""Promises and moves. A row that says `release` gives back all that its order was promised, `out` lets all of it go, and
`reserve` promises a quantity of a type at a point: of the lots that are available the one that ends first comes first.

Lots are held in that order, for as long as it takes to write, so that nothing is promised twice.
"""


def good(today: dt.date | ColumnElement[dt.date]) -> ColumnElement[bool]:
    """Return the predicate that lots are given out: available, and not past their last day."""
    return and_(lots.c.state == "available", or_(lots.c.expires_on.is_(None), lots.c.expires_on > today))
