"""Responses (应急响应): one decision, from which all the rest follows by events, until it is lifted (启动、调整、终止)."""

import datetime as dt
from typing import Annotated, Any, Final
from uuid import UUID

from pydantic import Field

from gridwhistle.common.clocks import until
from gridwhistle.common.commands import Command
from gridwhistle.common.edge import Caller, Db, Router
from gridwhistle.common.events.inventory_responses import (
    MEASURES_MAX,
    Measure,
    ResponseActivated,
    ResponseAdjusted,
    ResponseDeclined,
    ResponseLevel,
    ResponseLifted,
    ResponseReviewed,
)
from gridwhistle.common.machine import Step
from gridwhistle.common.personal import MASKED
from gridwhistle.common.principal import system
from gridwhistle.common.rows import Row
from gridwhistle.common.wire import Body, Moment
from gridwhistle.inventory.dispatch.limits import FIRST_BATCH
from gridwhistle.inventory.responses.domain import EMERGENCY_SESSION, MEASURES, RESPONSE, gravest
from gridwhistle.inventory.responses.first_batch import expect_first_batch, wants_supplies
from gridwhistle.inventory.responses.limits import EXPECTED_END
from gridwhistle.inventory.responses.refusals import EndInThePast, VolunteersUnclear
from gridwhistle.inventory.responses.situations import begin_reports, finish_reports
from gridwhistle.inventory.responses.tables import responses, sessions
from gridwhistle.inventory.responses.telling import course_of, following, told_of
from gridwhistle.inventory.responses.views import (
    CalledVolunteers,
    Days,
    Findings,
    Persons,
    ResponseReason,
    ResponseView,
    seen_by,
)

router = Router("inventory", "Responses 应急响应")
_LONGEST: Final = dt.timedelta(days=100)
_DAY: Final = dt.timedelta(days=1)
_SYSTEM: Final = system("inventory")
Measures = Annotated[list[Measure], Field(max_length=MEASURES_MAX, examples=[["warn_public", "ready_shelters"]])]


class DecideResponse(Body):
    """That it begins: of which level, until when, and what is done. What is left out stays as it was proposed."""

    level: ResponseLevel | None = None
    expected_until: Moment
    measures: Annotated[Measures | None, Field(description="What is done; without it, what belongs to the level.")] = None
    expected_persons: Persons | None = None
    expected_days: Days | None = None
    volunteers: CalledVolunteers | None = None
    reason: Annotated[str, Field(max_length=500), MASKED] | None = None


class AdjustResponse(ResponseReason):
    """What is otherwise from now on; what is left out stays."""

    level: ResponseLevel | None = None
    expected_until: Moment | None = None
    measures: Measures | None = None
    expected_persons: Persons | None = None


class ReviewResponse(Body):
    """What was learned; no names."""

    findings: Annotated[Findings, MASKED]


@router.post("/responses/{response_id}/decide", may="responses:decide")
async def decide_response(response_id: UUID, body: DecideResponse, caller: Caller, db: Db) -> ResponseView:
    """Let it begin (启动响应). Stock, shelters, teams, volunteers and incidents follow by events of one correlation id.

    Who may decide depends on the level, the graver of the one proposed and the one that is said: the office's director on IV,
    a deputy head on III, the head on II and I.
    """
    async with db.command(caller, responses, response_id) as tx:
        response = following(tx, tx.row)
        level = body.level or response.level
        step = _by_the_graver(tx, "decide", level)
        _check_end(tx, body.expected_until)
        _check_volunteers(tx, body.volunteers)
        session = _open_session(tx, response)
        tx.move(
            response,
            step,
            reason=body.reason,
            limits={EXPECTED_END: until(tx.now, body.expected_until)},
            level=level,
            decided_by=caller.id,
            decided_role=min(step.who & caller.roles),
            decided_at=tx.now,
            session_id=session.id,
            expected_until=body.expected_until,
            measures=list(MEASURES[level]) if body.measures is None else body.measures,
            volunteers=body.volunteers and body.volunteers.model_dump(mode="json"),
            expected_persons=_given(body.expected_persons, response.expected_persons),
            expected_days=_given(body.expected_days, response.expected_days),
        )
        tx.tell(response, ResponseActivated(**told_of(response), **course_of(response)))
        await begin_reports(tx, response)
        if wants_supplies(response):
            await expect_first_batch(tx, response)
        return tx.answer(seen_by(caller, response))


@router.post("/responses/{response_id}/decline", may="responses:decide")
async def decline_response(response_id: UUID, body: ResponseReason, caller: Caller, db: Db) -> ResponseView:
    """Say that there is none (不启动), and why."""
    async with db.command(caller, responses, response_id) as tx:
        response, step = following(tx, tx.row), RESPONSE.step(tx.row, "decline", caller)
        role = min(step.who & caller.roles)
        tx.move(
            *(response, step),
            reason=body.reason, decided_by=caller.id, decided_role=role, decided_at=tx.now, terminal_at=tx.now,
        )  # fmt: skip
        tx.tell(response, ResponseDeclined(**told_of(response)))
        return tx.answer(seen_by(caller, response))


@router.post("/responses/{response_id}/adjust", may="responses:decide")
async def adjust_response(response_id: UUID, body: AdjustResponse, caller: Caller, db: Db) -> ResponseView:
    """Change its level, its measures or how long it lasts (调整响应): by who decides on the graver of both levels."""
    async with db.command(caller, responses, response_id) as tx:
        response = following(tx, tx.row)
        level = body.level or response.level
        step = _by_the_graver(tx, "adjust", level)
        ends = body.expected_until or response.expected_until
        tx.move(
            response,
            step,
            reason=body.reason,
            level=level,
            expected_until=ends,
            measures=_given(body.measures, response.measures),
            expected_persons=_given(body.expected_persons, response.expected_persons),
        )
        if body.expected_until:
            _check_end(tx, ends)
            await tx.clocks.set_again(response, EXPECTED_END, until(tx.now, ends))
        tx.tell(response, ResponseAdjusted(**told_of(response), **course_of(response)))
        if wants_supplies(response):
            await expect_first_batch(tx, response)
        return tx.answer(seen_by(caller, response))


@router.post("/responses/{response_id}/lift", may="responses:decide")
async def lift_response(response_id: UUID, body: ResponseReason, caller: Caller, db: Db) -> ResponseView:
    """Lift it (终止响应): every service hears, final reports become due, and in thirty days what is personal goes."""
    async with db.command(caller, responses, response_id) as tx:
        response, step = following(tx, tx.row), RESPONSE.step(tx.row, "lift", caller)
        [session] = await tx.hold(sessions, [response.session_id])
        assert session is not None, "a response has had its session since it began"
        tx.move(session, EMERGENCY_SESSION.step(session, "lift", _SYSTEM), lifted_at=tx.now)
        tx.move(response, step, reason=body.reason, lifted_at=tx.now)
        tx.clocks.stop(response, FIRST_BATCH)
        await finish_reports(tx, response)
        tx.tell(response, ResponseLifted(**told_of(response)))
        return tx.answer(seen_by(caller, response))


@router.post("/responses/{response_id}/review", may="responses:decide")
async def review_response(response_id: UUID, body: ReviewResponse, caller: Caller, db: Db) -> ResponseView:
    """Write down what was learned (总结评估), within thirty days of the lift."""
    async with db.command(caller, responses, response_id) as tx:
        response, step = following(tx, tx.row), RESPONSE.step(tx.row, "review", caller)
        tx.move(response, step, findings=body.findings, reviewed_at=tx.now, terminal_at=tx.now)
        tx.tell(response, ResponseReviewed(**told_of(response)))
        return tx.answer(seen_by(caller, response))


def _by_the_graver(tx: Command, action: str, level: ResponseLevel) -> Step:
    """Return the step for who decides on the graver of the level that the response has and the one that it shall have."""
    response = tx.row
    tx.update(response, level=gravest(level, response.level))
    return RESPONSE.step(response, action, tx.caller)


def _open_session(tx: Command, response: Row) -> Row:
    session = tx.create(sessions, EMERGENCY_SESSION.step(None, "open", _SYSTEM), area_code=response.area_code, opened_at=tx.now)
    tx.db.emergency_session_id = session.id
    return session


def _check_end(tx: Command, expected_until: dt.datetime) -> None:
    if not tx.now < expected_until <= tx.now + _LONGEST:
        raise EndInThePast


def _check_volunteers(tx: Command, wanted: CalledVolunteers | None) -> None:
    if wanted and not (wanted.start_at < wanted.end_at <= wanted.start_at + _DAY and wanted.end_at > tx.now):
        raise VolunteersUnclear


def _given(said: Any, before: Any) -> Any:
    return before if said is None else said
