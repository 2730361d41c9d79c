"""What any program pays that keeps the same promises: a committed row, a publish that is on disk, a committed row."""

import asyncio
import time
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Final

import asyncpg
import orjson
from harness import House
from nats.aio.client import Client
from nats.errors import TimeoutError as NothingCame
from nats.js.client import JetStreamContext

from gridwhistle.common.bus import connect, own_stream

_NAME: Final = "floor"
_SUBJECT: Final = "gw.990101.floor.thing.told.v1"
_BODY: Final = "x" * 1_000  # about what an event takes
_TABLES: Final = """
CREATE TABLE told (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, body text NOT NULL);
CREATE TABLE heard (id bigint PRIMARY KEY);
"""
_P50: Final = (
    "SELECT extract(epoch FROM percentile_cont(0.5) WITHIN GROUP (ORDER BY pg_xact_commit_timestamp(heard.xmin)"
    " - pg_xact_commit_timestamp(told.xmin)))::float * 1000 FROM heard JOIN told USING (id)"
)


@dataclass(frozen=True)
class Floor:
    """A writer and a listener with nothing between them and their database or stream."""

    place: House
    pool: "asyncpg.Pool[Any]"
    client: Client

    @classmethod
    async def laid(cls, place: House, connections: int) -> "Floor":
        """Make the tables and the stream."""
        connection = await place.database(_NAME)
        await connection.execute(_TABLES)
        pool = await asyncpg.create_pool(place.postgres.url(_NAME), min_size=connections, max_size=connections)
        place.stack.push_async_callback(pool.close)
        client = Client()
        await connect(client, place.nats.url, _NAME)
        place.stack.push_async_callback(client.close)
        await own_stream(client.jetstream(), _NAME)
        return cls(place, pool, client)

    async def pace(self, a_second: int, walkers: int, seconds: float) -> float:
        """Tell at an even pace; return the milliseconds from the first commit to the second, p50."""
        await self.pool.execute("TRUNCATE heard")
        js, start = self.client.jetstream(), time.perf_counter() + 0.1
        listening = asyncio.create_task(self._listen(js))
        every_s = walkers / a_second
        await asyncio.gather(*(self._walk(js, start + n / a_second, every_s, start + seconds) for n in range(walkers)))
        await asyncio.sleep(0.2)
        listening.cancel()
        with suppress(asyncio.CancelledError):
            await listening
        return float(await self.pool.fetchval(_P50))

    async def _walk(self, js: JetStreamContext, next_at: float, every_s: float, end: float) -> None:
        while next_at < end:
            await asyncio.sleep(next_at - time.perf_counter())
            number = await self.pool.fetchval("INSERT INTO told (body) VALUES ($1) RETURNING id", _BODY)
            await js.publish(_SUBJECT, orjson.dumps({"id": number, "body": _BODY}))
            next_at += every_s

    async def _listen(self, js: JetStreamContext) -> None:
        waiting = await js.pull_subscribe(_SUBJECT, durable=_NAME)
        while True:
            with suppress(NothingCame):
                messages = await waiting.fetch(100, timeout=1)
                numbers = [orjson.loads(message.data)["id"] for message in messages]
                await self.pool.execute("INSERT INTO heard (id) SELECT * FROM unnest($1::bigint[])", numbers)
                for message in messages:
                    await message.ack()
