"""Public pools (公益池): one that has little left of what it gives in ninety days says so, once, until it is filled."""

import asyncio
import datetime as dt
from typing import Final
from uuid import UUID

from gridwhistle.common.again import again
from gridwhistle.common.database import Database, Db
from gridwhistle.common.events.timebank import PoolLow
from gridwhistle.common.ids import new_id
from gridwhistle.common.rows import Row, row_from
from gridwhistle.common.rules import RULES
from gridwhistle.common.running import Running
from gridwhistle.timebank.limits import POOL_LOW
from gridwhistle.timebank.order_steps import SYSTEM
from gridwhistle.timebank.tables import accounts

_EVERY_S: Final = 900.0
_USED_DAYS: Final = 90
_POOLS: Final = "SELECT * FROM account WHERE kind = 'pool' AND owner_id IS NULL AND state = 'open'"
# What was paid or given from it, less what verdicts took back; what comes back unused, or above somebody's cap, was never used.
_USED: Final = """
WITH own AS MATERIALIZED (
  SELECT id FROM account WHERE area_code = $1 AND owner_id IS NULL AND kind IN ('pool', 'pool_hold')
)
SELECT coalesce(sum(minutes), 0)::bigint FROM (
  SELECT minutes FROM posting WHERE from_account_id IN (SELECT id FROM own) AND at > $2
    AND type IN ('capture', 'grant') AND to_account_id NOT IN (SELECT id FROM own)
  UNION ALL
  SELECT -minutes FROM posting WHERE to_account_id IN (SELECT id FROM own) AND at > $2
    AND type = 'reverse' AND from_account_id NOT IN (SELECT id FROM own)
) AS used
"""


async def watch_pools(service: Running) -> None:
    """Look at every pool each quarter of an hour."""
    while True:
        await look_at_pools(service.database)
        await asyncio.sleep(_EVERY_S)


async def look_at_pools(database: Database) -> None:
    """Look which pools have become low, or are no longer; tell of those that have."""
    for record in await database.run(database.background, _POOLS):
        pool, db = row_from(accounts, record, database.seal), _background(database)
        if await _is_low(db, pool, await _used(db, pool)) != (pool.low_at is not None):
            await _note(db, pool.id)


async def _note(db: Db, pool_id: UUID) -> None:
    async def work() -> None:
        db.start_over()
        async with db.command(SYSTEM, accounts, pool_id) as tx:
            pool, used = tx.row, await _used(db, tx.row)
            is_low = await _is_low(db, pool, used)
            if is_low and pool.low_at is None:
                tx.tell(pool, PoolLow(balance_minutes=pool.balance_minutes, used_minutes=used))
            tx.update(pool, low_at=(pool.low_at or tx.now) if is_low else None)
            tx.record(pool, "low" if is_low else "filled")

    await again(work)


async def _used(db: Db, pool: Row) -> int:
    """Return what a pool gave in ninety days."""
    [found] = await db.read(_USED, pool.area_code, await db.now() - dt.timedelta(days=_USED_DAYS))
    minutes: int = found[0]
    return max(minutes, 0)


async def _is_low(db: Db, pool: Row, used_minutes: int) -> bool:
    rules = await RULES.of(db)
    percent = rules.of(POOL_LOW, pool.area_code, await db.now()).amount
    return bool(100 * pool.balance_minutes < percent * used_minutes)


def _background(database: Database) -> Db:
    return Db(database, scope="check|pools", key=None, request_id=str(new_id()), background=True)
