"""Queries run on the driver itself, and give rows as services read them."""

import asyncio
import datetime as dt
from typing import Annotated, Any
from uuid import UUID

import asyncpg
import pytest
from asyncpg.pgproto import pgproto
from pydantic import AwareDatetime, Field
from sqlalchemy import JSON, func, literal_column, select

from gridwhistle.common.database import Database
from gridwhistle.common.personal import Phone
from gridwhistle.common.queries import question
from gridwhistle.common.wire import Page, View, as_json
from tests.toolshed import a_member, a_tool, members, tools, work

pytestmark = pytest.mark.anyio
READERS = 40


async def test_a_row_has_its_columns_by_name_and_in_order(database: Database) -> None:
    tool_id = await a_tool(database)

    row = await work(database).first(select(tools.c.id, tools.c.version))

    assert row is not None
    assert (row.id, row.version) == tuple(row) == (tool_id, 1)


async def test_lists_are_as_long_as_they_are(database: Database) -> None:
    made = [await a_tool(database) for _ in range(3)]
    db = work(database)

    found = [
        {row.id for row in await db.fetch(select(tools.c.id).where(tools.c.id.in_(some)))} for some in (made[:1], made, [])
    ]

    assert found == [set(made[:1]), set(made), set()]


async def test_json_and_what_is_sealed_come_out_opened(database: Database) -> None:
    member = await a_member(database)
    db = work(database)

    sealed = await db.first(select(members.c.id, members.c.phone).where(members.c.id == member.id))
    json = await db.first(select(literal_column("""'{"words": ["井盖", null]}'::jsonb""", JSON).label("said")))

    assert sealed is not None
    assert json is not None
    assert (sealed.phone, json.said) == (Phone("13800138000"), {"words": ["井盖", None]})


def test_queries_of_one_shape_are_compiled_once() -> None:
    first, second = (question(select(tools).where(tools.c.version == version).limit(3)) for version in (1, 2))

    assert first.sql is second.sql
    assert first.args != second.args


async def test_many_readers_share_few_connections(database: Database, truth: "asyncpg.Connection[Any]") -> None:
    began = (
        "SELECT count(*) FROM pg_stat_activity"
        " WHERE datname = current_database() AND backend_type = 'client backend' AND backend_start > $1"
    )
    since = await truth.fetchval("SELECT clock_timestamp()")
    db = work(database)

    for _ in range(3):
        await asyncio.gather(*(db.fetch(select(func.count()).select_from(tools)) for _ in range(READERS)))

    assert database.reads.in_hand_and_waiting() == (0, 0)
    assert await truth.fetchval(began, since) <= 12


class Line(View):
    """A line of a list."""

    id: UUID
    at: AwareDatetime
    share: float | None
    phone: Phone
    words: Annotated[list[str], Field(max_length=3)]


@pytest.mark.parametrize(
    "values",
    [
        pytest.param({"share": 0.1, "at": dt.datetime(2026, 7, 6, 8, tzinfo=dt.UTC), "words": ["井盖", "\u2028"]}, id="whole"),
        pytest.param({"share": None, "at": dt.datetime(2026, 7, 6, 8, 30, 1, 5, tzinfo=dt.UTC), "words": []}, id="null"),
        pytest.param({"share": 1e22, "at": dt.datetime(2026, 7, 6, 8, tzinfo=dt.UTC), "words": ['"+00:00"']}, id="awkward"),
    ],
)
def test_a_page_reads_as_its_model_says(values: dict[str, Any]) -> None:
    line = Line.holding({"id": pgproto.UUID("0190c8f2-5d1e-7c3a-9d55-0c5b3f1f7a10"), "phone": Phone("13800138000"), **values})
    page = Page[Line].model_construct(items=[line], next_cursor=None)

    said = as_json(page)

    assert said == page.__pydantic_serializer__.to_json(page)
    assert b"138****8000" in said
