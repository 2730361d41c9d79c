"""What the inventory tells of emergency teams and their mobilisation: how many, never who."""

from typing import Annotated, Literal

from gridwhistle.common.data_classes import OPEN, P0, P1, Count, Instant, ThingId
from gridwhistle.common.events import ClockEvent, Event

_TeamKind = Annotated[Literal["leading", "professional", "volunteer"], OPEN, P0]


class ResponseTeamEnrolled(Event, type="gw.inventory.response_team.enrolled.v1"):
    """There is a team for emergencies."""

    kind: _TeamKind


class ResponseTeamDisbanded(Event, type="gw.inventory.response_team.disbanded.v1"):
    """A team is over."""


class _OfMobilization(Event):
    mobilization_id: ThingId
    team_id: ThingId


class TeamOrdered(_OfMobilization, type="gw.inventory.mobilized_team.ordered.v1"):
    """A team is called, and answers within half an hour."""

    kind: _TeamKind
    assemble_at: Instant
    ends_at: Instant


class TeamAssembling(_OfMobilization, type="gw.inventory.mobilized_team.assembling.v1"):
    """The team's leader has said yes."""


class TeamSilent(_OfMobilization, type="gw.inventory.mobilized_team.silent.v1"):
    """Nobody answered in time; another team is proposed, if there is one."""

    next_team_id: ThingId | None


class TeamOnsite(_OfMobilization, type="gw.inventory.mobilized_team.onsite.v1"):
    """So many of the team are there."""

    present: Count


class TeamReleased(_OfMobilization, type="gw.inventory.mobilized_team.released.v1"):
    """The team's part is over; who was hurt was looked after."""

    present: Count
    injured: Count
    was_onsite: Annotated[bool, P1]


class MobilizationEnded(Event, type="gw.inventory.mobilization.ended.v1"):
    """Every team that was called is released."""

    teams: Count


class TeamClockWarned(ClockEvent, type="gw.inventory.mobilized_team.clock_warned.v1"):
    """Four fifths of a stage's limit have passed."""


class TeamClockBreached(ClockEvent, type="gw.inventory.mobilized_team.clock_breached.v1"):
    """A team did not answer in time."""


class TeamClockEscalated(ClockEvent, type="gw.inventory.mobilized_team.clock_escalated.v1"):
    """A stage took half as long again, or twice as long as its limit."""


class ResponseTeamClockWarned(ClockEvent, type="gw.inventory.response_team.clock_warned.v1"):
    """Four fifths of a stage's limit have passed."""


class ResponseTeamClockBreached(ClockEvent, type="gw.inventory.response_team.clock_breached.v1"):
    """A stage took longer than its limit."""


class ResponseTeamClockEscalated(ClockEvent, type="gw.inventory.response_team.clock_escalated.v1"):
    """A stage took half as long again, or twice as long as its limit."""


class SocialOrganisationCalledIn(Event, type="gw.inventory.social_organisation.called_in.v1"):
    """A social organisation was called in."""

    response_id: ThingId | None


class SocialOrganisationReleased(Event, type="gw.inventory.social_organisation.released.v1"):
    """It was thanked, and is free again."""

    response_id: ThingId | None
