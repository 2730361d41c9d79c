"""Orders that are not needed any more (取消、撤销): what they were promised is free again."""

from collections.abc import Sequence
from typing import Any, Final
from uuid import UUID

from sqlalchemy import select

from gridwhistle.common.commands import Command
from gridwhistle.common.database import Db
from gridwhistle.common.events import Envelope
from gridwhistle.common.events.inventory_dispatch import DispatchOrderCancelled
from gridwhistle.common.machine import Step
from gridwhistle.common.principal import system
from gridwhistle.inventory.dispatch.making import facts_of, stop_all
from gridwhistle.inventory.dispatch.states import DISPATCH
from gridwhistle.inventory.dispatch.tables import dispatch_orders, items
from gridwhistle.inventory.stock.promising import release

_SYSTEM: Final = system("inventory")
_PROMISED: Final = ("approved", "picking")


async def cancel_order(tx: Command, step: Step, reason: str | None = None) -> None:
    """Cancel the held order; give back what it was promised, and tell of it."""
    order = tx.row
    tx.move(order, step, reason=reason, terminal_at=tx.now)
    stop_all(tx, order)
    if step.source in _PROMISED:
        release(tx, order.id)
        lines = [(item.type_code, item.approved_qty) for item in await tx.children(items) if item.approved_qty]
        tx.tell(order, DispatchOrderCancelled(**facts_of(order, lines)))


async def orders_to_call_off(event: Envelope[Any], db: Db) -> Sequence[UUID]:
    """Return what a response itself was promised and nobody has begun to fetch.

    What a person asked for stays: people may need it when the response is over, and whoever asked may cancel it.
    """
    of_it = dispatch_orders.c.response_id == event.aggregate_id, dispatch_orders.c.requested_by == _SYSTEM.id
    waiting = select(dispatch_orders.c.id).where(*of_it, dispatch_orders.c.state == "approved")
    return [row.id for row in await db.fetch(waiting.order_by(dispatch_orders.c.id))]


async def call_off_order(_event: Envelope[Any], order_id: UUID, db: Db) -> None:
    """Let stock go that a response was promised and nobody has begun to fetch when it is over."""
    async with db.command(_SYSTEM, dispatch_orders, order_id) as tx:
        if tx.row.state == "approved":
            await cancel_order(tx, DISPATCH.step(tx.row, "call_off", _SYSTEM))
