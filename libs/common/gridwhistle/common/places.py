"""Points, boundaries, and which grid a point lies in."""

from collections import defaultdict
from collections.abc import Sequence
from typing import Annotated, Any, Final, Literal

import shapely
from pydantic import AfterValidator, Field, TypeAdapter, WithJsonSchema

from gridwhistle.common.data_classes import inlined
from gridwhistle.common.problems import Invalid
from gridwhistle.common.wire import Body

VERTICES_MAX = 5_000
"""Of a boundary; with it an event stays a quarter of what the bus carries."""
Longitude = Annotated[float, Field(ge=-180, le=180, allow_inf_nan=False, examples=[120.1551])]
Latitude = Annotated[float, Field(ge=-90, le=90, allow_inf_nan=False, examples=[30.2741])]
CoordSys = Literal["wgs84", "cgcs2000"]


class NotABoundary(Invalid):
    """The geometry is not a valid polygon."""

    code = "not_a_boundary"
    zh = "边界须为有效的多边形(闭合、不自交,经纬度在范围内,总点数不超过 5000)。"
    en = "A boundary is a valid polygon: closed, not crossing itself, within longitude and latitude, 5,000 points at most."


class Point(Body):
    """A point in WGS-84; CGCS2000 (国家大地坐标系) differs by centimetres and is taken as it is."""

    lon: Longitude
    lat: Latitude
    coord_sys: CoordSys = "wgs84"


_Position = Annotated[list[float], Field(min_length=2, max_length=2)]
_Ring = Annotated[list[_Position], Field(min_length=4, max_length=VERTICES_MAX)]
_Rings = Annotated[list[_Ring], Field(min_length=1, max_length=1_000)]


_SQUARE: Final = [[[120.15, 30.27], [120.154, 30.27], [120.154, 30.275], [120.15, 30.275], [120.15, 30.27]]]


class Polygon(Body):
    """A GeoJSON polygon (RFC 7946), WGS-84."""

    type: Literal["Polygon"]
    coordinates: Annotated[_Rings, Field(examples=[_SQUARE])]


class MultiPolygon(Body):
    """A GeoJSON multi-polygon (RFC 7946), WGS-84."""

    type: Literal["MultiPolygon"]
    coordinates: Annotated[list[_Rings], Field(min_length=1, max_length=1_000, examples=[[_SQUARE]])]


Boundary = Annotated[Polygon | MultiPolygon, Field(discriminator="type")]
_BOUNDARY: Final[TypeAdapter[Polygon | MultiPolygon]] = TypeAdapter(Boundary)


def _is_boundary(geojson: dict[str, Any]) -> dict[str, Any]:
    _BOUNDARY.validate_python(geojson)
    return geojson


GeoJson = Annotated[
    dict[str, Any],
    WithJsonSchema(
        {
            **inlined(_BOUNDARY.json_schema()),
            "description": "A boundary: GeoJSON polygon or multi-polygon (RFC 7946), WGS-84.",
            "examples": [{"type": "Polygon", "coordinates": _SQUARE}],
        }
    ),
]
"""A boundary as it is stored and shown."""
CheckedGeoJson = Annotated[GeoJson, AfterValidator(_is_boundary)]
"""A boundary that is looked at before it travels."""


def checked(boundary: Polygon | MultiPolygon) -> dict[str, Any]:
    """Return the boundary as GeoJSON.

    Raises:
        NotABoundary: it crosses itself, is not closed, leaves the globe, or has too many points.
    """
    geojson = boundary.model_dump()
    try:
        shape = shapely.from_geojson(boundary.model_dump_json())
    except shapely.errors.ShapelyError:
        raise NotABoundary from None
    west, south, east, north = shape.bounds
    on_globe = west >= -180 and east <= 180 and south >= -90 and north <= 90  # noqa: PLR2004  degrees
    if not shape.is_valid or not on_globe or shapely.get_num_coordinates(shape) > VERTICES_MAX:
        raise NotABoundary
    return geojson


class GridIndex:
    """Which of many boundaries a point lies in; the first by code where boundaries share it."""

    def __init__(self, codes: Sequence[str], boundaries: Sequence[str]) -> None:
        """Take grid codes and their boundaries as GeoJSON text."""
        by_code = sorted(zip(codes, boundaries, strict=True))
        self.codes = [code for code, _ in by_code]
        self._tree = shapely.STRtree(shapely.from_geojson([boundary for _, boundary in by_code]))

    def locate(self, lon: float, lat: float, *, prefer: tuple[str, ...] = ()) -> str | None:
        """Return the code of the grid that holds the point, border included, or None.

        Args:
            lon: in degrees, WGS-84.
            lat: in degrees, WGS-84.
            prefer: code prefixes; a grid of these is taken where several hold the point.
        """
        hits = self._tree.query(shapely.Point(lon, lat), predicate="intersects").tolist()
        return self._first(hits, prefer) if hits else None

    def locate_many(self, lons: Sequence[float], lats: Sequence[float], *, prefer: tuple[str, ...] = ()) -> list[str | None]:
        """Return the code for each point, in order; an order of magnitude faster a point than one by one."""
        holding: dict[int, list[int]] = defaultdict(list)
        points, grids = self._tree.query(shapely.points(lons, lats), predicate="intersects")
        for point, grid in zip(points.tolist(), grids.tolist(), strict=True):
            holding[point].append(grid)
        return [self._first(holding[point], prefer) if point in holding else None for point in range(len(lons))]

    def _first(self, hits: list[int], prefer: tuple[str, ...]) -> str:
        codes = [self.codes[hit] for hit in sorted(hits)]
        return next((code for code in codes if code.startswith(prefer)), codes[0])
