"""Two who count at once, two who decide at once, two processes: numbers and states stay true."""

import asyncio
import uuid
from collections.abc import AsyncIterator
from types import SimpleNamespace
from typing import Any

import asyncpg
import pytest

from gridwhistle.common import migrations
from gridwhistle.common.places import Point
from gridwhistle.common.reasons import Remark
from gridwhistle.inventory.app import INVENTORY
from gridwhistle.inventory.places import counting, proposing, sheltering, shelters
from gridwhistle.inventory.places.tables import shelters as shelters_table
from gridwhistle.inventory.responses.setting_off import shelters_wanted
from gridwhistle.standalone.postgres import Postgres
from tests.conftest import Loop
from tests.inventory.processes import AREA, COMMANDER, OFFICE, SHELTER_MANAGER, Processes, two_processes

pytestmark = pytest.mark.anyio


@pytest.fixture(scope="module")
def database_url(background: Loop, postgres: Postgres) -> str:
    background.run(postgres.ensure_database("shelter_races"))
    background.run(migrations.upgrade(INVENTORY, postgres.url("shelter_races")))
    return postgres.url("shelter_races")


@pytest.fixture
async def two(database_url: str) -> AsyncIterator[Processes]:
    async with two_processes(database_url) as two:
        yield two


async def standing_by(two: Processes, area_m2: float = 200) -> uuid.UUID:
    body = shelters.NewShelter(
        code=f"S-{uuid.uuid4().hex[:8]}",
        name="示例广场",
        level="village",
        kind="short_term",
        space="ground",
        location=Point(lon=120.6, lat=30.6),
        area_code=AREA,
        area_m2=area_m2,
        address="示例路 1 号",
        route="示例路向东",
    )
    made = await two.do(lambda db: shelters.register_shelter(body, OFFICE, db))
    await two.do(lambda db: shelters.accept_shelter(made.id, OFFICE, db))
    await two.do(lambda db: sheltering.stand_by(made.id, sheltering.StandBy(), COMMANDER, db))
    id_: uuid.UUID = made.id
    return id_


async def opened(two: Processes, area_m2: float = 200) -> uuid.UUID:
    id_ = await standing_by(two, area_m2)
    await two.do(lambda db: sheltering.open_shelter(id_, sheltering.OpenShelter(), SHELTER_MANAGER, db))
    return id_


async def test_arrivals_counted_at_once_are_all_counted(two: Processes, database_url: str) -> None:
    id_ = await opened(two)

    def came(process: int) -> Any:
        return two.do(lambda db: counting.admit(id_, counting.PeopleCounted(total=3, elderly=1), SHELTER_MANAGER, db), process)

    answers = await asyncio.gather(*(came(number % 2) for number in range(40)))

    assert [one for one in answers if isinstance(one, str)] == []
    truth = await asyncpg.connect(database_url)
    shelter: Any = await truth.fetchrow("SELECT state, people FROM shelter WHERE id = $1", id_)
    opening: Any = await truth.fetchrow("SELECT total, elderly, arrived, most FROM opening WHERE shelter_id = $1", id_)
    full = await truth.fetchval("SELECT count(*) FROM outbox WHERE aggregate_id = $1 AND subject LIKE '%shelter.full.v1'", id_)
    await truth.close()
    assert tuple(shelter) == ("full", 120)
    assert tuple(opening) == (120, 40, 120, 120)
    assert full == 1


async def test_the_last_places_fill_once_and_free_once(two: Processes, database_url: str) -> None:
    id_ = await opened(two)

    def count(number: int) -> Any:
        body = counting.PeopleCounted(total=1)
        way = counting.admit if number % 2 else counting.let_go
        return two.do(lambda db: way(id_, body, SHELTER_MANAGER, db), number // 2 % 2)

    await two.do(lambda db: counting.admit(id_, counting.PeopleCounted(total=99), SHELTER_MANAGER, db))
    answers = await asyncio.gather(*(count(number) for number in range(40)))

    truth = await asyncpg.connect(database_url)
    shelter: Any = await truth.fetchrow("SELECT state, people FROM shelter WHERE id = $1", id_)
    steps = await truth.fetch(
        "SELECT action FROM history WHERE thing_id = $1 AND action IN ('fill', 'relieve') ORDER BY id", id_
    )
    await truth.close()
    assert not [one for one in answers if isinstance(one, str)]
    assert tuple(shelter) == ("open", 99)
    assert [row[0] for row in steps] == ["fill", "relieve"] * (len(steps) // 2)


async def test_of_two_who_open_at_once_one_does(two: Processes, database_url: str) -> None:
    id_ = await standing_by(two)

    def opens(process: int) -> Any:
        return two.do(lambda db: sheltering.open_shelter(id_, sheltering.OpenShelter(), SHELTER_MANAGER, db), process)

    answers = await asyncio.gather(*(opens(number % 2) for number in range(6)))

    truth = await asyncpg.connect(database_url)
    openings = await truth.fetchval("SELECT count(*) FROM opening WHERE shelter_id = $1", id_)
    await truth.close()
    assert sorted(one if isinstance(one, str) else one.state for one in answers) == ["illegal_move"] * 5 + ["open"]
    assert openings == 1


@pytest.mark.parametrize("_round", range(5))
async def test_who_closes_while_others_count_loses_nobody(two: Processes, database_url: str, _round: int) -> None:
    id_ = await opened(two)

    def came(process: int) -> Any:
        return two.do(lambda db: counting.admit(id_, counting.PeopleCounted(total=1), SHELTER_MANAGER, db), process)

    def close() -> Any:
        return two.do(lambda db: sheltering.close_shelter(id_, Remark(), COMMANDER, db), 1)

    *admitted, closed = await asyncio.gather(*(came(number % 2) for number in range(12)), close())

    truth = await asyncpg.connect(database_url)
    people = await truth.fetchval("SELECT people FROM shelter WHERE id = $1", id_)
    total = await truth.fetchval("SELECT total FROM opening WHERE shelter_id = $1", id_)
    told = await truth.fetchval(
        "SELECT envelope FROM outbox WHERE aggregate_id = $1 AND subject LIKE '%shelter.closed.v1'", id_
    )
    await truth.close()
    assert closed.state == "closing"
    assert {one for one in admitted if isinstance(one, str)} <= {"illegal_move"}
    assert people == total == sum(not isinstance(one, str) for one in admitted)
    assert f'"total":{total}' in told


async def test_a_response_proposes_what_is_ready_and_takes_back_what_nobody_confirmed(two: Processes) -> None:
    ready, confirmed, busy = [await standing_by(two) for _ in range(3)]
    for id_ in (ready, confirmed):
        await two.do(lambda db, id_=id_: sheltering.stand_down(id_, Remark(), COMMANDER, db))  # type: ignore[misc]
    told = SimpleNamespace(areas=[AREA], measures=["ready_shelters"], expected_persons=0)
    event: Any = SimpleNamespace(aggregate_id=uuid.uuid4(), area_code=AREA, data=told)

    found = await two.do(lambda db: shelters_wanted(event, db))
    for id_ in (ready, confirmed, busy):
        await two.do(lambda db, id_=id_: proposing.propose_shelter(event, id_, db))  # type: ignore[misc]
    await two.do(lambda db: sheltering.stand_by(confirmed, sheltering.StandBy(), COMMANDER, db))
    waiting = await two.do(lambda db: proposing.proposed_shelters(event, db))
    for id_ in (ready, confirmed):
        await two.do(lambda db, id_=id_: proposing.pass_over_shelter(event, id_, db))  # type: ignore[misc]

    assert {ready, confirmed} <= set(found)
    assert busy not in found
    assert waiting == [ready]
    rows = [await two.row(shelters_table, id_) for id_ in (ready, confirmed, busy)]
    assert [(row.state, row.response_id == event.aggregate_id) for row in rows] == [
        ("ready", False),
        ("standby", True),
        ("standby", False),
    ]
