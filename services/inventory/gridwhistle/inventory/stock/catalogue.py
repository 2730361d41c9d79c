"""The catalogue of resource types (物资分类): what the standard names, and below its branches 99 what a county names itself."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import Query as InQuery
from pydantic import AwareDatetime, Field
from sqlalchemy import ColumnElement, or_, select

from gridwhistle.common.commands import Command
from gridwhistle.common.data_classes import P0
from gridwhistle.common.database import Db as Work
from gridwhistle.common.edge import Caller, Db, Router
from gridwhistle.common.events.inventory_stock import Amount, SupplyCode
from gridwhistle.common.principal import Principal
from gridwhistle.common.problems import NotFound
from gridwhistle.common.reading import page_seen
from gridwhistle.common.rows import thing_of
from gridwhistle.common.wire import Body, Keyset, Page, PageQuery, Version, View
from gridwhistle.inventory.stock.domain import KitIncomplete, TypeThere, TypeWithdrawn, UnknownParent, is_local, parent_of
from gridwhistle.inventory.stock.tables import resource_types

router = Router("inventory", "Resource types 物资分类")
_TYPES = Keyset(resource_types.c.code, resource_types.c.id, ascending=True)
TYPES_MAX = 2_000
Name = Annotated[str, Field(min_length=1, max_length=60, examples=["棉被"])]
Unit = Annotated[str, Field(min_length=1, max_length=10, examples=["床"])]
Days = Annotated[int, Field(ge=1, le=36_500, examples=[1_825])]
Celsius = Annotated[int, Field(ge=-80, le=80, examples=[-20])]
KitPersons = Annotated[int, Field(ge=1, le=1_000, description="How many people one kit is for.", examples=[4])]
Source = Annotated[str, Field(min_length=1, max_length=200, examples=["示例县应急物资储备目录(2026)"])]


class NewResourceType(Body):
    """A type of supplies (物资类型). Its code says where it stands; below a branch 99 it is the county's own."""

    area_code: Annotated[
        str, Field(pattern="^[0-9]{6}0{6}$", description="Of the county, whose catalogue it is.", examples=["990101000000"]), P0
    ]
    code: SupplyCode
    name: Name
    unit: Unit
    shelf_life_days: Days | None = None
    is_hazardous: bool = False
    temperature_min_c: Annotated[Celsius | None, Field(description="It is stored no colder.")] = None
    kit_qty: Annotated[Amount | None, Field(description="What `kit_persons` people need of it.")] = None
    kit_persons: KitPersons | None = None
    is_daily: Annotated[bool, Field(description="They need it each day.")] = False
    source_ref: Source | None = None


class ResourceTypeView(View):
    """A type of supplies. One that was withdrawn stays, for what is stored of it."""

    id: UUID
    version: Version
    area_code: Annotated[
        str,
        Field(
            pattern="^([0-9]{12})?$", description="The county's; empty: of the standard, for all.", examples=["990101000000"]
        ),
    ]
    code: SupplyCode
    parent_code: SupplyCode | None
    name: Name
    unit: Unit
    is_local: bool
    shelf_life_days: Days | None
    is_hazardous: bool
    temperature_min_c: Celsius | None
    kit_qty: Amount | None
    kit_persons: KitPersons | None
    is_daily: bool
    source_ref: Source | None
    withdrawn_at: AwareDatetime | None


class TypeQuery(PageQuery):
    """Which types."""

    parent_code: Annotated[SupplyCode | None, Field(description="Those right below this one.")] = None
    code: SupplyCode | None = None


@router.post("/resource_types", may="types:write", status_code=201)
async def add_resource_type(body: NewResourceType, caller: Caller, db: Db) -> ResourceTypeView:
    """Add a type to the county's catalogue, below one that is there."""
    parent = parent_of(body.code)
    if (body.kit_qty is None) != (body.kit_persons is None):
        raise KitIncomplete
    async with db.command(caller) as tx:
        known = await _known(tx, body.area_code[:6], [body.code, *([parent] if parent else [])])
        if parent and parent not in known:
            raise UnknownParent(parent=parent)
        if body.code in known:
            raise TypeThere
        made = tx.create(resource_types, None, **dict(body), parent_code=parent, is_local=is_local(body.code))
        return tx.answer(ResourceTypeView.of(made))


@router.post("/resource_types/{resource_type_id}/withdraw", may="types:write")
async def withdraw_resource_type(resource_type_id: UUID, caller: Caller, db: Db) -> ResourceTypeView:
    """Use a type no more; what is stored of it stays."""
    async with db.command(caller, resource_types, resource_type_id) as tx:
        if tx.row.withdrawn_at:
            raise TypeWithdrawn
        tx.update(tx.row, withdrawn_at=tx.now)
        tx.record(tx.row, "withdraw")
        return tx.answer(ResourceTypeView.of(tx.row))


@router.get("/resource_types", may="types:read")
async def list_resource_types(query: Annotated[TypeQuery, InQuery()], caller: Caller, db: Db) -> Page[ResourceTypeView]:
    """List the types of the standard and of your county, in the order of their codes."""
    return await page_seen(db, _seen(caller), resource_types, _TYPES, query, ResourceTypeView)


@router.get("/resource_types/{resource_type_id}", may="types:read")
async def get_resource_type(resource_type_id: UUID, caller: Caller, db: Db) -> ResourceTypeView:
    """Return a type."""
    row = await db.first(select(resource_types).where(resource_types.c.id == resource_type_id, _seen(caller)))
    if row is None:
        raise NotFound(thing=thing_of(resource_types))
    return ResourceTypeView.of(row)


def _seen(caller: Principal) -> ColumnElement[bool]:
    """Return which types somebody sees: the standard's, and those of every county that they come from."""
    counties = {area[:6] for area in caller.areas}
    own = resource_types.c.county_code == ""
    return or_(own, *(resource_types.c.county_code == county for county in sorted(counties)))


async def types_of(db: Work, caller: Principal) -> list[Any]:
    """Return the types in use that somebody sees, in the order of their codes."""
    wanted = select(resource_types).where(_seen(caller), resource_types.c.withdrawn_at.is_(None))
    return list(await db.fetch(wanted.order_by(resource_types.c.code).limit(TYPES_MAX)))


async def _known(tx: Command, county: str, codes: list[str]) -> dict[str, Any]:
    """Return the types of these codes that a county has, the standard's among them."""
    there = resource_types.c.code.in_(codes), resource_types.c.county_code.in_(["", county])
    return {row.code: row for row in await tx.db.fetch(select(resource_types).where(*there))}
