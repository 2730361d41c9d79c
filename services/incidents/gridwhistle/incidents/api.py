"""What townships, departments and grid workers can ask about an incident: its history, and each step of the closed loop."""

from typing import Annotated
from uuid import UUID

from pydantic import Field
from sqlalchemy import select

from gridwhistle.common.attachments import AttachmentIds, attach, uploads
from gridwhistle.common.commands import Command
from gridwhistle.common.edge import Caller, Db, Router
from gridwhistle.common.events.incidents import (
    Category,
    CheckOrdered,
    IncidentAccepted,
    IncidentChecked,
    IncidentClosed,
    IncidentDispatched,
    IncidentFiled,
    IncidentHandled,
    IncidentSigned,
)
from gridwhistle.common.ids import GridCode, OrgCode
from gridwhistle.common.overdue import ClockList, clocks_of
from gridwhistle.common.problems import OutsideYourArea
from gridwhistle.common.reading import one
from gridwhistle.common.rows import Row
from gridwhistle.common.tables import history
from gridwhistle.common.wire import Body
from gridwhistle.incidents.domain import INCIDENT, MASKED, GridMissing, UnknownGrid, UnknownOrganisation, facts_of
from gridwhistle.incidents.tables import incidents, known_grids, known_organisations, next_checker
from gridwhistle.incidents.views import HISTORY_MAX, History, HistoryLine, IncidentView, seen_by

router = Router("incidents", "Incidents 事件")
Reason = Annotated[
    str,
    Field(max_length=500, description="For the history; the people who work on it read it.", examples=["属于本街道职责范围"]),
    MASKED,
]


class Note(Body):
    """Why."""

    reason: Reason | None = None


class File(Body):
    """The category (立案类别) that decides who has to act."""

    category: Category
    grid_code: Annotated[GridCode | None, Field(description="Where it lies, if the report did not show it.")] = None
    reason: Reason | None = None


class Dispatch(Body):
    """The organisation that has to handle it."""

    lead_org: OrgCode
    reason: Reason | None = None


class Submit(Body):
    """What was done."""

    result: Annotated[str, Field(min_length=1, max_length=500, examples=["已更换井盖并复位"]), MASKED]
    attachment_ids: AttachmentIds = ()


class Check(Note):
    """What was seen."""

    attachment_ids: AttachmentIds = ()


@router.get("/incidents/{incident_id}", may="incidents:read")
async def get_incident(incident_id: UUID, caller: Caller, db: Db) -> IncidentView:
    """Return an incident, with what you may do now."""
    return seen_by(caller, await one(db, caller, incidents, incident_id))


@router.get("/incidents/{incident_id}/history", may="incidents:read")
async def get_incident_history(incident_id: UUID, caller: Caller, db: Db) -> History:
    """Return the steps that were taken, oldest first, with the role that took each."""
    incident = await one(db, caller, incidents, incident_id)
    rows = await db.fetch(select(history).where(history.c.thing_id == incident.id).order_by(history.c.id).limit(HISTORY_MAX))
    return History.model_construct(steps=[HistoryLine.of(row) for row in rows])


@router.get("/incidents/{incident_id}/clocks", may="incidents:read")
async def get_incident_clocks(incident_id: UUID, caller: Caller, db: Db) -> ClockList:
    """Return the clocks of its stages (时限): when each is due, and step by step why, in the language that you ask for."""
    return await clocks_of(db, await one(db, caller, incidents, incident_id))


@router.post("/incidents/{incident_id}/accept", may="incidents:handle")
async def accept(incident_id: UUID, body: Note, caller: Caller, db: Db) -> IncidentView:
    """Accept it (受理): it is the township's business."""
    async with db.command(caller, incidents, incident_id) as tx:
        incident, step = tx.row, INCIDENT.step(tx.row, "accept", caller)
        tx.move(incident, step, reason=body.reason, accepted_at=tx.now)
        tx.tell(incident, IncidentAccepted(**facts_of(incident)))
        return _answer(tx, incident)


@router.post("/incidents/{incident_id}/file", may="incidents:handle")
async def file(incident_id: UUID, body: File, caller: Caller, db: Db) -> IncidentView:
    """File it (立案) under a category, in a grid: from here on somebody is responsible."""
    async with db.command(caller, incidents, incident_id) as tx:
        incident, step = tx.row, INCIDENT.step(tx.row, "file", caller)
        grid_code = body.grid_code or incident.grid_code
        if grid_code is None:
            raise GridMissing
        if grid_code != incident.grid_code:
            await _lay_in(tx, incident, grid_code)
        tx.move(incident, step, reason=body.reason, category=body.category, filed_at=tx.now)
        tx.tell(incident, IncidentFiled(**facts_of(incident), category=body.category))
        return _answer(tx, incident)


@router.post("/incidents/{incident_id}/dispatch", may="incidents:handle")
async def dispatch(incident_id: UUID, body: Dispatch, caller: Caller, db: Db) -> IncidentView:
    """Dispatch it (派遣) to the organisation that has to handle it."""
    async with db.command(caller, incidents, incident_id) as tx:
        incident, step = tx.row, INCIDENT.step(tx.row, "dispatch", caller)
        if not await db.first(select(known_organisations.c.id).where(known_organisations.c.org == body.lead_org)):
            raise UnknownOrganisation
        tx.move(incident, step, reason=body.reason, lead_org=body.lead_org, dispatched_at=tx.now)
        tx.tell(
            incident,
            IncidentDispatched(**facts_of(incident), category=incident.category, lead_org=body.lead_org),
        )
        return _answer(tx, incident)


@router.post("/incidents/{incident_id}/sign", may="incidents:handle")
async def sign(incident_id: UUID, caller: Caller, db: Db) -> IncidentView:
    """Sign for it (签收): your department takes it on."""
    async with db.command(caller, incidents, incident_id) as tx:
        incident, step = tx.row, INCIDENT.step(tx.row, "sign", caller)
        tx.move(incident, step, signed_at=tx.now)
        tx.tell(incident, IncidentSigned(**facts_of(incident), lead_org=incident.lead_org))
        return _answer(tx, incident)


@router.post("/incidents/{incident_id}/submit", may="incidents:handle")
async def submit(incident_id: UUID, body: Submit, caller: Caller, db: Db) -> IncidentView:
    """Submit what was done (提交处置结果). It cannot be taken back."""
    async with db.command(caller, incidents, incident_id) as tx:
        incident, step = tx.row, INCIDENT.step(tx.row, "submit", caller)
        attach(tx, incident, await uploads(tx, body.attachment_ids))
        tx.move(incident, step, reason=body.result, handled_by=caller.id)
        return _answer(tx, incident)


@router.post("/incidents/{incident_id}/confirm", may="incidents:handle")
async def confirm(incident_id: UUID, caller: Caller, db: Db) -> IncidentView:
    """Confirm for the department that it is handled."""
    async with db.command(caller, incidents, incident_id) as tx:
        incident, step = tx.row, INCIDENT.step(tx.row, "confirm", caller)
        tx.move(incident, step, handled_at=tx.now)
        tx.tell(incident, IncidentHandled(**facts_of(incident), lead_org=incident.lead_org))
        return _answer(tx, incident)


@router.post("/incidents/{incident_id}/order_check", may="incidents:handle")
async def order_check(incident_id: UUID, caller: Caller, db: Db) -> IncidentView:
    """Order the check (安排核查). It goes to an on-shift worker of the grid, or to the next who comes on shift."""
    async with db.command(caller, incidents, incident_id) as tx:
        incident, step = tx.row, INCIDENT.step(tx.row, "order_check", caller)
        checker = await next_checker(db, incident)
        tx.move(incident, step, checker_id=checker)
        tx.tell(incident, CheckOrdered(**facts_of(incident), worker_id=checker))
        return _answer(tx, incident)


@router.post("/incidents/{incident_id}/checked", may="incidents:handle")
async def checked(incident_id: UUID, body: Check, caller: Caller, db: Db) -> IncidentView:
    """Say that you looked and it is done (核查通过). The check is yours alone, and nobody checks what they handled."""
    async with db.command(caller, incidents, incident_id) as tx:
        incident, step = tx.row, INCIDENT.step(tx.row, "checked", caller)
        attach(tx, incident, await uploads(tx, body.attachment_ids))
        tx.move(incident, step, reason=body.reason, checked_at=tx.now)
        tx.tell(incident, IncidentChecked(**facts_of(incident), worker_id=incident.checker_id))
        return _answer(tx, incident)


@router.post("/incidents/{incident_id}/close", may="incidents:handle")
async def close(incident_id: UUID, body: Note, caller: Caller, db: Db) -> IncidentView:
    """Close it (结案)."""
    async with db.command(caller, incidents, incident_id) as tx:
        incident, step = tx.row, INCIDENT.step(tx.row, "close", caller)
        tx.move(incident, step, reason=body.reason, closed_at=tx.now)
        tx.tell(
            incident,
            IncidentClosed(
                **facts_of(incident),
                category=incident.category,
                lead_org=incident.lead_org,
                worker_id=incident.checker_id,
            ),
        )
        return _answer(tx, incident)


async def _lay_in(tx: Command, incident: Row, grid_code: str) -> None:
    """Say in which grid an incident lies.

    Raises:
        UnknownGrid: personnel told of no such grid.
        OutsideYourArea: it is not in the caller's jurisdiction.
    """
    if not tx.caller.reaches_place(grid_code):
        raise OutsideYourArea
    if not await tx.db.first(select(known_grids.c.id).where(known_grids.c.grid_code == grid_code)):
        raise UnknownGrid
    tx.update(incident, grid_code=grid_code, area_code=grid_code[:12])


def _answer(tx: Command, incident: Row) -> IncidentView:
    return tx.answer(seen_by(tx.caller, incident))
