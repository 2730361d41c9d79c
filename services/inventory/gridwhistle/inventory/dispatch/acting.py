"""What somebody may do with an order now, where that is more than a matter of its state and their role."""

from typing import Any, Final

from sqlalchemy import ColumnElement, or_, select

from gridwhistle.common.database import Db
from gridwhistle.common.jurisdiction import within
from gridwhistle.common.principal import Principal
from gridwhistle.inventory.dispatch.states import DISPATCH, MANAGER
from gridwhistle.inventory.dispatch.tables import dispatch_orders
from gridwhistle.inventory.lasting import lasts
from gridwhistle.inventory.stock.tables import storage_points

DECISIONS: Final = ("approve", "emergency_issue", "reject")
OF_THE_STORE: Final = ("pick", "reallocate", "issue", "depart", "give_back")
"""What is done where an order comes from; all the rest is done where it goes to."""


async def may_decide(db: Db, caller: Principal, order: Any) -> bool:
    """Tell whether who decides by their role does so still: a commander in an emergency, or while the response lasts."""
    if order.priority == "emergency" or caller.roles & MANAGER:
        return True
    return await lasts(db, order.response_id, order.area_code)


async def actions_of(db: Db, caller: Principal, order: Any) -> list[str]:
    """Return what the caller may do with an order now."""
    actions = DISPATCH.actions(order, caller)
    if not set(DECISIONS).isdisjoint(actions) and not await may_decide(db, caller, order):
        actions = [action for action in actions if action not in DECISIONS]
    if caller.reaches_place(order.area_code[:6]):
        return actions
    its, goes_here = await _keeps_its_store(db, caller, order), caller.reaches(dispatch_orders, order)
    return [action for action in actions if (its if action in OF_THE_STORE else goes_here)]


def concerning(caller: Principal) -> ColumnElement[bool]:
    """Return the predicate that orders go to the caller's area, or come from a storage point that lies there."""
    stores = select(storage_points.c.id).where(within(storage_points, caller))
    return or_(within(dispatch_orders, caller), dispatch_orders.c.point_id.in_(stores))


async def _keeps_its_store(db: Db, caller: Principal, order: Any) -> bool:
    its = storage_points.c.id == order.point_id, within(storage_points, caller)
    return await db.first(select(storage_points.c.id).where(*its)) is not None
