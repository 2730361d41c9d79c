"""What can be asked for (服务目录) and where stations are (网点): the county's administrator writes it, everybody reads it."""

from typing import Annotated
from uuid import UUID

from fastapi import Query
from pydantic import AwareDatetime, Field
from sqlalchemy import select

from gridwhistle.common.database import Db as Work
from gridwhistle.common.edge import Caller, Db, Router
from gridwhistle.common.events.timebank_orders import ServiceCode
from gridwhistle.common.ids import AreaCode
from gridwhistle.common.problems import Conflict
from gridwhistle.common.reading import one, page
from gridwhistle.common.wire import Body, Keyset, Page, PageQuery, Version, View
from gridwhistle.timebank.order_refusals import UnknownServiceKind
from gridwhistle.timebank.order_views import Minutes
from gridwhistle.timebank.participant_tables import service_kinds, stations
from gridwhistle.timebank.people import in_the_county

router = Router("timebank", "Services and stations 服务目录与网点")
_KINDS, _STATIONS = Keyset(service_kinds.c.id), Keyset(stations.c.id)
Name = Annotated[str, Field(min_length=1, max_length=60, examples=["陪伴聊天"])]
Course = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{1,39}$", examples=["first_aid"])]
Hours = Annotated[str, Field(min_length=1, max_length=100, examples=["周一至周五 08:30-17:00"])]


class AlreadyOffered(Conflict):
    """The county has a kind of service of this code."""

    code = "already_offered"
    zh, en = "本县服务目录中已有该编码。", "The county's catalogue has a kind of service of this code already."


class WithdrawnAlready(Conflict):
    """What was withdrawn is not withdrawn again."""

    code = "withdrawn_already"
    zh, en = "该{thing}已停用。", "The {thing} is not in use any more."


class NewServiceKind(Body):
    """A kind of service (服务类别): nothing that needs a profession, nothing whose risk is not small."""

    service_code: ServiceCode
    area_code: Annotated[AreaCode, Field(description="Of the county, whose catalogue it is.")]
    name: Name
    max_minutes: Minutes = 120
    minors_allowed: bool = False
    training_required: Annotated[Course | None, Field(description="The course that has to be passed before.")] = None


class ServiceKindView(View):
    """A kind of service. One that was withdrawn stays, for what was asked for under it."""

    id: UUID
    version: Version
    service_code: ServiceCode
    area_code: AreaCode
    name: Name
    max_minutes: Minutes
    minors_allowed: bool
    training_required: Course | None
    withdrawn_at: AwareDatetime | None


class NewStation(Body):
    """A station (网点), where clerks help those who have no telephone that can do all this."""

    name: Annotated[Name, Field(examples=["示例社区时间银行网点"])]
    area_code: AreaCode
    hours: Hours


class StationView(View):
    """A station."""

    id: UUID
    version: Version
    name: Name
    area_code: AreaCode
    hours: Hours
    closed_at: AwareDatetime | None


@router.post("/service_kinds", may="services:write", status_code=201)
async def add_service_kind(body: NewServiceKind, caller: Caller, db: Db) -> ServiceKindView:
    """Add a kind of service to the county's catalogue."""
    async with db.command(caller) as tx:
        made = tx.create(service_kinds, None, **dict(body))
        return tx.answer(ServiceKindView.of(made))


@router.post("/service_kinds/{service_kind_id}/withdraw", may="services:write")
async def withdraw_service_kind(service_kind_id: UUID, caller: Caller, db: Db) -> ServiceKindView:
    """Offer a kind of service no more; what was asked for before goes on."""
    async with db.command(caller, service_kinds, service_kind_id) as tx:
        if tx.row.withdrawn_at:
            raise WithdrawnAlready(thing=service_kinds.info["thing"])
        tx.update(tx.row, withdrawn_at=tx.now)
        tx.record(tx.row, "withdraw")
        return tx.answer(ServiceKindView.of(tx.row))


@router.get("/service_kinds", may="services:read")
async def list_service_kinds(query: Annotated[PageQuery, Query()], caller: Caller, db: Db) -> Page[ServiceKindView]:
    """List what can be asked for in your county, newest first."""
    return await page(db, await in_the_county(db, caller), service_kinds, _KINDS, query, ServiceKindView)


@router.get("/service_kinds/{service_kind_id}", may="services:read")
async def get_service_kind(service_kind_id: UUID, caller: Caller, db: Db) -> ServiceKindView:
    """Return a kind of service."""
    return ServiceKindView.of(await one(db, await in_the_county(db, caller), service_kinds, service_kind_id))


@router.post("/stations", may="services:write", status_code=201)
async def add_station(body: NewStation, caller: Caller, db: Db) -> StationView:
    """Open a station."""
    async with db.command(caller) as tx:
        made = tx.create(stations, None, **dict(body))
        return tx.answer(StationView.of(made))


@router.post("/stations/{station_id}/close", may="services:write")
async def close_station(station_id: UUID, caller: Caller, db: Db) -> StationView:
    """Close a station."""
    async with db.command(caller, stations, station_id) as tx:
        if tx.row.closed_at:
            raise WithdrawnAlready(thing=stations.info["thing"])
        tx.update(tx.row, closed_at=tx.now)
        tx.record(tx.row, "close")
        return tx.answer(StationView.of(tx.row))


@router.get("/stations", may="services:read")
async def list_stations(query: Annotated[PageQuery, Query()], caller: Caller, db: Db) -> Page[StationView]:
    """List the stations of your county, newest first."""
    return await page(db, await in_the_county(db, caller), stations, _STATIONS, query, StationView)


@router.get("/stations/{station_id}", may="services:read")
async def get_station(station_id: UUID, caller: Caller, db: Db) -> StationView:
    """Return a station."""
    return StationView.of(await one(db, await in_the_county(db, caller), stations, station_id))


async def kind_in_use(db: Work, county_code: str, service_code: str) -> ServiceKindView:
    """Return a kind of service that can be asked for.

    Raises:
        UnknownServiceKind: the county's catalogue has none of this code in use.
    """
    wanted = service_kinds.c.county_code == county_code, service_kinds.c.service_code == service_code
    found = await db.first(select(service_kinds).where(*wanted, service_kinds.c.withdrawn_at.is_(None)))
    if found is None:
        raise UnknownServiceKind
    return ServiceKindView.of(found)
