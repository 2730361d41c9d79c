"""Who may not take a step of an order's or a claim's life, whatever their role: each looks at the row and the caller."""

from typing import Any, Final

from gridwhistle.common.machine import AUTO
from gridwhistle.common.principal import Principal
from gridwhistle.common.problems import Problem
from gridwhistle.timebank.order_refusals import (
    AnothersClaim,
    AnothersOrder,
    DisputedBefore,
    NotAParty,
    NotOnThePanel,
    OwnNeed,
    OwnService,
    PanelMissing,
    PanelThere,
    VotedAlready,
)

CLERK: Final = "station_clerk"
PANEL_SIZE: Final = 3
MAJORITY: Final = 2


def asks(row: Any, caller: Principal) -> bool:
    """Tell whether somebody speaks for whom a service is for: themselves, who asked for it, or a clerk of its station."""
    is_clerk = CLERK in caller.roles and caller.reaches_place(row.grid_code or row.area_code)
    return is_clerk or caller.id in {str(row.beneficiary_id), row.asked_by}


def serves(claim: Any, caller: Principal) -> bool:
    """Tell whether somebody is who took a service on."""
    return str(claim.volunteer_id) == caller.id


def only_who_asks(row: Any, caller: Principal) -> Problem | None:
    """Say no to whoever does not speak for whom it is for, and to who serves; what happens by itself is nobody's."""
    if AUTO in caller.roles:
        return None
    if getattr(row, "volunteer_id", None) and serves(row, caller):
        return OwnService()
    return None if asks(row, caller) else AnothersOrder()


def only_who_serves(claim: Any, caller: Principal) -> Problem | None:
    """Say no to everybody but who took it on."""
    return None if serves(claim, caller) else AnothersClaim()


def only_a_party(claim: Any, caller: Principal) -> Problem | None:
    """Say no to whom it does not concern."""
    return None if serves(claim, caller) or asks(claim, caller) else NotAParty()


def not_ones_own(claim: Any, caller: Principal) -> Problem | None:
    """Say no to who did it."""
    return OwnService() if serves(claim, caller) else None


def not_ones_own_need(order: Any, caller: Principal) -> Problem | None:
    """Say no to whom it is for. A clerk who wrote it down for an elder may review it: the elder asked."""
    return OwnNeed() if str(order.beneficiary_id) == caller.id else None


def undisputed(claim: Any, _caller: Principal) -> Problem | None:
    """Say no to what a panel has decided."""
    return DisputedBefore() if claim.verdict else None


def nobody_voted(claim: Any, _caller: Principal) -> Problem | None:
    """Say no once the panel is at work."""
    return PanelThere() if claim.votes else None


def on_the_panel(claim: Any, caller: Principal) -> Problem | None:
    """Say no to everybody but the three, and to each of them twice."""
    if not claim.panel:
        return PanelMissing()
    if caller.id not in claim.panel:
        return NotOnThePanel()
    return VotedAlready() if any(vote["by"] == caller.id for vote in claim.votes or ()) else None
