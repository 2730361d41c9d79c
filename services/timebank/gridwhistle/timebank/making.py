"""How an order comes into being, whoever asks for it: a person, a station, or the house itself in an emergency."""

import datetime as dt
from dataclasses import dataclass
from typing import Any, Final, NamedTuple
from uuid import UUID

from gridwhistle.common.clocks import until
from gridwhistle.common.commands import Command
from gridwhistle.common.events.timebank_orders import OrderPublished, OrderRequested, Payer
from gridwhistle.common.machine import Step
from gridwhistle.common.personal import AddressDetail, ExactPoint
from gridwhistle.common.rows import Row
from gridwhistle.timebank.limits import WINDOW
from gridwhistle.timebank.order_steps import claims_until, facts_of
from gridwhistle.timebank.order_tables import orders

NO_DIGITS: Final = 6


@dataclass(frozen=True, slots=True)
class Wish:
    """What is asked for: what kind of service, where and when, and for how many people."""

    kind: str
    area_code: str
    grid_code: str | None
    start_at: dt.datetime
    end_at: dt.datetime
    agreed_minutes: int
    people_needed: int
    min_reputation: int | None = None
    address: AddressDetail | None = None
    point: ExactPoint | None = None
    origin: str | None = None
    origin_id: UUID | None = None
    incident_id: UUID | None = None


class Service(NamedTuple):
    """What kind of service it is, as far as it matters for who may do it."""

    service_code: str
    minors_allowed: bool = False
    training_required: str | None = None


async def make_order(
    tx: Command, step: Step, wish: Wish, *, service: Service, payer: Payer, for_whom: UUID | None, on_behalf: bool
) -> Row:
    """Make an order and tell of it; one that needs no review is open at once."""
    is_open = step.target == "published"
    limits = {WINDOW: until(tx.now, claims_until(tx, wish))} if is_open else {}
    values: dict[str, Any] = {name: getattr(wish, name) for name in Wish.__dataclass_fields__}
    order = tx.create(
        orders,
        step,
        limits=limits,
        **values,
        order_no=await tx.number("T", wish.area_code[:6], digits=NO_DIGITS),
        payer=payer,
        service_code=service.service_code,
        minors_allowed=service.minors_allowed and wish.kind != "emergency",
        training_required=service.training_required,
        beneficiary_id=for_whom,
        asked_by=tx.caller.id,
        on_behalf=on_behalf,
        people_taken=0,
        claims_open=0,
        asked_at=tx.now,
        published_at=tx.now if is_open else None,
    )
    tx.tell(order, published(order) if is_open else OrderRequested(**facts_of(order)))
    return order


def published(order: Row) -> OrderPublished:
    """Return what is told when people can come forward."""
    told = ("people_needed", "agreed_minutes", "start_at", "end_at", "origin_id")
    return OrderPublished(**facts_of(order), **{name: getattr(order, name) for name in told})
