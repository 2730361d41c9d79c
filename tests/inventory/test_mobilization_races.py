"""Teams that two mobilisations call at once, the last team that goes home, and what clocks do."""

import asyncio
import datetime as dt
import uuid
from collections.abc import AsyncIterator
from types import SimpleNamespace
from typing import Any

import asyncpg
import pytest

from gridwhistle.common import migrations
from gridwhistle.common.personal import PersonName, Phone
from gridwhistle.common.places import Point
from gridwhistle.common.principal import Principal
from gridwhistle.common.reasons import Remark
from gridwhistle.inventory.app import INVENTORY
from gridwhistle.inventory.teams import calling, mobilized, mobilizing, response_teams
from gridwhistle.inventory.teams.domain import ACK
from gridwhistle.inventory.teams.tables import mobilizations, mobilized_teams
from gridwhistle.inventory.teams.tables import response_teams as teams_table
from gridwhistle.standalone.postgres import Postgres
from tests.conftest import Loop
from tests.inventory.processes import AREA, COMMANDER, OFFICE, Processes, two_processes

LEADER = Principal("leader", frozenset({"team_leader"}), ("990101",))
pytestmark = pytest.mark.anyio


@pytest.fixture(scope="module")
def database_url(background: Loop, postgres: Postgres) -> str:
    background.run(postgres.ensure_database("mobilization_races"))
    background.run(migrations.upgrade(INVENTORY, postgres.url("mobilization_races")))
    return postgres.url("mobilization_races")


@pytest.fixture
async def two(database_url: str) -> AsyncIterator[Processes]:
    async with two_processes(database_url) as two:
        yield two


async def a_team(two: Processes, **more: Any) -> uuid.UUID:
    given: dict[str, Any] = {
        "name": "示例队",
        "kind": "volunteer",
        "level": "village",
        "area_code": AREA,
        "leader_id": "leader",
    }
    body = response_teams.NewResponseTeam(**(given | more))
    made = await two.do(lambda db: response_teams.enrol_response_team(body, OFFICE, db))
    member = response_teams.NewResponseMember(
        name=PersonName("张三"), phone=Phone("13800138000"), is_adult=True, insured_until=dt.date(2199, 1, 1)
    )
    await two.do(lambda db: response_teams.join_response_team(made.id, member, OFFICE, db))
    id_: uuid.UUID = made.id
    return id_


def order(two: Processes, *team_ids: uuid.UUID, process: int = 0, location: Point | None = None) -> Any:
    now = dt.datetime.now(dt.UTC)
    body = mobilizing.NewMobilization(
        level=4,
        area_code=AREA,
        meeting_place="广场",
        location=location,
        assemble_at=now,
        ends_at=now + dt.timedelta(hours=8),
        team_ids=list(team_ids),
    )
    return two.do(lambda db: mobilizing.order_mobilization(body, COMMANDER, db), process)


async def test_of_two_who_call_a_team_at_once_one_has_it(two: Processes, database_url: str) -> None:
    shared = await a_team(two)
    others = [await a_team(two) for _ in range(8)]

    answers = await asyncio.gather(*(order(two, shared, other, process=n % 2) for n, other in enumerate(others)))

    truth = await asyncpg.connect(database_url)
    called = await truth.fetchval("SELECT count(*) FROM mobilized_team WHERE team_id = $1", shared)
    out = await truth.fetchval("SELECT count(*) FROM response_team WHERE state = 'mobilized' AND id = ANY($1)", others)
    await truth.close()
    refused = [one for one in answers if isinstance(one, str)]
    assert refused == ["team_not_ready"] * 7
    assert (called, out) == (1, 1)


async def test_the_last_team_that_is_free_ends_the_mobilisation_once(two: Processes, database_url: str) -> None:
    teams = [await a_team(two) for _ in range(6)]
    ordered = await order(two, *teams)

    def off(number: int) -> Any:
        id_ = ordered.called[number].id
        return two.do(lambda db: mobilized.call_off_team(id_, Remark(), COMMANDER, db), number % 2)

    answers = await asyncio.gather(*(off(number) for number in range(6)))

    made = await two.row(mobilizations, ordered.id)
    truth = await asyncpg.connect(database_url)
    ended = await truth.fetchval(
        "SELECT count(*) FROM outbox WHERE aggregate_id = $1 AND subject LIKE '%mobilization.ended.v1'", ordered.id
    )
    await truth.close()
    assert [one.state for one in answers] == ["released"] * 6
    assert (made.teams_out, made.ended_at is None, ended) == (0, False, 1)


async def test_where_nobody_answers_the_next_team_of_its_kind_is_proposed(two: Processes, database_url: str) -> None:
    await _everybody_away(database_url)
    silent, slow, quick = await a_team(two), await a_team(two, ready_minutes=50), await a_team(two, ready_minutes=10)
    await a_team(two, kind="professional", ready_minutes=1)
    (part,) = (await order(two, silent)).called

    await two.fire(mobilized_teams, part.id, ACK, percent=80)
    warned = await two.row(mobilized_teams, part.id)
    await two.fire(mobilized_teams, part.id, ACK)
    told = await two.row(mobilized_teams, part.id)

    assert (warned.next_team_id, told.next_team_id) == (None, quick)
    assert told.state == "ordered"
    assert slow != quick


async def test_an_answer_and_a_call_off_at_once_leave_one_truth(two: Processes) -> None:
    team = await a_team(two)
    (part,) = (await order(two, team)).called

    answers = await asyncio.gather(
        two.do(lambda db: mobilized.ack(part.id, LEADER, db), 0),
        two.do(lambda db: mobilized.call_off_team(part.id, Remark(), COMMANDER, db), 1),
    )

    ended, freed = await two.row(mobilized_teams, part.id), await two.row(teams_table, team)
    assert ended.state == "released"
    assert freed.state == "ready"
    assert answers[0] == "illegal_move" or answers[0].state == "assembling"


async def test_the_next_team_is_the_nearest_where_the_meeting_place_has_a_point(two: Processes, database_url: str) -> None:
    await _everybody_away(database_url)
    silent, quick = await a_team(two), await a_team(two, ready_minutes=5)
    far, near = [await a_team(two, location=Point(lon=120.6 + east, lat=30.6), ready_minutes=60) for east in (0.3, 0.1)]
    (part,) = (await order(two, silent, location=Point(lon=120.6, lat=30.6))).called

    await two.fire(mobilized_teams, part.id, ACK)

    assert (await two.row(mobilized_teams, part.id)).next_team_id == near
    assert quick != far


async def test_a_response_calls_the_teams_of_its_level_and_calls_off_who_has_not_come(
    two: Processes, database_url: str
) -> None:
    await _everybody_away(database_url)
    asked, coming = await a_team(two, level="township"), await a_team(two, level="township")
    village, county = await a_team(two), await a_team(two, kind="professional", level="county")
    ends = dt.datetime.now(dt.UTC) + dt.timedelta(days=3)
    told = SimpleNamespace(level="iii", areas=[AREA], expected_until=ends)
    event: Any = SimpleNamespace(aggregate_id=uuid.uuid4(), area_code=AREA, data=told)

    await two.do(lambda db: calling.mobilize_teams(event, event.aggregate_id, db))
    parts = await two.do(lambda db: calling.parts_to_call_off(event, db))
    (of_coming,) = [one for one in parts if (await two.row(mobilized_teams, one)).team_id == coming]
    await two.do(lambda db: mobilized.ack(of_coming, LEADER, db))
    await two.do(lambda db: mobilized.arrive(of_coming, mobilized.TeamRoll(present=1), LEADER, db))
    for part in parts:
        await two.do(lambda db, part=part: calling.call_off_part(event, part, db))  # type: ignore[misc]

    states = [(await two.row(teams_table, id_)).state for id_ in (asked, coming, village, county)]
    assert len(parts) == 2
    assert states == ["ready", "mobilized", "ready", "ready"]
    assert await two.do(lambda db: calling.parts_to_call_off(event, db)) == []


async def _everybody_away(database_url: str) -> None:
    """Let no team of the tests before be ready."""
    truth = await asyncpg.connect(database_url)
    await truth.execute("UPDATE response_team SET state = 'unavailable' WHERE state = 'ready'")
    await truth.close()
