"""Promises stock to orders, and lets it go: `reserve(tx, order_id, point_id, wishes)`.

A command that promises holds its order and no lots. What it wants goes to the database's function `stock_post` in its own
statement; that holds each lot for as long as it takes, so that one lot that everybody asks for is no slower than many, nothing
is promised twice, and nobody is refused who could have been served.
"""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import and_, func, or_, select

from gridwhistle.common.commands import Command
from gridwhistle.inventory.stock.lot_tables import POST, lots, reservations
from gridwhistle.inventory.stock.moving import today
from gridwhistle.inventory.stock.refusals import NotEnoughStock


class Wish(NamedTuple):
    """So much of a type, for an item of an order."""

    item_id: UUID
    type_id: UUID
    qty: Decimal


async def reserve(
    tx: Command, order_id: UUID, point_id: UUID, wishes: Sequence[Wish], *, approved_by: str | None = None, anew: bool = False
) -> None:
    """Promise all of it from one storage point, or nothing: of each type what ends first comes first.

    Args:
        tx: the command, which holds or makes the order.
        order_id: whose promises they are.
        point_id: where it lies.
        wishes: each type once.
        approved_by: who approved it, for the record of each lot.
        anew: give back first what the order was promised before.

    Raises:
        NotEnoughStock: there is not enough that is free. The database refuses with the same words what others took meanwhile.
    """
    wanted = sorted((wish for wish in wishes if wish.qty), key=lambda wish: wish.type_id.int)
    free = await free_at(tx, point_id, [wish.type_id for wish in wanted], besides=order_id if anew else None)
    if any(free.get(wish.type_id, 0) < wish.qty for wish in wanted):
        raise NotEnoughStock
    rows = [_row(tx, "release", order_id)] if anew else []
    more = {"point_id": point_id, "approved_by": approved_by}
    rows += [_row(tx, "reserve", order_id, **wish._asdict(), **more) for wish in wanted]
    tx.call(POST, rows)


def release(tx: Command, order_id: UUID) -> None:
    """Give back all that an order was promised."""
    tx.call(POST, [_row(tx, "release", order_id)])


def let_go(tx: Command, order_id: UUID, voucher_id: UUID, approved_by: str | None) -> None:
    """Take all that an order was promised out of its lots.

    The database refuses it (`LotNotAvailable`) when a lot was quarantined or is past its last day.
    """
    tx.call(POST, [_row(tx, "out", order_id, voucher_id=voucher_id, approved_by=approved_by)])


async def free_at(tx: Command, point_id: UUID, type_ids: Sequence[UUID], *, besides: UUID | None = None) -> dict[UUID, Decimal]:
    """Return how much is free of each type at a point; with `besides` also what that order has."""
    good = and_(lots.c.state == "available", or_(lots.c.expires_on.is_(None), lots.c.expires_on > today(tx)))
    left = select(lots.c.type_id, func.sum(lots.c.qty - lots.c.reserved_qty)).where(
        lots.c.point_id == point_id, lots.c.type_id.in_(type_ids), good
    )
    free = {row[0]: row[1] for row in await tx.db.fetch(left.group_by(lots.c.type_id))}
    if besides:
        own = select(lots.c.type_id, func.sum(reservations.c.qty)).join(lots, lots.c.id == reservations.c.lot_id)
        own = own.where(reservations.c.order_id == besides, lots.c.point_id == point_id, good)
        for row in await tx.db.fetch(own.group_by(lots.c.type_id)):
            free[row[0]] = free.get(row[0], Decimal(0)) + row[1]
    return free


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
