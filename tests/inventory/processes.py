"""The inventory's database as several processes have it, for tests that look at who comes first and what happens by itself."""

import asyncio
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

from gridwhistle.common.again import again
from gridwhistle.common.database import Database, Db
from gridwhistle.common.principal import Principal, system
from gridwhistle.common.problems import Busy, Problem
from gridwhistle.common.sealing import Seal
from gridwhistle.inventory.app import INVENTORY

AREA = "990101001001"
OFFICE, COMMANDER, SHELTER_MANAGER = (
    Principal(role, frozenset({role}), ("990101",)) for role in ("inventory_manager", "emergency_commander", "shelter_manager")
)


class Processes:
    """The inventory's database, as two processes have it."""

    def __init__(self, processes: list[Database]) -> None:
        self.processes = processes

    async def do(self, work: Callable[[Db], Awaitable[Any]], process: int = 0, key: str | None = None) -> Any:
        """Do something as a request of a process, again while it is busy; return the answer, or the code of the refusal."""
        db = Db(self.processes[process], scope="test", key=key, request_id="r-1")

        async def run() -> Any:
            db.start_over()
            return await work(db)

        while True:
            try:
                return await again(run)
            except Busy:
                await asyncio.sleep(0.05)
            except Problem as refusal:
                return refusal.code

    async def fire(self, table: Any, id_: uuid.UUID, key: str, percent: int = 100) -> Any:
        """Let a clock be due, as its loop would find it."""

        async def work(db: Db) -> None:
            async with db.command(system("inventory"), table, id_) as tx:
                for clock in await tx.clocks.of(tx.row):
                    if clock.rule_key == key and clock.stopped_at is None:
                        await INVENTORY.on_clock[key](tx, tx.row, clock, percent)

        return await self.do(work)

    async def row(self, table: Any, id_: uuid.UUID) -> Any:
        return await self.do(lambda db: db.first(table.select().where(table.c.id == id_)))


@asynccontextmanager
async def two_processes(url: str) -> AsyncIterator[Processes]:
    """Open the database twice."""
    tables = list(INVENTORY.tables.tables.values())
    async with AsyncExitStack() as stack:
        processes = [
            Database(url, Seal({1: bytes(32)}), INVENTORY.constraints, presets=INVENTORY.presets, tables=tables)
            for _ in range(2)
        ]
        for process in processes:
            await stack.enter_async_context(process.connected())
        yield Processes(processes)
