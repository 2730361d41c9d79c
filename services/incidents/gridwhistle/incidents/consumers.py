"""What the incidents service does when personnel speaks: it keeps copies, and finds hands for checks that wait."""

from collections.abc import Sequence
from typing import Any, Final
from uuid import UUID

from sqlalchemy import or_, select

from gridwhistle.common.consumers import Consumer
from gridwhistle.common.database import Db
from gridwhistle.common.events import Envelope
from gridwhistle.common.events.incidents import CheckOrdered, VerificationOrdered
from gridwhistle.common.events.personnel import GridChanged, OrganisationChanged, ShiftEnded, ShiftStarted
from gridwhistle.common.principal import system
from gridwhistle.incidents.disputes import hear_of_cases
from gridwhistle.incidents.judging import give_again
from gridwhistle.incidents.tables import (
    LOOKED_AT,
    incidents,
    known_grid_editions,
    known_grids,
    known_organisations,
    known_shifts,
    next_checker,
)

CONSUMER: Final = Consumer("incidents")
_SYSTEM: Final = system("incidents")
hear_of_cases(CONSUMER)
CONSUMER.copies(GridChanged, into=known_grids, why="Keep the grids, to know where a report belongs.")
CONSUMER.copies(
    GridChanged, into=known_grid_editions, by="edition", why="Keep how they were drawn, to know where an older report belongs."
)
CONSUMER.copies(OrganisationChanged, into=known_organisations, why="Keep the organisations, to know whom a dispatch can reach.")
CONSUMER.copies(ShiftStarted, ShiftEnded, into=known_shifts, why="Keep who is on shift, to know who can check.")


async def _checks_in_question(event: Envelope[ShiftStarted | ShiftEnded], db: Db) -> Sequence[UUID]:
    """Return the tasks of the grid that nobody on shift has."""
    on_shift = select(known_shifts.c.worker_id).where(
        known_shifts.c.grid_code == event.data.grid_code, known_shifts.c.ended_at.is_(None)
    )
    waiting = select(incidents.c.id).where(
        incidents.c.state.in_(LOOKED_AT),
        incidents.c.grid_code == event.data.grid_code,
        or_(incidents.c.checker_id.is_(None), incidents.c.checker_id.not_in(on_shift)),
    )
    return [row.id for row in await db.fetch(waiting)]


@CONSUMER.on(ShiftStarted, each=_checks_in_question)
@CONSUMER.on(ShiftEnded, each=_checks_in_question)
# Our own event as well: a shift may have started, or ended, between our look at the shifts and the commit.
@CONSUMER.on(CheckOrdered)
@CONSUMER.on(VerificationOrdered)
async def find_hands(_event: Envelope[Any], incident_id: UUID, db: Db) -> None:
    """Give a task to a worker on shift: waiting ones when a shift starts, left ones when it ends."""
    async with db.command(_SYSTEM, incidents, incident_id) as tx:
        incident = tx.row
        if incident.state not in LOOKED_AT:
            return
        checker = await next_checker(db, incident)
        if checker != incident.checker_id:
            tx.record(incident, "find_hands")
            await give_again(tx, incident, checker)
