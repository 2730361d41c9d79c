"""How an incident looks to those who may see it."""

from typing import Annotated, Any
from uuid import UUID

from pydantic import AwareDatetime, Field

from gridwhistle.common.attachments import AttachmentView, attached_to
from gridwhistle.common.principal import Principal
from gridwhistle.common.wire import View
from gridwhistle.incidents.domain import INCIDENT


class IncidentLine(View):
    """An incident in a list."""

    id: UUID
    version: int
    incident_no: str
    state: str
    urgency: str
    source: str
    request_type: str | None
    title: str
    category: str | None
    area_code: str
    grid_code: str | None
    lon: float | None
    lat: float | None
    lead_org: str | None
    reported_at: AwareDatetime
    closed_at: AwareDatetime | None


class IncidentView(IncidentLine):
    """An incident, whole. `actions` is what you may do now; post to the path of that name."""

    description: str | None
    coord_sys: str | None
    address_text: str | None
    checker_id: Annotated[UUID | None, Field(description="The worker who shall check; null while nobody is on shift.")]
    found_at: AwareDatetime
    accepted_at: AwareDatetime | None
    filed_at: AwareDatetime | None
    dispatched_at: AwareDatetime | None
    signed_at: AwareDatetime | None
    handled_at: AwareDatetime | None
    checked_at: AwareDatetime | None
    attachments: list[AttachmentView]
    actions: list[str]


def seen_by(caller: Principal, incident: Any) -> IncidentView:
    """Return an incident with what this caller may do now."""
    return IncidentView.of(incident, attachments=attached_to(incident), actions=INCIDENT.actions(incident, caller))


class HistoryLine(View):
    """One step that was taken."""

    at: AwareDatetime
    action: str
    from_state: str | None
    to_state: str
    actor_role: str
    org: str | None
    reason: str | None


class History(View):
    """Every step that was taken, oldest first."""

    steps: list[HistoryLine]
