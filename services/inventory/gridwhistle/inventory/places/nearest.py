"""What lies nearest to a point: shelters that have room, support points that work; and where to go when a shelter is full."""

from collections.abc import Sequence
from typing import Annotated, Any, Final
from uuid import UUID

from fastapi import Query as InQuery
from pydantic import Field
from sqlalchemy import ColumnElement, and_, case, cast, or_, select
from sqlalchemy.dialects.postgresql import JSONB

from gridwhistle.common.data_classes import OPEN
from gridwhistle.common.database import Db as Work
from gridwhistle.common.edge import Caller, Db, Router
from gridwhistle.common.jurisdiction import within
from gridwhistle.common.places import Latitude, Longitude
from gridwhistle.common.wire import View
from gridwhistle.inventory.distances import NEAR_MAX, DistanceM, NearQuery, distance, metres, near
from gridwhistle.inventory.places.domain import ShelterKind, ShelterService, SupportKind
from gridwhistle.inventory.places.shelters import (
    Address,
    People,
    ShelterLine,
    ShelterName,
    ShelterState,
)
from gridwhistle.inventory.places.support_points import SupportPointLine, SupportState
from gridwhistle.inventory.places.tables import shelters, support_points

router = Router("inventory", "Nearest and within 就近与范围查询")
NEXT_MAX: Final = 3
_NEXT_WITHIN_M: Final = 50_000
FREE: Final = and_(shelters.c.state == "open", shelters.c.people < shelters.c.capacity)
"""It is open, and there is room."""


class NextShelter(View):
    """Where to go instead."""

    id: UUID
    name: ShelterName
    address: Address
    state: Annotated[ShelterState, OPEN]
    places_left: People
    lon: Longitude
    lat: Latitude
    distance_m: DistanceM


class NearShelter(ShelterLine):
    """A shelter, and how far it is."""

    distance_m: DistanceM


class NearShelters(View):
    """Shelters, nearest first."""

    items: Annotated[list[NearShelter], Field(max_length=NEAR_MAX)]


class NearSupportPoint(SupportPointLine):
    """A support point, and how far it is."""

    distance_m: DistanceM


class NearSupportPoints(View):
    """Support points, nearest first."""

    items: Annotated[list[NearSupportPoint], Field(max_length=NEAR_MAX)]


class NearShelterQuery(NearQuery):
    """Near which point, and which shelters."""

    state: ShelterState | None = None
    kind: ShelterKind | None = None
    service: ShelterService | None = None
    people: Annotated[int, Field(ge=0, le=10_000_000, description="There must be room for so many more.")] = 0


class NearSupportQuery(NearQuery):
    """Near which point, and which support points."""

    kind: SupportKind | None = None
    state: SupportState | None = None


@router.get("/nearest_shelters", may="places:read")
async def list_nearest_shelters(query: Annotated[NearShelterQuery, InQuery()], caller: Caller, db: Db) -> NearShelters:
    """List the shelters of your jurisdiction by how far they are from a point, which may be of any coordinate system."""
    asked = _equal(shelters, query)
    if query.people:
        asked.append(shelters.c.capacity - shelters.c.people >= query.people)
    if query.service:
        asked.append(cast(shelters.c.services, JSONB).has_key(query.service))
    found = await _nearest(db, shelters, query, [within(shelters, caller), *asked])
    return NearShelters.model_construct(items=[NearShelter.of(row, distance_m=metres(row.distance)) for row in found])


@router.get("/nearest_support_points", may="places:read")
async def list_nearest_support_points(
    query: Annotated[NearSupportQuery, InQuery()], caller: Caller, db: Db
) -> NearSupportPoints:
    """List the support points of your jurisdiction by how far they are from a point."""
    found = await _nearest(db, support_points, query, [within(support_points, caller), *_equal(support_points, query)])
    return NearSupportPoints.model_construct(items=[NearSupportPoint.of(row, distance_m=metres(row.distance)) for row in found])


async def next_nearest(db: Work, shelter: Any, most: int = NEXT_MAX) -> list[NextShelter]:
    """Return where to send people whom a shelter does not hold: open ones with room first, then such as can be opened.

    Shelters are public, so all of the county are asked for, whoever asks.
    """
    here = distance(shelters, shelter.lon, shelter.lat).label("distance")
    can_be_opened = shelters.c.state.in_(("standby", "ready", "proposed"))
    found = await db.fetch(
        select(shelters, here)
        .where(
            shelters.c.county_code == shelter.area_code[:6],
            shelters.c.id != shelter.id,
            or_(FREE, can_be_opened),
            near(shelters, shelter.lon, shelter.lat, _NEXT_WITHIN_M),
        )
        .order_by(case((shelters.c.state == "open", 0), (shelters.c.state == "standby", 1), else_=2), here, shelters.c.id)
        .limit(most)
    )
    return [NextShelter.of(row, places_left=row.capacity - row.people, distance_m=metres(row.distance)) for row in found]


def _equal(table: Any, query: NearQuery) -> list[ColumnElement[bool]]:
    asked = ((name, getattr(query, name, None)) for name in ("state", "kind"))
    return [table.c.terminal_at.is_(None), *(table.c[name] == value for name, value in asked if value is not None)]


async def _nearest(db: Work, table: Any, query: NearQuery, asked: Sequence[ColumnElement[bool]]) -> list[Any]:
    lon, lat = query.point
    here = distance(table, lon, lat).label("distance")
    there = select(table, here).where(*asked, near(table, lon, lat, query.within_m))
    return await db.fetch(there.order_by(here, table.c.id).limit(query.limit))
