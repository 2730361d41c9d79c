"""Statements that travel together: each hears its own answer, and a refused one stops nobody else."""

import asyncio
from typing import Any, Final

import asyncpg
import pytest

from gridwhistle.common.again import AWAY
from gridwhistle.common.database import Database
from gridwhistle.common.ids import new_id
from gridwhistle.common.statements import Function, Statement, refused_rows
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


EVEN: Final = Function("even_only", (("number", "int"),))
_EVEN: Final = """
CREATE OR REPLACE FUNCTION even_only(numbers int[]) RETURNS void LANGUAGE plpgsql AS $$
DECLARE odd text := (SELECT '[' || string_agg(format('[%s, "odd"]', place - 1), ',') || ']'
                     FROM unnest(numbers) WITH ORDINALITY AS rows (number, place) WHERE number % 2 = 1);
BEGIN
  IF odd IS NOT NULL THEN RAISE 'refused' USING ERRCODE = 'check_violation', CONSTRAINT = 'even', DETAIL = odd; END IF;
END $$
"""


def calling(title: str, *numbers: int) -> Statement:
    statement = bringing(title)
    statement.call(EVEN, [{"number": number} for number in numbers])
    return statement


async def test_only_those_whose_rows_a_function_refuses_go_by_themselves(road: Road, truth: "asyncpg.Connection[Any]") -> None:
    await truth.execute(_EVEN)
    together = Together(road.send)
    road.open.clear()
    statements = [calling("adze", *numbers) for numbers in ((2,), (4, 6), (3,), (8,), (2, 5), ())]
    writes = [asyncio.create_task(together.write(statement)) for statement in statements]
    await asyncio.sleep(0.01)
    road.open.set()

    answers = await asyncio.gather(*writes, return_exceptions=True)

    refused = [answer for answer in answers if isinstance(answer, asyncpg.CheckViolationError)]
    assert [isinstance(answer, asyncpg.CheckViolationError) for answer in answers] == [False, False, True, False, True, False]
    assert [refused_rows(one) for one in refused] == [{0: "odd"}, {1: "odd"}]
    assert refused[0].constraint_name == "even"
    assert sorted(road.sent) == [2, 2, 3, 6, 11]  # the first; all the others; then two alone, and the rest together
    assert await there(road, "adze") == 4


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
