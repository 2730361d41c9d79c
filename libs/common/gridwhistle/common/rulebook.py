"""Rules and calendar days as every service offers them: what holds here and why, a county's own, and what is unconfirmed."""

import datetime as dt
from typing import Annotated, Literal

from fastapi import Query as InQuery
from pydantic import AwareDatetime, Field

from gridwhistle.common.data_classes import Word
from gridwhistle.common.deadlines import UNITS
from gridwhistle.common.edge import Caller, Db, Router
from gridwhistle.common.personal import MASKED
from gridwhistle.common.principal import Principal
from gridwhistle.common.problems import Invalid, NotFound, OutsideYourArea, Term
from gridwhistle.common.rules import RULES, Rule, Rules, calendar_days, check, rules
from gridwhistle.common.sheets import YES_OR_NO, Line
from gridwhistle.common.wire import Body, Day, Moment, Query, View

DAYS_MAX = 100
"""Days at once; a year's notice has about forty."""
RULES_MAX = 10_000
County = Annotated[
    str, Field(pattern=r"^([0-9]{2}){0,3}$", description="Six digits; two or four for what is wider.", examples=["990101"])
]
Key = Annotated[str, Field(pattern=r"^[a-z_]+(\.[a-z_0-9]+)+$", max_length=80, examples=["incidents.accept"])]
Source = Annotated[
    str, Field(min_length=1, max_length=200, description="The document that says so.", examples=["示例县政发〔2026〕3号"])
]
Value = Annotated[str, Field(min_length=1, max_length=200, examples=["4"])]
RuleUnit = Annotated[str, Field(max_length=20, description="Of a limit, in what it is counted.", examples=["work_hour"])]
Note = Annotated[str, Field(max_length=200)]
DayName = Annotated[str, Field(min_length=1, max_length=40, examples=["春节"])]
Year = Annotated[int, Field(ge=2000, le=2199, examples=[2026])]


class WrongUnit(Invalid):
    """A limit may be counted in other units of time, any other rule only in its own."""

    code = "wrong_unit"
    zh, en = "该规则的单位为“{unit}”,不可更改。", "The rule is in {unit}, which cannot be changed."


class InThePast(Invalid):
    """What has been counted already cannot be counted otherwise."""

    code = "effective_in_the_past"
    zh, en = (
        "effective_from 不得早于现在,effective_to 须晚于 effective_from。",
        ("effective_from may not be in the past, and effective_to comes after it."),
    )


class RuleView(View):
    """A rule: what holds, where it comes from, and whether somebody said yes to it."""

    key: Key
    value: Value
    unit: RuleUnit
    cutoff: Literal["close", "midnight"] | None
    area_code: County
    level: Annotated[Word, Field(examples=["county"])]
    source_ref: Source
    note: Note | None
    confirmed: bool
    approved_by: Annotated[str | None, Field(max_length=255)]
    effective_from: AwareDatetime
    effective_to: AwareDatetime | None


class RuleList(View):
    """Rules, by key."""

    items: Annotated[list[RuleView], Field(max_length=RULES_MAX)]


class RuleQuery(Query):
    """Which rules."""

    area_code: Annotated[County | None, Field(description="Where they hold; your own county, if left out.")] = None
    unconfirmed: Annotated[bool, Field(description="Only those that a county has to confirm before going live.")] = False
    key: Annotated[Key | None, Field(description="Every row of this rule, also those that do not hold now.")] = None


class SetRule(Body):
    """A county's own value. It holds from a moment on; clocks that run already keep what they were started with."""

    key: Key
    area_code: County
    value: Value
    unit: Annotated[str | None, Field(max_length=20, description="Of a limit, if it is to be counted otherwise.")] = None
    cutoff: Literal["close", "midnight"] | None = None
    source_ref: Source
    note: Annotated[Note, MASKED] | None = None
    effective_from: Annotated[Moment | None, Field(description="Now, if left out.")] = None
    effective_to: Moment | None = None


class ConfirmRule(Body):
    """A rule that shall hold as it is."""

    key: Key
    area_code: County


class CalendarDay(Body):
    """A day that is not what its weekday says, or what the nation's calendar says."""

    date: Day
    is_workday: bool
    name: DayName


class CalendarLine(Line):
    """A day of a calendar that is a file."""

    date: Annotated[dt.date, Term("日期", "Date")]
    is_workday: Annotated[bool, YES_OR_NO, Term("上班", "Working day")]
    name: Annotated[DayName, Term("名称", "Name")]


class PutInDays(Body):
    """Calendar days of a county: its own holidays, or the notice of a year that this release does not know yet."""

    area_code: County
    source_ref: Source
    of_notice: Annotated[bool, Field(description="These are all days of the State Council's notice for their year.")] = False
    days: Annotated[list[CalendarDay], Field(min_length=1, max_length=DAYS_MAX)]


class CalendarDayView(View):
    """A day that is not what its weekday says."""

    date: dt.date
    is_workday: bool
    name: DayName
    source_ref: Source


class CalendarQuery(Query):
    """Which year, and where."""

    year: Year
    area_code: County | None = None


class CalendarView(View):
    """The special days of a year. Until a year is published, what is counted in it is provisional."""

    year: Year
    is_published: bool
    items: Annotated[list[CalendarDayView], Field(max_length=366)]


def routes(service: str) -> Router:
    """Return the routes of a service for its rules and its calendar."""
    router = Router(service, "Rules 规则", in_every_service=True)
    router.get("/rules", may="rules:read")(list_rules)
    router.post("/rules", may="rules:write", status_code=201)(set_rule)
    router.post("/rules/confirm", may="rules:write")(confirm_rule)
    router.get("/calendar_days", may="rules:read")(list_calendar_days)
    router.post("/calendar_days", may="rules:write")(put_in_calendar_days)
    return router


async def list_rules(query: Annotated[RuleQuery, InQuery()], caller: Caller, db: Db) -> RuleList:
    """List the rules (规则) as they hold in a county, each with its source, level and validity."""
    area, now, known = _county(query.area_code, caller), await db.now(), await RULES.of(db)
    if query.key:
        rows = [rule for rule in known.rows if rule.key == query.key and area.startswith(rule.area_code)]
        rows.sort(key=lambda rule: (len(rule.area_code), rule.effective_from), reverse=True)
    else:
        rows = known.all(area, now)
    items = [view(rule) for rule in rows if not (query.unconfirmed and rule.confirmed)]
    return RuleList.model_construct(items=items)


async def set_rule(body: SetRule, caller: Caller, db: Db) -> RuleView:
    """Set a county's own value of a rule. It becomes a further row; what held before can still be read."""
    known = await RULES.of(db)
    async with db.command(caller) as tx:
        before = _rule(known, body.key, body.area_code, tx.now)
        unit = body.unit or before.unit
        if unit != before.unit and not {unit, before.unit} <= UNITS.keys():
            raise WrongUnit(unit=UNITS.get(before.unit) or Term(before.unit, before.unit))
        check(unit, body.value)
        begins = body.effective_from or tx.now
        if begins < tx.now or (body.effective_to and body.effective_to <= begins):
            raise InThePast
        row = tx.create(
            rules,
            None,
            area_code=body.area_code,
            key=body.key,
            value=body.value,
            unit=unit,
            cutoff=body.cutoff,
            source_ref=body.source_ref,
            note=body.note,
            effective_from=begins,
            effective_to=body.effective_to,
            approved_by=caller.id,
        )
        answer = tx.answer(RuleView.of(row, confirmed=True, level=level_of(row.area_code)))
    RULES.forget(db.database)
    return answer


async def confirm_rule(body: ConfirmRule, caller: Caller, db: Db) -> RuleView:
    """Confirm (确认) that a rule shall hold in a county as it is: the same value becomes the county's own."""
    rule = _rule(await RULES.of(db), body.key, body.area_code, await db.now())
    given = {name: getattr(rule, name) for name in ("key", "value", "unit", "cutoff", "source_ref", "note")}
    return await set_rule(SetRule.model_construct(**given, area_code=body.area_code), caller, db)


async def list_calendar_days(query: Annotated[CalendarQuery, InQuery()], caller: Caller, db: Db) -> CalendarView:
    """List the days of a year that are not what their weekday says: holidays, make-up days, and what was put in."""
    calendar = (await RULES.of(db)).calendar(_county(query.area_code, caller))
    items = [
        CalendarDayView(date=date, is_workday=day.is_workday, name=day.why.zh, source_ref=day.source)
        for date, day in calendar.special(query.year).items()
    ]
    return CalendarView(year=query.year, is_published=calendar.published(query.year), items=items)


async def put_in_calendar_days(body: PutInDays, caller: Caller, db: Db) -> CalendarView:
    """Put calendar days in. Open clocks that they concern are computed again within a minute."""
    if not caller.reaches_place(body.area_code):
        raise OutsideYourArea
    year = max(day.date.year for day in body.days)  # a notice may begin with the last days of the year before
    is_published = body.of_notice or (await RULES.of(db)).calendar(body.area_code).published(year)
    async with db.command(caller) as tx:
        for day in body.days:
            row = tx.insert(
                calendar_days,
                version=1,
                area_code=body.area_code,
                date=day.date,
                is_workday=day.is_workday,
                name=day.name,
                of_notice=body.of_notice,
                source_ref=body.source_ref,
                put_in_at=tx.now,
                put_in_by=caller.id,
            )
        tx.record(row, "put_in", f"{len(body.days)} days of {year}")
        items = [CalendarDayView.of(day, source_ref=body.source_ref) for day in body.days]
        answer = tx.answer(CalendarView(year=year, is_published=is_published, items=items))
    RULES.forget(db.database)
    return answer


def view(rule: Rule) -> RuleView:
    """Return a rule as it is shown."""
    return RuleView.model_construct(**{name: getattr(rule, name) for name in RuleView.model_fields})


def _county(asked: str | None, caller: Principal) -> str:
    """Return the place that is asked about: one of the caller's, or one that lies around it."""
    own = [area[:6] for area in caller.areas]
    area = asked if asked is not None else next(iter(own), "")
    if not any(area.startswith(place) or place.startswith(area) for place in own):
        raise OutsideYourArea
    return area


def _rule(known: Rules, key: str, area_code: str, now: dt.datetime) -> Rule:
    if not known.knows(key, area_code, now):
        raise NotFound(thing=Term("规则", "rule"))
    return known.of(key, area_code, now)


def level_of(area_code: str) -> str:
    """Return the level of the place that a rule is of."""
    return {0: "national", 2: "province", 4: "city"}.get(len(area_code), "county")
