"""What a service has heard against what its sources have told: behind is ordinary, ahead is a fork, and a fork can be left."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from uuid import UUID, uuid5

import asyncpg
import pytest
from sqlalchemy import Column, Integer, MetaData, Table, Uuid

from gridwhistle.common import migrations
from gridwhistle.common.agreement import compare, set_back
from gridwhistle.common.consumers import Consumer
from gridwhistle.common.ids import new_id
from gridwhistle.common.service import Service
from gridwhistle.standalone.postgres import Postgres
from tests.toolshed import ToolMoved

pytestmark = pytest.mark.anyio
TOOL = UUID(int=7)
LISTENER = Consumer("neighbour")
LISTENER.copies(
    ToolMoved, into=Table("known", MetaData(), Column("id", Uuid), Column("event_no", Integer)), why="Know where tools are."
)
NEIGHBOUR = Service("neighbour", "Neighbour", [], LISTENER, MetaData(), Path(__file__).parent / "no_versions")
Pair = tuple[Any, Any]


def event(number: int, history: str = "ours") -> UUID:
    return uuid5(TOOL, f"{history} {number}")


@pytest.fixture
async def pair(postgres: Postgres) -> AsyncIterator[Pair]:
    """Return connections to the databases of one who listens and of one who tells."""
    connections = []
    for name in (f"listens_{new_id().hex}", f"tells_{new_id().hex}"):
        await postgres.ensure_database(name)
        await migrations.upgrade(NEIGHBOUR, postgres.url(name))
        connections.append(await asyncpg.connect(postgres.url(name)))
    yield connections[0], connections[1]
    for connection in connections:
        await connection.close()


async def tell(source: Any, *events: UUID, table: str = "outbox") -> None:
    first = await source.fetchval("SELECT coalesce(max(event_no), 0) FROM outbox")
    for number, id_ in enumerate(events, first + 1):
        await source.execute(
            f"INSERT INTO {table} VALUES ($1, $2, $3, 'gw.990101.toolshed.tool.moved.v1', '{{}}', now(), 1)", id_, TOOL, number
        )


async def hear(own: Any, number: int, id_: UUID) -> None:
    await own.execute("INSERT INTO heard VALUES ($1, $2, $3)", TOOL, number, id_)


async def park(own: Any, number: int, id_: UUID, state: str, why: str = "early") -> None:
    await own.execute(
        "INSERT INTO parked (id, version, area_code, state, why, source, subject, content, thing_id, event_no, after_no, tries,"
        " parked_at, next_at) VALUES ($1, 1, '990101001001', $2, $5, 'toolshed', '', '', $3, $4, 0, 0, now(), now())",
        id_, state, TOOL, number, why,
    )  # fmt: skip


async def compared(pair: Pair) -> tuple[int, int]:
    own, source = pair
    async with own.transaction(), source.transaction():
        found = await compare(LISTENER, own, {"toolshed": source})
    assert len(found.shown) == found.forked
    return found.behind, found.forked


@pytest.mark.parametrize(
    ("heard", "parked", "behind_and_forked"),
    [
        pytest.param((2, event(2)), None, (0, 0), id="level"),
        pytest.param((1, event(1)), None, (1, 0), id="behind"),
        pytest.param(None, None, (1, 0), id="has heard nothing"),
        pytest.param((3, event(3)), None, (0, 1), id="ahead"),
        pytest.param((2, event(2, "lost")), None, (0, 1), id="level, in another history"),
        pytest.param((1, event(1)), (3, event(3), "waiting"), (1, 1), id="ahead with what is parked"),
        pytest.param((2, event(2)), (2, event(2), "dead", "forked"), (0, 1), id="told twice"),
        pytest.param((2, event(2)), (3, event(3), "discarded"), (0, 0), id="what was discarded says nothing"),
    ],
)
async def test_a_service_may_be_behind_but_not_ahead(
    pair: Pair, heard: Any, parked: Any, behind_and_forked: tuple[int, int]
) -> None:
    own, source = pair
    await tell(source, event(1), event(2))
    if heard:
        await hear(own, *heard)
    if parked:
        await park(own, *parked)

    found = await compared(pair)

    assert found == behind_and_forked


async def test_what_was_archived_was_told(pair: Pair) -> None:
    own, source = pair
    await tell(source, event(1), table="outbox_archive")
    await hear(own, 1, event(1))

    assert await compared(pair) == (0, 0)


@pytest.mark.parametrize("told", [1, 0], ids=["to what was told", "to nothing, of a thing that nobody told of"])
async def test_what_was_heard_and_never_told_is_set_back(pair: Pair, told: int) -> None:
    own, source = pair
    await tell(source, *(event(number + 1) for number in range(told)))
    await hear(own, 3, event(3))

    things = await set_back(own, {"toolshed": source})

    assert things == 1
    assert await own.fetchval("SELECT max(event_no) FROM heard") == (told or None)
    assert await compared(pair) == (0, 0)
