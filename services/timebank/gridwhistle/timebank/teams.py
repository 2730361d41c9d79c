"""Volunteer teams (平安志愿队): a leader, members, what they do together, and minutes that they can only give away."""

from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import Query
from pydantic import AwareDatetime, Field
from sqlalchemy import select

from gridwhistle.common.commands import Command
from gridwhistle.common.data_classes import OPEN, ThingId
from gridwhistle.common.edge import Caller, Db, Router
from gridwhistle.common.events.timebank_orders import TeamDisbanded, TeamFounded
from gridwhistle.common.ids import AreaCode
from gridwhistle.common.problems import Conflict, Invalid
from gridwhistle.common.reading import one, page
from gridwhistle.common.rows import Row
from gridwhistle.common.wire import Actions, Body, Keyset, Page, PageQuery, Version, View
from gridwhistle.timebank.company import check_may_be_of_a_team
from gridwhistle.timebank.leaving import check_team_is_done, close_accounts
from gridwhistle.timebank.opening import open_for
from gridwhistle.timebank.participant_tables import participants
from gridwhistle.timebank.payments import donate_of_group
from gridwhistle.timebank.people import hold_active, in_the_county, myself
from gridwhistle.timebank.postings import Minutes
from gridwhistle.timebank.team_states import TEAM
from gridwhistle.timebank.team_tables import activities, members, teams

router = Router("timebank", "Volunteer teams 志愿队")
_NEWEST = Keyset(teams.c.id)
MEMBERS_MAX = 500
TeamState = Literal[TEAM.states]  # type: ignore[name-defined]
Name = Annotated[str, Field(min_length=1, max_length=60, examples=["示例社区平安志愿队"])]


class NotAsked(Conflict):
    """Who is to be welcomed has asked."""

    code = "not_asked"
    zh, en = "该参与人没有申请加入。", "They have not asked to be one of the team."


class NoMember(Invalid):
    """Only one of the team leads it, leaves it or was there."""

    code = "no_member"
    zh, en = "该参与人不是本队队员。", "They are no member of the team."


class MemberAlready(Conflict):
    """Once is enough."""

    code = "member_already"
    zh, en = "已申请或已加入。", "They have asked to join, or are a member already."


class TeamFull(Conflict):
    """As many as can be shown."""

    code = "team_full"
    zh, en = "每支队伍最多 {most} 名队员。", "A team has {most} members at most."


class NewTeam(Body):
    """A team, and who leads it: a participant who serves."""

    name: Name
    area_code: AreaCode
    leader_id: Annotated[UUID, Field(strict=False)]


class Who(Body):
    """Which participant."""

    participant_id: Annotated[UUID, Field(strict=False)]


class Gift(Body):
    """How many minutes go to the public pool."""

    minutes: Minutes


class MemberView(View):
    """Somebody of a team, or who would like to be."""

    participant_id: ThingId
    asked_at: AwareDatetime
    joined_at: AwareDatetime | None


class TeamLine(View):
    """A team in a list."""

    id: UUID
    version: Version
    name: Name
    area_code: AreaCode
    state: Annotated[TeamState, OPEN]
    leader_id: ThingId
    founded_at: AwareDatetime


class TeamView(TeamLine):
    """A team."""

    members: Annotated[list[MemberView], Field(max_length=MEMBERS_MAX)]
    actions: Actions


@router.post("/teams", may="teams:found", status_code=201)
async def found_team(body: NewTeam, caller: Caller, db: Db) -> TeamView:
    """Found a team (成立). It gets an account of its own, from which minutes are only given away."""
    async with db.command(caller, participants, body.leader_id) as tx:
        step = TEAM.step(None, "found", caller)
        [leader] = await hold_active(tx, body.leader_id)
        check_may_be_of_a_team(tx, leader)
        given: dict[str, Any] = {"name": body.name, "leader_id": body.leader_id, "founded_at": tx.now}
        team = tx.create(teams, step, area_code=body.area_code, **given)
        first = tx.insert(members, team_id=team.id, participant_id=body.leader_id, asked_at=tx.now, joined_at=tx.now)
        open_for(tx, team, "group")
        tx.tell(team, TeamFounded())
        return tx.answer(_view(tx, team, [first]))


@router.get("/teams", may="teams:read")
async def list_teams(query: Annotated[PageQuery, Query()], caller: Caller, db: Db) -> Page[TeamLine]:
    """List the teams of your county, newest first."""
    return await page(db, await in_the_county(db, caller), teams, _NEWEST, query, TeamLine)


@router.get("/teams/{team_id}", may="teams:read")
async def get_team(team_id: UUID, caller: Caller, db: Db) -> TeamView:
    """Return a team with its members, who are known by their ids alone."""
    team = await one(db, await in_the_county(db, caller), teams, team_id)
    there = select(members).where(members.c.team_id == team_id, members.c.left_at.is_(None)).order_by(members.c.id)
    shown = [MemberView.of(row) for row in await db.fetch(there.limit(MEMBERS_MAX))]
    return TeamView.of(team, members=shown, actions=TEAM.actions(team, caller))


@router.post("/teams/{team_id}/join", may="teams:own")
async def join(team_id: UUID, caller: Caller, db: Db) -> TeamView:
    """Ask to be one of a team (申请加入)."""
    me = await myself(db, caller)
    async with db.command(await in_the_county(db, caller), teams, team_id) as tx:
        step, there = TEAM.step(tx.row, "join", caller), await _members(tx)
        if any(one.participant_id == me for one in there):
            raise MemberAlready
        if len(there) >= MEMBERS_MAX:
            raise TeamFull(most=MEMBERS_MAX)
        await hold_active(tx, me)
        made = tx.insert(members, team_id=team_id, participant_id=me, asked_at=tx.now)
        tx.move(tx.row, step)
        return tx.answer(_view(tx, tx.row, [*there, made]))


@router.post("/teams/{team_id}/welcome", may="teams:own")
async def welcome(team_id: UUID, body: Who, caller: Caller, db: Db) -> TeamView:
    """Say yes, as the leader, to somebody who asked (同意加入): they are of an age to serve, or a minor with a guardian."""
    async with db.command(await in_the_county(db, caller), teams, team_id) as tx:
        step, there = TEAM.step(tx.row, "welcome", caller), await _members(tx)
        asked = next((one for one in there if one.participant_id == body.participant_id and not one.joined_at), None)
        if asked is None:
            raise NotAsked
        [who] = await hold_active(tx, body.participant_id)
        check_may_be_of_a_team(tx, who)
        tx.update(asked, joined_at=tx.now)
        tx.move(tx.row, step)
        return tx.answer(_view(tx, tx.row, there))


@router.post("/teams/{team_id}/leave", may="teams:own")
async def leave(team_id: UUID, caller: Caller, db: Db) -> TeamView:
    """Leave a team (退出)."""
    me = await myself(db, caller)
    async with db.command(await in_the_county(db, caller), teams, team_id) as tx:
        step, there = TEAM.step(tx.row, "leave", caller), await _members(tx)
        own = next((one for one in there if one.participant_id == me), None)
        if own is None:
            raise NoMember
        tx.update(own, left_at=tx.now)
        tx.move(tx.row, step)
        return tx.answer(_view(tx, tx.row, [one for one in there if one is not own]))


@router.post("/teams/{team_id}/name_leader", may="teams:found")
async def name_leader(team_id: UUID, body: Who, caller: Caller, db: Db) -> TeamView:
    """Name another leader, one of the team (更换队长). What the team has planned is theirs from now on."""
    async with db.command(caller, teams, team_id) as tx:
        step, there = TEAM.step(tx.row, "name_leader", caller), await _members(tx)
        if not any(one.participant_id == body.participant_id and one.joined_at for one in there):
            raise NoMember
        await hold_active(tx, body.participant_id)
        tx.move(tx.row, step, leader_id=body.participant_id)
        for activity in await _open_activities(tx):
            tx.update(activity, leader_id=body.participant_id)
            tx.record(activity, "name_leader")
        return tx.answer(_view(tx, tx.row, there))


@router.post("/teams/{team_id}/donate", may="teams:own")
async def donate(team_id: UUID, body: Gift, caller: Caller, db: Db) -> TeamView:
    """Give minutes of the team to the public pool (捐赠): the one thing that can be done with them."""
    async with db.command(await in_the_county(db, caller), teams, team_id) as tx:
        step = TEAM.step(tx.row, "donate", caller)
        await hold_active(tx, tx.row.leader_id)
        await donate_of_group(tx, tx.row, body.minutes)
        tx.move(tx.row, step)
        return tx.answer(_view(tx, tx.row, await _members(tx)))


@router.post("/teams/{team_id}/disband", may="teams:found")
async def disband(team_id: UUID, caller: Caller, db: Db) -> TeamView:
    """Disband a team (解散); have it give away what it has before."""
    async with db.command(caller, teams, team_id) as tx:
        step = TEAM.step(tx.row, "disband", caller)
        await check_team_is_done(tx)
        await close_accounts(tx)
        tx.move(tx.row, step, terminal_at=tx.now)
        tx.tell(tx.row, TeamDisbanded())
        return tx.answer(_view(tx, tx.row, await _members(tx)))


async def _members(tx: Command) -> list[Row]:
    return [one for one in await tx.children(members) if one.left_at is None]


async def _open_activities(tx: Command) -> list[Row]:
    of_it = activities.c.team_id == tx.row.id, activities.c.terminal_at.is_(None)
    ids = [row.id for row in await tx.db.fetch(select(activities.c.id).where(*of_it))]
    return [activity for activity in await tx.hold(activities, ids) if activity and activity.terminal_at is None]


def _view(tx: Command, team: Row, there: list[Any]) -> TeamView:
    return TeamView.of(team, members=[MemberView.of(one) for one in there], actions=TEAM.actions(team, tx.caller))
