"""What the inventory (应急物资) tells of dispatch orders: each step from a need to what was received, in quantities."""

from typing import Annotated, Literal

from pydantic import Field

from gridwhistle.common.data_classes import OPEN, P1, ThingId
from gridwhistle.common.events import ClockEvent, Event
from gridwhistle.common.events.inventory_stock import LINES_MAX, MovedLine

Priority = Literal["normal", "urgent", "emergency"]
Destination = Literal["storage_point", "shelter", "grid", "team", "place"]
DispatchOrderNo = Annotated[str, Field(pattern=r"^D[0-9]{19,24}$", examples=["D9901012026070600001"]), P1]


class _DispatchEvent(Event):
    order_no: DispatchOrderNo
    priority: Annotated[Priority, OPEN, P1]
    to_kind: Annotated[Destination, OPEN, P1]
    to_id: ThingId | None
    point_id: ThingId
    response_id: ThingId | None
    lines: Annotated[list[MovedLine], Field(max_length=LINES_MAX)]


class DispatchOrderApproved(_DispatchEvent, type="gw.inventory.dispatch_order.approved.v1"):
    """So much of what was asked for is promised."""


class DispatchOrderInTransit(_DispatchEvent, type="gw.inventory.dispatch_order.in_transit.v1"):
    """So much is on its way."""


class DispatchOrderReceived(_DispatchEvent, type="gw.inventory.dispatch_order.received.v1"):
    """So much has come, and is good."""


class DispatchOrderDiscrepancy(_DispatchEvent, type="gw.inventory.dispatch_order.discrepancy.v1"):
    """So much that was sent has not come, or is damaged."""


class DispatchOrderSettled(_DispatchEvent, type="gw.inventory.dispatch_order.settled.v1"):
    """Both sides agree; so much was lost or damaged."""


class DispatchOrderCancelled(_DispatchEvent, type="gw.inventory.dispatch_order.cancelled.v1"):
    """It is not needed any more; so much that was promised is free again."""


class DispatchOrderClockWarned(ClockEvent, type="gw.inventory.dispatch_order.clock_warned.v1"):
    """The time for a stage of an order is nearly over."""


class DispatchOrderClockBreached(ClockEvent, type="gw.inventory.dispatch_order.clock_breached.v1"):
    """The time for a stage of an order is over; an emergency issue that nobody has approved is for supervision."""


class DispatchOrderClockEscalated(ClockEvent, type="gw.inventory.dispatch_order.clock_escalated.v1"):
    """The time for a stage of an order is over by half and more."""
