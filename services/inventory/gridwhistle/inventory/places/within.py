"""What lies within a boundary, as GeoJSON, whatever kind of place it is."""

from typing import Annotated, Any, Final, Literal
from uuid import UUID

import shapely
from pydantic import Field
from sqlalchemy import ColumnElement, Table, literal, null, select

from gridwhistle.common.data_classes import OPEN, Count
from gridwhistle.common.edge import Caller, Db, Router
from gridwhistle.common.ids import AreaCode
from gridwhistle.common.jurisdiction import within
from gridwhistle.common.places import Boundary, Latitude, Longitude, checked
from gridwhistle.common.wire import Body, View
from gridwhistle.inventory.places.shelters import (
    ShelterName,
)
from gridwhistle.inventory.places.tables import shelters, support_points
from gridwhistle.inventory.stock.tables import storage_points

router = Router("inventory", "Nearest and within 就近与范围查询")
WITHIN_MAX: Final = 1_000
Lies = Literal["shelter", "support_point", "storage_point"]
_LOOKED_AT_MAX: Final = 20_000
"""Of a kind of place, in the box around a boundary."""
_SHOWN: Final = ("id", "name", "area_code", "lon", "lat")
_KINDS: Final[dict[Lies, tuple[Table, list[ColumnElement[Any]], ColumnElement[bool]]]] = {
    "shelter": (shelters, [shelters.c.kind, shelters.c.state, shelters.c.capacity], shelters.c.terminal_at.is_(None)),
    "support_point": (
        support_points,
        [support_points.c.kind, support_points.c.state, support_points.c.capacity],
        support_points.c.terminal_at.is_(None),
    ),
    "storage_point": (
        storage_points,
        [storage_points.c.mode.label("kind"), literal("in_use").label("state"), null().label("capacity")],
        storage_points.c.closed_at.is_(None),
    ),
}
"""What can lie somewhere: its table, what is shown of it, and that it is there still."""


class GeoPoint(View):
    """A GeoJSON point (RFC 7946): longitude, then latitude, WGS-84."""

    type: Literal["Point"]
    coordinates: Annotated[tuple[Longitude, Latitude], Field(examples=[[120.152, 30.2725]])]


class WithinBoundary(Body):
    """Within which boundary, and what."""

    boundary: Boundary
    lies: Annotated[list[Lies], Field(min_length=1, max_length=3)] = Field(default_factory=lambda: list(_KINDS))


class PlaceProperties(View):
    """What lies there."""

    lies: Annotated[Lies, OPEN]
    name: ShelterName
    kind: Annotated[str, Field(max_length=40, examples=["short_term"])]
    state: Annotated[str, Field(max_length=40, examples=["ready"])]
    area_code: AreaCode
    capacity: Count | None


class PlaceFeature(View):
    """A place as GeoJSON."""

    type: Literal["Feature"]
    id: UUID
    geometry: GeoPoint
    properties: PlaceProperties


class PlacesWithin(View):
    """What lies within a boundary, its border included; `left_out` says that there is more."""

    type: Literal["FeatureCollection"]
    features: Annotated[list[PlaceFeature], Field(max_length=WITHIN_MAX)]
    left_out: bool


@router.post("/places_within", may="places:read", body_bytes_max=512 * 1024)
async def find_places_within(body: WithinBoundary, caller: Caller, db: Db) -> PlacesWithin:
    """Return the shelters, support points and stores of your jurisdiction that lie within a boundary: a flooded plain, say."""
    checked(body.boundary)
    shape = shapely.from_geojson(body.boundary.model_dump_json())
    shapely.prepare(shape)
    west, south, east, north = shape.bounds
    features: list[PlaceFeature] = []
    left_out = False
    for lies in dict.fromkeys(body.lies):
        table, shown, is_there = _KINDS[lies]
        box = is_there, table.c.lat.between(south, north), table.c.lon.between(west, east)
        asked = select(*(table.c[name] for name in _SHOWN), *shown).where(within(table, caller), *box)
        rows = await db.fetch(asked.order_by(table.c.id).limit(_LOOKED_AT_MAX))
        left_out |= len(rows) == _LOOKED_AT_MAX
        held = shapely.intersects_xy(shape, [row.lon for row in rows], [row.lat for row in rows])
        for row in (row for row, is_held in zip(rows, held.tolist(), strict=True) if is_held):
            properties = PlaceProperties.of(row, lies=lies)
            features.append(PlaceFeature(type="Feature", id=row.id, geometry=_point(row), properties=properties))
    left_out |= len(features) > WITHIN_MAX
    return PlacesWithin.model_construct(type="FeatureCollection", features=features[:WITHIN_MAX], left_out=left_out)


def _point(shown: Any) -> GeoPoint:
    return GeoPoint.model_construct(type="Point", coordinates=(shown.lon, shown.lat))
