"""Situation reports (灾情报告): each township and the county report at once, each day, and at the end; zero is a report too."""

import datetime as dt
from decimal import Decimal
from typing import Annotated, Any, Final, Literal
from uuid import UUID

from fastapi import Query
from pydantic import AwareDatetime, Field
from sqlalchemy import func, select

from gridwhistle.common.calendars import LOCAL
from gridwhistle.common.clocks import Limit, until
from gridwhistle.common.commands import Command
from gridwhistle.common.data_classes import OPEN, Count, ThingId
from gridwhistle.common.edge import Caller, Db, Router
from gridwhistle.common.events.inventory_responses import ReportDue, ReportKind, SituationReported
from gridwhistle.common.events.inventory_stock import Quantity
from gridwhistle.common.firing import OnClock
from gridwhistle.common.ids import AreaCode, area_code_of, prefix_of
from gridwhistle.common.jurisdiction import over_the_county, within
from gridwhistle.common.principal import system
from gridwhistle.common.reading import one, page
from gridwhistle.common.rows import Row
from gridwhistle.common.rules import RULES
from gridwhistle.common.wire import Actions, Body, Keyset, Moment, Page, PageQuery, Version, View
from gridwhistle.inventory.responses.domain import SITUATION
from gridwhistle.inventory.responses.limits import (
    DAILY_HOUR,
    DAILY_HOUR_COUNTY,
    FINAL_COUNTY,
    FIRST_COUNTY,
    REPORT_DAILY,
    REPORT_FINAL,
    REPORT_FIRST,
    SKIPS_LEVEL,
)
from gridwhistle.inventory.responses.refusals import DataAhead
from gridwhistle.inventory.responses.tables import NUMBERS, known_areas, reports, responses, situations

router = Router("inventory", "Situation reports 灾情报告")
_NEWEST = Keyset(situations.c.began_at, situations.c.id)
_SYSTEM: Final = system("inventory")
_DAY: Final = dt.timedelta(days=1)
_KINDS: Final[dict[str, ReportKind]] = {"first_due": "first", "daily": "continued", "final_due": "final"}
_TOWN_DIGITS: Final = 9
TOWNS_MAX: Final = 100
REPORTS_MAX: Final = 500
State = Literal[SITUATION.states]  # type: ignore[name-defined]
People = Annotated[int, Field(ge=0, le=10_000_000, examples=[0])]


class NewSituationReport(Body):
    """What has happened in the area so far, all together. What is left out stays as it was reported last, nought at first.

    So a report that says nothing says that nothing is new (零报告).
    """

    dead: People | None = None
    missing: People | None = None
    relocated: People | None = None
    urgent_aid: People | None = None
    houses_collapsed: People | None = None
    houses_damaged: People | None = None
    crop_hectares: Quantity | None = None
    loss_10k_yuan: Annotated[Quantity | None, Field(description="Direct loss, in ten thousands of yuan.")] = None
    data_to: Annotated[Moment | None, Field(description="Up to when; now, if left out.")] = None


class _Numbers(View):
    dead: Count
    missing: Count
    relocated: Count
    urgent_aid: Count
    houses_collapsed: Count
    houses_damaged: Count
    crop_hectares: Quantity
    loss_10k_yuan: Quantity


class SituationLine(_Numbers):
    """What one area has reported last, and when it reports next."""

    id: UUID
    version: Version
    response_id: ThingId
    area_code: AreaCode
    level: Annotated[Literal["county", "township"], OPEN]
    state: Annotated[State, OPEN]
    missed_times: Count
    data_to: AwareDatetime | None
    due_at: AwareDatetime | None
    reported_at: AwareDatetime | None


class SituationView(SituationLine):
    """What one area has reported last, and what you may do."""

    skips_level: Annotated[bool, Field(description="Ten dead or missing: report past the county as well (越级上报).")]
    actions: Actions


class SituationReportLine(_Numbers):
    """One report, as it was made."""

    kind: Annotated[ReportKind, OPEN]
    data_to: AwareDatetime
    due_at: AwareDatetime | None
    submitted_at: AwareDatetime
    is_late: bool
    skips_level: bool


class SituationReports(View):
    """The reports of an area, oldest first, and five hundred at most."""

    items: Annotated[list[SituationReportLine], Field(max_length=REPORTS_MAX)]


class SituationTotals(_Numbers):
    """What the townships have reported last, added up: what the county's own report is checked against."""

    townships: Count
    reported: Annotated[Count, Field(description="Townships that have reported at all.")]


class SituationQuery(PageQuery):
    """Of which response, in which state."""

    response_id: UUID | None = None
    state: State | None = None


@router.post("/situations/{situation_id}/report", may="situations:report")
async def report_situation(situation_id: UUID, body: NewSituationReport, caller: Caller, db: Db) -> SituationView:
    """Report what has happened (灾情上报): the first report, each day's, or the final one, as its state says."""
    async with db.command(caller, situations, situation_id) as tx:
        situation, step = tx.row, SITUATION.step(tx.row, "report", caller)
        response = await db.first(select(responses).where(responses.c.id == situation.response_id))
        assert response is not None, "a situation is one of a response"
        db.correlation_id, db.emergency_session_id = response.correlation_id, response.session_id
        data_to = body.data_to or tx.now
        if not response.decided_at - _DAY <= data_to <= tx.now:
            raise DataAhead
        numbers = {name: getattr(situation, name) if said is None else said for name, said in body if name != "data_to"}
        kind, due_at, missed = _KINDS[situation.state], situation.due_at, await _missed(tx, situation)
        owed_at = due_at and due_at - _DAY * missed
        skips = numbers["dead"] + numbers["missing"] >= tx.rule(SKIPS_LEVEL).amount
        tx.insert(
            reports,
            situation_id=situation.id,
            kind=kind,
            **numbers,
            data_to=data_to,
            due_at=owed_at,
            submitted_at=tx.now,
            submitted_by=caller.id,
            is_late=missed or (owed_at is not None and tx.now > owed_at),
            skips_level=skips,
        )
        next_at = _next_due(tx, situation, data_to) if step.target == "daily" else None
        limits = {REPORT_DAILY: until(tx.now, next_at)} if next_at else {}
        was_daily = situation.state == "daily"
        ended = tx.now if step.target == "done" else None
        tx.move(
            *(situation, step),
            limits=limits, **numbers, data_to=data_to, reported_at=tx.now, due_at=next_at, terminal_at=ended,
        )  # fmt: skip
        if was_daily and next_at and next_at != due_at:
            await tx.clocks.set_again(situation, REPORT_DAILY, limits[REPORT_DAILY])
        counted = {name: numbers[name] for name in NUMBERS}
        tx.tell(situation, SituationReported(kind=kind, **counted, skips_level=skips))
        return tx.answer(_view(situation, caller, skips=skips))


@router.get("/situations", may="responses:read")
async def list_situations(query: Annotated[SituationQuery, Query()], caller: Caller, db: Db) -> Page[SituationLine]:
    """List what the areas of your county have reported last, newest first."""
    return await page(db, over_the_county(caller), situations, _NEWEST, query, SituationLine)


@router.get("/situations/{situation_id}", may="responses:read")
async def get_situation(situation_id: UUID, caller: Caller, db: Db) -> SituationView:
    """Return what an area has reported last."""
    situation = await one(db, over_the_county(caller), situations, situation_id)
    rule = (await RULES.of(db)).of(SKIPS_LEVEL, situation.area_code, await db.now()).amount
    return _view(situation, caller, skips=situation.dead + situation.missing >= rule)


@router.get("/situations/{situation_id}/past_reports", may="responses:read")
async def list_reports(situation_id: UUID, caller: Caller, db: Db) -> SituationReports:
    """List the reports of an area, oldest first."""
    situation = await one(db, over_the_county(caller), situations, situation_id)
    made = select(reports).where(reports.c.situation_id == situation.id).order_by(reports.c.id).limit(REPORTS_MAX)
    return SituationReports(items=[SituationReportLine.of(row) for row in await db.fetch(made)])


@router.get("/responses/{response_id}/totals", may="responses:read")
async def get_totals(response_id: UUID, caller: Caller, db: Db) -> SituationTotals:
    """Add up what the townships of a response have reported last."""
    response = await one(db, over_the_county(caller), responses, response_id)
    numbers = [*NUMBERS, "crop_hectares", "loss_10k_yuan"]
    sums = [func.coalesce(func.sum(situations.c[name]), 0).label(name) for name in numbers]
    counts = func.count().label("townships"), func.count(situations.c.reported_at).label("reported")
    of_it = situations.c.response_id == response.id, situations.c.level == "township"
    found = await db.first(select(*sums, *counts).where(*of_it, within(situations, over_the_county(caller))))
    assert found is not None
    return SituationTotals.of(found)


# --- how they begin, and end -------------------------------------------------------------------------------------------------


async def begin_reports(tx: Command, response: Row) -> None:
    """Let the county and the townships of a response owe their first reports."""
    step = SITUATION.step(None, "begin", _SYSTEM)
    nothing: dict[str, Any] = dict.fromkeys(NUMBERS, 0)
    for area_code in (response.area_code, *await _towns(tx, response)):
        level = _level(area_code)
        first = tx.rule(FIRST_COUNTY if level == "county" else REPORT_FIRST, area_code)
        situation = tx.create(
            situations,
            step,
            limits={REPORT_FIRST: Limit(first.amount, first.unit)},
            area_code=area_code,
            response_id=response.id,
            level=level,
            missed_times=0,
            **nothing,
            crop_hectares=Decimal(0),
            loss_10k_yuan=Decimal(0),
            began_at=tx.now,
            due_at=tx.now + first.amount * dt.timedelta(hours=1),
        )
        tx.tell(situation, ReportDue(kind="first", due_at=situation.due_at, is_overdue=False))


async def finish_reports(tx: Command, response: Row) -> None:
    """Let the county and the townships of a response that is over owe their final reports."""
    ids = select(situations.c.id).where(situations.c.response_id == response.id, situations.c.state != "done")
    for situation in await tx.hold(situations, [row.id for row in await tx.db.fetch(ids)]):
        if situation is None or situation.state not in {"first_due", "daily"}:
            continue
        rule = tx.rule(FINAL_COUNTY if situation.level == "county" else REPORT_FINAL, situation.area_code)
        limits = {REPORT_FINAL: Limit(rule.amount, rule.unit)}
        tx.move(situation, SITUATION.step(situation, "finish", _SYSTEM), limits=limits)
        tx.update(situation, due_at=tx.clocks.due_at(situation, REPORT_FINAL))


async def remind(tx: Command, situation: Row, clock: Row, percent: int) -> None:
    """Tell that a report is due soon, or overdue; a day without one is counted, and the next day's becomes due."""
    kind = _KINDS[situation.state]
    response = await tx.db.first(select(responses).where(responses.c.id == situation.response_id))
    if response:
        tx.db.correlation_id, tx.db.emergency_session_id = response.correlation_id, response.session_id
    overdue = percent >= 100  # noqa: PLR2004  all of the limit
    due_at = situation.due_at or clock.due_at  # to the second, where the clock counts whole minutes
    tx.tell(situation, ReportDue(kind=kind, due_at=due_at, is_overdue=overdue))
    if percent == 100:  # noqa: PLR2004  as above
        tx.update(situation, missed_times=situation.missed_times + 1)
        if situation.state == "daily":
            next_at = due_at + _DAY
            tx.update(situation, due_at=next_at)
            await tx.clocks.set_again(situation, REPORT_DAILY, until(tx.now, next_at))


ON_CLOCK: Final[dict[str, OnClock]] = dict.fromkeys((REPORT_FIRST, REPORT_DAILY, REPORT_FINAL), remind)


async def _missed(tx: Command, situation: Row) -> bool:
    """Tell whether a day has passed without its report: the clock was set again after the last one, for the next day's."""
    running = (clock for clock in await tx.clocks.of(situation) if clock.rule_key == REPORT_DAILY and not clock.stopped_at)
    return any(clock.started_at > situation.reported_at for clock in running)


def _next_due(tx: Command, situation: Row, data_to: dt.datetime) -> dt.datetime:
    """Return when the next daily report is due: one that has the data of the whole day before counts for the day."""
    hour = tx.rule(DAILY_HOUR_COUNTY if situation.level == "county" else DAILY_HOUR).amount
    local = tx.now.astimezone(LOCAL)
    today = local.replace(hour=hour % 24, minute=0, second=0, microsecond=0)
    if situation.state != "daily" or situation.due_at is None:
        return today if local < today else today + _DAY
    due: dt.datetime = situation.due_at.astimezone(LOCAL)
    midnight = due.replace(hour=0, minute=0)
    while due <= local or data_to >= midnight:
        due, midnight = due + _DAY, midnight + _DAY
    return due


async def _towns(tx: Command, response: Row) -> list[str]:
    prefixes = {prefix_of(area) for area in response.areas}
    towns = {area_code_of(prefix, _TOWN_DIGITS) for prefix in prefixes if len(prefix) >= _TOWN_DIGITS}
    if any(len(prefix) < _TOWN_DIGITS for prefix in prefixes):
        of_county = known_areas.c.area_code.startswith(response.area_code[:6]), known_areas.c.level == "township"
        known = select(known_areas.c.area_code).where(*of_county, known_areas.c.retired_at.is_(None)).limit(TOWNS_MAX)
        towns |= {row.area_code for row in await tx.db.fetch(known)}
    return sorted(towns)[:TOWNS_MAX]


def _level(area_code: str) -> str:
    return "county" if area_code.endswith("000000") else "township"


def _view(situation: Any, caller: Caller, *, skips: bool) -> SituationView:
    return SituationView.of(situation, skips_level=skips, actions=SITUATION.actions(situation, caller))
