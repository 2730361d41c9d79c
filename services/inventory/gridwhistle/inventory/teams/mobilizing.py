"""Mobilisation (动员): a level calls teams, and volunteers through the time bank; more teams can be called while it lasts."""

import datetime as dt
from collections.abc import Sequence
from typing import Annotated, Any
from uuid import UUID

from fastapi import Query as InQuery
from pydantic import AwareDatetime, Field
from sqlalchemy import ColumnElement, and_, or_, select

from gridwhistle.common.calendars import day_of
from gridwhistle.common.commands import Command
from gridwhistle.common.data_classes import Count
from gridwhistle.common.database import Db as Work
from gridwhistle.common.edge import Caller, Db, Router
from gridwhistle.common.events.inventory import MobilizationOrdered
from gridwhistle.common.events.inventory_teams import TeamOrdered
from gridwhistle.common.events.timebank_orders import ServiceCode
from gridwhistle.common.ids import AreaCode, prefix_of
from gridwhistle.common.jurisdiction import in_areas, within
from gridwhistle.common.moved import today
from gridwhistle.common.personal import MASKED
from gridwhistle.common.places import Latitude, Longitude, Point
from gridwhistle.common.principal import Principal
from gridwhistle.common.reading import one, page
from gridwhistle.common.rows import Row
from gridwhistle.common.wire import Body, Keyset, Moment, Page, PageQuery, Query, Version, View
from gridwhistle.inventory.distances import NEAR_MAX, DistanceM, NearQuery, distance, metres, near
from gridwhistle.inventory.lasting import check_lasts, follow
from gridwhistle.inventory.teams.domain import (
    EnoughTeams,
    MobilizationLevel,
    MobilizationOver,
    NobodyFit,
    NoTeams,
    ServiceMissing,
    TeamKind,
    TeamNotReady,
    TimesUnclear,
    UnknownTeam,
    called_at,
    fit,
)
from gridwhistle.inventory.teams.mobilized import MobilizedTeamLine
from gridwhistle.inventory.teams.response_teams import ResponseTeamLine, ResponseTeamState, members_of
from gridwhistle.inventory.teams.tables import mobilizations, mobilized_teams, response_teams
from gridwhistle.inventory.teams.team_states import MOBILIZED_TEAM, RESPONSE_TEAM

router = Router("inventory", "Mobilisation 应急动员")
_NEWEST = Keyset(mobilizations.c.id)
TEAMS_MAX = 200
Level = Annotated[int, Field(ge=1, le=4, description="1 to 4; 1 is the gravest.", examples=[2])]
MeetingPlace = Annotated[str, Field(min_length=1, max_length=200, examples=["望湖街道办事处广场"]), MASKED]
_REACH = {4: 12, 3: 9, 2: 6, 1: 6}
"""Of which area a level calls teams, by how many digits of a code: the community, the township, the county."""


class NewMobilization(Body):
    """A mobilisation. Without `team_ids` all that the level calls, and that are ready, are called."""

    level: MobilizationLevel
    area_code: AreaCode
    response_id: Annotated[UUID | None, Field(strict=False)] = None
    meeting_place: MeetingPlace
    location: Point | None = None
    assemble_at: Moment
    ends_at: Moment
    team_ids: Annotated[list[Annotated[UUID, Field(strict=False)]], Field(max_length=TEAMS_MAX, description="Which teams.")] = (
        Field(default_factory=list)
    )
    service_code: Annotated[ServiceCode | None, Field(description="What volunteers of the time bank are asked for.")] = None
    volunteers_needed: Annotated[int, Field(ge=0, le=500, examples=[30])] = 0


class MoreTeam(Body):
    """Which team."""

    team_id: Annotated[UUID, Field(strict=False)]


class MobilizationLine(View):
    """A mobilisation in a list."""

    id: UUID
    version: Version
    level: Level
    area_code: AreaCode
    response_id: UUID | None
    meeting_place: MeetingPlace
    lon: Longitude | None
    lat: Latitude | None
    service_code: ServiceCode | None
    volunteers_needed: Count
    assemble_at: AwareDatetime
    ends_at: AwareDatetime
    ordered_at: AwareDatetime
    teams: Count
    teams_out: Count
    ended_at: AwareDatetime | None


class MobilizationView(MobilizationLine):
    """A mobilisation with the teams that it called."""

    called: Annotated[list[MobilizedTeamLine], Field(max_length=TEAMS_MAX)]


class MobilizationQuery(PageQuery):
    """Which mobilisations."""

    area_code: AreaCode | None = None
    response_id: UUID | None = None
    level: Annotated[int | None, Field(ge=1, le=4)] = None


class ProposedQuery(Query):
    """At which level, and where."""

    level: Annotated[int, Field(ge=1, le=4)]
    area_code: AreaCode


class NearTeamQuery(NearQuery):
    """Near which point, and which teams."""

    kind: TeamKind | None = None
    state: ResponseTeamState | None = None


class NearTeam(ResponseTeamLine):
    """A team, and how far it is."""

    distance_m: DistanceM


class NearTeams(View):
    """Teams that say where they start from, nearest first."""

    items: Annotated[list[NearTeam], Field(max_length=NEAR_MAX)]


class ProposedTeams(View):
    """The teams that a level calls and that are ready, the fastest first; at level 1 the county asks those above it, too."""

    items: Annotated[list[ResponseTeamLine], Field(max_length=TEAMS_MAX)]
    ask_above: bool


@router.get("/proposed_teams", may="response_teams:read")
async def list_proposed_teams(query: Annotated[ProposedQuery, InQuery()], caller: Caller, db: Db) -> ProposedTeams:
    """List the teams that a level of mobilisation calls, and that are ready.

    4: the volunteers of the village; 3: the township's teams; 2: the county's professionals and all volunteers; 1: everybody.
    """
    area_code = await today(db, query.area_code)
    found = await proposed(db, caller, query.level, area_code)
    items = [ResponseTeamLine.of(row) for row in found]
    return ProposedTeams.model_construct(items=items, ask_above=query.level == 1)


@router.get("/nearest_response_teams", may="response_teams:read")
async def list_nearest_response_teams(query: Annotated[NearTeamQuery, InQuery()], caller: Caller, db: Db) -> NearTeams:
    """List the teams of your jurisdiction by how far they are from a point, which may be of any coordinate system."""
    lon, lat = query.point
    asked = [response_teams.c[name] == value for name in ("kind", "state") if (value := getattr(query, name)) is not None]
    here = distance(response_teams, lon, lat).label("distance")
    there = within(response_teams, caller), response_teams.c.terminal_at.is_(None), *asked
    found = select(response_teams, here).where(*there, near(response_teams, lon, lat, query.within_m))
    rows = await db.fetch(found.order_by(here, response_teams.c.id).limit(query.limit))
    return NearTeams.model_construct(items=[NearTeam.of(row, distance_m=metres(row.distance)) for row in rows])


@router.post("/mobilizations", may="response_teams:call", status_code=201)
async def order_mobilization(body: NewMobilization, caller: Caller, db: Db) -> MobilizationView:
    """Order a mobilisation (下达动员令). Each team answers within half an hour, or another one is proposed.

    A team is called once at a time, with adults alone who are insured to the end. Volunteers are asked for by the time bank.
    """
    area_code = await today(db, body.area_code)
    async with db.command(caller) as tx:
        await check_lasts(db, body.response_id, area_code)
        ids = body.team_ids or [row.id for row in await proposed(db, caller, body.level, area_code)]
        made, called = await mobilize(tx, area_code, body, ids)
        return tx.answer(_view(made, called))


@router.get("/mobilizations", may="response_teams:read")
async def list_mobilizations(query: Annotated[MobilizationQuery, InQuery()], caller: Caller, db: Db) -> Page[MobilizationLine]:
    """List the mobilisations of your jurisdiction, newest first."""
    return await page(db, caller, mobilizations, _NEWEST, query, MobilizationLine)


@router.get("/mobilizations/{mobilization_id}", may="response_teams:read")
async def get_mobilization(mobilization_id: UUID, caller: Caller, db: Db) -> MobilizationView:
    """Return a mobilisation with the teams that it called."""
    made = await one(db, caller, mobilizations, mobilization_id)
    return _view(made, await _called(db, mobilization_id))


@router.post("/mobilizations/{mobilization_id}/call_team", may="response_teams:call")
async def call_team(mobilization_id: UUID, body: MoreTeam, caller: Caller, db: Db) -> MobilizationView:
    """Call one more team: the next, where one was silent."""
    async with db.command(caller, mobilizations, mobilization_id) as tx:
        order = tx.row
        if order.ended_at or order.ends_at <= tx.now:
            raise MobilizationOver
        before = await _called(db, mobilization_id)
        if len(before) >= TEAMS_MAX:
            raise EnoughTeams(most=TEAMS_MAX)
        await follow(db, order.response_id)
        made = await _call(tx, order, [body.team_id])
        tx.update(order, teams=order.teams + 1, teams_out=order.teams_out + 1)
        tx.record(order, "call_team")
        return tx.answer(_view(order, [*before, *made]))


async def proposed(db: Work, caller: Principal, level: int, area_code: str) -> list[Any]:
    """Return the teams of the caller's jurisdiction that a level calls in an area and that are ready, the fastest first."""
    reach = prefix_of(area_code)[: _REACH[level]]
    kinds = (and_(response_teams.c.kind == kind, response_teams.c.level == at) for kind, at in sorted(called_at(level)))
    asked: list[ColumnElement[bool]] = [or_(*kinds), in_areas(response_teams, (reach,)), response_teams.c.state == "ready"]
    ready = select(response_teams).where(within(response_teams, caller), *asked)
    return await db.fetch(ready.order_by(response_teams.c.ready_minutes, response_teams.c.id).limit(TEAMS_MAX))


async def mobilize(tx: Command, area_code: str, body: NewMobilization, ids: Sequence[UUID]) -> tuple[Row, list[Row]]:
    """Make a mobilisation, and call teams; tell the time bank if volunteers are asked for.

    Raises:
        TimesUnclear, ServiceMissing, NoTeams, UnknownTeam, TeamNotReady, NobodyFit: it cannot be ordered so.
    """
    if body.ends_at <= max(body.assemble_at, tx.now):
        raise TimesUnclear
    if bool(body.volunteers_needed) != bool(body.service_code):
        raise ServiceMissing
    if not ids:
        raise NoTeams
    once, point = list(dict.fromkeys(ids)), body.location
    said = {name: value for name, value in body if name not in {"area_code", "location", "team_ids"}}
    order = tx.create(
        mobilizations,
        None,
        area_code=area_code,
        lon=point and point.lon,
        lat=point and point.lat,
        ordered_at=tx.now,
        ordered_by=tx.caller.id,
        teams=len(once),
        teams_out=len(once),
        **said,
    )
    called = await _call(tx, order, once)
    if body.volunteers_needed and body.service_code:
        wanted = {"service_code": body.service_code, "people_needed": body.volunteers_needed}
        tx.tell(order, MobilizationOrdered(start_at=body.assemble_at, end_at=body.ends_at, **wanted))
    return order, called


async def fit_teams(tx: Command, ids: Sequence[UUID], until: dt.date) -> list[UUID]:
    """Return those of the teams that are ready and have a member who may go."""
    held = [team for team in await tx.hold(response_teams, ids) if team is not None and team.state == "ready"]
    return [team.id for team in held if fit(await members_of(tx, team), until)]


async def _call(tx: Command, order: Row, ids: Sequence[UUID]) -> list[Row]:
    """Call teams, each of them held, so that no other mobilisation calls it at once."""
    until = day_of(order.ends_at)
    return [await _call_one(tx, order, team, until) for team in await tx.hold(response_teams, ids)]


async def _call_one(tx: Command, order: Row, team: Row | None, until: dt.date) -> Row:
    if team is None or not tx.caller.reaches(response_teams, team):
        raise UnknownTeam
    if team.state != "ready":
        raise TeamNotReady(team=team.name, state=RESPONSE_TEAM.word(team.state))
    able = fit(await members_of(tx, team), until)
    if not able:
        raise NobodyFit(team=team.name)
    ids = {"mobilization_id": order.id, "team_id": team.id}
    tx.move(team, RESPONSE_TEAM.step(team, "mobilize", tx.caller), mobilization_id=order.id)
    step, place = MOBILIZED_TEAM.step(None, "order", tx.caller), {"area_code": team.area_code, "leader_id": team.leader_id}
    made = tx.create(mobilized_teams, step, fit=able, ordered_at=tx.now, **ids, **place)
    tx.tell(made, TeamOrdered(kind=team.kind, assemble_at=order.assemble_at, ends_at=order.ends_at, **ids))
    return made


async def _called(db: Work, mobilization_id: UUID) -> list[Any]:
    of_it = select(mobilized_teams).where(mobilized_teams.c.mobilization_id == mobilization_id)
    return await db.fetch(of_it.order_by(mobilized_teams.c.id).limit(TEAMS_MAX))


def _view(order: Any, called: Sequence[Any]) -> MobilizationView:
    return MobilizationView.of(order, called=[MobilizedTeamLine.of(one) for one in called])
