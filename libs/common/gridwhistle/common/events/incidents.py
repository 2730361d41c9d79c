"""What the incidents service tells: each step of the closed loop from found to closed."""

from typing import Annotated, Literal

from pydantic import Field

from gridwhistle.common.data_classes import OPEN, P1, ThingId
from gridwhistle.common.events import ClockEvent, Event
from gridwhistle.common.events.inventory import SessionPurged
from gridwhistle.common.ids import GridCode, OrgCode

Urgency = Literal["normal", "urgent", "emergency"]
Source = Literal[
    "grid_patrol",
    "resident",
    "hotline_12345",
    "dept_transfer",
    "joint_meeting",
    "facility_inspection",
    "integrator",
    "mediation",
    "inventory",
]
IncidentNo = Annotated[str, Field(pattern=r"^I[0-9]{19,24}$", examples=["I9901012026070600001"]), P1]
Category = Annotated[
    str,
    Field(
        pattern=r"^[CES]-[0-9]{4}$",
        examples=["C-0101"],
        description="C component (部件), E event (事件), S social; then class and item.",
    ),
    P1,
]


class _IncidentEvent(Event):
    incident_no: IncidentNo
    urgency: Annotated[Urgency, OPEN, P1]
    source: Annotated[Source, OPEN, P1]
    grid_code: GridCode | None


class IncidentReported(_IncidentEvent, type="gw.incidents.incident.reported.v1"):
    """A report was taken in."""


class IncidentAccepted(_IncidentEvent, type="gw.incidents.incident.accepted.v1"):
    """The township accepted it as its business."""


class IncidentFiled(_IncidentEvent, type="gw.incidents.incident.filed.v1"):
    """It has a category and became a case."""

    category: Category


class IncidentDispatched(_IncidentEvent, type="gw.incidents.incident.dispatched.v1"):
    """It was sent to the organisation that has to handle it."""

    category: Category
    lead_org: OrgCode


class IncidentSigned(_IncidentEvent, type="gw.incidents.incident.signed.v1"):
    """The organisation took it on."""

    lead_org: OrgCode


class IncidentHandled(_IncidentEvent, type="gw.incidents.incident.handled.v1"):
    """The organisation says that it is done."""

    lead_org: OrgCode


class CheckOrdered(_IncidentEvent, type="gw.incidents.incident.check_ordered.v1"):
    """Somebody who did not handle it shall look; None while nobody of the grid is on shift."""

    worker_id: ThingId | None


class IncidentChecked(_IncidentEvent, type="gw.incidents.incident.checked.v1"):
    """A worker of the grid looked and found it done."""

    worker_id: ThingId


class IncidentClosed(_IncidentEvent, type="gw.incidents.incident.closed.v1"):
    """The township closed it."""

    category: Category
    lead_org: OrgCode
    worker_id: ThingId | None


class IncidentClockWarned(ClockEvent, type="gw.incidents.incident.clock_warned.v1"):
    """Four fifths of a stage's limit have passed."""


class IncidentClockBreached(ClockEvent, type="gw.incidents.incident.clock_breached.v1"):
    """A stage took longer than its limit."""


class IncidentClockEscalated(ClockEvent, type="gw.incidents.incident.clock_escalated.v1"):
    """A stage took half as long again, or twice as long as its limit: the county's supervisor is to look at it."""


class IncidentsSessionPurged(SessionPurged, type="gw.incidents.session.purged.v1"):
    """What was personal in an emergency session is gone from this service; counts alone remain."""
