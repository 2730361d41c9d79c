"""How orders and claims look to those who may see them. Where somebody lives is masked: to see it in full is recorded."""

from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import AwareDatetime, Field

from gridwhistle.common.attachments import ATTACHED_IN_ALL_MAX, AttachmentView, attached_to
from gridwhistle.common.data_classes import OPEN, Count, ThingId, Word
from gridwhistle.common.events.timebank_orders import DisputeKind, OrderKind, OrderNo, Payer, ServiceCode, Verdict
from gridwhistle.common.ids import ActorId, AreaCode, GridCode
from gridwhistle.common.personal import AddressDetail
from gridwhistle.common.principal import Principal
from gridwhistle.common.wire import Actions, Version, View
from gridwhistle.timebank.order_states import CLAIM, ORDER
from gridwhistle.timebank.order_tables import OverflowTo, orders
from gridwhistle.timebank.people import is_staff, lies_with

CLAIMS_MAX = 500
OrderState = Literal[ORDER.states]  # type: ignore[name-defined]
ClaimState = Literal[CLAIM.states]  # type: ignore[name-defined]
Minutes = Annotated[int, Field(ge=15, le=1_440, examples=[60])]
People = Annotated[int, Field(ge=1, le=500, examples=[1])]
Stars = Annotated[int, Field(ge=1, le=5, examples=[5])]
Tag = Annotated[str, Field(pattern=r"^[a-z][a-z_]{1,29}$", examples=["on_time"])]
Distance = Annotated[int | None, Field(ge=0, le=21_000_000, examples=[40], description="Metres from the place; never where.")]


class OpenOrderLine(View):
    """An order that people can come forward for. It shows the community, and no address."""

    id: UUID
    version: Version
    order_no: OrderNo
    kind: Annotated[OrderKind, OPEN]
    service_code: ServiceCode
    area_code: AreaCode
    grid_code: GridCode | None
    start_at: AwareDatetime
    end_at: AwareDatetime
    agreed_minutes: Minutes
    people_needed: People
    people_taken: Count
    min_reputation: Stars | None
    minors_allowed: bool
    training_required: Word | None


class OrderLine(OpenOrderLine):
    """An order in a list of one's own, or of a station's."""

    state: Annotated[OrderState, OPEN]
    payer: Annotated[Payer, OPEN]
    on_behalf: bool
    asked_at: AwareDatetime
    published_at: AwareDatetime | None
    terminal_at: AwareDatetime | None


class OrderView(OrderLine):
    """An order, whole."""

    beneficiary_id: ThingId | None
    address: Annotated[AddressDetail | None, Field(description="Masked; null for whoever only might come.")]
    reason_code: Word | None
    claims: Annotated[list[UUID], Field(max_length=CLAIMS_MAX, description="Those that you may see.")]
    actions: Actions


class VoteView(View):
    """What one of the three who decide a dispute said."""

    by: ActorId
    verdict: Annotated[Verdict, OPEN]
    minutes: Count | None


class ClaimLine(View):
    """A claim in a list."""

    id: UUID
    version: Version
    order_id: UUID
    state: Annotated[ClaimState, OPEN]
    volunteer_id: ThingId
    area_code: AreaCode
    claimed_at: AwareDatetime
    start_at: AwareDatetime
    checked_in_at: AwareDatetime | None
    checked_out_at: AwareDatetime | None
    settled_at: AwareDatetime | None
    actual_minutes: Count | None
    earned_minutes: Count | None
    overflow_minutes: Count | None
    terminal_at: AwareDatetime | None


class ClaimView(ClaimLine):
    """A claim, whole. The address is masked, and there from the confirmation to the end: `reveal` shows it in full."""

    address: AddressDetail | None
    confirmed_at: AwareDatetime | None
    held_minutes: Count | None
    in_distance_m: Distance
    out_distance_m: Distance
    pin_shown: bool
    place_shown: bool
    clerk_shown: bool
    photo_shown: bool
    overflow_to: Annotated[OverflowTo, OPEN] | None
    is_late_cancel: bool | None
    dispute_kind: Annotated[DisputeKind, OPEN] | None
    dispute_reason: Annotated[str | None, Field(max_length=500)]
    panel: Annotated[list[ActorId] | None, Field(max_length=3, description="For the station and the three themselves.")]
    votes: Annotated[list[VoteView] | None, Field(max_length=3, description="For the station and the three themselves.")]
    verdict: Annotated[Verdict, OPEN] | None
    attachments: Annotated[list[AttachmentView], Field(max_length=ATTACHED_IN_ALL_MAX)]
    actions: Actions


class ConfirmedView(ClaimView):
    """A claim that was confirmed, with the number that whoever is served tells who comes. It is shown once."""

    pin: Annotated[str, Field(pattern=r"^[0-9]{6}$", examples=["048213"])]


def order_as_seen(caller: Principal, order: Any, claim_ids: list[UUID]) -> OrderView:
    """Return an order with what this caller may do now."""
    sees_where = lies_with(orders, order, caller) or str(order.beneficiary_id) == caller.id
    more = {"address": order.address if sees_where else None, "claims": claim_ids, "actions": ORDER.actions(order, caller)}
    return OrderView.of(order, **more)


def claim_as_seen(caller: Principal, claim: Any) -> ClaimView:
    """Return a claim with what this caller may do now."""
    return ClaimView.of(claim, **shown_of(caller, claim))


def shown_of(caller: Principal, claim: Any) -> dict[str, Any]:
    """Return what a view of a claim has that its row has not."""
    decides = is_staff(caller) or caller.id in (claim.panel or ())
    return {
        "attachments": attached_to(claim),
        "panel": claim.panel if decides else None,
        "votes": [VoteView(**vote) for vote in claim.votes or ()] if decides else None,
        "actions": CLAIM.actions(claim, caller),
    }
