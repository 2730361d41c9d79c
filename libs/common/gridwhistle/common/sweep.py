"""What a service throws away by itself: answers older than seven days."""

import asyncio
import logging

from gridwhistle.common.again import Away
from gridwhistle.common.database import Database
from gridwhistle.common.problems import Busy

log = logging.getLogger(__name__)
ANSWERS_KEPT_DAYS = 7
"""How long a key has its answer; clients are told so."""
_EVERY_S = 3600.0
_AT_ONCE = 1_000


async def sweep(database: Database) -> None:
    """Delete expired answers every hour, a thousand at a time, until cancelled."""
    while True:
        try:
            while await delete_expired_answers(database) == _AT_ONCE:
                pass
        except (Away, Busy) as later:
            log.info("the sweep waits: %s", type(later).__name__)
        await asyncio.sleep(_EVERY_S)


async def delete_expired_answers(database: Database) -> int:
    """Delete up to a thousand answers past their seven days; return how many."""
    gone = await database.run(
        database.background,
        "DELETE FROM command_key WHERE (scope, key) IN (SELECT scope, key FROM command_key"
        " WHERE at < clock_timestamp() - make_interval(days => $1) ORDER BY at LIMIT $2) RETURNING 1",
        ANSWERS_KEPT_DAYS,
        _AT_ONCE,
    )
    return len(gone)
