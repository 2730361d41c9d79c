"""The relay: what was told reaches the stream, once and in order, whatever is lost in between."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from uuid import UUID

import asyncpg
import nats
import orjson
import pytest
from nats.js.errors import NotFoundError
from sqlalchemy import MetaData

from gridwhistle.common import migrations
from gridwhistle.common.bus import connect, own_stream
from gridwhistle.common.consumers import Consumer
from gridwhistle.common.data_classes import Count
from gridwhistle.common.database import Database
from gridwhistle.common.events import Envelope, Event
from gridwhistle.common.ids import new_id
from gridwhistle.common.relay import BATCH_MAX, WAITING, Refused, Relay
from gridwhistle.common.repair import Gap, ask_again, asked_for, publish_again
from gridwhistle.common.sealing import Seal
from gridwhistle.common.service import Service
from gridwhistle.common.sweep import archive_old_events
from gridwhistle.standalone.nats import Nats
from gridwhistle.standalone.postgres import Postgres

pytestmark = pytest.mark.anyio
TELL = "WITH told AS (INSERT INTO outbox VALUES ($1, $2, 1, $3, $4, now(), 1)) INSERT INTO waiting (event_id) VALUES ($1)"
"""What a command writes of an event: its id, the thing, the subject, the envelope."""


class LampLit(Event, type="gw.lamps.lamp.lit.v1"):
    """A lamp was lit."""

    number: Count


@asynccontextmanager
async def plumbed(postgres: Postgres, folder: Path) -> AsyncIterator[Database]:
    """Make an empty database with the plumbing, and connect to it."""
    name = f"lamps_{new_id().hex}"
    await postgres.ensure_database(name)
    kind = Service("lamps", "Lamps", [], Consumer("lamps"), MetaData(), folder)
    await migrations.upgrade(kind, postgres.url(name))
    async with Database(postgres.url(name), Seal({1: b"k" * 32}), {}).connected() as connected:
        yield connected


@pytest.fixture
async def database(postgres: Postgres, tmp_path: Path) -> AsyncIterator[Database]:
    async with plumbed(postgres, tmp_path) as connected:
        yield connected


@pytest.fixture
async def nc(nats_server: Nats) -> AsyncIterator[nats.NATS]:
    """Return a connection to NATS, and take the lamps' stream away afterwards."""
    client = nats.NATS()
    await connect(client, nats_server.url, "lamps")
    yield client
    with_admin = client.jetstream()
    await with_admin.delete_stream("GW_LAMPS")
    await client.close()


async def tell(database: Database, *numbers: int) -> None:
    """Write events as commands do, one statement each."""
    for number in numbers:
        event_id, lamp = new_id(), new_id()
        envelope = Envelope(
            new_id(), LampLit(number=number), lamp, 1, "990101001001", await database.now(), "auto", "r-1", "r-1"
        )
        await database.run(
            database.requests,
            TELL,
            event_id,
            lamp,
            envelope.subject,
            envelope.to_json(),
        )
    database.wake.set()


async def put_back(database: Database, gaps: list[Gap]) -> int:
    """Let events wait once more, as a leader does when it is asked."""
    connection = await asyncpg.connect(database.url)
    try:
        return await publish_again(connection, gaps)
    finally:
        await connection.close()
        database.wake.set()


@asynccontextmanager
async def leading(database: Database, nc: nats.NATS) -> AsyncIterator[None]:
    """Run a relay."""
    task = asyncio.create_task(Relay("lamps", database, nc).run())
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def until(holds: Callable[[], Awaitable[bool]]) -> None:
    """Wait, half a minute at most."""
    async with asyncio.timeout(30):
        while not await holds():
            await asyncio.sleep(0.02)


async def all_published(database: Database) -> bool:
    return not (await database.run(database.requests, "SELECT 1 FROM waiting LIMIT 1"))


async def has(nc: nats.NATS, numbers: list[int]) -> bool:
    """Tell whether these numbers are what the stream has."""
    try:
        return await in_stream(nc) == numbers
    except NotFoundError:
        return False


async def in_stream(nc: nats.NATS) -> list[int]:
    """Return the numbers in the stream, in its order."""
    js = nc.jetstream()
    info = await js.stream_info("GW_LAMPS")
    messages = [await js.get_msg("GW_LAMPS", seq=seq) for seq in range(max(1, info.state.first_seq), info.state.last_seq + 1)]
    return [Envelope.parse(message.data or b"").data.number for message in messages]


async def test_what_was_told_is_in_the_stream_in_order(database: Database, nc: nats.NATS) -> None:
    async with leading(database, nc):
        await tell(database, 1)
        await until(lambda: all_published(database))
        await tell(database, *range(2, 40))
        await until(lambda: all_published(database))

    assert await in_stream(nc) == list(range(1, 40))


async def test_two_relays_publish_nothing_twice(database: Database, nc: nats.NATS) -> None:
    async with leading(database, nc), leading(database, nc):
        for number in range(50):
            await tell(database, number)
        await until(lambda: all_published(database))

    assert await in_stream(nc) == list(range(50))


async def test_a_crash_between_publishing_and_marking_doubles_nothing(
    database: Database, nc: nats.NATS, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def crash(*_: Any) -> None:
        raise ConnectionResetError

    await tell(database, 1, 2, 3)
    with monkeypatch.context() as broken:
        broken.setattr("gridwhistle.common.relay._mark", crash)
        task = asyncio.create_task(Relay("lamps", database, nc)._lead())
        with pytest.raises(ConnectionResetError):
            await task
    assert not await all_published(database)

    await tell(database, 4)
    async with leading(database, nc):
        await until(lambda: all_published(database))

    assert await in_stream(nc) == [1, 2, 3, 4]


async def test_a_leader_whose_fence_is_stale_stores_nothing_and_looks_again(database: Database, nc: nats.NATS) -> None:
    async with leading(database, nc):
        await tell(database, 1)
        await until(lambda: all_published(database))
        intruder = Envelope(
            new_id(), LampLit(number=99), new_id(), 1, "990101001001", await database.now(), "auto", "r-1", "r-1"
        )
        await nc.jetstream().publish(intruder.subject, intruder.to_json().encode(), headers={"Nats-Msg-Id": "foreign"})
        await nc.jetstream().publish(intruder.subject, intruder.to_json().encode())
        await tell(database, 2, 3)
        await until(lambda: all_published(database))

    assert await in_stream(nc) == [1, 99, 99, 2, 3]


@pytest.mark.parametrize("many", [3, 30], ids=["one by one", "a batch"])
async def test_what_fills_the_stream_half_way_comes_once_and_in_order(database: Database, nc: nats.NATS, many: int) -> None:
    relay = Relay("lamps", database, nc)
    config = (await own_stream(nc.jetstream(), "lamps")).config
    await nc.jetstream().update_stream(config, max_msgs=2)
    await tell(database, *range(many))
    with pytest.raises(Refused):
        await asyncio.wait_for(relay._lead(), 30)
    await nc.jetstream().update_stream(config, max_msgs=-1)

    async with leading(database, nc):
        await until(lambda: all_published(database))

    assert await in_stream(nc) == list(range(many))


async def test_a_full_stream_is_asked_after_a_pause_and_told_of_once(
    database: Database, nc: nats.NATS, caplog: pytest.LogCaptureFixture
) -> None:
    relay = Relay("lamps", database, nc)
    config = (await own_stream(nc.jetstream(), "lamps")).config
    await tell(database, 1)
    async with leading(database, nc):
        await until(lambda: all_published(database))
    await nc.jetstream().update_stream(config, max_msgs=1)
    await tell(database, 2, 3)

    for _ in range(3):
        with pytest.raises(Refused):
            await asyncio.wait_for(relay._lead(), 30)
    assert len(caplog.records) == 1
    await nc.jetstream().update_stream(config, max_msgs=-1)

    async with leading(database, nc):
        await until(lambda: has(nc, [1, 2, 3]))


async def test_a_stream_that_was_lost_is_filled_again(database: Database, nc: nats.NATS) -> None:
    async with leading(database, nc):
        await tell(database, 1, 2, 3)
        await until(lambda: all_published(database))
    await nc.jetstream().delete_stream("GW_LAMPS")
    await own_stream(nc.jetstream(), "lamps")

    async with leading(database, nc):
        await tell(database, 4)
        await until(lambda: all_published(database))

    assert await in_stream(nc) == [1, 2, 3, 4]


async def test_writing_goes_on_while_nats_is_away(database: Database, nc: nats.NATS) -> None:
    await tell(database, 1, 2)
    await own_stream(nc.jetstream(), "lamps")

    waiting = await database.run(database.requests, "SELECT count(*) FROM waiting")

    assert waiting[0][0] == 2
    async with leading(database, nc):
        await until(lambda: all_published(database))
    assert await in_stream(nc) == [1, 2]


async def test_a_stream_keeps_what_its_events_need(database: Database, nc: nats.NATS) -> None:
    async with leading(database, nc):
        await tell(database, 1)
        await until(lambda: all_published(database))

    config = (await nc.jetstream().stream_info("GW_LAMPS")).config

    assert (config.storage, config.discard, config.deny_delete, config.deny_purge, config.allow_atomic) == (
        "file",
        "new",
        True,
        True,
        True,
    )


async def test_another_process_wakes_the_leader(database: Database, nc: nats.NATS, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gridwhistle.common.relay._POLL_S", 600.0)  # nobody looks by themselves
    async with Database(database.url, Seal({1: b"k" * 32}), {}).connected() as elsewhere, leading(database, nc):
        await tell(database, 1)
        await until(lambda: all_published(database))
        async with leading(elsewhere, nc):
            await asyncio.sleep(0.1)  # it has seen that somebody leads
            for number in range(2, 12):
                await tell(elsewhere, number)
                await until(lambda: all_published(database))

    assert await in_stream(nc) == list(range(1, 12))


async def test_events_that_somebody_misses_are_published_again(database: Database, nc: nats.NATS) -> None:
    async with leading(database, nc):
        await tell(database, 1, 2)
        await until(lambda: all_published(database))
        rows = await database.run(database.requests, "SELECT aggregate_id FROM outbox ORDER BY occurred_at LIMIT 1")

        await ask_again(nc, "lamps", [(rows[0][0], 1, 1)])

        await until(lambda: has(nc, [1, 2, 1]))


async def test_old_events_go_to_the_archive_and_come_back_when_somebody_misses_them(
    database: Database, nc: nats.NATS, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with leading(database, nc):
        await tell(database, 1, 2)
        await until(lambda: all_published(database))
        assert await archive_old_events(database) == 0
        monkeypatch.setattr("gridwhistle.common.sweep.EVENTS_IN_REACH_DAYS", -1)
        assert await archive_old_events(database) == 2
        rows = await database.run(database.requests, "SELECT aggregate_id FROM outbox_archive ORDER BY occurred_at")
        assert await database.run(database.requests, "SELECT 1 FROM outbox UNION ALL SELECT 1 FROM published") == []

        assert await put_back(database, [(row[0], 1, 9) for row in rows]) == 2

        await until(lambda: has(nc, [1, 2, 1, 2]))
    assert await database.run(database.requests, "SELECT 1 FROM outbox_archive") == []


@pytest.mark.parametrize("at_once", [False, True], ids=["before", "at the same moment"])
async def test_what_is_asked_for_is_published_again_before_it_goes_to_the_archive(
    database: Database, nc: nats.NATS, monkeypatch: pytest.MonkeyPatch, *, at_once: bool
) -> None:
    monkeypatch.setattr("gridwhistle.common.sweep.EVENTS_IN_REACH_DAYS", -1)
    async with leading(database, nc):
        await tell(database, 1)
        await until(lambda: all_published(database))
    thing = (await database.run(database.requests, "SELECT aggregate_id FROM outbox"))[0][0]

    asking = await asyncpg.connect(database.url)
    transaction = asking.transaction()
    await transaction.start()
    await publish_again(asking, [(thing, 1, 1)])
    if not at_once:
        await transaction.commit()
    archiving = asyncio.create_task(archive_old_events(database))
    if at_once:
        await until(lambda: waits_for_a_lock(database))
        await transaction.commit()
    await archiving

    async with leading(database, nc):
        await until(lambda: all_published(database))
    assert await in_stream(nc) == [1, 1]
    await asking.close()


async def waits_for_a_lock(database: Database) -> bool:
    return bool(
        await database.run(
            database.requests,
            "SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'",
        )
    )


async def test_a_lost_stream_gets_each_event_once_even_one_that_was_published_twice(database: Database, nc: nats.NATS) -> None:
    async with leading(database, nc):
        await tell(database, 1, 2, 3)
        await until(lambda: all_published(database))
        rows = await database.run(database.requests, "SELECT aggregate_id FROM outbox")
        await put_back(database, [(row[0], 1, 1) for row in rows])
        await until(lambda: all_published(database))
    await nc.jetstream().delete_stream("GW_LAMPS")

    async with leading(database, nc):
        await until(lambda: has(nc, [1, 2, 3]))
        await tell(database, 4)
        await until(lambda: has(nc, [1, 2, 3, 4]))


async def test_a_repair_that_waits_when_the_stream_is_lost_is_published_once(database: Database, nc: nats.NATS) -> None:
    async with leading(database, nc):
        await tell(database, 1, 2, 3)
        await until(lambda: all_published(database))
    rows = await database.run(database.requests, "SELECT aggregate_id FROM outbox")
    await put_back(database, [(row[0], 1, 1) for row in rows])
    await nc.jetstream().delete_stream("GW_LAMPS")

    async with leading(database, nc):
        await until(lambda: all_published(database))
        assert await in_stream(nc) == [1, 2, 3]


async def test_an_older_copy_in_the_stream_does_not_stand_for_the_one_that_is_asked_for(
    database: Database, nc: nats.NATS, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with leading(database, nc):
        await tell(database, 1)
        await until(lambda: all_published(database))
    rows = await database.run(database.requests, "SELECT aggregate_id FROM outbox")
    with monkeypatch.context() as later:
        later.setattr("gridwhistle.common.sweep.EVENTS_IN_REACH_DAYS", -1)
        assert await archive_old_events(database) == 1
    assert await put_back(database, [(rows[0][0], 1, 1)]) == 1

    async with leading(database, nc):
        await until(lambda: all_published(database))

    assert await in_stream(nc) == [1, 1]


async def test_requests_that_come_at_once_are_answered_once(database: Database, nc: nats.NATS) -> None:
    async with leading(database, nc), leading(database, nc):
        await tell(database, 1)
        await until(lambda: all_published(database))
        gap = (await database.run(database.requests, "SELECT aggregate_id FROM outbox"))[0][0]

        for _ in range(20):
            await ask_again(nc, "lamps", [(gap, 1, 1)])
        await tell(database, 2)

        async def has_three() -> bool:  # requests are heard after what is told is published, or before
            return len(await in_stream(nc)) >= 3

        await until(has_three)
        assert (await in_stream(nc))[:3] in ([1, 1, 2], [1, 2, 1])


@pytest.mark.parametrize(
    "asked",
    [b"", b"{}x", b'{"a": 1}', b"[1]", b'[["%b", 1, 99999999999]]' % str(UUID(int=1)).encode(), b'[["x", 1, 2]]'],
    ids=["nothing", "no JSON", "no list", "no gaps", "too large a number", "no id"],
)
async def test_who_asks_in_another_way_is_not_answered(asked: bytes) -> None:
    with pytest.raises((ValueError, TypeError)):
        asked_for(asked)


async def test_an_event_that_waits_twice_does_not_stop_the_others(database: Database, nc: nats.NATS) -> None:
    await tell(database, 1, 2)
    await database.run(database.requests, "INSERT INTO waiting (event_id) SELECT event_id FROM outbox")

    async with leading(database, nc):
        await until(lambda: all_published(database))

    assert await in_stream(nc) == [1, 2]


@pytest.mark.parametrize("counts", [True, False])
async def test_a_batch_reads_no_more_than_itself_by_a_plan_made_before_so_much_came(database: Database, counts: bool) -> None:
    relay = await asyncpg.connect(database.url)
    if counts:
        await tell(database, 1)
        await relay.execute("ANALYZE")
    await relay.execute(f"SET plan_cache_mode = force_generic_plan; PREPARE batch AS {WAITING}; EXECUTE batch")
    if not counts:
        await tell(database, 1)
    await relay.execute(
        "WITH told AS (INSERT INTO outbox SELECT gen_random_uuid(), aggregate_id, n, subject, envelope, occurred_at, epoch"
        " FROM outbox, generate_series(2, 20000) n RETURNING event_id)"
        " INSERT INTO waiting (event_id) SELECT event_id FROM told"
    )

    plan = await relay.fetchval("EXPLAIN (ANALYZE, FORMAT JSON) EXECUTE batch")
    await relay.close()

    assert plan_rows(orjson.loads(plan)[0]["Plan"], "outbox") == BATCH_MAX


def plan_rows(node: dict[str, Any], table: str) -> float:
    """Return how many rows of a table a plan read."""
    own = node["Actual Rows"] * node["Actual Loops"] if node.get("Relation Name") == table else 0
    return own + sum(plan_rows(child, table) for child in node.get("Plans", ()))
