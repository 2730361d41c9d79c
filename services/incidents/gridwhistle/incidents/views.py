"""How an incident looks to those who may see it."""

from typing import Annotated
from uuid import UUID

from pydantic import AwareDatetime, Field

from gridwhistle.common.wire import View


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
    actions: list[str]


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
