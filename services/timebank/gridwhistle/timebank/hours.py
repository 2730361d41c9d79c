"""Whose hours are taken (时段占用): nobody serves at two places at once, so an hour is paid once."""

import datetime as dt
from collections.abc import Collection
from typing import Final
from uuid import UUID

from sqlalchemy import func, select, true

from gridwhistle.common.commands import Command
from gridwhistle.common.problems import Conflict
from gridwhistle.timebank.order_tables import claims, orders
from gridwhistle.timebank.team_tables import activities, presences

NOT_SERVED: Final = ("cancelled", "lapsed", "no_show", "voided")
"""States of claims that take nobody's hours."""
_TO_COME: Final = ("claimed", "confirmed")
_LONGEST: Final = dt.timedelta(days=1)


class HoursTaken(Conflict):
    """An hour is given once."""

    code = "hours_taken"
    zh, en = "该时段已有其他服务或活动。", "Another service or activity takes the same hours."


async def serving_then(
    tx: Command,
    people: Collection[UUID],
    start_at: dt.datetime,
    end_at: dt.datetime,
    *,
    order_id: UUID | None = None,
    has_begun: bool = False,
) -> set[UUID]:
    """Return who of these people has a service within some hours, other than this one; or was there for it, if it has begun.

    Hold whom you ask about: claiming holds them as well.
    """
    theirs = claims.c.volunteer_id.in_(people), claims.c.state.not_in((*NOT_SERVED, *_TO_COME) if has_begun else NOT_SERVED)
    others = claims.c.order_id != order_id if order_id else true()
    near = claims.c.start_at > start_at - _LONGEST, claims.c.start_at < end_at
    asked = select(claims.c.volunteer_id, claims.c.start_at, orders.c.agreed_minutes)
    found = await tx.db.fetch(asked.join(orders, orders.c.id == claims.c.order_id).where(*theirs, others, *near))
    return {row.volunteer_id for row in found if row.start_at + dt.timedelta(minutes=row.agreed_minutes) > start_at}


async def present_then(tx: Command, people: Collection[UUID], start_at: dt.datetime, end_at: dt.datetime) -> set[UUID]:
    """Return who of these people was at an activity within some hours, by the last roll that was called of it."""
    others = presences.alias("other")
    last = select(func.max(others.c.call_no)).where(others.c.activity_id == activities.c.id).scalar_subquery()
    called = activities.c.state.in_(("held", "confirmed")), presences.c.call_no == last
    then = activities.c.start_at < end_at, activities.c.end_at > start_at
    asked = select(presences.c.participant_id).join(activities, activities.c.id == presences.c.activity_id)
    found = await tx.db.fetch(asked.where(presences.c.participant_id.in_(people), *called, *then))
    return {row.participant_id for row in found}
