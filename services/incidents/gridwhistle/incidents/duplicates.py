"""Duplicate candidates (疑似重复): what was reported close by and lately, for whoever takes a report in to look at."""

import datetime as dt
from math import cos, degrees, floor, radians
from typing import Annotated, Any, Final
from uuid import UUID

from pydantic import AwareDatetime, Field
from sqlalchemy import (
    ARRAY,
    BigInteger,
    ColumnElement,
    Double,
    Index,
    Text,
    any_,
    bindparam,
    func,
    literal_column,
    or_,
    select,
)

from gridwhistle.common.coordinates import EARTH_M, metres_between
from gridwhistle.common.database import Db
from gridwhistle.common.events.incidents import Category, IncidentNo
from gridwhistle.common.places import Point
from gridwhistle.common.principal import Principal
from gridwhistle.common.queries import Asking
from gridwhistle.common.rules import RULES
from gridwhistle.common.wire import View
from gridwhistle.incidents.tables import incidents

SHOWN_MAX: Final = 10
RADIUS_MAX_M: Final = 500
"""Whatever a county sets: the cells that are asked for stay few."""
_LOOKED_AT_MAX: Final = 1_000
"""Of what was reported in the same cells; a place where more is reported in a day is no place to compare by distance."""
_NEAREST_MAX: Final = 50
"""Of those, of which the caller may not see every one."""
_CELLS_A_DEGREE: Final = 1_000
_CELL: Final[ColumnElement[int]] = literal_column("(floor(lon * 1000)::bigint * 1000000 + floor(lat * 1000)::bigint)")
"""The cell of about a hundred metres that a point lies in."""
_SEEN_BY: Final = ("area_code", "grid_code", "complained_org", "lead_org")
"""What tells whether a caller may see a report."""
_SHOWN: Final = ("id", "incident_no", "category", "reported_at", "lon", "lat")
_LOOKED_AT: Final = (
    select(*(incidents.c[name] for name in (*_SHOWN, *_SEEN_BY)))
    .where(
        incidents.c.lon.is_not(None),
        any_(bindparam("cells", type_=ARRAY(BigInteger))) == _CELL,
        incidents.c.reported_at > bindparam("since"),
        or_(
            incidents.c.category.is_(None),
            bindparam("category", type_=Text).is_(None),
            incidents.c.category == bindparam("category", type_=Text),
        ),
    )
    .limit(_LOOKED_AT_MAX)
    .subquery()
)
"""Without the jurisdiction, for which PostgreSQL would read the county's whole day: of one place few rows are looked at."""
_EAST, _NORTH = (_LOOKED_AT.c[name] - bindparam(name, type_=Double) for name in ("lon", "lat"))
_THERE: Final = Asking(
    select(_LOOKED_AT)
    .order_by(func.power(_EAST * bindparam("narrow", type_=Double), 2) + func.power(_NORTH, 2))
    .limit(_NEAREST_MAX)
)
Index("incident_near_newest", _CELL, incidents.c.reported_at, postgresql_where=incidents.c.lon.is_not(None))


class Duplicate(View):
    """Something that was reported near by, lately."""

    id: UUID
    incident_no: IncidentNo
    category: Category | None
    reported_at: AwareDatetime
    distance_m: Annotated[int, Field(ge=0, le=100_000, examples=[12])]


async def near(
    db: Db, caller: Principal, point: Point, area_code: str, category: str | None, now: dt.datetime
) -> list[Duplicate]:
    """Return what the caller may see of what was reported about there, nearest first.

    Of the same category where both have one: nobody merges what is not said to be the same.
    """
    rules = await RULES.of(db)
    radius_m = min(rules.of("dedupe.radius_m", area_code, now).amount, RADIUS_MAX_M)
    since = now - dt.timedelta(hours=rules.of("dedupe.hours", area_code, now).amount)
    cells, narrow = cells_around(point.lon, point.lat, radius_m), cos(radians(point.lat))
    found = await db.ask(_THERE.of(cells=cells, since=since, category=category, lon=point.lon, lat=point.lat, narrow=narrow))
    seen = [row for row in found if caller.reaches(incidents, row)]
    by_distance = sorted(
        ((metres_between(point.lon, point.lat, row.lon, row.lat), row) for row in seen), key=lambda one: one[0]
    )
    return [_line(away, row) for away, row in by_distance if away <= radius_m][:SHOWN_MAX]


def cells_around(lon: float, lat: float, radius_m: int) -> list[int]:
    """Return the cells that a circle touches."""
    high = degrees(radius_m / EARTH_M)
    wide = high / max(cos(radians(lat)), 0.1)
    east, north = (
        range(floor((middle - reach) * _CELLS_A_DEGREE), floor((middle + reach) * _CELLS_A_DEGREE) + 1)
        for middle, reach in ((lon, wide), (lat, high))
    )
    return [x * 1_000_000 + y for x in east for y in north]


def _line(away: float, row: Any) -> Duplicate:
    return Duplicate.of(row, distance_m=round(away))
