"""The ledger's own check: every hour the accounts that moved, every day all of them; what is not right is frozen, and told.

An account is right if its balance is the sum of its entries, and each entry says what was on it after the one before.
"""

import asyncio
import datetime as dt
import logging
from typing import Final
from uuid import UUID

from gridwhistle.common.again import again
from gridwhistle.common.database import Database, Db
from gridwhistle.common.events.timebank import AccountFrozen
from gridwhistle.common.ids import new_id
from gridwhistle.common.principal import system
from gridwhistle.common.running import Gauge, Running
from gridwhistle.timebank.domain import ACCOUNT
from gridwhistle.timebank.limits import FREEZE
from gridwhistle.timebank.tables import accounts

log = logging.getLogger(__name__)
_SYSTEM: Final = system("timebank")
_EVERY_S: Final = 3600.0
_ROUNDS_A_DAY: Final = 24
_AT_ONCE: Final = 500
_FIRST: Final = UUID(int=0)
_SLACK: Final = dt.timedelta(minutes=5)
"""What was posted while the check before ran is looked at again."""
DOUBT: Final = "its balance is not what its entries say"
_LOOK: Final = """
WITH page AS MATERIALIZED (
  SELECT id, balance_minutes FROM account WHERE id > $1 AND ($2::timestamptz IS NULL OR posted_at >= $2) ORDER BY id LIMIT $3
), entry AS (
  SELECT from_account_id AS account_id, from_version AS version, -minutes AS delta, from_balance_minutes AS balance
  FROM posting WHERE from_account_id IN (SELECT id FROM page)
  UNION ALL
  SELECT to_account_id, to_version, minutes, to_balance_minutes FROM posting WHERE to_account_id IN (SELECT id FROM page)
), chained AS (
  SELECT account_id, delta,
    balance = delta + lag(balance, 1, 0::bigint) OVER (PARTITION BY account_id ORDER BY version) AS follows
  FROM entry
), summed AS (
  SELECT account_id, sum(delta) AS minutes, bool_and(follows) AS follows FROM chained GROUP BY account_id
)
SELECT page.id, page.balance_minutes <> coalesce(minutes, 0) OR NOT coalesce(follows, true) AS is_wrong
FROM page LEFT JOIN summed ON summed.account_id = page.id ORDER BY page.id
"""
GAUGES: Final[tuple[Gauge, ...]] = (
    (
        "gw_ledger_sum_minutes",
        "Sum of all balances of the time bank: 0, or the books are wrong.",
        "SELECT sum(balance_minutes) FROM account",
    ),
    (
        "gw_ledger_accounts_doubted",
        "Accounts that the ledger's check has frozen, because their entries say otherwise.",
        "SELECT count(*) FROM account WHERE doubted_at IS NOT NULL",
    ),
)


async def check_ledger(service: Running) -> None:
    """Check what moved since the last check every hour, and everything once a day."""
    rounds, last = 0, None
    while True:
        began = await service.database.now(service.database.background)
        await check(service, None if rounds % _ROUNDS_A_DAY == 0 else last)
        rounds, last = rounds + 1, began - _SLACK
        await asyncio.sleep(_EVERY_S)


async def check(service: Running, since: dt.datetime | None = None) -> None:
    """Look at the accounts that moved since an instant, or at all; freeze those that are wrong, and say so."""
    database, after = service.database, _FIRST
    while page := await database.run(database.background, _LOOK, after, since, _AT_ONCE):
        for row in page:
            if row["is_wrong"]:
                log.critical("an account of the time bank is frozen: %s", DOUBT)
                await _freeze(database, row["id"])
        after = page[-1]["id"]
    doubted = (await database.run(database.background, GAUGES[1][2]))[0][0]
    if doubted:
        service.state.faults["ledger"] = f"{doubted} accounts are frozen: of each, {DOUBT}"
    else:
        service.state.faults.pop("ledger", None)


async def _freeze(database: Database, account_id: UUID) -> None:
    db = Db(database, scope="check|ledger", key=None, request_id=str(new_id()), background=True)

    async def work() -> None:
        db.start_over()
        async with db.command(_SYSTEM, accounts, account_id) as tx:
            if tx.row.doubted_at is not None:
                return
            if tx.row.state == "open":
                tx.move(tx.row, ACCOUNT.step(tx.row, "freeze", _SYSTEM), reason=DOUBT)
                tx.tell(tx.row, AccountFrozen(kind=tx.row.kind))
            tx.update(tx.row, doubted_at=tx.now)
            tx.record(tx.row, "doubt", DOUBT)
            tx.clocks.stop(tx.row, FREEZE)  # no number of days makes the books right

    await again(work)
