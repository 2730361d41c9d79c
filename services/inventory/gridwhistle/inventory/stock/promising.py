"""Promises stock to orders, and lets it go: `reserve(tx, order_id, point_id, wishes)`.

A command that promises holds its order and no lots. What it wants goes to the database's function `stock_post` in its own
statement; that holds each lot for as long as it takes, so that one lot that everybody asks for is no slower than many, nothing
is promised twice, and nobody is refused who could have been served.
"""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import select

from gridwhistle.common.commands import Command
from gridwhistle.inventory.stock.lot_tables import POST, lots, reservations
from gridwhistle.inventory.stock.moving import today


class Wish(NamedTuple):
    """So much of a type, for an item of an order."""

    item_id: UUID
    type_id: UUID
    qty: Decimal


def reserve(
    tx: Command,
    order_id: UUID,
    point_id: UUID,
    wishes: Sequence[Wish],
    *,
    approved_by: str | None = None,
    anew: bool = False,
    insists: bool = False,
) -> None:
    """Promise all of it from one storage point, or nothing: of each type what ends first comes first.

    The database refuses it (`NotEnoughStock`) when there is not enough that is free.

    Args:
        tx: the command, which holds or makes the order.
        order_id: whose promises they are.
        point_id: where it lies.
        wishes: each type once.
        approved_by: who approved it, for the record of each lot.
        anew: give back first what the order was promised before.
        insists: a refusal is no answer: the work runs again, and looks anew at what is free.
    """
    wanted = sorted((wish for wish in wishes if wish.qty), key=lambda wish: wish.type_id.int)
    rows = [_row(tx, "release", order_id)] if anew else []
    more = {"point_id": point_id, "approved_by": approved_by}
    rows += [_row(tx, "reserve", order_id, **wish._asdict(), **more) for wish in wanted]
    tx.call(POST, rows, items=range(len(rows)) if insists else ())


def release(tx: Command, order_id: UUID) -> None:
    """Give back all that an order was promised."""
    tx.call(POST, [_row(tx, "release", order_id)])


def let_go(tx: Command, order_id: UUID, voucher_id: UUID, approved_by: str | None) -> None:
    """Take all that an order was promised out of its lots.

    The database refuses it (`LotNotAvailable`) when a lot was quarantined or is past its last day.
    """
    tx.call(POST, [_row(tx, "out", order_id, voucher_id=voucher_id, approved_by=approved_by)])


async def promised_to(db: Any, order_id: UUID) -> Sequence[Any]:
    """Return what an order has been promised: item, lot, its number and type, and how much."""
    columns = reservations.c.item_id, reservations.c.lot_id, reservations.c.qty, lots.c.lot_no, lots.c.type_code, lots.c.state
    wanted = select(*columns).join(lots, lots.c.id == reservations.c.lot_id).where(reservations.c.order_id == order_id)
    found: Sequence[Any] = await db.fetch(
        wanted.order_by(reservations.c.item_id, lots.c.expires_on, lots.c.received_at, lots.c.id)
    )
    return found


def _row(tx: Command, kind: str, order_id: UUID, **more: Any) -> dict[str, Any]:
    return {"kind": kind, "order_id": order_id, "by": tx.caller.id, "at": tx.now, "today": today(tx), **more}
