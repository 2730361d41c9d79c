"""Committees (人民调解委员会): set up, put on file, elected anew every three years."""

import datetime as dt
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import Query
from pydantic import AwareDatetime, Field
from sqlalchemy import func, select

from gridwhistle.common.calendars import day_of
from gridwhistle.common.commands import Command
from gridwhistle.common.data_classes import OPEN, PublicName
from gridwhistle.common.edge import Caller, Db, Router
from gridwhistle.common.events.mediation import (
    CommitteeChanged,
    CommitteeFiled,
    CommitteeKind,
    CommitteeSetUp,
    DisputeType,
)
from gridwhistle.common.ids import AreaCode
from gridwhistle.common.principal import Principal
from gridwhistle.common.problems import Term
from gridwhistle.common.reading import one, page
from gridwhistle.common.reasons import Reason
from gridwhistle.common.rows import Row
from gridwhistle.common.wire import Actions, Body, Day, Keyset, Page, PageQuery, Version, View
from gridwhistle.mediation.committees.refusals import CommitteeIncomplete, NotAMember, StillToCome
from gridwhistle.mediation.committees.states import COMMITTEE
from gridwhistle.mediation.committees.tables import committees, mediators
from gridwhistle.mediation.limits import MEMBERS_MAX, MEMBERS_MIN, TERM_YEARS
from gridwhistle.mediation.words import DISPUTES

router = Router("mediation", "Committees 调解组织")
_NEWEST = Keyset(committees.c.id)
CommitteeState = Literal[COMMITTEE.states]  # type: ignore[name-defined]
ShortName = Annotated[str, Field(min_length=1, max_length=20, pattern=r"^[^\s\x00-\x1f\x7f\x85()（）0-9]+$", examples=["望湖"])]
SealNo = Annotated[str, Field(pattern=r"^[A-Za-z0-9-]{4,30}$", examples=["9901010012345"])]
Industries = Annotated[list[DisputeType], Field(min_length=1, max_length=len(DISPUTES))]


class NewCommittee(Body):
    """A committee that is to be put on file. Its members are registered next; files are numbered by its short name."""

    name: PublicName
    short_name: ShortName
    kind: CommitteeKind
    industries: Industries | None = None
    area_code: AreaCode
    elected_on: Day
    seal_no: SealNo | None = None


class CommitteeAlteration(Body):
    """What changes; what is left out stays."""

    name: PublicName | None = None
    seal_no: SealNo | None = None
    industries: Industries | None = None
    reason: Reason


class CommitteeFiling(Body):
    """What the bureau has looked at besides seal, chair and number: of whom it is true is not kept."""

    has_women: Annotated[bool, Field(description="There are women among its members (人民调解法 art. 8).")]
    mirrors_mixed_area: Annotated[
        bool,
        Field(description="Where several peoples (民族) live, they are among its members; true as well where one lives alone."),
    ]


class Election(Body):
    """When its members were elected anew."""

    elected_on: Day
    reason: Reason | None = None


class InTheChair(Body):
    """Which member is in the chair."""

    mediator_id: UUID


class DisputeTypeLine(View):
    """A kind of dispute, in both languages."""

    code: DisputeType
    zh: Annotated[str, Field(max_length=40, examples=["邻里"])]
    en: Annotated[str, Field(max_length=60, examples=["between neighbours"])]


class DisputeTypes(View):
    """All kinds of dispute."""

    items: Annotated[list[DisputeTypeLine], Field(max_length=50)]


class CommitteeLine(View):
    """A committee in a list."""

    id: UUID
    version: Version
    name: PublicName
    short_name: ShortName
    kind: Annotated[CommitteeKind, OPEN]
    state: Annotated[CommitteeState, OPEN]
    area_code: AreaCode
    industries: Industries | None
    elected_on: dt.date
    term_end_on: dt.date
    filed_at: AwareDatetime | None


class CommitteeView(CommitteeLine):
    """A committee, with how many members it has who can act."""

    seal_no: SealNo | None
    chair_id: UUID | None
    members: Annotated[int, Field(ge=0, le=100)]
    term_is_over: bool
    actions: Actions


class CommitteesQuery(PageQuery):
    """Which committees."""

    area_code: AreaCode | None = None
    kind: CommitteeKind | None = None
    state: CommitteeState | None = None


@router.get("/dispute_types", may="committees:read")
async def list_dispute_types(_caller: Caller) -> DisputeTypes:
    """List the kinds of dispute (纠纷类型) in both languages."""
    return DisputeTypes(items=[DisputeTypeLine(code=code, zh=term.zh, en=term.en) for code, term in DISPUTES.items()])


@router.post("/committees", may="committees:write", status_code=201)
async def set_up_committee(body: NewCommittee, caller: Caller, db: Db) -> CommitteeView:
    """Set up a committee (设立). It has thirty working days to be put on file."""
    async with db.command(caller) as tx:
        step = COMMITTEE.step(None, "set_up", caller)
        if body.elected_on > day_of(tx.now):
            raise StillToCome
        made = tx.create(
            committees,
            step,
            **dict(body),
            has_women=False,
            mirrors_mixed_area=False,
            term_end_on=years_after(body.elected_on, tx.rule(TERM_YEARS, body.area_code).amount),
            file_no_last=0,
            set_up_at=tx.now,
        )
        tx.tell(made, CommitteeSetUp(kind=made.kind))
        return tx.answer(_view(tx, made, 0))


@router.get("/committees", may="committees:read")
async def list_committees(query: Annotated[CommitteesQuery, Query()], caller: Caller, db: Db) -> Page[CommitteeLine]:
    """List committees, newest first."""
    return await page(db, caller, committees, _NEWEST, query, CommitteeLine)


@router.get("/committees/{committee_id}", may="committees:read")
async def get_committee(committee_id: UUID, caller: Caller, db: Db) -> CommitteeView:
    """Return a committee."""
    found, now = await one(db, caller, committees, committee_id), await db.now()
    return committee_view(found, await members_of(db, committee_id), now, caller)


@router.post("/committees/{committee_id}/name_chair", may="committees:write")
async def name_chair(committee_id: UUID, body: InTheChair, caller: Caller, db: Db) -> CommitteeView:
    """Say which of its members is in the chair (主任)."""
    async with db.command(caller, committees, committee_id) as tx:
        step = COMMITTEE.step(tx.row, "name_chair", caller)
        (member,) = await tx.hold(mediators, [body.mediator_id]) or (None,)
        if member is None or member.committee_id != committee_id or not member.is_member or member.state != "active":
            raise NotAMember
        return await _changed(tx, step, None, chair_id=member.id)


@router.post("/committees/{committee_id}/elect", may="committees:write")
async def elect(committee_id: UUID, body: Election, caller: Caller, db: Db) -> CommitteeView:
    """Enter that its members were elected anew (换届): their term is three years from that day."""
    async with db.command(caller, committees, committee_id) as tx:
        step = COMMITTEE.step(tx.row, "elect", caller)
        if body.elected_on > day_of(tx.now):
            raise StillToCome
        ends = years_after(body.elected_on, tx.rule(TERM_YEARS).amount)
        return await _changed(tx, step, body.reason, elected_on=body.elected_on, term_end_on=ends)


@router.post("/committees/{committee_id}/alter", may="committees:write")
async def alter(committee_id: UUID, body: CommitteeAlteration, caller: Caller, db: Db) -> CommitteeView:
    """Change a committee's name, seal or trades (变更); it has to be put on file anew."""
    async with db.command(caller, committees, committee_id) as tx:
        step = COMMITTEE.step(tx.row, "alter", caller)
        changes = {name: value for name, value in body if value is not None and name != "reason"}
        return await _changed(tx, step, body.reason, **changes)


@router.post("/committees/{committee_id}/file", may="committees:file")
async def file(committee_id: UUID, body: CommitteeFiling, caller: Caller, db: Db) -> CommitteeView:
    """Put a committee on file (备案): it has a seal, a chair, three to nine members, women among them, and is in its term."""
    async with db.command(caller, committees, committee_id) as tx:
        step, row = COMMITTEE.step(tx.row, "file", caller), tx.row
        members = await members_of(db, committee_id)
        least, most = tx.rule(MEMBERS_MIN).amount, tx.rule(MEMBERS_MAX).amount
        lacks = {
            Term(f"{least} 至 {most} 名委员", f"{least} to {most} members"): least <= members <= most,
            Term("主任", "a chair"): row.chair_id is not None,
            Term("印章", "a seal"): row.seal_no is not None,
            Term("女性委员", "women among its members"): body.has_women,
            Term("多民族居住地区的相应委员", "members of the peoples who live there"): body.mirrors_mixed_area,
            Term("任期之内", "a term that is not over"): row.term_end_on > day_of(tx.now),
        }
        if missing := [term for term, there in lacks.items() if not there]:
            raise CommitteeIncomplete(missing=missing)
        tx.move(row, step, filed_at=tx.now, **dict(body))
        tx.tell(row, CommitteeFiled(kind=row.kind))
        return tx.answer(_view(tx, row, members))


def years_after(day: dt.date, years: int) -> dt.date:
    """Return the day so many years later; after a 29th of February, the 1st of March where there is none."""
    try:
        return day.replace(year=day.year + years)
    except ValueError:
        return dt.date(day.year + years, 3, 1)


async def members_of(db: Db, committee_id: UUID) -> int:
    """Return how many members a committee has who can act."""
    acting = mediators.c.committee_id == committee_id, mediators.c.is_member, mediators.c.state == "active"
    return await db.counted(select(func.count()).select_from(mediators).where(*acting))


async def _changed(tx: Command, step: Any, reason: str | None, **values: Any) -> CommitteeView:
    tx.move(tx.row, step, reason=reason, **values)
    tx.tell(tx.row, CommitteeChanged(kind=tx.row.kind))
    return tx.answer(_view(tx, tx.row, await members_of(tx.db, tx.row.id)))


def _view(tx: Command, row: Row, members: int) -> CommitteeView:
    return committee_view(row, members, tx.now, tx.caller)


def committee_view(row: Any, members: int, now: dt.datetime, caller: Principal) -> CommitteeView:
    """Return a committee as the caller sees it."""
    over, may = row.term_end_on <= day_of(now), COMMITTEE.actions(row, caller)
    return CommitteeView.of(row, members=members, term_is_over=over, actions=may)
