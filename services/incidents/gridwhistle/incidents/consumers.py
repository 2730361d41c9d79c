"""What the incidents service does when others speak: it keeps copies, finds hands for checks, and hurries during a response."""

from collections.abc import Sequence
from typing import Any, Final
from uuid import UUID, uuid5

from sqlalchemy import func, or_, select

from gridwhistle.common.consumers import Consumer
from gridwhistle.common.database import Db
from gridwhistle.common.events import Envelope
from gridwhistle.common.events.incidents import CheckOrdered, UrgentClocksBegan, UrgentClocksEnded, VerificationOrdered
from gridwhistle.common.events.inventory_responses import ResponseActivated, ResponseLifted
from gridwhistle.common.events.personnel import GridChanged, OrganisationChanged, ShiftEnded, ShiftStarted
from gridwhistle.common.ids import area_code_of
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
    running_responses,
)
from gridwhistle.incidents.urgent import RUNNING

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


@CONSUMER.on(ResponseActivated)
async def hurry(event: Envelope[ResponseActivated], response_id: UUID, db: Db) -> None:
    """Let the clocks of what is reported in the areas of a response run day and night from now on."""
    async with db.command(_SYSTEM) as tx:
        running = tx.create(
            running_responses,
            None,
            id=_known_as(response_id),
            area_code=area_code_of(event.area_code),
            response_id=response_id,
            session_id=event.emergency_session_id,
            areas=event.data.areas,
            began_at=event.occurred_at,
        )
        tx.tell(running, UrgentClocksBegan(areas=event.data.areas))
    RUNNING.forget(db.database)


@CONSUMER.on(ResponseLifted)
async def hurry_no_more(event: Envelope[ResponseLifted], response_id: UUID, db: Db) -> None:
    """Let what is reported from now on have its ordinary clocks."""
    of_it = select(func.count()).select_from(incidents).where(incidents.c.response_id == response_id)
    async with db.command(_SYSTEM, running_responses, _known_as(response_id)) as tx:
        tx.update(tx.row, ended_at=event.occurred_at)
        tx.record(tx.row, "hurry_no_more")
        tx.tell(tx.row, UrgentClocksEnded(incidents_reported=await db.counted(of_it)))
    RUNNING.forget(db.database)


def _known_as(response_id: UUID) -> UUID:
    """Return our own id of a response: whoever hears both services must not take their events for those of one thing."""
    return uuid5(response_id, CONSUMER.service)
