"""The register of shelters (应急避难场所): what they are, where they lie, and how many people they hold."""

from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import Query as InQuery
from pydantic import AwareDatetime, Field
from sqlalchemy import ColumnElement, select

from gridwhistle.common.commands import Command
from gridwhistle.common.data_classes import OPEN, Count
from gridwhistle.common.edge import Caller, Db, Router
from gridwhistle.common.events.inventory_places import ShelterAccepted, ShelterRetired
from gridwhistle.common.ids import AreaCode, GridCode
from gridwhistle.common.personal import PersonName, Phone, SealedText
from gridwhistle.common.places import Latitude, Longitude, Point
from gridwhistle.common.principal import Principal
from gridwhistle.common.reading import filters, one, page
from gridwhistle.common.reasons import Remark
from gridwhistle.common.wire import Actions, Body, Keyset, Page, PageQuery, Version, View
from gridwhistle.inventory.places.domain import (
    AREA,
    AreaUnknown,
    InUseNow,
    Need,
    ShelterKind,
    ShelterLevel,
    ShelterService,
    Space,
    capacity_of,
)
from gridwhistle.inventory.places.placing import Where, where
from gridwhistle.inventory.places.shelter_states import SHELTER
from gridwhistle.inventory.places.tables import openings, shelters

router = Router("inventory", "Shelters 应急避难场所")
_NEWEST = Keyset(shelters.c.id)
OPENINGS_MAX = 50
ShelterState = Literal[SHELTER.states]  # type: ignore[name-defined]
ShelterCode = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9-]{0,39}$", examples=["990101-S-0001"])]
ShelterName = Annotated[str, Field(min_length=1, max_length=100, examples=["示例社区广场"])]
AreaM2 = Annotated[float, Field(gt=0, le=10_000_000, allow_inf_nan=False, description="Effective area.", examples=[2_650])]
Declared = Annotated[int, Field(ge=0, le=10_000_000, description="What a register says; nothing follows from it.")]
Services = Annotated[list[ShelterService], Field(max_length=5, examples=[["water", "toilet"]])]
Address = Annotated[str, Field(min_length=1, max_length=200, description="Public.", examples=["望湖街道文昌路 1 号"])]
RouteText = Annotated[
    str, Field(min_length=1, max_length=500, description="How to get there; public.", examples=["文昌路向东 300 米"])
]
People = Annotated[int, Field(ge=0, le=10_000_000, examples=[120])]


class NewShelter(Body):
    """A shelter. How many it holds follows from its effective area and its kind."""

    code: ShelterCode
    name: ShelterName
    level: ShelterLevel
    kind: ShelterKind
    space: Space
    location: Point
    area_code: Annotated[AreaCode | None, Field(description="For a point that lies in no grid on file.")] = None
    area_m2: AreaM2 | None = None
    capacity_declared: Declared | None = None
    services: Services = Field(default_factory=list)
    address: Address
    route: RouteText | None = None
    director_name: PersonName | None = None
    director_phone: Phone | None = None


class ShelterChange(Body):
    """What changes; what is left out stays. Not while it is used."""

    name: ShelterName | None = None
    kind: ShelterKind | None = None
    space: Space | None = None
    area_m2: AreaM2 | None = None
    services: Services | None = None
    address: Address | None = None
    route: RouteText | None = None
    director_name: PersonName | None = None
    director_phone: Phone | None = None


class OpeningView(View):
    """A time that a shelter was open. Who came is on paper there; here are numbers."""

    id: UUID
    response_id: UUID | None
    opened_at: AwareDatetime
    closed_at: AwareDatetime | None
    restored_at: AwareDatetime | None
    route: RouteText
    total: People
    elderly: People
    children: People
    disabled: People
    sick: People
    most: People
    arrived: People
    needs: Annotated[list[Annotated[Need, OPEN]], Field(max_length=10)]
    counted_at: AwareDatetime
    lists_destroyed: Annotated[int | None, Field(ge=0, le=1_000)]
    witnessed_by: SealedText | None


class ShelterLine(View):
    """A shelter in a list."""

    id: UUID
    version: Version
    code: ShelterCode
    name: ShelterName
    level: Annotated[ShelterLevel, OPEN]
    kind: Annotated[ShelterKind, OPEN]
    space: Annotated[Space, OPEN]
    state: Annotated[ShelterState, OPEN]
    area_code: AreaCode
    grid_code: GridCode | None
    area_m2: AreaM2 | None
    capacity: Count | None
    capacity_declared: Declared | None
    people: People
    services: Services
    address: Address
    route: RouteText | None
    lon: Longitude
    lat: Latitude
    response_id: UUID | None


class ShelterView(ShelterLine):
    """A shelter, with the time that it is open just now; who answers for it is masked."""

    director_name: PersonName | None
    director_phone: Phone | None
    registered_at: AwareDatetime
    accepted_at: AwareDatetime | None
    opening: OpeningView | None
    actions: Actions


class OpeningList(View):
    """The times that a shelter was open, newest first."""

    items: Annotated[list[OpeningView], Field(max_length=OPENINGS_MAX)]


class ShelterQuery(PageQuery):
    """Which shelters."""

    area_code: AreaCode | None = None
    state: ShelterState | None = None
    kind: ShelterKind | None = None
    level: ShelterLevel | None = None
    code: ShelterCode | None = None
    has_room: Annotated[bool, Field(description="Only those that are open and hold more people than are there.")] = False


@router.post("/shelters", may="places:write", status_code=201)
async def register_shelter(body: NewShelter, caller: Caller, db: Db) -> ShelterView:
    """Write down a shelter (登记). It is planned until somebody accepts it; its code is one of the county's."""
    there = await where(db, caller, body.location, body.area_code)
    async with db.command(caller) as tx:
        shelter = register(tx, there, dict(body))
        return tx.answer(view_of(shelter, None, caller))


@router.get("/shelters", may="places:read")
async def list_shelters(query: Annotated[ShelterQuery, InQuery()], caller: Caller, db: Db) -> Page[ShelterLine]:
    """List the shelters of your jurisdiction, newest first."""
    return await page(db, caller, shelters, _NEWEST, query, ShelterLine, asked_of_shelters)


@router.get("/shelters/{shelter_id}", may="places:read")
async def get_shelter(shelter_id: UUID, caller: Caller, db: Db) -> ShelterView:
    """Return a shelter, with the numbers of the time that it is open just now."""
    shelter = await one(db, caller, shelters, shelter_id)
    opening = shelter.opening_id and await db.first(select(openings).where(openings.c.id == shelter.opening_id))
    return view_of(shelter, opening, caller)


@router.get("/shelters/{shelter_id}/openings", may="places:read")
async def list_openings_of_shelter(shelter_id: UUID, caller: Caller, db: Db) -> OpeningList:
    """Return the last fifty times that a shelter was open."""
    await one(db, caller, shelters, shelter_id)
    found = select(openings).where(openings.c.shelter_id == shelter_id).order_by(openings.c.id.desc()).limit(OPENINGS_MAX)
    return OpeningList.model_construct(items=[OpeningView.of(row) for row in await db.fetch(found)])


@router.patch("/shelters/{shelter_id}", may="places:write")
async def change_shelter(shelter_id: UUID, body: ShelterChange, caller: Caller, db: Db) -> ShelterView:
    """Change what is written of a shelter that nobody uses; its capacity follows."""
    async with db.command(caller, shelters, shelter_id) as tx:
        given = {name: value for name, value in body if value is not None}
        change(tx, given)
        return tx.answer(view_of(tx.row, None, caller))


@router.post("/shelters/{shelter_id}/accept", may="places:write")
async def accept_shelter(shelter_id: UUID, caller: Caller, db: Db) -> ShelterView:
    """Accept a shelter as fit for use (验收). Its capacity is computed anew, by the rule that holds now."""
    async with db.command(caller, shelters, shelter_id) as tx:
        if tx.row.state == "planned":
            tx.update(tx.row, **measured(tx, tx.row.kind, tx.row.area_m2, tx.row.area_code))
        tx.move(tx.row, SHELTER.step(tx.row, "accept", caller), accepted_at=tx.now)
        tx.tell(tx.row, ShelterAccepted(kind=tx.row.kind, capacity=tx.row.capacity))
        return tx.answer(view_of(tx.row, None, caller))


@router.post("/shelters/{shelter_id}/retire", may="places:write")
async def retire_shelter(shelter_id: UUID, body: Remark, caller: Caller, db: Db) -> ShelterView:
    """Take a shelter off the register (撤销); its code is free again."""
    async with db.command(caller, shelters, shelter_id) as tx:
        tx.move(tx.row, SHELTER.step(tx.row, "retire", caller), reason=body.reason, terminal_at=tx.now)
        tx.tell(tx.row, ShelterRetired())
        return tx.answer(view_of(tx.row, None, caller))


def register(tx: Command, there: Where, given: dict[str, Any]) -> Any:
    """Make a shelter of what is given: the fields of `NewShelter`."""
    step, point = SHELTER.step(None, "register", tx.caller), given["location"]
    said = {name: value for name, value in given.items() if name not in {"location", "area_code"}}
    return tx.create(
        shelters,
        step,
        area_code=there.area_code,
        grid_code=there.grid_code,
        lon=point.lon,
        lat=point.lat,
        coord_sys=point.coord_sys,
        people=0,
        registered_by=tx.caller.id,
        registered_at=tx.now,
        **said,
        **measured(tx, given["kind"], given["area_m2"], there.area_code),
    )


def change(tx: Command, given: dict[str, Any]) -> None:
    """Change a held shelter; where its area or its kind changes, so does its capacity.

    Raises:
        InUseNow: it stands by, is open or is gone.
        AreaUnknown: it is accepted, and would hold nobody.
    """
    shelter = tx.row
    if shelter.state not in {"planned", "ready"}:
        raise InUseNow
    tx.update(shelter, **given)
    tx.update(shelter, **measured(tx, shelter.kind, shelter.area_m2, shelter.area_code))
    if shelter.state == "ready" and not shelter.capacity:
        raise AreaUnknown
    tx.record(shelter, "change")


def measured(tx: Command, kind: str, area_m2: float | None, area_code: str) -> dict[str, Any]:
    """Return how many people an area holds, and the rule that says so; nothing of an area that nobody knows."""
    if area_m2 is None:
        return {"dm2_per_person": None, "capacity": None}
    rule = tx.rule(AREA.format(kind), area_code).amount
    return {"dm2_per_person": rule, "capacity": capacity_of(area_m2, rule)}


def asked_of_shelters(query: ShelterQuery) -> list[ColumnElement[bool]]:
    """Return what a query asks for."""
    asked = filters(shelters, query)
    return [*asked, shelters.c.state == "open", shelters.c.people < shelters.c.capacity] if query.has_room else asked


def view_of(shelter: Any, opening: Any, caller: Principal) -> ShelterView:
    """Return a shelter, with its opening if there is one."""
    shown = OpeningView.of(opening) if opening else None
    return ShelterView.of(shelter, opening=shown, actions=SHELTER.actions(shelter, caller))
