"""Points of other coordinate systems, and where they lie in WGS-84."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gridwhistle.common.coordinates import metres_between, shifted, wgs84

METRE = 1 / 111_000
CHINA = st.tuples(st.floats(74, 134), st.floats(4, 53))


@pytest.mark.parametrize(
    ("coord_sys", "there", "here"),
    [
        pytest.param("gcj02", (116.38404722, 39.91334546), (116.377817, 39.911954), id="Beijing, west of Tiananmen"),
        pytest.param("gcj02", (121.53154186, 31.17530398), (121.5272106, 31.1774276), id="Shanghai, Pudong"),
        pytest.param("gcj02", (113.91717648, 22.54079613), (113.912316, 22.543847), id="Shenzhen, Nanshan"),
        pytest.param("bd09", (116.41036949, 39.92133699), (116.39775550, 39.91359572), id="Beijing, on Baidu's map"),
        pytest.param("wgs84", (116.377817, 39.911954), (116.377817, 39.911954), id="as it is"),
        pytest.param("cgcs2000", (116.377817, 39.911954), (116.377817, 39.911954), id="the national system"),
        pytest.param("gcj02", (2.3522, 48.8566), (2.3522, 48.8566), id="Paris is not shifted"),
        pytest.param("bd09", (-74.006, 40.7128), (-74.006, 40.7128), id="nor is New York"),
    ],
)
def test_known_places_lie_where_they_are(coord_sys: str, there: tuple[float, float], here: tuple[float, float]) -> None:
    lon, lat = wgs84(*there, coord_sys)

    assert (float(lon), float(lat)) == pytest.approx(here, abs=2 * METRE)


@pytest.mark.parametrize("coord_sys", ["gcj02", "bd09"])
@given(points=st.lists(CHINA, min_size=1, max_size=50))
def test_there_and_back_is_less_than_a_metre(coord_sys: str, points: list[tuple[float, float]]) -> None:
    lons, lats = np.array(points).T

    back = wgs84(*shifted(lons, lats, coord_sys), coord_sys)

    assert np.abs(back[0] - lons).max() < METRE
    assert np.abs(back[1] - lats).max() < METRE


@pytest.mark.parametrize("coord_sys", ["gcj02", "bd09"])
@pytest.mark.parametrize("point", [(3.7e-267, 90.0), (0.0, -90.0), (180.0, 89.9), (-180.0, 0.0), (120.0, 90.0)])
def test_the_ends_of_the_earth_are_shifted_nowhere(coord_sys: str, point: tuple[float, float]) -> None:
    lon, lat = wgs84(*point, coord_sys)

    assert (float(lon), float(lat)) == point


@given(point=CHINA)
def test_a_shift_is_some_hundred_metres(point: tuple[float, float]) -> None:
    lon, lat = shifted(*point, "gcj02")

    assert 0 < np.hypot(lon - point[0], lat - point[1]) < 2_000 * METRE


@pytest.mark.parametrize(
    ("to", "metres"),
    [
        pytest.param((120.152, 30.2725), 0, id="the same place"),
        pytest.param((120.152, 30.2752), 300, id="three hundred metres north"),
        pytest.param((120.1551, 30.2725), 298, id="as far east"),
        pytest.param((-59.848, -30.2725), 20_015_115, id="the other side of the earth"),
    ],
)
def test_the_distance_between_two_points(to: tuple[float, float], metres: int) -> None:
    assert metres_between(120.152, 30.2725, *to) == pytest.approx(metres, abs=2)
