"""What comes to a storage point and leaves it: vouchers, and what each lot has afterwards.

Promises, and what goes to whoever was promised it, are written by the database's function `stock_post` (`lot_tables.POST`),
since many ask for the same lot at once. Here is what one person does with one lot, which the command holds.
"""

import datetime as dt
from collections.abc import Sequence
from decimal import Decimal
from typing import Final
from uuid import UUID

from gridwhistle.common.calendars import LOCAL, day_of
from gridwhistle.common.clocks import until
from gridwhistle.common.commands import Command
from gridwhistle.common.events.inventory_stock import MovedLine, StockMoved, VoucherKind
from gridwhistle.common.rows import Row
from gridwhistle.inventory.stock.limits import EXPIRES, NEAR_FIRST, NEAR_SECOND
from gridwhistle.inventory.stock.lot_tables import LotSource, MovementKind, lots, movements, vouchers
from gridwhistle.inventory.stock.states import LOT

_MINUTE: Final = dt.timedelta(minutes=1)
_NEAR: Final = (NEAR_FIRST, NEAR_SECOND)
Line = tuple[str, Decimal]
"""A code of a type, and how much of it."""


def today(tx: Command) -> dt.date:
    """Return the county's day."""
    return day_of(tx.now)


def write_voucher(
    tx: Command,
    kind: VoucherKind,
    point_id: UUID,
    area_code: str,
    *,
    came: Sequence[Line] = (),
    went: Sequence[Line] = (),
    reason: str | None = None,
    approved_by: str | None = None,
    order_id: UUID | None = None,
) -> Row:
    """Write a voucher (出入库单) for what this command moves at a storage point, and tell of it."""
    about = {"kind": kind, "point_id": point_id, "order_id": order_id}
    by = {"by": tx.caller.id, "approved_by": approved_by, "reason": reason}
    voucher = tx.insert(vouchers, version=1, event_no=0, area_code=area_code, at=tx.now, **about, **by)
    tx.record(voucher, kind, reason)
    tx.tell(voucher, StockMoved(**about, came=_lines(came), went=_lines(went)))
    return voucher


def note_movement(tx: Command, lot: Row, kind: MovementKind, qty: Decimal, voucher: Row) -> None:
    """Note what this command does to a lot that it holds or makes; the lot says already what is left."""
    more = {"order_id": voucher.order_id, "by": tx.caller.id, "approved_by": voucher.approved_by}
    after = {"qty_after": lot.qty, "reserved_after": lot.reserved_qty, "lot_version": lot.version}
    tx.insert(movements, lot_id=lot.id, kind=kind, qty=qty, voucher_id=voucher.id, at=tx.now, **after, **more)


def take_in(
    tx: Command,
    voucher: Row,
    type_id: UUID,
    type_code: str,
    *,
    lot_no: str,
    qty: Decimal,
    source: LotSource,
    supplier: str | None,
    made_on: dt.date | None,
    expires_on: dt.date | None,
    origin_id: UUID | None = None,
    action: str = "receive",
) -> Row:
    """Make a lot of what has come, which somebody else has to inspect."""
    lot = tx.create(
        lots,
        LOT.step(None, action, tx.caller),
        area_code=voucher.area_code,
        type_id=type_id,
        type_code=type_code,
        point_id=voucher.point_id,
        lot_no=lot_no,
        source=source,
        supplier=supplier,
        origin_id=origin_id,
        qty=qty,
        reserved_qty=Decimal(0),
        received_qty=qty,
        made_on=made_on,
        expires_on=expires_on,
        received_at=tx.now,
        received_by=tx.caller.id,
        approved_by=tx.caller.id,
    )
    note_movement(tx, lot, "in", qty, voucher)
    return lot


def take_out(tx: Command, lot: Row, kind: MovementKind, voucher: Row) -> None:
    """Take all that there is out of a held lot of which nothing is promised."""
    qty = lot.qty
    tx.update(lot, qty=Decimal(0), terminal_at=tx.now)
    if qty:
        note_movement(tx, lot, kind, qty, voucher)


def start_expiry(tx: Command, lot: Row) -> None:
    """Start the clocks of a lot's last day: those that are still to come, and the one that tells how near it is by now."""
    if lot.expires_on is None:
        return
    ends = _midnight(lot.expires_on)
    before = [ends - dt.timedelta(days=tx.rule(key, lot.area_code).amount) for key in _NEAR]
    for key, moment, next_moment in zip(_NEAR, before, [*before[1:], ends], strict=True):
        if next_moment > tx.now:
            tx.clocks.start(lot, key, until(tx.now, moment))
    tx.clocks.start(lot, EXPIRES, until(tx.now, ends))


def stop_expiry(tx: Command, lot: Row) -> None:
    """Stop them: the lot is given out no more."""
    for key in (*_NEAR, EXPIRES):
        tx.clocks.stop(lot, key)


def _midnight(day: dt.date) -> dt.datetime:
    return dt.datetime.combine(day, dt.time(), LOCAL).astimezone(dt.UTC)


def _lines(side: Sequence[Line]) -> list[MovedLine]:
    return [MovedLine(type_code=code, qty=qty) for code, qty in side]
