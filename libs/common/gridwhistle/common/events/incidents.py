"""What the incidents service tells: each step of the closed loop from found to closed."""

from typing import Annotated, Literal

from pydantic import Field

from gridwhistle.common.data_classes import OPEN, P1, Count, Instant, ThingId, Word
from gridwhistle.common.events import ClockEvent, Event
from gridwhistle.common.events.inventory import SessionPurged
from gridwhistle.common.events.inventory_alerts import Areas
from gridwhistle.common.events.timebank_orders import ServiceCode
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

Result = Literal["yes", "no", "unclear"]
RejectReason = Literal["not_ours", "nothing_there", "too_vague", "no_real_request", "already_decided", "withdrawn"]
RedirectReason = Literal["emergency", "lawful_channel", "same_matter", "secret_or_private", "beyond_duty", "unlawful"]
"""The six cases in which a matter is not dispatched but handled otherwise (北京接诉即办条例 art. 11)."""
SentTo = Literal[
    "emergency_line", "court", "arbitration", "discipline_body", "reconsideration", "disclosure_office", "petition_office",
    "earlier_incident", "market_or_society", "nowhere",
]  # fmt: skip
ObjectionReason = Literal["not_our_duty", "not_our_area", "another_owner", "wrong_category"]
VoidReason = Literal["test", "entered_twice", "entered_wrongly", "nothing_there"]
ClosedAs = Literal["checked", "answered", "self_resolved", "mediated"]
Satisfaction = Literal["satisfied", "fairly_satisfied", "dissatisfied", "no_answer"]


class _IncidentEvent(Event):
    incident_no: IncidentNo
    urgency: Annotated[Urgency, OPEN, P1]
    source: Annotated[Source, OPEN, P1]
    grid_code: GridCode | None
    is_overdue: Annotated[bool, Field(description="Whether handling it took longer than its limit at some time."), P1] = False


class IncidentReported(_IncidentEvent, type="gw.incidents.incident.reported.v1"):
    """A report was taken in."""


class IncidentSelfResolved(_IncidentEvent, type="gw.incidents.incident.self_resolved.v1"):
    """A worker of the grid put it right on the spot (自处置); a leader looks at some of them."""

    category: Category
    worker_id: ThingId | None
    is_sampled: Annotated[bool, P1]


class SampleJudged(_IncidentEvent, type="gw.incidents.incident.sample_judged.v1"):
    """A leader looked at what a worker put right."""

    worker_id: ThingId | None
    result: Annotated[Result, OPEN, P1]


class IncidentRedirected(_IncidentEvent, type="gw.incidents.incident.redirected.v1"):
    """The law sends it elsewhere (分流)."""

    reason_code: Annotated[RedirectReason, OPEN, P1]
    sent_to: Annotated[SentTo, OPEN, P1]


class IncidentRejected(_IncidentEvent, type="gw.incidents.incident.rejected.v1"):
    """It is not the township's business, or there is nothing to be done (不予受理)."""

    reason_code: Annotated[RejectReason, OPEN, P1]


class RejectionContested(_IncidentEvent, type="gw.incidents.incident.rejection_contested.v1"):
    """Who reported it objects to the rejection."""


class RejectionReviewed(_IncidentEvent, type="gw.incidents.incident.rejection_reviewed.v1"):
    """The township's leader looked at the rejection again; the objection was upheld, or it was not."""

    is_upheld: Annotated[bool, P1]


class IncidentMerged(_IncidentEvent, type="gw.incidents.incident.merged.v1"):
    """The same thing is worked on under another number, whose result is this one's as well."""

    parent_id: ThingId
    parent_no: IncidentNo


class VerificationOrdered(_IncidentEvent, type="gw.incidents.incident.verification_ordered.v1"):
    """A worker of the grid shall look whether it is so (核实); None while nobody of the grid is on shift."""

    worker_id: ThingId | None


class IncidentVerified(_IncidentEvent, type="gw.incidents.incident.verified.v1"):
    """A worker of the grid looked whether it is so."""

    worker_id: ThingId
    result: Annotated[Result, OPEN, P1]


class IncidentAccepted(_IncidentEvent, type="gw.incidents.incident.accepted.v1"):
    """The township accepted it as its business."""


class IncidentFiled(_IncidentEvent, type="gw.incidents.incident.filed.v1"):
    """It has a category and became a case."""

    category: Category


class IncidentDispatched(_IncidentEvent, type="gw.incidents.incident.dispatched.v1"):
    """It was sent to the organisation that has to handle it."""

    category: Category
    lead_org: OrgCode


class IncidentObjected(_IncidentEvent, type="gw.incidents.incident.objected.v1"):
    """The organisation says that it is not theirs (退单); handling time runs on."""

    lead_org: OrgCode
    reason_code: Annotated[ObjectionReason, OPEN, P1]


class ObjectionDecided(_IncidentEvent, type="gw.incidents.incident.objection_decided.v1"):
    """It was said whose it is: another organisation's, or the same one's. After the county has spoken it is not returned."""

    lead_org: OrgCode
    is_upheld: Annotated[bool, P1]
    is_fixed: Annotated[bool, P1]


class ObjectionWithdrawn(_IncidentEvent, type="gw.incidents.incident.objection_withdrawn.v1"):
    """The organisation says that it is theirs after all."""

    lead_org: OrgCode


class IncidentSigned(_IncidentEvent, type="gw.incidents.incident.signed.v1"):
    """The organisation took it on."""

    lead_org: OrgCode


class IncidentExtended(_IncidentEvent, type="gw.incidents.incident.extended.v1"):
    """Handling it got its original limit once more (延期), counted from the original start."""

    lead_org: OrgCode
    extended_times: Count
    due_at: Instant


class RequestDenied(_IncidentEvent, type="gw.incidents.incident.request_denied.v1"):
    """An extension or a suspension was asked for and not granted."""

    lead_org: OrgCode
    kind: Annotated[Literal["extension", "suspension"], OPEN, P1]


class IncidentSuspended(_IncidentEvent, type="gw.incidents.incident.suspended.v1"):
    """It rests for so many days (挂账), and its clock with it."""

    lead_org: OrgCode
    days: Count


class IncidentResumed(_IncidentEvent, type="gw.incidents.incident.resumed.v1"):
    """Its day came, or it could be done earlier: the clock runs on."""

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


class CheckUnclear(_IncidentEvent, type="gw.incidents.incident.check_unclear.v1"):
    """A worker of the grid looked and could not tell; another looks, or the acceptor decides."""

    worker_id: ThingId


class IncidentRework(_IncidentEvent, type="gw.incidents.incident.rework.v1"):
    """A worker of the grid looked and found it not done (返工)."""

    lead_org: OrgCode
    worker_id: ThingId
    rework_times: Count


class IncidentRedispatched(_IncidentEvent, type="gw.incidents.incident.redispatched.v1"):
    """It went back to be done."""

    lead_org: OrgCode


class IncidentClosed(_IncidentEvent, type="gw.incidents.incident.closed.v1"):
    """It is over: done and checked, answered, or put right on the spot; then nobody else had it."""

    category: Category | None
    lead_org: OrgCode | None
    worker_id: ThingId | None
    how: Annotated[ClosedAs, OPEN, P1] = "checked"


class IncidentCalledBack(_IncidentEvent, type="gw.incidents.incident.called_back.v1"):
    """The hotline called who reported it (回访)."""

    attempt_no: Count
    is_reached: Annotated[bool, P1]
    is_resolved: Annotated[bool, P1] | None
    satisfaction: Annotated[Satisfaction, OPEN, P1] | None


class IncidentReopened(_IncidentEvent, type="gw.incidents.incident.reopened.v1"):
    """It is not done, says who reported it (重办). It happens once."""

    lead_org: OrgCode | None
    to_state: Word


class IncidentVoided(_IncidentEvent, type="gw.incidents.incident.voided.v1"):
    """Two persons agreed that it does not count (作废); it is kept, and left out of every rate."""

    reason_code: Annotated[VoidReason, OPEN, P1]


class IncidentArchived(_IncidentEvent, type="gw.incidents.incident.archived.v1"):
    """Thirty days after its end it was put away."""


class ClosedIncidentImported(_IncidentEvent, type="gw.incidents.incident.closed_imported.v1"):
    """A case that another system closed was brought in with its own times; nobody has to do anything."""

    category: Category | None
    lead_org: OrgCode | None
    reported_at: Instant
    closed_at: Instant


class DisputeFound(_IncidentEvent, type="gw.incidents.incident.dispute_found.v1"):
    """It is a quarrel between people: mediation asks them whether they want it (转调解)."""

    category: Category | None


class IncidentConverted(_IncidentEvent, type="gw.incidents.incident.converted.v1"):
    """Mediation has accepted it; its clocks have stopped here."""


class IncidentReturned(_IncidentEvent, type="gw.incidents.incident.returned.v1"):
    """Mediation did not settle it: it is the acceptor's again, who tells the lawful ways."""


class VolunteersWanted(_IncidentEvent, type="gw.incidents.incident.volunteers_wanted.v1"):
    """More hands are wanted where it lies: the time bank finds volunteers for it."""

    service_code: ServiceCode
    people_needed: Count
    start_at: Instant
    end_at: Instant


class VolunteerWorkDone(_IncidentEvent, type="gw.incidents.incident.volunteer_work_done.v1"):
    """A volunteer helped with it, and whoever handles it says how long: the time bank makes minutes of it, once."""

    participant_id: ThingId
    service_code: ServiceCode
    started_at: Instant
    minutes: Annotated[int, Field(ge=1, le=1_440, examples=[90]), P1]


class IncidentClockWarned(ClockEvent, type="gw.incidents.incident.clock_warned.v1"):
    """Four fifths of a stage's limit have passed."""


class IncidentClockBreached(ClockEvent, type="gw.incidents.incident.clock_breached.v1"):
    """A stage took longer than its limit."""


class IncidentClockEscalated(ClockEvent, type="gw.incidents.incident.clock_escalated.v1"):
    """A stage took half as long again, or twice as long as its limit: the county's supervisor is to look at it."""


class IncidentsSessionPurged(SessionPurged, type="gw.incidents.session.purged.v1"):
    """What was personal in an emergency session is gone from this service; counts alone remain."""


class UrgentClocksBegan(Event, type="gw.incidents.response.urgent_clocks_began.v1"):
    """A response runs: the clocks of what is reported in its areas run day and night."""

    areas: Areas


class UrgentClocksEnded(Event, type="gw.incidents.response.urgent_clocks_ended.v1"):
    """The response is over: what is reported from now on has its ordinary clocks, what was reported in it keeps its own."""

    incidents_reported: Count
