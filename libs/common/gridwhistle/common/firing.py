"""The loop in which a service's clocks fire: each stage is a command on its thing, keyed by clock and moment.

So it happens once, however many processes look and whatever dies in between. Only the database's clock decides.
"""

import asyncio
import datetime as dt
import logging
import random
import time
from collections.abc import Awaitable, Callable, Mapping
from itertools import count
from typing import Any, Final
from uuid import UUID

from asyncpg import Record
from sqlalchemy import MetaData

from gridwhistle.common.again import Away, Replay, again
from gridwhistle.common.clocks import LATE, auto_of, clocks, counted_anew
from gridwhistle.common.commands import Command
from gridwhistle.common.database import Database, Db
from gridwhistle.common.events import REGISTRY
from gridwhistle.common.ids import new_id
from gridwhistle.common.logs import told_safely
from gridwhistle.common.principal import system
from gridwhistle.common.problems import Busy, Conflict, NotFound
from gridwhistle.common.rows import Row, row_from
from gridwhistle.common.rules import RULES
from gridwhistle.common.running import Running

log = logging.getLogger(__name__)
AT_ONCE: Final = 200
_LOOK_EVERY_S: Final = 1.0
_SETTLED_S: Final = 5
"""A calendar day is applied when every process has seen it: rules in memory are a second old at most."""
_JUMP_MAX: Final = dt.timedelta(minutes=10)
_DOUBTED_S: Final = 3600.0
"""How long a time that was jumped to is doubted: long enough to put a wrong clock right, and a right one can wait for it."""
_DUE = (
    "SELECT id, owner, owner_id, next_at FROM clock WHERE next_at <= clock_timestamp() AND id <> ALL($1)"
    f" ORDER BY next_at LIMIT {AT_ONCE}"
)
# A breach never changes by itself, and what counts day and night knows no calendar.
_MAY_CHANGE = (
    "SELECT * FROM clock WHERE stopped_at IS NULL AND breached_at IS NULL AND {which}"
    " AND unit NOT IN ('urgent_minute', 'urgent_hour', 'natural_day')"
)
_PROVISIONAL = _MAY_CHANGE.format(which="is_provisional")
_CONCERNED = _MAY_CHANGE.format(
    which="EXISTS (SELECT 1 FROM calendar_day day WHERE day.id = ANY($1) AND clock.area_code LIKE day.area_code || '%'"
    " AND (is_provisional OR day.date BETWEEN (started_at AT TIME ZONE 'Asia/Shanghai')::date"
    " AND (due_at AT TIME ZONE 'Asia/Shanghai')::date))"
)
_NEW_DAYS = (
    "SELECT id FROM calendar_day WHERE applied_at IS NULL"
    " AND put_in_at < clock_timestamp() - make_interval(secs => $1) ORDER BY id LIMIT 1000"
)
# What a release that did not note it, or somebody's hand, left otherwise.
_LATE_ANEW = (
    "WITH late AS (SELECT owner_id, min(breached_at) AS since FROM clock"
    " WHERE owner = '{table}' AND breached_at IS NOT NULL AND stopped_at IS NULL GROUP BY owner_id),"
    " noted AS (SELECT id, {since} FROM {table} WHERE {since} IS NOT NULL)"
    " UPDATE {table} SET {since} = late.since FROM late FULL JOIN noted ON noted.id = late.owner_id"
    " WHERE {table}.id = coalesce(noted.id, late.owner_id) AND noted.{since} IS DISTINCT FROM late.since"
)
OnClock = Callable[[Command, Row, Row, int], Awaitable[None]]
"""What a service does when a clock fires, in the same command: the thing, its clock, and at how many percent."""
_Work = Callable[[Command, Row], Awaitable[None]]


class NotNow(Conflict):
    """Somebody was faster, or nothing is otherwise: there is nothing to be done."""

    code, kept = "not_now", False
    zh, en = "该时限现无需处理。", "There is nothing to be done about that clock now."


class Firing:
    """Fires the clocks of one service."""

    def __init__(self, service: str, database: Database, tables: MetaData, handlers: Mapping[str, OnClock]) -> None:
        """Take the service's name, its database, its tables, and what it does when clocks fire, by the clock's rule."""
        self._service, self._database, self._tables, self._handlers = service, database, tables.tables, handlers
        self._system = system(service)
        self._failed: set[UUID] = set()  # they are not tried again before the next minute
        self._began: dt.datetime | None = None  # when this process's own clock stood at nought, by the database's
        self._doubts_since: float | None = None

    async def clocks(self, _running: Running) -> None:
        """Fire what is due, every second, until cancelled; count out again what a changed calendar concerns."""
        await self.recount(_PROVISIONAL)  # a new release may know a year that this one's predecessor did not
        await self.note_overdue()
        for rounds in count():
            if not await self.jumped():
                while await self.fire() == AT_ONCE:
                    pass
            if rounds % 10 == 0:
                await self.apply_calendar()
            if rounds % 60 == 0:
                self._failed.clear()
            await asyncio.sleep(_LOOK_EVERY_S)

    async def note_overdue(self) -> None:
        """Note anew which things are overdue, and since when, where it stands otherwise."""
        for table in self._tables.values():
            if LATE in table.c:
                await self._database.run(self._database.background, _LATE_ANEW.format(table=table.name, since=LATE))

    async def jumped(self) -> bool:
        """Tell whether the database's clock has jumped: then nothing fires, for fear of breaches that are none.

        It lasts until the clock is put back, and for an hour at most: what stands for an hour is the time.
        """
        now = (await self._database.run(self._database.background, "SELECT clock_timestamp()"))[0][0]
        passed = time.monotonic()
        began = now - dt.timedelta(seconds=passed)
        jump = began - (self._began or began)
        if jump > _JUMP_MAX and self._doubts_since is None:
            self._doubts_since = passed
            log.critical(
                "the database's clock jumped forward by %s: for an hour, or until it is put back, no clock of %s fires",
                jump,
                self._service,
            )
        if jump > _JUMP_MAX and self._doubts_since is not None and passed - self._doubts_since < _DOUBTED_S:
            return True
        self._began, self._doubts_since = began, None
        return False

    async def fire(self) -> int:
        """Fire up to two hundred clocks that are due; return how many there were."""
        due = await self._database.run(self._database.background, _DUE, list(self._failed))
        random.shuffle(due)  # several processes look at the same ones, and get in each other's way less
        for clock in due:
            await self._once(f"clock|{self._service}", f"{clock['id']}|{clock['next_at'].isoformat()}", clock, self._fire)
        return len(due)

    async def _fire(self, tx: Command, clock: Row) -> None:
        if clock.next_at is None or clock.next_at > tx.now:
            raise NotNow  # stopped, paused or extended meanwhile, or fired by another process
        if action := auto_of(tx.row).get(clock.rule_key):
            await self._by_itself(tx, clock, action)
            return
        percent, told = tx.clocks.fired(tx.row, clock)
        stage = clock.rule_key.partition(".")[2]
        tx.record(tx.row, told, f"{clock.rule_key} {percent} %")
        if kind := REGISTRY.get(f"gw.{self._service}.{clock.owner}.{told}.v1"):
            org = tx.row.__dict__.get("lead_org")
            tx.tell(tx.row, kind(stage=stage, percent=percent, started_at=clock.started_at, due_at=clock.due_at, org=org))
        if handler := self._handlers.get(clock.rule_key):
            await handler(tx, tx.row, clock, percent)

    async def _by_itself(self, tx: Command, clock: Row, action: str) -> None:
        """Take the action that is taken when the clock is due: the service's handler does, else it is a step and no more."""
        if handler := self._handlers.get(clock.rule_key):
            await handler(tx, tx.row, clock, 100)
        else:
            tx.move(tx.row, tx.row.table.info["machine"].step(tx.row, action, tx.caller))
        tx.clocks.stop(tx.row, clock.rule_key)  # the state may be one in which it runs

    async def apply_calendar(self, settled_s: float = _SETTLED_S) -> None:
        """Count out again what newly put in calendar days concern."""
        days = [row["id"] for row in await self._database.run(self._database.background, _NEW_DAYS, settled_s)]
        if days:
            await self.recount(_CONCERNED, days)
            await self._database.run(
                self._database.background, "UPDATE calendar_day SET applied_at = clock_timestamp() WHERE id = ANY($1)", days
            )

    async def recount(self, which: str, *args: Any) -> None:
        """Count clocks out again; both due times go into the audit."""
        rules = await RULES.of(self._db("recount", None))
        for found in await self._database.run(self._database.background, which, *args):
            # At the end of a year most of them are provisional, and for most of them nothing is otherwise.
            if counted_anew(row_from(clocks, found, self._database.seal), rules):
                await self._once("recount", None, found, self._recount)
            await asyncio.sleep(0)

    async def _recount(self, tx: Command, clock: Row) -> None:
        if clock.breached_at is not None or not tx.clocks.recount(tx.row, clock):
            raise NotNow

    def _db(self, scope: str, key: str | None) -> Db:
        return Db(self._database, scope=scope, key=key, request_id=str(new_id()), background=True)

    async def _once(self, scope: str, key: str | None, found: Record, work: _Work) -> None:
        """Run the work on a clock that was found, as a command on its thing."""
        db, is_there = self._db(scope, key), False

        async def run() -> None:
            nonlocal is_there
            db.start_over()
            async with db.command(self._system, self._tables[found["owner"]], found["owner_id"]) as tx:
                is_there = True
                for clock in await tx.clocks.of(tx.row):
                    if clock.id == found["id"] and clock.stopped_at is None:
                        await work(tx, clock)
                        return
                raise NotNow

        try:
            await again(run)
        except NotNow:
            pass
        except Replay as before:
            # Another process was faster, and goes on with it; or a handler refused, and the key keeps that.
            self._failed.add(found["id"])
            if before.status >= 400:  # noqa: PLR2004  a refusal
                log.warning("clock %s does not fire: a handler refused it", found["id"])
        except (Busy, Away):
            raise
        except NotFound as lack:
            await self._lacks(found, lack, is_there=is_there)
        except Exception as error:  # noqa: BLE001  a mistake of ours, which must not stop the other clocks
            self._failed.add(found["id"])
            log.error("clock %s does not fire and is tried again later: %s", found["id"], told_safely(error))  # noqa: TRY400

    async def _lacks(self, found: Record, lack: NotFound, *, is_there: bool) -> None:
        """Stop a clock whose thing is gone; where the thing is there and something else is not, it may be later."""
        if is_there:
            self._failed.add(found["id"])
            log.warning("clock %s does not fire and is tried again later: %s", found["id"], lack.code)
            return
        log.info("a clock of %s runs on a %s that is gone; it fires no more", self._service, found["owner"])
        await self._database.run(
            self._database.background,
            "UPDATE clock SET next_at = NULL WHERE owner_id = $1 AND id = $2",
            found["owner_id"],
            found["id"],
        )
