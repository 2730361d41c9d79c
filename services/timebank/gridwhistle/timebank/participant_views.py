"""How participants look: names and numbers are masked; to see them in full is recorded."""

import datetime as dt
from collections.abc import Sequence
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import AwareDatetime, Field

from gridwhistle.common.data_classes import OPEN, Count
from gridwhistle.common.ids import AreaCode
from gridwhistle.common.personal import Entitlement, PersonName, Phone
from gridwhistle.common.principal import Principal
from gridwhistle.common.wire import Actions, Version, View
from gridwhistle.timebank.offering import Course
from gridwhistle.timebank.participant_states import PARTICIPANT
from gridwhistle.timebank.participant_tables import ParticipantKind

OF_ONE_MAX = 100
ParticipantState = Literal[PARTICIPANT.states]  # type: ignore[name-defined]


class TrainingView(View):
    """A course that somebody passed."""

    course: Course
    passed_on: dt.date


class EntitlementView(View):
    """That somebody is entitled, and until when; as what, only the station may reveal."""

    id: UUID
    category: Entitlement | None
    valid_until: dt.date
    withdrawn_at: Annotated[AwareDatetime | None, Field(description="When it was said to be wrong.")]


class ParticipantLine(View):
    """A participant in a list; names and numbers are masked."""

    id: UUID
    version: Version
    kind: Annotated[ParticipantKind, OPEN]
    state: Annotated[ParticipantState, OPEN]
    area_code: AreaCode
    name: PersonName | None
    phone: Phone | None
    station_id: UUID | None
    insured_until: dt.date | None
    paused_until: AwareDatetime | None
    earned_minutes: Count
    rating_sum: Count
    rating_count: Count
    registered_at: AwareDatetime


class ParticipantView(ParticipantLine):
    """A participant, whole."""

    guardian_agreed_at: AwareDatetime | None
    trainings: Annotated[list[TrainingView], Field(max_length=OF_ONE_MAX)]
    entitlements: Annotated[list[EntitlementView], Field(max_length=OF_ONE_MAX)]
    actions: Actions


def participant_as_seen(caller: Principal, row: Any, learnt: Sequence[Any], entitled: Sequence[Any]) -> ParticipantView:
    """Return a participant with what this caller may do now."""
    return ParticipantView.of(
        row,
        trainings=[TrainingView.of(one) for one in learnt],
        entitlements=[EntitlementView.of(one) for one in entitled],
        actions=PARTICIPANT.actions(row, caller),
    )
