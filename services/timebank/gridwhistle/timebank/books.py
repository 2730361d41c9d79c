"""What can be read of the books: an account's entries and its balance at any instant, and the trial balance of a county."""

import datetime as dt
from typing import Annotated, Any, Final
from uuid import UUID

from fastapi import Query
from pydantic import AwareDatetime, Field
from sqlalchemy import BigInteger, ColumnElement, FromClause, Select, Subquery, cast, func, literal, select, union_all

from gridwhistle.common.data_classes import OPEN, Count
from gridwhistle.common.edge import Caller, Db, Router
from gridwhistle.common.events.timebank import AccountKind, PostingType
from gridwhistle.common.ids import AreaCode, CountyCode
from gridwhistle.common.jurisdiction import within
from gridwhistle.common.problems import OutsideYourArea
from gridwhistle.common.reading import one
from gridwhistle.common.reasons import Reason
from gridwhistle.common.wire import Keyset, Moment, Page, PageQuery, View
from gridwhistle.common.wire import Query as Asked
from gridwhistle.timebank.accounts import readable
from gridwhistle.timebank.domain import KINDS
from gridwhistle.timebank.ledger import Balance, facts_of, own_reference
from gridwhistle.timebank.postings import BATCH_MAX, PostingView, as_posted
from gridwhistle.timebank.tables import accounts, journals, postings

router = Router("timebank", "Books 账簿")
Instant = Annotated[Moment | None, Field(description="As it stood at this instant; now, if left out.")]


class EntryView(View):
    """One side of a posting: what it did to the account, and what was on it then."""

    posting_id: UUID
    at: AwareDatetime
    account_version: Count
    type: Annotated[PostingType, OPEN]
    delta_minutes: Balance
    balance_minutes: Balance
    other_account_id: UUID
    reference: Annotated[str | None, Field(max_length=80, examples=["order-17-capture"])]
    for_id: UUID | None
    reverses_id: UUID | None


class JournalView(View):
    """A voucher: who posted it, who approved it and why, and all that was posted with it."""

    id: UUID
    area_code: AreaCode
    posted_at: AwareDatetime
    posted_by: Annotated[str, Field(max_length=255)]
    approved_by: Annotated[str | None, Field(max_length=255)]
    reason: Reason | None
    postings: Annotated[list[PostingView], Field(max_length=BATCH_MAX)]


class EntryQuery(PageQuery):
    """Which entries."""

    for_id: Annotated[UUID | None, Field(description="Those of one claim, proposal or transfer.")] = None

    since: Annotated[Moment | None, Field(description="From this instant on.")] = None
    until: Annotated[Moment | None, Field(description="Before this instant.")] = None


class BalanceQuery(Asked):
    """At which instant."""

    at: Instant = None


class BalanceView(View):
    """What was on an account at an instant."""

    account_id: UUID
    at: AwareDatetime
    balance_minutes: Balance
    account_version: Annotated[Count, Field(description="Of the last posting until then; 0: there was none.")]


class TrialQuery(Asked):
    """Of which county, at which instant."""

    area_code: CountyCode
    at: Instant = None


class TrialLine(View):
    """All accounts of a kind."""

    kind: Annotated[AccountKind, OPEN]
    accounts: Count
    balance_minutes: Balance


class TrialBalanceView(View):
    """The balances of a county's accounts by their kind. Those of the whole county sum to zero, or the books are wrong."""

    area_code: CountyCode
    at: AwareDatetime
    is_whole: Annotated[
        bool, Field(description="Whether you see all of the county; if not, of your part there is no such rule.")
    ]
    items: Annotated[list[TrialLine], Field(max_length=len(KINDS))]
    sum_minutes: Balance


def _entries() -> Subquery:
    """Return both sides of postings, each as an entry of its account."""
    sides = []
    for own, other, sign in (("from", "to", -1), ("to", "from", 1)):
        p = postings.c
        sides.append(
            select(
                p[f"{own}_account_id"].label("account_id"),
                p.id.label("posting_id"),
                p.at,
                p[f"{own}_version"].label("account_version"),
                p.type,
                (p.minutes * sign).label("delta_minutes"),
                p[f"{own}_balance_minutes"].label("balance_minutes"),
                p[f"{other}_account_id"].label("other_account_id"),
                p.reference,
                p.for_id,
                p.reverses_id,
            )
        )
    return union_all(*sides).subquery("entry")


ENTRIES: Final = _entries()
_NEWEST: Final = Keyset(ENTRIES.c.at, ENTRIES.c.account_version)


@router.get("/accounts/{account_id}/entries", may="accounts:read")
async def list_entries(account_id: UUID, query: Annotated[EntryQuery, Query()], caller: Caller, db: Db) -> Page[EntryView]:
    """List the entries of an account (明细), newest first. Each says what was on the account after it."""
    await readable(db, caller, account_id)
    asked = select(ENTRIES).where(ENTRIES.c.account_id == account_id)
    if query.since:
        asked = asked.where(ENTRIES.c.at >= query.since)
    if query.until:
        asked = asked.where(ENTRIES.c.at < query.until)
    if query.for_id:
        asked = asked.where(ENTRIES.c.for_id == query.for_id)
    rows = await db.fetch(_NEWEST.page(asked, query))
    lines, next_cursor = _NEWEST.cut(rows, query)
    items = [EntryView.of(line, reference=own_reference(line)) for line in lines]
    return Page[EntryView].model_construct(items=items, next_cursor=next_cursor)


@router.get("/journals/{journal_id}", may="ledger:read")
async def get_journal(journal_id: UUID, caller: Caller, db: Db) -> JournalView:
    """Return a voucher (记账凭证) with its postings, in their order. Entries and postings say which one is theirs."""
    journal = await one(db, caller, journals, journal_id)
    rows = await db.fetch(select(postings).where(postings.c.journal_id == journal_id).order_by(postings.c.id).limit(BATCH_MAX))
    sides = await facts_of(db, {id_ for row in rows for id_ in (row.from_account_id, row.to_account_id)})
    return JournalView.of(journal, postings=[as_posted(row, sides, caller) for row in rows])


@router.get("/accounts/{account_id}/balance", may="accounts:read")
async def get_balance(account_id: UUID, query: Annotated[BalanceQuery, Query()], caller: Caller, db: Db) -> BalanceView:
    """Return what is on an account (余额), or was at any instant."""
    await readable(db, caller, account_id)
    asked = select(ENTRIES.c.at, ENTRIES.c.balance_minutes, ENTRIES.c.account_version)
    asked = asked.where(ENTRIES.c.account_id == account_id)
    if query.at:
        asked = asked.where(ENTRIES.c.at <= query.at)
    last = await db.first(asked.order_by(ENTRIES.c.at.desc(), ENTRIES.c.account_version.desc()))
    now = await db.now()  # carried on from what the database said last, so it may be a little behind what is written
    return BalanceView(
        account_id=account_id,
        at=query.at or (max(now, last.at) if last else now),
        balance_minutes=last.balance_minutes if last else 0,
        account_version=last.account_version if last else 0,
    )


@router.get("/trial_balance", may="ledger:read")
async def get_trial_balance(query: Annotated[TrialQuery, Query()], caller: Caller, db: Db) -> TrialBalanceView:
    """Return the trial balance (试算平衡) of a county, now or as it stood at any instant."""
    county = query.area_code
    if not any(county.startswith(area[: len(county)]) for area in caller.areas):
        raise OutsideYourArea
    rows = {row.kind: row for row in await db.fetch(_balances(county, query.at).where(within(accounts, caller)))}
    items = [
        TrialLine(kind=kind, accounts=rows[kind].accounts, balance_minutes=int(rows[kind].balance))
        for kind in KINDS
        if kind in rows
    ]
    total = sum(item.balance_minutes for item in items)
    is_whole = caller.reaches_place(county)
    return TrialBalanceView(area_code=county, at=query.at or await db.now(), is_whole=is_whole, items=items, sum_minutes=total)


def _balances(county: str, at: dt.datetime | None) -> Select[*tuple[Any, ...]]:
    """One statement, so that it is one instant whatever is posted meanwhile: what there is, less what was posted since."""
    balance, there = accounts.c.balance_minutes, accounts.c.county_code == county
    if at is None:
        return _by_kind(accounts, balance).where(there)
    minutes = func.sum(ENTRIES.c.delta_minutes).label("minutes")
    since = select(ENTRIES.c.account_id, minutes).where(ENTRIES.c.at > at).group_by(ENTRIES.c.account_id).subquery("since")
    then = balance - func.coalesce(cast(since.c.minutes, BigInteger), literal(0))
    joined = accounts.outerjoin(since, since.c.account_id == accounts.c.id)
    return _by_kind(joined, then).where(there, accounts.c.opened_at <= at)


def _by_kind(source: FromClause, balance: ColumnElement[Any]) -> Select[*tuple[Any, ...]]:
    columns = accounts.c.kind, func.count().label("accounts"), func.sum(balance).label("balance")
    return select(*columns).select_from(source).group_by(accounts.c.kind)
