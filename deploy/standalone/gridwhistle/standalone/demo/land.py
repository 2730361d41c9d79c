"""The land of the demo county: an outline drawn by hand, cut into grids that leave no gaps, from a seed."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from random import Random
from typing import Final, cast

import shapely
from shapely import LineString, MultiLineString, MultiPoint, Polygon

Point = tuple[float, float]
DECIMALS: Final = 6
"""Of a degree: ten centimetres, and the same digits on every machine."""
_OUTLINE: Final[tuple[Point, ...]] = (
    (119.990, 30.310), (120.015, 30.372), (120.062, 30.398), (120.118, 30.388), (120.150, 30.412), (120.205, 30.405),
    (120.248, 30.372), (120.300, 30.362), (120.322, 30.318), (120.310, 30.262), (120.338, 30.214), (120.296, 30.172),
    (120.240, 30.168), (120.196, 30.138), (120.140, 30.150), (120.092, 30.132), (120.048, 30.164), (120.020, 30.212),
    (119.984, 30.252),
)  # fmt: skip
_FIRST: Final[tuple[Point, ...]] = (
    (120.1520, 30.2722), (120.1560, 30.2724), (120.1600, 30.2721),
    (120.1502, 30.2672), (120.1548, 30.2668), (120.1596, 30.2673),
    (120.1494, 30.2624), (120.1532, 30.2619), (120.1571, 30.2622), (120.1610, 30.2626),
)  # fmt: skip
"""The middles of the first community's grids: examples everywhere name points in the first three."""
_ROUNDS: Final = 6


@dataclass(frozen=True, slots=True)
class Seat:
    """Where a township's communities gather: in how wide a circle, how many, and with how many grids each."""

    middle: Point
    radius: float
    communities: Sequence[str]
    grids: tuple[int, int]


def cut(seats: Sequence[Seat], seed: int) -> dict[str, Polygon]:
    """Return the boundary of every grid by its code; every piece of the county lies in one grid."""
    lots = Random(f"{seed}-land")  # noqa: S311  the same county each time
    outline = Polygon(_rough(_OUTLINE + _OUTLINE[:1], lots, 0.16, 5))
    middles = _communities(seats, outline, lots)
    lands = _voronoi(list(middles.values()), outline)
    between = {community: seat.grids for seat in seats for community in seat.communities}
    seeds: dict[str, Point] = {}
    for community, land in zip(middles, lands, strict=True):
        few, many = between[community]
        count = few + int(lots.random() * (many - few + 1))
        inside = _relaxed([point_in(land, lots) for _ in range(count)], land) if seeds else _FIRST
        seeds |= {f"{community}{serial:03}": point for serial, point in enumerate(_by_rows(inside), 1)}
    return _cells(seeds, outline, lots)


def _communities(seats: Sequence[Seat], outline: Polygon, lots: Random) -> dict[str, Point]:
    """Return the middle of every community: a sunflower of them around each seat, so that a town's centre is dense."""
    middles: dict[str, Point] = {}
    for seat in seats:
        turn = lots.random() * math.tau
        for number, code in enumerate(seat.communities):
            far = seat.radius * math.sqrt(number / len(seat.communities)) * (0.9 + 0.2 * lots.random())
            angle = turn + number * 2.39996
            x, y = seat.middle[0] + far * 1.15 * math.cos(angle), seat.middle[1] + far * math.sin(angle)
            middles[code] = (x, y)
            assert outline.contains(shapely.Point(x, y)), f"{code} lies outside the county"
    return middles


def point_in(land: Polygon, lots: Random) -> Point:
    """Return a point inside, drawn by lot."""
    west, south, east, north = land.bounds
    while True:
        x, y = west + lots.random() * (east - west), south + lots.random() * (north - south)
        if shapely.contains_xy(land, x, y):
            return round(x, DECIMALS), round(y, DECIMALS)


def _relaxed(points: list[Point], land: Polygon) -> list[Point]:
    """Return the points moved apart, each to the middle of what is nearest to it (Lloyd)."""
    for _ in range(_ROUNDS):
        points = [(cell.centroid.x, cell.centroid.y) for cell in _voronoi(points, land)]
    return points


def _voronoi(points: Sequence[Point], land: Polygon) -> list[Polygon]:
    """Return for each point what of the land is nearest to it."""
    cells = shapely.voronoi_polygons(MultiPoint(points), extend_to=land.envelope.buffer(1), ordered=True)
    return [cast("Polygon", cell.intersection(land)) for cell in cells.geoms]


def _by_rows(points: Sequence[Point]) -> list[Point]:
    """Return the points as grids are numbered: rows from north to south, each from west to east."""
    southwards = sorted(points, key=lambda point: -point[1])
    rows = round(math.sqrt(len(points)))
    cuts = [len(points) * row // rows for row in range(rows + 1)]
    return [point for start, end in pairwise(cuts) for point in sorted(southwards[start:end])]


def _cells(seeds: dict[str, Point], outline: Polygon, lots: Random) -> dict[str, Polygon]:
    """Return for each seed its cell, with borders that wind as brooks and lanes do; neighbours share every point of them."""
    edges = shapely.voronoi_polygons(MultiPoint(list(seeds.values())), extend_to=outline.envelope.buffer(1), only_edges=True)
    # On a raster of whole digits, so that borders meet the outline in points that both have.
    noded = cast("MultiLineString", shapely.union_all([edges, outline.exterior], grid_size=10**-DECIMALS))
    inside, rim = outline.buffer(2e-6), outline.exterior.buffer(2e-6)
    borders = []
    for line in sorted((line for line in noded.geoms if inside.covers(line)), key=lambda line: line.coords[:]):
        ends = [(x, y) for x, y in line.coords]
        drawn = ends if rim.covers(line) else _rough(ends, lots, 0.10, 3)
        rounded = [(round(x, DECIMALS), round(y, DECIMALS)) for x, y in drawn]
        if len(set(rounded)) > 1:
            borders.append(LineString(rounded))
    faces = list(shapely.polygonize(borders).geoms)
    numbers, holding = shapely.STRtree(faces).query([shapely.Point(point) for point in seeds.values()], predicate="within")
    assert numbers.tolist() == list(range(len(seeds))), "a border has wound around a grid's middle"
    assert len(faces) == len(seeds), "borders cross"
    return {code: shapely.normalize(faces[face]) for code, face in zip(seeds, holding.tolist(), strict=True)}


def _rough(line: Sequence[Point], lots: Random, roughness: float, depth: int) -> list[Point]:
    """Return the line with each piece bent at its middle, again and again, the ends where they were."""
    drawn = list(line)
    for _ in range(depth):
        bent = drawn[:1]
        for (x1, y1), (x2, y2) in pairwise(drawn):
            aside = (lots.random() - 0.5) * 2 * roughness
            bent += [((x1 + x2) / 2 - (y2 - y1) * aside, (y1 + y2) / 2 + (x2 - x1) * aside), (x2, y2)]
        drawn = bent
    return drawn
