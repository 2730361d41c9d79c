"""The replenishment plan (补库计划): what is missing against the norms, what of it can be moved, and what has to be bought."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Annotated, Any
from uuid import UUID

from fastapi import Query as InQuery
from pydantic import Field
from sqlalchemy import func, select

from gridwhistle.common.calendars import day_of
from gridwhistle.common.database import Db as Work
from gridwhistle.common.edge import Caller, Db, Router
from gridwhistle.common.events.inventory_stock import Amount, Quantity, SupplyCode
from gridwhistle.common.ids import AreaCode, prefix_of
from gridwhistle.common.jurisdiction import within
from gridwhistle.common.principal import Principal
from gridwhistle.common.wire import Query, View
from gridwhistle.inventory.stock.domain import StockOf, replenished
from gridwhistle.inventory.stock.lot_tables import good, lots
from gridwhistle.inventory.stock.refusals import PlanTooLarge
from gridwhistle.inventory.stock.tables import norms, storage_points

router = Router("inventory", "Reserve norms 储备标准")
NORMS_MAX, MOVES_MAX = 1_000, 1_000


class PlannedMove(View):
    """So much can come from a storage point of another area, without leaving that one short: an order of dispatch."""

    point_id: UUID
    qty: Amount


class PlannedLine(View):
    """What an area lacks of a type, with what its own parts are to get: what of it is moved there, and what is bought."""

    reserve_norm_id: UUID
    area_code: AreaCode
    type_id: UUID
    type_code: SupplyCode
    required_qty: Amount
    free_qty: Quantity
    missing_qty: Amount
    moves: Annotated[list[PlannedMove], Field(max_length=MOVES_MAX)]
    buy_qty: Quantity


class ReplenishmentPlan(View):
    """What to move and to buy, so that every norm is met."""

    items: Annotated[list[PlannedLine], Field(max_length=NORMS_MAX)]


class ReplenishmentQuery(Query):
    """Of what, and where."""

    area_code: AreaCode | None = None
    type_code: SupplyCode | None = None


@router.get("/replenishment_plan", may="stock:read")
async def get_replenishment_plan(query: Annotated[ReplenishmentQuery, InQuery()], caller: Caller, db: Db) -> ReplenishmentPlan:
    """Return what to move and what to buy (补库计划) until your area has what its norms ask for, as stock is now.

    Small areas come first: what comes to a township is the county's as well, and is not bought twice. Nothing is moved that
    the norms of where it lies ask for. A plan promises nothing: whoever follows it makes a dispatch order, or buys.
    """
    asked = [norms.c.withdrawn_at.is_(None), within(norms, caller)]
    if query.type_code:
        asked.append(norms.c.type_code == query.type_code)
    in_use = select(norms).where(*asked)
    found = await db.fetch(in_use.order_by(norms.c.type_code, norms.c.area_code).limit(NORMS_MAX + 1))
    if len(found) > NORMS_MAX:
        raise PlanTooLarge(most=NORMS_MAX)
    norms_of = defaultdict[UUID, list[Any]](list)
    for norm in found:
        norms_of[norm.type_id].append(norm)
    stock_of = await _stock_of(db, caller, list(norms_of))
    lines = [line for type_id, rows in norms_of.items() for line in _lines(rows, stock_of[type_id])]
    inside = prefix_of(query.area_code) if query.area_code else ""
    return ReplenishmentPlan(items=[line for line in lines if line.area_code.startswith(inside)])


async def _stock_of(db: Work, caller: Principal, type_ids: Sequence[UUID]) -> Mapping[UUID, Sequence[StockOf]]:
    """Return what is free at the storage points of the caller's area, by type, most at one point first."""
    free = func.sum(lots.c.qty - lots.c.reserved_qty).label("free")
    columns = lots.c.type_id, lots.c.point_id, lots.c.area_code, storage_points.c.closed_at
    wanted = within(lots, caller), lots.c.type_id.in_(type_ids), good(day_of(await db.now()))
    there = select(*columns, free).join(storage_points, storage_points.c.id == lots.c.point_id).where(*wanted)
    stock_of = defaultdict[UUID, list[StockOf]](list)
    for row in await db.fetch(there.group_by(*columns).order_by(free.desc(), lots.c.point_id)):
        stock_of[row.type_id].append(StockOf(row.point_id, row.area_code, row.free, is_open=row.closed_at is None))
    return stock_of


def _lines(found: Sequence[Any], stock: Sequence[StockOf]) -> list[PlannedLine]:
    plan = replenished({prefix_of(norm.area_code): norm.required_qty for norm in found}, stock)
    lines = []
    for norm in found:
        if refill := plan.get(prefix_of(norm.area_code)):
            moves = [PlannedMove(point_id=point_id, qty=qty) for point_id, qty in refill.moves.items()]
            more = {"reserve_norm_id": norm.id, "free_qty": refill.free, "missing_qty": refill.missing, "moves": moves}
            lines.append(PlannedLine.of(norm, **more, buy_qty=refill.missing - sum(refill.moves.values())))
    return lines
