"""Compares what a service has heard with what the others have told: it may be behind, it must never be ahead.

Who is behind hears the rest by itself. Who has heard what its source does not have is in another history than the source: one
of their databases was set back to an earlier day. Nothing heals that by itself, so it is found and said.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final
from uuid import UUID

import asyncpg

from gridwhistle.common.consumers import Consumer

_AT_ONCE: Final = 5_000
_SHOWN_MAX: Final = 20
# What is parked was heard as well; a letter that was discarded, or that nobody could read, says nothing about its source.
_HEARD = (
    "SELECT thing_id, event_no, event_id, false AS forked FROM heard"
    " UNION ALL SELECT thing_id, event_no, id, why = 'forked' FROM parked"
    " WHERE source = ANY($1) AND thing_id IS NOT NULL AND state <> 'discarded'"
)
_NOT_TOLD = (
    "SELECT event_id FROM unnest($1::uuid[]) AS heard (event_id)"
    " WHERE NOT EXISTS (SELECT FROM outbox WHERE outbox.event_id = heard.event_id)"
    " AND NOT EXISTS (SELECT FROM outbox_archive WHERE outbox_archive.event_id = heard.event_id)"
)
_TOLD = (
    "SELECT aggregate_id, max(event_no) AS event_no FROM (SELECT aggregate_id, event_no, subject FROM outbox"
    " UNION ALL SELECT aggregate_id, event_no, subject FROM outbox_archive) told"
    " WHERE split_part(subject, '.', 4) = ANY($1) GROUP BY aggregate_id"
)
_BEHIND = (
    "SELECT count(*) FROM unnest($1::uuid[], $2::int[]) AS told (thing_id, event_no) LEFT JOIN heard USING (thing_id)"
    " WHERE coalesce(heard.event_no, 0) < told.event_no"
)

_LAST_TOLD = (
    "SELECT DISTINCT ON (aggregate_id) aggregate_id, event_no, event_id"
    " FROM (SELECT aggregate_id, event_no, event_id FROM outbox"
    "  UNION ALL SELECT aggregate_id, event_no, event_id FROM outbox_archive) told"
    " WHERE aggregate_id = ANY($1::uuid[]) ORDER BY aggregate_id, event_no DESC"
)
_SET_BACK = (
    "WITH told AS (SELECT * FROM unnest($2::uuid[], $3::int[], $4::uuid[]) AS told (thing_id, event_no, event_id)),"
    " back AS (UPDATE heard SET event_no = told.event_no, event_id = told.event_id FROM told"
    "  WHERE heard.thing_id = told.thing_id AND heard.event_id = ANY($1::uuid[]))"
    " DELETE FROM heard WHERE event_id = ANY($1::uuid[]) AND thing_id NOT IN (SELECT thing_id FROM told)"
)


@dataclass(frozen=True)
class Ahead:
    """A thing of which a service has heard what the source has not told."""

    thing_id: UUID
    event_no: int


@dataclass
class Agreement:
    """How far a service agrees with those it listens to."""

    service: str
    sources: tuple[str, ...]
    heard: int = 0
    """Things that it has heard of."""
    behind: int = 0
    """Things of which more was told than it has heard; it will hear of them."""
    forked: int = 0
    """Things of which it has heard what nobody has told, or was told twice, differently."""
    shown: list[Ahead] = field(default_factory=list)
    """The first of those."""


async def compare(consumer: Consumer, own: Any, sources: Mapping[str, Any]) -> Agreement:
    """Compare a service with its sources, each of them on a connection with an open transaction.

    What the own connection sees must not be newer than what the others see, or the service seems to be ahead.
    """
    others = {source: names for source, names in consumer.filters().items() if source in sources and source != consumer.service}
    found = Agreement(consumer.service, tuple(others))
    async for rows in _some(own, _HEARD, list(others)):
        found.heard += len(rows)
        strangers = [row["event_id"] for row in rows]
        for source in others:
            strangers = [row[0] for row in await sources[source].fetch(_NOT_TOLD, strangers)] if strangers else []
        if others:
            ahead = {row["thing_id"]: row["event_no"] for row in rows if row["forked"] or row["event_id"] in {*strangers}}
            found.forked += len(ahead)
            found.shown += [Ahead(thing, number) for thing, number in ahead.items()][: _SHOWN_MAX - len(found.shown)]
    for source, subjects in others.items():
        kinds = [subject.split(".")[3] for subject in subjects]
        async for rows in _some(sources[source], _TOLD, kinds):
            things, numbers = [row["aggregate_id"] for row in rows], [row["event_no"] for row in rows]
            found.behind += await own.fetchval(_BEHIND, things, numbers)
    return found


async def set_back(own: Any, sources: Mapping[str, Any]) -> int:
    """Let a service forget that it has heard what nobody has told; return of how many things.

    From then on it hears of them what their sources tell. What followed from the lost events has followed.
    """
    things = 0
    async with own.transaction():
        async for rows in _some(own, "SELECT thing_id, event_no, event_id FROM heard"):
            strangers = [row["event_id"] for row in rows]
            for source in sources.values():
                strangers = [row[0] for row in await source.fetch(_NOT_TOLD, strangers)] if strangers else []
            ahead = [row["thing_id"] for row in rows if row["event_id"] in {*strangers}]
            told = [row for source in sources.values() for row in await source.fetch(_LAST_TOLD, ahead)] if ahead else []
            await own.execute(_SET_BACK, strangers, *([row[at] for row in told] for at in range(3)))
            things += len(ahead)
    return things


async def _some(connection: Any, query: str, *args: Any) -> Any:
    cursor: asyncpg.cursor.Cursor[Any] = await connection.cursor(query, *args)
    while rows := await cursor.fetch(_AT_ONCE):
        yield rows
