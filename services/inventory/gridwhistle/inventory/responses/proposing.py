"""Proposing a response (提出启动建议), telling those above of it, and looking at it."""

from typing import Annotated
from uuid import UUID

from fastapi import Query
from pydantic import Field

from gridwhistle.common.commands import Command
from gridwhistle.common.edge import Caller, Db, Router
from gridwhistle.common.events.inventory_alerts import WarningRelayed
from gridwhistle.common.events.inventory_responses import (
    EventClass,
    ResponseLevel,
    ResponseProposed,
)
from gridwhistle.common.ids import area_code_of, new_id
from gridwhistle.common.jurisdiction import over_the_county
from gridwhistle.common.principal import Principal
from gridwhistle.common.problems import OutsideYourArea
from gridwhistle.common.reading import one, page
from gridwhistle.common.rows import Row
from gridwhistle.common.rules import RULES
from gridwhistle.common.wire import Body, Keyset, Page, PageQuery
from gridwhistle.inventory.alerts.tables import warnings
from gridwhistle.inventory.responses.domain import (
    RESPONSE,
    Facts,
    gravest,
    level_by_colour,
    level_by_facts,
)
from gridwhistle.inventory.responses.limits import PHONE, TRIGGERS, WRITTEN
from gridwhistle.inventory.responses.refusals import (
    AreasBeyond,
    LevelMissing,
    OnlyATest,
    WarningNotInForce,
)
from gridwhistle.inventory.responses.tables import responses, threads
from gridwhistle.inventory.responses.telling import following, told_of
from gridwhistle.inventory.responses.views import (
    Areas,
    Days,
    Persons,
    ResponseLine,
    ResponseReason,
    ResponseView,
    State,
    seen_by,
)

router = Router("inventory", "Responses 应急响应")
_NEWEST = Keyset(responses.c.proposed_at, responses.c.id)


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
            area_code=area_code_of(county),
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


@router.get("/responses", may="responses:read")
async def list_responses(query: Annotated[ResponseQuery, Query()], caller: Caller, db: Db) -> Page[ResponseLine]:
    """List the responses of your county, newest first."""
    return await page(db, over_the_county(caller), responses, _NEWEST, query, ResponseLine)


@router.get("/responses/{response_id}", may="responses:read")
async def get_response(response_id: UUID, caller: Caller, db: Db) -> ResponseView:
    """Return a response of your county."""
    return seen_by(caller, await one(db, over_the_county(caller), responses, response_id))


# --- what several of them do -------------------------------------------------------------------------------------------------


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
    response, step = following(tx, tx.row), RESPONSE.step(tx.row, action, tx.caller)
    tx.move(response, step)
    tx.update(response, **{column: tx.now})
    tx.clocks.stop(response, clock)
    return tx.answer(seen_by(tx.caller, response))


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
