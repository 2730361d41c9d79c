"""How the inventory's stock is asked in the matrix of who may what, and what is planted for it."""

import uuid
from collections.abc import Callable
from typing import Any, Final

import httpx2

from tests.conftest import RunningSuite

BASE: Final = "/inventory/v1"
_NOBODY: Final = str(uuid.UUID(int=0))
_RECEIVED: Final = {"item_id": _NOBODY, "received_qty": "1"}
THINGS: Final = {
    "resource_type_id": "resource_types",
    "storage_point_id": "storage_points",
    "lot_id": "lots",
    "count_id": "counts",
    "reserve_norm_id": "reserve_norms",
    "dispatch_order_id": "dispatch_orders",
}
LIST: Final = [["name", "unit", "qty"], ["棉被", "床", "10"]]
"""A list of stock, as a file."""
LISTED: Final = {"get_replenishment_plan": ""}
IDS: Final = {"get_replenishment_plan": "reserve_norm_id"}
OF_NO_PLACE: Final = {"get_kit": "?persons=300"}
"""Reads of the whole catalogue that one sees, and how they are asked."""
NAMES_ANOTHER: Final = {"receive_lot": ("point_id", "storage_points")}
"""What names another thing in its body: by which field, and of which kind it is."""
COUNTY_WIDE: Final = {"list_resource_types", "get_resource_type"}
"""What everybody sees of their whole county."""


def sent(here: str) -> dict[str, dict[str, Any]]:
    """Return what operations with a body are sent."""
    why = {"reason": "核查"}
    actions = ("reject_lot", "quarantine_lot", "rotate_lot", "propose_scrap_lot", "approve_scrap_lot", "refuse_scrap_lot")
    return {
        "add_resource_type": {"area_code": f"{here[:6]}000000", "code": "1990100", "name": "棉被", "unit": "床"},
        "add_storage_point": {"area_code": here, "name": "示例库", "level": "village"},
        "receive_lot": {"point_id": _NOBODY, "type_id": _NOBODY, "lot_no": "L-1", "qty": "10"},
        "inspect_ok_lot": {"counted_qty": "9"},
        **dict.fromkeys((*actions, "adjust_count", "dismiss_count"), why),
        "count_lot": {"counted_qty": "9"},
        "draft_dispatch_order": {"area_code": here, "to_name": "示例安置点", "items": [{"type_id": _NOBODY, "qty": "1"}]},
        **{
            f"{step}_dispatch_order": {} for step in ("approve", "emergency_issue", "post_approve", "cancel", "settle", "agree")
        },
        **dict.fromkeys((f"{step}_dispatch_order" for step in ("reject", "reallocate", "lose", "dispute", "disagree")), why),
        "depart_dispatch_order": {"transports": [{"carrier": "示例县运输公司"}]},
        "receive_dispatch_order": {"items": [_RECEIVED]},
        "resolve_dispatch_order": {"items": [_RECEIVED], **why},
        "give_back_dispatch_order": {"items": [{"item_id": _NOBODY, "qty": "1"}], **why},
        "add_reserve_norm": {"area_code": here, "type_id": _NOBODY, "required_qty": "100", "source_ref": "?"},
    }


def plant(suite: RunningSuite, add: Callable[..., None], place: str) -> None:
    """Plant one of everything in a place."""
    manager, keeper = (
        suite.somebody(role, place[:6], subject=f"matrix-{role}-planter") for role in ("inventory_manager", "warehouse_keeper")
    )
    # What there is one of stays from the first time.
    if (answer := manager.post(f"{BASE}/resource_types", sent(place)["add_resource_type"])).status_code == 201:
        add("resource_types", answer.json()["id"], place[:6])
    type_id = manager.get(f"{BASE}/resource_types?code=1990100").json()["items"][0]["id"]
    point_id = _made(manager.post(f"{BASE}/storage_points", sent(place)["add_storage_point"]))["id"]
    add("storage_points", point_id, place)
    lot = {**sent(place)["receive_lot"], "point_id": point_id, "type_id": type_id}
    lot_id = _made(keeper.post(f"{BASE}/lots", lot, Idempotency_Key=str(uuid.uuid4())))["id"]
    add("lots", lot_id, place)
    counted = keeper.post(f"{BASE}/lots/{lot_id}/count", sent(place)["count_lot"], Idempotency_Key=str(uuid.uuid4()))
    add("counts", _made(counted)["id"], place)
    norm = {**sent(place)["add_reserve_norm"], "type_id": type_id}
    order = {**sent(place)["draft_dispatch_order"], "items": [{"type_id": type_id, "qty": "1"}]}
    add("dispatch_orders", _made(manager.post(f"{BASE}/dispatch_orders", order))["id"], place)
    if (answer := manager.post(f"{BASE}/reserve_norms", norm)).status_code == 201:
        for kind in ("reserve_norms", "replenishment_plan"):  # nothing of it is there, so it is in the plan
            add(kind, answer.json()["id"], place)


def _made(answer: httpx2.Response) -> dict[str, Any]:
    assert answer.status_code in {200, 201}, answer.text
    content: dict[str, Any] = answer.json()
    return content
