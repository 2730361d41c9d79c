"""What the time bank tells of orders: each step from a need to minutes, by ids and codes, never whose home it is."""

from typing import Annotated, Literal

from pydantic import Field

from gridwhistle.common.data_classes import OPEN, P0, P1, Count, Instant, ThingId, Word
from gridwhistle.common.events import ClockEvent, Event
from gridwhistle.common.ids import ActorId, GridCode

OrderKind = Literal["ordinary", "public", "emergency"]
"""For one person, for all, or in an emergency."""
Payer = Literal["beneficiary", "pool", "issuance"]
DisputeKind = Literal["duration", "no_show", "quality", "safety", "identity"]
Verdict = Literal["void", "minutes"]
Origin = Literal["order", "post", "incident", "mobilization"]
"""What a service follows from: an order of the time bank's own, a post (岗位), an incident, or an emergency's call."""
RefuseReason = Literal["not_in_catalogue", "risk_too_high", "not_entitled", "unclear", "nobody_pays"]
OrderNo = Annotated[str, Field(pattern=r"^T[0-9]{20,25}$", examples=["T99010120260706000001"]), P1]
ServiceCode = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{1,39}$", examples=["keeping_company"]), P0]


class _OrderEvent(Event):
    order_no: OrderNo
    kind: Annotated[OrderKind, OPEN, P1]
    service_code: ServiceCode
    grid_code: GridCode | None


class OrderRequested(_OrderEvent, type="gw.timebank.order.requested.v1"):
    """Somebody asks for a service; a clerk of a station looks at it."""


class OrderPublished(_OrderEvent, type="gw.timebank.order.published.v1"):
    """People can come forward; nobody sees an address."""

    people_needed: Count
    agreed_minutes: Count
    start_at: Instant
    end_at: Instant
    origin_id: ThingId | None


class OrderRefused(_OrderEvent, type="gw.timebank.order.refused.v1"):
    """It cannot be done so; whoever asked has the reason in writing."""

    reason_code: Annotated[RefuseReason, OPEN, P1]


class OrderCancelled(_OrderEvent, type="gw.timebank.order.cancelled.v1"):
    """It is not needed any more."""


class OrderExpired(_OrderEvent, type="gw.timebank.order.expired.v1"):
    """Nobody came forward in time; the station calls whoever asked."""


class OrderClosed(_OrderEvent, type="gw.timebank.order.closed.v1"):
    """Everybody's part in it is over."""

    people_served: Count


class _ClaimEvent(_OrderEvent):
    claim_id: ThingId
    volunteer_id: ThingId


class OrderClaimed(_ClaimEvent, type="gw.timebank.order.claimed.v1"):
    """Somebody came forward."""

    places_left: Count


class ClaimLapsed(_ClaimEvent, type="gw.timebank.order.claim_lapsed.v1"):
    """Whom it is for did not answer in time, or would rather have somebody else."""


class ClaimCancelled(_ClaimEvent, type="gw.timebank.order.claim_cancelled.v1"):
    """A claim fell through before anybody was there."""

    is_late: Annotated[bool, P1]


class OrderConfirmed(_ClaimEvent, type="gw.timebank.order.confirmed.v1"):
    """Whom it is for said yes; minutes are held."""

    held_minutes: Count


class OrderCheckedIn(_ClaimEvent, type="gw.timebank.order.checked_in.v1"):
    """Who came forward is there."""


class OrderCheckedOut(_ClaimEvent, type="gw.timebank.order.checked_out.v1"):
    """It is done."""

    actual_minutes: Count


class OrderSettled(_ClaimEvent, type="gw.timebank.order.settled.v1"):
    """It was worth so many minutes: earned, or above a cap. `origin` says what the service was, so that it is paid once."""

    payer: Annotated[Payer, OPEN, P1]
    origin: Annotated[Origin, OPEN, P1]
    served_minutes: Count
    earned_minutes: Count
    overflow_minutes: Count


class OrderNoShow(_ClaimEvent, type="gw.timebank.order.no_show.v1"):
    """Nobody came within half an hour; what was held went back."""


class OrderDisputed(_ClaimEvent, type="gw.timebank.order.disputed.v1"):
    """One side says that it was otherwise; three who have nothing to do with it decide."""

    dispute_kind: Annotated[DisputeKind, OPEN, P1]


class PanelConvened(_ClaimEvent, type="gw.timebank.order.panel_convened.v1"):
    """Three were named to decide a dispute; they find it among their claims."""

    members: Annotated[list[ActorId], Field(min_length=3, max_length=3)]


class OrderVoided(_ClaimEvent, type="gw.timebank.order.voided.v1"):
    """Two of three said that it does not count; what was paid went back."""


class DisputeDecided(_ClaimEvent, type="gw.timebank.order.dispute_decided.v1"):
    """Two of three said what it is worth."""

    verdict: Annotated[Verdict, OPEN, P1]
    earned_minutes: Count


class OrderClockWarned(ClockEvent, type="gw.timebank.order.clock_warned.v1"):
    """Four fifths of a stage's limit have passed."""


class OrderClockBreached(ClockEvent, type="gw.timebank.order.clock_breached.v1"):
    """A stage took longer than its limit."""


class OrderClockEscalated(ClockEvent, type="gw.timebank.order.clock_escalated.v1"):
    """A stage took half as long again, or twice as long as its limit."""


class ClaimClockWarned(ClockEvent, type="gw.timebank.claim.clock_warned.v1"):
    """Four fifths of a stage's limit have passed."""


class ClaimClockBreached(ClockEvent, type="gw.timebank.claim.clock_breached.v1"):
    """A stage took longer than its limit: a clerk of the station asks."""


class ClaimClockEscalated(ClockEvent, type="gw.timebank.claim.clock_escalated.v1"):
    """A stage took half as long again, or twice as long as its limit."""


class ParticipantRegistered(Event, type="gw.timebank.participant.registered.v1"):
    """A station registered somebody, who is known by this id from now on."""

    kind: Word


class ParticipantFrozen(Event, type="gw.timebank.participant.frozen.v1"):
    """Something is looked into; until it is over they neither serve nor ask."""


class ParticipantUnfrozen(Event, type="gw.timebank.participant.unfrozen.v1"):
    """They may serve and ask again."""


class ParticipantClosed(Event, type="gw.timebank.participant.closed.v1"):
    """They left the time bank."""


class TeamFounded(Event, type="gw.timebank.team.founded.v1"):
    """A station founded a volunteer team (平安志愿队)."""


class TeamDisbanded(Event, type="gw.timebank.team.disbanded.v1"):
    """A team is over."""


class ActivityPlanned(Event, type="gw.timebank.activity.planned.v1"):
    """A team will do something together."""

    team_id: ThingId
    service_code: ServiceCode


class ActivityConfirmed(Event, type="gw.timebank.activity.confirmed.v1"):
    """A station confirmed who was there: the team's minutes are issued, to be given away."""

    team_id: ThingId
    people_present: Count
    issued_minutes: Count


class ActivityClockWarned(ClockEvent, type="gw.timebank.activity.clock_warned.v1"):
    """Four fifths of a stage's limit have passed."""


class ActivityClockBreached(ClockEvent, type="gw.timebank.activity.clock_breached.v1"):
    """A stage took longer than its limit."""


class ActivityClockEscalated(ClockEvent, type="gw.timebank.activity.clock_escalated.v1"):
    """A stage took half as long again, or twice as long as its limit."""


class TransferOffered(Event, type="gw.timebank.transfer.offered.v1"):
    """Somebody gives minutes to one of their family, who has some days to say yes."""

    minutes: Count


class TransferAccepted(Event, type="gw.timebank.transfer.accepted.v1"):
    """The other side said yes: the minutes have moved."""

    minutes: Count


class TransferDeclined(Event, type="gw.timebank.transfer.declined.v1"):
    """The other side does not want them; nothing has moved."""


class TransferWithdrawn(Event, type="gw.timebank.transfer.withdrawn.v1"):
    """Who offered them has thought better of it; nothing has moved."""


class TransferLapsed(Event, type="gw.timebank.transfer.lapsed.v1"):
    """Nobody answered; nothing has moved."""


class RelativesAsked(Event, type="gw.timebank.relative.asked.v1"):
    """Somebody says that another participant is of their family, who is to agree."""


class RelativesChecked(Event, type="gw.timebank.relative.checked.v1"):
    """Two participants are of one family: both said so, and a clerk saw a proof."""


class RelativesEnded(Event, type="gw.timebank.relative.ended.v1"):
    """Two participants are no longer linked."""
