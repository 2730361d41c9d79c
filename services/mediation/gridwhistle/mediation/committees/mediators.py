"""Those who mediate (调解员): of a committee, or from the rosters of lawyers (律师) and of police liaisons (公安联络员)."""

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
from gridwhistle.common.events import Event
from gridwhistle.common.events.mediation import (
    CommitteeChanged,
    DisputeType,
    MediatorKind,
    MediatorPaused,
    MediatorRecalled,
    MediatorRegistered,
    MediatorResumed,
    RecallReason,
)
from gridwhistle.common.ids import AreaCode, OrgCode
from gridwhistle.common.machine import check
from gridwhistle.common.principal import Principal
from gridwhistle.common.reading import one, page
from gridwhistle.common.reasons import Why
from gridwhistle.common.rows import Row
from gridwhistle.common.wire import Actions, Body, Day, Keyset, Page, PageQuery, Version, View
from gridwhistle.mediation.committees.refusals import (
    CommitteeFull,
    CredentialsMissing,
    EnoughTrainings,
    NotQualified,
    StillToCome,
    UnknownCommittee,
)
from gridwhistle.mediation.committees.states import COMMITTEE, MEDIATOR, not_oneself
from gridwhistle.mediation.committees.tables import committees, mediators, trainings
from gridwhistle.mediation.limits import MEMBERS_MAX
from gridwhistle.mediation.words import DISPUTES

router = Router("mediation", "Mediators 调解员")
_NEWEST = Keyset(mediators.c.id)
TRAININGS_MAX = 200
MediatorState = Literal[MEDIATOR.states]  # type: ignore[name-defined]
Standing = Literal["active", "paused", "expired", "recalled"]
Grade = Literal["first", "second", "third", "fourth"]
Specialties = Annotated[list[DisputeType], Field(max_length=len(DISPUTES))]
LicenceNo = Annotated[str, Field(pattern=r"^[0-9]{10,20}$", examples=["19901201510000001"])]
Hours = Annotated[int, Field(ge=1, le=400, examples=[8])]


class NewMediator(Body):
    """Somebody who mediates. Their tokens carry the id as their subject. The name stands on the public roster (调解员名册)."""

    name: PublicName
    kind: MediatorKind
    area_code: AreaCode
    committee_id: UUID | None = None
    is_member: Annotated[bool, Field(description="One of the committee's three to nine (委员).")] = False
    worker_id: Annotated[
        UUID | None,
        Field(description="Of a grid worker who mediates as well (网格员兼任); who leaves is paused."),
    ] = None
    is_full_time: bool = False
    org: Annotated[OrgCode | None, Field(description="A lawyer's firm, a liaison's station.")] = None
    licence_no: LicenceNo | None = None
    specialties: Annotated[Specialties, Field(default_factory=list)]
    appointed_on: Day
    term_end_on: Day | None = None
    insured_until: Day | None = None
    is_qualified: Annotated[bool, Field(description="Somebody has seen that they are of age, fair, and know some law.")]


class MediatorChange(Body):
    """What changes; what is left out stays."""

    specialties: Specialties | None = None
    grade: Grade | None = None
    term_end_on: Day | None = None
    insured_until: Day | None = None
    is_full_time: bool | None = None


class MediatorTraining(Body):
    """A course that somebody attended."""

    course: Annotated[str, Field(min_length=2, max_length=60, examples=["人民调解业务培训"])]
    hours: Hours
    held_on: Day


class Recall(Why):
    """Why somebody mediates no more."""

    reason_code: RecallReason


class MediatorTrainingView(View):
    """A course that somebody attended."""

    course: Annotated[str, Field(max_length=60, examples=["人民调解业务培训"])]
    hours: Hours
    held_on: dt.date


class MediatorLine(View):
    """Somebody who mediates, as the roster shows them."""

    id: UUID
    version: Version
    name: PublicName
    kind: Annotated[MediatorKind, OPEN]
    state: Annotated[MediatorState, OPEN]
    area_code: AreaCode
    committee_id: UUID | None
    is_member: bool
    is_full_time: bool
    worker_id: UUID | None
    org: OrgCode | None
    licence_no: LicenceNo | None
    specialties: Specialties
    grade: Annotated[Grade, OPEN] | None
    term_end_on: dt.date | None
    insured_until: dt.date | None
    training_hours: Annotated[int, Field(ge=0, le=80_000)]


class MediatorView(MediatorLine):
    """Somebody who mediates, whole. `standing` is the state, or that their time is over."""

    standing: Annotated[Standing, OPEN]
    appointed_on: dt.date
    recalled_for: Annotated[RecallReason, OPEN] | None
    registered_at: AwareDatetime
    trainings: Annotated[list[MediatorTrainingView], Field(max_length=TRAININGS_MAX)]
    actions: Actions


class MediatorsQuery(PageQuery):
    """Which mediators: `kind=lawyer` and `kind=police` are the two rosters."""

    area_code: AreaCode | None = None
    committee_id: UUID | None = None
    kind: MediatorKind | None = None
    state: MediatorState | None = None


@router.post("/mediators", may="committees:write", status_code=201)
async def register_mediator(body: NewMediator, caller: Caller, db: Db) -> MediatorView:
    """Register somebody who mediates (登记): elected, appointed, invited, or on the roster of lawyers or police liaisons."""
    _check_credentials(body)
    held = [(committees, body.committee_id)] if body.committee_id else []
    async with db.command(caller, *held) as tx:
        step = MEDIATOR.step(None, "register", caller)
        if body.committee_id:
            await _check_committee(tx, tx.row, is_member=body.is_member)
        values = {name: value for name, value in body if name != "is_qualified"}
        made = tx.create(mediators, step, **values, training_hours=0, registered_at=tx.now)
        tx.tell(made, MediatorRegistered(kind=made.kind, committee_id=made.committee_id))
        return tx.answer(_view(made, [], tx.now, caller))


@router.get("/mediators", may="committees:read")
async def list_mediators(query: Annotated[MediatorsQuery, Query()], caller: Caller, db: Db) -> Page[MediatorLine]:
    """List those who mediate, newest first."""
    return await page(db, caller, mediators, _NEWEST, query, MediatorLine)


@router.get("/mediators/{mediator_id}", may="committees:read")
async def get_mediator(mediator_id: UUID, caller: Caller, db: Db) -> MediatorView:
    """Return somebody who mediates, with their training."""
    found, now = await one(db, caller, mediators, mediator_id), await db.now()
    learnt = await db.fetch(select(trainings).where(trainings.c.mediator_id == mediator_id).limit(TRAININGS_MAX))
    return _view(found, learnt, now, caller)


@router.patch("/mediators/{mediator_id}", may="committees:write")
async def change_mediator(mediator_id: UUID, body: MediatorChange, caller: Caller, db: Db) -> MediatorView:
    """Change what somebody is good at, their grade, or until when they are appointed and insured."""
    async with db.command(caller, mediators, mediator_id) as tx:
        check(tx.row, caller, not_oneself)
        changes = {name: value for name, value in body if value is not None}
        tx.update(tx.row, **changes)
        tx.record(tx.row, "change", " ".join(sorted(changes)))
        return tx.answer(await _whole(tx))


@router.post("/mediators/{mediator_id}/trainings", may="committees:write", status_code=201)
async def add_mediator_training(mediator_id: UUID, body: MediatorTraining, caller: Caller, db: Db) -> MediatorView:
    """Enter a course that somebody attended (业务培训)."""
    async with db.command(caller, mediators, mediator_id) as tx:
        check(tx.row, caller, not_oneself)
        if body.held_on > day_of(tx.now):
            raise StillToCome
        learnt = await tx.children(trainings)
        if len(learnt) >= TRAININGS_MAX:
            raise EnoughTrainings(most=TRAININGS_MAX)
        made = tx.insert(trainings, mediator_id=mediator_id, entered_by=caller.id, **dict(body))
        tx.update(tx.row, training_hours=tx.row.training_hours + body.hours)
        tx.record(tx.row, "train")
        return tx.answer(_view(tx.row, [*learnt, made], tx.now, caller))


@router.post("/mediators/{mediator_id}/pause", may="committees:write")
async def pause_mediator(mediator_id: UUID, body: Why, caller: Caller, db: Db) -> MediatorView:
    """Let somebody have no new cases for some time (暂停)."""
    return await _step(db, caller, mediator_id, "pause", body.reason)


@router.post("/mediators/{mediator_id}/resume", may="committees:write")
async def resume_mediator(mediator_id: UUID, body: Why, caller: Caller, db: Db) -> MediatorView:
    """Let somebody mediate again (恢复)."""
    return await _step(db, caller, mediator_id, "resume", body.reason)


@router.post("/mediators/{mediator_id}/recall", may="committees:write")
async def recall(mediator_id: UUID, body: Recall, caller: Caller, db: Db) -> MediatorView:
    """Let somebody mediate no more (罢免、解聘). A member's committee has to be put on file anew."""
    async with db.command(caller, mediators, mediator_id) as tx:
        row, step = tx.row, MEDIATOR.step(tx.row, "recall", caller)
        if row.is_member:
            (committee,) = await tx.hold(committees, [row.committee_id])
            if committee and committee.state == "filed":
                _lose_a_member(tx, committee, row)
        tx.move(row, step, reason=body.reason, recalled_for=body.reason_code, terminal_at=tx.now)
        tx.tell(row, MediatorRecalled(**_facts(row), reason_code=body.reason_code))
        return tx.answer(await _whole(tx))


def standing_of(mediator: Any, now: dt.datetime) -> Standing:
    """Return whether somebody can be given a case: their state, or that the time they were appointed for is over."""
    if mediator.state == "active" and mediator.term_end_on and mediator.term_end_on <= day_of(now):
        return "expired"
    standing: Standing = mediator.state
    return standing


def _check_credentials(body: NewMediator) -> None:
    if not body.is_qualified:
        raise NotQualified
    lacks_committee = body.committee_id is None and (body.is_member or body.kind in {"elected", "appointed"})
    lacks_house = body.kind in {"lawyer", "police"} and not body.org
    if lacks_committee or lacks_house or (body.kind == "lawyer" and not body.licence_no):
        raise CredentialsMissing
    if body.is_member and body.kind != "elected":
        raise CredentialsMissing


async def _check_committee(tx: Command, committee: Row, *, is_member: bool) -> None:
    if committee.state == "dissolved":
        raise UnknownCommittee
    if not is_member:
        return
    acting = mediators.c.committee_id == committee.id, mediators.c.is_member, mediators.c.state != "recalled"
    most = tx.rule(MEMBERS_MAX).amount
    if await tx.db.counted(select(func.count()).select_from(mediators).where(*acting)) >= most:
        raise CommitteeFull(most=most)
    if committee.state == "filed":
        tx.move(committee, COMMITTEE.step(committee, "alter", tx.caller), reason="a member more")
        tx.tell(committee, CommitteeChanged(kind=committee.kind))


def _lose_a_member(tx: Command, committee: Row, member: Row) -> None:
    chair: dict[str, Any] = {"chair_id": None} if committee.chair_id == member.id else {}
    tx.move(committee, COMMITTEE.step(committee, "alter", tx.caller), reason="a member less", **chair)
    tx.tell(committee, CommitteeChanged(kind=committee.kind))


async def _step(db: Db, caller: Principal, mediator_id: UUID, action: str, reason: str) -> MediatorView:
    async with db.command(caller, mediators, mediator_id) as tx:
        tx.move(tx.row, MEDIATOR.step(tx.row, action, caller), reason=reason)
        told: type[Event] = MediatorPaused if action == "pause" else MediatorResumed
        tx.tell(tx.row, told(**_facts(tx.row)))
        return tx.answer(await _whole(tx))


def _facts(row: Any) -> dict[str, Any]:
    return {"kind": row.kind, "committee_id": row.committee_id}


async def _whole(tx: Command) -> MediatorView:
    return _view(tx.row, await tx.children(trainings), tx.now, tx.caller)


def _view(row: Any, learnt: list[Any], now: dt.datetime, caller: Principal) -> MediatorView:
    shown = [MediatorTrainingView.of(one) for one in learnt]
    return MediatorView.of(row, standing=standing_of(row, now), trainings=shown, actions=MEDIATOR.actions(row, caller))
