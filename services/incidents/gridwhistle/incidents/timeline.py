"""An incident as people see it: itself, its history, its clocks, and all of it in one line of time."""

from collections.abc import Iterable, Sequence
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import AwareDatetime, Field
from sqlalchemy import select

from gridwhistle.common.data_classes import Word
from gridwhistle.common.edge import Caller, Db, Router
from gridwhistle.common.ids import ActorId, OrgCode
from gridwhistle.common.machine import Machine
from gridwhistle.common.overdue import ClockList, ClockView, Line, clocks_of
from gridwhistle.common.problems import Term
from gridwhistle.common.reading import one
from gridwhistle.common.tables import history
from gridwhistle.common.wire import MOMENT, View
from gridwhistle.incidents.children import ADJUSTMENT, OBJECTION, TASK
from gridwhistle.incidents.domain import INCIDENT
from gridwhistle.incidents.tables import adjustments, callbacks, incidents, objections, tasks
from gridwhistle.incidents.views import HISTORY_MAX, History, HistoryLine, IncidentView, seen_by
from gridwhistle.incidents.words import word

router = Router("incidents", "Incidents 事件")
LINES_MAX = 5_000
EXPLANATION_MAX = 10_000
Kind = Literal["step", "clock", "request", "objection", "task", "callback", "attachment"]


class TimelineLine(View):
    """One thing that happened, as a sentence, and what programs need of it."""

    at: AwareDatetime
    kind: Kind
    what: Annotated[Word, Field(description="The action, the clock's stage, or what kind of request, task or file it is.")]
    text: Annotated[str, Field(max_length=800, examples=["受理:已上报 → 已受理"])]
    actor_role: Word | None
    org: OrgCode | None
    by: Annotated[ActorId | None, Field(description="Who did it: the subject of a token. Residents are not named.")]
    reason: Annotated[str | None, Field(max_length=500, examples=["属于本街道职责范围"])]
    due_at: AwareDatetime | None
    explanation: Annotated[list[Line], Field(max_length=EXPLANATION_MAX, description="Why a clock is due when it is.")]


class Timeline(View):
    """Everything that happened to an incident, oldest first, five thousand lines at most."""

    lines: Annotated[list[TimelineLine], Field(max_length=LINES_MAX)]


@router.get("/incidents/{incident_id}", may="incidents:read")
async def get_incident(incident_id: UUID, caller: Caller, db: Db) -> IncidentView:
    """Return an incident, with what you may do now."""
    return seen_by(caller, await one(db, caller, incidents, incident_id))


@router.get("/incidents/{incident_id}/history", may="incidents:read")
async def get_incident_history(incident_id: UUID, caller: Caller, db: Db) -> History:
    """Return the steps that were taken, oldest first, with the role that took each."""
    incident = await one(db, caller, incidents, incident_id)
    return History.model_construct(steps=[HistoryLine.of(row) for row in await _steps(db, incident.id)])


@router.get("/incidents/{incident_id}/clocks", may="incidents:read")
async def get_incident_clocks(incident_id: UUID, caller: Caller, db: Db) -> ClockList:
    """Return the clocks of its stages (时限): when each is due, and step by step why, in the language that you ask for."""
    return await clocks_of(db, await one(db, caller, incidents, incident_id))


@router.get("/incidents/{incident_id}/timeline", may="incidents:read")
async def get_incident_timeline(incident_id: UUID, caller: Caller, db: Db) -> Timeline:
    """Return everything that happened, oldest first, in the language that you ask for.

    Steps, clocks with the explanation of each deadline, requests for time, objections, tasks, calls and pictures, in one list.
    """
    incident = await one(db, caller, incidents, incident_id)
    steps = await _steps(db, incident.id)
    lines = [_step(row, db.language) for row in steps]
    if steps and steps[0].action == "import_closed":
        lines += _elsewhere(incident, db.language)
    lines += [_clock(clock, db.language) for clock in (await clocks_of(db, incident)).items]
    for table, machine in ((adjustments, ADJUSTMENT), (objections, OBJECTION), (tasks, TASK)):
        rows = await db.fetch(select(table).where(table.c.incident_id == incident.id).limit(HISTORY_MAX))
        lines += [_child(row, machine, db.language) for row in rows]
    calls = await db.fetch(select(callbacks).where(callbacks.c.incident_id == incident.id).limit(HISTORY_MAX))
    lines += [_call(row, db.language) for row in calls]
    lines += _pictures(incident.attachments or (), db.language)
    return Timeline.model_construct(lines=sorted(lines, key=lambda line: line.at)[:LINES_MAX])


async def _steps(db: Any, incident_id: UUID) -> Sequence[Any]:
    steps: Sequence[Any] = await db.fetch(
        select(history).where(history.c.thing_id == incident_id).order_by(history.c.id).limit(HISTORY_MAX)
    )
    return steps


def _line(at: Any, kind: Kind, what: str, text: Term, language: str, **more: Any) -> TimelineLine:
    nothing: dict[str, Any] = {"actor_role": None, "org": None, "by": None, "reason": None, "due_at": None, "explanation": []}
    values = {**nothing, **more, "at": at, "kind": kind, "what": what, "text": getattr(text, language)}
    return TimelineLine.model_construct(**values)


def _step(row: Any, language: str) -> TimelineLine:
    action, to = INCIDENT.word(row.action), INCIDENT.word(row.to_state)
    text = Term(f"{action.zh}:{to.zh}", f"{action.en}: {to.en}")
    if row.from_state and row.from_state != row.to_state:
        before = INCIDENT.word(row.from_state)
        text = Term(f"{action.zh}:{before.zh} → {to.zh}", f"{action.en}: {before.en} → {to.en}")
    # Whoever reports is not named to all who work on it.
    by = None if row.actor_role == "resident" else row.actor_id
    who = {"actor_role": row.actor_role, "org": row.org, "by": by, "reason": row.reason}
    return _line(row.at, "step", row.action, text, language, **who)


def _elsewhere(incident: Any, language: str) -> list[TimelineLine]:
    """Return what happened to an incident in the system that closed it."""
    reported, closed = Term("在原系统上报", "Reported in another system"), Term("在原系统结案", "Closed in another system")
    return [
        _line(incident.reported_at, "step", "report", reported, language),
        _line(incident.closed_at, "step", "close", closed, language, org=incident.lead_org),
    ]


def _clock(clock: ClockView, language: str) -> TimelineLine:
    text = Term(f"时限“{clock.stage}”开始", f"The clock {clock.stage} starts")
    if clock.extended_times:
        text = Term(f"{text.zh},延期 {clock.extended_times} 次", f"{text.en}; extended {clock.extended_times} times")
    if clock.breached_at:
        text = Term(f"{text.zh},已超时", f"{text.en}; it was overdue")
    more = {"due_at": clock.due_at, "explanation": clock.explanation}
    return _line(clock.started_at, "clock", clock.stage, text, language, **more)


def _child(row: Any, machine: Machine, language: str) -> TimelineLine:
    """Return a request, an objection or a task, when it was made, with what became of it."""
    values = row._asdict()
    state, thing = machine.word(row.state), machine.thing
    about = [word(values[name]) for name in ("kind", "reason_code", "result") if values.get(name)]
    if values.get("days"):
        about.append(Term(f"{row.days} 天", f"{row.days} days"))
    said = Term("、".join(term.zh for term in about), ", ".join(term.en for term in about))
    text = Term(f"{thing.zh}({said.zh}):{state.zh}", f"{thing.en} ({said.en}): {state.en}")
    kind: Kind = "request" if machine is ADJUSTMENT else "objection" if machine is OBJECTION else "task"
    return _line(row.asked_at, kind, values.get("kind") or "objection", text, language, org=values.get("org"))


def _call(row: Any, language: str) -> TimelineLine:
    said = word(row.satisfaction)
    done = Term("已解决", "resolved") if row.is_resolved else Term("未解决", "not resolved")
    text = Term(f"回访第 {row.attempt_no} 次:未联系上", f"Call {row.attempt_no}: not reached")
    if row.is_reached:
        text = Term(f"回访第 {row.attempt_no} 次:{done.zh},{said.zh}", f"Call {row.attempt_no}: {done.en}, {said.en}")
    return _line(row.called_at, "callback", "callback", text, language, by=row.called_by)


def _pictures(attachments: Iterable[Any], language: str) -> list[TimelineLine]:
    return [
        _line(_moment(line["uploaded_at"]), "attachment", "picture", _picture(line.get("kind")), language)
        for line in attachments
    ]


def _picture(kind: str | None) -> Term:
    zh, en = "上传照片", "A picture was added"
    return Term(f"{zh}:{word(kind).zh}", f"{en}: {word(kind).en}") if kind else Term(zh, en)


def _moment(written: Any) -> Any:
    return MOMENT.validate_python(written)
