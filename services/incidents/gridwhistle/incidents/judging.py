"""Who did not do it looks whether it is so (核实), whether it is done (核查, 抽查), and asks who reported it (回访)."""

import random
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import Field
from sqlalchemy import func, select

from gridwhistle.common.commands import Command
from gridwhistle.common.edge import Caller, Db, Router
from gridwhistle.common.events.incidents import (
    Category,
    CheckOrdered,
    CheckUnclear,
    IncidentCalledBack,
    IncidentChecked,
    IncidentClosed,
    IncidentReopened,
    IncidentRework,
    IncidentSelfResolved,
    IncidentVerified,
    SampleJudged,
    Satisfaction,
    VerificationOrdered,
)
from gridwhistle.common.ids import GridCode, id_of
from gridwhistle.common.machine import Step
from gridwhistle.common.reasons import Remark
from gridwhistle.common.rows import Row
from gridwhistle.common.wire import Body
from gridwhistle.incidents.catalogue import category_in_use
from gridwhistle.incidents.children import TASK
from gridwhistle.incidents.domain import INCIDENT, facts_of
from gridwhistle.incidents.guards import in_time_and_once
from gridwhistle.incidents.limits import HANDLE, PHOTOS_LOOKED, PHOTOS_ON_SPOT, SAMPLED
from gridwhistle.incidents.refusals import GridMissing
from gridwhistle.incidents.steps import answer, ask, decide, end, lay_in, see
from gridwhistle.incidents.tables import callbacks, incidents, next_checker, tasks
from gridwhistle.incidents.views import IncidentView, Said, Seen

router = Router("incidents", "Incidents 事件: judging 核实核查")
_LOTS = random.SystemRandom()


class OnSpot(Seen):
    """What was put right, with a picture of before and one of after."""

    category: Category
    result: Said
    grid_code: Annotated[GridCode | None, Field(description="Where it lies, if the report did not show it.")] = None


class OrderVerification(Remark):
    """Why, and where somebody shall look."""

    grid_code: Annotated[GridCode | None, Field(description="Where it lies, if the report did not show it.")] = None


class Callback(Body):
    """What the person said who reported it; nothing, if they could not be reached."""

    is_reached: bool
    is_resolved: bool = False
    satisfaction: Satisfaction = "no_answer"
    reason: Said | None = None


class Reopen(Body):
    """What is still not done."""

    reason: Said


@router.post("/incidents/{incident_id}/resolve_on_spot", may="incidents:handle")
async def resolve_on_spot(incident_id: UUID, body: OnSpot, caller: Caller, db: Db) -> IncidentView:
    """Put it right yourself (自处置), in your own grid. By lot a leader looks at it; otherwise it closes by itself."""
    async with db.command(caller, incidents, incident_id) as tx:
        incident = tx.row
        percent = tx.rule(SAMPLED).amount
        tx.update(incident, is_sampled=_LOTS.randrange(100) < percent)
        step = INCIDENT.step(incident, "resolve_on_spot", caller)
        grid_code = body.grid_code or incident.grid_code
        if grid_code is None:
            raise GridMissing
        await lay_in(tx, incident, grid_code)
        await category_in_use(db, grid_code[:6], body.category)
        pictures = tx.rule(PHOTOS_ON_SPOT).amount
        await see(tx, incident, body, at_least=pictures, showing=("after", "before")[:pictures])
        tx.move(incident, step, reason=body.result, category=body.category, handled_by=caller.id)
        by_whom = {"category": body.category, "worker_id": id_of(caller.id), "is_sampled": bool(incident.is_sampled)}
        tx.tell(incident, IncidentSelfResolved(**facts_of(incident), **by_whom))
        return answer(tx, incident)


@router.post("/incidents/{incident_id}/sample_passed", may="incidents:handle")
async def sample_passed(incident_id: UUID, body: Seen, caller: Caller, db: Db) -> IncidentView:
    """Say that you looked, and it is as the worker says (抽查通过)."""
    async with db.command(caller, incidents, incident_id) as tx:
        incident, step = tx.row, INCIDENT.step(tx.row, "sample_passed", caller)
        await see(tx, incident, body)
        await end(tx, incident, step, reason=body.reason, closed_at=tx.now, is_final=None)
        tx.tell(incident, SampleJudged(**facts_of(incident), worker_id=id_of(incident.handled_by), result="yes"))
        tx.tell(incident, closed_on_spot(incident))
        return answer(tx, incident)


@router.post("/incidents/{incident_id}/sample_failed", may="incidents:handle")
async def sample_failed(incident_id: UUID, body: Seen, caller: Caller, db: Db) -> IncidentView:
    """Say that you looked, and it is not done (抽查不通过): the report begins again."""
    async with db.command(caller, incidents, incident_id) as tx:
        incident, step = tx.row, INCIDENT.step(tx.row, "sample_failed", caller)
        await see(tx, incident, body)
        tx.tell(incident, SampleJudged(**facts_of(incident), worker_id=id_of(incident.handled_by), result="no"))
        tx.move(incident, step, reason=body.reason, handled_by=None, is_sampled=None)
        return answer(tx, incident)


@router.post("/incidents/{incident_id}/order_verification", may="incidents:handle")
async def order_verification(incident_id: UUID, body: OrderVerification, caller: Caller, db: Db) -> IncidentView:
    """Let somebody of the grid look whether it is so (安排核实): an on-shift worker, or the next who comes on shift."""
    async with db.command(caller, incidents, incident_id) as tx:
        incident, step = tx.row, INCIDENT.step(tx.row, "order_verification", caller)
        grid_code = body.grid_code or incident.grid_code
        if grid_code is None:
            raise GridMissing
        if grid_code != incident.grid_code:
            await lay_in(tx, incident, grid_code)
        tx.move(incident, step, reason=body.reason)
        await _give_task(tx, incident)
        return answer(tx, incident)


@router.post("/incidents/{incident_id}/verified", may="incidents:handle")
async def verified(incident_id: UUID, body: Seen, caller: Caller, db: Db) -> IncidentView:
    """Say that you looked, and it is so (核实属实)."""
    async with db.command(caller, incidents, incident_id) as tx:
        incident = await _verify(tx, "verified", "yes", body, accepted_at=tx.now)
        return answer(tx, incident)


@router.post("/incidents/{incident_id}/verified_false", may="incidents:handle")
async def verified_false(incident_id: UUID, body: Seen, caller: Caller, db: Db) -> IncidentView:
    """Say that you looked, and there is nothing of the kind (核实不属实): the acceptor decides."""
    async with db.command(caller, incidents, incident_id) as tx:
        incident = await _verify(tx, "verified_false", "no", body)
        return answer(tx, incident)


@router.post("/incidents/{incident_id}/verified_unclear", may="incidents:handle")
async def verified_unclear(incident_id: UUID, body: Seen, caller: Caller, db: Db) -> IncidentView:
    """Say that you looked and cannot tell (无法核实): another worker looks, once; then the acceptor decides."""
    async with db.command(caller, incidents, incident_id) as tx:
        incident = await _verify(tx, "verified_unclear", "unclear", body)
        if incident.state == "verifying":
            await _give_task(tx, incident)
        return answer(tx, incident)


@router.post("/incidents/{incident_id}/order_check", may="incidents:handle")
async def order_check(incident_id: UUID, caller: Caller, db: Db) -> IncidentView:
    """Order the check (安排核查): it goes to an on-shift worker of the grid, or to the next who comes on shift.

    Where a call back is check enough, nobody is sent, and it can be closed.
    """
    async with db.command(caller, incidents, incident_id) as tx:
        incident, step = tx.row, INCIDENT.step(tx.row, "order_check", caller)
        await let_check(tx, incident, step)
        return answer(tx, incident)


@router.post("/incidents/{incident_id}/waive_check", may="incidents:handle")
async def waive_check(incident_id: UUID, body: Remark, caller: Caller, db: Db) -> IncidentView:
    """Go on without a check (免核查), where two workers could not tell."""
    async with db.command(caller, incidents, incident_id) as tx:
        incident, step = tx.row, INCIDENT.step(tx.row, "waive_check", caller)
        tx.move(incident, step, reason=body.reason, checked_at=tx.now)
        return answer(tx, incident)


@router.post("/incidents/{incident_id}/checked", may="incidents:handle")
async def checked(incident_id: UUID, body: Seen, caller: Caller, db: Db) -> IncidentView:
    """Say that you looked and it is done (核查通过). The check is yours alone, and nobody checks what they handled."""
    async with db.command(caller, incidents, incident_id) as tx:
        incident = await _look(tx, "checked", "yes", body, checked_at=tx.now)
        tx.tell(incident, IncidentChecked(**facts_of(incident), worker_id=incident.checker_id))
        return answer(tx, incident)


@router.post("/incidents/{incident_id}/check_failed", may="incidents:handle")
async def check_failed(incident_id: UUID, body: Seen, caller: Caller, db: Db) -> IncidentView:
    """Say that you looked and it is not done (核查不通过): it goes back to be done again."""
    async with db.command(caller, incidents, incident_id) as tx:
        again = (tx.row.rework_times or 0) + 1
        incident = await _look(tx, "check_failed", "no", body, rework_times=again)
        what = {"lead_org": incident.lead_org, "worker_id": incident.checker_id, "rework_times": again}
        tx.tell(incident, IncidentRework(**facts_of(incident), **what))
        tx.update(incident, checker_id=None)
        return answer(tx, incident)


@router.post("/incidents/{incident_id}/check_unclear", may="incidents:handle")
async def check_unclear(incident_id: UUID, body: Seen, caller: Caller, db: Db) -> IncidentView:
    """Say that you looked and cannot tell (无法核查): another worker looks, once; then the acceptor decides."""
    async with db.command(caller, incidents, incident_id) as tx:
        incident = await _look(tx, "check_unclear", "unclear", body)
        tx.tell(incident, CheckUnclear(**facts_of(incident), worker_id=incident.checker_id))
        tx.update(incident, unclear_by=incident.checker_id, checker_id=None)
        if incident.state == "checking":
            await _give_task(tx, incident)
        return answer(tx, incident)


@router.post("/incidents/{incident_id}/callback", may="incidents:handle")
async def call_back(incident_id: UUID, body: Callback, caller: Caller, db: Db) -> IncidentView:
    """Record what the person said who reported it (回访). Not done and not content reopens it, in time and once.

    What is said after that is recorded all the same: it counts, and is for supervision.
    """
    async with db.command(caller, incidents, incident_id) as tx:
        incident = tx.row
        is_wrong = body.is_reached and not body.is_resolved and body.satisfaction == "dissatisfied"
        reopens = is_wrong and in_time_and_once(incident, caller) is None
        step = INCIDENT.step(incident, "reopen" if reopens else "callback", caller)
        said = {
            "attempt_no": 1 + await db.counted(select(func.count()).where(callbacks.c.incident_id == incident.id)),
            "is_reached": body.is_reached,
            "is_resolved": body.is_resolved if body.is_reached else None,
            "satisfaction": body.satisfaction if body.is_reached else None,
        }
        tx.insert(callbacks, incident_id=incident.id, called_by=caller.id, called_at=tx.now, **said)
        tx.tell(incident, IncidentCalledBack(**facts_of(incident), **said))
        if reopens:
            await do_again(tx, incident, step, body.reason)
        else:
            tx.move(incident, step, reason=body.reason)
        return answer(tx, incident)


@router.post("/incidents/{incident_id}/reopen", may="incidents:handle")
async def reopen(incident_id: UUID, body: Reopen, caller: Caller, db: Db) -> IncidentView:
    """Reopen it for who reported it (重办): it is not done. In time, and once; what is still wrong then is for supervision."""
    async with db.command(caller, incidents, incident_id) as tx:
        incident, step = tx.row, INCIDENT.step(tx.row, "reopen", caller)
        await do_again(tx, incident, step, body.reason)
        return answer(tx, incident)


# --- what these steps have in common, and what happens by itself -------------------------------------------------------------


async def let_check(tx: Command, incident: Row, step: Step) -> None:
    """Give the check to somebody who did not handle it, unless a call back is check enough."""
    if step.target == "checked":
        tx.move(incident, step, checked_at=tx.now)
        return
    tx.move(incident, step, unclear_by=None)
    await _give_task(tx, incident)


async def do_again(tx: Command, incident: Row, step: Step, reason: str | None) -> None:
    """Let a closed incident be worked on again: by who had it, with the time of a rework, or by whom it is dispatched to."""
    nothing = dict.fromkeys(("closed_at", "terminal_at", "checked_at", "handled_at", "checker_id", "unclear_by", "is_final"))
    limits = {HANDLE: await tx.clocks.rework(incident, HANDLE)} if HANDLE in step.starts else {}
    tx.move(incident, step, reason=reason, limits=limits, reopened_times=(incident.reopened_times or 0) + 1, **nothing)
    tx.tell(incident, IncidentReopened(**facts_of(incident), lead_org=incident.lead_org, to_state=step.target))


def closed_on_spot(incident: Row) -> IncidentClosed:
    """Return what is told when something closes that a worker put right on the spot."""
    who = {"category": incident.category, "lead_org": None, "worker_id": id_of(incident.handled_by)}
    return IncidentClosed(**facts_of(incident), **who, how="self_resolved")


async def give_again(tx: Command, incident: Row, worker: UUID | None) -> None:
    """Let another worker have the task, or nobody for now."""
    tx.update(incident, checker_id=worker)
    kind = VerificationOrdered if incident.state == "verifying" else CheckOrdered
    tx.tell(incident, kind(**facts_of(incident), worker_id=worker))


async def _give_task(tx: Command, incident: Row) -> None:
    """Let a worker of the grid look: one on shift, or the next who comes."""
    ask(tx, incident, tasks, TASK, "give", kind="verification" if incident.state == "verifying" else "check")
    await give_again(tx, incident, await next_checker(tx.db, incident))


async def _look(tx: Command, action: str, result: Literal["yes", "no", "unclear"], body: Seen, **values: Any) -> Row:
    """Take the step of a worker who looked."""
    incident, step = tx.row, INCIDENT.step(tx.row, action, tx.caller)
    pictures = tx.rule(PHOTOS_LOOKED).amount if result == "yes" else 0
    await see(tx, incident, body, at_least=pictures, showing=("after",) if pictures and incident.state == "checking" else ())
    await decide(tx, tasks, TASK, "answer", worker_id=incident.checker_id, result=result)
    tx.move(incident, step, reason=body.reason, **values)
    return incident


async def _verify(tx: Command, action: str, result: Literal["yes", "no", "unclear"], body: Seen, **values: Any) -> Row:
    """Take the step of a worker who looked whether it is so."""
    incident = await _look(tx, action, result, body, **values)
    tx.tell(incident, IncidentVerified(**facts_of(incident), worker_id=incident.checker_id, result=result))
    is_over = incident.state != "verifying"
    unclear_by = None if is_over else incident.checker_id
    tx.update(incident, verified_as=result if is_over else None, checker_id=None, unclear_by=unclear_by)
    return incident
