"""How the inventory's warnings are asked in the matrix of who may what, and what is planted for it."""

from collections.abc import Callable
from typing import Any, Final

from tests.conftest import RunningSuite
from tests.inventory.a_warning import BASE, cap_message, typed

THINGS: Final = {"warning_id": "warnings"}
COUNTY_WIDE: Final = {"list_warnings", "get_warning", "get_cap_message"}
"""What everybody sees of their whole county."""
LIE_IN_THE_COUNTY: Final = ("relay_warning", "take_cap_message")
_FAR: Final = "2190-01-01T00:00:00+08:00"


def sent(here: str) -> dict[str, dict[str, Any]]:
    """Return what operations with a body are sent."""
    wanted = typed(here[:6], expires_at=_FAR)
    lifted = {name: wanted[name] for name in ("warning_id", "issuing_authority", "sent_at")}
    return {"relay_warning": wanted, "update_warning": wanted, "cancel_warning": lifted}


def message(here: str) -> bytes:
    """Return a message of an official feed."""
    return cap_message(here[:6], expires=_FAR)


def plant(suite: RunningSuite, add: Callable[..., None], place: str) -> None:
    """Plant a warning in the county of a place."""
    duty = suite.somebody("county_duty", place[:6], subject="matrix-county_duty-planter")
    answer = duty.post(f"{BASE}/warnings", typed(place[:6], expires_at=_FAR))
    assert answer.status_code == 201, answer.text
    add("warnings", answer.json()["id"], place[:6])
