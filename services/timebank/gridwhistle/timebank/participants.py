"""Participants (参与人): whom stations register, freeze and let go, and how what is known of them is put right."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import Query
from pydantic import Field
from sqlalchemy import select

from gridwhistle.common.calendars import day_of
from gridwhistle.common.clocks import Limit
from gridwhistle.common.commands import Command
from gridwhistle.common.data_classes import P2
from gridwhistle.common.edge import Caller, Db, Router
from gridwhistle.common.events import Event
from gridwhistle.common.events.timebank_orders import (
    ParticipantClosed,
    ParticipantFrozen,
    ParticipantRegistered,
    ParticipantUnfrozen,
)
from gridwhistle.common.ids import AreaCode
from gridwhistle.common.machine import check
from gridwhistle.common.personal import BirthYear, PersonName, Phone, RealNameToken
from gridwhistle.common.principal import Principal
from gridwhistle.common.problems import Conflict, Invalid
from gridwhistle.common.reading import one, page
from gridwhistle.common.reasons import Why
from gridwhistle.common.sealed import found_by
from gridwhistle.common.wire import Body, Day, Keyset, Page, PageQuery
from gridwhistle.timebank.eligibility import is_adult
from gridwhistle.timebank.freezing import Freeze
from gridwhistle.timebank.leaving import check_person_is_done, close_accounts, end_links, leave_teams
from gridwhistle.timebank.opening import open_for, open_for_county
from gridwhistle.timebank.participant_states import PARTICIPANT, not_about_oneself
from gridwhistle.timebank.participant_tables import ParticipantKind, entitlements, participants, trainings
from gridwhistle.timebank.participant_views import (
    OF_ONE_MAX,
    ParticipantLine,
    ParticipantState,
    ParticipantView,
    participant_as_seen,
)
from gridwhistle.timebank.people import as_lists

router = Router("timebank", "Participants 参与人")
_NEWEST = Keyset(participants.c.id)
BirthYearNumber = Annotated[int, Field(ge=1900, le=2199, examples=[1952]), P2]


class AlreadyRegistered(Conflict):
    """One person is one participant of a county."""

    code = "already_registered"
    zh, en = "此人已在本县登记为参与人。", "This person is a participant of the county already."


class GuardianNeeded(Invalid):
    """Who may be a minor has a guardian."""

    code = "guardian_needed"
    zh, en = "未成年人须填写监护人。", "Whoever may be a minor needs a guardian."


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
    birth_year: BirthYearNumber
    guardian: Guardian | None = None
    station_id: Annotated[UUID | None, Field(strict=False)] = None
    insured_until: Day | None = None


class ParticipantChange(Body):
    """What changes, or was entered wrongly; what is left out stays."""

    name: PersonName | None = None
    phone: Phone | None = None
    birth_year: BirthYearNumber | None = None
    guardian: Guardian | None = None
    insured_until: Day | None = None
    kind: ParticipantKind | None = None


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
        _check_guardian(tx, body.birth_year, has_one=body.guardian is not None)
        made = tx.create(
            participants,
            step,
            area_code=body.area_code,
            kind=body.kind,
            name=body.name,
            phone=body.phone,
            real_name_token=body.real_name_token,
            birth_year=BirthYear(str(body.birth_year)),
            **_who_answers(tx, body.guardian),
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
        return tx.answer(participant_as_seen(caller, made, [], []))


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
    return participant_as_seen(caller, found, learnt, entitled)


@router.patch("/participants/{participant_id}", may="participants:write")
async def change_participant(participant_id: UUID, body: ParticipantChange, caller: Caller, db: Db) -> ParticipantView:
    """Change how somebody is reached, until when they are insured, whether they serve or are served; put right what is wrong.

    What they took on before goes on; a minor is confirmed and begins only while a guardian agrees.
    """
    async with db.command(caller, participants, participant_id) as tx:
        check(tx.row, caller, not_about_oneself)
        changes = {name: value for name, value in body if value is not None and name != "guardian"}
        if body.birth_year:
            _check_guardian(tx, body.birth_year, has_one=bool(body.guardian or tx.row.guardian_name))
            changes["birth_year"] = BirthYear(str(body.birth_year))
        if body.guardian:
            changes |= _who_answers(tx, body.guardian)
        tx.update(tx.row, **changes)
        tx.record(tx.row, "change", " ".join(sorted(changes)))
        return tx.answer(await _whole(tx))


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
    """Leave the time bank (注销), when nothing is open and no minutes are left: give them away or donate them before.

    With it somebody is of no team and nobody's relative any more.
    """
    async with db.command(as_lists(caller), participants, participant_id) as tx:
        step = PARTICIPANT.step(tx.row, "close", caller)
        await check_person_is_done(tx)
        await close_accounts(tx)
        await leave_teams(tx)
        await end_links(tx)
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
    return participant_as_seen(tx.caller, tx.row, await tx.children(trainings), await tx.children(entitlements))


def _check_guardian(tx: Command, birth_year: int, *, has_one: bool) -> None:
    if not (has_one or is_adult(birth_year, day_of(tx.now))):
        raise GuardianNeeded


def _who_answers(tx: Command, guardian: Guardian | None) -> dict[str, Any]:
    """Return what is kept of a guardian."""
    agreed = {"guardian_agreed_at": tx.now if guardian and guardian.agreed else None}
    return {"guardian_name": guardian and guardian.name, "guardian_phone": guardian and guardian.phone, **agreed}
