"""What the inventory service tells of responses (应急响应): of which level and where; and of reports from the field."""

from typing import Annotated, Literal

from pydantic import Field

from gridwhistle.common.data_classes import OPEN, P0, P1, Count, Instant, ThingId
from gridwhistle.common.events import ClockEvent, Event
from gridwhistle.common.events.inventory_alerts import Areas

EventClass = Literal["natural_disaster", "accident", "public_health", "social_safety"]
"""自然灾害, 事故灾难, 公共卫生事件, 社会安全事件."""
ResponseLevel = Literal["i", "ii", "iii", "iv"]
"""一级 to 四级; the first is the gravest."""
ReportKind = Literal["first", "continued", "final"]
"""初报, 续报, 核报."""
Measure = Literal[
    "warn_public",
    "collect_reports",
    "teams_on_standby",
    "call_teams",
    "reserve_supplies",
    "ready_shelters",
    "guard_key_sites",
    "keep_utilities",
    "advise_public",
    "evacuate",
    "close_places",
    "call_volunteers",
]
MEASURES_MAX = 20


class _ResponseEvent(Event):
    level: Annotated[ResponseLevel, OPEN, P0]
    event_class: Annotated[EventClass, OPEN, P0]
    areas: Areas


class ResponseProposed(_ResponseEvent, type="gw.inventory.response.proposed.v1"):
    """The duty officer proposes a response; somebody decides within half an hour."""

    warning_id: ThingId | None


class ResponseDeclined(_ResponseEvent, type="gw.inventory.response.declined.v1"):
    """There is none."""


class ResponseActivated(_ResponseEvent, type="gw.inventory.response.activated.v1"):
    """A response begins. Clocks of what happens in its areas run day and night until it is lifted."""

    measures: Annotated[list[Annotated[Measure, OPEN]], Field(max_length=MEASURES_MAX), P0]
    expected_persons: Count
    expected_days: Count
    expected_until: Instant


class ResponseAdjusted(_ResponseEvent, type="gw.inventory.response.adjusted.v1"):
    """It is of another level now, has other measures, or lasts longer."""

    measures: Annotated[list[Annotated[Measure, OPEN]], Field(max_length=MEASURES_MAX), P0]
    expected_persons: Count
    expected_days: Count
    expected_until: Instant


class ResponseLifted(_ResponseEvent, type="gw.inventory.response.lifted.v1"):
    """It is over."""


class ResponseReviewed(_ResponseEvent, type="gw.inventory.response.reviewed.v1"):
    """What was learned is written down."""


class ResponseClockWarned(ClockEvent, type="gw.inventory.response.clock_warned.v1"):
    """Four fifths of a stage's limit have passed."""


class ResponseClockBreached(ClockEvent, type="gw.inventory.response.clock_breached.v1"):
    """A stage took longer than its limit."""


class ResponseClockEscalated(ClockEvent, type="gw.inventory.response.clock_escalated.v1"):
    """A stage took half as long again, or twice as long as its limit."""


class ReportDue(Event, type="gw.inventory.situation.report_due.v1"):
    """A township or the county has to report soon, or should have: zero is a report as well."""

    kind: Annotated[ReportKind, OPEN, P1]
    due_at: Instant
    is_overdue: Annotated[bool, P1]


class SituationReported(Event, type="gw.inventory.situation.reported.v1"):
    """What a township or the county reports: numbers alone. Ten dead or missing go past a level (越级上报)."""

    kind: Annotated[ReportKind, OPEN, P1]
    dead: Count
    missing: Count
    relocated: Count
    urgent_aid: Count
    houses_collapsed: Count
    houses_damaged: Count
    skips_level: Annotated[bool, P1]


class SituationClockWarned(ClockEvent, type="gw.inventory.situation.clock_warned.v1"):
    """Four fifths of the time for a report have passed."""


class SituationClockBreached(ClockEvent, type="gw.inventory.situation.clock_breached.v1"):
    """A report is overdue."""


class SituationClockEscalated(ClockEvent, type="gw.inventory.situation.clock_escalated.v1"):
    """A report is overdue by half its time, or by all of it."""


class EmergencySessionClockWarned(ClockEvent, type="gw.inventory.emergency_session.clock_warned.v1"):
    """Four fifths of the days after which what is personal goes have passed."""


class EmergencySessionClockBreached(ClockEvent, type="gw.inventory.emergency_session.clock_breached.v1"):
    """The days after which what is personal goes are over."""


class EmergencySessionClockEscalated(ClockEvent, type="gw.inventory.emergency_session.clock_escalated.v1"):
    """They have been over for long."""
