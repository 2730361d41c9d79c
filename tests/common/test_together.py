"""Statements that travel together: each hears its own answer, and a refused one stops nobody else."""

import asyncio
from typing import Any

import asyncpg
import pytest

from gridwhistle.common.again import AWAY
from gridwhistle.common.database import Database
from gridwhistle.common.ids import new_id
from gridwhistle.common.statements import Statement
from gridwhistle.common.together import Together
from tests.toolshed import AREA, tools

pytestmark = pytest.mark.anyio


class Road:
    """Sends statements to the database, one by one when it is told to wait, and counts them."""

    def __init__(self, database: Database) -> None:
        self._database, self.sent, self.open = database, [], asyncio.Event()
        self.open.set()
        self.breaks = False

    async def send(self, statement: Statement) -> None:
        self.sent.append(statement.rows)
        await self.open.wait()
        if self.breaks:
            raise ConnectionResetError
        await self._database._send(self._database.requests, statement)


@pytest.fixture
def road(database: Database) -> Road:
    return Road(database)


def bringing(title: str, tool_id: Any = None) -> Statement:
    statement = Statement()
    row = {"id": tool_id or new_id(), "version": 1, "event_no": 0, "area_code": AREA, "state": "idle", "title": title}
    statement.insert(tools, [{**row, "deposit_minutes": 0}])
    return statement


async def there(road: Road, title: str) -> int:
    rows = await road._database.run(road._database.requests, "SELECT count(*) FROM tool WHERE title = $1", title)
    return int(rows[0][0])


async def test_one_goes_at_once_and_what_comes_meanwhile_goes_together(road: Road) -> None:
    together = Together(road.send)
    road.open.clear()
    writes = [asyncio.create_task(together.write(bringing("saw"))) for _ in range(10)]
    await asyncio.sleep(0.01)
    assert road.sent == [1]

    road.open.set()
    await asyncio.gather(*writes)

    assert road.sent == [1, 9]
    assert await there(road, "saw") == 10


async def test_a_refused_one_hears_it_and_the_others_are_written(road: Road) -> None:
    together, taken = Together(road.send), new_id()
    await together.write(bringing("plane", taken))
    road.open.clear()
    writes = [
        asyncio.create_task(together.write(statement))
        for statement in (bringing("plane"), bringing("plane"), bringing("rust"), bringing("plane", taken), bringing("plane"))
    ]
    await asyncio.sleep(0.01)
    road.open.set()

    answers = await asyncio.gather(*writes, return_exceptions=True)

    assert [type(answer) for answer in answers] == [
        type(None),
        type(None),
        asyncpg.CheckViolationError,
        asyncpg.UniqueViolationError,
        type(None),
    ]
    assert await there(road, "plane") == 4


async def test_when_the_line_breaks_everybody_on_it_hears_it_and_the_next_goes_on(road: Road) -> None:
    together = Together(road.send)
    road.open.clear()
    road.breaks = True
    writes = [asyncio.create_task(together.write(bringing("file"))) for _ in range(3)]
    await asyncio.sleep(0.01)
    road.open.set()

    answers = await asyncio.gather(*writes, return_exceptions=True)
    road.breaks = False
    await together.write(bringing("file"))

    assert all(isinstance(answer, AWAY) for answer in answers)
    assert await there(road, "file") == 1


async def test_whoever_is_called_off_leaves_the_statement_on_its_way(road: Road) -> None:
    together = Together(road.send)
    road.open.clear()
    first, second, third = (asyncio.create_task(together.write(bringing("rasp"))) for _ in range(3))
    await asyncio.sleep(0.01)
    first.cancel()
    second.cancel()
    await asyncio.sleep(0)
    road.open.set()

    await third

    assert await there(road, "rasp") == 3
