"""Asking for supplies, and saying yes or no (申请与审批): what is approved is reserved at once."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Annotated
from uuid import UUID

from fastapi import Query as InQuery
from pydantic import Field
from sqlalchemy import select

from gridwhistle.common.commands import Command
from gridwhistle.common.data_classes import Word
from gridwhistle.common.edge import Caller, Db, Router
from gridwhistle.common.events.inventory_dispatch import Destination, Priority
from gridwhistle.common.events.inventory_stock import Amount, Quantity
from gridwhistle.common.ids import AreaCode
from gridwhistle.common.jurisdiction import over_the_county
from gridwhistle.common.machine import Step
from gridwhistle.common.problems import NotFound
from gridwhistle.common.reading import page, page_seen
from gridwhistle.common.reasons import Reason, Remark, Why
from gridwhistle.common.rows import Row, thing_of
from gridwhistle.common.wire import Body, Keyset, Moment, Page, PageQuery
from gridwhistle.inventory.dispatch.acting import concerning, may_decide
from gridwhistle.inventory.dispatch.cancelling import cancel_order
from gridwhistle.inventory.dispatch.limits import POST_APPROVE
from gridwhistle.inventory.dispatch.making import (
    Need,
    approval_limits,
    check_destination,
    make_order,
    point_of,
    promise,
    start_first_batch,
    stop_all,
    store_of,
)
from gridwhistle.inventory.dispatch.refusals import ItemsDiffer, NoEmergency, NothingApproved, PointNeeded, TooMuch
from gridwhistle.inventory.dispatch.states import DISPATCH
from gridwhistle.inventory.dispatch.tables import dispatch_orders, items
from gridwhistle.inventory.dispatch.views import (
    ITEMS_MAX,
    DispatchOrderDone,
    DispatchOrderLine,
    DispatchOrderView,
    PlaceName,
    done,
    whole,
)
from gridwhistle.inventory.lasting import check_lasts
from gridwhistle.inventory.stock.promising import Wish, reserve

router = Router("inventory", "Dispatch orders 调拨单")
_ORDERS = Keyset(dispatch_orders.c.id)


class NewItem(Body):
    """How much of a type is needed."""

    type_id: UUID
    qty: Amount


class NewDispatchOrder(Body):
    """What is needed, and where it goes to. An order of another storage point's is a transfer (调拨)."""

    area_code: Annotated[AreaCode, Field(description="Of where it goes to.")]
    to_kind: Destination = "place"
    to_id: Annotated[UUID | None, Field(description="The storage point, shelter or team that gets it.")] = None
    to_name: PlaceName
    priority: Priority = "normal"
    response_id: Annotated[UUID | None, Field(description="The response that it is for: one of the county that lasts.")] = None
    needed_since: Annotated[
        Moment | None, Field(description="When the event began: the first batch's twelve hours count from there.")
    ] = None
    point_id: Annotated[UUID | None, Field(description="Where it may come from; whoever approves decides.")] = None
    items: Annotated[list[NewItem], Field(min_length=1, max_length=ITEMS_MAX)]


class ApprovedItem(Body):
    """How much of an item is approved."""

    item_id: UUID
    qty: Quantity


class Approval(Body):
    """From where, and how much: all that was asked for, if items are left out."""

    point_id: Annotated[UUID | None, Field(description="Where it comes from; as the order says, if left out.")] = None
    items: Annotated[list[ApprovedItem] | None, Field(max_length=ITEMS_MAX)] = None
    reason: Reason | None = None


class DispatchQuery(PageQuery):
    """Which orders."""

    area_code: AreaCode | None = None
    state: Annotated[Word | None, Field(description="One of the states of a dispatch order.")] = None
    priority: Priority | None = None
    response_id: UUID | None = None
    point_id: UUID | None = None
    to_id: UUID | None = None


@router.post("/dispatch_orders", may="dispatch:handle", status_code=201)
async def draft_dispatch_order(body: NewDispatchOrder, caller: Caller, db: Db) -> DispatchOrderDone:
    """Say what is needed (申请调拨). Nobody looks at it before it is submitted."""
    wanted = [(item.type_id, item.qty) for item in body.items]
    if len({type_id for type_id, _ in wanted}) < len(wanted):
        raise ItemsDiffer
    async with db.command(caller) as tx:
        await check_lasts(db, body.response_id, body.area_code)
        need = Need(**{name: value for name, value in body if name != "items"})
        order, _ = await make_order(tx, DISPATCH.step(None, "draft", caller), need, wanted)
        return tx.answer(await done(db, caller, order))


@router.get("/dispatch_orders", may="dispatch:read")
async def list_dispatch_orders(query: Annotated[DispatchQuery, InQuery()], caller: Caller, db: Db) -> Page[DispatchOrderLine]:
    """List the orders that go to your area, newest first; of a storage point of yours (`point_id`) all that come from there."""
    if query.point_id:
        return await page_seen(db, concerning(caller), dispatch_orders, _ORDERS, query, DispatchOrderLine)
    return await page(db, caller, dispatch_orders, _ORDERS, query, DispatchOrderLine)


@router.get("/dispatch_orders/{dispatch_order_id}", may="dispatch:read")
async def get_dispatch_order(dispatch_order_id: UUID, caller: Caller, db: Db) -> DispatchOrderView:
    """Return an order that goes to your area or comes from there, with its items, what it is promised, and who carries it."""
    found = await db.first(select(dispatch_orders).where(dispatch_orders.c.id == dispatch_order_id, concerning(caller)))
    if found is None:
        raise NotFound(thing=thing_of(dispatch_orders))
    return await whole(db, caller, found)


@router.post("/dispatch_orders/{dispatch_order_id}/submit", may="dispatch:handle")
async def submit(dispatch_order_id: UUID, caller: Caller, db: Db) -> DispatchOrderDone:
    """Submit an order. It is decided within four working hours; what is urgent, or for a response, within half an hour."""
    async with db.command(caller, dispatch_orders, dispatch_order_id) as tx:
        order, step = tx.row, DISPATCH.step(tx.row, "submit", caller)
        tx.move(order, step, limits=approval_limits(tx, order), submitted_at=tx.now)
        if order.priority == "emergency" and order.response_id is None:  # a response has one clock for all its orders
            start_first_batch(tx, order, min(order.needed_since or tx.now, tx.now))
        return tx.answer(await done(db, caller, order))


@router.post("/dispatch_orders/{dispatch_order_id}/approve", may="dispatch:handle", needs_key=True)
async def approve(dispatch_order_id: UUID, body: Approval, caller: Caller, db: Db) -> DispatchOrderDone:
    """Approve an order (批准). What is approved is reserved, of each type what ends first first; all of it, or nothing."""
    async with db.command(caller, dispatch_orders, dispatch_order_id) as tx:
        order, step = tx.row, await _deciding(tx, "approve", caller)
        approved = _approved(await tx.children(items), body.items)
        point_id = (await point_of(tx, body.point_id or order.point_id, caller)).id
        if point_id == order.to_id:
            raise PointNeeded
        await check_destination(tx, order)
        tx.move(order, step, reason=body.reason, point_id=point_id, approved_at=tx.now)
        promise(tx, order, point_id, approved, caller.id)
        return tx.answer(await done(db, caller, order))


@router.post("/dispatch_orders/{dispatch_order_id}/emergency_issue", may="dispatch:handle", needs_key=True)
async def emergency_issue(dispatch_order_id: UUID, body: Approval, caller: Caller, db: Db) -> DispatchOrderDone:
    """Let an order be picked at once (应急先行出库). A manager approves it afterwards, within 24 hours."""
    async with db.command(caller, dispatch_orders, dispatch_order_id) as tx:
        order, step = tx.row, await _deciding(tx, "emergency_issue", caller)
        approved = _approved(await tx.children(items), body.items)
        point_id = (await point_of(tx, body.point_id or order.point_id, caller)).id
        if point_id == order.to_id:
            raise PointNeeded
        await check_destination(tx, order)
        what = {"point_id": point_id, "approved_at": tx.now, "approved_by": caller.id, "is_emergency_issue": True}
        tx.move(order, step, reason=body.reason, **what)
        tx.clocks.start(order, POST_APPROVE)
        promise(tx, order, point_id, approved, caller.id)
        return tx.answer(await done(db, caller, order))


@router.post("/dispatch_orders/{dispatch_order_id}/post_approve", may="dispatch:handle")
async def post_approve(dispatch_order_id: UUID, body: Remark, caller: Caller, db: Db) -> DispatchOrderDone:
    """Approve afterwards what a commander let go in an emergency (补批)."""
    async with db.command(caller, dispatch_orders, dispatch_order_id) as tx:
        tx.move(tx.row, DISPATCH.step(tx.row, "post_approve", caller), reason=body.reason, post_approved_at=tx.now)
        tx.clocks.stop(tx.row, POST_APPROVE)
        return tx.answer(await done(db, caller, tx.row))


@router.post("/dispatch_orders/{dispatch_order_id}/reject", may="dispatch:handle")
async def reject(dispatch_order_id: UUID, body: Why, caller: Caller, db: Db) -> DispatchOrderDone:
    """Say no to an order, and why."""
    async with db.command(caller, dispatch_orders, dispatch_order_id) as tx:
        tx.move(tx.row, await _deciding(tx, "reject", caller), reason=body.reason, terminal_at=tx.now)
        stop_all(tx, tx.row)
        return tx.answer(await done(db, caller, tx.row))


@router.post("/dispatch_orders/{dispatch_order_id}/cancel", may="dispatch:handle")
async def cancel(dispatch_order_id: UUID, body: Remark, caller: Caller, db: Db) -> DispatchOrderDone:
    """Cancel an order; what it was promised is free again."""
    async with db.command(caller, dispatch_orders, dispatch_order_id) as tx:
        await cancel_order(tx, DISPATCH.step(tx.row, "cancel", caller), body.reason)
        return tx.answer(await done(db, caller, tx.row))


@router.post("/dispatch_orders/{dispatch_order_id}/reallocate", may="dispatch:handle", needs_key=True)
async def reallocate(dispatch_order_id: UUID, body: Why, caller: Caller, db: Db) -> DispatchOrderDone:
    """Promise an order other lots (重新分配), since one of its own is quarantined, past its last day, or short."""
    async with db.command(over_the_county(caller), dispatch_orders, dispatch_order_id) as tx:
        await store_of(tx, caller)
        order, step = tx.row, DISPATCH.step(tx.row, "reallocate", caller)
        tx.move(order, step, reason=body.reason)
        wishes = [Wish(item.id, item.type_id, item.approved_qty) for item in await tx.children(items)]
        reserve(tx, order.id, order.point_id, wishes, approved_by=order.approved_by, anew=True)
        return tx.answer(await done(db, caller, order))


async def _deciding(tx: Command, action: str, caller: Caller) -> Step:
    """Return the step that decides about the held order.

    Raises:
        NoEmergency: a commander decides about it, and the response that it was for is over.
    """
    step = DISPATCH.step(tx.row, action, caller)
    if not await may_decide(tx.db, caller, tx.row):
        raise NoEmergency
    return step


def _approved(children: Sequence[Row], said: list[ApprovedItem] | None) -> list[tuple[Row, Decimal]]:
    """Return how much of each item is approved.

    Raises:
        ItemsDiffer, TooMuch, NothingApproved: it does not fit what was asked for.
    """
    if said is None:
        return [(item, item.requested_qty) for item in children]
    by_id = {one.item_id: one.qty for one in said}
    if len(by_id) < len(said) or by_id.keys() != {item.id for item in children}:
        raise ItemsDiffer
    if any(by_id[item.id] > item.requested_qty for item in children):
        raise TooMuch
    if not any(by_id.values()):
        raise NothingApproved
    return [(item, by_id[item.id]) for item in children]
