"""Lots (批次): received by two persons, quarantined, rotated before their last day, scrapped with two signatures."""

import datetime as dt
from collections.abc import Sequence
from typing import Annotated, Any, Literal, cast
from uuid import UUID

from fastapi import Query as InQuery
from pydantic import AwareDatetime, Field
from sqlalchemy import ColumnElement, select

from gridwhistle.common.commands import Command
from gridwhistle.common.data_classes import OPEN, P0, Word
from gridwhistle.common.database import Db as Work
from gridwhistle.common.edge import Caller, Db, Router
from gridwhistle.common.events.inventory_stock import (
    Amount,
    Quantity,
    StockNearExpiry,
    StockScrapped,
    SupplyCode,
    VoucherKind,
)
from gridwhistle.common.ids import AreaCode
from gridwhistle.common.machine import Step
from gridwhistle.common.principal import Principal
from gridwhistle.common.reading import filters, one, page
from gridwhistle.common.reasons import Why
from gridwhistle.common.rows import Row
from gridwhistle.common.wire import Actions, Body, Day, Keyset, Page, PageQuery, Version, View
from gridwhistle.inventory.stock.domain import PointClosed
from gridwhistle.inventory.stock.limits import NEAR_SECOND
from gridwhistle.inventory.stock.lot_tables import LotSource, MovementKind, lots, movements
from gridwhistle.inventory.stock.moving import start_expiry, stop_expiry, take_in, take_out, today, write_voucher
from gridwhistle.inventory.stock.refusals import CountsDiffer, Expired, MadeAfterExpiry, PointHoldsNothing, TypeNotHere
from gridwhistle.inventory.stock.states import LOT
from gridwhistle.inventory.stock.tables import resource_types, storage_points

router = Router("inventory", "Lots 批次")
_LOTS, _MOVEMENTS = Keyset(lots.c.id), Keyset(movements.c.lot_version, ascending=True)
LotNo = Annotated[str, Field(min_length=1, max_length=60, examples=["MB-2026-03"])]
Supplier = Annotated[
    str,
    Field(min_length=1, max_length=60, description="An enterprise or an organisation, no person.", examples=["示例棉纺厂"]),
    P0,
]
NearDays = Annotated[int, Field(ge=0, le=10_000, description="So many days were left when it was told last.", examples=[90])]


class NewLot(Body):
    """What has come to a storage point, as whoever unloads it counts it."""

    point_id: UUID
    type_id: UUID
    lot_no: LotNo
    qty: Amount
    source: LotSource = "purchase"
    supplier: Supplier | None = None
    made_on: Day | None = None
    expires_on: Annotated[
        Day | None, Field(description="From this day on it is given out no more; of the type's shelf life, if left out.")
    ] = None


class Counted(Body):
    """What a second person counted for themselves. Lists show what the first one found; an app asks before it shows it."""

    counted_qty: Quantity


class LotLine(View):
    """A lot in a list. `qty` is what lies there, `reserved_qty` what of it is promised."""

    id: UUID
    version: Version
    area_code: AreaCode
    point_id: UUID
    type_id: UUID
    type_code: SupplyCode
    lot_no: LotNo
    state: Annotated[Word, Field(examples=["available"])]
    source: Annotated[LotSource, OPEN]
    supplier: Supplier | None
    qty: Quantity
    reserved_qty: Quantity
    received_qty: Quantity
    made_on: dt.date | None
    expires_on: dt.date | None
    near_expiry_days: NearDays | None
    received_at: AwareDatetime


class LotView(LotLine):
    """A lot."""

    origin_id: Annotated[UUID | None, Field(description="The lot that it was part of, elsewhere or before.")]
    actions: Actions


class LotQuery(PageQuery):
    """Which lots."""

    area_code: AreaCode | None = None
    point_id: UUID | None = None
    type_code: SupplyCode | None = None
    state: Annotated[Word | None, Field(description="One of the states of a lot.")] = None
    supplier: Supplier | None = None
    lot_no: LotNo | None = None
    near_expiry: Annotated[bool | None, Field(description="Those whose last day is near, or others.")] = None


class MovementView(View):
    """What happened to a lot, and what there was afterwards."""

    id: UUID
    lot_version: Version
    kind: Annotated[MovementKind, OPEN]
    qty: Annotated[
        str, Field(pattern=r"^-?[0-9]{1,12}[.][0-9]{3}$", description="Less than zero: less was found.", examples=["20.000"])
    ]
    qty_after: Quantity
    reserved_after: Quantity
    order_id: UUID | None
    at: AwareDatetime


def seen(caller: Principal, lot: Any) -> LotView:
    """Return a lot as somebody sees it."""
    return LotView.of(lot, actions=LOT.actions(lot, caller))


@router.post("/lots", may="stock:handle", status_code=201, needs_key=True)
async def receive_lot(body: NewLot, caller: Caller, db: Db) -> LotView:
    """Receive a lot (入库清点): the first count. It is available when a second person has counted it (`inspect_ok`)."""
    async with db.command(caller, storage_points, body.point_id) as tx:
        if tx.row.closed_at:
            raise PointClosed
        if tx.row.mode == "capacity":
            raise PointHoldsNothing
        type_ = await type_in_use(db, body.type_id, tx.row.county_code)
        values = {name: value for name, value in body if name not in {"point_id", "type_id"}}
        if body.expires_on is None and body.made_on and type_.shelf_life_days:
            values["expires_on"] = body.made_on + dt.timedelta(days=type_.shelf_life_days)
        check_days(values["made_on"], values["expires_on"], today(tx))
        voucher = write_voucher(tx, "receipt", tx.row.id, tx.row.area_code, came=[(type_.code, body.qty)])
        return tx.answer(seen(caller, take_in(tx, voucher, type_.id, type_.code, **values)))


@router.get("/lots", may="stock:read")
async def list_lots(query: Annotated[LotQuery, InQuery()], caller: Caller, db: Db) -> Page[LotLine]:
    """List the lots of your area, newest first."""
    return await page(db, caller, lots, _LOTS, query, LotLine, _asked)


@router.get("/lots/{lot_id}", may="stock:read")
async def get_lot(lot_id: UUID, caller: Caller, db: Db) -> LotView:
    """Return a lot."""
    return seen(caller, await one(db, caller, lots, lot_id))


@router.get("/lots/{lot_id}/movements", may="stock:read")
async def list_movements(lot_id: UUID, query: Annotated[PageQuery, InQuery()], caller: Caller, db: Db) -> Page[MovementView]:
    """List what happened to a lot, from its beginning on; nothing of it is ever changed."""
    await one(db, caller, lots, lot_id)
    columns = [movements.c[name] for name in MovementView.model_fields]
    rows = await db.fetch(_MOVEMENTS.page(select(*columns).where(movements.c.lot_id == lot_id), query))
    lines, next_cursor = _MOVEMENTS.cut(rows, query)
    items = [MovementView.of(line, qty=f"{line.qty:.3f}") for line in lines]
    return Page[MovementView].model_construct(items=items, next_cursor=next_cursor)


@router.post("/lots/{lot_id}/inspect_ok", may="stock:handle", needs_key=True)
async def inspect_ok(lot_id: UUID, body: Counted, caller: Caller, db: Db) -> LotView:
    """Say that a lot is good (验收合格), as the second person who counts it. It is available from now on."""
    async with db.command(caller, lots, lot_id) as tx:
        step = LOT.step(tx.row, "inspect_ok", caller)
        if body.counted_qty != tx.row.qty:
            raise CountsDiffer
        if tx.row.expires_on and tx.row.expires_on <= today(tx):
            raise Expired
        tx.move(tx.row, step)
        start_expiry(tx, tx.row)
        return tx.answer(seen(caller, tx.row))


@router.post("/lots/{lot_id}/reject", may="stock:handle")
async def reject(lot_id: UUID, body: Why, caller: Caller, db: Db) -> LotView:
    """Say that something is wrong with a lot that came (验收不合格)."""
    async with db.command(caller, lots, lot_id) as tx:
        tx.move(tx.row, LOT.step(tx.row, "reject", caller), reason=body.reason)
        return tx.answer(seen(caller, tx.row))


@router.post("/lots/{lot_id}/quarantine", may="stock:handle")
async def quarantine(lot_id: UUID, body: Why, caller: Caller, db: Db) -> LotView:
    """Let nothing more of a lot be given out (隔离); orders that were promised some of it are allocated anew."""
    async with db.command(caller, lots, lot_id) as tx:
        tx.move(tx.row, LOT.step(tx.row, "quarantine", caller), reason=body.reason)
        stop_expiry(tx, tx.row)
        return tx.answer(seen(caller, tx.row))


@router.post("/lots/{lot_id}/rotate", may="stock:handle", needs_key=True)
async def rotate(lot_id: UUID, body: Why, caller: Caller, db: Db) -> LotView:
    """Take a lot out before its last day (轮换), for daily use or back to its supplier; say which."""
    async with db.command(caller, lots, lot_id) as tx:
        step = LOT.step(tx.row, "rotate", caller)
        _end(tx, step, "rotate", body.reason, None)
        return tx.answer(seen(caller, tx.row))


@router.post("/lots/{lot_id}/propose_scrap", may="stock:handle")
async def propose_scrap(lot_id: UUID, body: Why, caller: Caller, db: Db) -> LotView:
    """Propose that a lot be scrapped (报废): the first signature."""
    async with db.command(caller, lots, lot_id) as tx:
        tx.move(tx.row, LOT.step(tx.row, "propose_scrap", caller), reason=body.reason, approved_by=caller.id)
        stop_expiry(tx, tx.row)
        return tx.answer(seen(caller, tx.row))


@router.post("/lots/{lot_id}/approve_scrap", may="stock:handle", needs_key=True)
async def approve_scrap(lot_id: UUID, body: Why, caller: Caller, db: Db) -> LotView:
    """Scrap a lot: the second signature, of somebody else."""
    async with db.command(caller, lots, lot_id) as tx:
        step, first = LOT.step(tx.row, "approve_scrap", caller), tx.row.approved_by
        qty = tx.row.qty
        _end(tx, step, "scrap", body.reason, first)
        tx.tell(tx.row, StockScrapped(point_id=tx.row.point_id, type_code=tx.row.type_code, qty=qty))
        return tx.answer(seen(caller, tx.row))


@router.post("/lots/{lot_id}/refuse_scrap", may="stock:handle")
async def refuse_scrap(lot_id: UUID, body: Why, caller: Caller, db: Db) -> LotView:
    """Do not scrap a lot; it is inspected again."""
    async with db.command(caller, lots, lot_id) as tx:
        tx.move(tx.row, LOT.step(tx.row, "refuse_scrap", caller), reason=body.reason)
        return tx.answer(seen(caller, tx.row))


async def near_expiry(tx: Command, lot: Row, clock: Row, _percent: int) -> None:
    """Tell that a lot's last day is near, once for each of the two warnings."""
    assert lot.expires_on is not None
    left = max((lot.expires_on - today(tx)).days, 0)
    tx.move(lot, LOT.step(lot, "near_expiry", tx.caller), near_expiry_days=left)
    tx.tell(lot, StockNearExpiry(point_id=lot.point_id, type_code=lot.type_code, qty=lot.qty, days_left=left))
    tx.record(lot, "second_warning" if clock.rule_key == NEAR_SECOND else "first_warning")


async def expire(tx: Command, lot: Row, _clock: Row, _percent: int) -> None:
    """Let a lot be given out no more, since its last day has come."""
    tx.move(lot, LOT.step(lot, "expire", tx.caller), near_expiry_days=0)
    stop_expiry(tx, lot)
    tx.tell(lot, StockNearExpiry(point_id=lot.point_id, type_code=lot.type_code, qty=lot.qty, days_left=0))


async def type_in_use(db: Work, type_id: UUID, county_code: str) -> Any:
    """Return a type of a county's catalogue, or of the standard's.

    Raises:
        TypeNotHere: there is none that is in use.
    """
    own = resource_types.c.county_code.in_(["", county_code])
    row = await db.first(
        select(resource_types).where(resource_types.c.id == type_id, own, resource_types.c.withdrawn_at.is_(None))
    )
    if row is None:
        raise TypeNotHere
    return row


def check_days(made_on: dt.date | None, expires_on: dt.date | None, today: dt.date) -> None:
    """Check the days of a lot that comes in.

    Raises:
        MadeAfterExpiry: they are in no order, or its last day is over.
    """
    if expires_on and (expires_on <= today or (made_on and made_on >= expires_on)):
        raise MadeAfterExpiry


def _end(tx: Command, step: Step, kind: Literal["scrap", "rotate"], reason: str, first: str | None) -> None:
    lot, voucher_kind = tx.row, cast("VoucherKind", {"scrap": "scrap", "rotate": "rotation"}[kind])
    went = [(lot.type_code, lot.qty)]
    voucher = write_voucher(tx, voucher_kind, lot.point_id, lot.area_code, went=went, reason=reason, approved_by=first)
    tx.move(lot, step, reason=reason)
    stop_expiry(tx, lot)
    take_out(tx, lot, kind, voucher)


def _asked(query: LotQuery) -> Sequence[ColumnElement[bool]]:
    near = lots.c.near_expiry_days
    asked = [] if query.near_expiry is None else [near.is_not(None) if query.near_expiry else near.is_(None)]
    return [*filters(lots, query), *asked]
