"""Coordinate systems of Chinese maps: what comes in GCJ-02 (火星坐标) or BD-09 (百度坐标) becomes WGS-84; and distances."""

import math
from typing import Any, Final, Literal

import numpy as np
from numpy.typing import NDArray

AnyCoordSys = Literal["wgs84", "cgcs2000", "gcj02", "bd09"]
SHIFTED: Final = frozenset({"gcj02", "bd09"})
"""Systems whose points lie some hundred metres off."""
Degrees = NDArray[np.float64]
EARTH_M: Final = 6_371_008.8
"""The mean radius of the earth."""
_SEMI_MAJOR_M: Final = 6378245.0  # Krassowsky's ellipsoid, which the shift is reckoned on
_ECCENTRICITY_SQUARED: Final = 0.00669342162296594323
_WEST, _EAST, _SOUTH, _NORTH = 72.004, 137.8347, 0.8293, 55.8271
"""Beyond these lines nothing is shifted."""
_MIDDLE: Final = 105.0, 35.0
_BAIDU_PER_DEGREE: Final = 3000.0 * np.pi / 180.0
_ROUNDS: Final = 6
"""Each round leaves a hundredth of what was wrong; what is wrong at first is less than a kilometre."""


def wgs84(lons: Any, lats: Any, coord_sys: str) -> tuple[Degrees, Degrees]:
    """Return points of a coordinate system in WGS-84, exact to less than a metre; outside China they stay as they are."""
    lons, lats = np.asarray(lons, float), np.asarray(lats, float)
    if coord_sys == "bd09":
        lons, lats = _unshifted(lons, lats, _baidu)
    if coord_sys in SHIFTED:
        lons, lats = _unshifted(lons, lats, _mars)
    return lons, lats


def shifted(lons: Any, lats: Any, coord_sys: str) -> tuple[Degrees, Degrees]:
    """Return points in WGS-84 as a coordinate system has them: the other way about."""
    lons, lats = np.asarray(lons, float), np.asarray(lats, float)
    for shift in {"gcj02": (_mars,), "bd09": (_mars, _baidu)}.get(coord_sys, ()):
        inside = _in_china(lons, lats)
        there = shift(lons, lats)
        lons, lats = np.where(inside, there[0], lons), np.where(inside, there[1], lats)
    return lons, lats


def metres_between(lon: float, lat: float, to_lon: float, to_lat: float) -> float:
    """Return how far two points are apart on the globe."""
    north, south = math.radians(lat), math.radians(to_lat)
    half = math.sin((south - north) / 2) ** 2
    half += math.cos(north) * math.cos(south) * math.sin(math.radians(to_lon - lon) / 2) ** 2
    return 2 * EARTH_M * math.asin(min(1.0, math.sqrt(half)))


def _unshifted(lons: Degrees, lats: Degrees, shift: Any) -> tuple[Degrees, Degrees]:
    inside = _in_china(lons, lats)
    # Far away the rounds would lead ever farther, at the poles out of all numbers.
    from_lon, from_lat = np.where(inside, lons, _MIDDLE[0]), np.where(inside, lats, _MIDDLE[1])
    lon, lat = from_lon, from_lat
    for _ in range(_ROUNDS):
        there = shift(lon, lat)
        lon, lat = lon - (there[0] - from_lon), lat - (there[1] - from_lat)
    return np.where(inside, lon, lons), np.where(inside, lat, lats)


def _in_china(lons: Degrees, lats: Degrees) -> NDArray[np.bool_]:
    return (lons >= _WEST) & (lons <= _EAST) & (lats >= _SOUTH) & (lats <= _NORTH)


def _mars(lons: Degrees, lats: Degrees) -> tuple[Degrees, Degrees]:
    """Shift from WGS-84 to GCJ-02, by the formula as it has been published."""
    x, y, pi = lons - 105.0, lats - 35.0, np.pi
    common = (20 * np.sin(6 * pi * x) + 20 * np.sin(2 * pi * x)) * 2 / 3
    root = np.sqrt(np.abs(x))
    east = 300 + x + 2 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * root + common
    east += (20 * np.sin(pi * x) + 40 * np.sin(pi * x / 3) + 150 * np.sin(pi * x / 12) + 300 * np.sin(pi * x / 30)) * 2 / 3
    north = -100 + 2 * x + 3 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * root + common
    north += (20 * np.sin(pi * y) + 40 * np.sin(pi * y / 3) + 160 * np.sin(pi * y / 12) + 320 * np.sin(pi * y / 30)) * 2 / 3
    latitude = np.radians(lats)
    flat = 1 - _ECCENTRICITY_SQUARED * np.sin(latitude) ** 2
    metres_east = _SEMI_MAJOR_M / np.sqrt(flat) * np.cos(latitude)
    metres_north = _SEMI_MAJOR_M * (1 - _ECCENTRICITY_SQUARED) / (flat * np.sqrt(flat))
    return lons + np.degrees(east / metres_east), lats + np.degrees(north / metres_north)


def _baidu(lons: Degrees, lats: Degrees) -> tuple[Degrees, Degrees]:
    """Shift from GCJ-02 to BD-09."""
    reach = np.hypot(lons, lats) + 0.00002 * np.sin(lats * _BAIDU_PER_DEGREE)
    angle = np.arctan2(lats, lons) + 0.000003 * np.cos(lons * _BAIDU_PER_DEGREE)
    return reach * np.cos(angle) + 0.0065, reach * np.sin(angle) + 0.006
