"""What somebody may do with an order now, where that is more than a matter of its state and their role."""

from typing import Any, Final

from gridwhistle.common.database import Db
from gridwhistle.common.principal import Principal
from gridwhistle.inventory.dispatch.states import DISPATCH, MANAGER
from gridwhistle.inventory.lasting import lasts

DECISIONS: Final = ("approve", "emergency_issue", "reject")


async def may_decide(db: Db, caller: Principal, order: Any) -> bool:
    """Tell whether who decides by their role does so still: a commander in an emergency, or while the response lasts."""
    if order.priority == "emergency" or caller.roles & MANAGER:
        return True
    return await lasts(db, order.response_id, order.area_code)


async def actions_of(db: Db, caller: Principal, order: Any) -> list[str]:
    """Return what the caller may do with an order now."""
    actions = DISPATCH.actions(order, caller)
    if not set(DECISIONS).isdisjoint(actions) and not await may_decide(db, caller, order):
        return [action for action in actions if action not in DECISIONS]
    return actions
