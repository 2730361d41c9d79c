"""The one statement of a command: what it looks like, and that it writes all of it, in order."""

import asyncio
import datetime as dt
from typing import Any

import asyncpg
import pytest
from sqlalchemy import JSON, Column, Identity, Integer, MetaData, Table, Text, Uuid

from gridwhistle.common.database import Database
from gridwhistle.common.ids import new_id
from gridwhistle.common.statements import Statement, read_rows, written_columns
from tests import toolshed
from tests.toolshed import AREA, CLERK, TOOL, a_tool, parts, tools, turned, work

pytestmark = pytest.mark.anyio
WAITING = "SELECT event_no FROM waiting JOIN outbox USING (event_id) WHERE aggregate_id = $1 ORDER BY waiting.id"


order = Table(
    "order",
    MetaData(),
    Column("id", Uuid),
    Column("version", Integer),
    Column("user", Text(collation="C")),
    Column("extra", JSON),
    Column("place", Integer, Identity(always=True)),
)


def test_names_that_sql_keeps_for_itself_are_quoted() -> None:
    assert read_rows(order, "id", many=False).startswith('SELECT id, version, "user", extra, place, clock_timestamp()')
    assert read_rows(order, "id", many=True).endswith('FROM "order" WHERE id = ANY($1::uuid[])')


def test_what_the_database_makes_itself_is_not_written() -> None:
    assert [column.name for column in written_columns(order)] == ["id", "version", "user", "extra"]
    assert tools.c.county_code not in written_columns(tools)


def test_a_held_row_is_changed_only_at_the_version_at_which_it_was_read() -> None:
    statement = Statement()
    id_ = new_id()
    statement.hold(order, id_, 7, {"user": "li", "extra": {"a": 1}})

    sql, args = statement.compose()

    assert sql == (
        'WITH w0 AS (UPDATE "order" SET "user" = $1::TEXT, extra = $2::JSON, version = $3::INTEGER'
        " WHERE id = $4::UUID AND version = $5::INTEGER RETURNING 1)"
        ' SELECT gw_all_held((SELECT count(*) FROM w0), 1) AS "~now"'
    )
    assert args == ["li", '{"a":1}', 8, id_, 7]


@pytest.mark.parametrize(("rows", "form"), [(4, "VALUES"), (5, "unnest")], ids=["few as values", "many as arrays"])
def test_a_batch_of_any_size_is_a_short_statement(rows: int, form: str) -> None:
    statement = Statement()
    statement.insert(order, [{"id": new_id(), "version": 1, "user": "li"}] * rows)

    sql, args = statement.compose()

    assert form in sql
    assert len(args) == (12 if form == "VALUES" else 3)


def test_statements_of_one_shape_are_one_text() -> None:
    first, second = Statement(), Statement()
    for statement, user in ((first, "li"), (second, "wang")):
        statement.hold(order, new_id(), 1, {"user": user})

    assert first.compose()[0] is second.compose()[0]


async def test_a_row_that_is_made_and_then_changed_is_one_insert(database: Database, truth: "asyncpg.Connection[Any]") -> None:
    async with work(database).command(CLERK) as tx:
        tool = tx.create(tools, TOOL.step(None, "bring", CLERK), title="saw", area_code=AREA, deposit_minutes=0)
        tx.update(tool, title="fretsaw")
        tx.tell(tool, toolshed.ToolTouched())
        statement = tx._statement()

    assert statement is not None
    assert "UPDATE" not in statement.compose()[0]
    made = await truth.fetchrow("SELECT title, version, event_no FROM tool WHERE id = $1", tool.id)
    assert tuple(made or ()) == ("fretsaw", 1, 1)


@pytest.mark.parametrize("count", [3, 4, 5, 12])
async def test_new_rows_keep_their_order(count: int, database: Database, truth: "asyncpg.Connection[Any]") -> None:
    tool_id, said = await a_tool(database), [f"turn {number}" for number in range(count)]

    async with work(database).command(CLERK, tools, tool_id) as tx:
        for number, words in enumerate(said):
            tx.record(tx.row, "look", reason=words)
            tx.insert(parts, tool_id=tool_id, slot=number, turns=number)

    assert [
        row[0]
        for row in await truth.fetch("SELECT reason FROM audit WHERE object_id = $1 AND action = 'look' ORDER BY id", tool_id)
    ] == said
    assert await truth.fetchval("SELECT array_agg(turns ORDER BY id) FROM part WHERE tool_id = $1", tool_id) == list(
        range(count)
    )


async def test_many_events_of_one_command_wait_in_the_order_of_their_telling(
    database: Database, truth: "asyncpg.Connection[Any]"
) -> None:
    tool_id = await a_tool(database)

    async with work(database).command(CLERK, tools, tool_id) as tx:
        for _ in range(9):
            tx.tell(tx.row, toolshed.ToolTouched())

    assert [row[0] for row in await truth.fetch(WAITING, tool_id)] == [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]


async def test_events_of_a_thing_are_numbered_without_gaps(database: Database, truth: "asyncpg.Connection[Any]") -> None:
    tool_id = await a_tool(database)

    for _ in range(3):
        await turned(database, tool_id)  # tells two events

    assert [row[0] for row in await truth.fetch(WAITING, tool_id)] == [1, 2, 3, 4, 5, 6, 7]
    assert await truth.fetchval("SELECT event_no FROM tool WHERE id = $1", tool_id) == 7


async def test_the_clock_is_the_databases(database: Database, truth: "asyncpg.Connection[Any]") -> None:
    before = await truth.fetchval("SELECT clock_timestamp()")
    tool_id = await a_tool(database)
    async with work(database).command(CLERK, tools, tool_id) as tx:
        now = tx.now
    after = await truth.fetchval("SELECT clock_timestamp()")

    database.heard(dt.datetime(2031, 1, 1, tzinfo=dt.UTC))

    assert before <= now <= after
    assert (await database.now()).year == 2031


async def test_what_was_long_on_its_way_does_not_put_the_clock_back(database: Database) -> None:
    said = await database.now()

    database.heard(said - dt.timedelta(seconds=1))

    assert await database.now() >= said


async def test_after_a_look_at_the_clock_it_is_later_than_all_before(
    database: Database, truth: "asyncpg.Connection[Any]"
) -> None:
    before = await truth.fetchval("SELECT clock_timestamp()")
    late = toolshed.opened(database.url)
    async with late.connected():
        late.heard(before - dt.timedelta(seconds=1))
        await late.look_at_clock()

        assert await late.now() >= before


async def test_numbers_are_never_given_twice(database: Database, url: str) -> None:
    async def drawn(database: Database) -> list[int]:
        return [await database.number("loans") for _ in range(60)]

    async with toolshed.opened(url).connected() as elsewhere:
        lots = await asyncio.gather(*(drawn(either) for either in (database, elsewhere, database)))

    assert len({number for lot in lots for number in lot}) == 180
    assert min(min(lot) for lot in lots) == 1
