"""Which grid a point lies in."""

import itertools
import json
from typing import Any

import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from gridwhistle.common.places import GridIndex, MultiPolygon, NotABoundary, Polygon, checked


def square(west: float, south: float, size: float = 1.0) -> dict[str, object]:
    east, north = west + size, south + size
    ring = [[west, south], [east, south], [east, north], [west, north], [west, south]]
    return {"type": "Polygon", "coordinates": [ring]}


INDEX = GridIndex(["b", "a", "c"], [json.dumps(square(121, 30)), json.dumps(square(120, 30)), json.dumps(square(10, 10))])


@pytest.mark.parametrize(
    ("lon", "lat", "code"),
    [
        pytest.param(120.5, 30.5, "a", id="inside"),
        pytest.param(121.5, 30.5, "b", id="inside the neighbour"),
        pytest.param(121.0, 30.5, "a", id="on the border: the first by code"),
        pytest.param(120.0, 30.0, "a", id="on a corner"),
        pytest.param(125.0, 30.5, None, id="in none"),
    ],
)
def test_a_point_lies_in_the_grid_that_holds_it(lon: float, lat: float, code: str | None) -> None:
    assert INDEX.locate(lon, lat) == code
    assert INDEX.locate_many([0.0, lon], [0.0, lat]) == [None, code]


def test_where_grids_share_a_point_one_of_the_preferred_areas_is_taken() -> None:
    shared = GridIndex(["990101", "990102"], [json.dumps(square(120, 30)), json.dumps(square(120.5, 30))])

    for prefer, code in (((), "990101"), (("990102",), "990102"), (("990103",), "990101")):
        assert shared.locate(120.7, 30.5, prefer=prefer) == code
        assert shared.locate_many([120.7], [30.5], prefer=prefer) == [code]


def test_an_index_without_grids_knows_no_place() -> None:
    assert GridIndex([], []).locate(120.5, 30.5) is None
    assert GridIndex([], []).locate_many([120.5], [30.5]) == [None]


@pytest.mark.parametrize(
    "ring",
    [
        pytest.param([[0, 0], [1, 1], [1, 0], [0, 1], [0, 0]], id="crosses itself"),
        pytest.param([[0, 0], [1, 0], [1, 1], [0, 1]], id="is not closed"),
        pytest.param([[0, 0], [200, 0], [200, 1], [0, 1], [0, 0]], id="leaves the globe"),
        pytest.param([[0, 0], [0, 0], [0, 0], [0, 0]], id="has no area"),
    ],
)
def test_a_boundary_is_a_real_polygon(ring: list[list[float]]) -> None:
    with pytest.raises(NotABoundary):
        checked(Polygon(type="Polygon", coordinates=[[[float(x), float(y)] for x, y in ring]]))


def test_a_boundary_of_several_parts_is_kept_as_it_is() -> None:
    parts = [square(0, 0)["coordinates"], square(5, 5)["coordinates"]]

    assert checked(MultiPolygon.model_validate({"type": "MultiPolygon", "coordinates": parts}))["coordinates"] == parts


LINES = st.lists(st.integers(0, 12), min_size=2, max_size=6, unique=True).map(sorted)
SLANT = st.sampled_from([0.0, 0.31, 1 / 3])


@st.composite
def lands(draw: st.DrawFn) -> tuple[GridIndex, Any, list[tuple[float, float]]]:
    """Return an index over quarters of a slanting chequer, some missing, one over the others, and points on and off borders."""
    wests, souths, slant = draw(LINES), draw(LINES), draw(SLANT)
    corners = {(x, y): (120 + x / 7 + slant * y / 9, 30 + y / 7) for x in range(13) for y in range(13)}
    quarters = []
    for west, east in itertools.pairwise(wests):
        for south, north in itertools.pairwise(souths):
            if draw(st.integers(0, 4)):
                ways = (west, south), (east, south), (east, north), (west, north), (west, south)
                quarters.append(shapely.Polygon([corners[way] for way in ways]))
    if draw(st.booleans()):
        quarters.append(shapely.Point(draw(st.sampled_from(sorted(corners.values())))).buffer(0.4))
    texts = [shapely.to_geojson(quarter) for quarter in quarters]
    near = st.floats(-0.2, 0.2) | st.sampled_from([0.0, 1e-12, -1e-12, 1e-15])
    points = [
        (x + draw(near), y + draw(near))
        for x, y in draw(st.lists(st.sampled_from(sorted(corners.values())), min_size=1, max_size=30))
    ]
    return GridIndex([f"{number:03}" for number in range(len(texts))], texts), shapely.from_geojson(texts), points


@given(land=lands())
def test_cells_say_what_the_boundaries_themselves_say(land: tuple[GridIndex, Any, list[tuple[float, float]]]) -> None:
    index, shapes, points = land
    plain = []
    for lon, lat in points:
        holding = np.flatnonzero(shapely.intersects(shapes, shapely.Point(lon, lat)))
        plain.append(f"{holding[0]:03}" if len(holding) else None)

    many = index.locate_many(*map(list, zip(*points, strict=True)))

    assert many == plain
    assert [index.locate(*point) for point in points] == plain


def test_so_do_cells_of_many_crooked_grids() -> None:
    lots = np.random.default_rng(9)
    seeds = shapely.MultiPoint(lots.uniform((120, 30), (120.6, 30.5), (400, 2)))
    shapes = shapely.get_parts(shapely.voronoi_polygons(seeds))
    index = GridIndex([f"{number:03}" for number in range(len(shapes))], [shapely.to_geojson(shape) for shape in shapes])
    lons, lats = lots.uniform((119.9, 29.9), (120.7, 30.6), (20_000, 2)).T
    points, grids = shapely.STRtree(shapely.from_geojson([shapely.to_geojson(shape) for shape in shapes])).query(
        shapely.points(lons, lats), predicate="intersects"
    )
    plain: list[str | None] = [None] * len(lons)
    for point, grid in sorted(zip(points.tolist(), grids.tolist(), strict=True), reverse=True):
        plain[point] = f"{grid:03}"

    found = index.locate_many(lons.tolist(), lats.tolist())

    assert found == plain
    assert [index.locate(*point) for point in zip(lons.tolist(), lats.tolist(), strict=True)] == plain
