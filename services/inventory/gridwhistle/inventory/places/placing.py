"""Where something lies: the grid of its point, or the area that is said for it."""

from dataclasses import dataclass

from gridwhistle.common.database import Db
from gridwhistle.common.moved import today
from gridwhistle.common.places import Point
from gridwhistle.common.principal import Principal
from gridwhistle.inventory.places.domain import PlaceUnknown
from gridwhistle.inventory.places.tables import GRIDS


@dataclass(frozen=True, slots=True)
class Where:
    """Where something lies: columns of a table with `place`."""

    area_code: str
    grid_code: str | None


async def where(db: Db, caller: Principal, point: Point, area_code: str | None) -> Where:
    """Return the grid that holds a point, or the area that is said for it.

    Raises:
        PlaceUnknown: it lies in no grid that is on file, and no area is said.
    """
    grid = (await GRIDS.of(db)).locate(point.lon, point.lat, prefer=caller.areas)
    said = area_code and await today(db, area_code)
    if said:  # a point on the border may be drawn into the neighbour's grid
        return Where(said, grid.grid_code if grid and grid.grid_code.startswith(said) else None)
    if grid is None:
        raise PlaceUnknown
    return Where(grid.grid_code[:12], grid.grid_code)
