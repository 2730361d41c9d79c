"""How the inventory's stock is asked in the matrix of who may what, and what is planted for it."""

from collections.abc import Callable
from typing import Any, Final

import httpx2

from tests.conftest import RunningSuite

BASE: Final = "/inventory/v1"
THINGS: Final = {"resource_type_id": "resource_types", "storage_point_id": "storage_points"}
COUNTY_WIDE: Final = {"list_resource_types", "get_resource_type"}
"""What everybody sees of their whole county."""


def sent(here: str) -> dict[str, dict[str, Any]]:
    """Return what operations with a body are sent."""
    return {
        "add_resource_type": {"area_code": f"{here[:6]}000000", "code": "1990100", "name": "棉被", "unit": "床"},
        "add_storage_point": {"area_code": here, "name": "示例库", "level": "village"},
    }


def plant(suite: RunningSuite, add: Callable[..., None], place: str) -> None:
    """Plant one of everything in a place."""
    manager = suite.somebody("inventory_manager", place[:6], subject="matrix-inventory_manager-planter")
    if (answer := manager.post(f"{BASE}/resource_types", sent(place)["add_resource_type"])).status_code == 201:
        add("resource_types", answer.json()["id"], place[:6])
    add("storage_points", _made(manager.post(f"{BASE}/storage_points", sent(place)["add_storage_point"]))["id"], place)


def _made(answer: httpx2.Response) -> dict[str, Any]:
    assert answer.status_code in {200, 201}, answer.text
    content: dict[str, Any] = answer.json()
    return content
