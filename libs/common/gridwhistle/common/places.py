"""Points, boundaries, and which grid a point lies in."""

import math
from array import array
from collections import defaultdict
from collections.abc import Sequence
from typing import Annotated, Any, Final, Literal, Self

import numpy as np
import shapely
from numpy.typing import NDArray
from pydantic import AfterValidator, Field, TypeAdapter, WithJsonSchema, model_validator

from gridwhistle.common.coordinates import SHIFTED, AnyCoordSys, wgs84
from gridwhistle.common.data_classes import inlined
from gridwhistle.common.problems import Invalid
from gridwhistle.common.wire import Body

VERTICES_MAX = 5_000
"""Of a boundary; with it an event stays a quarter of what the bus carries."""
Longitude = Annotated[float, Field(ge=-180, le=180, allow_inf_nan=False, examples=[120.1551])]
Latitude = Annotated[float, Field(ge=-90, le=90, allow_inf_nan=False, examples=[30.2741])]
CoordSys = Literal["wgs84", "cgcs2000"]
_CELLS_ACROSS: Final = 40
"""Of a grid of middling size: of a hundred points there, nearly all lie in cells that no boundary touches."""
Floats = Sequence[float] | NDArray[np.float64]
_SIDE_MAX: Final = 2_048
_NEAR: Final = 1e-6
"""Of a cell: what rounding may be wrong by, and a millionth of that."""
_NOBODYS, _TOUCHED, _UNKNOWN = -1, -2, -3
"""What a cell says where it is not the number of a grid."""
_NO_CELLS: Final = np.empty((0, 0), dtype=np.intc)


class NotABoundary(Invalid):
    """The geometry is not a valid polygon."""

    code = "not_a_boundary"
    zh = "边界须为有效的多边形(闭合、不自交,经纬度在范围内,总点数不超过 5000)。"
    en = "A boundary is a valid polygon: closed, not crossing itself, within longitude and latitude, 5,000 points at most."


class Point(Body):
    """A point as a phone or a map gives it, kept in WGS-84. CGCS2000 (国家大地坐标系), centimetres off, is taken as it is."""

    lon: Longitude
    lat: Latitude
    coord_sys: Annotated[AnyCoordSys, Field(description="What the numbers mean: phones in China mostly say `gcj02`.")] = "wgs84"

    @model_validator(mode="after")
    def _in_wgs84(self) -> Self:
        if self.coord_sys in SHIFTED:
            lon, lat = wgs84(self.lon, self.lat, self.coord_sys)
            self.lon, self.lat, self.coord_sys = round(float(lon), 7), round(float(lat), 7), "wgs84"
        return self


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
    """Which of many boundaries a point lies in; the first by code where boundaries share it.

    The land is cut into cells. A cell that no boundary touches lies wholly in the same grids, so that one look answers for all
    its points; points of the other cells are held against the boundaries themselves. What rows of cells lie in is found out
    when somebody asks for the first time.
    """

    def __init__(self, codes: Sequence[str], boundaries: Sequence[str]) -> None:
        """Take grid codes and their boundaries as GeoJSON text."""
        by_code = sorted(zip(codes, boundaries, strict=True))
        self.codes = [code for code, _ in by_code]
        shapes = np.asarray(shapely.from_geojson([boundary for _, boundary in by_code]), dtype=object)
        shapely.prepare(shapes)  # so that a point is held against few sides of a boundary, not against all
        self._shapes, self._tree = shapes, shapely.STRtree(shapes)
        self._answers = np.array([*self.codes, None], dtype=object)  # by number; -1 is the last: in none
        self._side = min(_SIDE_MAX, _CELLS_ACROSS * (math.isqrt(len(by_code)) + 1)) if by_code else 0
        west, south, east, north = shapely.total_bounds(shapes) if by_code else (0.0, 0.0, 1.0, 1.0)
        self._west, self._south = float(west), float(south)
        self._per_lon, self._per_lat = self._side / float(east - west), self._side / float(north - south)
        self._cells = array("i", [_UNKNOWN]) * self._side**2
        self._raster = np.frombuffer(self._cells, dtype=np.intc).reshape(self._side, self._side) if by_code else _NO_CELLS
        self._filled = bytearray(self._side)
        if by_code:
            self._mark(shapes)

    def locate(self, lon: float, lat: float, *, prefer: tuple[str, ...] = ()) -> str | None:
        """Return the code of the grid that holds the point, border included, or None.

        Args:
            lon: in degrees, WGS-84.
            lat: in degrees, WGS-84.
            prefer: code prefixes; a grid of these is taken where several hold the point.
        """
        x, y, side = (lon - self._west) * self._per_lon, (lat - self._south) * self._per_lat, self._side
        if 0 <= x < side and 0 <= y < side:
            row = int(y)
            if not self._filled[row]:
                self._fill(np.array([row]))
            held = self._cells[row * side + int(x)]
            if held >= 0:
                return self.codes[held]
            if held == _NOBODYS:
                return None
        near = self._tree.query(shapely.Point(lon, lat))
        hits = near[shapely.intersects_xy(self._shapes[near], lon, lat)].tolist()
        return self._first(hits, prefer) if hits else None

    def locate_many(self, lons: Floats, lats: Floats, *, prefer: tuple[str, ...] = ()) -> list[str | None]:
        """Return the code for each point, in order; an order of magnitude faster a point than one by one."""
        lon, lat = np.asarray(lons, dtype=float), np.asarray(lats, dtype=float)
        x, y = (lon - self._west) * self._per_lon, (lat - self._south) * self._per_lat
        held = np.full(len(lon), _TOUCHED, dtype=np.intc)
        inside = np.flatnonzero((x >= 0) & (x < self._side) & (y >= 0) & (y < self._side))
        if len(inside):
            rows, columns = y[inside].astype(np.intp), x[inside].astype(np.intp)
            self._fill(np.unique(rows))
            held[inside] = self._raster[rows, columns]
        found: list[str | None] = self._answers[np.maximum(held, _NOBODYS)].tolist()
        open_points = np.flatnonzero(held == _TOUCHED)
        holding: dict[int, list[int]] = defaultdict(list)
        points, grids = self._holding(lon[open_points], lat[open_points])
        for point, grid in zip(open_points[points].tolist(), grids.tolist(), strict=True):
            holding[point].append(grid)
        for point, hits in holding.items():
            found[point] = self._first(hits, prefer)
        return found

    def _first(self, hits: list[int], prefer: tuple[str, ...]) -> str:
        codes = [self.codes[hit] for hit in sorted(hits)]
        return next((code for code in codes if code.startswith(prefer)), codes[0])

    def _holding(self, lons: Any, lats: Any) -> tuple[Any, Any]:
        """Return pairs of numbers: points, and grids that hold them."""
        points, grids = self._tree.query(shapely.points(lons, lats))
        held = shapely.intersects_xy(self._shapes[grids], lons[points], lats[points])
        return points[held], grids[held]

    def _mark(self, shapes: Any) -> None:
        """Mark every cell that a boundary touches: those of its corners, and both beside each line that it crosses."""
        coordinates, ring = shapely.get_coordinates(_rings_of(shapes), return_index=True)
        x, y = (coordinates[:, 0] - self._west) * self._per_lon, (coordinates[:, 1] - self._south) * self._per_lat
        self._touch(x, y)
        sides = np.flatnonzero(ring[1:] == ring[:-1])
        x0, y0, x1, y1 = x[sides], y[sides], x[sides + 1], y[sides + 1]
        self._touch(*_crossings(x0, y0, x1, y1))
        self._touch(*_crossings(y0, x0, y1, x1)[::-1])

    def _touch(self, x: Any, y: Any) -> None:
        for east in (-_NEAR, _NEAR):
            for north in (-_NEAR, _NEAR):
                columns = np.clip((x + east).astype(np.intp), 0, self._side - 1)
                self._raster[np.clip((y + north).astype(np.intp), 0, self._side - 1), columns] = _TOUCHED

    def _fill(self, rows: Any) -> None:
        """Find out in which grid each stretch of untouched cells lies, in rows where nobody asked before."""
        rows = rows[np.frombuffer(self._filled, dtype=np.uint8)[rows] == 0]
        if not len(rows):
            return
        cells = self._raster[rows]
        free = cells != _TOUCHED
        begins = free & ~np.pad(free, ((0, 0), (1, 0)))[:, :-1]
        row, column = np.nonzero(begins)
        lons = self._west + (column + 0.5) / self._per_lon
        lats = self._south + (rows[row] + 0.5) / self._per_lat
        points, grids = self._holding(lons, lats)
        held = np.full(len(row), _NOBODYS, dtype=np.intc)
        held[points] = grids
        held[np.bincount(points, minlength=len(row)) > 1] = _TOUCHED  # several: which one, depends on who asks
        cells[free] = held[np.cumsum(begins.ravel()).reshape(begins.shape)[free] - 1]
        self._raster[rows] = cells
        for filled in rows.tolist():
            self._filled[filled] = 1


def _rings_of(shapes: Any) -> Any:
    return shapely.get_rings(shapely.get_parts(shapes))


def _crossings(x0: Any, y0: Any, x1: Any, y1: Any) -> tuple[Any, Any]:
    """Return where sides cross the lines between columns."""
    first, last = np.ceil(np.minimum(x0, x1)), np.floor(np.maximum(x0, x1))
    count = np.maximum(last - first + 1, 0).astype(np.intp)
    side = np.repeat(np.arange(len(x0)), count)
    nth = np.arange(len(side)) - np.repeat(np.cumsum(count) - count, count)
    x = first[side] + nth
    run = np.where(x1 == x0, 1.0, x1 - x0)
    along = np.clip((x - x0[side]) / run[side], 0.0, 1.0)
    return x, y0[side] + along * (y1 - y0)[side]
