"""What a service clears away by itself: answers that nobody can ask for any more, and events that are older than any stream."""

import asyncio
import time
from uuid import UUID

from gridwhistle.common.database import Database
from gridwhistle.common.running import Running

ANSWERS_KEPT_DAYS = 7
"""How long a key has its answer; clients are told so."""
EVENTS_KNOWN_DAYS = 60
"""How long it is known that an event was applied: longer than a stream can deliver it again."""
EVENTS_IN_REACH_DAYS = 30
"""How long an event can be published again by itself: as long as a stream keeps it."""
_EVERY_S = 3600.0
_AT_ONCE = 1_000
_DAY_S = 86_400
# Spelt as the two indexes are, so that nothing is looked at but what goes.
EXPIRED = (
    "DELETE FROM command_key WHERE ctid = ANY(ARRAY(SELECT ctid FROM command_key WHERE scope {} 'request|%'"
    " AND at < now() - make_interval(days => $1::int)"
    # What an event half did is not to happen again when somebody replays it.
    " AND split_part(key, '|', 1) NOT IN (SELECT id::text FROM parked WHERE state <> 'discarded')"
    " ORDER BY at LIMIT $2)) RETURNING 1"
)
"""The statement that clears keys of requests (`LIKE`), or all others (`NOT LIKE`), oldest first."""


async def sweep(service: Running) -> None:
    """Clear away every hour, a thousand rows at a time, until cancelled."""
    while True:
        for clear in (delete_expired_answers, forget_old_keys, archive_old_events, delete_discarded_letters):
            while await clear(service.database) == _AT_ONCE:
                pass
        await asyncio.sleep(_EVERY_S)


async def delete_expired_answers(database: Database) -> int:
    """Delete up to a thousand answers to requests that are past their time; return how many."""
    return len(await database.run(database.background, EXPIRED.format("LIKE"), ANSWERS_KEPT_DAYS, _AT_ONCE))


async def forget_old_keys(database: Database) -> int:
    """Forget up to a thousand pieces of the service's own work that no stream can ask for again; return how many."""
    return len(await database.run(database.background, EXPIRED.format("NOT LIKE"), EVENTS_KNOWN_DAYS, _AT_ONCE))


async def archive_old_events(database: Database) -> int:
    """Move up to a thousand events, oldest first, that no stream has any more; return how many."""
    # Ids are made in the order of time, and so are the places in the stream: nothing else has to be looked at.
    youngest = UUID(int=int((time.time() - EVENTS_IN_REACH_DAYS * _DAY_S) * 1000) << 80)
    moved = await database.run(
        database.background,
        "WITH oldest AS (SELECT stream_seq, event_id, epoch FROM published LEFT JOIN outbox USING (event_id)"
        "  ORDER BY stream_seq LIMIT $2),"
        " old AS (DELETE FROM published USING oldest WHERE published.stream_seq = oldest.stream_seq"
        "  AND oldest.event_id < $1 RETURNING oldest.event_id, oldest.epoch),"
        # What somebody asked for waits to be published again. Asked for at this very moment, it has another epoch.
        " gone AS (DELETE FROM outbox USING old WHERE outbox.event_id = old.event_id AND outbox.epoch = old.epoch"
        "  AND NOT EXISTS (SELECT FROM waiting WHERE waiting.event_id = old.event_id) RETURNING outbox.*)"
        " INSERT INTO outbox_archive (event_id, aggregate_id, event_no, subject, envelope, occurred_at, epoch)"
        " SELECT event_id, aggregate_id, event_no, subject, envelope, occurred_at, epoch FROM gone RETURNING 1",
        youngest,
        _AT_ONCE,
    )
    return len(moved)


async def delete_discarded_letters(database: Database) -> int:
    """Delete up to a thousand dead letters that were discarded long ago; return how many."""
    gone = await database.run(
        database.background,
        "DELETE FROM parked WHERE id IN (SELECT id FROM parked WHERE state = 'discarded' AND next_at IS NULL"
        " AND parked_at < clock_timestamp() - make_interval(days => $1) LIMIT $2) RETURNING 1",
        EVENTS_KNOWN_DAYS,
        _AT_ONCE,
    )
    return len(gone)
