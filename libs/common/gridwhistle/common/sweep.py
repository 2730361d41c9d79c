"""What a service throws away by itself: answers that nobody can ask for any more."""

import asyncio

from gridwhistle.common.database import Database
from gridwhistle.common.running import Running

ANSWERS_KEPT_DAYS = 7
"""How long a key has its answer; clients are told so."""
EVENTS_KNOWN_DAYS = 60
"""How long it is known that an event was applied: longer than a stream can deliver it again."""
_EVERY_S = 3600.0
_AT_ONCE = 1_000


async def sweep(service: Running) -> None:
    """Delete expired answers every hour, a thousand at a time, until cancelled."""
    while True:
        while await delete_expired_answers(service.database) == _AT_ONCE:
            pass
        await asyncio.sleep(_EVERY_S)


async def delete_expired_answers(database: Database) -> int:
    """Delete up to a thousand answers past their time; return how many."""
    gone = await database.run(
        database.background,
        "DELETE FROM command_key WHERE (scope, key) IN (SELECT scope, key FROM command_key"
        " WHERE at < clock_timestamp() - make_interval(days => CASE WHEN scope LIKE 'request|%' THEN $1 ELSE $2 END)"
        " ORDER BY at LIMIT $3) RETURNING 1",
        ANSWERS_KEPT_DAYS,
        EVENTS_KNOWN_DAYS,
        _AT_ONCE,
    )
    return len(gone)
