"""Volunteers (志愿者): more hands are asked for where an incident lies, and who helped is told to the time bank, once."""

import datetime as dt
from typing import Annotated
from uuid import UUID

from pydantic import AwareDatetime, Field
from sqlalchemy import select

from gridwhistle.common.commands import Command
from gridwhistle.common.data_classes import ThingId
from gridwhistle.common.edge import Caller, Db, Router
from gridwhistle.common.events.incidents import VolunteersWanted, VolunteerWorkDone
from gridwhistle.common.events.timebank_orders import ServiceCode
from gridwhistle.common.problems import Conflict, Forbidden, Invalid
from gridwhistle.common.reading import one
from gridwhistle.common.wire import Body, Moment, View
from gridwhistle.incidents.domain import INCIDENT, facts_of
from gridwhistle.incidents.steps import answer
from gridwhistle.incidents.tables import incidents, volunteer_works
from gridwhistle.incidents.views import IncidentView

router = Router("incidents", "Incidents 事件: volunteers 志愿服务")
HELPERS_MAX = 500
_DAY = dt.timedelta(days=1)


class HoursUnclear(Invalid):
    """Hands are wanted from a time on that is still to come, for a day at most; who helped has done so already."""

    code = "hours_unclear"
    zh = "招募须在将来且不超过一天;服务须已结束。"
    en = "Hands are wanted in the future, for a day at most; work that is told of is over."


class CreditedBefore(Conflict):
    """Of one incident somebody's work is told once."""

    code = "credited_before"
    zh, en = "该志愿者在本事件中的服务已登记。", "What they did for this incident was told already."


class EnoughHelpers(Conflict):
    """As many as can be shown."""

    code = "enough_helpers"
    zh, en = "一个事件最多登记 {most} 名志愿者。", "{most} volunteers are told of for an incident at most."


class CreditsYourself(Forbidden):
    """Nobody says of themselves how long they helped."""

    code = "credits_yourself"
    zh, en = "不能为自己登记服务时长。", "Somebody else says how long you helped."


class WantVolunteers(Body):
    """What help is wanted, of how many, and when."""

    service_code: ServiceCode
    people_needed: Annotated[int, Field(ge=1, le=500, examples=[6])]
    start_at: Moment
    end_at: Moment


class Helped(Body):
    """Who helped, as the time bank knows them, and how long."""

    participant_id: Annotated[UUID, Field(strict=False)]
    service_code: ServiceCode
    started_at: Moment
    minutes: Annotated[int, Field(ge=1, le=1_440, examples=[90])]


class HelperView(View):
    """Somebody who helped."""

    participant_id: ThingId
    service_code: ServiceCode
    started_at: AwareDatetime
    minutes: Annotated[int, Field(ge=1, le=1_440, examples=[90])]


class Helpers(View):
    """Who helped, in the order in which it was told."""

    items: Annotated[list[HelperView], Field(max_length=HELPERS_MAX)]


@router.post("/incidents/{incident_id}/ask_volunteers", may="incidents:handle")
async def ask_volunteers(incident_id: UUID, body: WantVolunteers, caller: Caller, db: Db) -> IncidentView:
    """Ask for volunteers (招募志愿者) where it lies. The time bank opens an order for them within seconds."""
    async with db.command(caller, incidents, incident_id) as tx:
        incident, step = tx.row, INCIDENT.step(tx.row, "ask_volunteers", caller)
        if not tx.now < body.start_at < body.end_at <= body.start_at + _DAY:
            raise HoursUnclear
        tx.move(incident, step)
        tx.tell(incident, VolunteersWanted(**facts_of(incident), **dict(body)))
        return answer(tx, incident)


@router.post("/incidents/{incident_id}/credit_volunteer", may="incidents:handle")
async def credit_volunteer(incident_id: UUID, body: Helped, caller: Caller, db: Db) -> IncidentView:
    """Say that a volunteer helped (登记志愿服务), and how long: the time bank makes minutes of it, within its caps and once."""
    async with db.command(caller, incidents, incident_id) as tx:
        incident, step = tx.row, INCIDENT.step(tx.row, "credit_volunteer", caller)
        if str(body.participant_id) == caller.id:
            raise CreditsYourself
        if body.started_at + dt.timedelta(minutes=body.minutes) > tx.now:
            raise HoursUnclear
        await _check_new(tx, body.participant_id)
        tx.insert(volunteer_works, incident_id=incident.id, told_by=caller.id, told_at=tx.now, **dict(body))
        tx.move(incident, step)
        tx.tell(incident, VolunteerWorkDone(**facts_of(incident), **dict(body)))
        return answer(tx, incident)


@router.get("/incidents/{incident_id}/volunteers", may="incidents:handle")
async def list_helpers(incident_id: UUID, caller: Caller, db: Db) -> Helpers:
    """List who helped, by their ids in the time bank."""
    incident = await one(db, caller, incidents, incident_id)
    told = select(volunteer_works).where(volunteer_works.c.incident_id == incident.id).order_by(volunteer_works.c.id)
    return Helpers(items=[HelperView.of(row) for row in await db.fetch(told.limit(HELPERS_MAX))])


async def _check_new(tx: Command, participant_id: UUID) -> None:
    there = await tx.children(volunteer_works)
    if any(row.participant_id == participant_id for row in there):
        raise CreditedBefore
    if len(there) >= HELPERS_MAX:
        raise EnoughHelpers(most=HELPERS_MAX)
