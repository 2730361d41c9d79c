"""How an incident looks to those who may see it."""

from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import AwareDatetime, Field

from gridwhistle.common.attachments import ATTACHED_IN_ALL_MAX, AttachmentIds, AttachmentView, attached_to
from gridwhistle.common.data_classes import OPEN, Count, Word
from gridwhistle.common.events.incidents import Category, IncidentNo, Result, SentTo, Source, Urgency
from gridwhistle.common.ids import ActorId, AreaCode, GridCode, OrgCode
from gridwhistle.common.personal import MASKED
from gridwhistle.common.places import CoordSys, Latitude, Longitude
from gridwhistle.common.principal import Principal
from gridwhistle.common.reasons import Remark
from gridwhistle.common.wire import Version, View
from gridwhistle.incidents.domain import INCIDENT
from gridwhistle.incidents.limits import Grade

HISTORY_MAX = 1_000
RequestType = Literal["consult", "help", "complaint", "report", "suggestion"]
State = Literal[INCIDENT.states]  # type: ignore[name-defined]
Action = Literal[INCIDENT.names]  # type: ignore[name-defined]
Said = Annotated[str, Field(min_length=1, max_length=500, examples=["已更换井盖并复位"]), MASKED]
Title = Annotated[str, Field(max_length=80, examples=["井盖缺失"])]
Description = Annotated[str, Field(max_length=2_000, examples=["路口东侧井盖缺失,已放置警示桩。"])]
AddressText = Annotated[str, Field(max_length=200, examples=["示例路 1 号门前"])]


ComplainedOrg = Annotated[
    OrgCode, Field(description="The organisation that it complains about (被投诉单位): it neither sees nor handles it.")
]


class Seen(Remark):
    """What was seen."""

    attachment_ids: AttachmentIds = ()


class IncidentLine(View):
    """An incident in a list."""

    id: UUID
    version: Version
    incident_no: IncidentNo
    state: Annotated[State, OPEN]
    urgency: Annotated[Urgency, OPEN]
    source: Annotated[Source, OPEN]
    request_type: Annotated[RequestType, OPEN] | None
    title: Title
    category: Category | None
    area_code: AreaCode
    grid_code: GridCode | None
    lon: Longitude | None
    lat: Latitude | None
    lead_org: OrgCode | None
    reported_at: AwareDatetime
    closed_at: AwareDatetime | None
    is_overdue: Annotated[bool | None, Field(description="Whether handling it took longer than its limit at some time.")]


class IncidentView(IncidentLine):
    """An incident, whole."""

    description: Description | None
    grid_id: Annotated[UUID | None, Field(description="The grid of the day when it was found, at `/personnel/v1/grids`.")]
    grid_edition: Annotated[
        int | None,
        Field(ge=1, le=2**31 - 1, description="Its edition of that day, however it is drawn since."),
    ]
    coord_sys: Annotated[CoordSys, OPEN] | None
    address_text: AddressText | None
    checker_id: Annotated[UUID | None, Field(description="The worker who shall check; null while nobody is on shift.")]
    standard_id: Annotated[UUID | None, Field(description="The case standard that it was filed under.")]
    grade: Annotated[Grade, OPEN] | None
    handler_id: Annotated[ActorId | None, Field(description="Whom the department named when it signed.")]
    complained_org: ComplainedOrg | None
    response_id: Annotated[
        UUID | None,
        Field(description="The response (应急响应) during which it was reported: its clocks run day and night."),
    ]
    parent_id: Annotated[UUID | None, Field(description="Of a merged one: the incident whose result is this one's as well.")]
    reason_code: Annotated[Word | None, Field(description="Why it was rejected, sent elsewhere or voided.")]
    sent_to: Annotated[SentTo, OPEN] | None
    mediation: Annotated[Word | None, Field(description="How far mediation came with it: asked, accepted, agreed, refused.")]
    mediation_no: Annotated[
        str | None, Field(max_length=30, examples=["M9901012026070600001"], description="Its number there.")
    ]
    verified_as: Annotated[Result, OPEN] | None
    asked_for: Annotated[Word | None, Field(description="What is asked for and not answered yet: extension or suspension.")]
    asked_stage: Annotated[Word | None, Field(description="How far the request came: requested, or endorsed.")]
    rework_times: Count | None
    reopened_times: Count | None
    found_at: AwareDatetime
    accepted_at: AwareDatetime | None
    filed_at: AwareDatetime | None
    dispatched_at: AwareDatetime | None
    signed_at: AwareDatetime | None
    handled_at: AwareDatetime | None
    checked_at: AwareDatetime | None
    terminal_at: AwareDatetime | None
    attachments: Annotated[list[AttachmentView], Field(max_length=ATTACHED_IN_ALL_MAX)]
    actions: Annotated[
        list[Annotated[Action, OPEN]], Field(max_length=50, description="What you may do now; post to the path of that name.")
    ]


def seen_by(caller: Principal, incident: Any) -> IncidentView:
    """Return an incident with what this caller may do now."""
    return IncidentView.of(incident, **shown_to(caller, incident))


def shown_to(caller: Principal, incident: Any) -> dict[str, Any]:
    """Return what a view of an incident has that its row has not."""
    return {"attachments": attached_to(incident), "actions": INCIDENT.actions(incident, caller)}


class HistoryLine(View):
    """One step that was taken."""

    at: AwareDatetime
    action: Word
    from_state: Word | None
    to_state: Word
    actor_role: Word
    org: OrgCode | None
    reason: Annotated[str | None, Field(max_length=500, examples=["属于本街道职责范围"])]


class History(View):
    """The steps that were taken, oldest first, a thousand at most."""

    steps: Annotated[list[HistoryLine], Field(max_length=HISTORY_MAX)]
