"""Hold what you decide on: whatever two processes do at once, a rule over the held rows holds."""

import asyncio
from collections import Counter
from typing import Any
from uuid import UUID

import asyncpg
import pytest
from sqlalchemy import func, select

from gridwhistle.common.database import Database
from gridwhistle.common.ids import new_id
from tests import toolshed
from tests.toolshed import AREA, CLERK, TOOL, RefusedOnRequest, a_tool, accounts, an_account, done, parts, tools, work

pytestmark = pytest.mark.anyio


async def test_every_held_row_goes_up_a_version(database: Database, truth: "asyncpg.Connection[Any]") -> None:
    tool_id, account_id = await a_tool(database), await an_account(database, 90)

    async with work(database).command(CLERK, (tools, tool_id), (accounts, account_id)) as tx:
        tx.update(tx.row, title="rasp")

    assert await truth.fetchval("SELECT version FROM tool WHERE id = $1", tool_id) == 2
    assert await truth.fetchval("SELECT version FROM account WHERE id = $1", account_id) == 2


async def test_an_answer_names_the_version_that_is_written(database: Database, truth: "asyncpg.Connection[Any]") -> None:
    tool_id = await a_tool(database, parts=2)

    async with work(database).command(CLERK, tools, tool_id) as tx:
        for part in await tx.children(parts):
            tx.update(part, turns=7)
        answer = tx.answer(toolshed.ToolView.of(tx.row))

    assert answer.version == await truth.fetchval("SELECT version FROM tool WHERE id = $1", tool_id)


async def test_a_root_guards_its_children(database: Database, elsewhere: Database, truth: "asyncpg.Connection[Any]") -> None:
    tool_id, db, runs = await a_tool(database), work(database), 0

    async def put_in_the_only_part() -> None:
        nonlocal runs
        runs += 1
        async with db.command(CLERK, tools, tool_id) as tx:
            there = await tx.children(parts)
            if runs == 1:
                await toolshed.service(tool_id, CLERK, work(elsewhere))
            if not there:
                tx.insert(parts, tool_id=tool_id, slot=9, turns=0)

    await done(db, put_in_the_only_part)

    assert runs == 2
    assert await truth.fetchval("SELECT array_agg(slot) FROM part WHERE tool_id = $1", tool_id) == [0]


async def test_a_child_is_not_changed_without_its_root(database: Database) -> None:
    tool_id, other_id = await a_tool(database, parts=1), await a_tool(database)
    async with work(database).command(CLERK, tools, tool_id) as tx:
        part = (await tx.children(parts))[0]

    async with work(database).command(CLERK, tools, other_id) as tx:
        with pytest.raises(AssertionError):
            tx.update(part, turns=7)


async def test_two_creators_of_one_thing_make_it_once(database: Database, elsewhere: Database) -> None:
    tool_id = new_id()

    async def bring(database: Database) -> str:
        db = work(database)

        async def block() -> str:
            async with db.command(CLERK) as tx:
                if await db.first(select(tools.c.id).where(tools.c.id == tool_id)):
                    return "found"
                await asyncio.sleep(0.02)  # so that both have looked before either writes
                step = TOOL.step(None, "bring", CLERK)
                tx.create(tools, step, id=tool_id, title="saw", area_code=AREA, deposit_minutes=0)
                return "made"

        return await done(db, block)

    assert sorted(await asyncio.gather(bring(database), bring(elsewhere))) == ["found", "made"]


async def test_of_two_on_call_one_stays(database: Database, elsewhere: Database, truth: "asyncpg.Connection[Any]") -> None:
    pairs = [(await a_tool(database), await a_tool(database)) for _ in range(60)]

    async def leave(database: Database, me: UUID, other: UUID) -> str:
        db = work(database)

        async def block() -> str:
            async with db.command(CLERK, (tools, me), (tools, other)) as tx:
                if tx[tools, other].state == "lent":
                    raise RefusedOnRequest
                await asyncio.sleep(0.001)  # a slow decision, for the other one to decide in
                tx.move(tx.row, TOOL.step(tx.row, "lend", CLERK))
                return "left"

        try:
            return str(await done(db, block))
        except RefusedOnRequest:
            return "stayed"

    leaving = [
        leave(doctors, *pair)
        for a, b in pairs
        for doctors, pair in ((database, (a, b)), (elsewhere, (b, a)), (elsewhere, (a, b)), (database, (b, a)))
    ]
    outcomes = Counter(await asyncio.gather(*leaving, return_exceptions=True))

    both_left = "SELECT count(*) FROM tool a, tool b WHERE a.id = $1 AND b.id = $2 AND 'idle' NOT IN (a.state, b.state)"
    assert [await truth.fetchval(both_left, *pair) for pair in pairs] == [0] * 60
    assert outcomes["left"] == 60, outcomes


async def test_of_ten_who_ask_at_once_one_gets_the_last_place(
    database: Database, elsewhere: Database, truth: "asyncpg.Connection[Any]"
) -> None:
    tool_ids = [await a_tool(database) for _ in range(40)]

    async def ask(database: Database, tool_id: UUID) -> str:
        db = work(database)

        async def block() -> str:
            async with db.command(CLERK, tools, tool_id) as tx:
                taken = await db.first(select(func.count()).where(parts.c.tool_id == tool_id))
                if taken is None or taken[0]:
                    raise RefusedOnRequest
                tx.insert(parts, tool_id=tool_id, slot=new_id().int % 2**31, turns=0)
                return "got it"

        try:
            return str(await done(db, block))
        except RefusedOnRequest:
            return "too late"

    asking = [ask((database, elsewhere)[number % 2], tool_id) for tool_id in tool_ids for number in range(10)]
    outcomes = Counter(await asyncio.gather(*asking))

    places = "SELECT count(*) FROM part WHERE tool_id = ANY($1) GROUP BY tool_id"
    assert [row[0] for row in await truth.fetch(places, tool_ids)] == [1] * 40
    assert outcomes == {"got it": 40, "too late": 360}
