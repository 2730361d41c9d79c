"""Shelters that a warning or a response proposes; a person confirms each. What told of it is heard by `consumers.py`."""

from collections.abc import Sequence
from typing import Any, Final
from uuid import UUID

from sqlalchemy import select

from gridwhistle.common.database import Db
from gridwhistle.common.events import Envelope
from gridwhistle.common.events.inventory_places import ShelterPassedOver, ShelterProposed
from gridwhistle.common.principal import system
from gridwhistle.inventory.places.shelter_states import SHELTER
from gridwhistle.inventory.places.tables import shelters

_SYSTEM: Final = system("inventory")


async def proposed_shelters(event: Envelope[Any], db: Db) -> Sequence[UUID]:
    """Return the shelters that a response proposed, and nobody has said anything about."""
    there = shelters.c.response_id == event.aggregate_id, shelters.c.state == "proposed"
    return [row.id for row in await db.fetch(select(shelters.c.id).where(*there).order_by(shelters.c.id))]


async def propose_shelter(event: Envelope[Any], shelter_id: UUID, db: Db) -> None:
    """Propose a shelter for the response that was told of; somebody says within two hours whether it stands by."""
    async with db.command(_SYSTEM, shelters, shelter_id) as tx:
        if tx.row.state == "ready":
            tx.move(tx.row, SHELTER.step(tx.row, "propose", _SYSTEM), response_id=event.aggregate_id)
            tx.tell(tx.row, ShelterProposed(response_id=event.aggregate_id))


async def pass_over_shelter(event: Envelope[Any], shelter_id: UUID, db: Db) -> None:
    """Let a shelter rest that was proposed for a response that is over."""
    async with db.command(_SYSTEM, shelters, shelter_id) as tx:
        if tx.row.state == "proposed" and tx.row.response_id == event.aggregate_id:
            tx.move(tx.row, SHELTER.step(tx.row, "pass_over", _SYSTEM), response_id=None)
            tx.tell(tx.row, ShelterPassedOver(response_id=event.aggregate_id))
