"""Counts of cases by month (统计): for those who see cases as they are, for everybody else in cells of five or more."""

import datetime as dt
from typing import Annotated, Final, Literal

from fastapi import Query
from pydantic import Field
from sqlalchemy import func, select

from gridwhistle.common.calendars import LOCAL
from gridwhistle.common.edge import Caller, Db, Router
from gridwhistle.common.ids import AreaCode
from gridwhistle.common.jurisdiction import in_areas, within
from gridwhistle.common.moved import MOVED, today
from gridwhistle.common.rules import RULES
from gridwhistle.common.wire import Query as Asked
from gridwhistle.common.wire import View
from gridwhistle.mediation.cases.tables import cases
from gridwhistle.mediation.limits import CELL_MIN

router = Router("mediation", "Files 卷宗: statistics 统计")
By = Literal["dispute_type", "source", "channel", "grade"]
Month = Annotated[str, Field(pattern=r"^20[0-9]{2}-(0[1-9]|1[0-2])$", examples=["2026-07"])]
_AGREED: Final = ("agreed", "partial")
_CELLS_MAX: Final = 50
Number = Annotated[int | None, Field(ge=0, le=2**31 - 1, description="Null where it is too small to be told.")]


class CaseCountsQuery(Asked):
    """Which month, of which area, and by what."""

    month: Annotated[Month | None, Field(description="This one, if it is left out.")] = None
    by: By = "dispute_type"
    area_code: AreaCode | None = None


class CaseCount(View):
    """How many cases of a kind were accepted in the month, and about how many of them people agreed since."""

    key: Annotated[str, Field(pattern=r"^[A-Za-z][A-Za-z0-9_]{0,39}$", examples=["D02"])]
    accepted: Number
    agreed: Number


class CaseCounts(View):
    """The counts of a month. `cell_min` is the smallest number that is told; null where all of them are."""

    month: Month
    by: By
    cell_min: Annotated[int | None, Field(ge=1, le=1_000)]
    items: Annotated[list[CaseCount], Field(max_length=_CELLS_MAX)]


@router.get("/case_counts", may="case_counts:read")
async def count_cases(query: Annotated[CaseCountsQuery, Query()], caller: Caller, db: Db) -> CaseCounts:
    """Count the cases that were accepted in a month (统计). Whoever sees no cases sees no small numbers."""
    now = await db.now()
    month = query.month or now.astimezone(LOCAL).strftime("%Y-%m")
    column, (first, after) = cases.c[query.by], _month(month)
    agreed = func.count().filter(cases.c.outcome.in_(_AGREED) | cases.c.agreed_at.is_not(None))
    asked = [within(cases, caller), cases.c.accepted_at >= first, cases.c.accepted_at < after]
    if query.area_code:
        asked.append(in_areas(cases, (await MOVED.of(db)).prefixes(await today(db, query.area_code))))
    counted = select(column, func.count(), agreed).where(*asked).group_by(column).order_by(column).limit(_CELLS_MAX)
    found = [(row[0] or "none", row[1], row[2]) for row in await db.fetch(counted)]
    if caller.may("cases:read"):
        return CaseCounts(month=month, by=query.by, cell_min=None, items=[_cell(*row) for row in found])
    least = (await RULES.of(db)).of(CELL_MIN, query.area_code or min(caller.areas, default=""), now).amount
    told = [CaseCount(key=key, **told_of(accepted, agreed, least)) for key, accepted, agreed in found]
    return CaseCounts(month=month, by=query.by, cell_min=least, items=told)


def told_of(accepted: int, agreed: int, least: int) -> dict[str, int | None]:
    """Return which of a cell's numbers may be told: none below the least, nor one from which such a one follows."""
    rest = accepted - agreed
    is_told = accepted >= least
    return {"accepted": accepted if is_told else None, "agreed": agreed if is_told and agreed >= least <= rest else None}


def _cell(key: str, accepted: int, agreed: int) -> CaseCount:
    return CaseCount(key=key, accepted=accepted, agreed=agreed)


def _month(month: str) -> tuple[dt.datetime, dt.datetime]:
    year, number = int(month[:4]), int(month[5:])
    first = dt.datetime(year, number, 1, tzinfo=LOCAL)
    return first, dt.datetime(year + number // 12, number % 12 + 1, 1, tzinfo=LOCAL)
