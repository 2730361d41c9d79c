"""How responses look to those who may see them, and what is said when one is decided."""

from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import AwareDatetime, Field

from gridwhistle.common.data_classes import OPEN, Count, ThingId, Word
from gridwhistle.common.events.inventory_alerts import AREAS_MAX
from gridwhistle.common.events.inventory_responses import MEASURES_MAX, EventClass, Measure, ResponseLevel
from gridwhistle.common.events.timebank_orders import ServiceCode
from gridwhistle.common.ids import AreaCode
from gridwhistle.common.personal import MASKED
from gridwhistle.common.principal import Principal
from gridwhistle.common.wire import Actions, Body, Moment, Version, View
from gridwhistle.inventory.responses.domain import RESPONSE

State = Literal[RESPONSE.states]  # type: ignore[name-defined]
Reason = Annotated[str, Field(min_length=2, max_length=500, examples=["暴雨红色预警,低洼地带需转移群众"])]
Findings = Annotated[str, Field(min_length=2, max_length=4_000, examples=["转移及时,物资调运用时 5 小时。"])]
Days = Annotated[int, Field(ge=1, le=100, examples=[3])]
Persons = Annotated[int, Field(ge=0, le=1_000_000, examples=[300])]
Areas = Annotated[list[AreaCode], Field(min_length=1, max_length=AREAS_MAX)]


class CalledVolunteers(Body):
    """Volunteers that are called for: people who are of age, and insured."""

    service_code: ServiceCode
    people_needed: Annotated[int, Field(ge=1, le=500, examples=[30])]
    start_at: Moment
    end_at: Moment


class ResponseReason(Body):
    """Why, for the record; no names."""

    reason: Annotated[Reason, MASKED]


class CalledVolunteersView(View):
    """Volunteers that were called for."""

    service_code: ServiceCode
    people_needed: Count
    start_at: AwareDatetime
    end_at: AwareDatetime


class ResponseTriggerView(View):
    """The numbers by which it was proposed."""

    dead_or_missing: Count
    relocated: Count
    houses_collapsed: Count
    houses_damaged: Count


class ResponseLine(View):
    """A response in a list."""

    id: UUID
    version: Version
    state: Annotated[State, OPEN]
    event_class: Annotated[EventClass, OPEN]
    level: Annotated[ResponseLevel, OPEN]
    area_code: AreaCode
    areas: Areas
    warning_id: ThingId | None
    expected_persons: Persons
    expected_days: Days
    proposed_at: AwareDatetime
    decided_at: AwareDatetime | None
    expected_until: AwareDatetime | None
    lifted_at: AwareDatetime | None


class ResponseView(ResponseLine):
    """A response, whole. `session_id` is what requests that belong to it send as `Emergency-Session`."""

    reason: Reason
    trigger: ResponseTriggerView | None
    phoned_at: AwareDatetime | None
    written_at: AwareDatetime | None
    decided_role: Word | None
    measures: Annotated[list[Annotated[Measure, OPEN]] | None, Field(max_length=MEASURES_MAX)]
    volunteers: CalledVolunteersView | None
    session_id: ThingId | None
    first_batch_at: AwareDatetime | None
    correlation_id: Annotated[str, Field(max_length=80, examples=["0190c8f2-5d1e-7c3a-9d55-0c5b3f1f7a10"])]
    reviewed_at: AwareDatetime | None
    findings: Findings | None
    terminal_at: AwareDatetime | None
    actions: Actions


def seen_by(caller: Principal, response: Any) -> ResponseView:
    """Return a response with what this caller may do now."""
    trigger = response.trigger and ResponseTriggerView.holding(response.trigger)
    volunteers = response.volunteers and CalledVolunteersView.model_validate(response.volunteers)
    return ResponseView.of(response, trigger=trigger, volunteers=volunteers, actions=RESPONSE.actions(response, caller))
