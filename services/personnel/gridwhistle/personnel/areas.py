"""What administrators can ask about areas and organisations."""

from typing import Annotated
from uuid import UUID

from fastapi import Query
from pydantic import AwareDatetime, Field
from sqlalchemy import ColumnElement, select

from gridwhistle.common.again import Changed
from gridwhistle.common.commands import Command
from gridwhistle.common.data_classes import OPEN
from gridwhistle.common.edge import Caller, Db, Router
from gridwhistle.common.events.personnel import AreaChanged, AreaMerged, Level, OrganisationChanged, OrganisationKind
from gridwhistle.common.ids import AreaCode, OrgCode, prefix_of
from gridwhistle.common.problems import OutsideYourArea
from gridwhistle.common.reading import filters, one, page
from gridwhistle.common.rows import Row
from gridwhistle.common.tables import moved_areas
from gridwhistle.common.wire import Body, Keyset, Page, PageQuery, Version, View
from gridwhistle.personnel.domain import LEVELS, AlreadyRetired, IntoItself, OfAnotherLevel, check_level
from gridwhistle.personnel.tables import area_of, areas, mergers, organisations

router = Router("personnel", "Areas and organisations 区划与单位")
_NEWEST, _NEWEST_ORGANISATION = Keyset(areas.c.id), Keyset(organisations.c.id)
Name = Annotated[str, Field(min_length=1, max_length=60, examples=["示例社区"])]


class NewArea(Body):
    """An area (区划)."""

    area_code: AreaCode
    level: Level
    name: Name


class Renamed(Body):
    """What it is called from now on."""

    name: Name


class RetireArea(Body):
    """Into which area it was merged, if into one."""

    merged_into: AreaCode | None = None


class AreaView(View):
    """An area; once it was merged, its old code is understood as that of `merged_into`."""

    id: UUID
    version: Version
    area_code: AreaCode
    level: Annotated[Level, OPEN]
    name: Name
    retired_at: AwareDatetime | None
    merged_into: AreaCode | None


class AreaQuery(PageQuery):
    """Which areas."""

    level: Level | None = None
    parent: Annotated[AreaCode | None, Field(description="Those below this one; an old code stands for the new area.")] = None


@router.post("/areas", may="areas:write", status_code=201)
async def add_area(body: NewArea, caller: Caller, db: Db) -> AreaView:
    """Add an area. Its code is the statistics code, with zeros below its level."""
    check_level(body.area_code, body.level)
    async with db.command(caller) as tx:
        area = tx.create(areas, None, area_code=body.area_code, level=body.level, name=body.name)
        tx.tell(area, area_changed(area))
        return tx.answer(AreaView.of(area))


@router.patch("/areas/{area_id}", may="areas:write")
async def change_area(area_id: UUID, body: Renamed, caller: Caller, db: Db) -> AreaView:
    """Call an area by another name. Its code stays: an area with another code is another area."""
    async with db.command(caller, areas, area_id) as tx:
        if tx.row.retired_at:
            raise AlreadyRetired
        tx.update(tx.row, name=body.name)
        tx.record(tx.row, "change")
        tx.tell(tx.row, area_changed(tx.row))
        return tx.answer(AreaView.of(tx.row))


@router.post("/areas/{area_id}/retire", may="areas:write")
async def retire_area(area_id: UUID, body: RetireArea, caller: Caller, db: Db) -> AreaView:
    """Retire an area (撤销). Of one that was merged (合并) the old code goes on to be understood, as the new area."""
    async with db.command(caller, areas, area_id) as tx:
        if tx.row.retired_at:
            raise AlreadyRetired
        merged_into = body.merged_into and await area_of(db, body.merged_into)
        if merged_into:
            await _merge(tx, tx.row, merged_into)
        tx.update(tx.row, retired_at=tx.now, merged_into=merged_into)
        tx.record(tx.row, "retire")
        tx.tell(tx.row, area_changed(tx.row))
        return tx.answer(AreaView.of(tx.row))


@router.get("/areas/{area_id}", may="areas:read")
async def get_area(area_id: UUID, caller: Caller, db: Db) -> AreaView:
    """Return an area."""
    return AreaView.of(await one(db, caller, areas, area_id))


@router.get("/areas", may="areas:read")
async def list_areas(query: Annotated[AreaQuery, Query()], caller: Caller, db: Db) -> Page[AreaView]:
    """List the areas of your jurisdiction, newest first."""
    if query.parent is None:
        return await page(db, caller, areas, _NEWEST, query, AreaView)
    below = _Below(**dict(query), area_code=await area_of(db, query.parent))
    return await page(db, caller, areas, _NEWEST, below, AreaView, _asked)


class _Below(AreaQuery):
    """What lies in an area, whatever codes its parts had before they were merged into it."""

    area_code: AreaCode


def _asked(query: _Below) -> list[ColumnElement[bool]]:
    """Return what a query asks for: what is of a lower level than the area, so neither itself nor what it was merged from."""
    own = len(prefix_of(query.area_code))
    return [*filters(areas, query), areas.c.level.in_([level for level, digits in LEVELS.items() if digits > own])]


async def _merge(tx: Command, area: Row, merged_into: str) -> None:
    """Let the old code be understood everywhere. The other area is held as well: two are not merged into each other at once.

    Raises:
        OutsideYourArea: who works in the area would work in one that the caller has no say in.
        OfAnotherLevel: it is no area of the same level.
        IntoItself: it is the area itself, or was merged into it.
        Changed: it was retired meanwhile.
    """
    if merged_into == area.area_code:
        raise IntoItself
    if not tx.caller.reaches_place(merged_into):
        raise OutsideYourArea
    if len(prefix_of(merged_into)) != len(prefix_of(area.area_code)):
        raise OfAnotherLevel
    there = await tx.db.fetch(select(areas.c.id).where(areas.c.area_code == merged_into))
    [other] = await tx.hold(areas, [row.id for row in there])
    if other is None or other.retired_at:
        raise Changed
    merger = tx.create(mergers, None, area_code=area.area_code, merged_into=merged_into, merged_at=tx.now)
    tx.tell(merger, AreaMerged(area_code=area.area_code, merged_into=merged_into))
    known = {"area_code": area.area_code, "merged_into": merged_into}
    tx.insert(moved_areas, id=merger.id, event_no=merger.event_no, **known)


def area_changed(area: Row) -> AreaChanged:
    """Return what is told of an area: the whole of it."""
    return AreaChanged(**{name: getattr(area, name) for name in AreaChanged.model_fields})


# --- organisations -----------------------------------------------------------------------------------------------------------


class NewOrganisation(Body):
    """An organisation (单位)."""

    org: OrgCode
    area_code: AreaCode
    name: Annotated[Name, Field(examples=["示例县水务局"])]
    kind: OrganisationKind


class OrganisationView(View):
    """An organisation."""

    id: UUID
    version: Version
    org: OrgCode
    area_code: AreaCode
    name: Name
    kind: Annotated[OrganisationKind, OPEN]
    retired_at: AwareDatetime | None


class OrganisationQuery(PageQuery):
    """Which organisations."""

    kind: OrganisationKind | None = None


@router.post("/organisations", may="organisations:write", status_code=201)
async def add_organisation(body: NewOrganisation, caller: Caller, db: Db) -> OrganisationView:
    """Add an organisation that incidents can be dispatched to. Its area has to be there."""
    if not caller.reaches_place(body.area_code):
        raise OutsideYourArea
    async with db.command(caller) as tx:
        area_code = await area_of(db, body.area_code)
        made = tx.create(organisations, None, **{**body.model_dump(), "area_code": area_code})
        tx.tell(made, _organisation_changed(made))
        return tx.answer(OrganisationView.of(made))


@router.patch("/organisations/{organisation_id}", may="organisations:write")
async def change_organisation(organisation_id: UUID, body: Renamed, caller: Caller, db: Db) -> OrganisationView:
    """Call an organisation by another name."""
    async with db.command(caller, organisations, organisation_id) as tx:
        if tx.row.retired_at:
            raise AlreadyRetired
        tx.update(tx.row, name=body.name)
        tx.record(tx.row, "change")
        tx.tell(tx.row, _organisation_changed(tx.row))
        return tx.answer(OrganisationView.of(tx.row))


@router.post("/organisations/{organisation_id}/retire", may="organisations:write")
async def retire_organisation(organisation_id: UUID, caller: Caller, db: Db) -> OrganisationView:
    """Retire an organisation (撤销): nobody new belongs to it. What it has already stays with it."""
    async with db.command(caller, organisations, organisation_id) as tx:
        if tx.row.retired_at:
            raise AlreadyRetired
        tx.update(tx.row, retired_at=tx.now)
        tx.record(tx.row, "retire")
        tx.tell(tx.row, _organisation_changed(tx.row))
        return tx.answer(OrganisationView.of(tx.row))


@router.get("/organisations/{organisation_id}", may="organisations:read")
async def get_organisation(organisation_id: UUID, caller: Caller, db: Db) -> OrganisationView:
    """Return an organisation."""
    return OrganisationView.of(await one(db, caller, organisations, organisation_id))


@router.get("/organisations", may="organisations:read")
async def list_organisations(query: Annotated[OrganisationQuery, Query()], caller: Caller, db: Db) -> Page[OrganisationView]:
    """List the organisations of your jurisdiction, newest first."""
    return await page(db, caller, organisations, _NEWEST_ORGANISATION, query, OrganisationView)


def _organisation_changed(made: Row) -> OrganisationChanged:
    return OrganisationChanged(**{name: getattr(made, name) for name in OrganisationChanged.model_fields})
