"""Repair: a service whose events have a gap asks their owner, and the owner publishes them again.

The request travels outside the streams: it is no fact, it may be lost, and whoever misses something asks until it has come.
"""

from collections.abc import Sequence
from typing import Any, Final
from uuid import UUID

import asyncpg
import orjson
from nats.aio.client import Client

from gridwhistle.common.bus import asking
from gridwhistle.common.events import EVENT_NO_MAX

Gap = tuple[UUID, int, int]
"""A thing, and the first and last number of its events that are missing."""
_THINGS_MAX: Final = 200
_EVENTS_MAX: Final = 10_000
_BRING_BACK = (
    "WITH back AS (DELETE FROM outbox_archive o USING unnest($1::uuid[], $2::int[], $3::int[]) AS gap(thing_id, first, last)"
    " WHERE aggregate_id = thing_id AND event_no BETWEEN first AND last RETURNING o.*)"
    " INSERT INTO outbox (event_id, aggregate_id, event_no, subject, envelope, occurred_at, epoch)"
    " SELECT event_id, aggregate_id, event_no, subject, envelope, occurred_at, epoch FROM back"
)
# An event that waits will come anyway; one that was published needs another epoch, or JetStream would drop it.
_PUBLISH_AGAIN = (
    "WITH again AS (UPDATE outbox SET epoch = epoch + 1"
    " FROM unnest($1::uuid[], $2::int[], $3::int[]) AS gap(thing_id, first, last)"
    " WHERE aggregate_id = thing_id AND event_no BETWEEN first AND last"
    " AND NOT EXISTS (SELECT 1 FROM waiting WHERE waiting.event_id = outbox.event_id)"
    " RETURNING aggregate_id, event_no, event_id)"
    " INSERT INTO waiting (event_id) SELECT event_id FROM again ORDER BY aggregate_id, event_no RETURNING 1"
)


async def ask_again(nats: Client, owner: str, gaps: Sequence[Gap]) -> None:
    """Ask the owner of these things for events that never came."""
    for start in range(0, len(gaps), _THINGS_MAX):
        await nats.publish(asking(owner, "repair"), orjson.dumps(gaps[start : start + _THINGS_MAX], default=str))


def asked_for(content: bytes) -> list[Gap]:
    """Return what a request asks for, as much as is answered at once.

    Raises:
        ValueError: it is no such request (or another error of reading it).
    """
    gaps = [(UUID(thing), int(first), int(last)) for thing, first, last in list(orjson.loads(content))[:_THINGS_MAX]]
    # A number that the database has no room for would take the lead from the relay.
    if not all(0 < first <= last <= EVENT_NO_MAX for _, first, last in gaps):
        raise ValueError("no numbers of events")
    return gaps


async def publish_again(connection: "asyncpg.Connection[Any]", gaps: Sequence[Gap]) -> int:
    """Put these events back to what waits, from the archive if they are old; return how many.

    Only the relay that leads does so: two at once would let an event wait twice.
    """
    things = [thing for thing, _, _ in gaps]
    bounds = [first for _, first, _ in gaps], [min(last, first + _EVENTS_MAX - 1) for _, first, last in gaps]
    async with connection.transaction():
        await connection.execute(_BRING_BACK, things, *bounds)
        return len(await connection.fetch(_PUBLISH_AGAIN, things, *bounds))
