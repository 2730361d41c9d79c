"""Services that were done elsewhere in the house (岗位、事件志愿服务): told of by events, and made minutes once."""

import datetime as dt
from typing import Any
from uuid import UUID

from sqlalchemy import select

from gridwhistle.common.commands import Command
from gridwhistle.common.database import Db
from gridwhistle.common.ids import area_code_of, grid_code_of
from gridwhistle.common.rows import Row
from gridwhistle.timebank.claiming import NOTHING_SHOWN
from gridwhistle.timebank.hours import NOT_SERVED
from gridwhistle.timebank.making import NO_DIGITS
from gridwhistle.timebank.order_states import CLAIM, ORDER
from gridwhistle.timebank.order_tables import claims, orders
from gridwhistle.timebank.serving import settle_now


async def is_known(db: Db, origin_id: UUID) -> bool:
    """Tell whether there is an order that follows from a thing."""
    return await db.first(select(orders.c.id).where(orders.c.origin_id == origin_id)) is not None


async def serves_at(db: Db, volunteer_id: UUID, incident_id: UUID) -> bool:
    """Tell whether somebody helps, or helped, with an incident by one of its orders."""
    theirs = claims.c.volunteer_id == volunteer_id, claims.c.state.not_in(NOT_SERVED), orders.c.incident_id == incident_id
    return await db.first(select(claims.c.id).join(orders, orders.c.id == claims.c.order_id).where(*theirs)) is not None


async def record(
    tx: Command,
    volunteer: Row,
    *,
    area_code: str,
    service_code: str,
    started_at: dt.datetime,
    minutes: int,
    origin: str,
    origin_id: UUID,
) -> None:
    """Make an order and a claim of a service that is done, and settle it: within the caps, like any other."""
    where: dict[str, Any] = {"area_code": area_code_of(area_code), "grid_code": grid_code_of(area_code)}
    until = started_at + dt.timedelta(minutes=max(minutes, 15))
    order = tx.create(
        orders,
        ORDER.step(None, "record", tx.caller),
        **where,
        order_no=await tx.number("T", area_code[:6], digits=NO_DIGITS),
        kind="public",
        payer="issuance",
        service_code=service_code,
        asked_by=tx.caller.id,
        on_behalf=False,
        start_at=started_at,
        end_at=until,
        agreed_minutes=max(minutes, 15),
        people_needed=1,
        people_taken=1,
        claims_open=1,
        minors_allowed=False,
        origin=origin,
        origin_id=origin_id,
        asked_at=tx.now,
        published_at=tx.now,
    )
    claim = tx.create(
        claims,
        CLAIM.step(None, "record", tx.caller),
        **where,
        order_id=order.id,
        volunteer_id=volunteer.id,
        asked_by=tx.caller.id,
        claimed_at=tx.now,
        start_at=started_at,
        checked_in_at=started_at,
        checked_out_at=until,
        actual_minutes=minutes,
        pin_tries=0,
        **{**NOTHING_SHOWN, "clerk_shown": True},
    )
    await settle_now(tx, claim, CLAIM.step(claim, "settle", tx.caller), order=order)
