"""Dispatch orders, what each asks for and got, and who carried it."""

from typing import Final, Literal

from sqlalchemy import Boolean, CheckConstraint, Column, ForeignKey, Index, SmallInteger, Table, Text, UniqueConstraint, Uuid

from gridwhistle.common.events.inventory_dispatch import Destination, Priority
from gridwhistle.common.problems import Term
from gridwhistle.common.retention import Kept
from gridwhistle.common.sealed import PUBLIC
from gridwhistle.common.tables import code, moment, newest_first, place, root, word
from gridwhistle.inventory.dispatch.states import DISPATCH
from gridwhistle.inventory.tables import QUANTITY, metadata

Discrepancy = Literal["none", "short", "damage"]

dispatch_orders: Final = Table(
    "dispatch_order",
    metadata,
    *root(),
    *place(),  # of where it goes to
    Column("order_no", Text, nullable=False),
    *word("state", DISPATCH.states),
    *word("priority", Priority),
    *word("to_kind", Destination),
    Column("to_id", Uuid),
    Column("to_name", Text, nullable=False, info=PUBLIC),
    Column("response_id", Uuid),
    moment("needed_since"),
    Column("point_id", Uuid),
    Column("requested_by", Text, nullable=False),
    Column("subject_id", Text, nullable=False),
    Column("approved_by", Text),
    Column("is_emergency_issue", Boolean, nullable=False),
    moment("post_approved_at"),
    Column("issued_by", Text),
    Column("received_by", Text),
    Column("resolved_by", Text),
    *word("discrepancy", Discrepancy),
    moment("drafted_at", nullable=False),
    moment("submitted_at"),
    moment("approved_at"),
    moment("issued_at"),
    moment("departed_at"),
    moment("received_at"),
    moment("terminal_at"),
    UniqueConstraint("order_no"),
    CheckConstraint(
        "point_id IS NOT NULL OR state IN ('draft', 'submitted', 'rejected', 'cancelled')", name="comes_from_somewhere"
    ),
    CheckConstraint("to_kind <> 'storage_point' OR to_id IS NOT NULL", name="goes_to_a_point"),
    CheckConstraint("to_id <> point_id", name="goes_elsewhere"),
    CheckConstraint("received_by <> issued_by", name="two_persons_hand_over"),
    info={"thing": Term("调拨单", "dispatch order"), "kept": Kept("r2", since="terminal_at"), "machine": DISPATCH},
    postgresql_with={"fillfactor": 80},
)
newest_first(dispatch_orders, dispatch_orders.c.id)
Index("dispatch_order_point_id", dispatch_orders.c.point_id, dispatch_orders.c.id)
Index("dispatch_order_response_id", dispatch_orders.c.response_id, postgresql_where=dispatch_orders.c.response_id.is_not(None))

items: Final = Table(
    "dispatch_item",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("order_id", Uuid, ForeignKey(dispatch_orders.c.id), nullable=False, index=True),
    Column("seq", SmallInteger, nullable=False),
    Column("type_id", Uuid, nullable=False),
    code("type_code"),
    Column("requested_qty", QUANTITY, nullable=False),
    *(Column(f"{name}_qty", QUANTITY) for name in ("approved", "issued", "received", "damaged", "lost", "returned")),
    UniqueConstraint("order_id", "type_id"),
    CheckConstraint("requested_qty > 0", name="asks_for_something"),
    CheckConstraint("approved_qty BETWEEN 0 AND requested_qty", name="approved_no_more_than_asked"),
    CheckConstraint("issued_qty <= approved_qty", name="issued_no_more_than_approved"),
    CheckConstraint("received_qty >= 0 AND damaged_qty >= 0 AND lost_qty >= 0", name="nothing_below_nothing"),
    CheckConstraint("received_qty + damaged_qty + coalesce(lost_qty, 0) <= issued_qty", name="received_no_more_than_issued"),
    CheckConstraint("returned_qty BETWEEN 0 AND received_qty", name="returned_no_more_than_received"),
    info={"thing": Term("调拨明细", "item")},
)
transports: Final = Table(
    "transport_task",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("order_id", Uuid, ForeignKey(dispatch_orders.c.id), nullable=False, index=True),
    Column("carrier", Text, nullable=False, info=PUBLIC),
    Column("vehicle_no", Text),
    moment("left_at", nullable=False),
    moment("eta_at"),
    moment("arrived_at"),
    CheckConstraint("eta_at > left_at", name="arrives_after_it_leaves"),
    info={"thing": Term("运输任务", "transport task")},
)
