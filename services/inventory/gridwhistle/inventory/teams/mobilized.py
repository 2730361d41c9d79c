"""A team's part in a mobilisation: it answers, comes, calls the roll, goes home. Rolls are numbers, and never names."""

from typing import Annotated, Any, Final, Literal
from uuid import UUID

from fastapi import Query as InQuery
from pydantic import AwareDatetime, Field
from sqlalchemy import select

from gridwhistle.common.commands import Command
from gridwhistle.common.data_classes import OPEN, Count
from gridwhistle.common.edge import Caller, Db, Router
from gridwhistle.common.events.inventory_teams import (
    MobilizationEnded,
    TeamAssembling,
    TeamOnsite,
    TeamReleased,
    TeamSilent,
)
from gridwhistle.common.firing import OnClock
from gridwhistle.common.ids import AreaCode
from gridwhistle.common.principal import Principal, system
from gridwhistle.common.reading import one, page
from gridwhistle.common.reasons import Remark
from gridwhistle.common.rows import Row
from gridwhistle.common.wire import Actions, Body, Keyset, Page, PageQuery, Version, View
from gridwhistle.inventory.distances import distance
from gridwhistle.inventory.teams.domain import ACK, MoreHurtThanThere, MoreThanFit, NotChecked
from gridwhistle.inventory.teams.response_teams import LeaderId
from gridwhistle.inventory.teams.tables import mobilizations, mobilized_teams, response_teams
from gridwhistle.inventory.teams.team_states import MOBILIZED_TEAM, RESPONSE_TEAM

router = Router("inventory", "Mobilisation 应急动员")
_SYSTEM: Final = system("inventory")
_NEWEST = Keyset(mobilized_teams.c.id)
MobilizedState = Literal[MOBILIZED_TEAM.states]  # type: ignore[name-defined]
Heads = Annotated[int, Field(ge=0, le=200, examples=[12])]


class TeamRoll(Body):
    """How many of the team are there."""

    present: Heads


class GoHome(Body):
    """How many there were in the end, how many were hurt, and that everybody was looked at."""

    present: Heads
    injured: Heads = 0
    checked: Annotated[bool, Field(description="Everybody was looked at before they left.")]


class MobilizedTeamLine(View):
    """A team's part in a mobilisation."""

    id: UUID
    version: Version
    mobilization_id: UUID
    team_id: UUID
    leader_id: LeaderId
    area_code: AreaCode
    state: Annotated[MobilizedState, OPEN]
    fit: Count
    present: Count | None
    injured: Count | None
    next_team_id: Annotated[UUID | None, Field(description="Who is proposed instead, where nobody answered in time.")]
    ordered_at: AwareDatetime
    acknowledged_at: AwareDatetime | None
    arrived_at: AwareDatetime | None
    terminal_at: AwareDatetime | None


class MobilizedTeamView(MobilizedTeamLine):
    """A team's part in a mobilisation, and what you may do."""

    actions: Actions


class MobilizedTeamQuery(PageQuery):
    """Of which mobilisation, of which team, in which state."""

    mobilization_id: UUID | None = None
    team_id: UUID | None = None
    state: MobilizedState | None = None


@router.get("/mobilized_teams", may="response_teams:read")
async def list_mobilized_teams(
    query: Annotated[MobilizedTeamQuery, InQuery()], caller: Caller, db: Db
) -> Page[MobilizedTeamLine]:
    """List the parts of the teams of your jurisdiction in mobilisations, newest first."""
    return await page(db, caller, mobilized_teams, _NEWEST, query, MobilizedTeamLine)


@router.get("/mobilized_teams/{mobilized_team_id}", may="response_teams:read")
async def get_mobilized_team(mobilized_team_id: UUID, caller: Caller, db: Db) -> MobilizedTeamView:
    """Return a team's part in a mobilisation."""
    return _view(await one(db, caller, mobilized_teams, mobilized_team_id), caller)


@router.post("/mobilized_teams/{mobilized_team_id}/ack", may="response_teams:own")
async def ack(mobilized_team_id: UUID, caller: Caller, db: Db) -> MobilizedTeamView:
    """Say, as the leader, that the team comes (确认)."""
    async with db.command(caller, mobilized_teams, mobilized_team_id) as tx:
        tx.move(tx.row, MOBILIZED_TEAM.step(tx.row, "ack", caller), acknowledged_at=tx.now)
        tx.tell(tx.row, TeamAssembling(**_ids(tx.row)))
        return tx.answer(_view(tx.row, caller))


@router.post("/mobilized_teams/{mobilized_team_id}/arrive", may="response_teams:own")
async def arrive(mobilized_team_id: UUID, body: TeamRoll, caller: Caller, db: Db) -> MobilizedTeamView:
    """Say that the team is on site (到场), and how many: no more than are of age and insured."""
    async with db.command(caller, mobilized_teams, mobilized_team_id) as tx:
        step = MOBILIZED_TEAM.step(tx.row, "arrive", caller)
        _check_roll(tx.row, body.present)
        tx.move(tx.row, step, present=body.present, arrived_at=tx.now)
        tx.tell(tx.row, TeamOnsite(present=body.present, **_ids(tx.row)))
        return tx.answer(_view(tx.row, caller))


@router.post("/mobilized_teams/{mobilized_team_id}/call_roll", may="response_teams:own")
async def call_roll_on_site(mobilized_team_id: UUID, body: TeamRoll, caller: Caller, db: Db) -> MobilizedTeamView:
    """Call the roll again (点名)."""
    async with db.command(caller, mobilized_teams, mobilized_team_id) as tx:
        step = MOBILIZED_TEAM.step(tx.row, "call_roll", caller)
        _check_roll(tx.row, body.present)
        tx.move(tx.row, step, present=body.present)
        tx.tell(tx.row, TeamOnsite(present=body.present, **_ids(tx.row)))
        return tx.answer(_view(tx.row, caller))


@router.post("/mobilized_teams/{mobilized_team_id}/stand_down", may="response_teams:own")
async def stand_down_team(mobilized_team_id: UUID, body: Remark, caller: Caller, db: Db) -> MobilizedTeamView:
    """Say, as the leader, that the team does not come after all (撤回)."""
    return await _not_needed(db, caller, mobilized_team_id, "stand_down", body)


@router.post("/mobilized_teams/{mobilized_team_id}/call_off", may="response_teams:call")
async def call_off_team(mobilized_team_id: UUID, body: Remark, caller: Caller, db: Db) -> MobilizedTeamView:
    """Say that a team that has not come yet is not needed (取消)."""
    return await _not_needed(db, caller, mobilized_team_id, "call_off", body)


@router.post("/mobilized_teams/{mobilized_team_id}/release", may="response_teams:call")
async def release_team(mobilized_team_id: UUID, body: GoHome, caller: Caller, db: Db) -> MobilizedTeamView:
    """Let a team go home (撤离), once everybody was looked at; it rests for its hours, and is ready again by itself."""
    async with db.command(caller, mobilized_teams, mobilized_team_id) as tx:
        part, step = tx.row, MOBILIZED_TEAM.step(tx.row, "release", caller)
        _check_roll(part, body.present)
        if body.injured > body.present:
            raise MoreHurtThanThere
        if not body.checked:
            raise NotChecked
        counts: dict[str, Any] = {"present": body.present, "injured": body.injured}
        tx.move(part, step, terminal_at=tx.now, **counts)
        tx.tell(part, TeamReleased(was_onsite=True, **counts, **_ids(part)))
        await _let_go(tx, part, "rest")
        return tx.answer(_view(part, caller))


async def silent(tx: Command, part: Row, _clock: Row, percent: int) -> None:
    """Propose another team where nobody answered in time: one of its kind that is ready, the nearest or the fastest first."""
    if percent != 100:  # noqa: PLR2004  percent of the limit
        return
    next_id = await next_team(tx, part)
    tx.update(part, next_team_id=next_id)
    tx.tell(part, TeamSilent(next_team_id=next_id, **_ids(part)))


async def next_team(tx: Command, part: Row) -> UUID | None:
    """Return the team that could come instead: of its kind and county, ready; near the meeting place, if that has a point."""
    team = await tx.db.first(select(response_teams.c.kind).where(response_teams.c.id == part.team_id))
    order = await tx.db.first(
        select(mobilizations.c.lon, mobilizations.c.lat).where(mobilizations.c.id == part.mobilization_id)
    )
    assert team, "a team stays as long as its part"
    assert order, "a mobilisation stays as long as its parts"
    ready = response_teams.c.state == "ready", response_teams.c.county_code == part.area_code[:6]
    first = [response_teams.c.ready_minutes, response_teams.c.id]
    if order.lon is not None:
        first.insert(0, distance(response_teams, order.lon, order.lat).nulls_last())  # type: ignore[arg-type]
    alike = select(response_teams.c.id).where(*ready, response_teams.c.kind == team.kind)
    found = await tx.db.first(alike.order_by(*first).limit(1))
    return found and found.id


TEAM_CLOCKS: Final[dict[str, OnClock]] = {ACK: silent}


async def _not_needed(db: Db, caller: Principal, id_: UUID, action: str, body: Remark) -> MobilizedTeamView:
    async with db.command(caller, mobilized_teams, id_) as tx:
        await not_needed(tx, action, body)
        return tx.answer(_view(tx.row, caller))


async def not_needed(tx: Command, action: str, why: Remark) -> None:
    """End the held part of a team that has not come, and free the team."""
    part, step = tx.row, MOBILIZED_TEAM.step(tx.row, action, tx.caller)
    tx.move(part, step, reason=why.reason, terminal_at=tx.now)
    tx.tell(part, TeamReleased(present=0, injured=0, was_onsite=False, **_ids(part)))
    await _let_go(tx, part, "free")


async def _let_go(tx: Command, part: Row, action: str) -> None:
    """Free the team of a part that is over; with the last one the mobilisation is over as well."""
    (team,) = await tx.hold(response_teams, [part.team_id])
    (order,) = await tx.hold(mobilizations, [part.mobilization_id])
    assert team is not None, "a team stays as long as its part"
    assert order is not None, "a mobilisation stays as long as its parts"
    tx.move(team, RESPONSE_TEAM.step(team, action, _SYSTEM), mobilization_id=None)
    left = order.teams_out - 1
    tx.update(order, teams_out=left, ended_at=None if left else tx.now)
    if not left:
        tx.record(order, "end")
        tx.tell(order, MobilizationEnded(teams=order.teams))


def _check_roll(part: Any, present: int) -> None:
    if present > part.fit:
        raise MoreThanFit(fit=part.fit)


def _ids(part: Any) -> dict[str, Any]:
    return {"mobilization_id": part.mobilization_id, "team_id": part.team_id}


def _view(part: Any, caller: Principal) -> MobilizedTeamView:
    return MobilizedTeamView.of(part, actions=MOBILIZED_TEAM.actions(part, caller))
