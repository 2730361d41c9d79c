"""Counts of cases by month (统计): for those who see cases as they are, for everybody else in steps of five.

Whoever sees no cases is told sums of one kind of cell: a whole township's disputes of one kind in a month that is over, each
number rounded down. Numbers under five are all the same in it, so nothing made of such cells tells one from another (ADR 24).
"""

import datetime as dt
from collections.abc import Iterable
from typing import Annotated, Any, Final, Literal

from fastapi import Query
from pydantic import Field
from sqlalchemy import BigInteger, Column, ColumnElement, Select, cast, func, select

from gridwhistle.common.calendars import LOCAL
from gridwhistle.common.edge import Caller, Db, Router
from gridwhistle.common.ids import AreaCode, prefix_of
from gridwhistle.common.jurisdiction import in_areas, within
from gridwhistle.common.moved import MOVED, today
from gridwhistle.common.rules import RULES
from gridwhistle.common.wire import Query as Asked
from gridwhistle.common.wire import View
from gridwhistle.mediation.cases.tables import cases
from gridwhistle.mediation.files.refusals import CountsToldInWhole
from gridwhistle.mediation.limits import CELL_MIN

router = Router("mediation", "Files 卷宗: statistics 统计")
By = Literal["dispute_type", "source", "channel", "grade"]
Month = Annotated[str, Field(pattern=r"^20[0-9]{2}-(0[1-9]|1[0-2])$", examples=["2026-07"])]
_CELLS_MAX: Final = 50
_TOWN_DIGITS: Final = 9
Number = Annotated[int, Field(ge=0, le=2**31 - 1)]


class CaseCountsQuery(Asked):
    """Which month, of which area, and by what."""

    month: Annotated[Month | None, Field(description="This one, or the last, if it is left out.")] = None
    by: By = "dispute_type"
    area_code: AreaCode | None = None


class CaseCount(View):
    """How many cases of a kind were accepted in the month, and about how many of them people have agreed."""

    key: Annotated[str, Field(pattern=r"^[A-Za-z][A-Za-z0-9_]{0,39}$", examples=["D02"])]
    accepted: Number
    agreed: Number


class CaseCounts(View):
    """The counts of a month. `cell_min`: the step to which each township's number is rounded down; null: as they are."""

    month: Month
    by: By
    cell_min: Annotated[int | None, Field(ge=1, le=1_000)]
    items: Annotated[list[CaseCount], Field(max_length=_CELLS_MAX)]


@router.get("/case_counts", may="case_counts:read")
async def count_cases(query: Annotated[CaseCountsQuery, Query()], caller: Caller, db: Db) -> CaseCounts:
    """Count the cases that were accepted in a month (统计), and those that people have agreed about by now.

    Whoever sees no cases is told counts by kind of dispute, of months that are over and of whole counties or townships, in
    steps of `cell_min`; and what was agreed before this month began.
    """
    now = await db.now()
    begun, _ = _month(f"{now.astimezone(LOCAL):%Y-%m}")
    asked, own = (await MOVED.of(db)).prefixes(await today(db, query.area_code)) if query.area_code else ("",), caller.areas
    if caller.may("cases:read"):
        month, until, step = query.month or f"{begun:%Y-%m}", now, None
        where = within(cases, caller), in_areas(cases, asked)
    else:
        month, until = query.month or f"{begun - dt.timedelta(days=1):%Y-%m}", begun
        _check_whole(query, is_over=_month(month)[1] <= begun)
        step = (await RULES.of(db)).of(CELL_MIN, query.area_code or min(own, default=""), now).amount
        where = in_areas(cases, _towns(own)), in_areas(cases, _towns(asked))
    first, after = _month(month)
    counted = _counted(cases.c[query.by], until, step or 1, *where, cases.c.accepted_at >= first, cases.c.accepted_at < after)
    items = [CaseCount(key=row[0] or "none", accepted=row[1], agreed=row[2]) for row in await db.fetch(counted)]
    return CaseCounts(month=month, by=query.by, cell_min=step, items=items)


def _check_whole(query: CaseCountsQuery, *, is_over: bool) -> None:
    of_a_part = query.area_code is not None and len(prefix_of(query.area_code)) > _TOWN_DIGITS
    if of_a_part or not is_over or query.by != "dispute_type":
        raise CountsToldInWhole


def _towns(prefixes: Iterable[str]) -> list[str]:
    """Return those areas that are no part of a township: of a part nobody is told who could take it from the whole."""
    return [prefix for prefix in prefixes if len(prefix) <= _TOWN_DIGITS]


def _counted(by: Column[Any], until: dt.datetime, step: int, *where: ColumnElement[bool]) -> Select[Any]:
    """Return the question: townships' numbers, each rounded down to whole steps, summed. What comes to nothing is not there."""
    agreed = func.count().filter(cases.c.agreed_at < until)
    numbers = [(number - number % step).label(name) for name, number in {"accepted": func.count(), "agreed": agreed}.items()]
    cells = select(by.label("key"), *numbers).where(*where).group_by(cases.c.town_code, by).subquery()
    accepted, agreed_on = (cast(func.sum(cells.c[name]), BigInteger) for name in ("accepted", "agreed"))
    told = select(cells.c.key, accepted, agreed_on).group_by(cells.c.key).having(accepted > 0)
    return told.order_by(cells.c.key).limit(_CELLS_MAX)


def _month(month: str) -> tuple[dt.datetime, dt.datetime]:
    year, number = int(month[:4]), int(month[5:])
    first = dt.datetime(year, number, 1, tzinfo=LOCAL)
    return first, dt.datetime(year + number // 12, number % 12 + 1, 1, tzinfo=LOCAL)
