"""What there is, seen as a whole: at a storage point, for so many people, and where everything of a delivery went."""

import datetime as dt
from typing import Annotated, Any
from uuid import UUID

from fastapi import Query as InQuery
from pydantic import AwareDatetime, Field
from sqlalchemy import and_, case, func, or_, select

from gridwhistle.common.data_classes import Word
from gridwhistle.common.edge import Caller, Db, Router
from gridwhistle.common.events.inventory_stock import Quantity, SupplyCode
from gridwhistle.common.jurisdiction import within
from gridwhistle.common.reading import one
from gridwhistle.common.wire import Query, View
from gridwhistle.inventory.stock.catalogue import TYPES_MAX, Name, Unit, types_of
from gridwhistle.inventory.stock.domain import kit_qty
from gridwhistle.inventory.stock.lot_tables import good, lots, movements
from gridwhistle.inventory.stock.lots import LotNo, Supplier
from gridwhistle.inventory.stock.tables import resource_types, storage_points

router = Router("inventory", "Stock 库存")
LOTS_MAX, MOVES_MAX = 1_000, 2_000


class StockLine(View):
    """How much of a type there is at a storage point: `held_qty` is nobody's to promise."""

    type_id: UUID
    type_code: SupplyCode
    name: Name
    unit: Unit
    qty: Quantity
    reserved_qty: Quantity
    free_qty: Quantity
    held_qty: Quantity
    next_expires_on: dt.date | None


class StockView(View):
    """What there is at a storage point, by type."""

    items: Annotated[list[StockLine], Field(max_length=TYPES_MAX)]


class KitQuery(Query):
    """For how many people, and for how many days."""

    persons: Annotated[int, Field(ge=1, le=1_000_000, examples=[300])]
    days: Annotated[int, Field(ge=1, le=365, examples=[3])] = 3


class KitLine(View):
    """How much of a type they need."""

    type_id: UUID
    type_code: SupplyCode
    name: Name
    unit: Unit
    qty: Annotated[int, Field(ge=0, le=2**53 - 1, examples=[75])]


class KitView(View):
    """What so many people need, by the kits of the county's catalogue."""

    items: Annotated[list[KitLine], Field(max_length=TYPES_MAX)]


class TracedLot(View):
    """A lot of the delivery, or one that came of it."""

    lot_id: UUID
    point_id: UUID
    origin_id: UUID | None
    lot_no: LotNo
    supplier: Supplier | None
    state: Annotated[Word, Field(examples=["quarantined"])]
    qty: Quantity
    reserved_qty: Quantity


class TracedMove(View):
    """What of it went to whom: the order says who received it."""

    lot_id: UUID
    kind: Annotated[Word, Field(examples=["out"])]
    order_id: UUID | None
    qty: Quantity
    at: AwareDatetime


class TraceView(View):
    """Where everything of a delivery is, and where it went; `left_out` says that there is more."""

    lots: Annotated[list[TracedLot], Field(max_length=LOTS_MAX)]
    moves: Annotated[list[TracedMove], Field(max_length=MOVES_MAX)]
    left_out: bool


@router.get("/storage_points/{storage_point_id}/stock", may="stock:read")
async def get_stock(storage_point_id: UUID, caller: Caller, db: Db) -> StockView:
    """Return what there is at a storage point, by type."""
    await one(db, caller, storage_points, storage_point_id)
    nothing, today = 0, func.timezone("Asia/Shanghai", func.now()).cast(lots.c.expires_on.type)
    fit = good(today)
    free = func.sum(case((fit, lots.c.qty - lots.c.reserved_qty), else_=nothing))
    columns = {
        "type_id": resource_types.c.id,
        "type_code": resource_types.c.code,
        "name": resource_types.c.name,
        "unit": resource_types.c.unit,
        "qty": func.sum(lots.c.qty),
        "reserved_qty": func.sum(lots.c.reserved_qty),
        "free_qty": free,
        "held_qty": func.sum(case((fit, nothing), else_=lots.c.qty)),
        "next_expires_on": func.min(case((and_(fit, lots.c.qty > nothing), lots.c.expires_on))),
    }
    joined = select(*(column.label(name) for name, column in columns.items())).join(lots, lots.c.type_id == resource_types.c.id)
    group = joined.where(lots.c.point_id == storage_point_id).group_by(resource_types.c.id).order_by(resource_types.c.code)
    return StockView(items=[StockLine.of(row) for row in await db.fetch(group.limit(TYPES_MAX))])


@router.get("/resource_types/kit", may="types:read")
async def get_kit(query: Annotated[KitQuery, InQuery()], caller: Caller, db: Db) -> KitView:
    """Return what so many people need for so many days, by the kits of your county's catalogue."""
    rows = await types_of(db, caller)
    needed = [(row, _needed(query, row)) for row in rows if row.kit_qty]
    return KitView(items=[KitLine.of(row, type_id=row.id, type_code=row.code, qty=qty) for row, qty in needed])


def _needed(query: KitQuery, row: Any) -> int:
    return kit_qty(query.persons, query.days, row.kit_qty, row.kit_persons, is_daily=row.is_daily)


@router.get("/lots/{lot_id}/trace", may="stock:read")
async def trace_lot(lot_id: UUID, caller: Caller, db: Db) -> TraceView:
    """Return where everything of a lot's delivery is, and where it went (召回追溯).

    Of the delivery are the same supplier's lots of its number, and what came of them at other storage points.
    """
    lot = await one(db, caller, lots, lot_id)
    same = lots.c.id == (lot.origin_id or lot.id)
    if lot.supplier:
        same = or_(same, and_(lots.c.supplier == lot.supplier, lots.c.lot_no == lot.lot_no))
    first = select(lots.c.id).where(same).cte("of_it", recursive=True)
    of_it = first.union(select(lots.c.id).join(first, lots.c.origin_id == first.c.id))
    wanted = select(lots, lots.c.id.label("lot_id")).where(lots.c.id.in_(select(of_it.c.id)), within(lots, caller))
    found = await db.fetch(wanted.order_by(lots.c.id).limit(LOTS_MAX + 1))
    went = movements.c.lot_id.in_([row.lot_id for row in found]), movements.c.kind.in_(["out", "scrap", "rotate"])
    moves = await db.fetch(select(movements).where(*went).order_by(movements.c.at, movements.c.id).limit(MOVES_MAX + 1))
    return TraceView(
        lots=[TracedLot.of(row) for row in found[:LOTS_MAX]],
        moves=[TracedMove.of(row) for row in moves[:MOVES_MAX]],
        left_out=len(found) > LOTS_MAX or len(moves) > MOVES_MAX,
    )
