"""Counts (盘点): what there is against what there should be, and adjustments that a second person decides."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import Query as InQuery
from pydantic import AwareDatetime, Field
from sqlalchemy import select

from gridwhistle.common.data_classes import Word
from gridwhistle.common.edge import Caller, Db, Router
from gridwhistle.common.events.inventory_stock import Quantity
from gridwhistle.common.ids import AreaCode
from gridwhistle.common.principal import Principal
from gridwhistle.common.reading import one, page
from gridwhistle.common.reasons import Reason, Why
from gridwhistle.common.wire import Actions, Body, Keyset, Page, PageQuery, Version, View
from gridwhistle.inventory.stock.lot_tables import counts, lots
from gridwhistle.inventory.stock.moving import note_movement, write_voucher
from gridwhistle.inventory.stock.refusals import AdjustedSince, LotEnded
from gridwhistle.inventory.stock.states import COUNT, LOT_ENDED

router = Router("inventory", "Counts 盘点")
_COUNTS = Keyset(counts.c.id)


class NewCount(Body):
    """What somebody counted of a lot."""

    counted_qty: Quantity
    reason: Reason | None = None


class CountLine(View):
    """A count in a list."""

    id: UUID
    version: Version
    area_code: AreaCode
    lot_id: UUID
    state: Annotated[Word, Field(examples=["differing"])]
    expected_qty: Quantity
    counted_qty: Quantity
    counted_at: AwareDatetime
    terminal_at: AwareDatetime | None


class CountView(CountLine):
    """A count."""

    actions: Actions


class CountQuery(PageQuery):
    """Which counts."""

    area_code: AreaCode | None = None
    lot_id: UUID | None = None
    state: Annotated[Word | None, Field(description="One of the states of a count.")] = None


def seen(caller: Principal, count: Any) -> CountView:
    """Return a count as somebody sees it."""
    return CountView.of(count, actions=COUNT.actions(count, caller))


@router.post("/lots/{lot_id}/count", may="stock:handle", status_code=201, needs_key=True)
async def count(lot_id: UUID, body: NewCount, caller: Caller, db: Db) -> CountView:
    """Say how much of a lot there is (盘点). When it is not what there should be, a manager decides."""
    async with db.command(caller, lots, lot_id) as tx:
        lot = tx.row
        if lot.state in LOT_ENDED:
            raise LotEnded
        matches = body.counted_qty == lot.qty
        step = COUNT.step(None, "count" if matches else "differ", caller)
        made = tx.create(
            counts,
            step,
            reason=body.reason,
            area_code=lot.area_code,
            lot_id=lot.id,
            expected_qty=lot.qty,
            counted_qty=body.counted_qty,
            counted_at=tx.now,
            counted_by=caller.id,
            approved_by=caller.id,
            terminal_at=tx.now if matches else None,
        )
        return tx.answer(seen(caller, made))


@router.get("/counts", may="stock:read")
async def list_counts(query: Annotated[CountQuery, InQuery()], caller: Caller, db: Db) -> Page[CountLine]:
    """List the counts of your area, newest first."""
    return await page(db, caller, counts, _COUNTS, query, CountLine)


@router.get("/counts/{count_id}", may="stock:read")
async def get_count(count_id: UUID, caller: Caller, db: Db) -> CountView:
    """Return a count."""
    return seen(caller, await one(db, caller, counts, count_id))


@router.post("/counts/{count_id}/adjust", may="stock:handle", needs_key=True)
async def adjust(count_id: UUID, body: Why, caller: Caller, db: Db) -> CountView:
    """Let the books follow a count (盘点调整): what was more or less then is more or less now, whatever moved meanwhile."""
    lot_id = (await one(db, caller, counts, count_id)).lot_id
    async with db.command(caller, (counts, count_id), (lots, lot_id)) as tx:
        found, lot = tx[counts, count_id], tx[lots, lot_id]
        step = COUNT.step(found, "adjust", caller)
        if lot.state in LOT_ENDED:
            raise LotEnded
        since = counts.c.lot_id == lot.id, counts.c.state == "adjusted", counts.c.terminal_at > found.counted_at
        if await db.first(select(counts.c.id).where(*since).limit(1)):
            raise AdjustedSince
        more = found.counted_qty - found.expected_qty
        line = [(lot.type_code, abs(more))]
        came, went = (line, []) if more > 0 else ([], line)
        voucher = write_voucher(
            tx, "adjustment", lot.point_id, lot.area_code, came=came, went=went, reason=body.reason, approved_by=caller.id
        )
        tx.move(found, step, reason=body.reason, terminal_at=tx.now)
        tx.update(lot, qty=lot.qty + more)
        note_movement(tx, lot, "adjust", more, voucher)
        return tx.answer(seen(caller, found))


@router.post("/counts/{count_id}/dismiss", may="stock:handle")
async def dismiss(count_id: UUID, body: Why, caller: Caller, db: Db) -> CountView:
    """Leave the books as they are: it was counted wrongly."""
    async with db.command(caller, counts, count_id) as tx:
        tx.move(tx.row, COUNT.step(tx.row, "dismiss", caller), reason=body.reason, terminal_at=tx.now)
        return tx.answer(seen(caller, tx.row))
