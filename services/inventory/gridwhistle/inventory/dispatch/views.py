"""How dispatch orders look to those who ask, keep and receive."""

from typing import Annotated, Any
from uuid import UUID

from pydantic import AwareDatetime, Field
from sqlalchemy import select

from gridwhistle.common.data_classes import OPEN, P0, Word
from gridwhistle.common.database import Db
from gridwhistle.common.events.inventory_dispatch import Destination, DispatchOrderNo, Priority
from gridwhistle.common.events.inventory_stock import Amount, Quantity, SupplyCode
from gridwhistle.common.ids import AreaCode
from gridwhistle.common.principal import Principal
from gridwhistle.common.wire import Actions, Version, View
from gridwhistle.inventory.dispatch.acting import actions_of
from gridwhistle.inventory.dispatch.tables import Discrepancy, items, transports
from gridwhistle.inventory.stock.lots import LotNo
from gridwhistle.inventory.stock.promising import promised_to

ITEMS_MAX, PICKS_MAX, TRANSPORTS_MAX = 50, 2_000, 20
PlaceName = Annotated[
    str, Field(min_length=1, max_length=60, description="Of a place or a house, no person.", examples=["示例中学安置点"]), P0
]
Carrier = Annotated[str, Field(min_length=1, max_length=60, description="A house, no person.", examples=["示例县运输公司"]), P0]
VehicleNo = Annotated[str, Field(min_length=2, max_length=20, examples=["示A·12345"])]


class DispatchOrderLine(View):
    """A dispatch order in a list; it lies where it goes to."""

    id: UUID
    version: Version
    order_no: DispatchOrderNo
    area_code: AreaCode
    state: Annotated[Word, Field(examples=["approved"])]
    priority: Annotated[Priority, OPEN]
    to_kind: Annotated[Destination, OPEN]
    to_id: UUID | None
    to_name: PlaceName
    response_id: UUID | None
    point_id: UUID | None
    discrepancy: Annotated[Discrepancy, OPEN]
    is_emergency_issue: bool
    drafted_at: AwareDatetime
    submitted_at: AwareDatetime | None
    approved_at: AwareDatetime | None
    post_approved_at: AwareDatetime | None
    issued_at: AwareDatetime | None
    departed_at: AwareDatetime | None
    received_at: AwareDatetime | None
    terminal_at: AwareDatetime | None


class DispatchItemView(View):
    """What an order asks for of one type, and what became of it."""

    id: UUID
    type_id: UUID
    type_code: SupplyCode
    requested_qty: Amount
    approved_qty: Quantity | None
    issued_qty: Quantity | None
    received_qty: Quantity | None
    damaged_qty: Quantity | None
    lost_qty: Quantity | None
    returned_qty: Quantity | None


class PickView(View):
    """From which lot how much is fetched. A lot that is not available any more has to be replaced (`reallocate`)."""

    item_id: UUID
    lot_id: UUID
    lot_no: LotNo
    qty: Amount
    state: Annotated[Word, Field(examples=["available"])]


class TransportView(View):
    """Who carries it, and when it arrives."""

    id: UUID
    carrier: Carrier
    vehicle_no: VehicleNo | None
    left_at: AwareDatetime
    eta_at: AwareDatetime | None
    arrived_at: AwareDatetime | None


class DispatchOrderView(DispatchOrderLine):
    """A dispatch order, whole; `picks` is what it is promised and has not had."""

    items: Annotated[list[DispatchItemView], Field(max_length=ITEMS_MAX)]
    picks: Annotated[list[PickView], Field(max_length=PICKS_MAX)]
    transports: Annotated[list[TransportView], Field(max_length=TRANSPORTS_MAX)]
    actions: Actions


class DispatchOrderDone(DispatchOrderLine):
    """An order after a step; `GET` shows its items, and what it is promised."""

    actions: Actions


async def done(db: Db, caller: Principal, order: Any) -> DispatchOrderDone:
    """Return an order as a step leaves it."""
    return DispatchOrderDone.of(order, actions=await actions_of(db, caller, order))


async def whole(db: Db, caller: Principal, order: Any) -> DispatchOrderView:
    """Return an order with everything that belongs to it."""
    lines = await db.fetch(select(items).where(items.c.order_id == order.id).order_by(items.c.seq))
    carried = await db.fetch(select(transports).where(transports.c.order_id == order.id).order_by(transports.c.id))
    return DispatchOrderView.of(
        order,
        items=[DispatchItemView.of(line) for line in lines],
        picks=[PickView.of(pick) for pick in await promised_to(db, order.id)],
        transports=[TransportView.of(one) for one in carried],
        actions=await actions_of(db, caller, order),
    )
