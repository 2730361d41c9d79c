"""What the inventory does when others speak, and when it speaks itself: it looks whether stock is low."""

from collections.abc import Sequence
from typing import Any, Final
from uuid import UUID

from sqlalchemy import bindparam, select

from gridwhistle.common.consumers import Consumer
from gridwhistle.common.database import Db
from gridwhistle.common.events import Envelope
from gridwhistle.common.events.inventory import InventorySessionPurged  # noqa: F401  told when a session is over
from gridwhistle.common.events.inventory_dispatch import DispatchOrderApproved, DispatchOrderCancelled
from gridwhistle.common.events.inventory_stock import StockMoved, StockNearExpiry
from gridwhistle.common.events.personnel import GridChanged
from gridwhistle.common.queries import Asking
from gridwhistle.inventory.stock.norms import look, norms_of
from gridwhistle.inventory.stock.tables import storage_points
from gridwhistle.inventory.tables import known_grid_editions, known_grids

CONSUMER: Final = Consumer("inventory")
_AREA_OF: Final = Asking(select(storage_points.c.area_code).where(storage_points.c.id == bindparam("point_id")))
CONSUMER.copies(GridChanged, into=known_grids, why="Keep the grids, to know where a shelter or a support point lies.")
CONSUMER.copies(
    GridChanged, into=known_grid_editions, by="edition", why="Keep how grids are drawn, to know in which of them a point lies."
)


async def _norms_of_order(event: Envelope[DispatchOrderApproved | DispatchOrderCancelled], db: Db) -> Sequence[UUID]:
    """Return the norms for the types that were promised, or are free again, where they lie."""
    point = await db.ask(_AREA_OF.of(point_id=event.data.point_id))
    return await norms_of(db, point[0].area_code, [line.type_code for line in event.data.lines]) if point else []


async def _norms_in_question(event: Envelope[Any], db: Db) -> Sequence[UUID]:
    """Return the norms for the types that moved, in the area where they did."""
    told = event.data
    codes = [told.type_code] if isinstance(told, StockNearExpiry) else [line.type_code for line in (*told.came, *told.went)]
    return await norms_of(db, event.area_code[:12], codes)


@CONSUMER.on(DispatchOrderApproved, each=_norms_of_order)
@CONSUMER.on(DispatchOrderCancelled, each=_norms_of_order)
@CONSUMER.on(StockMoved, each=_norms_in_question)
@CONSUMER.on(StockNearExpiry, each=_norms_in_question)
async def look_at_norm(_event: Envelope[Any], norm_id: UUID, db: Db) -> None:
    """Look whether an area still has what its norm asks for."""
    await look(db, norm_id)
