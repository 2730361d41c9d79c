"""Rebuilds the copies of a service from what the others told: all of it is in their outboxes and archives.

What it has heard and nobody has told is forgotten: its source was set back to an earlier day. Handlers do not run: what
followed from a fact has followed. The tables are locked against newer events meanwhile, and readers see the old copies until
the new ones are there.
"""

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AsyncExitStack
from typing import Any, Final

import asyncpg
from sqlalchemy import Table

from gridwhistle.common.agreement import set_back
from gridwhistle.common.consumers import Consumer
from gridwhistle.common.events import Envelope, Event
from gridwhistle.common.statements import arrays_of, upsert

_AT_ONCE: Final = 1_000
_TOLD = (
    "SELECT envelope::text FROM (SELECT aggregate_id, event_no, subject, envelope FROM outbox"
    " UNION ALL SELECT aggregate_id, event_no, subject, envelope FROM outbox_archive) told"
    " WHERE split_part(subject, '.', 4) || '.' || split_part(subject, '.', 5) || '.' || split_part(subject, '.', 6) = ANY($1)"
    " ORDER BY aggregate_id, event_no"
)


async def rebuild(
    consumer: Consumer, url: str, sources: Mapping[str, str], say: Callable[[str, int], None] = lambda _table, _rows: None
) -> dict[str, int]:
    """Make every copy of a service anew; return how many there are, by table.

    Args:
        consumer: says what is copied.
        url: of the service's own database.
        sources: the databases of the services that told, by name.
        say: hears how far it is.
    """
    counts: dict[str, int] = {}
    connection = await asyncpg.connect(url)
    try:
        if things := await _forget(consumer, connection, sources):
            counts["heard, and never told"] = things
        for table, kinds in consumer.copied.items():
            async with connection.transaction():
                await connection.execute(f'LOCK TABLE "{table.name}" IN SHARE ROW EXCLUSIVE MODE')
                await connection.execute(f'DELETE FROM "{table.name}"')
                counts[table.name] = 0
                async for rows in _rows_of(consumer, table, kinds, sources):
                    await connection.execute(upsert(table), *arrays_of(table, rows))
                    counts[table.name] += len(rows)
                    say(table.name, counts[table.name])
    finally:
        await connection.close()
    return counts


async def _forget(consumer: Consumer, own: "asyncpg.Connection[Any]", sources: Mapping[str, str]) -> int:
    async with AsyncExitStack() as held:
        others = {}
        for source in consumer.filters().keys() & sources.keys() - {consumer.service}:
            others[source] = await asyncpg.connect(sources[source])
            held.push_async_callback(others[source].close)
        return await set_back(own, others) if others else 0


async def _rows_of(
    consumer: Consumer, table: Table, kinds: set[type[Event]], sources: Mapping[str, str]
) -> AsyncIterator[list[dict[str, Any]]]:
    """Yield the rows of a table that follow from the last facts about each thing, about a thousand at a time."""
    for source in sorted({kind.service for kind in kinds}):
        rows: dict[Any, dict[str, Any]] = {}
        thing: Any = None
        names = [kind.type.removeprefix(f"gw.{source}.") for kind in kinds if kind.service == source]
        connection = await asyncpg.connect(sources[source])
        try:
            async with connection.transaction():
                async for record in connection.cursor(_TOLD, names, prefetch=_AT_ONCE):
                    event = Envelope.parse(record[0].encode())
                    if len(rows) >= _AT_ONCE and event.aggregate_id != thing:
                        yield list(rows.values())
                        rows = {}
                    thing = event.aggregate_id
                    rows.update((row["id"], row) for into, row in consumer.rows_of(event) if into is table)
        finally:
            await connection.close()
        if rows:
            yield list(rows.values())
