"""What holds nothing travels together; what is wrong with one does not become its neighbours' fault."""

import asyncio
from collections import Counter
from typing import Any

import asyncpg
import pytest

from gridwhistle.common.database import Database
from gridwhistle.common.database import Db as Work
from gridwhistle.common.ids import new_id
from tests import toolshed
from tests.toolshed import AREA, CLERK, TOOL, done, parts, tools, work

pytestmark = pytest.mark.anyio


async def brought(db: Work, slot: int, title: str = "saw") -> str:
    """Bring a tool with one part in this slot."""

    async def block() -> str:
        async with db.command(CLERK) as tx:
            step = TOOL.step(None, "bring", CLERK)
            tool = tx.create(tools, step, title=title, area_code=AREA, deposit_minutes=0)
            tx.insert(parts, tool_id=tool.id, slot=slot, turns=0)
            return "brought"

    try:
        return str(await done(db, block))
    except toolshed.Rusty:
        return "rusty"
    except asyncpg.DataError:
        return "no such slot"


async def test_a_value_that_cannot_be_sent_fails_nobody_else(database: Database) -> None:
    await database.now(database.requests)  # so that nobody has to ask for it, and all write at once
    slots = [1, 2, 3, 2**40, 5, 6, 7, 8]

    outcomes = await asyncio.gather(*(brought(work(database), slot) for slot in slots))

    assert Counter(outcomes) == {"brought": 7, "no such slot": 1}


async def test_a_refusal_by_the_database_refuses_nobody_else(database: Database) -> None:
    await database.now(database.requests)
    titles = ["saw", "rasp", "rust", "file", "rust", "plane", "awl"]

    outcomes = await asyncio.gather(*(brought(work(database), 1, title) for title in titles))

    assert Counter(outcomes) == {"brought": 5, "rusty": 2}


async def test_who_gives_up_on_the_way_takes_nobody_along(database: Database, truth: "asyncpg.Connection[Any]") -> None:
    await database.now(database.requests)
    name = f"giver-up {new_id()}"

    bringing = [asyncio.ensure_future(brought(work(database), 1, name)) for _ in range(12)]
    await asyncio.sleep(0)
    for quitter in bringing[::3]:
        quitter.cancel()
    outcomes = await asyncio.gather(*bringing, return_exceptions=True)

    there = await truth.fetchval("SELECT count(*) FROM tool WHERE title = $1", name)
    assert outcomes.count("brought") == 8
    assert 8 <= there <= 12
