"""In which grid points lie: one at a time, or thousands at once, in any coordinate system that Chinese maps use."""

from typing import Annotated

import numpy as np
from pydantic import Field

from gridwhistle.common.coordinates import AnyCoordSys, wgs84
from gridwhistle.common.edge import Caller, Db, Router
from gridwhistle.common.ids import AreaCode, GridCode
from gridwhistle.common.places import Latitude, Longitude, Point
from gridwhistle.common.principal import Principal
from gridwhistle.common.wire import Body, View
from gridwhistle.personnel.tables import GRIDS, Filed

router = Router("personnel", "Grids 网格")
POINTS_MAX = 5_000


class Located(View):
    """The grid of a point, and which edition of it holds; nulls when the point lies in none."""

    grid_code: GridCode | None
    area_code: AreaCode | None
    edition: Annotated[int | None, Field(ge=1, le=2**31 - 1, examples=[1])]


class ManyPoints(Body):
    """Points, all of one coordinate system."""

    coord_sys: AnyCoordSys = "wgs84"
    points: Annotated[
        list[Annotated[tuple[Longitude, Latitude], Field(strict=False)]],
        Field(min_length=1, max_length=POINTS_MAX, examples=[[[120.1551, 30.2741]]], description="Longitude and latitude."),
    ]


class ManyLocated(View):
    """The grids that hold points, and for each point, in their order, which of these: counted from 0; null for none."""

    grids: Annotated[list[Located], Field(max_length=POINTS_MAX)]
    found: Annotated[
        list[Annotated[int, Field(ge=0, lt=POINTS_MAX)] | None], Field(max_length=POINTS_MAX, examples=[[0, 0, None]])
    ]


@router.post("/grids/locate", may="grids:read")
async def locate_point(body: Point, caller: Caller, db: Db) -> Located:
    """Find the grid of your jurisdiction that holds a point. Grids filed in the last second may be missed."""
    filed = await GRIDS.of(db)
    return _located(filed, filed.index.locate(body.lon, body.lat, prefer=caller.areas), caller)


@router.post("/grids/locate/batch", may="grids:read", body_bytes_max=2 * 1024 * 1024)
async def locate_points(body: ManyPoints, caller: Caller, db: Db) -> ManyLocated:
    """Find the grids of many points at once."""
    given = np.array(body.points)
    filed, (lons, lats) = await GRIDS.of(db), wgs84(given[:, 0], given[:, 1], body.coord_sys)
    found = filed.index.locate_many(lons, lats, prefer=caller.areas)
    codes = sorted({code for code in found if code and caller.reaches_place(code)})
    numbers = {code: number for number, code in enumerate(codes)}
    return ManyLocated.model_construct(
        grids=[_located(filed, code, caller) for code in codes], found=[numbers.get(code or "") for code in found]
    )


def _located(filed: Filed, found: str | None, caller: Principal) -> Located:
    if found is None or not caller.reaches_place(found):
        return Located.model_construct(grid_code=None, area_code=None, edition=None)
    return Located.model_construct(grid_code=found, area_code=found[:12], edition=filed.editions[found])
