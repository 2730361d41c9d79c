"""Which grid held a point on a day, and in which edition."""

import datetime as dt
import json
from uuid import UUID, uuid4

import pytest

from gridwhistle.common.editions import Edition, Grids

OLD, NEW = uuid4(), uuid4()


def day(month: int, year: int = 2026) -> dt.datetime:
    return dt.datetime(year, month, 1, tzinfo=dt.UTC)


def square(west: float) -> str:
    ring = [[west, 20.0], [west + 1, 20.0], [west + 1, 21.0], [west, 21.0], [west, 20.0]]
    return json.dumps({"type": "Polygon", "coordinates": [ring]})


FIRST = Edition(OLD, "990101001001002", 1, day(2), day(6))
SECOND = Edition(OLD, "990101001001002", 2, day(6), None, is_first=False)
RETIRED = Edition(NEW, "990101001001001", 1, day(2), day(4))
GRIDS = Grids(
    [(SECOND, square(1))],
    [(FIRST, square(0)), (SECOND, square(1)), (RETIRED, square(5))],
)
WEST, EAST, FAR = 0.5, 1.5, 5.5


@pytest.mark.parametrize(
    ("lon", "at", "expected"),
    [
        pytest.param(EAST, None, SECOND, id="now"),
        pytest.param(EAST, day(7), SECOND, id="since it was drawn"),
        pytest.param(EAST, day(6), SECOND, id="the moment it was drawn"),
        pytest.param(EAST, day(3), None, id="before it was drawn so"),
        pytest.param(WEST, day(3), FIRST, id="as it was drawn before"),
        pytest.param(WEST, day(7), None, id="no longer"),
        pytest.param(WEST, None, None, id="not now"),
        pytest.param(WEST, day(1), FIRST, id="before anything was drawn"),
        pytest.param(FAR, day(3), RETIRED, id="before it was retired"),
        pytest.param(FAR, day(4), None, id="the moment it was retired"),
        pytest.param(9.0, day(3), None, id="nowhere"),
    ],
)
def test_a_point_lies_in_the_grid_of_its_day(lon: float, at: dt.datetime | None, expected: Edition | None) -> None:
    one = GRIDS.locate(lon, 20.5, at)
    many = GRIDS.locate_many([lon, EAST], [20.5, 20.5], [at, None])

    assert (one, many) == (expected, [expected, SECOND])


def test_what_held_goes_before_what_came_later() -> None:
    later = Edition(UUID(int=1), "990101001001000", 1, day(6))
    grids = Grids([(later, square(0))], [(later, square(0)), (FIRST, square(0))])

    assert grids.locate(WEST, 20.5, day(3)) == FIRST
    assert grids.locate(WEST, 20.5, day(7)) == later


def test_a_grid_is_known_by_its_code_on_a_day() -> None:
    assert [GRIDS.of_code("990101001001002", at) for at in (day(1), day(3), day(6))] == [FIRST, FIRST, SECOND]
    assert GRIDS.of_code("990101001001009", day(3)) is None
