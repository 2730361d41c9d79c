"""How a dispatch order comes into being, whoever asks for it: a person, or a response that was activated."""

import datetime as dt
from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import bindparam, select

from gridwhistle.common.clocks import Limit
from gridwhistle.common.commands import Command
from gridwhistle.common.events.inventory_dispatch import Destination, DispatchOrderApproved, Priority
from gridwhistle.common.events.inventory_stock import MovedLine
from gridwhistle.common.ids import prefix_of
from gridwhistle.common.machine import Step
from gridwhistle.common.principal import Principal
from gridwhistle.common.problems import NotFound
from gridwhistle.common.queries import Asking
from gridwhistle.common.rows import Row, thing_of
from gridwhistle.inventory.dispatch.limits import APPROVE, APPROVE_URGENT, FIRST_BATCH, POST_APPROVE
from gridwhistle.inventory.dispatch.refusals import DestinationNeeded, PointNeeded, StoreElsewhere
from gridwhistle.inventory.dispatch.states import DISPATCH
from gridwhistle.inventory.dispatch.tables import dispatch_orders, items
from gridwhistle.inventory.stock.domain import PointClosed
from gridwhistle.inventory.stock.lots import type_in_use
from gridwhistle.inventory.stock.promising import Wish, reserve
from gridwhistle.inventory.stock.tables import storage_points

_MINUTE, _DIGITS = dt.timedelta(minutes=1), 5
_POINT = Asking(select(storage_points).where(storage_points.c.id == bindparam("point_id")))


class Need(NamedTuple):
    """What is needed, where, and since when."""

    area_code: str
    to_kind: Destination
    to_name: str
    to_id: UUID | None = None
    priority: Priority = "normal"
    response_id: UUID | None = None
    needed_since: dt.datetime | None = None
    point_id: UUID | None = None


async def make_order(
    tx: Command, step: Step, need: Need, wanted: Sequence[tuple[UUID, Decimal]], **more: Any
) -> tuple[Row, list[Row]]:
    """Make an order of what is wanted, by type; return it with its items.

    Raises:
        DestinationNeeded: the storage point that it goes to is not there.
        TypeNotHere: the county has no such type in use.
    """
    if need.to_kind == "storage_point" and not await _goes_to(tx, need):
        raise DestinationNeeded
    order = tx.create(
        dispatch_orders,
        step,
        **need._asdict(),
        order_no=await tx.number("D", need.area_code[:6], digits=_DIGITS),
        requested_by=tx.caller.id,
        subject_id=tx.caller.id,
        is_emergency_issue=False,
        discrepancy="none",
        drafted_at=tx.now,
        **more,
    )
    made = []
    for seq, (type_id, qty) in enumerate(wanted, 1):
        type_ = await type_in_use(tx.db, type_id, need.area_code[:6])
        made.append(tx.insert(items, order_id=order.id, seq=seq, type_id=type_id, type_code=type_.code, requested_qty=qty))
    return order, made


async def open_approved(tx: Command, need: Need, wanted: Sequence[tuple[UUID, Decimal]], approved_by: str) -> Row:
    """Make an order that is approved already, for a response: who activated it has decided this as well. All is reserved.

    When somebody was quicker at the store, the work runs again: it is to look anew at what is free.

    Raises:
        PointNeeded: the need names no storage point that is open.
    """
    point_id = (await point_of(tx, need.point_id, tx.caller)).id
    step = DISPATCH.step(None, "open", tx.caller)
    order, made = await make_order(tx, step, need, wanted, submitted_at=tx.now, approved_at=tx.now, approved_by=approved_by)
    approved = [(item, item.requested_qty) for item in made]
    promise(tx, order, point_id, approved, approved_by, insists=True)
    return order


def promise(
    tx: Command,
    order: Row,
    point_id: UUID,
    approved: Sequence[tuple[Row, Decimal]],
    approved_by: str,
    *,
    insists: bool = False,
) -> None:
    """Promise an order so much of each of its items, and tell of it."""
    wishes = []
    for item, qty in approved:
        tx.update(item, approved_qty=qty)
        wishes.append(Wish(item.id, item.type_id, qty))
    reserve(tx, order.id, point_id, wishes, approved_by=approved_by, insists=insists)
    lines = [(item.type_code, qty) for item, qty in approved if qty]
    tx.tell(order, DispatchOrderApproved(**facts_of(order, lines)))


async def point_of(tx: Command, point_id: UUID | None, caller: Principal) -> Any:
    """Return an open storage point of the caller's area.

    Raises:
        PointNeeded: none is named, or it is not there.
    """
    found = await tx.db.ask(_POINT.of(point_id=point_id)) if point_id else []
    point = found[0] if found else None
    if point is None or point.closed_at or not caller.reaches(storage_points, point):
        raise PointNeeded
    return point


async def check_destination(tx: Command, order: Row) -> None:
    """Check that an order which is to be promised, or leaves, has somewhere to arrive.

    Raises:
        PointClosed: the storage point that it goes to was closed since it was drafted.
    """
    if order.to_kind == "storage_point":
        [point] = await tx.db.ask(_POINT.of(point_id=order.to_id))
        if point.closed_at:
            raise PointClosed


async def store_of(tx: Command, keeper: Principal) -> Any:
    """Return the storage point that the held order comes from, for whoever keeps it, wherever the order goes to.

    Raises:
        NotFound: neither the order nor the storage point lies in the keeper's area.
        StoreElsewhere: only the order does.
    """
    found = await tx.db.ask(_POINT.of(point_id=tx.row.point_id))
    if found and keeper.reaches(storage_points, found[0]):
        return found[0]
    if keeper.reaches(dispatch_orders, tx.row):
        raise StoreElsewhere
    raise NotFound(thing=thing_of(dispatch_orders))


def approval_limits(tx: Command, order: Any) -> dict[str, Limit]:
    """Return how long an approval may take: half an hour for what is urgent, or for a response."""
    if order.priority == "normal" and order.response_id is None:
        return {}
    rule = tx.rule(APPROVE_URGENT, order.area_code)
    return {APPROVE: Limit(rule.amount, rule.unit)}


def start_first_batch(tx: Command, row: Row, began_at: dt.datetime) -> None:
    """Start the clock of the first batch, of a response or of an order outside one: it counts from when the event began."""
    rule = tx.rule(FIRST_BATCH, row.area_code)
    ends = began_at + dt.timedelta(hours=rule.amount)
    tx.clocks.start(row, FIRST_BATCH, Limit(max(1, (ends - tx.now) // _MINUTE), "urgent_minute"))


def stop_all(tx: Command, order: Row) -> None:
    """Stop the clocks that run through several stages: nothing arrives any more."""
    for key in (FIRST_BATCH, POST_APPROVE):
        tx.clocks.stop(order, key)


def facts_of(order: Any, lines: Iterable[tuple[str, Decimal]]) -> dict[str, Any]:
    """Return what every event of an order carries."""
    names = ("order_no", "priority", "to_kind", "to_id", "point_id", "response_id")
    return {name: getattr(order, name) for name in names} | {
        "lines": [MovedLine(type_code=code, qty=qty) for code, qty in lines]
    }


async def _goes_to(tx: Command, need: Need) -> bool:
    point = await tx.db.first(select(storage_points).where(storage_points.c.id == need.to_id))
    if point is None or point.closed_at or need.to_id == need.point_id:
        return False
    return bool(point.area_code.startswith(prefix_of(need.area_code)))
