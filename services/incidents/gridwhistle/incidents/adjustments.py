"""More time (延期), or a rest until a day (挂账): the handler asks, the department stands behind it, the township decides."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import Field

from gridwhistle.common.clocks import Limit
from gridwhistle.common.commands import Command
from gridwhistle.common.edge import Caller, Db, Router
from gridwhistle.common.events.incidents import IncidentExtended, IncidentResumed, IncidentSuspended, RequestDenied
from gridwhistle.common.machine import Step
from gridwhistle.common.reasons import Remark
from gridwhistle.common.rows import Row
from gridwhistle.common.wire import Body
from gridwhistle.incidents.children import ADJUSTMENT
from gridwhistle.incidents.domain import INCIDENT, facts_of
from gridwhistle.incidents.limits import EXTENSIONS, HANDLE, SUSPENSION, SUSPENSIONS
from gridwhistle.incidents.refusals import AskedTooLate, ExtendedEnough, SuspendedEnough, SuspendedTooLong
from gridwhistle.incidents.steps import answer, answer_request, ask, decide
from gridwhistle.incidents.tables import adjustments, incidents
from gridwhistle.incidents.views import IncidentView, Said

router = Router("incidents", "Incidents 事件: more time 延期挂账")
AskReason = Literal["engineering", "material", "weather", "other_organisation", "law_or_permit", "owner_unreachable"]
_ASKS_NOTHING: Mapping[str, Any] = {"asked_for": None, "asked_stage": None}


class RequestExtension(Body):
    """Why it takes longer."""

    reason_code: AskReason
    reason: Said


class RequestSuspension(RequestExtension):
    """Why it cannot be done now, and for how many days."""

    days: Annotated[int, Field(ge=1, le=3_650, examples=[90])]


@router.post("/incidents/{incident_id}/request_extension", may="incidents:handle")
async def request_extension(incident_id: UUID, body: RequestExtension, caller: Caller, db: Db) -> IncidentView:
    """Ask for more time (申请延期), before the limit ends: one more original limit, counted from the original start."""
    async with db.command(caller, incidents, incident_id) as tx:
        incident, step = tx.row, INCIDENT.step(tx.row, "request_extension", caller)
        if (times := incident.extended_times or 0) >= tx.rule(EXTENSIONS).amount:
            raise ExtendedEnough(count=times)
        if (await tx.clocks.running(incident, HANDLE)).due_at <= tx.now:
            raise AskedTooLate
        request = {"kind": "extension", "reason_code": body.reason_code, "subject_id": caller.id}
        ask(tx, incident, adjustments, ADJUSTMENT, "request", **request)
        tx.move(incident, step, reason=body.reason, asked_for="extension", asked_stage="requested")
        return answer(tx, incident)


@router.post("/incidents/{incident_id}/request_suspension", may="incidents:handle")
async def request_suspension(incident_id: UUID, body: RequestSuspension, caller: Caller, db: Db) -> IncidentView:
    """Ask that it rests (申请挂账) for so many days; then it goes on by itself, with the time that was left.

    The days of all its suspensions together are limited.
    """
    async with db.command(caller, incidents, incident_id) as tx:
        incident, step = tx.row, INCIDENT.step(tx.row, "request_suspension", caller)
        if (times := incident.suspended_times or 0) >= tx.rule(SUSPENSIONS).amount:
            raise SuspendedEnough(count=times)
        most, requests = tx.rule(SUSPENSION).amount, await tx.children(adjustments)
        left = most - sum(request.days for request in requests if request.kind == "suspension" and request.state == "approved")
        if body.days > left:
            raise SuspendedTooLong(most=most, days=max(left, 0))
        await tx.clocks.running(incident, HANDLE)
        request = {"kind": "suspension", "reason_code": body.reason_code, "subject_id": caller.id}
        ask(tx, incident, adjustments, ADJUSTMENT, "request", **request, days=body.days)
        tx.move(incident, step, reason=body.reason, asked_for="suspension", asked_stage="requested")
        return answer(tx, incident)


@router.post("/incidents/{incident_id}/withdraw_request", may="incidents:handle")
async def withdraw_request(incident_id: UUID, body: Remark, caller: Caller, db: Db) -> IncidentView:
    """Withdraw your request for more time or a rest (撤回申请), before it is decided. You may ask again."""
    async with db.command(caller, incidents, incident_id) as tx:
        incident, step = tx.row, INCIDENT.step(tx.row, "withdraw_request", caller)
        await decide(tx, adjustments, ADJUSTMENT, "withdraw_request")
        tx.move(incident, step, reason=body.reason, **_ASKS_NOTHING)
        return answer(tx, incident)


@router.post("/incidents/{incident_id}/endorse", may="incidents:handle")
async def endorse(incident_id: UUID, body: Remark, caller: Caller, db: Db) -> IncidentView:
    """Stand behind the request, for the department (部门同意); the township's dispatcher decides."""
    async with db.command(caller, incidents, incident_id) as tx:
        incident, step = tx.row, INCIDENT.step(tx.row, "endorse", caller)
        await decide(tx, adjustments, ADJUSTMENT, "endorse")
        tx.move(incident, step, reason=body.reason, asked_stage="endorsed")
        return answer(tx, incident)


@router.post("/incidents/{incident_id}/decline", may="incidents:handle")
async def decline(incident_id: UUID, body: Remark, caller: Caller, db: Db) -> IncidentView:
    """Do not stand behind the request: it ends here, and stays on record."""
    async with db.command(caller, incidents, incident_id) as tx:
        incident, step = tx.row, INCIDENT.step(tx.row, "decline", caller)
        await _deny(tx, incident, step, body.reason)
        return answer(tx, incident)


@router.post("/incidents/{incident_id}/approve", may="incidents:handle")
async def approve(incident_id: UUID, body: Remark, caller: Caller, db: Db) -> IncidentView:
    """Grant the request (批准): more time, or a rest."""
    async with db.command(caller, incidents, incident_id) as tx:
        incident, step = tx.row, INCIDENT.step(tx.row, "approve", caller)
        request = await answer_request(tx, "approve")
        if request.kind == "extension":
            due_at = await tx.clocks.extend(incident, HANDLE)
            times = (incident.extended_times or 0) + 1
            tx.move(incident, step, reason=body.reason, extended_times=times, **_ASKS_NOTHING)
            more = {"lead_org": incident.lead_org, "extended_times": times, "due_at": due_at}
            tx.tell(incident, IncidentExtended(**facts_of(incident), **more))
        else:
            await tx.clocks.pause(incident, HANDLE)
            times, limits = (incident.suspended_times or 0) + 1, {SUSPENSION: Limit(request.days, "natural_day")}
            tx.move(incident, step, reason=body.reason, limits=limits, suspended_times=times, **_ASKS_NOTHING)
            tx.tell(incident, IncidentSuspended(**facts_of(incident), lead_org=incident.lead_org, days=request.days))
        return answer(tx, incident)


@router.post("/incidents/{incident_id}/deny", may="incidents:handle")
async def deny(incident_id: UUID, body: Remark, caller: Caller, db: Db) -> IncidentView:
    """Do not grant the request (不批准). It stays on record, and counts among none that were granted."""
    async with db.command(caller, incidents, incident_id) as tx:
        incident, step = tx.row, INCIDENT.step(tx.row, "deny", caller)
        await _deny(tx, incident, step, body.reason)
        return answer(tx, incident)


@router.post("/incidents/{incident_id}/resume", may="incidents:handle")
async def resume(incident_id: UUID, body: Remark, caller: Caller, db: Db) -> IncidentView:
    """Let it go on before its day (恢复处置): the handling clock runs on with the time that was left."""
    async with db.command(caller, incidents, incident_id) as tx:
        incident, step = tx.row, INCIDENT.step(tx.row, "resume", caller)
        await let_go_on(tx, incident, step, body.reason)
        return answer(tx, incident)


async def let_go_on(tx: Command, incident: Row, step: Step, reason: str | None = None) -> None:
    """Let a suspended incident go on."""
    tx.move(incident, step, reason=reason)
    await tx.clocks.resume(incident, HANDLE)
    tx.tell(incident, IncidentResumed(**facts_of(incident), lead_org=incident.lead_org))


async def _deny(tx: Command, incident: Row, step: Step, reason: str | None) -> None:
    await decide(tx, adjustments, ADJUSTMENT, step.action)
    tx.tell(incident, RequestDenied(**facts_of(incident), lead_org=incident.lead_org, kind=incident.asked_for))
    tx.move(incident, step, reason=reason, **_ASKS_NOTHING)
