"""What the inventory service tells of warnings (预警): which authority warns where of what, how urgently, and until when."""

from typing import Annotated, Literal

from pydantic import Field

from gridwhistle.common.data_classes import OPEN, P0, Count, Instant
from gridwhistle.common.events import ClockEvent, Event
from gridwhistle.common.ids import AreaCode

Colour = Literal["red", "orange", "yellow", "blue"]
AuthorityLevel = Literal["national", "province", "city", "county"]
WarningId = Annotated[str, Field(pattern=r"^[0-9]{14}_[0-9]{14}_[0-9]$", examples=["99010100000000_20260706083000_0"]), P0]
EventCode = Annotated[
    str,
    Field(pattern=r"^([0-9A-Z]{3,10}|other)$", examples=["11B03"], description="What it warns of, by GB/T 35561; or `other`."),
    P0,
]
AREAS_MAX = 100
Areas = Annotated[list[AreaCode], Field(min_length=1, max_length=AREAS_MAX), P0]


class _WarningEvent(Event):
    warning_id: WarningId
    colour: Annotated[Colour, OPEN, P0]
    event_code: EventCode
    areas: Areas
    is_test: Annotated[bool, P0]


class WarningRelayed(_WarningEvent, type="gw.inventory.warning.relayed.v1"):
    """An authority warns, or says something else than before (`edition` counts); its words are at `/warnings/{id}/cap`."""

    authority_level: Annotated[AuthorityLevel, OPEN, P0]
    edition: Count
    starts_at: Instant
    expires_at: Instant


class WarningCancelled(_WarningEvent, type="gw.inventory.warning.cancelled.v1"):
    """The authority lifted its warning."""


class WarningExpired(_WarningEvent, type="gw.inventory.warning.expired.v1"):
    """The time for which it was issued is over."""


class WarningClockWarned(ClockEvent, type="gw.inventory.warning.clock_warned.v1"):
    """Four fifths of a stage's limit have passed."""


class WarningClockBreached(ClockEvent, type="gw.inventory.warning.clock_breached.v1"):
    """A stage took longer than its limit."""


class WarningClockEscalated(ClockEvent, type="gw.inventory.warning.clock_escalated.v1"):
    """A stage took half as long again, or twice as long as its limit."""
