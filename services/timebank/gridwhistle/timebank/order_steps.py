"""What several steps of orders and claims have in common: their rules, their ends, and the places that are given back."""

import datetime as dt
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Table, func, select

from gridwhistle.common.clocks import until
from gridwhistle.common.commands import Command
from gridwhistle.common.database import Db
from gridwhistle.common.events.timebank_orders import OrderClosed, OrderExpired
from gridwhistle.common.machine import Step
from gridwhistle.common.principal import system
from gridwhistle.common.rows import Row
from gridwhistle.timebank.limits import (
    CLAIM_BEFORE,
    COIN,
    DAILY_CAP,
    LIFETIME_CAP,
    STEP,
    TOLERANCE,
    WINDOW,
)
from gridwhistle.timebank.order_states import ORDER
from gridwhistle.timebank.order_tables import claims, orders
from gridwhistle.timebank.settling import Terms

SYSTEM: Final = system("timebank")
_MINUTE: Final = dt.timedelta(minutes=1)


def terms(tx: Command, at: dt.datetime | None = None) -> Terms:
    """Return what the county says about settling, now or at an instant."""
    return Terms(
        step_minutes=tx.rule(STEP, at=at).amount,
        tolerance_percent=tx.rule(TOLERANCE, at=at).amount,
        daily_cap_minutes=tx.rule(DAILY_CAP, at=at).amount,
        lifetime_cap_minutes=tx.rule(COIN, at=at).amount * tx.rule(LIFETIME_CAP, at=at).amount,
    )


async def with_order(db: Db, claim_id: UUID) -> list[tuple[Table, UUID]]:
    """Return what a command holds that tells of a claim: the claim first, then its order, where those who share it queue up."""
    found = await db.first(select(claims.c.order_id).where(claims.c.id == claim_id))
    return [(claims, claim_id), *([(orders, found.order_id)] if found else [])]


async def order_of(tx: Command, claim: Row) -> Row:
    """Hold the order of a held claim."""
    order = (await tx.hold(orders, [claim.order_id]))[0]
    assert order is not None, "an order stays as long as its claims"
    return order


def claims_until(tx: Command, order: Any) -> dt.datetime:
    """Return until when people can come forward: some time before the beginning; in an emergency to the end."""
    if order.kind != "ordinary":
        end_at: dt.datetime = order.end_at
        return end_at
    begins: dt.datetime = order.start_at - _MINUTE * tx.rule(CLAIM_BEFORE, order.area_code).amount
    return begins


def facts_of(order: Any) -> dict[str, Any]:
    """Return what every event of an order carries."""
    return {
        "order_no": order.order_no,
        "kind": order.kind,
        "service_code": order.service_code,
        "grid_code": order.grid_code,
    }


def claim_facts(order: Any, claim: Any) -> dict[str, Any]:
    """Return what every event of a claim carries."""
    return {**facts_of(order), "claim_id": claim.id, "volunteer_id": claim.volunteer_id}


async def end_claim(tx: Command, order: Row, claim: Row, step: Step, *, gives_back: bool, **values: Any) -> None:
    """Take a step after which a claim's part is over; where somebody lives is forgotten, and the place may be free again."""
    tx.move(claim, step, terminal_at=tx.now, address=None, point=None, pin_mark=None, **values)
    if step.source in {"disputed", "settled"} and claim.checked_in_at is None:
        return  # a no-show gave its place back when it was one, whatever a panel says of it later
    tx.update(order, claims_open=order.claims_open - 1, people_taken=order.people_taken - int(gives_back))
    if order.state not in {"published", "full"}:
        return
    recruits_until = claims_until(tx, order)
    if gives_back and tx.now < recruits_until:
        tx.move(order, ORDER.step(order, "free", SYSTEM), limits={WINDOW: until(tx.now, recruits_until)})
    else:
        await close_if_done(tx, order)


async def close_if_done(tx: Command, order: Row) -> None:
    """Close an order that takes nobody any more, when everybody's part in it is over.

    Who served counts, not who came forward: a service that was voided is none, and one of who was said not to have come is,
    if a panel said otherwise.
    """
    if order.state != "full" or order.claims_open:
        return
    step = ORDER.step(order, "close", SYSTEM)
    tx.move(order, step, terminal_at=tx.now)
    if step.target == "expired":
        tx.tell(order, OrderExpired(**facts_of(order)))
    else:
        tx.tell(order, OrderClosed(**facts_of(order), people_served=await _served(tx, order)))


async def _served(tx: Command, order: Row) -> int:
    # As it was before this command, which may close the last one.
    of_it = claims.c.order_id == order.id, claims.c.state.in_(("settled", "closed"))
    return await tx.db.counted(select(func.count()).select_from(claims).where(*of_it))
