"""Handling (处置): whose it is, whose it is not, and that it is done."""

from typing import Annotated, Any, Final
from uuid import UUID

from pydantic import Field

from gridwhistle.common.clocks import Limit
from gridwhistle.common.commands import Command
from gridwhistle.common.database import Db as Work
from gridwhistle.common.edge import Caller, Db, Router
from gridwhistle.common.events.incidents import (
    IncidentDispatched,
    IncidentHandled,
    IncidentObjected,
    IncidentRedispatched,
    IncidentSigned,
    ObjectionDecided,
    ObjectionReason,
    ObjectionWithdrawn,
)
from gridwhistle.common.ids import ActorId, OrgCode
from gridwhistle.common.machine import Step
from gridwhistle.common.reading import one
from gridwhistle.common.reasons import Reason, Remark
from gridwhistle.common.rows import Row
from gridwhistle.common.rules import RULES
from gridwhistle.common.wire import Body, View
from gridwhistle.incidents.catalogue import responsible_for, standard_of
from gridwhistle.incidents.children import OBJECTION
from gridwhistle.incidents.domain import INCIDENT, facts_of
from gridwhistle.incidents.limits import BY_URGENCY, FOUR_EYES, HANDLE, PHOTOS_SUBMIT, handle_key
from gridwhistle.incidents.refusals import ConflictOfInterest, FiledByYou, NotOnTheList, SameOrganisation, UnknownOrganisation
from gridwhistle.incidents.steps import answer, ask, decide, give_to, let_lapse, see
from gridwhistle.incidents.tables import incidents, objections
from gridwhistle.incidents.views import IncidentView, Said, Seen

router = Router("incidents", "Incidents 事件: handling 派遣处置")


_NOBODYS_YET: Final = dict.fromkeys(("handler_id", "signed_at", "objected_times", "is_fixed"))
"""What was said of whose it is before it came back from mediation, or was reopened, holds no more."""


class Dispatch(Body):
    """The organisation that has to handle it."""

    lead_org: OrgCode
    reason: Reason | None = None


class Sign(Remark):
    """Who of the department handles it."""

    handler_id: Annotated[ActorId, Field(description="The subject of that person's token.")]


class Object(Body):
    """Why it is not theirs."""

    reason_code: ObjectionReason
    reason: Said


class Submit(Seen):
    """What was done, and pictures of it afterwards."""

    result: Said


class Suggestion(View):
    """Who answers for such a thing there, by the county's catalogue; a person confirms it, or knows better."""

    lead_org: OrgCode | None
    supervising_org: OrgCode | None


@router.get("/incidents/{incident_id}/suggestion", may="incidents:handle")
async def suggest_organisation(incident_id: UUID, caller: Caller, db: Db) -> Suggestion:
    """Say whom to dispatch it to (派遣建议): by its category and where it lies, and nobody to whom it may not be given.

    Nothing is dispatched by itself.
    """
    incident = await one(db, caller, incidents, incident_id)
    rule = None
    if incident.category:
        rule = await responsible_for(db, incident.category, incident.grid_code or incident.area_code, await db.now())
    if rule is None:
        return Suggestion.model_construct(lead_org=None, supervising_org=None)
    lead_org = rule.responsible_org
    try:
        await give_to(db, incident, lead_org)
    except (ConflictOfInterest, NotOnTheList, UnknownOrganisation):
        lead_org = None
    return Suggestion.model_construct(lead_org=lead_org, supervising_org=rule.supervising_org)


@router.post("/incidents/{incident_id}/dispatch", may="incidents:handle")
async def dispatch(incident_id: UUID, body: Dispatch, caller: Caller, db: Db) -> IncidentView:
    """Dispatch it (派遣) to the organisation that has to handle it; never to the one that it complains about."""
    async with db.command(caller, incidents, incident_id) as tx:
        incident, step = tx.row, INCIDENT.step(tx.row, "dispatch", caller)
        if incident.filed_by == caller.id and tx.rule(FOUR_EYES).amount:
            raise FiledByYou
        given = await give_to(db, incident, body.lead_org)
        limits = {HANDLE: await _limit(tx, incident)}
        tx.move(incident, step, reason=body.reason, limits=limits, dispatched_at=tx.now, **_NOBODYS_YET, **given)
        what = {"category": incident.category, "lead_org": body.lead_org}
        tx.tell(incident, IncidentDispatched(**facts_of(incident), **what))
        return answer(tx, incident)


@router.post("/incidents/{incident_id}/sign", may="incidents:handle")
async def sign(incident_id: UUID, body: Sign, caller: Caller, db: Db) -> IncidentView:
    """Sign for it (签收): your department takes it on and says who handles it. From then on it cannot be returned."""
    async with db.command(caller, incidents, incident_id) as tx:
        incident, step = tx.row, INCIDENT.step(tx.row, "sign", caller)
        tx.move(incident, step, reason=body.reason, handler_id=body.handler_id, signed_at=tx.now)
        tx.tell(incident, IncidentSigned(**facts_of(incident), lead_org=incident.lead_org))
        return answer(tx, incident)


@router.post("/incidents/{incident_id}/object", may="incidents:handle")
async def object_to(incident_id: UUID, body: Object, caller: Caller, db: Db) -> IncidentView:
    """Say that it is not your department's (退单), before anybody is named to handle it. The second time the county decides."""
    async with db.command(caller, incidents, incident_id) as tx:
        incident, step = tx.row, INCIDENT.step(tx.row, "object", caller)
        ask(tx, incident, objections, OBJECTION, "object", org=incident.lead_org)
        tx.move(incident, step, reason=body.reason, objected_times=(incident.objected_times or 0) + 1)
        what = {"lead_org": incident.lead_org, "reason_code": body.reason_code}
        tx.tell(incident, IncidentObjected(**facts_of(incident), **what))
        return answer(tx, incident)


@router.post("/incidents/{incident_id}/withdraw_objection", may="incidents:handle")
async def withdraw_objection(incident_id: UUID, body: Remark, caller: Caller, db: Db) -> IncidentView:
    """Say that it is your department's after all (撤回退单), before it is decided. The next one counts as a further one."""
    async with db.command(caller, incidents, incident_id) as tx:
        incident, step = tx.row, INCIDENT.step(tx.row, "withdraw_objection", caller)
        await decide(tx, objections, OBJECTION, "withdraw_objection")
        tx.move(incident, step, reason=body.reason)
        tx.tell(incident, ObjectionWithdrawn(**facts_of(incident), lead_org=incident.lead_org))
        return answer(tx, incident)


@router.post("/incidents/{incident_id}/uphold", may="incidents:handle")
async def uphold(incident_id: UUID, body: Dispatch, caller: Caller, db: Db) -> IncidentView:
    """Say that the department is right, and dispatch it to another (改派). The handling clock runs on."""
    async with db.command(caller, incidents, incident_id) as tx:
        incident, step = tx.row, INCIDENT.step(tx.row, "uphold", caller)
        if body.lead_org == incident.lead_org:
            raise SameOrganisation
        given = await give_to(db, incident, body.lead_org)
        await _say_whose(tx, incident, step, body.reason, dispatched_at=tx.now, **given)
        return answer(tx, incident)


@router.post("/incidents/{incident_id}/deny_objection", may="incidents:handle")
async def deny_objection(incident_id: UUID, body: Remark, caller: Caller, db: Db) -> IncidentView:
    """Say that it is theirs: it goes back to the same department."""
    async with db.command(caller, incidents, incident_id) as tx:
        incident, step = tx.row, INCIDENT.step(tx.row, "deny_objection", caller)
        await _say_whose(tx, incident, step, body.reason)
        return answer(tx, incident)


@router.post("/incidents/{incident_id}/county_decide", may="incidents:handle")
async def county_decide(incident_id: UUID, body: Dispatch, caller: Caller, db: Db) -> IncidentView:
    """Say whose it is (裁定), once and for all: it cannot be returned any more."""
    async with db.command(caller, incidents, incident_id) as tx:
        incident, step = tx.row, INCIDENT.step(tx.row, "county_decide", caller)
        given = await give_to(db, incident, body.lead_org)
        await _say_whose(tx, incident, step, body.reason, dispatched_at=tx.now, is_fixed=True, **given)
        return answer(tx, incident)


@router.post("/incidents/{incident_id}/submit", may="incidents:handle")
async def submit(incident_id: UUID, body: Submit, caller: Caller, db: Db) -> IncidentView:
    """Submit what was done (提交处置结果), with a picture of afterwards where the case standard or the county asks for one.

    It cannot be taken back.
    """
    async with db.command(caller, incidents, incident_id) as tx:
        incident, step = tx.row, INCIDENT.step(tx.row, "submit", caller)
        pictures = tx.rule(PHOTOS_SUBMIT).amount
        shows_after = pictures or await _asks_for_after(db, incident)
        await see(tx, incident, body, at_least=pictures, showing=("after",) if shows_after else ())
        await let_lapse(tx, incident, void=False)
        tx.move(incident, step, reason=body.result, handled_by=caller.id)
        return answer(tx, incident)


@router.post("/incidents/{incident_id}/send_back", may="incidents:handle")
async def send_back(incident_id: UUID, body: Remark, caller: Caller, db: Db) -> IncidentView:
    """Send it back within the department; the handling clock runs on."""
    async with db.command(caller, incidents, incident_id) as tx:
        incident, step = tx.row, INCIDENT.step(tx.row, "send_back", caller)
        tx.move(incident, step, reason=body.reason)
        return answer(tx, incident)


@router.post("/incidents/{incident_id}/confirm", may="incidents:handle")
async def confirm(incident_id: UUID, caller: Caller, db: Db) -> IncidentView:
    """Confirm for the department that it is handled: here the handling clock stops."""
    async with db.command(caller, incidents, incident_id) as tx:
        incident, step = tx.row, INCIDENT.step(tx.row, "confirm", caller)
        tx.move(incident, step, handled_at=tx.now, unclear_by=None, checker_id=None)
        tx.tell(incident, IncidentHandled(**facts_of(incident), lead_org=incident.lead_org))
        return answer(tx, incident)


@router.post("/incidents/{incident_id}/redispatch", may="incidents:handle")
async def redispatch(incident_id: UUID, body: Remark, caller: Caller, db: Db) -> IncidentView:
    """Send it back to be done (重派), with the time that was left or half of the limit, whichever is more."""
    async with db.command(caller, incidents, incident_id) as tx:
        incident, step = tx.row, INCIDENT.step(tx.row, "redispatch", caller)
        tx.move(incident, step, reason=body.reason, limits={HANDLE: await tx.clocks.rework(incident, HANDLE)})
        tx.tell(incident, IncidentRedispatched(**facts_of(incident), lead_org=incident.lead_org))
        return answer(tx, incident)


async def _limit(tx: Command, incident: Row) -> Limit:
    """Return how long handling may take: by its case standard, else by its grade, else as of everything."""
    if incident.handle_unit:
        return Limit(incident.handle_amount, incident.handle_unit)
    key = handle_key(incident.grade or BY_URGENCY[incident.urgency])
    is_known = (await RULES.of(tx.db)).knows(key, incident.area_code, tx.now)
    rule = tx.rule(key if is_known else HANDLE)
    return Limit(rule.amount, rule.unit)


async def _say_whose(tx: Command, incident: Row, step: Step, reason: str | None, **values: Any) -> None:
    """Decide an objection: it is another organisation's, or it stays with the same one."""
    before = incident.lead_org
    await decide(tx, objections, OBJECTION, step.action)
    tx.move(incident, step, reason=reason, **values)
    decided = {"lead_org": incident.lead_org, "is_upheld": incident.lead_org != before, "is_fixed": bool(incident.is_fixed)}
    tx.tell(incident, ObjectionDecided(**facts_of(incident), **decided))


async def _asks_for_after(db: Work, incident: Row) -> bool:
    """Tell whether its case standard asks for a picture of afterwards."""
    standard = incident.standard_id and await standard_of(db, incident.standard_id)
    return bool(standard and "after" in standard.photos_required)
