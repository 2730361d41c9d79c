"""How far things lie from a point, and what lies near one: no table of ours knows more than longitude and latitude."""

import math
from typing import Annotated, Final

from pydantic import Field
from sqlalchemy import ColumnElement, Table, and_, func

from gridwhistle.common.coordinates import EARTH_M, AnyCoordSys, wgs84
from gridwhistle.common.places import Latitude, Longitude
from gridwhistle.common.wire import Query

NEAR_MAX: Final = 50
_DEGREE_M: Final = 111_195.0
DistanceM = Annotated[int, Field(ge=0, le=20_100_000, examples=[1_250], description="Metres, as the crow flies.")]


class NearQuery(Query):
    """Near which point, how far, and how many."""

    lon: Longitude
    lat: Latitude
    coord_sys: AnyCoordSys = "wgs84"
    within_m: Annotated[int, Field(ge=1, le=200_000, description="No farther than this.")] = 20_000
    limit: Annotated[int, Field(ge=1, le=NEAR_MAX)] = 10

    @property
    def point(self) -> tuple[float, float]:
        """The point in WGS-84."""
        lon, lat = wgs84(self.lon, self.lat, self.coord_sys)
        return float(lon), float(lat)


def distance(table: Table, lon: float, lat: float) -> ColumnElement[float]:
    """Return how far a table's points are from one, in metres on a sphere; half a percent is what that may be wrong by."""
    north, east = func.radians(table.c.lat - lat) / 2, func.radians(table.c.lon - lon) / 2
    chord = func.pow(func.sin(north), 2) + math.cos(math.radians(lat)) * func.cos(func.radians(table.c.lat)) * func.pow(
        func.sin(east), 2
    )
    return 2 * EARTH_M * func.asin(func.sqrt(func.least(1.0, chord)))


def near(table: Table, lon: float, lat: float, within_m: float) -> ColumnElement[bool]:
    """Return the predicate that a point lies no farther than so many metres; a box that an index knows comes first."""
    north = within_m / _DEGREE_M
    # Where the meridians meet every longitude is near.
    narrow = math.cos(math.radians(min(89.0, abs(lat) + north)))
    east = min(360.0, within_m / (_DEGREE_M * narrow))
    box = [table.c.lat.between(lat - north, lat + north)]
    if lon - east >= -180 and lon + east <= 180:  # noqa: PLR2004  degrees
        box.append(table.c.lon.between(lon - east, lon + east))
    return and_(*box, distance(table, lon, lat) <= within_m)


def metres(value: float) -> int:
    """Return a distance as answers say it."""
    return round(value)
