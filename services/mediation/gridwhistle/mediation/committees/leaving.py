"""Grid workers who mediate as well (网格员兼任), and leave: heard from personnel by `consumers.py`."""

from collections.abc import Sequence
from typing import Final
from uuid import UUID

from sqlalchemy import select

from gridwhistle.common.database import Db
from gridwhistle.common.events import Envelope
from gridwhistle.common.events.mediation import MediatorPaused
from gridwhistle.common.events.personnel import WorkerExited
from gridwhistle.common.principal import system
from gridwhistle.mediation.committees.states import MEDIATOR
from gridwhistle.mediation.committees.tables import mediators

_SYSTEM: Final = system("mediation")


async def who_mediates(event: Envelope[WorkerExited], db: Db) -> Sequence[UUID]:
    """Return who of the roster is the worker that left."""
    theirs = mediators.c.worker_id == event.aggregate_id, mediators.c.state == "active"
    return [row.id for row in await db.fetch(select(mediators.c.id).where(*theirs))]


async def pause_who_left(_event: Envelope[WorkerExited], mediator_id: UUID, db: Db) -> None:
    """Give whoever left their grid no new cases.

    Whether they still mediate, the committee says: who was elected stays elected, and finishes what they have begun.
    """
    async with db.command(_SYSTEM, mediators, mediator_id) as tx:
        if tx.row.state == "active":
            tx.move(tx.row, MEDIATOR.step(tx.row, "pause", _SYSTEM), reason="left the grid")
            tx.tell(tx.row, MediatorPaused(kind=tx.row.kind, committee_id=tx.row.committee_id))
