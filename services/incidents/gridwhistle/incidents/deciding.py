"""What the township decides about a report: whether it is its business, under which category, or that it ends here."""

from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import Field

from gridwhistle.common.commands import Command
from gridwhistle.common.edge import Caller, Db, Router
from gridwhistle.common.events.incidents import (
    Category,
    IncidentAccepted,
    IncidentClosed,
    IncidentFiled,
    IncidentMerged,
    IncidentRedirected,
    IncidentRejected,
    IncidentVoided,
    RedirectReason,
    RejectionContested,
    RejectionReviewed,
    RejectReason,
    SentTo,
    VoidReason,
)
from gridwhistle.common.ids import GridCode
from gridwhistle.common.machine import Step
from gridwhistle.common.problems import NotFound
from gridwhistle.common.reasons import Reason, Remark
from gridwhistle.common.rows import Row
from gridwhistle.common.wire import Body
from gridwhistle.incidents.catalogue import Category as CategoryInUse
from gridwhistle.incidents.catalogue import category_in_use
from gridwhistle.incidents.children import ADJUSTMENT, OBJECTION
from gridwhistle.incidents.domain import INCIDENT, OPEN, facts_of
from gridwhistle.incidents.limits import BY_URGENCY, COMPLEX_BY_COUNTY, Grade
from gridwhistle.incidents.refusals import (
    AnotherComplaint,
    ComplexByCounty,
    ConditionOpen,
    GridMissing,
    MergedIntoItself,
    ParentEnded,
    UnknownStandard,
)
from gridwhistle.incidents.steps import answer, answer_request, ask, decide, end, lay_in
from gridwhistle.incidents.tables import adjustments, incidents, known_organisation, objections
from gridwhistle.incidents.views import ComplainedOrg, IncidentView, Said

router = Router("incidents", "Incidents 事件: deciding 受理立案")


class Accept(Remark):
    """Why, and whom it complains about, if the report did not say so or named another."""

    complained_org: ComplainedOrg | None = None


class Reject(Remark):
    """Why it is not taken on."""

    reason_code: RejectReason


class Redirect(Remark):
    """Which of the cases it is in which the law sends it elsewhere, and where to."""

    reason_code: RedirectReason
    sent_to: SentTo


class Merge(Remark):
    """The incident under which the same thing is worked on."""

    parent_id: UUID


class File(Body):
    """The category (立案类别) that decides who has to act."""

    category: Category
    standard_id: Annotated[
        UUID | None,
        Field(description="The case standard (立案条件) of the county's catalogue: it says how long handling may take."),
    ] = None
    grade: Annotated[
        Grade | None,
        Field(description="How fast it has to be handled (处置等级) where no standard says so; by its urgency, if left out."),
    ] = None
    grid_code: Annotated[GridCode | None, Field(description="Where it lies, if the report did not show it.")] = None
    reason: Reason | None = None


class Answer(Body):
    """What the person who asked is told."""

    answer: Said


class Close(Remark):
    """That it may be closed."""

    close_condition_met: Annotated[
        bool | None, Field(description="The condition for closing (结案条件) is fulfilled. Needed where a standard has one.")
    ] = None


class AskVoid(Remark):
    """Why it shall not count."""

    reason_code: VoidReason


@router.post("/incidents/{incident_id}/accept", may="incidents:handle")
async def accept(incident_id: UUID, body: Accept, caller: Caller, db: Db) -> IncidentView:
    """Accept it (受理): it is the township's business."""
    async with db.command(caller, incidents, incident_id) as tx:
        incident, step = tx.row, INCIDENT.step(tx.row, "accept", caller)
        if body.complained_org:
            await known_organisation(db, body.complained_org)
        about = body.complained_org or incident.complained_org
        tx.move(incident, step, reason=body.reason, accepted_at=tx.now, complained_org=about)
        tx.tell(incident, IncidentAccepted(**facts_of(incident)))
        return answer(tx, incident)


@router.post("/incidents/{incident_id}/reject", may="incidents:handle")
async def reject(incident_id: UUID, body: Reject, caller: Caller, db: Db) -> IncidentView:
    """Reject it (不予受理), with the reason. Who reported it may object once within the days that the rules give."""
    async with db.command(caller, incidents, incident_id) as tx:
        incident, step = tx.row, INCIDENT.step(tx.row, "reject", caller)
        await end(tx, incident, step, reason=body.reason, reason_code=body.reason_code)
        tx.tell(incident, IncidentRejected(**facts_of(incident), reason_code=body.reason_code))
        return answer(tx, incident)


@router.post("/incidents/{incident_id}/redirect", may="incidents:handle")
async def redirect(incident_id: UUID, body: Redirect, caller: Caller, db: Db) -> IncidentView:
    """Send it elsewhere (分流), in one of the six lawful cases; who reported it hears where to go."""
    async with db.command(caller, incidents, incident_id) as tx:
        incident, step = tx.row, INCIDENT.step(tx.row, "redirect", caller)
        await end(tx, incident, step, reason=body.reason, reason_code=body.reason_code, sent_to=body.sent_to)
        tx.tell(incident, IncidentRedirected(**facts_of(incident), reason_code=body.reason_code, sent_to=body.sent_to))
        return answer(tx, incident)


@router.post("/incidents/{incident_id}/merge", may="incidents:handle")
async def merge(incident_id: UUID, body: Merge, caller: Caller, db: Db) -> IncidentView:
    """Merge it (并案) into an open incident about the same thing; the result of that one is told to both reporters."""
    async with db.command(caller, incidents, incident_id) as tx:
        incident, step = tx.row, INCIDENT.step(tx.row, "merge", caller)
        if body.parent_id == incident_id:
            raise MergedIntoItself
        [parent] = await tx.hold(incidents, [body.parent_id])
        if parent is None or not caller.reaches(incidents, parent):
            raise NotFound(thing=INCIDENT.thing)
        if parent.state not in OPEN:
            raise ParentEnded(state=INCIDENT.word(parent.state))
        if incident.complained_org != parent.complained_org:
            raise AnotherComplaint
        await end(tx, incident, step, reason=body.reason, parent_id=parent.id)
        tx.tell(incident, IncidentMerged(**facts_of(incident), parent_id=parent.id, parent_no=parent.incident_no))
        return answer(tx, incident)


@router.post("/incidents/{incident_id}/contest", may="incidents:handle")
async def contest(incident_id: UUID, body: Remark, caller: Caller, db: Db) -> IncidentView:
    """Object for the reporter to a rejection (异议), once; the township's leader looks at it again."""
    async with db.command(caller, incidents, incident_id) as tx:
        incident, step = tx.row, INCIDENT.step(tx.row, "contest", caller)
        object_to_rejection(tx, incident, step, body.reason)
        return answer(tx, incident)


@router.post("/incidents/{incident_id}/objection_upheld", may="incidents:handle")
async def objection_upheld(incident_id: UUID, body: Remark, caller: Caller, db: Db) -> IncidentView:
    """Say that the reporter is right: the report begins again."""
    async with db.command(caller, incidents, incident_id) as tx:
        incident, step = tx.row, INCIDENT.step(tx.row, "objection_upheld", caller)
        await decide(tx, objections, OBJECTION, "objection_upheld")
        tx.move(incident, step, reason=body.reason, reason_code=None)
        tx.tell(incident, RejectionReviewed(**facts_of(incident), is_upheld=True))
        return answer(tx, incident)


@router.post("/incidents/{incident_id}/objection_denied", may="incidents:handle")
async def objection_denied(incident_id: UUID, body: Remark, caller: Caller, db: Db) -> IncidentView:
    """Say that it stays rejected, for good."""
    async with db.command(caller, incidents, incident_id) as tx:
        incident, step = tx.row, INCIDENT.step(tx.row, "objection_denied", caller)
        await decide(tx, objections, OBJECTION, "objection_denied")
        await end(tx, incident, step, reason=body.reason)
        tx.tell(incident, RejectionReviewed(**facts_of(incident), is_upheld=False))
        return answer(tx, incident)


@router.post("/incidents/{incident_id}/file", may="incidents:handle")
async def file(incident_id: UUID, body: File, caller: Caller, db: Db) -> IncidentView:
    """File it (立案) under a category of the county's catalogue, in a grid: from here on somebody is responsible."""
    async with db.command(caller, incidents, incident_id) as tx:
        incident, step = tx.row, INCIDENT.step(tx.row, "file", caller)
        grid_code = body.grid_code or incident.grid_code
        if grid_code is None:
            raise GridMissing
        if grid_code != incident.grid_code:
            await lay_in(tx, incident, grid_code)
        by_county = body.grade == "complex" and tx.rule(COMPLEX_BY_COUNTY).amount
        if by_county and not caller.reaches_place(incident.area_code[:6]):
            raise ComplexByCounty
        category = await category_in_use(db, incident.area_code[:6], body.category)
        said = {"category": body.category, "is_callback_only": category.row.is_callback_only, **_limit_of(category, body)}
        said["grade"] = body.grade or BY_URGENCY[incident.urgency]
        tx.move(incident, step, reason=body.reason, filed_at=tx.now, filed_by=caller.id, **said)
        tx.tell(incident, IncidentFiled(**facts_of(incident), category=body.category))
        return answer(tx, incident)


@router.post("/incidents/{incident_id}/answer", may="incidents:handle")
async def answer_question(incident_id: UUID, body: Answer, caller: Caller, db: Db) -> IncidentView:
    """Answer a question (consult), which closes it (答复办结)."""
    async with db.command(caller, incidents, incident_id) as tx:
        incident, step = tx.row, INCIDENT.step(tx.row, "answer", caller)
        await end(tx, incident, step, reason=body.answer, closed_at=tx.now, is_final=None)
        tx.tell(incident, _closed(incident, "answered"))
        return answer(tx, incident)


@router.post("/incidents/{incident_id}/close", may="incidents:handle")
async def close(incident_id: UUID, body: Close, caller: Caller, db: Db) -> IncidentView:
    """Close it (结案)."""
    async with db.command(caller, incidents, incident_id) as tx:
        incident, step = tx.row, INCIDENT.step(tx.row, "close", caller)
        if body.close_condition_met is False or (incident.standard_id and not body.close_condition_met):
            raise ConditionOpen
        await end(tx, incident, step, reason=body.reason, closed_at=tx.now, is_final=None)
        tx.tell(incident, _closed(incident, "checked"))
        return answer(tx, incident)


@router.post("/incidents/{incident_id}/ask_void", may="incidents:handle")
async def ask_void(incident_id: UUID, body: AskVoid, caller: Caller, db: Db) -> IncidentView:
    """Ask that it shall not count (申请作废); the township's leader has to agree."""
    async with db.command(caller, incidents, incident_id) as tx:
        incident, step = tx.row, INCIDENT.step(tx.row, "ask_void", caller)
        request = {"kind": "void", "reason_code": body.reason_code, "subject_id": caller.id}
        ask(tx, incident, adjustments, ADJUSTMENT, "ask_void", **request)
        tx.move(incident, step, reason=body.reason, void_asked_by=caller.id)
        return answer(tx, incident)


@router.post("/incidents/{incident_id}/void", may="incidents:handle")
async def void(incident_id: UUID, body: Remark, caller: Caller, db: Db) -> IncidentView:
    """Agree that it does not count (作废). It is kept, and left out of every rate."""
    async with db.command(caller, incidents, incident_id) as tx:
        incident, step = tx.row, INCIDENT.step(tx.row, "void", caller)
        request = await answer_request(tx, "void")
        await end(tx, incident, step, reason=body.reason, reason_code=request.reason_code)
        tx.tell(incident, IncidentVoided(**facts_of(incident), reason_code=request.reason_code))
        return answer(tx, incident)


@router.post("/incidents/{incident_id}/refuse_void", may="incidents:handle")
async def refuse_void(incident_id: UUID, body: Remark, caller: Caller, db: Db) -> IncidentView:
    """Refuse to void it: it counts."""
    async with db.command(caller, incidents, incident_id) as tx:
        incident, step = tx.row, INCIDENT.step(tx.row, "refuse_void", caller)
        await decide(tx, adjustments, ADJUSTMENT, "refuse_void")
        tx.move(incident, step, reason=body.reason, void_asked_by=None)
        return answer(tx, incident)


@router.post("/incidents/{incident_id}/withdraw_void", may="incidents:handle")
async def withdraw_void(incident_id: UUID, body: Remark, caller: Caller, db: Db) -> IncidentView:
    """Withdraw your request that it shall not count (撤回作废申请), before it is decided. You may ask again."""
    async with db.command(caller, incidents, incident_id) as tx:
        incident, step = tx.row, INCIDENT.step(tx.row, "withdraw_void", caller)
        await answer_request(tx, "withdraw_void")
        tx.move(incident, step, reason=body.reason, void_asked_by=None)
        return answer(tx, incident)


def object_to_rejection(tx: Command, incident: Row, step: Step, reason: str | None) -> None:
    """Let the township's leader look at a rejection again."""
    ask(tx, incident, objections, OBJECTION, "contest")
    tx.move(incident, step, reason=reason, is_contested=True, terminal_at=None)
    tx.tell(incident, RejectionContested(**facts_of(incident)))


def _limit_of(category: CategoryInUse, body: File) -> dict[str, Any]:
    """Return what a case standard says, which is then the incident's for good.

    Raises:
        UnknownStandard: the county's category has no such standard, or it was withdrawn.
    """
    if body.standard_id is None:
        return dict.fromkeys(("standard_id", "handle_amount", "handle_unit"))
    standards = {standard.id: standard for standard in category.standards if standard.withdrawn_at is None}
    if not (standard := standards.get(body.standard_id)):
        raise UnknownStandard
    return {"standard_id": standard.id, "handle_amount": standard.handle_amount, "handle_unit": standard.handle_unit}


def _closed(incident: Row, how: Literal["checked", "answered"]) -> IncidentClosed:
    who = {"category": incident.category, "lead_org": incident.lead_org, "worker_id": incident.checker_id}
    return IncidentClosed(**facts_of(incident), **who, how=how)
