"""Connections that break and callers who give up: nothing is half done, doubled, stuck, or said wrongly."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any
from uuid import UUID

import asyncpg
import pytest

from gridwhistle.common import again as running
from gridwhistle.common import database as database_module
from gridwhistle.common.again import Replay, Unsure, again
from gridwhistle.common.connections import Connections
from gridwhistle.common.database import Database
from gridwhistle.common.problems import Busy, IllegalMove, MayHaveHappened
from tests import toolshed
from tests.faults.proxy import Fate, Proxy
from tests.toolshed import CLERK, TOOL, RefusedOnRequest, a_tool, done, tools, turned, work

pytestmark = pytest.mark.anyio
VERSION = "SELECT version FROM tool WHERE id = $1"
IS_WAITING = "SELECT pid FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"


@pytest.fixture
async def proxy(url: str) -> AsyncIterator[Proxy]:
    async with Proxy(url).open() as proxy:
        yield proxy


@pytest.fixture
async def far(proxy: Proxy) -> AsyncIterator[Database]:
    """Return the database at the end of a line that can break."""
    async with toolshed.opened(proxy.url).connected() as database:
        yield database


def lending(db: database_module.Db, tool_id: UUID, proxy: Proxy, *fates: Fate) -> Callable[[], Awaitable[toolshed.ToolView]]:
    """Return a block that lends the tool; what its first run does after the block meets these fates."""
    left = list(fates)

    async def block() -> toolshed.ToolView:
        async with db.command(CLERK, tools, tool_id) as tx:
            proxy.fates.extend(left)
            left.clear()
            tx.move(tx.row, TOOL.step(tx.row, "lend", CLERK))
            return tx.answer(toolshed.ToolView.of(tx.row))

    return block


async def waits(truth: Any) -> int:
    """Wait until somebody waits for a lock, and return their process id."""
    async with asyncio.timeout(3):
        while not (pid := await truth.fetchval(IS_WAITING)):
            await asyncio.sleep(0.01)
    return int(pid)


async def test_under_a_key_what_was_written_is_found_again(database: Database, far: Database, proxy: Proxy, truth: Any) -> None:
    tool_id = await a_tool(database)
    db = work(far, key="cut-1")

    with pytest.raises(Replay) as replay:
        await done(db, lending(db, tool_id, proxy, "after"))

    assert (replay.value.status, await truth.fetchval(VERSION, tool_id)) == (200, 2)


async def test_under_a_key_what_was_not_written_is_written_again(
    database: Database, far: Database, proxy: Proxy, truth: Any
) -> None:
    tool_id = await a_tool(database)
    db = work(far, key="cut-2")

    answer = await done(db, lending(db, tool_id, proxy, "before"))

    assert (answer.state, await truth.fetchval(VERSION, tool_id)) == ("lent", 2)


@pytest.mark.parametrize("fate", ["before", "after"])
async def test_without_a_key_it_may_have_happened(fate: Fate, database: Database, far: Database, proxy: Proxy) -> None:
    tool_id = await a_tool(database)
    db = work(far)

    with pytest.raises(MayHaveHappened):
        await done(db, lending(db, tool_id, proxy, fate))


async def test_nobody_is_told_that_nothing_was_written_when_it_may_have_been(
    database: Database, far: Database, proxy: Proxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(running, "TRIES", 3)
    tool_id = await a_tool(database)
    db = work(far, key="cut-3")
    block = lending(db, tool_id, proxy, "after")

    async def then_nobody_comes_in() -> toolshed.ToolView:
        try:
            return await block()
        finally:
            proxy.is_closed = True

    with pytest.raises(MayHaveHappened):
        await done(db, then_nobody_comes_in)


async def test_a_read_that_is_cut_off_runs_again(database: Database, far: Database, proxy: Proxy, truth: Any) -> None:
    tool_id = await a_tool(database)

    proxy.fates.extend(["before", "after", "during"])
    await turned(far, tool_id)

    assert await truth.fetchval(VERSION, tool_id) == 2
    assert proxy.cuts == 3


async def test_a_refusal_whose_storing_is_cut_off_is_still_the_one_answer(
    database: Database, far: Database, proxy: Proxy, truth: Any
) -> None:
    tool_id = await a_tool(database)
    await turned(database, tool_id)
    with pytest.raises(IllegalMove):  # the driver looks types up once a connection; that is done now
        await done(first := work(far, key="cut-4"), lending(first, tool_id, proxy))
    db = work(far, key="cut-5")

    with pytest.raises(Replay) as replay:  # past two reads, the third statement stores
        await done(db, lending(db, tool_id, proxy, "pass", "pass", "after"))

    assert (replay.value.status, replay.value.body) == (409, b"illegal_move")
    assert await truth.fetchval("SELECT count(*) FROM command_key WHERE key = 'cut-5'") == 1


async def test_a_refusal_gives_way_to_the_answer_that_a_twin_was_just_storing(database: Database, truth: Any) -> None:
    tool_id = await a_tool(database)
    db = work(database, key="twin")
    answer = database.seal.close(b"done", database_module._place("test", "twin"))

    async def refuse() -> None:
        async with db.command(CLERK, tools, tool_id):
            raise RefusedOnRequest

    async with truth.transaction():
        await truth.execute("INSERT INTO command_key VALUES ('test', 'twin', '', 200, $1, now())", answer)
        refusing = asyncio.ensure_future(done(db, refuse))
        await waits(truth)

    with pytest.raises(Replay) as replay:
        await refusing
    assert (replay.value.status, replay.value.body) == (200, b"done")


async def test_who_may_have_written_and_then_finds_no_place_is_told_so() -> None:
    outcomes = iter([Unsure(), Busy()])

    async def block() -> None:
        raise next(outcomes)

    with pytest.raises(MayHaveHappened):
        await again(block)


@pytest.mark.parametrize("key", ["cut-6", None], ids=["with a key", "without"])
async def test_a_backend_that_dies_while_writing(key: str | None, database: Database, truth: Any) -> None:
    tool_id = await a_tool(database)
    db = work(database, key=key)
    async with truth.transaction():
        await truth.execute("SELECT 1 FROM tool WHERE id = $1 FOR UPDATE", tool_id)
        turning = asyncio.ensure_future(done(db, lambda: toolshed.turn(tool_id, toolshed.Turn(), CLERK, db)))
        await truth.execute("SELECT pg_terminate_backend($1)", await waits(truth))

    if key is None:
        with pytest.raises(MayHaveHappened):
            await turning
    else:
        assert (await turning).version == 2


async def test_connections_that_died_in_the_pool_are_not_noticed(database: Database, truth: Any) -> None:
    tool_id = await a_tool(database)
    await asyncio.gather(*(turned(database, tool_id) for _ in range(3)))

    others = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> $1"
    await truth.execute(others.replace("$1", str(truth.get_server_pid())))
    answer = await turned(database, tool_id)

    assert answer.version == 5


async def test_who_is_cancelled_while_leaving_has_written_and_frees_the_queue(database: Database, truth: Any) -> None:
    tool_id = await a_tool(database)
    async with truth.transaction():
        await truth.execute("SELECT 1 FROM tool WHERE id = $1 FOR UPDATE", tool_id)
        turning = asyncio.ensure_future(turned(database, tool_id))
        await waits(truth)
        for _ in range(3):
            turning.cancel()
            await asyncio.sleep(0.01)
        assert not turning.done()

    with pytest.raises(asyncio.CancelledError):
        await turning
    assert await truth.fetchval(VERSION, tool_id) == 2
    assert (await turned(database, tool_id)).version == 3


async def test_who_is_cancelled_while_entering_keeps_neither_queue_nor_connection(url: str, truth: Any) -> None:
    async with toolshed.opened(url, connections_max=1).connected() as narrow:
        tool_id = await a_tool(narrow)
        async with truth.transaction():
            await truth.execute("LOCK TABLE tool")
            reading = asyncio.ensure_future(turned(narrow, tool_id))
            await waits(truth)
            queued = asyncio.ensure_future(turned(narrow, tool_id))
            await asyncio.sleep(0.01)
            queued.cancel()
            reading.cancel()
            outcomes = await asyncio.gather(reading, queued, return_exceptions=True)

        assert [type(outcome) for outcome in outcomes] == [asyncio.CancelledError] * 2
        assert (await turned(narrow, tool_id)).version == 2


async def test_who_gives_up_as_their_turn_comes_passes_it_on(url: str) -> None:
    connections = Connections(url, 1, 5.0)
    connection = await connections.take()
    waiting = asyncio.ensure_future(connections.take())
    await asyncio.sleep(0)

    waiting.cancel()
    connections.give(connection)

    try:
        with pytest.raises(asyncio.CancelledError):
            await waiting
        async with asyncio.timeout(1):
            connections.give(await connections.take())
    finally:
        await connections.close()


async def test_patience_ends_behind_somebody_who_was_just_let_in(url: str) -> None:
    async with toolshed.opened(url, patience_s=0.05).connected() as hurried:
        tool_id = await a_tool(hurried)
        leave = asyncio.Event()

        async def linger() -> None:
            async with work(hurried).command(CLERK, tools, tool_id):
                await leave.wait()

        async with work(hurried).command(CLERK, tools, tool_id):
            lingering = asyncio.ensure_future(linger())
            await asyncio.sleep(0.01)
        # The queue is open, and the next one in it has not moved yet.
        try:
            async with asyncio.timeout(1):
                with pytest.raises(Busy):
                    await turned(hurried, tool_id)
        finally:
            leave.set()
            await lingering


async def test_a_server_that_is_full_is_a_server_that_is_away(url: str, truth: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(running, "TRIES", 2)
    await truth.execute("DROP ROLE IF EXISTS guest")
    await truth.execute("CREATE ROLE guest LOGIN CONNECTION LIMIT 1")
    guest = url.replace("gridwhistle@", "guest@")
    holder = await asyncpg.connect(guest)
    try:
        async with toolshed.opened(guest).connected() as full:
            with pytest.raises(Busy):
                await turned(full, UUID(int=0))
    finally:
        await holder.close()


async def test_a_refusal_that_waits_for_a_stuck_twin_comes_later(url: str, truth: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(running, "TRIES", 2)
    monkeypatch.setitem(database_module._COMMAND_SETTINGS, "lock_timeout", "50ms")
    async with toolshed.opened(url).connected() as database:
        tool_id = await a_tool(database)
        db = work(database, key="stuck")

        async def refuse() -> None:
            async with db.command(CLERK, tools, tool_id):
                raise RefusedOnRequest

        async with truth.transaction():
            await truth.execute("INSERT INTO command_key VALUES ('test', 'stuck', '', 200, '', now())")
            with pytest.raises(Busy):
                await done(db, refuse)
