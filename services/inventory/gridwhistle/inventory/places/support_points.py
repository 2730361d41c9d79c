"""Support points (保障点): water, power and light that an emergency can live on, food and beds for a while."""

from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import Query as InQuery
from pydantic import AwareDatetime, Field

from gridwhistle.common.data_classes import OPEN
from gridwhistle.common.edge import Caller, Db, Router
from gridwhistle.common.events.inventory_places import (
    SupportPointAdded,
    SupportPointFailed,
    SupportPointMended,
    SupportPointWithdrawn,
)
from gridwhistle.common.ids import AreaCode, GridCode
from gridwhistle.common.personal import PersonName, Phone
from gridwhistle.common.places import Latitude, Longitude, Point
from gridwhistle.common.principal import Principal
from gridwhistle.common.reading import one, page
from gridwhistle.common.reasons import Remark
from gridwhistle.common.wire import Actions, Body, Keyset, Page, PageQuery, Version, View
from gridwhistle.inventory.places.domain import SupportKind
from gridwhistle.inventory.places.placing import where
from gridwhistle.inventory.places.shelter_states import SUPPORT_POINT
from gridwhistle.inventory.places.shelters import Address, ShelterName
from gridwhistle.inventory.places.tables import support_points

router = Router("inventory", "Support points 保障点")
_NEWEST = Keyset(support_points.c.id)
SupportState = Literal[SUPPORT_POINT.states]  # type: ignore[name-defined]
Capacity = Annotated[
    int,
    Field(
        ge=1,
        le=100_000_000,
        description="Water: litres a day; power: kilowatts; lighting: lamps; food: meals a day; lodging: beds.",
        examples=[20_000],
    ),
]
FuelHours = Annotated[int, Field(ge=0, le=10_000, description="How long a generator's fuel lasts.", examples=[8])]
PointName = Annotated[ShelterName, Field(examples=["望湖街道应急供水点"])]


class NewSupportPoint(Body):
    """A support point; what its capacity is counted in follows from its kind."""

    name: PointName
    kind: SupportKind
    capacity: Capacity
    fuel_hours: FuelHours | None = None
    location: Point
    area_code: Annotated[AreaCode | None, Field(description="For a point that lies in no grid on file.")] = None
    address: Address
    contact_name: PersonName | None = None
    contact_phone: Phone | None = None


class SupportPointChange(Body):
    """What changes; what is left out stays."""

    name: PointName | None = None
    capacity: Capacity | None = None
    fuel_hours: FuelHours | None = None
    address: Address | None = None
    contact_name: PersonName | None = None
    contact_phone: Phone | None = None


class SupportPointLine(View):
    """A support point in a list."""

    id: UUID
    version: Version
    name: PointName
    kind: Annotated[SupportKind, OPEN]
    state: Annotated[SupportState, OPEN]
    capacity: Capacity
    fuel_hours: FuelHours | None
    area_code: AreaCode
    grid_code: GridCode | None
    address: Address
    lon: Longitude
    lat: Latitude


class SupportPointView(SupportPointLine):
    """A support point; whom to call is masked."""

    contact_name: PersonName | None
    contact_phone: Phone | None
    added_at: AwareDatetime
    actions: Actions


class SupportPointQuery(PageQuery):
    """Which support points."""

    area_code: AreaCode | None = None
    kind: SupportKind | None = None
    state: SupportState | None = None


@router.post("/support_points", may="places:write", status_code=201)
async def add_support_point(body: NewSupportPoint, caller: Caller, db: Db) -> SupportPointView:
    """Write a support point down."""
    there = await where(db, caller, body.location, body.area_code)
    async with db.command(caller) as tx:
        step, point = SUPPORT_POINT.step(None, "add", caller), body.location
        said = {name: value for name, value in body if name not in {"location", "area_code"}}
        lies: dict[str, Any] = {"area_code": there.area_code, "grid_code": there.grid_code}
        lies |= {"lon": point.lon, "lat": point.lat, "coord_sys": point.coord_sys}
        made = tx.create(support_points, step, added_at=tx.now, **lies, **said)
        tx.tell(made, SupportPointAdded(kind=made.kind, capacity=made.capacity))
        return tx.answer(_view(made, caller))


@router.get("/support_points", may="places:read")
async def list_support_points(query: Annotated[SupportPointQuery, InQuery()], caller: Caller, db: Db) -> Page[SupportPointLine]:
    """List the support points of your jurisdiction, newest first."""
    return await page(db, caller, support_points, _NEWEST, query, SupportPointLine)


@router.get("/support_points/{support_point_id}", may="places:read")
async def get_support_point(support_point_id: UUID, caller: Caller, db: Db) -> SupportPointView:
    """Return a support point."""
    return _view(await one(db, caller, support_points, support_point_id), caller)


@router.patch("/support_points/{support_point_id}", may="places:write")
async def change_support_point(support_point_id: UUID, body: SupportPointChange, caller: Caller, db: Db) -> SupportPointView:
    """Change what is written of a support point."""
    async with db.command(caller, support_points, support_point_id) as tx:
        tx.update(tx.row, **{name: value for name, value in body if value is not None})
        tx.record(tx.row, "change")
        return tx.answer(_view(tx.row, caller))


@router.post("/support_points/{support_point_id}/take_up", may="places:run")
async def take_up_support_point(support_point_id: UUID, body: Remark, caller: Caller, db: Db) -> SupportPointView:
    """Use a support point."""
    return await _step(db, caller, support_point_id, "take_up", body)


@router.post("/support_points/{support_point_id}/give_back", may="places:run")
async def give_back_support_point(support_point_id: UUID, body: Remark, caller: Caller, db: Db) -> SupportPointView:
    """Use it no more."""
    return await _step(db, caller, support_point_id, "give_back", body)


@router.post("/support_points/{support_point_id}/fail", may="places:run")
async def fail_support_point(support_point_id: UUID, body: Remark, caller: Caller, db: Db) -> SupportPointView:
    """Say that a support point does not work (报障)."""
    return await _step(db, caller, support_point_id, "fail", body)


@router.post("/support_points/{support_point_id}/mend", may="places:run")
async def mend_support_point(support_point_id: UUID, body: Remark, caller: Caller, db: Db) -> SupportPointView:
    """Say that it works again."""
    return await _step(db, caller, support_point_id, "mend", body)


@router.post("/support_points/{support_point_id}/withdraw", may="places:write")
async def withdraw_support_point(support_point_id: UUID, body: Remark, caller: Caller, db: Db) -> SupportPointView:
    """Take a support point off the register."""
    return await _step(db, caller, support_point_id, "withdraw", body)


_TOLD: dict[str, type[SupportPointFailed | SupportPointMended | SupportPointWithdrawn]] = {
    "fail": SupportPointFailed,
    "mend": SupportPointMended,
    "withdraw": SupportPointWithdrawn,
}


async def _step(db: Db, caller: Principal, id_: UUID, action: str, body: Remark) -> SupportPointView:
    async with db.command(caller, support_points, id_) as tx:
        step = SUPPORT_POINT.step(tx.row, action, caller)
        ends: dict[str, Any] = {"terminal_at": tx.now} if step.target == "withdrawn" else {}
        tx.move(tx.row, step, reason=body.reason, **ends)
        if told := _TOLD.get(action):
            tx.tell(tx.row, told(kind=tx.row.kind))
        return tx.answer(_view(tx.row, caller))


def _view(made: Any, caller: Principal) -> SupportPointView:
    return SupportPointView.of(made, actions=SUPPORT_POINT.actions(made, caller))
