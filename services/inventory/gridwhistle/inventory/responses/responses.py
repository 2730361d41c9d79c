"""Responses (应急响应): one decision, from which all the rest follows by events, until it is lifted."""

import datetime as dt
from typing import Annotated, Any, Final
from uuid import UUID

from fastapi import Query
from pydantic import Field

from gridwhistle.common.commands import Command
from gridwhistle.common.edge import Caller, Db, Router
from gridwhistle.common.events.inventory_alerts import WarningRelayed
from gridwhistle.common.events.inventory_responses import (
    MEASURES_MAX,
    EventClass,
    Measure,
    ResponseActivated,
    ResponseAdjusted,
    ResponseDeclined,
    ResponseLevel,
    ResponseLifted,
    ResponseProposed,
    ResponseReviewed,
)
from gridwhistle.common.ids import new_id
from gridwhistle.common.personal import MASKED
from gridwhistle.common.principal import Principal, system
from gridwhistle.common.problems import OutsideYourArea
from gridwhistle.common.reading import one, page
from gridwhistle.common.rows import Row
from gridwhistle.common.rules import RULES
from gridwhistle.common.wire import Body, Keyset, Moment, Page, PageQuery
from gridwhistle.inventory.alerts.domain import AREA_DIGITS
from gridwhistle.inventory.alerts.relaying import until
from gridwhistle.inventory.alerts.tables import warnings
from gridwhistle.inventory.alerts.warnings import over_the_county
from gridwhistle.inventory.responses.domain import (
    EMERGENCY_SESSION,
    MEASURES,
    RESPONSE,
    Facts,
    gravest,
    level_by_colour,
    level_by_facts,
)
from gridwhistle.inventory.responses.limits import EXPECTED_END, PHONE, TRIGGERS, WRITTEN
from gridwhistle.inventory.responses.refusals import (
    AreasBeyond,
    EndInThePast,
    LevelMissing,
    OnlyATest,
    VolunteersUnclear,
    WarningNotInForce,
)
from gridwhistle.inventory.responses.situations import begin_reports, finish_reports
from gridwhistle.inventory.responses.tables import responses, sessions, threads
from gridwhistle.inventory.responses.views import (
    Areas,
    CalledVolunteers,
    Days,
    Findings,
    Persons,
    ResponseLine,
    ResponseReason,
    ResponseView,
    State,
    seen_by,
)

router = Router("inventory", "Responses 应急响应")
_NEWEST = Keyset(responses.c.proposed_at, responses.c.id)
_LONGEST: Final = dt.timedelta(days=100)
_DAY: Final = dt.timedelta(days=1)
SYSTEM: Final = system("inventory")
Measures = Annotated[list[Measure], Field(max_length=MEASURES_MAX, examples=[["warn_public", "ready_shelters"]])]


class ResponseTrigger(Body):
    """What is known of the disaster so far."""

    dead_or_missing: Annotated[int, Field(ge=0, le=1_000_000, examples=[0])] = 0
    relocated: Annotated[int, Field(ge=0, le=1_000_000, examples=[320])] = 0
    houses_collapsed: Annotated[int, Field(ge=0, le=1_000_000, examples=[0])] = 0
    houses_damaged: Annotated[int, Field(ge=0, le=1_000_000, examples=[12])] = 0


class NewResponse(ResponseReason):
    """What a response is proposed for. Without a level the numbers and the warning say which."""

    event_class: EventClass
    level: ResponseLevel | None = None
    areas: Areas
    warning_id: Annotated[UUID | None, Field(strict=False, description="The warning that it follows from.")] = None
    trigger: ResponseTrigger | None = None
    expected_persons: Persons = 0
    expected_days: Days = 3


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


class ResponseQuery(PageQuery):
    """Which responses."""

    state: State | None = None
    level: ResponseLevel | None = None


@router.post("/responses", may="responses:propose", status_code=201)
async def propose_response(body: NewResponse, caller: Caller, db: Db) -> ResponseView:
    """Propose a response (提出启动建议). The clocks of the decision and of the reports to those above begin."""
    county = _county_of(body.areas, caller)
    async with db.command(caller, *([(warnings, body.warning_id)] if body.warning_id else ())) as tx:
        step, id_ = RESPONSE.step(None, "propose", caller), new_id()
        warning = tx.row if body.warning_id else None
        if warning and (warning.county_code != county or warning.state != "relayed"):
            raise WarningNotInForce
        if warning and warning.status != "actual":
            raise OnlyATest
        db.correlation_id = warning.correlation_id if warning else str(id_)
        response = tx.create(
            responses,
            step,
            reason=body.reason,
            id=id_,
            area_code=county.ljust(AREA_DIGITS, "0"),
            event_class=body.event_class,
            level=body.level or await _suggested(tx, county, warning, body.trigger),
            areas=sorted(set(body.areas)),
            warning_id=body.warning_id,
            trigger=body.trigger and dict(body.trigger),
            correlation_id=db.correlation_id,
            proposed_by=caller.id,
            proposed_at=tx.now,
            expected_persons=body.expected_persons,
            expected_days=body.expected_days,
        )
        if warning:
            _begin_thread(tx, response, warning)
        tx.update(response, reason=body.reason)
        tx.tell(response, ResponseProposed(**told_of(response), warning_id=body.warning_id))
        return tx.answer(seen_by(caller, response))


@router.post("/responses/{response_id}/decide", may="responses:decide")
async def decide_response(response_id: UUID, body: DecideResponse, caller: Caller, db: Db) -> ResponseView:
    """Let it begin (启动响应). Stock, shelters, teams, volunteers and incidents follow by events of one correlation id.

    Who may decide depends on the level: the office's director on IV, a deputy head on III, the head on II and I.
    """
    async with db.command(caller, responses, response_id) as tx:
        response = _following(tx, tx.row)
        if body.level:
            tx.update(response, level=body.level)
        step = RESPONSE.step(response, "decide", caller)
        _check_end(tx, body.expected_until)
        _check_volunteers(tx, body.volunteers)
        session = _open_session(tx, response)
        tx.move(
            response,
            step,
            reason=body.reason,
            limits={EXPECTED_END: until(tx.now, body.expected_until)},
            decided_by=caller.id,
            decided_role=min(step.who & caller.roles),
            decided_at=tx.now,
            session_id=session.id,
            expected_until=body.expected_until,
            measures=list(MEASURES[response.level]) if body.measures is None else body.measures,
            volunteers=body.volunteers and body.volunteers.model_dump(mode="json"),
            expected_persons=_given(body.expected_persons, response.expected_persons),
            expected_days=_given(body.expected_days, response.expected_days),
        )
        tx.tell(response, ResponseActivated(**told_of(response), **course_of(response)))
        await begin_reports(tx, response)
        return tx.answer(seen_by(caller, response))


@router.post("/responses/{response_id}/decline", may="responses:decide")
async def decline_response(response_id: UUID, body: ResponseReason, caller: Caller, db: Db) -> ResponseView:
    """Say that there is none (不启动), and why."""
    async with db.command(caller, responses, response_id) as tx:
        response, step = _following(tx, tx.row), RESPONSE.step(tx.row, "decline", caller)
        role = min(step.who & caller.roles)
        tx.move(
            *(response, step),
            reason=body.reason, decided_by=caller.id, decided_role=role, decided_at=tx.now, terminal_at=tx.now,
        )  # fmt: skip
        tx.tell(response, ResponseDeclined(**told_of(response)))
        return tx.answer(seen_by(caller, response))


@router.post("/responses/{response_id}/report_by_phone", may="responses:propose")
async def report_by_phone(response_id: UUID, caller: Caller, db: Db) -> ResponseView:
    """Note that those above were told by telephone (电话报告): within twenty minutes."""
    async with db.command(caller, responses, response_id) as tx:
        return _reported(tx, "report_by_phone", "phoned_at", PHONE)


@router.post("/responses/{response_id}/report_in_writing", may="responses:propose")
async def report_in_writing(response_id: UUID, caller: Caller, db: Db) -> ResponseView:
    """Note that those above were told in writing (书面报告): within forty minutes."""
    async with db.command(caller, responses, response_id) as tx:
        return _reported(tx, "report_in_writing", "written_at", WRITTEN)


@router.post("/responses/{response_id}/adjust", may="responses:decide")
async def adjust_response(response_id: UUID, body: AdjustResponse, caller: Caller, db: Db) -> ResponseView:
    """Change its level, its measures or how long it lasts (调整响应): by who decides on the graver of both levels."""
    async with db.command(caller, responses, response_id) as tx:
        response, before = _following(tx, tx.row), tx.row.level
        level = body.level or before
        tx.update(response, level=gravest(level, before))
        step = RESPONSE.step(response, "adjust", caller)
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
        return tx.answer(seen_by(caller, response))


@router.post("/responses/{response_id}/lift", may="responses:decide")
async def lift_response(response_id: UUID, body: ResponseReason, caller: Caller, db: Db) -> ResponseView:
    """Lift it (终止响应): every service hears, final reports become due, and in thirty days what is personal goes."""
    async with db.command(caller, responses, response_id) as tx:
        response, step = _following(tx, tx.row), RESPONSE.step(tx.row, "lift", caller)
        [session] = await tx.hold(sessions, [response.session_id])
        assert session is not None, "a response has had its session since it began"
        tx.move(session, EMERGENCY_SESSION.step(session, "lift", SYSTEM), lifted_at=tx.now)
        tx.move(response, step, reason=body.reason, lifted_at=tx.now)
        await finish_reports(tx, response)
        tx.tell(response, ResponseLifted(**told_of(response)))
        return tx.answer(seen_by(caller, response))


@router.post("/responses/{response_id}/review", may="responses:decide")
async def review_response(response_id: UUID, body: ReviewResponse, caller: Caller, db: Db) -> ResponseView:
    """Write down what was learned (总结评估), within thirty days of the lift."""
    async with db.command(caller, responses, response_id) as tx:
        response, step = _following(tx, tx.row), RESPONSE.step(tx.row, "review", caller)
        tx.move(response, step, findings=body.findings, reviewed_at=tx.now, terminal_at=tx.now)
        tx.tell(response, ResponseReviewed(**told_of(response)))
        return tx.answer(seen_by(caller, response))


@router.get("/responses", may="responses:read")
async def list_responses(query: Annotated[ResponseQuery, Query()], caller: Caller, db: Db) -> Page[ResponseLine]:
    """List the responses of your county, newest first."""
    return await page(db, over_the_county(caller), responses, _NEWEST, query, ResponseLine)


@router.get("/responses/{response_id}", may="responses:read")
async def get_response(response_id: UUID, caller: Caller, db: Db) -> ResponseView:
    """Return a response of your county."""
    return seen_by(caller, await one(db, over_the_county(caller), responses, response_id))


# --- what several of them do -------------------------------------------------------------------------------------------------


def told_of(response: Row) -> dict[str, Any]:
    """Return what every event of a response carries."""
    return {name: getattr(response, name) for name in ("level", "event_class", "areas")}


def course_of(response: Row) -> dict[str, Any]:
    """Return what is told of a response that runs."""
    return {name: getattr(response, name) for name in ("measures", "expected_persons", "expected_days", "expected_until")}


def _following(tx: Command, response: Row) -> Row:
    """Let what this command tells be part of the response's thread."""
    tx.db.correlation_id, tx.db.emergency_session_id = response.correlation_id, response.session_id
    return response


def _begin_thread(tx: Command, response: Row, warning: Row) -> None:
    tx.insert(
        threads,
        response_id=response.id,
        event_id=new_id(),
        event_type=WarningRelayed.type,
        thing_id=warning.id,
        area_code=warning.area_code,
        actor_role="auto",
        at=warning.relayed_at,
    )


def _reported(tx: Command, action: str, column: str, clock: str) -> ResponseView:
    response, step = _following(tx, tx.row), RESPONSE.step(tx.row, action, tx.caller)
    tx.move(response, step)
    tx.update(response, **{column: tx.now})
    tx.clocks.stop(response, clock)
    return tx.answer(seen_by(tx.caller, response))


def _open_session(tx: Command, response: Row) -> Row:
    session = tx.create(sessions, EMERGENCY_SESSION.step(None, "open", SYSTEM), area_code=response.area_code, opened_at=tx.now)
    tx.db.emergency_session_id = session.id
    return session


def _county_of(areas: list[str], caller: Principal) -> str:
    counties = {area[:6] for area in areas}
    if len(counties) > 1:
        raise AreasBeyond
    county = counties.pop()
    if not caller.reaches_place(county):
        raise OutsideYourArea
    return county


async def _suggested(tx: Command, county: str, warning: Row | None, trigger: ResponseTrigger | None) -> ResponseLevel:
    rules = await RULES.of(tx.db)
    thresholds = {key: rules.of(key, county, tx.now).amount for key in TRIGGERS.values()}
    by_facts = level_by_facts(Facts(**dict(trigger)), thresholds) if trigger else None
    level = gravest(by_facts, level_by_colour(warning.colour) if warning else None)
    if level is None:
        raise LevelMissing
    return level


def _check_end(tx: Command, expected_until: dt.datetime) -> None:
    if not tx.now < expected_until <= tx.now + _LONGEST:
        raise EndInThePast


def _check_volunteers(tx: Command, wanted: CalledVolunteers | None) -> None:
    if wanted and not (wanted.start_at < wanted.end_at <= wanted.start_at + _DAY and wanted.end_at > tx.now):
        raise VolunteersUnclear


def _given(said: Any, before: Any) -> Any:
    return before if said is None else said
