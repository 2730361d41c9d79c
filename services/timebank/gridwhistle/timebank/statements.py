"""Statements of an account (对账单): what was on it, what came and went, what is on it; as JSON, CSV or XLSX."""

import datetime as dt
from collections.abc import Sequence
from typing import Annotated, Any, Final
from uuid import UUID

from fastapi import Query
from pydantic import Field
from sqlalchemy import select

from gridwhistle.common.calendars import LOCAL, day_of
from gridwhistle.common.database import Db as Work
from gridwhistle.common.edge import Caller, Db, Router
from gridwhistle.common.problems import Invalid, Term
from gridwhistle.common.sheet_formats import MEDIA_TYPES
from gridwhistle.common.sheets import WRITTEN_ROWS_MAX, Column, download
from gridwhistle.common.wire import Day, File, View
from gridwhistle.common.wire import Query as Asked
from gridwhistle.timebank.accounts import readable
from gridwhistle.timebank.books import ENTRIES, EntryView
from gridwhistle.timebank.domain import WORDS
from gridwhistle.timebank.ledger import Balance, own_reference

router = Router("timebank", "Books 账簿")
ENTRIES_MAX: Final = 1_000
_COLUMNS: Final = (
    Column("at", Term("时间", "time")),
    Column("type", Term("类型", "type")),
    Column("delta_minutes", Term("变动(分钟)", "change (minutes)")),
    Column("balance_minutes", Term("余额(分钟)", "balance (minutes)")),
    Column("other_account_id", Term("对方账户", "other account")),
    Column("reference", Term("业务编号", "reference")),
    Column("posting_id", Term("记账编号", "posting")),
)


class StatementQuery(Asked):
    """From the beginning of a day to the end of another, by the county's clocks; of the last day's month, if left out."""

    from_on: Day | None = None
    to_on: Day | None = None


class StatementView(View):
    """What was on the account at the beginning, each entry in its order, and what was on it at the end."""

    account_id: UUID
    from_on: dt.date
    to_on: dt.date
    opening_minutes: Balance
    closing_minutes: Balance
    entries: Annotated[list[EntryView], Field(max_length=ENTRIES_MAX)]


class TooManyEntries(Invalid):
    """A statement that is looked at has so many entries, and a file has the others."""

    code = "too_many_entries"
    zh, en = "该期间超过 {most} 笔;请缩短期间,或导出文件。", "There are more than {most} entries; take fewer days, or a file."


class DaysUnclear(Invalid):
    """A statement ends on the day on which it begins, or later."""

    code = "days_unclear"
    zh, en = "对账期间的首日不得晚于末日。", "The first day of a statement is not after its last."


@router.get("/accounts/{account_id}/statement", may="accounts:read")
async def get_statement(account_id: UUID, query: Annotated[StatementQuery, Query()], caller: Caller, db: Db) -> StatementView:
    """Return the statement of an account (对账单) for some days."""
    await readable(db, caller, account_id)
    first, last, begins, ends = await _days(db, query)
    rows = await _entries(db, account_id, begins, ends, ENTRIES_MAX)
    if len(rows) > ENTRIES_MAX:
        raise TooManyEntries(most=ENTRIES_MAX)
    opening = await _balance(db, account_id, begins)
    return StatementView.model_construct(
        account_id=account_id,
        from_on=first,
        to_on=last,
        opening_minutes=opening,
        closing_minutes=rows[-1].balance_minutes if rows else opening,
        entries=[EntryView.of(row, reference=own_reference(row)) for row in rows],
    )


@router.get("/accounts/{account_id}/statement/export", may="accounts:read", gives=MEDIA_TYPES)
async def export_statement(account_id: UUID, query: Annotated[StatementQuery, Query()], caller: Caller, db: Db) -> File:
    """Return the statement of an account as a file: a line for each entry, the first for what was there before."""
    await readable(db, caller, account_id)
    first, last, begins, ends = await _days(db, query)
    opening = await _balance(db, account_id, begins)
    before = Term("期初余额", "opening balance")
    lines: list[list[Any]] = [[_local(begins), getattr(before, db.language), None, opening, None, None, None]]
    for row in await _entries(db, account_id, begins, ends, WRITTEN_ROWS_MAX):
        word = getattr(WORDS[row.type], db.language)
        sums = row.delta_minutes, row.balance_minutes
        lines.append([_local(row.at), word, *sums, row.other_account_id, own_reference(row), row.posting_id])
    return await download(f"statement-{first}-{last}", db.media_type, _COLUMNS, lines, db.language)


async def _days(db: Work, query: StatementQuery) -> tuple[dt.date, dt.date, dt.datetime, dt.datetime]:
    """Return the first and the last day, and the instants at which the one begins and the other ends.

    Raises:
        DaysUnclear: the first is after the last.
    """
    last = query.to_on or day_of(await db.now())
    first = query.from_on or last.replace(day=1)
    if first > last:
        raise DaysUnclear
    begins, ends = (dt.datetime.combine(day, dt.time(), LOCAL) for day in (first, last + dt.timedelta(days=1)))
    return first, last, begins, ends


async def _entries(db: Work, account_id: UUID, begins: dt.datetime, ends: dt.datetime, most: int) -> Sequence[Any]:
    entry = ENTRIES.c
    asked = select(ENTRIES).where(entry.account_id == account_id, entry.at >= begins, entry.at < ends)
    return await db.fetch(asked.order_by(entry.at, entry.account_version).limit(most + 1))


async def _balance(db: Work, account_id: UUID, at: dt.datetime) -> int:
    """Return what was on an account before an instant."""
    entry = ENTRIES.c
    asked = select(entry.balance_minutes).where(entry.account_id == account_id, entry.at < at)
    last = await db.first(asked.order_by(entry.at.desc(), entry.account_version.desc()))
    return last.balance_minutes if last else 0


def _local(at: dt.datetime) -> str:
    return f"{at.astimezone(LOCAL):%Y-%m-%d %H:%M:%S}"
