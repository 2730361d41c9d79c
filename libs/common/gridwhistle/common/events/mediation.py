"""What mediation tells: the steps of committees and of cases, by ids and codes, and nothing about parties."""

from typing import Annotated, Literal

from pydantic import Field

from gridwhistle.common.data_classes import OPEN, P1, Count, Instant, ThingId, Word
from gridwhistle.common.events import ClockEvent, Event
from gridwhistle.common.events.inventory import SessionPurged

DisputeType = Annotated[str, Field(pattern=r"^D(0[1-9]|1[0-6]|99)$", examples=["D02"]), P1]
"""The kind of a dispute (纠纷类型), as monthly returns count them."""
CommitteeKind = Literal["village", "town", "enterprise", "industry", "joint"]
MediatorKind = Literal["elected", "appointed", "invited", "lawyer", "judicial", "police"]
RecallReason = Literal["bias", "insult", "gain", "leak", "asked", "term_over", "other"]
"""Why somebody mediates no more; the first four are those of 人民调解法 art. 15."""
CaseSource = Literal["own_initiative", "application", "entrusted"]
"""How a case came: 主动调解, 申请调解, 接受委托移送."""
CaseFrom = Literal["incident", "police", "court", "petition_office", "department", "party"]
Channel = Literal["people", "administrative", "court_delegated", "court_entrusted", "court_summary", "police", "labour"]
"""People's mediation, an authority's, a court's before filing (委派) and after it (委托, 普通或简易), the police's, labour."""
Grade = Literal["red", "orange", "yellow"]
"""How pressing a dispute is, never a person: at once, the same day, on the spot."""
Outcome = Literal["agreed", "partial", "failed", "refused", "terminated", "transferred"]
RefusedFor = Literal[
    "clear_refusal", "no_answer", "before_court", "decided_already", "forbidden_by_law", "no_civil_dispute", "not_ours"
]
TerminatedFor = Literal["withdrawn", "facts_hidden", "delay", "collusion", "false_mediation", "escalated", "other"]
TransferredTo = Literal["court", "arbitration", "police", "petition_office", "authority", "other_committee"]
EscalatedFor = Literal["violence", "mass_incident", "crime", "danger", "misuse"]
"""What may happen, or has: mediation itself was misused, in the last."""
ReportedTo = Literal["police", "town", "county", "court", "judicial_bureau"]
CaseNo = Annotated[str, Field(pattern=r"^M[0-9]{19,24}$", examples=["M9901012026070600001"]), P1]


class _CommitteeEvent(Event):
    kind: Annotated[CommitteeKind, OPEN, P1]


class CommitteeSetUp(_CommitteeEvent, type="gw.mediation.committee.set_up.v1"):
    """There is a committee that has to be put on file."""


class CommitteeChanged(_CommitteeEvent, type="gw.mediation.committee.changed.v1"):
    """Who or what a committee is has changed: it has to be put on file anew."""


class CommitteeFiled(_CommitteeEvent, type="gw.mediation.committee.filed.v1"):
    """The judicial bureau has a committee on file (备案); the local court hears of it."""


class CommitteeDissolved(_CommitteeEvent, type="gw.mediation.committee.dissolved.v1"):
    """There is no such committee any more."""


class CommitteeClockWarned(ClockEvent, type="gw.mediation.committee.clock_warned.v1"):
    """Four fifths of the time for putting a committee on file have passed."""


class CommitteeClockBreached(ClockEvent, type="gw.mediation.committee.clock_breached.v1"):
    """A committee is not on file in time."""


class CommitteeClockEscalated(ClockEvent, type="gw.mediation.committee.clock_escalated.v1"):
    """A committee is not on file half as long again, or twice as long as it may take."""


class _MediatorEvent(Event):
    kind: Annotated[MediatorKind, OPEN, P1]
    committee_id: ThingId | None


class MediatorRegistered(_MediatorEvent, type="gw.mediation.mediator.registered.v1"):
    """Somebody mediates, for a committee or from a roster."""


class MediatorPaused(_MediatorEvent, type="gw.mediation.mediator.paused.v1"):
    """Somebody does not mediate for some time."""


class MediatorResumed(_MediatorEvent, type="gw.mediation.mediator.resumed.v1"):
    """Somebody mediates again."""


class MediatorRecalled(_MediatorEvent, type="gw.mediation.mediator.recalled.v1"):
    """Somebody mediates no more (罢免、解聘)."""

    reason_code: Annotated[RecallReason, OPEN, P1]


class _CaseEvent(Event):
    case_no: CaseNo
    dispute_type: DisputeType | None
    source: Annotated[CaseSource, OPEN, P1]
    channel: Annotated[Channel, OPEN, P1]
    grade: Annotated[Grade, OPEN, P1] | None
    incident_id: ThingId | None


class CaseApplied(_CaseEvent, type="gw.mediation.case.applied.v1"):
    """A party asks for mediation (申请调解)."""


class CaseFound(_CaseEvent, type="gw.mediation.case.found.v1"):
    """A committee found a dispute by itself, or an incident turned out to be one (主动调解)."""


class CaseReferred(_CaseEvent, type="gw.mediation.case.referred.v1"):
    """A court, the police or another body entrusts a dispute (委托移送)."""

    referred_from: Annotated[CaseFrom, OPEN, P1] | None


class CaseGraded(_CaseEvent, type="gw.mediation.case.graded.v1"):
    """How pressing the dispute is was said, or is otherwise now."""


class WillingnessAsked(_CaseEvent, type="gw.mediation.case.willingness_asked.v1"):
    """The parties are asked whether they want it mediated."""


class CaseAccepted(_CaseEvent, type="gw.mediation.case.accepted.v1"):
    """Every party wants it, and a committee has accepted it (受理)."""

    committee_id: ThingId | None


class CaseRefused(_CaseEvent, type="gw.mediation.case.refused.v1"):
    """There is no mediation: a party said no or did not answer, or it cannot be mediated. The other ways are told."""

    reason_code: Annotated[RefusedFor, OPEN, P1]
    outcome: Annotated[Outcome, OPEN, P1] = "refused"


class CaseTransferred(_CaseEvent, type="gw.mediation.case.transferred.v1"):
    """Another body has it now (移送)."""

    transferred_to: Annotated[TransferredTo, OPEN, P1]
    outcome: Annotated[Outcome, OPEN, P1] = "transferred"


class CaseTerminated(_CaseEvent, type="gw.mediation.case.terminated.v1"):
    """Mediation was stopped (终止): a party withdrew, or somebody abused it."""

    reason_code: Annotated[TerminatedFor, OPEN, P1]
    outcome: Annotated[Outcome, OPEN, P1] = "terminated"


class CaseAssigned(_CaseEvent, type="gw.mediation.case.assigned.v1"):
    """It is known who mediates it; with `is_three_houses`, police, justice and a lawyer together (三所联调)."""

    mediators: Count
    is_three_houses: Annotated[bool, P1]


class MediatorLeft(_CaseEvent, type="gw.mediation.case.mediator_left.v1"):
    """A mediator stepped aside, was asked to (回避), or was recalled."""

    mediator_id: ThingId


class SessionOpened(_CaseEvent, type="gw.mediation.case.session_opened.v1"):
    """The parties meet; with the first session the time for mediating begins."""

    session_no: Count


class CaseExtended(_CaseEvent, type="gw.mediation.case.extended.v1"):
    """Every party agreed that it takes longer."""

    due_at: Instant


class CaseEscalated(_CaseEvent, type="gw.mediation.case.escalated.v1"):
    """It may become worse (可能激化): whoever keeps the peace hears of it at once."""

    reason_code: Annotated[EscalatedFor, OPEN, P1]
    reported_to: Annotated[ReportedTo, OPEN, P1]


class CaseResumed(_CaseEvent, type="gw.mediation.case.resumed.v1"):
    """It is safe again, and mediation goes on."""


class CaseFailed(_CaseEvent, type="gw.mediation.case.failed.v1"):
    """No agreement was to be had, or its time is over (调解不成). The other ways are told."""

    outcome: Annotated[Outcome, OPEN, P1] = "failed"


class CaseAgreed(_CaseEvent, type="gw.mediation.case.agreed.v1"):
    """An agreement stands: in writing, with every signature on it, or by word (达成协议)."""

    form: Annotated[Literal["written", "oral"], OPEN, P1]
    outcome: Annotated[Outcome, OPEN, P1]


class PerformanceBegun(_CaseEvent, type="gw.mediation.case.performance_begun.v1"):
    """Something that was agreed is still to come."""

    terms: Count


class PerformanceOverdue(_CaseEvent, type="gw.mediation.case.performance_overdue.v1"):
    """So many things that are owed are late; told again every few days."""

    terms: Count


class PerformanceUrged(_CaseEvent, type="gw.mediation.case.performance_urged.v1"):
    """Whoever owes so many things that are late was urged."""

    terms: Count


class CasePerformed(_CaseEvent, type="gw.mediation.case.performed.v1"):
    """All that was agreed is done."""

    outcome: Annotated[Outcome, OPEN, P1]


class CaseBreached(_CaseEvent, type="gw.mediation.case.breached.v1"):
    """What was agreed will not be performed; the other side hears of court, payment order and notarised deed."""

    outcome: Annotated[Outcome, OPEN, P1]


class ConfirmationMoved(_CaseEvent, type="gw.mediation.case.confirmation_moved.v1"):
    """A court was asked to confirm an agreement, or has said something (司法确认)."""

    confirmation_id: ThingId
    to_state: Word


class ConfirmationDueSoon(_CaseEvent, type="gw.mediation.case.confirmation_due_soon.v1"):
    """The days in which all parties together can ask a court are nearly over: who has their channels tells them."""

    due_at: Instant


class CaseFollowedUp(_CaseEvent, type="gw.mediation.case.followed_up.v1"):
    """Somebody asked how it went (回访)."""

    follow_up_no: Count
    is_performed: Annotated[bool, P1]
    satisfied: Annotated[Literal["satisfied", "fairly_satisfied", "dissatisfied", "not_said"], OPEN, P1]
    is_new_dispute: Annotated[bool, P1]


class CaseClosed(_CaseEvent, type="gw.mediation.case.closed.v1"):
    """It is closed (结案), and how it ended: only what was agreed, whole or in part, is settled by it."""

    outcome: Annotated[Outcome, OPEN, P1]


class CaseArchived(_CaseEvent, type="gw.mediation.case.archived.v1"):
    """Its file was put away (归档)."""


class CaseClockWarned(ClockEvent, type="gw.mediation.case.clock_warned.v1"):
    """Four fifths of a stage's limit have passed."""


class CaseClockBreached(ClockEvent, type="gw.mediation.case.clock_breached.v1"):
    """A stage took longer than its limit."""


class CaseClockEscalated(ClockEvent, type="gw.mediation.case.clock_escalated.v1"):
    """A stage took half as long again, or twice as long as its limit."""


class MediationSessionPurged(SessionPurged, type="gw.mediation.session.purged.v1"):
    """What was personal in an emergency session is gone from this service; counts alone remain."""
