"""What mediation does when others speak: a quarrel that somebody found becomes a case."""

from typing import Any, Final
from uuid import UUID

from sqlalchemy import select

from gridwhistle.common.consumers import Consumer
from gridwhistle.common.database import Db
from gridwhistle.common.events import Envelope
from gridwhistle.common.events.incidents import DisputeFound
from gridwhistle.common.events.mediation import (
    MediationSessionPurged,  # noqa: F401  told when a session is over
    MediatorRecalled,
)
from gridwhistle.common.events.personnel import WorkerExited
from gridwhistle.common.ids import area_code_of, grid_code_of
from gridwhistle.common.principal import system
from gridwhistle.mediation.cases.intake import CaseFacts, make_case
from gridwhistle.mediation.cases.tables import cases
from gridwhistle.mediation.committees.leaving import pause_who_left, who_mediates
from gridwhistle.mediation.panels.leaving import cases_of_recalled, leave_as_recalled

CONSUMER: Final = Consumer("mediation")
_SYSTEM: Final = system("mediation")


CONSUMER.on(MediatorRecalled, each=cases_of_recalled)(leave_as_recalled)
CONSUMER.on(WorkerExited, each=who_mediates)(pause_who_left)


@CONSUMER.on(DisputeFound)
async def open_case(event: Envelope[DisputeFound], incident_id: UUID, db: Db) -> None:
    """Open a case for a quarrel that was found (主动发现); of one incident once. Who the parties are, a mediator finds out."""
    async with db.command(_SYSTEM) as tx:
        if await db.first(select(cases.c.id).where(cases.c.incident_id == incident_id)):
            return
        where = {"area_code": area_code_of(event.area_code), "grid_code": grid_code_of(event.area_code)}
        given: dict[str, Any] = {"source": "own_initiative", "referred_from": "incident", "incident_id": incident_id}
        await make_case(tx, {**given, **where}, CaseFacts(), [])
