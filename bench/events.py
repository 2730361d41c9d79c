"""Events by themselves: how fast the relay publishes, how fast a consumer applies, how long one takes at an even pace."""

import asyncio
import statistics
import sys
import time
from contextlib import suppress

import asyncpg
from floor import Floor
from harness import HERE, House, NotTrue, Server, house
from hearer import HEARER
from nats.aio.client import Client
from report import PATH, body
from results import Answer

from gridwhistle.common.bus import connect
from gridwhistle.common.database import Database
from gridwhistle.common.relay import Relay
from gridwhistle.common.sealing import Seal
from gridwhistle.incidents.app import INCIDENTS

_EVENTS = 40_000
_GOAL_A_SECOND = 15_000.0
_PACE_A_SECOND = 200
_APPLIED_MAX_MS = 5.0
_PROCESSES = 3
_CONNECTIONS = 12
_HEARD_S = 20
_COMMITTED = "SELECT id, pg_xact_commit_timestamp(xmin) AS at FROM {}"
# The envelope of a real report, told of another thing each time.
_FILL = """
WITH one AS (SELECT subject, envelope::text AS text FROM outbox LIMIT 1),
told AS (INSERT INTO outbox (event_id, aggregate_id, event_no, subject, envelope, occurred_at, epoch)
  SELECT event_id, thing_id, 1, subject, replace(regexp_replace(text, '"id":"[^"]*"', '"id":"' || event_id || '"'),
    substring(text from '"aggregateid":"([^"]*)"'), thing_id::text)::json, now(), 1
  FROM one, (SELECT gen_random_uuid() AS event_id, gen_random_uuid() AS thing_id FROM generate_series(1, $1)) ids
  RETURNING event_id)
INSERT INTO waiting (event_id) SELECT event_id FROM told
"""


async def ask(rounds: int, seconds: float) -> list[Answer]:
    """Measure the relay and a consumer on 40,000 events each, then how long an event takes with three processes at 200/s."""
    async with house(notes_commits=True) as place:
        incidents = await place.database("incidents", INCIDENTS)
        listener = await place.database("hearer", HEARER)
        await listener.execute((HERE / "sql" / "heard.sql").read_text())
        await incidents.execute((HERE / "sql" / "grids.sql").read_text())
        servers = [await place.serve("gridwhistle.incidents.app:create", "incidents") for _ in range(_PROCESSES)]
        settings = {"GW_DATABASE_URL": place.postgres.url("hearer"), "GW_NATS_URL": place.nats.url}
        hearer = await place.start("hearer", [sys.executable, str(HERE / "hearer.py")], settings)
        floor = await Floor.laid(place, _CONNECTIONS)
        waits, floors = [], []
        for _ in range(rounds + 1):
            floors.append(await floor.pace(_PACE_A_SECOND, _CONNECTIONS, seconds))
            waits.append(await _pace(place, servers, incidents, listener, seconds))
        del waits[0], floors[0]  # the first round warms up, and waits until the listener has started
        for server in servers:
            await server.child.stop()
        await hearer.stop()
        published = [await _publish(place, incidents) for _ in range(rounds)]
        await place.start("hearer", [sys.executable, str(HERE / "hearer.py")], settings)
        applied = await _applied(listener, rounds * _EVENTS)
    return [
        _fast("events that the relay publishes", published),
        _fast("events that a consumer applies", [applied]),
        Answer(
            "from a report's commit to its copy's at another service, 200/s, three processes, p50",
            statistics.median(waits),
            "ms",
            f"limit (a row, a synced publish, a row: {statistics.median(floors):.1f} ms)",
            _APPLIED_MAX_MS,
            1.0,
            more_is_better=False,
            rounds={"p50_ms": waits, "floor_p50_ms": floors},
        ),
    ]


def _fast(question: str, rates: list[float]) -> Answer:
    return Answer(question, statistics.median(rates), "/s", "limit", _GOAL_A_SECOND, 1.0, rounds={"rates": rates})


async def _publish(place: House, incidents: "asyncpg.Connection[None]") -> float:
    """Return how many events a second one relay publishes."""
    await incidents.execute(_FILL, _EVENTS)
    client = Client()
    await connect(client, place.nats.url, "incidents")
    async with Database(place.postgres.url("incidents"), Seal({1: bytes(32)}), {}).connected() as database:
        started = time.perf_counter()
        relaying = asyncio.create_task(Relay("incidents", database, client).run())
        while await incidents.fetchval("SELECT EXISTS (SELECT FROM waiting)"):
            await asyncio.sleep(0.01)
        taken_s = time.perf_counter() - started
        relaying.cancel()
        with suppress(asyncio.CancelledError):
            await relaying
    await client.close()
    return _EVENTS / taken_s


async def _applied(listener: "asyncpg.Connection[None]", events: int) -> float:
    """Return how many events a second a consumer applies, while as many as this wait for it.

    Raises:
        NotTrue: it does not get them all.
    """
    before = await listener.fetchval("SELECT max(heard_at) FROM heard_report")
    for _ in range(600):
        row = await listener.fetchrow(
            "SELECT count(*) AS heard, extract(epoch FROM max(heard_at) - min(heard_at))::float AS taken_s FROM heard_report"
            " WHERE heard_at > $1",
            before,
        )
        if row["heard"] == events:
            return float(events / row["taken_s"])
        await asyncio.sleep(0.1)
    raise NotTrue(f"of {events} events the listener has {row['heard']}")


async def _pace(
    place: House,
    servers: list[Server],
    incidents: "asyncpg.Connection[None]",
    listener: "asyncpg.Connection[None]",
    seconds: float,
) -> float:
    """Report at an even pace to all processes; return the milliseconds from a report's commit to its copy's, p50.

    Raises:
        NotTrue: the listener did not get every report.
    """
    await listener.execute("TRUNCATE heard_report")
    before = await incidents.fetchval("SELECT count(*) FROM incident")
    start = asyncio.get_running_loop().time() + 0.1
    await asyncio.gather(*(_walk(place, servers[n % len(servers)], n, start, seconds) for n in range(_CONNECTIONS)))
    reported = await incidents.fetchval("SELECT count(*) FROM incident") - before
    for _ in range(_HEARD_S * 10):
        heard = await listener.fetch(_COMMITTED.format("heard_report"))
        if len(heard) == reported:
            break
        await asyncio.sleep(0.1)
    else:
        raise NotTrue(f"{reported} incidents were reported, but the listener has {len(heard)}")
    told = {row["id"]: row["at"] for row in await incidents.fetch(_COMMITTED.format("incident"))}
    return statistics.median((row["at"] - told[row["id"]]).total_seconds() * 1000 for row in heard)


async def _walk(place: House, server: Server, number: int, start: float, seconds: float) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
    content = body(number).encode()
    head = f"POST {PATH} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {place.token()}\r\nContent-Type: application/json\r\n"
    request = f"{head}Content-Length: {len(content)}\r\n\r\n".encode() + content
    loop, every_s = asyncio.get_running_loop(), _CONNECTIONS / _PACE_A_SECOND
    next_at = start + number / _PACE_A_SECOND
    while next_at < start + seconds:
        await asyncio.sleep(next_at - loop.time())
        writer.write(request)
        answer = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").lower()
        if " 201 " not in answer.partition("\r\n")[0]:
            raise NotTrue(answer.partition("\r\n")[0])
        await reader.readexactly(int(answer.partition("content-length:")[2].partition("\r")[0]))
        next_at += every_s
    writer.close()
