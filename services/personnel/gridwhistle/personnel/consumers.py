"""What the personnel service does when others speak: when a response begins, it says how many workers could be called."""

from typing import Any, Final
from uuid import UUID, uuid5

from sqlalchemy import func, select

from gridwhistle.common.consumers import Consumer
from gridwhistle.common.database import Db
from gridwhistle.common.events import Envelope
from gridwhistle.common.events.inventory_responses import ResponseActivated
from gridwhistle.common.events.personnel import RosterCounted
from gridwhistle.common.ids import area_code_of, prefix_of
from gridwhistle.common.jurisdiction import in_areas
from gridwhistle.common.principal import system
from gridwhistle.personnel.tables import rosters, shifts, workers

CONSUMER: Final = Consumer("personnel")
_SYSTEM: Final = system("personnel")


@CONSUMER.on(ResponseActivated)
async def count_roster(event: Envelope[ResponseActivated], response_id: UUID, db: Db) -> None:
    """Count the grid workers of a response's areas who could be called, and those who are on shift."""
    prefixes = [prefix_of(area) for area in event.data.areas]
    active = select(func.count()).select_from(workers).where(in_areas(workers, prefixes), workers.c.state == "active")
    on = select(func.count()).select_from(shifts).where(in_areas(shifts, prefixes), shifts.c.state == "on")
    counted: dict[str, Any] = {"workers": await db.counted(active), "on_shift": await db.counted(on)}
    async with db.command(_SYSTEM) as tx:
        place: dict[str, Any] = {"area_code": area_code_of(event.area_code), "response_id": response_id}
        # An id of our own: whoever hears both services must not take their events for those of one thing.
        roster = tx.create(rosters, None, id=uuid5(response_id, CONSUMER.service), **place, **counted, counted_at=tx.now)
        tx.tell(roster, RosterCounted(**counted))
