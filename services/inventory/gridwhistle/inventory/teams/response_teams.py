"""Emergency teams (应急队伍) and their members: who can come, how fast, with what skills; adults alone, and insured."""

import datetime as dt
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import Query as InQuery
from pydantic import AwareDatetime, Field
from sqlalchemy import ColumnElement, cast, select
from sqlalchemy.dialects.postgresql import JSONB

from gridwhistle.common.commands import Command
from gridwhistle.common.data_classes import OPEN
from gridwhistle.common.edge import Caller, Db, Router
from gridwhistle.common.events.inventory_teams import ResponseTeamDisbanded, ResponseTeamEnrolled
from gridwhistle.common.ids import ActorId, AreaCode
from gridwhistle.common.moved import today
from gridwhistle.common.personal import PersonName, Phone
from gridwhistle.common.places import Latitude, Longitude, Point
from gridwhistle.common.principal import Principal
from gridwhistle.common.reading import filters, one, page
from gridwhistle.common.reasons import Remark
from gridwhistle.common.rows import Row
from gridwhistle.common.wire import Actions, Body, Day, Keyset, Page, PageQuery, Version, View
from gridwhistle.inventory.teams.domain import FullTeam, NoMinors, NotAMember, Skill, TeamKind, TeamLevel
from gridwhistle.inventory.teams.tables import response_members, response_teams
from gridwhistle.inventory.teams.team_states import RESPONSE_TEAM

router = Router("inventory", "Emergency teams 应急队伍")
_NEWEST = Keyset(response_teams.c.id)
MEMBERS_MAX = 200
ResponseTeamState = Literal[RESPONSE_TEAM.states]  # type: ignore[name-defined]
TeamName = Annotated[str, Field(min_length=1, max_length=60, examples=["望湖街道应急救援队"])]
Skills = Annotated[list[Skill], Field(max_length=16, examples=[["flood", "medical"]])]
LeaderId = Annotated[ActorId, Field(description="The subject of their tokens.", examples=["demo-team_leader"])]
ReadyMinutes = Annotated[int, Field(ge=0, le=10_080, description="From a call until they can leave.", examples=[30])]
Course = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{1,39}$", examples=["first_aid"])]
Courses = Annotated[list[Course], Field(max_length=20)]


class NewResponseTeam(Body):
    """A team: cadres who lead (骨干), people whose work it is (专业), or volunteers (志愿)."""

    name: TeamName
    kind: TeamKind
    level: TeamLevel
    area_code: AreaCode
    leader_id: LeaderId
    skills: Skills = Field(default_factory=list)
    ready_minutes: ReadyMinutes = 30
    location: Annotated[Point | None, Field(description="Where it starts from.")] = None


class ResponseTeamChange(Body):
    """What changes; what is left out stays."""

    name: TeamName | None = None
    skills: Skills | None = None
    ready_minutes: ReadyMinutes | None = None


class NewLeader(Body):
    """Who leads from now on."""

    leader_id: LeaderId


class NewResponseMember(Body):
    """Somebody who joins. Their name and number are sealed; adults alone."""

    name: PersonName
    phone: Phone
    is_adult: bool
    training: Courses = Field(default_factory=list)
    insured_until: Day | None = None


class ResponseMemberId(Body):
    """Which member."""

    member_id: Annotated[UUID, Field(strict=False)]


class Insured(ResponseMemberId):
    """Until which day."""

    insured_until: Day


class ResponseMemberView(View):
    """A member, masked."""

    id: UUID
    name: PersonName | None
    phone: Phone | None
    training: Courses
    insured_until: dt.date | None
    joined_at: AwareDatetime


class ResponseTeamLine(View):
    """A team in a list."""

    id: UUID
    version: Version
    name: TeamName
    kind: Annotated[TeamKind, OPEN]
    level: Annotated[TeamLevel, OPEN]
    state: Annotated[ResponseTeamState, OPEN]
    area_code: AreaCode
    leader_id: LeaderId
    skills: Skills
    ready_minutes: ReadyMinutes
    size: Annotated[int, Field(ge=0, le=MEMBERS_MAX)]
    lon: Longitude | None
    lat: Latitude | None
    mobilization_id: UUID | None


class ResponseTeamView(ResponseTeamLine):
    """A team with its members."""

    members: Annotated[list[ResponseMemberView], Field(max_length=MEMBERS_MAX)]
    enrolled_at: AwareDatetime
    actions: Actions


class ResponseTeamQuery(PageQuery):
    """Which teams."""

    area_code: AreaCode | None = None
    kind: TeamKind | None = None
    level: TeamLevel | None = None
    state: ResponseTeamState | None = None
    skill: Skill | None = None


@router.post("/response_teams", may="response_teams:write", status_code=201)
async def enrol_response_team(body: NewResponseTeam, caller: Caller, db: Db) -> ResponseTeamView:
    """Write a team down. Its leader's tokens have this subject and the role `team_leader`."""
    area_code = await today(db, body.area_code)
    async with db.command(caller) as tx:
        step, point = RESPONSE_TEAM.step(None, "enrol", caller), body.location
        said = {name: value for name, value in body if name not in {"location", "area_code"}}
        starts: dict[str, Any] = {"lon": point and point.lon, "lat": point and point.lat}
        team = tx.create(response_teams, step, area_code=area_code, size=0, enrolled_at=tx.now, **starts, **said)
        tx.tell(team, ResponseTeamEnrolled(kind=team.kind))
        return tx.answer(_view(team, [], caller))


@router.get("/response_teams", may="response_teams:read")
async def list_response_teams(query: Annotated[ResponseTeamQuery, InQuery()], caller: Caller, db: Db) -> Page[ResponseTeamLine]:
    """List the teams of your jurisdiction, newest first."""
    return await page(db, caller, response_teams, _NEWEST, query, ResponseTeamLine, _asked)


@router.get("/response_teams/{response_team_id}", may="response_teams:read")
async def get_response_team(response_team_id: UUID, caller: Caller, db: Db) -> ResponseTeamView:
    """Return a team with its members, whose names and numbers are masked."""
    team = await one(db, caller, response_teams, response_team_id)
    theirs = response_members.c.team_id == response_team_id, response_members.c.left_at.is_(None)
    found = select(response_members).where(*theirs).order_by(response_members.c.id).limit(MEMBERS_MAX)
    return _view(team, await db.fetch(found), caller)


@router.patch("/response_teams/{response_team_id}", may="response_teams:write")
async def change_response_team(response_team_id: UUID, body: ResponseTeamChange, caller: Caller, db: Db) -> ResponseTeamView:
    """Change what is written of a team."""
    async with db.command(caller, response_teams, response_team_id) as tx:
        tx.update(tx.row, **{name: value for name, value in body if value is not None})
        tx.record(tx.row, "change")
        return tx.answer(_view(tx.row, await members_of(tx), caller))


@router.post("/response_teams/{response_team_id}/join", may="response_teams:own")
async def join_response_team(response_team_id: UUID, body: NewResponseMember, caller: Caller, db: Db) -> ResponseTeamView:
    """Let an adult join."""
    async with db.command(caller, response_teams, response_team_id) as tx:
        step, there = RESPONSE_TEAM.step(tx.row, "join", caller), await members_of(tx)
        if not body.is_adult:
            raise NoMinors
        if len(there) >= MEMBERS_MAX:
            raise FullTeam(most=MEMBERS_MAX)
        made = tx.insert(response_members, team_id=response_team_id, joined_at=tx.now, **dict(body))
        tx.move(tx.row, step, size=len(there) + 1)
        return tx.answer(_view(tx.row, [*there, made], caller))


@router.post("/response_teams/{response_team_id}/part", may="response_teams:own")
async def part_response_team(response_team_id: UUID, body: ResponseMemberId, caller: Caller, db: Db) -> ResponseTeamView:
    """Let a member leave; how they are reached goes at once."""
    async with db.command(caller, response_teams, response_team_id) as tx:
        step, there = RESPONSE_TEAM.step(tx.row, "part", caller), await members_of(tx)
        gone = _member(there, body.member_id)
        _let_leave(tx, gone)
        tx.move(tx.row, step, size=len(there) - 1)
        return tx.answer(_view(tx.row, [one for one in there if one is not gone], caller))


@router.post("/response_teams/{response_team_id}/insure", may="response_teams:own")
async def insure_response_team(response_team_id: UUID, body: Insured, caller: Caller, db: Db) -> ResponseTeamView:
    """Write down until when a member is insured; who is not is not called."""
    async with db.command(caller, response_teams, response_team_id) as tx:
        step, there = RESPONSE_TEAM.step(tx.row, "insure", caller), await members_of(tx)
        tx.update(_member(there, body.member_id), insured_until=body.insured_until)
        tx.move(tx.row, step)
        return tx.answer(_view(tx.row, there, caller))


@router.post("/response_teams/{response_team_id}/name_leader", may="response_teams:write")
async def name_leader_of_response_team(response_team_id: UUID, body: NewLeader, caller: Caller, db: Db) -> ResponseTeamView:
    """Let somebody else lead a team."""
    async with db.command(caller, response_teams, response_team_id) as tx:
        tx.move(tx.row, RESPONSE_TEAM.step(tx.row, "name_leader", caller), leader_id=body.leader_id)
        return tx.answer(_view(tx.row, await members_of(tx), caller))


@router.post("/response_teams/{response_team_id}/pause", may="response_teams:own")
async def pause_response_team(response_team_id: UUID, body: Remark, caller: Caller, db: Db) -> ResponseTeamView:
    """Say that a team cannot come for a while (报停)."""
    return await _step(db, caller, response_team_id, "pause", body)


@router.post("/response_teams/{response_team_id}/resume", may="response_teams:own")
async def resume_response_team(response_team_id: UUID, body: Remark, caller: Caller, db: Db) -> ResponseTeamView:
    """Say that it can come again."""
    return await _step(db, caller, response_team_id, "resume", body)


@router.post("/response_teams/{response_team_id}/disband", may="response_teams:write")
async def disband_response_team(response_team_id: UUID, body: Remark, caller: Caller, db: Db) -> ResponseTeamView:
    """Disband a team (解散); who its members were, and how they are reached, goes at once."""
    return await _step(db, caller, response_team_id, "disband", body)


async def _step(db: Db, caller: Principal, team_id: UUID, action: str, body: Remark) -> ResponseTeamView:
    async with db.command(caller, response_teams, team_id) as tx:
        step = RESPONSE_TEAM.step(tx.row, action, caller)
        if step.target == "disbanded":
            for one_ in await members_of(tx):
                _let_leave(tx, one_)
            tx.move(tx.row, step, reason=body.reason, size=0, terminal_at=tx.now)
            tx.tell(tx.row, ResponseTeamDisbanded())
        else:
            tx.move(tx.row, step, reason=body.reason)
        return tx.answer(_view(tx.row, await members_of(tx), caller))


async def members_of(tx: Command, team: Row | None = None) -> list[Row]:
    """Return who is of a held team."""
    return [one for one in await tx.children(response_members, team) if one.left_at is None]


def _let_leave(tx: Command, member: Row) -> None:
    """Let somebody be of the team no more; who they were and how they are reached goes at once."""
    tx.update(member, left_at=tx.now, name=None, phone=None)


def _member(there: list[Row], member_id: UUID) -> Row:
    found = next((one for one in there if one.id == member_id), None)
    if found is None:
        raise NotAMember
    return found


def _asked(query: ResponseTeamQuery) -> list[ColumnElement[bool]]:
    asked = filters(response_teams, query)
    return [*asked, cast(response_teams.c.skills, JSONB).has_key(query.skill)] if query.skill else asked


def _view(team: Any, there: list[Any], caller: Principal) -> ResponseTeamView:
    shown = [ResponseMemberView.of(one) for one in there]
    return ResponseTeamView.of(team, members=shown, actions=RESPONSE_TEAM.actions(team, caller))
