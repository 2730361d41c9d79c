"""Reserve norms (储备标准): how much an area should have, how much of it is there, and telling when it is low."""

import asyncio
import logging
from collections.abc import Sequence
from decimal import Decimal
from typing import Annotated, Any, Final
from uuid import UUID

from fastapi import Query as InQuery
from pydantic import AwareDatetime, Field
from sqlalchemy import bindparam, func, select

from gridwhistle.common.again import Away, again
from gridwhistle.common.calendars import day_of
from gridwhistle.common.commands import Command
from gridwhistle.common.database import Db as Work
from gridwhistle.common.edge import Caller, Db, Router
from gridwhistle.common.events.inventory_stock import Amount, Quantity, StockLow, SupplyCode
from gridwhistle.common.ids import AreaCode, new_id, prefix_of
from gridwhistle.common.jurisdiction import in_areas
from gridwhistle.common.principal import system
from gridwhistle.common.problems import Busy
from gridwhistle.common.queries import Asking
from gridwhistle.common.reading import one, page
from gridwhistle.common.rows import Row
from gridwhistle.common.rules import RULES
from gridwhistle.common.running import Running
from gridwhistle.common.wire import Body, Keyset, Page, PageQuery, Version, View
from gridwhistle.inventory.stock.domain import StockLevel, level_of, required_qty
from gridwhistle.inventory.stock.limits import CRITICAL, LOW
from gridwhistle.inventory.stock.lot_tables import good, lots
from gridwhistle.inventory.stock.lots import type_in_use
from gridwhistle.inventory.stock.refusals import NormTooLarge, NormWithdrawn, SumIncomplete
from gridwhistle.inventory.stock.tables import norms

log = logging.getLogger(__name__)
router = Router("inventory", "Reserve norms 储备标准")
SYSTEM: Final = system("inventory")
_NORMS = Keyset(norms.c.id)
_EVERY_S: Final = 3600.0
QTY_MAX: Final = 999_999_999_999
"""As much of a type as an amount says."""
_IN_USE: Final = Asking(
    select(norms.c.id, norms.c.area_code, norms.c.type_code).where(
        norms.c.county_code == bindparam("county"), norms.c.withdrawn_at.is_(None)
    )
)
_WORSE: Final = {"enough": 0, "low": 1, "critical": 2}
Persons = Annotated[int, Field(ge=1, le=10_000_000, examples=[5_000])]
Source = Annotated[str, Field(min_length=1, max_length=200, examples=["示例县应急物资储备规划(2026—2030)"])]


class NewNorm(Body):
    """How much of a type an area should have: a number, or what so many people need."""

    area_code: AreaCode
    type_id: UUID
    required_qty: Amount | None = None
    persons: Persons | None = None
    per_person: Amount | None = None
    factor: Annotated[Amount, Field(description="How many times over.")] = Decimal(1)
    most_qty: Amount | None = None
    source_ref: Source


class NormView(View):
    """A norm, and how much was there when somebody looked last: what is free at the storage points of the area."""

    id: UUID
    version: Version
    area_code: AreaCode
    type_id: UUID
    type_code: SupplyCode
    persons: Persons | None
    per_person: Amount | None
    factor: Amount | None
    required_qty: Amount
    most_qty: Amount | None
    free_qty: Quantity
    missing_qty: Annotated[Quantity, Field(description="The gap (缺口): so much has to be bought or made up for.")]
    level: StockLevel
    source_ref: Source
    looked_at: AwareDatetime | None
    withdrawn_at: AwareDatetime | None


class NormQuery(PageQuery):
    """Which norms; those that are `low` or `critical` are the gaps."""

    area_code: AreaCode | None = None
    type_code: SupplyCode | None = None
    level: StockLevel | None = None


@router.post("/reserve_norms", may="stores:write", status_code=201)
async def add_reserve_norm(body: NewNorm, caller: Caller, db: Db) -> NormView:
    """Say how much an area should have of a type. It is low when less than 80 % of it is free, and critical below 50 %."""
    is_sum = body.persons is not None and body.per_person is not None
    if is_sum == (body.required_qty is not None) or (body.persons is None) != (body.per_person is None):
        raise SumIncomplete
    required = body.required_qty
    if body.persons is not None and body.per_person is not None:
        required = Decimal(required_qty(body.persons, body.per_person, body.factor))
    if body.most_qty is not None and required is not None and body.most_qty < required:
        raise SumIncomplete
    if required is not None and required > QTY_MAX:
        raise NormTooLarge(most=QTY_MAX)
    async with db.command(caller) as tx:
        type_ = await type_in_use(db, body.type_id, body.area_code[:6])
        values = {**dict(body), "required_qty": required, "factor": body.factor if is_sum else None}
        made = await set_norm(tx, type_code=type_.code, **values)
        return tx.answer(NormView.of(made, missing_qty=max(made.required_qty - made.free_qty, Decimal(0))))


@router.get("/reserve_norms", may="stock:read")
async def list_reserve_norms(query: Annotated[NormQuery, InQuery()], caller: Caller, db: Db) -> Page[NormView]:
    """List the norms of your area, with what is there; `level` asks for the gaps."""
    return await page(db, caller, norms, _NORMS, query, NormView)


@router.get("/reserve_norms/{reserve_norm_id}", may="stock:read")
async def get_reserve_norm(reserve_norm_id: UUID, caller: Caller, db: Db) -> NormView:
    """Return a norm."""
    return NormView.of(await one(db, caller, norms, reserve_norm_id))


@router.post("/reserve_norms/{reserve_norm_id}/withdraw", may="stores:write")
async def withdraw_reserve_norm(reserve_norm_id: UUID, caller: Caller, db: Db) -> NormView:
    """Use a norm no more."""
    async with db.command(caller, norms, reserve_norm_id) as tx:
        if tx.row.withdrawn_at:
            raise NormWithdrawn
        tx.update(tx.row, withdrawn_at=tx.now)
        tx.record(tx.row, "withdraw")
        return tx.answer(NormView.of(tx.row))


async def norms_of(db: Work, area_code: str, codes: Sequence[str]) -> list[UUID]:
    """Return the norms that a movement of these types in an area concerns."""
    found = await db.ask(_IN_USE.of(county=area_code[:6]))
    return [row.id for row in found if row.type_code in codes and area_code.startswith(prefix_of(row.area_code))]


async def set_norm(tx: Command, **values: Any) -> Row:
    """Make a norm, and look at once how much of it is free."""
    norm = tx.create(norms, None, free_qty=Decimal(0), level="enough", **values)
    await _look(tx, norm)
    return norm


async def look(db: Work, norm_id: UUID) -> None:
    """Look how much of a norm is free, and tell if it got worse."""
    async with db.command(SYSTEM, norms, norm_id) as tx:
        await _look(tx, tx.row)


async def _look(tx: Command, norm: Row) -> None:
    rules = await RULES.of(tx.db)
    free = await tx.db.first(
        select(func.coalesce(func.sum(lots.c.qty - lots.c.reserved_qty), 0)).where(
            in_areas(lots, [prefix_of(norm.area_code)]), lots.c.type_id == norm.type_id, good(day_of(tx.now))
        )
    )
    assert free is not None
    low, critical = (rules.of(key, norm.area_code, tx.now).amount for key in (LOW, CRITICAL))
    level, before = level_of(free[0], norm.required_qty, low, critical), norm.level
    tx.update(norm, free_qty=free[0], level=level, looked_at=tx.now)
    if level != "enough" and _WORSE[level] > _WORSE[before]:
        told = {"free_qty": free[0], "required_qty": norm.required_qty}
        tx.tell(norm, StockLow(type_code=norm.type_code, level=level, **told))


async def look_hourly(service: Running) -> None:
    """Look at every norm once an hour: what is quarantined or over moves nothing."""
    while True:
        await asyncio.sleep(_EVERY_S)
        await look_at_all(service)


async def look_at_all(service: Running) -> None:
    """Look at every norm."""

    def work() -> Work:
        return Work(service.database, scope="norms", key=None, request_id=str(new_id()), background=True)

    for row in await work().fetch(select(norms.c.id).where(norms.c.withdrawn_at.is_(None))):
        db = work()

        async def run(db: Work = db, norm_id: UUID = row.id) -> None:
            db.start_over()
            await look(db, norm_id)

        try:
            await again(run)
        except (Busy, Away):
            log.warning("a reserve norm was not looked at; it is next time")
