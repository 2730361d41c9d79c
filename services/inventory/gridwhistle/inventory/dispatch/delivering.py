"""From the shelf to whoever asked (出库、运输、签收): each hand says what it has, and what is missing is accounted for."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Annotated, Any
from uuid import UUID

from pydantic import Field
from sqlalchemy import select

from gridwhistle.common.commands import Command
from gridwhistle.common.edge import Caller, Db, Router
from gridwhistle.common.events.inventory_dispatch import (
    DispatchOrderDiscrepancy,
    DispatchOrderInTransit,
    DispatchOrderReceived,
    DispatchOrderSettled,
)
from gridwhistle.common.events.inventory_stock import Amount, Quantity
from gridwhistle.common.jurisdiction import over_the_county
from gridwhistle.common.reasons import Reason, Remark, Why
from gridwhistle.common.rows import Row
from gridwhistle.common.wire import Body, Moment
from gridwhistle.inventory.dispatch.limits import FIRST_BATCH
from gridwhistle.inventory.dispatch.making import check_destination, facts_of, store_of
from gridwhistle.inventory.dispatch.refusals import ArrivesBeforeItLeft, ItemsDiffer, NotAccountedFor, TooMuch
from gridwhistle.inventory.dispatch.states import DISPATCH
from gridwhistle.inventory.dispatch.tables import dispatch_orders, items, transports
from gridwhistle.inventory.dispatch.views import ITEMS_MAX, TRANSPORTS_MAX, Carrier, DispatchOrderDone, VehicleNo, done
from gridwhistle.inventory.stock.domain import PointClosed
from gridwhistle.inventory.stock.lot_tables import lots, movements
from gridwhistle.inventory.stock.moving import take_in, write_voucher
from gridwhistle.inventory.stock.promising import let_go
from gridwhistle.inventory.stock.tables import storage_points

router = Router("inventory", "Deliveries 出库与签收")
NOTHING = Decimal(0)


class NewTransport(Body):
    """Who carries it."""

    carrier: Carrier
    vehicle_no: VehicleNo | None = None
    eta_at: Moment | None = None


class Departure(Body):
    """Who carries it, and when it should arrive."""

    transports: Annotated[list[NewTransport], Field(min_length=1, max_length=TRANSPORTS_MAX)]


class ReceivedItem(Body):
    """What came of an item: so much that is good, and so much that is damaged."""

    item_id: UUID
    received_qty: Quantity
    damaged_qty: Quantity = NOTHING


class DispatchReceipt(Body):
    """What came, of each item."""

    items: Annotated[list[ReceivedItem], Field(min_length=1, max_length=ITEMS_MAX)]


class ResolvedItem(ReceivedItem):
    """What became of an item, to the last piece."""

    lost_qty: Quantity = NOTHING


class Resolution(Body):
    """What became of each item, and how that is known."""

    items: Annotated[list[ResolvedItem], Field(min_length=1, max_length=ITEMS_MAX)]
    reason: Reason


class GivenBackItem(Body):
    """How much of an item comes back."""

    item_id: UUID
    qty: Amount


class GivingBack(Body):
    """What comes back to the store."""

    items: Annotated[list[GivenBackItem], Field(min_length=1, max_length=ITEMS_MAX)]
    reason: Reason


@router.post("/dispatch_orders/{dispatch_order_id}/pick", may="dispatch:handle")
async def pick(dispatch_order_id: UUID, caller: Caller, db: Db) -> DispatchOrderDone:
    """Begin to fetch what an order is promised; `picks` names the lots."""
    async with db.command(over_the_county(caller), dispatch_orders, dispatch_order_id) as tx:
        await store_of(tx, caller)
        step = DISPATCH.step(tx.row, "pick", caller)
        tx.move(tx.row, step)
        return tx.answer(await done(db, caller, tx.row))


@router.post("/dispatch_orders/{dispatch_order_id}/issue", may="dispatch:handle", needs_key=True)
async def issue(dispatch_order_id: UUID, caller: Caller, db: Db) -> DispatchOrderDone:
    """Issue what was picked (出库): it leaves the books of the storage point."""
    async with db.command(over_the_county(caller), dispatch_orders, dispatch_order_id) as tx:
        point, children = await store_of(tx, caller), await tx.children(items)
        order, step = tx.row, DISPATCH.step(tx.row, "issue", caller)
        await check_destination(tx, order)
        went = [(item.type_code, item.approved_qty) for item in children if item.approved_qty]
        voucher = write_voucher(
            tx, "issue", point.id, point.area_code, went=went, approved_by=order.approved_by, order_id=order.id
        )
        for item in children:
            tx.update(item, issued_qty=item.approved_qty)
        tx.move(order, step, issued_at=tx.now, issued_by=caller.id)
        let_go(tx, order.id, voucher.id, order.approved_by)
        return tx.answer(await done(db, caller, order))


@router.post("/dispatch_orders/{dispatch_order_id}/depart", may="dispatch:handle")
async def depart(dispatch_order_id: UUID, body: Departure, caller: Caller, db: Db) -> DispatchOrderDone:
    """Hand an order over to who carries it (发运)."""
    async with db.command(over_the_county(caller), dispatch_orders, dispatch_order_id) as tx:
        await store_of(tx, caller)
        order, step = tx.row, DISPATCH.step(tx.row, "depart", caller)
        for one in body.transports:
            if one.eta_at and one.eta_at <= tx.now:
                raise ArrivesBeforeItLeft
            tx.insert(transports, order_id=order.id, left_at=tx.now, **dict(one))
        tx.move(order, step, departed_at=tx.now)
        tx.tell(order, DispatchOrderInTransit(**facts_of(order, _lines(await tx.children(items), "issued_qty"))))
        return tx.answer(await done(db, caller, order))


@router.post("/dispatch_orders/{dispatch_order_id}/receive", may="dispatch:handle", needs_key=True)
async def receive(dispatch_order_id: UUID, body: DispatchReceipt, caller: Caller, db: Db) -> DispatchOrderDone:
    """Say what came of an order (签收), as somebody else than who issued it. At a storage point it makes new lots."""
    async with db.command(caller, dispatch_orders, dispatch_order_id) as tx:
        order, step = tx.row, DISPATCH.step(tx.row, "receive", caller)
        children = await tx.children(items)
        short = damaged = False
        for item, said in _said(children, body.items):
            if said.received_qty + said.damaged_qty > item.issued_qty:
                raise TooMuch
            short |= said.received_qty + said.damaged_qty < item.issued_qty
            damaged |= bool(said.damaged_qty)
            tx.update(item, received_qty=said.received_qty, damaged_qty=said.damaged_qty)
        what = "short" if short else "damage" if damaged else "none"
        tx.move(order, step, received_at=tx.now, received_by=caller.id, discrepancy=what)
        tx.clocks.stop(order, FIRST_BATCH)
        tx.update_where(transports, {"order_id": order.id, "arrived_at": None}, arrived_at=tx.now)
        if order.to_kind == "storage_point":
            await _come_to_point(tx, order, children)
        tx.tell(order, DispatchOrderReceived(**facts_of(order, _lines(children, "received_qty"))))
        return tx.answer(await done(db, caller, order))


@router.post("/dispatch_orders/{dispatch_order_id}/lose", may="dispatch:handle")
async def lose(dispatch_order_id: UUID, body: Why, caller: Caller, db: Db) -> DispatchOrderDone:
    """Say that an order did not arrive (报失)."""
    async with db.command(caller, dispatch_orders, dispatch_order_id) as tx:
        order, step = tx.row, DISPATCH.step(tx.row, "lose", caller)
        children = await tx.children(items)
        for item in children:
            tx.update(item, received_qty=NOTHING, damaged_qty=NOTHING)
        tx.move(order, step, reason=body.reason, discrepancy="short")
        tx.clocks.stop(order, FIRST_BATCH)
        tx.tell(order, DispatchOrderDiscrepancy(**facts_of(order, _missing(children))))
        return tx.answer(await done(db, caller, order))


@router.post("/dispatch_orders/{dispatch_order_id}/settle", may="dispatch:handle")
async def settle(dispatch_order_id: UUID, body: Remark, caller: Caller, db: Db) -> DispatchOrderDone:
    """Settle an order of which all has come (结清)."""
    async with db.command(caller, dispatch_orders, dispatch_order_id) as tx:
        await _settle(tx, "settle", body.reason)
        return tx.answer(await done(db, caller, tx.row))


@router.post("/dispatch_orders/{dispatch_order_id}/dispute", may="dispatch:handle")
async def dispute(dispatch_order_id: UUID, body: Why, caller: Caller, db: Db) -> DispatchOrderDone:
    """Say that something is missing or damaged (提出异议)."""
    async with db.command(caller, dispatch_orders, dispatch_order_id) as tx:
        order, step = tx.row, DISPATCH.step(tx.row, "dispute", caller)
        tx.move(order, step, reason=body.reason)
        tx.tell(order, DispatchOrderDiscrepancy(**facts_of(order, _missing(await tx.children(items)))))
        return tx.answer(await done(db, caller, order))


@router.post("/dispatch_orders/{dispatch_order_id}/resolve", may="dispatch:handle")
async def resolve(dispatch_order_id: UUID, body: Resolution, caller: Caller, db: Db) -> DispatchOrderDone:
    """Say what became of each piece (处理差异); who received it agrees, or does not."""
    async with db.command(caller, dispatch_orders, dispatch_order_id) as tx:
        order, step = tx.row, DISPATCH.step(tx.row, "resolve", caller)
        for item, said in _said(await tx.children(items), body.items):
            if said.received_qty + said.damaged_qty + said.lost_qty != item.issued_qty:
                raise NotAccountedFor
            if order.to_kind == "storage_point" and said.received_qty != item.received_qty:
                raise NotAccountedFor
            tx.update(item, received_qty=said.received_qty, damaged_qty=said.damaged_qty, lost_qty=said.lost_qty)
        tx.move(order, step, reason=body.reason, resolved_by=caller.id)
        return tx.answer(await done(db, caller, order))


@router.post("/dispatch_orders/{dispatch_order_id}/agree", may="dispatch:handle")
async def agree(dispatch_order_id: UUID, body: Remark, caller: Caller, db: Db) -> DispatchOrderDone:
    """Agree to what was found; the order is settled."""
    async with db.command(caller, dispatch_orders, dispatch_order_id) as tx:
        await _settle(tx, "agree", body.reason)
        return tx.answer(await done(db, caller, tx.row))


@router.post("/dispatch_orders/{dispatch_order_id}/disagree", may="dispatch:handle")
async def disagree(dispatch_order_id: UUID, body: Why, caller: Caller, db: Db) -> DispatchOrderDone:
    """Say that it was otherwise, and how."""
    async with db.command(caller, dispatch_orders, dispatch_order_id) as tx:
        tx.move(tx.row, DISPATCH.step(tx.row, "disagree", caller), reason=body.reason)
        return tx.answer(await done(db, caller, tx.row))


@router.post("/dispatch_orders/{dispatch_order_id}/give_back", may="dispatch:handle", needs_key=True)
async def give_back(dispatch_order_id: UUID, body: GivingBack, caller: Caller, db: Db) -> DispatchOrderDone:
    """Take back what was not used (退库). It comes in as new lots, which are inspected before they are available."""
    async with db.command(over_the_county(caller), dispatch_orders, dispatch_order_id) as tx:
        point = await store_of(tx, caller)
        order, step = tx.row, DISPATCH.step(tx.row, "give_back", caller)
        children = {item.id: item for item in await tx.children(items)}
        if len({one.item_id for one in body.items}) < len(body.items) or any(one.item_id not in children for one in body.items):
            raise ItemsDiffer
        back = [(children[one.item_id], one.qty) for one in body.items]
        before = {item.id: item.returned_qty or NOTHING for item, _ in back}
        for item, qty in back:
            if before[item.id] + qty > (item.received_qty or NOTHING):
                raise TooMuch
            tx.update(item, returned_qty=before[item.id] + qty)
        if point.closed_at:
            raise PointClosed
        came = [(item.type_code, qty) for item, qty in back]
        voucher = write_voucher(tx, "return", point.id, point.area_code, came=came, reason=body.reason, order_id=order.id)
        tx.move(order, step, reason=body.reason)
        for item, qty in back:
            await _come_in(tx, voucher, item, qty, "return", after=before[item.id])
        return tx.answer(await done(db, caller, order))


async def _settle(tx: Command, action: str, reason: str | None) -> None:
    order = tx.row
    tx.move(order, DISPATCH.step(order, action, tx.caller), reason=reason, terminal_at=tx.now)
    tx.tell(order, DispatchOrderSettled(**facts_of(order, _missing(await tx.children(items)))))


async def _come_to_point(tx: Command, order: Row, children: Sequence[Row]) -> None:
    """Let what came to a storage point be lots of its own there."""
    point = await tx.db.first(select(storage_points).where(storage_points.c.id == order.to_id))
    assert point is not None, "storage points stay"
    came = _lines(children, "received_qty")
    if not came:
        return
    voucher = write_voucher(tx, "receipt", point.id, point.area_code, came=came, order_id=order.id)
    for item in children:
        if item.received_qty:
            await _come_in(tx, voucher, item, item.received_qty, "transfer")


async def _come_in(tx: Command, voucher: Row, item: Row, qty: Decimal, source: Any, after: Decimal = NOTHING) -> None:
    """Make lots of what came of an item: parts of those that it went out of, in the order in which they went.

    So much of them came `after` which this comes: it is no part of the same again.
    """
    out = movements.c.item_id == item.id, movements.c.kind == "out"
    went = select(lots, movements.c.qty.label("went_qty")).join(movements, movements.c.lot_id == lots.c.id).where(*out)
    left = qty
    for lot in await tx.db.fetch(went.order_by(movements.c.id)):
        gone = min(after, lot.went_qty)
        after -= gone
        part = min(left, lot.went_qty - gone)
        if not part:
            continue
        same = {name: getattr(lot, name) for name in ("lot_no", "supplier", "made_on", "expires_on")}
        take_in(tx, voucher, item.type_id, item.type_code, qty=part, source=source, origin_id=lot.id, **same)
        left -= part
    assert not left, "no more comes than went"


def _said(children: Sequence[Row], said: Sequence[Any]) -> list[tuple[Row, Any]]:
    """Return what was said of each item.

    Raises:
        ItemsDiffer: it was not said of each item, once.
    """
    by_id = {one.item_id: one for one in said}
    if len(by_id) < len(said) or by_id.keys() != {item.id for item in children}:
        raise ItemsDiffer
    return [(item, by_id[item.id]) for item in children]


def _lines(children: Sequence[Row], name: str) -> list[tuple[str, Decimal]]:
    return [(item.type_code, qty) for item in children if (qty := getattr(item, name))]


def _missing(children: Sequence[Row]) -> list[tuple[str, Decimal]]:
    return [(item.type_code, qty) for item in children if (qty := item.issued_qty - item.received_qty)]
