"""What the inventory tells of shelters and support points: where, how many, never who."""

from typing import Annotated, Literal

from pydantic import Field

from gridwhistle.common.data_classes import OPEN, P0, P1, Count, ThingId
from gridwhistle.common.events import ClockEvent, Event

_ShelterKind = Annotated[
    Literal["emergency", "short_term", "medium_term", "long_term", "central"],
    OPEN,
    P0,
]
_SupportKind = Annotated[Literal["water", "power", "lighting", "food", "lodging"], OPEN, P0]
_Lists = Annotated[int, Field(ge=0, le=1_000, examples=[2]), P1]


class ShelterAccepted(Event, type="gw.inventory.shelter.accepted.v1"):
    """A shelter is fit for use, and holds so many."""

    kind: _ShelterKind
    capacity: Count


class ShelterRetired(Event, type="gw.inventory.shelter.retired.v1"):
    """A shelter is one no more."""


class _OfResponse(Event):
    response_id: ThingId | None


class ShelterProposed(_OfResponse, type="gw.inventory.shelter.proposed.v1"):
    """A warning or a response says that a shelter may be needed; a person confirms it."""


class ShelterPassedOver(_OfResponse, type="gw.inventory.shelter.passed_over.v1"):
    """A proposed shelter is not needed."""


class ShelterStandby(_OfResponse, type="gw.inventory.shelter.standby.v1"):
    """A shelter stands by."""


class ShelterStoodDown(_OfResponse, type="gw.inventory.shelter.stood_down.v1"):
    """A shelter stands by no more."""


class ShelterOpened(_OfResponse, type="gw.inventory.shelter.opened.v1"):
    """People may come; address and way are public."""

    kind: _ShelterKind
    capacity: Count
    opening_id: ThingId


class _Counted(_OfResponse):
    opening_id: ThingId
    total: Count
    elderly: Count
    children: Count
    disabled: Count
    sick: Count
    most: Count
    arrived: Count


class ShelterFull(_Counted, type="gw.inventory.shelter.full.v1"):
    """As many are there as it holds; the next nearest that has room, if there is one."""

    next_shelter_id: ThingId | None


class ShelterRelieved(_Counted, type="gw.inventory.shelter.relieved.v1"):
    """There is room again."""


class ShelterClosed(_Counted, type="gw.inventory.shelter.closed.v1"):
    """Nobody comes any more, and who is there leaves."""


class ShelterRestored(_OfResponse, type="gw.inventory.shelter.restored.v1"):
    """A shelter is ready again; lists on paper are destroyed, with a certificate."""

    lists_destroyed: _Lists


class ShelterClockWarned(ClockEvent, type="gw.inventory.shelter.clock_warned.v1"):
    """Four fifths of a stage's limit have passed."""


class ShelterClockBreached(ClockEvent, type="gw.inventory.shelter.clock_breached.v1"):
    """A shelter is open for longer than its class allows, or nobody said whether it stands by."""


class ShelterClockEscalated(ClockEvent, type="gw.inventory.shelter.clock_escalated.v1"):
    """A stage took half as long again, or twice as long as its limit."""


class SupportPointAdded(Event, type="gw.inventory.support_point.added.v1"):
    """There is a point of water, power, light, food or beds."""

    kind: _SupportKind
    capacity: Count


class _OfSupportPoint(Event):
    kind: _SupportKind


class SupportPointFailed(_OfSupportPoint, type="gw.inventory.support_point.failed.v1"):
    """It does not work, or has nothing to give."""


class SupportPointMended(_OfSupportPoint, type="gw.inventory.support_point.mended.v1"):
    """It works again."""


class SupportPointWithdrawn(_OfSupportPoint, type="gw.inventory.support_point.withdrawn.v1"):
    """It is there no more."""
