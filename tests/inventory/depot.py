"""A depot's database, with lots that are there and orders that wait, for tests that look at who comes first."""

import asyncio
import datetime as dt
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import asyncpg

from gridwhistle.common.again import again
from gridwhistle.common.database import Database, Db
from gridwhistle.common.principal import Principal
from gridwhistle.common.problems import Problem
from gridwhistle.common.reasons import Remark
from gridwhistle.common.sealing import Seal
from gridwhistle.inventory.app import INVENTORY
from gridwhistle.inventory.dispatch import delivering, ordering

COUNTY = "990405"
AREA = f"{COUNTY}001001"
MANAGER = Principal("manager", frozenset({"inventory_manager", "warehouse_keeper"}), (COUNTY,))
WHO_ASKS = Principal("asks", frozenset({"shelter_manager"}), (COUNTY,))
_TYPE = """
INSERT INTO resource_type (id, version, area_code, code, parent_code, name, unit, is_local, is_hazardous, is_daily)
VALUES ($1, 1, $2, $3, '1990000', '棉被', '床', true, false, false)
"""
_POINT = "INSERT INTO storage_point (id, version, area_code, name, level, mode) VALUES ($1, 1, $2, '示例库', 'county', 'real')"
_LOT = """
INSERT INTO lot (id, version, event_no, area_code, type_id, type_code, point_id, lot_no, state, source, qty, reserved_qty,
  received_qty, received_at, received_by, approved_by, expires_on)
VALUES ($1, 1, 0, $2, $3, '1990100', $4, 'L', 'available', 'purchase', $5, 0, $5, now(), 'a', 'b', $6)
"""
_ORDERS = """
INSERT INTO dispatch_order (id, version, event_no, area_code, order_no, state, priority, to_kind, to_id, to_name, point_id,
  requested_by, subject_id, is_emergency_issue, discrepancy, drafted_at, submitted_at)
SELECT id, 1, 0, $2, 'D' || lpad(nextval('test_order_no')::text, 20, '0'), 'submitted', 'normal', $4, $5, '示例安置点', $3,
  'asks', 'asks', false, 'none', now(), now() FROM unnest($1::uuid[]) AS id
"""
_ITEMS = """
INSERT INTO dispatch_item (id, order_id, seq, type_id, type_code, requested_qty)
SELECT uuidv7(), id, 1, $2, '1990100', $3 FROM unnest($1::uuid[]) AS id
"""
FAULTS = {
    "no lot promises more than there is": "SELECT id FROM lot WHERE reserved_qty > qty OR reserved_qty < 0 OR qty < 0",
    "what is promised is what orders have": """
SELECT id FROM lot LEFT JOIN (SELECT lot_id, sum(qty) AS promised FROM reservation GROUP BY 1) r ON r.lot_id = lot.id
WHERE reserved_qty <> coalesce(promised, 0)""",
    "orders have what was approved": """
SELECT o.id FROM dispatch_order o JOIN dispatch_item i ON i.order_id = o.id
LEFT JOIN (SELECT item_id, sum(qty) AS promised FROM reservation GROUP BY 1) r ON r.item_id = i.id
WHERE coalesce(promised, 0) <> CASE WHEN o.state IN ('approved', 'picking') THEN approved_qty ELSE 0 END""",
    "movements make what there is": """
SELECT id FROM lot LEFT JOIN (SELECT lot_id, sum(CASE kind WHEN 'reserve' THEN qty WHEN 'release' THEN -qty WHEN 'out' THEN -qty
  ELSE 0 END) AS reserved, sum(CASE kind WHEN 'out' THEN qty ELSE 0 END) AS gone FROM stock_movement GROUP BY 1) m
  ON m.lot_id = lot.id
WHERE reserved_qty <> coalesce(reserved, 0) OR qty <> received_qty - coalesce(gone, 0)""",
    "each movement follows the one before": """
SELECT id FROM (SELECT id, lot_version, lag(lot_version) OVER (PARTITION BY lot_id ORDER BY lot_version) AS before
  FROM stock_movement) m WHERE before IS NOT NULL AND lot_version <> before + 1""",
}
"""What may never be, by claim; none of them finds a row."""


async def faults(connection: "asyncpg.Connection[Any]") -> dict[str, list[Any]]:
    """Return what is not as it must be, by claim."""
    found = {claim: [row[0] for row in await connection.fetch(sql)] for claim, sql in FAULTS.items()}
    return {claim: rows for claim, rows in found.items() if rows}


@dataclass
class Depot:
    """A depot, and orders that want something of it."""

    connection: "asyncpg.Connection[Any]"
    point_id: uuid.UUID = field(default_factory=uuid.uuid4)
    type_id: uuid.UUID = field(default_factory=uuid.uuid4)

    async def open(self) -> None:
        """Open a storage point for a type."""
        await self.connection.execute("CREATE SEQUENCE IF NOT EXISTS test_order_no")
        code = f"199{await self.connection.fetchval('SELECT nextval($1)', 'test_order_no') % 98 + 1:02}00"
        known = "SELECT id FROM resource_type WHERE county_code = $1 AND code = $2"
        there = await self.connection.fetchval(known, COUNTY, code)
        self.type_id = there or self.type_id
        if there is None:
            await self.connection.execute(_TYPE, self.type_id, f"{COUNTY}000000", code)
        await self.connection.execute(_POINT, self.point_id, AREA)

    async def lot(self, qty: str, expires_on: dt.date | None = None) -> uuid.UUID:
        """Put a lot there."""
        id_ = uuid.uuid4()
        await self.connection.execute(_LOT, id_, AREA, self.type_id, self.point_id, Decimal(qty), expires_on)
        return id_

    async def orders(self, number: int, qty: str = "1", to: uuid.UUID | None = None) -> list[uuid.UUID]:
        """Let orders wait for approval; with `to` they are transfers."""
        ids = [uuid.uuid4() for _ in range(number)]
        kind = "storage_point" if to else "shelter"
        await self.connection.execute(_ORDERS, ids, AREA, self.point_id, kind, to)
        await self.connection.execute(_ITEMS, ids, self.type_id, Decimal(qty))
        return ids


@dataclass
class Processes:
    """The inventory's database as two processes have it."""

    databases: Sequence[Database]

    async def do(self, work: Callable[[Db], Awaitable[Any]], process: int = 0, key: str | None = None) -> str:
        """Do something as a request of a process; return the state that it came to, or the code of its refusal."""
        db = Db(self.databases[process % len(self.databases)], scope="test", key=key, request_id="r-1")

        async def run() -> Any:
            db.start_over()
            return await work(db)

        try:
            return str((await again(run)).state)
        except Problem as refusal:
            return refusal.code

    async def approve(self, order_id: uuid.UUID, process: int = 0) -> str:
        """Approve all that an order asks for."""
        return await self.do(lambda db: ordering.approve(order_id, ordering.Approval(), MANAGER, db), process)

    async def cancel(self, order_id: uuid.UUID, process: int = 0) -> str:
        """Cancel an order, as who asked for it."""
        return await self.do(lambda db: ordering.cancel(order_id, Remark(), WHO_ASKS, db), process)

    async def issue(self, order_id: uuid.UUID, process: int = 0) -> str:
        """Pick and issue an order."""
        await self.do(lambda db: delivering.pick(order_id, MANAGER, db), process)
        return await self.do(lambda db: delivering.issue(order_id, MANAGER, db), process)

    async def approve_all(self, ids: Sequence[uuid.UUID]) -> list[str]:
        """Approve them all at once, every other one in the other process."""
        return list(await asyncio.gather(*(self.approve(id_, number) for number, id_ in enumerate(ids))))


@asynccontextmanager
async def two_processes(url: str) -> AsyncIterator[Processes]:
    """Open the database as two processes have it."""
    tables = list(INVENTORY.tables.tables.values())
    async with AsyncExitStack() as stack:
        seal, presets = Seal({1: bytes(32)}), INVENTORY.presets
        databases = [Database(url, seal, INVENTORY.constraints, presets=presets, tables=tables) for _ in range(2)]
        for database in databases:
            await stack.enter_async_context(database.connected())
        yield Processes(databases)
