"""Which grid a point lies in."""

import json

import pytest

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
