"""Participants (参与人): whom stations register, what they have learnt, what they are insured and entitled for."""

import datetime as dt
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import Query
from pydantic import AwareDatetime, Field
from sqlalchemy import select

from gridwhistle.common.clocks import Limit
from gridwhistle.common.commands import Command
from gridwhistle.common.data_classes import OPEN, P2, P3, Count
from gridwhistle.common.edge import Caller, Db, Router
from gridwhistle.common.events import Event
from gridwhistle.common.events.timebank_orders import (
    ParticipantClosed,
    ParticipantFrozen,
    ParticipantRegistered,
    ParticipantUnfrozen,
)
from gridwhistle.common.ids import AreaCode
from gridwhistle.common.personal import BirthYear, Entitlement, PersonName, Phone, RealNameToken
from gridwhistle.common.principal import Principal
from gridwhistle.common.problems import Conflict, Invalid
from gridwhistle.common.reading import one, page
from gridwhistle.common.rows import Row
from gridwhistle.common.sealed import found_by
from gridwhistle.common.wire import Actions, Body, Keyset, Page, PageQuery, Version, View
from gridwhistle.timebank.eligibility import Category
from gridwhistle.timebank.freezing import Freeze
from gridwhistle.timebank.leaving import check_person_is_done, close_accounts
from gridwhistle.timebank.opening import open_for, open_for_county
from gridwhistle.timebank.participant_states import PARTICIPANT, not_about_oneself
from gridwhistle.timebank.participant_tables import ParticipantKind, entitlements, participants, trainings
from gridwhistle.timebank.people import as_lists
from gridwhistle.timebank.reasons import Why

router = Router("timebank", "Participants 参与人")
_NEWEST = Keyset(participants.c.id)
OF_ONE_MAX = 100
ParticipantState = Literal[PARTICIPANT.states]  # type: ignore[name-defined]
Course = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{1,39}$", examples=["first_aid"])]
Day = Annotated[
    dt.date,
    Field(
        strict=False,
        ge=dt.date(2000, 1, 1),
        le=dt.date(2199, 12, 31),
        json_schema_extra={"pattern": "^2[01][0-9]{2}-", "examples": ["2027-06-30"]},
    ),
]


class AlreadyRegistered(Conflict):
    """One person is one participant of a county."""

    code = "already_registered"
    zh, en = "此人已在本县登记为参与人。", "This person is a participant of the county already."


class GuardianNeeded(Invalid):
    """Who may be a minor has a guardian."""

    code = "guardian_needed"
    zh, en = "未成年人须填写监护人。", "Whoever may be a minor needs a guardian."


class TrainedAlready(Conflict):
    """A course is passed once; enter a later day under another name of the course, or not at all."""

    code = "trained_already"
    zh, en = "该培训已登记。", "That course is entered already."


class EnoughOfThem(Conflict):
    """As many as can be shown."""

    code = "enough_of_them"
    zh, en = "每人最多登记 {most} 条。", "A participant has {most} of them at most."


class Guardian(Body):
    """Who answers for a minor, and that they have agreed."""

    name: PersonName
    phone: Phone
    agreed: bool


class NewParticipant(Body):
    """Somebody who serves, is served, or both. No identity number is kept: a token of the service that checked it is."""

    kind: ParticipantKind
    area_code: AreaCode
    name: PersonName
    phone: Phone
    real_name_token: RealNameToken
    birth_year: Annotated[int, Field(ge=1900, le=2199, examples=[1952]), P2]
    guardian: Guardian | None = None
    station_id: Annotated[UUID | None, Field(strict=False)] = None
    insured_until: Day | None = None


class ParticipantChange(Body):
    """What changes; what is left out stays."""

    phone: Phone | None = None
    insured_until: Day | None = None
    kind: ParticipantKind | None = None


class NewTraining(Body):
    """A course that somebody passed."""

    course: Course
    passed_on: Day


class NewEntitlement(Body):
    """Why somebody is served: a label, never a diagnosis or an income."""

    category: Annotated[Category, P3]
    valid_until: Day


class TrainingView(View):
    """A course that somebody passed."""

    course: Course
    passed_on: dt.date


class EntitlementView(View):
    """That somebody is entitled, and until when; as what, only the station may reveal."""

    id: UUID
    category: Entitlement | None
    valid_until: dt.date


class ParticipantLine(View):
    """A participant in a list; names and numbers are masked."""

    id: UUID
    version: Version
    kind: Annotated[ParticipantKind, OPEN]
    state: Annotated[ParticipantState, OPEN]
    area_code: AreaCode
    name: PersonName | None
    phone: Phone | None
    station_id: UUID | None
    insured_until: dt.date | None
    paused_until: AwareDatetime | None
    earned_minutes: Count
    rating_sum: Count
    rating_count: Count
    registered_at: AwareDatetime


class ParticipantView(ParticipantLine):
    """A participant, whole."""

    guardian_agreed_at: AwareDatetime | None
    trainings: Annotated[list[TrainingView], Field(max_length=OF_ONE_MAX)]
    entitlements: Annotated[list[EntitlementView], Field(max_length=OF_ONE_MAX)]
    actions: Actions


class ParticipantQuery(PageQuery):
    """Which participants."""

    state: ParticipantState | None = None
    kind: ParticipantKind | None = None
    area_code: AreaCode | None = None


@router.post("/participants", may="participants:write", status_code=201)
async def register_participant(body: NewParticipant, caller: Caller, db: Db) -> ParticipantView:
    """Register somebody (登记) whom a station knows. Their tokens carry the id as their subject; their accounts are opened."""
    async with db.command(caller) as tx:
        step = PARTICIPANT.step(None, "register", caller)
        same = found_by(participants.c.real_name_token, body.real_name_token, db)
        here = participants.c.county_code == body.area_code[:6]
        before = await db.first(select(participants).where(same, here).order_by(participants.c.id.desc()).limit(1))
        if before and before.terminal_at is None:
            raise AlreadyRegistered
        guardian = body.guardian
        if guardian is None and tx.now.year - body.birth_year <= 18:  # noqa: PLR2004  years of a minor, for sure
            raise GuardianNeeded
        made = tx.create(
            participants,
            step,
            area_code=body.area_code,
            kind=body.kind,
            name=body.name,
            phone=body.phone,
            real_name_token=body.real_name_token,
            birth_year=BirthYear(str(body.birth_year)),
            guardian_name=guardian and guardian.name,
            guardian_phone=guardian and guardian.phone,
            guardian_agreed_at=tx.now if guardian and guardian.agreed else None,
            station_id=body.station_id,
            insured_until=body.insured_until,
            # Who leaves and comes back has the caps and the pause that they had.
            earned_minutes=before.earned_minutes if before else 0,
            paused_until=before and before.paused_until,
            rating_sum=0,
            rating_count=0,
            registered_by=caller.id,
            registered_at=tx.now,
        )
        open_for(tx, made, "personal_available", "personal_hold")
        await open_for_county(tx, made.area_code)
        tx.tell(made, ParticipantRegistered(kind=made.kind))
        return tx.answer(_view(made, [], [], caller))


@router.get("/participants", may="participants:read")
async def list_participants(query: Annotated[ParticipantQuery, Query()], caller: Caller, db: Db) -> Page[ParticipantLine]:
    """List the participants of your station's area, newest first; a participant finds themselves."""
    return await page(db, as_lists(caller), participants, _NEWEST, query, ParticipantLine)


@router.get("/participants/{participant_id}", may="participants:read")
async def get_participant(participant_id: UUID, caller: Caller, db: Db) -> ParticipantView:
    """Return a participant with what they have learnt and are entitled to; names and numbers are masked."""
    found = await one(db, as_lists(caller), participants, participant_id)
    learnt = await db.fetch(select(trainings).where(trainings.c.participant_id == participant_id).limit(OF_ONE_MAX))
    entitled = await db.fetch(select(entitlements).where(entitlements.c.participant_id == participant_id).limit(OF_ONE_MAX))
    return _view(found, learnt, entitled, caller)


@router.patch("/participants/{participant_id}", may="participants:write")
async def change_participant(participant_id: UUID, body: ParticipantChange, caller: Caller, db: Db) -> ParticipantView:
    """Change how somebody is reached, until when they are insured, or whether they serve, are served, or both."""
    async with db.command(caller, participants, participant_id) as tx:
        _check_not_oneself(tx)
        changes = {name: value for name, value in body if value is not None}
        tx.update(tx.row, **changes)
        tx.record(tx.row, "change", " ".join(sorted(changes)))
        return tx.answer(await _whole(tx))


@router.post("/participants/{participant_id}/trainings", may="participants:write", status_code=201)
async def add_training(participant_id: UUID, body: NewTraining, caller: Caller, db: Db) -> ParticipantView:
    """Enter a course that somebody passed (培训): some services ask for one."""
    async with db.command(caller, participants, participant_id) as tx:
        _check_not_oneself(tx)
        learnt = await tx.children(trainings)
        if any(one.course == body.course for one in learnt):
            raise TrainedAlready
        _check_room(learnt)
        made = tx.insert(trainings, participant_id=participant_id, entered_by=caller.id, **dict(body))
        tx.record(tx.row, "train")
        return tx.answer(_view(tx.row, [*learnt, made], await tx.children(entitlements), caller))


@router.post("/participants/{participant_id}/entitlements", may="participants:write", status_code=201)
async def add_entitlement(participant_id: UUID, body: NewEntitlement, caller: Caller, db: Db) -> ParticipantView:
    """Enter that somebody is entitled to services (资格认定) which the public pool pays."""
    async with db.command(caller, participants, participant_id) as tx:
        _check_not_oneself(tx)
        entitled = await tx.children(entitlements)
        _check_room(entitled)
        category = Entitlement(body.category)
        given = {"participant_id": participant_id, "issued_by": caller.org or caller.id, "entered_at": tx.now}
        made = tx.insert(entitlements, category=category, valid_until=body.valid_until, **given)
        tx.record(tx.row, "entitle")
        return tx.answer(_view(tx.row, await tx.children(trainings), [*entitled, made], caller))


@router.post("/participants/{participant_id}/freeze", may="participants:govern")
async def freeze_participant(participant_id: UUID, body: Freeze, caller: Caller, db: Db) -> ParticipantView:
    """Let somebody neither serve nor ask while something is looked into (冻结): for thirty days at most, then it ends."""
    return await _step(db, caller, participant_id, "freeze", body.reason, ParticipantFrozen(), limits=body.limits)


@router.post("/participants/{participant_id}/unfreeze", may="participants:govern")
async def unfreeze_participant(participant_id: UUID, body: Why, caller: Caller, db: Db) -> ParticipantView:
    """Let somebody serve and ask again (解冻)."""
    return await _step(db, caller, participant_id, "unfreeze", body.reason, ParticipantUnfrozen())


@router.post("/participants/{participant_id}/resume_claims", may="participants:write")
async def resume_claims(participant_id: UUID, body: Why, caller: Caller, db: Db) -> ParticipantView:
    """Let somebody come forward again before the days are over that not coming has cost them (恢复接单)."""
    return await _step(db, caller, participant_id, "resume_claims", body.reason, None, paused_until=None)


@router.post("/participants/{participant_id}/close", may="participants:own")
async def close_participant(participant_id: UUID, body: Why, caller: Caller, db: Db) -> ParticipantView:
    """Leave the time bank (注销), when nothing is open and no minutes are left: give them away or donate them before."""
    async with db.command(as_lists(caller), participants, participant_id) as tx:
        step = PARTICIPANT.step(tx.row, "close", caller)
        await check_person_is_done(tx)
        await close_accounts(tx)
        tx.move(tx.row, step, reason=body.reason, terminal_at=tx.now)
        tx.tell(tx.row, ParticipantClosed())
        return tx.answer(await _whole(tx))


async def _step(
    db: Db,
    caller: Principal,
    participant_id: UUID,
    action: str,
    reason: str,
    told: Event | None,
    *,
    limits: dict[str, Limit] | None = None,
    **values: Any,
) -> ParticipantView:
    async with db.command(caller, participants, participant_id) as tx:
        step = PARTICIPANT.step(tx.row, action, caller)
        tx.move(tx.row, step, reason=reason, limits=limits or {}, **values)
        if told:
            tx.tell(tx.row, told)
        return tx.answer(await _whole(tx))


async def _whole(tx: Command) -> ParticipantView:
    return _view(tx.row, await tx.children(trainings), await tx.children(entitlements), tx.caller)


def _check_not_oneself(tx: Command) -> None:
    if refusal := not_about_oneself(tx.row, tx.caller):
        raise refusal


def _check_room(there: list[Row]) -> None:
    if len(there) >= OF_ONE_MAX:
        raise EnoughOfThem(most=OF_ONE_MAX)


def _view(row: Any, learnt: list[Any], entitled: list[Any], caller: Principal) -> ParticipantView:
    return ParticipantView.of(
        row,
        trainings=[TrainingView.of(one) for one in learnt],
        entitlements=[EntitlementView.of(one) for one in entitled],
        actions=PARTICIPANT.actions(row, caller),
    )
