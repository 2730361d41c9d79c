"""Emergency sessions (应急会话): thirty days after the lift every service is told that what is personal goes, and answers."""

from typing import Annotated, Final, Literal
from uuid import UUID

from fastapi import Query
from pydantic import AwareDatetime, Field
from sqlalchemy import select

from gridwhistle.common.commands import Command
from gridwhistle.common.consumers import Consumer
from gridwhistle.common.data_classes import OPEN, Count, Word
from gridwhistle.common.database import Db as Work
from gridwhistle.common.edge import Caller, Db, Router
from gridwhistle.common.events import Envelope
from gridwhistle.common.events.incidents import IncidentsSessionPurged
from gridwhistle.common.events.inventory import InventorySessionPurged, SessionPurged, SessionPurgeDue
from gridwhistle.common.events.mediation import MediationSessionPurged
from gridwhistle.common.events.personnel import PersonnelSessionPurged
from gridwhistle.common.events.timebank import TimebankSessionPurged
from gridwhistle.common.firing import OnClock
from gridwhistle.common.ids import AreaCode
from gridwhistle.common.jurisdiction import over_the_county
from gridwhistle.common.principal import system
from gridwhistle.common.reading import one, page
from gridwhistle.common.rows import Row
from gridwhistle.common.wire import Keyset, Page, PageQuery, Version, View
from gridwhistle.inventory.responses.domain import EMERGENCY_SESSION
from gridwhistle.inventory.responses.limits import PURGE
from gridwhistle.inventory.responses.tables import session_purges, sessions

router = Router("inventory", "Emergency sessions 应急会话")
_NEWEST = Keyset(sessions.c.opened_at, sessions.c.id)
_SYSTEM: Final = system("inventory")
State = Literal[EMERGENCY_SESSION.states]  # type: ignore[name-defined]
SERVICES_MAX: Final = 20
ANSWERS: Final[tuple[type[SessionPurged], ...]] = (
    IncidentsSessionPurged,
    InventorySessionPurged,
    MediationSessionPurged,
    PersonnelSessionPurged,
    TimebankSessionPurged,
)
"""What services answer when a session is over; it is purged when each of them has."""
SERVICES: Final = frozenset(kind.service for kind in ANSWERS)


class PurgeAnswer(View):
    """What a service took away: how many rows were emptied, and how many certificates (`/deletion_certificates`) prove it."""

    service: Word
    rows: Count
    certificates: Count
    told_at: AwareDatetime


class EmergencySessionLine(View):
    """An emergency session in a list."""

    id: UUID
    version: Version
    area_code: AreaCode
    state: Annotated[State, OPEN]
    opened_at: AwareDatetime
    lifted_at: AwareDatetime | None
    purge_told_at: AwareDatetime | None
    purged_at: AwareDatetime | None


class EmergencySessionView(EmergencySessionLine):
    """An emergency session, with what each service has answered, and which have not."""

    answers: Annotated[list[PurgeAnswer], Field(max_length=SERVICES_MAX)]
    missing: Annotated[list[Word], Field(max_length=SERVICES_MAX)]


class EmergencySessionQuery(PageQuery):
    """In which state."""

    state: State | None = None


@router.get("/emergency_sessions", may="responses:read")
async def list_emergency_sessions(
    query: Annotated[EmergencySessionQuery, Query()], caller: Caller, db: Db
) -> Page[EmergencySessionLine]:
    """List the emergency sessions of your county, newest first."""
    return await page(db, over_the_county(caller), sessions, _NEWEST, query, EmergencySessionLine)


@router.get("/emergency_sessions/{emergency_session_id}", may="responses:read")
async def get_emergency_session(emergency_session_id: UUID, caller: Caller, db: Db) -> EmergencySessionView:
    """Return an emergency session: whether what was personal in it is gone, in which services."""
    session = await one(db, over_the_county(caller), sessions, emergency_session_id)
    told = select(session_purges).where(session_purges.c.session_id == session.id).order_by(session_purges.c.service)
    answers = [PurgeAnswer.of(row) for row in await db.fetch(told)]
    missing = sorted(SERVICES - {answer.service for answer in answers}) if session.purge_told_at else []
    return EmergencySessionView.of(session, answers=answers, missing=missing)


async def purge(tx: Command, session: Row, _clock: Row, _percent: int) -> None:
    """Tell every service that what is personal in the session goes now."""
    tx.db.emergency_session_id = session.id
    tx.move(session, EMERGENCY_SESSION.step(session, "purge", tx.caller), purge_told_at=tx.now)
    tx.tell(session, SessionPurgeDue(lifted_at=session.lifted_at))


ON_CLOCK: Final[dict[str, OnClock]] = {PURGE: purge}


async def _its_session(event: Envelope[SessionPurged], db: Work) -> list[UUID]:
    known = select(sessions.c.id).where(sessions.c.id == event.emergency_session_id)
    return [row.id for row in await db.fetch(known)] if event.emergency_session_id else []


async def note_purge(event: Envelope[SessionPurged], session_id: UUID, db: Work) -> None:
    """Note what a service took away of a session that is over; when all have answered, it is purged."""
    async with db.command(_SYSTEM, sessions, session_id) as tx:
        session, answers = tx.row, await tx.children(session_purges)
        service, counts = event.data.service, {"rows": event.data.rows, "certificates": event.data.certificates}
        known = next((answer for answer in answers if answer.service == service), None)
        if known:
            tx.update(known, **counts, told_at=event.occurred_at)
        else:
            tx.insert(session_purges, session_id=session_id, service=service, **counts, told_at=event.occurred_at)
        if session.state == "purging" and {answer.service for answer in answers} | {service} >= SERVICES:
            tx.move(session, EMERGENCY_SESSION.step(session, "all_purged", _SYSTEM), purged_at=tx.now)
        else:
            tx.record(session, "note_purge")


def hear_answers(consumer: Consumer) -> None:
    """Let the consumer note what each service answers when a session is over."""
    for kind in ANSWERS:
        consumer.on(kind, each=_its_session)(note_purge)
