"""What teams do together (队伍活动): planned and called by the leader, confirmed by a station, worth minutes of the team."""

import datetime as dt
from contextlib import suppress
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import Query
from pydantic import AwareDatetime, Field
from sqlalchemy import select

from gridwhistle.common.commands import Command
from gridwhistle.common.data_classes import OPEN, Count, ThingId
from gridwhistle.common.edge import Caller, Db, Router
from gridwhistle.common.events.timebank_orders import ActivityConfirmed, ActivityPlanned, ServiceCode
from gridwhistle.common.ids import AreaCode
from gridwhistle.common.problems import Conflict, Invalid
from gridwhistle.common.reading import one, page
from gridwhistle.common.reasons import Remark
from gridwhistle.common.rows import Row
from gridwhistle.common.wire import Actions, Body, Keyset, Moment, Page, PageQuery, Version, View
from gridwhistle.timebank.company import check_team
from gridwhistle.timebank.hours import HoursTaken, present_then, serving_then
from gridwhistle.timebank.offering import kind_in_use
from gridwhistle.timebank.order_refusals import UnknownServiceKind, WindowUnclear
from gridwhistle.timebank.order_steps import terms
from gridwhistle.timebank.participant_tables import participants
from gridwhistle.timebank.payments import earn_for_group
from gridwhistle.timebank.people import in_the_county
from gridwhistle.timebank.settling import worth
from gridwhistle.timebank.team_states import ACTIVITY, NotTheLeader, OwnTeam
from gridwhistle.timebank.team_tables import activities, members, presences, teams
from gridwhistle.timebank.teams import NoMember

router = Router("timebank", "Activities of teams 队伍活动")
_NEWEST = Keyset(activities.c.id)
PRESENT_MAX = 500
_MINUTE = dt.timedelta(minutes=1)
ActivityState = Literal[ACTIVITY.states]  # type: ignore[name-defined]
Name = Annotated[str, Field(min_length=1, max_length=60, examples=["夜间平安巡逻"])]


class NotOverYet(Conflict):
    """The roll is called when it is over, by who was there and how long."""

    code = "not_over_yet"
    zh, en = "活动尚未结束。", "The activity is not over yet."


class LongerThanIt(Invalid):
    """Nobody was there longer than it took."""

    code = "longer_than_it_took"
    zh, en = "每人时长不得超过活动时长 {minutes} 分钟。", "Nobody was there longer than its {minutes} minutes."


class NewActivity(Body):
    """What a team will do together."""

    team_id: Annotated[UUID, Field(strict=False)]
    name: Name
    service_code: ServiceCode
    start_at: Moment
    end_at: Moment


class Present(Body):
    """Who was there, and how long."""

    participant_id: Annotated[UUID, Field(strict=False)]
    minutes: Annotated[int, Field(ge=1, le=1_440, examples=[90])]


class Roll(Body):
    """Everybody who was there."""

    present: Annotated[list[Present], Field(min_length=1, max_length=PRESENT_MAX)]


class PresentView(View):
    """Somebody who was there."""

    participant_id: ThingId
    minutes: Count


class ActivityLine(View):
    """An activity in a list."""

    id: UUID
    version: Version
    team_id: UUID
    name: Name
    service_code: ServiceCode
    area_code: AreaCode
    state: Annotated[ActivityState, OPEN]
    start_at: AwareDatetime
    end_at: AwareDatetime
    people_present: Count | None
    issued_minutes: Count | None


class ActivityView(ActivityLine):
    """An activity, with who was there by the last roll."""

    present: Annotated[list[PresentView], Field(max_length=PRESENT_MAX)]
    actions: Actions


@router.post("/activities", may="teams:own", status_code=201)
async def plan_activity(body: NewActivity, caller: Caller, db: Db) -> ActivityView:
    """Say, as the leader, what the team will do together (发起活动)."""
    async with db.command(await in_the_county(db, caller), teams, body.team_id) as tx:
        team, step = tx.row, ACTIVITY.step(None, "plan", caller)
        if str(team.leader_id) != caller.id or team.state != "active":
            raise NotTheLeader
        await kind_in_use(db, team.area_code[:6], body.service_code)
        if body.start_at <= tx.now or not body.start_at < body.end_at <= body.start_at + dt.timedelta(days=1):
            raise WindowUnclear
        made = tx.create(activities, step, area_code=team.area_code, leader_id=team.leader_id, **dict(body))
        tx.tell(made, ActivityPlanned(team_id=team.id, service_code=body.service_code))
        return tx.answer(_view(tx, made, []))


@router.get("/activities", may="teams:read")
async def list_activities(query: Annotated[PageQuery, Query()], caller: Caller, db: Db) -> Page[ActivityLine]:
    """List what the teams of your county do, newest first."""
    return await page(db, await in_the_county(db, caller), activities, _NEWEST, query, ActivityLine)


@router.get("/activities/{activity_id}", may="teams:read")
async def get_activity(activity_id: UUID, caller: Caller, db: Db) -> ActivityView:
    """Return an activity with who was there."""
    found = await one(db, await in_the_county(db, caller), activities, activity_id)
    rows = await db.fetch(select(presences).where(presences.c.activity_id == activity_id).order_by(presences.c.id))
    return ActivityView.of(found, present=_last_call(rows), actions=ACTIVITY.actions(found, caller))


@router.post("/activities/{activity_id}/call_off", may="teams:own")
async def call_off(activity_id: UUID, body: Remark, caller: Caller, db: Db) -> ActivityView:
    """Say that it does not take place (取消活动)."""
    async with db.command(await in_the_county(db, caller), activities, activity_id) as tx:
        tx.move(tx.row, ACTIVITY.step(tx.row, "call_off", caller), reason=body.reason, terminal_at=tx.now)
        return tx.answer(_view(tx, tx.row, []))


@router.post("/activities/{activity_id}/call_roll", may="teams:own")
async def call_roll(activity_id: UUID, body: Roll, caller: Caller, db: Db) -> ActivityView:
    """Say who was there, and how long (点名). A station confirms it."""
    async with db.command(await in_the_county(db, caller), activities, activity_id) as tx:
        row, step = tx.row, ACTIVITY.step(tx.row, "call_roll", caller)
        if tx.now < row.end_at:
            raise NotOverYet
        long, there = (row.end_at - row.start_at) // _MINUTE, await _members_when_it_began(tx, row)
        if not {one.participant_id for one in body.present} <= there:
            raise NoMember
        if any(one.minutes > long for one in body.present):
            raise LongerThanIt(minutes=long)
        await _check_present(tx, row, [one.participant_id for one in body.present])
        number = 1 + max((one.call_no for one in await tx.children(presences)), default=0)
        by_id = {one.participant_id: one.minutes for one in body.present}
        made = [
            tx.insert(presences, activity_id=row.id, participant_id=id_, minutes=minutes, call_no=number)
            for id_, minutes in by_id.items()
        ]
        tx.move(row, step, people_present=len(by_id))
        return tx.answer(_view(tx, row, made))


@router.post("/activities/{activity_id}/confirm_roll", may="teams:found")
async def confirm_roll(activity_id: UUID, body: Remark, caller: Caller, db: Db) -> ActivityView:
    """Say that it was so (核实点名): the team gets its minutes, in quarters of an hour for each who was there."""
    async with db.command(caller, activities, activity_id) as tx:
        row, step = tx.row, ACTIVITY.step(tx.row, "confirm_roll", caller)
        present, how = _last_call(await tx.children(presences)), terms(tx)
        await _check_not_of_the_team(tx, row, present)
        minutes = sum(worth(one.minutes, one.minutes, how) for one in present)
        await earn_for_group(tx, row, minutes)
        tx.move(row, step, reason=body.reason, issued_minutes=minutes, terminal_at=tx.now)
        tx.tell(row, ActivityConfirmed(team_id=row.team_id, people_present=len(present), issued_minutes=minutes))
        return tx.answer(_view(tx, row, present))


@router.post("/activities/{activity_id}/return_roll", may="teams:found")
async def return_roll(activity_id: UUID, body: Remark, caller: Caller, db: Db) -> ActivityView:
    """Say that it was not so (退回点名): the leader calls the roll again."""
    async with db.command(caller, activities, activity_id) as tx:
        tx.move(tx.row, ACTIVITY.step(tx.row, "return_roll", caller), reason=body.reason, people_present=None)
        return tx.answer(_view(tx, tx.row, []))


async def _check_present(tx: Command, row: Row, present: list[UUID]) -> None:
    """Check that who was there might be, and did not serve elsewhere; they are held, since claims and rolls may come meanwhile.

    Raises:
        HoursTaken: somebody served elsewhere.
        Problem: somebody was too young or not insured, or minors were alone.
    """
    minors_allowed = False
    with suppress(UnknownServiceKind):  # out of use since: then it is not for minors
        minors_allowed = (await kind_in_use(tx.db, row.area_code[:6], row.service_code)).minors_allowed
    people = await tx.hold(participants, present)
    check_team(tx, people, row.start_at, minors_allowed=minors_allowed)
    there = present, row.start_at, row.end_at
    if await serving_then(tx, *there) or await present_then(tx, *there):
        raise HoursTaken


async def _members_when_it_began(tx: Command, row: Row) -> set[UUID]:
    """Return who was of the team when an activity began; its members are the team's, so it is held."""
    team = await _team_of(tx, row)
    return {
        one.participant_id
        for one in await tx.children(members, of=team)
        if one.joined_at and one.joined_at <= row.start_at and (one.left_at is None or one.left_at > row.start_at)
    }


async def _check_not_of_the_team(tx: Command, row: Row, present: list[PresentView]) -> None:
    """Check that who confirms a roll is neither of the team, now leading it, nor on the roll.

    Raises:
        OwnTeam: they are.
    """
    team = await _team_of(tx, row)
    of_it = {one.participant_id for one in await tx.children(members, of=team) if one.joined_at and one.left_at is None}
    if tx.caller.id in {str(id_) for id_ in (team.leader_id, *of_it, *(one.participant_id for one in present))}:
        raise OwnTeam


async def _team_of(tx: Command, row: Row) -> Row:
    team = (await tx.hold(teams, [row.team_id]))[0]
    assert team is not None, "a team stays as long as its activities"
    return team


def _last_call(rows: list[Any]) -> list[PresentView]:
    last = max((row.call_no for row in rows), default=0)
    return [PresentView.of(row) for row in rows if row.call_no == last]


def _view(tx: Command, row: Row, present: list[Any]) -> ActivityView:
    shown = [one if isinstance(one, PresentView) else PresentView.of(one) for one in present]
    return ActivityView.of(row, present=shown, actions=ACTIVITY.actions(row, tx.caller))
