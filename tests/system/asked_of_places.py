"""How shelters and support points are asked in the matrix of who may what, and what is planted for it."""

import uuid
from collections.abc import Callable
from typing import Any, Final

import httpx2

from gridwhistle.inventory.places.shelter_lines import ShelterSheetLine
from tests.conftest import RunningSuite

BASE: Final = "/inventory/v1"
THINGS: Final = {"shelter_id": "shelters", "support_point_id": "support_points"}
_NEAR: Final = "?limit=50&lon=60.1&lat=10.0&within_m=100000"
LISTED: Final = {"list_nearest_shelters": _NEAR, "list_nearest_support_points": _NEAR}
"""How lists are asked that ask for more than a limit."""
_POINT: Final = {"lon": 60.02, "lat": 10.02}
_RING: Final = [[59.0, 9.0], [61.0, 9.0], [61.0, 11.0], [59.0, 11.0], [59.0, 9.0]]


def sent(here: str) -> dict[str, dict[str, Any]]:
    """Return what operations with a body are sent."""
    grounds = ("retire_shelter", "stand_by_shelter", "pass_over_shelter", "stand_down_shelter", "open_shelter", "close_shelter")
    steps = ("take_up", "give_back", "fail", "mend", "withdraw")
    reveal = {"purpose": "handling", "note": "通知开放"}
    return {
        "register_shelter": _shelter(here),
        "change_shelter": {"name": "示例文化广场"},
        **{name: {} for name in (*grounds, *(f"{step}_support_point" for step in steps))},
        **{f"{name}_shelter": {"total": 1} for name in ("admit", "let_go", "recount")},
        "restore_shelter": {"stock_counted": True, "paper_lists": []},
        "find_places_within": {"boundary": {"type": "Polygon", "coordinates": [_RING]}},
        "add_support_point": _support_point(here),
        "change_support_point": {"capacity": 10},
        "reveal_shelter": {"fields": ["director_phone"], **reveal},
        "reveal_opening": {"fields": ["witnessed_by"], **reveal},
        "reveal_support_point": {"fields": ["contact_phone"], **reveal},
    }


def register(here: str) -> list[list[str]]:
    """Return a file with a shelter."""
    line = {"code": "M-1", "name": "示例学校", "level": "village", "kind": "emergency", "space": "building", "area_code": here}
    line |= {"address": "示例路 2 号", "lon": "60.02", "lat": "10.02"}
    names = [column.name for column in ShelterSheetLine.columns()]
    return [names, [line.get(name, "") for name in names]]


def plant(suite: RunningSuite, add: Callable[..., None], parts: dict[str, str], place: str, west: float) -> None:
    """Plant one of everything in a place."""
    office = suite.somebody("inventory_manager", place[:6], subject="matrix-inventory_manager-planter")
    location = {"location": {"lon": west + 0.02, "lat": 10.02}}
    shelter = _made(office.post(f"{BASE}/shelters", {**_shelter(place), "code": f"M-{uuid.uuid4().hex[:8]}", **location}))
    parts[f"{shelter['id']} openings"] = _opened(suite, f"{BASE}/shelters/{shelter['id']}", place)
    for kind in ("shelters", "nearest_shelters", "open_shelters"):
        add(kind, shelter["id"], shelter["grid_code"] or place)
    point = _made(office.post(f"{BASE}/support_points", {**_support_point(place), **location}))
    for kind in ("support_points", "nearest_support_points"):
        add(kind, point["id"], point["grid_code"] or place)


def _opened(suite: RunningSuite, path: str, place: str) -> str:
    """Open a shelter, close it, and make it ready again; return the opening."""
    office, commander, manager = (
        suite.somebody(role, place[:6], subject=f"matrix-{role}-planter")
        for role in ("inventory_manager", "emergency_commander", "shelter_manager")
    )
    _made(office.post(f"{path}/accept"))
    _made(commander.post(f"{path}/stand_by", {}))
    opening: str = _made(manager.post(f"{path}/open", {}))["opening"]["id"]
    _made(commander.post(f"{path}/close", {}))
    _made(manager.post(f"{path}/restore", {"stock_counted": True, "paper_lists": ["M-1"], "witnessed_by": "matrix"}))
    return opening


def _shelter(place: str) -> dict[str, Any]:
    kind = {"code": "M-2", "name": "示例广场", "level": "village", "kind": "short_term", "space": "ground", "area_m2": 2_650}
    reached = {"director_name": "王芳", "director_phone": "13800138000"}
    return {**kind, "area_code": place, "location": _POINT, "address": "示例路 1 号", "route": "向东", **reached}


def _support_point(place: str) -> dict[str, Any]:
    kind = {"name": "示例供水点", "kind": "water", "capacity": 20_000, "address": "桥头"}
    return {**kind, "area_code": place, "location": _POINT, "contact_name": "王芳", "contact_phone": "13800138000"}


def _made(answer: httpx2.Response) -> dict[str, Any]:
    assert answer.status_code in {200, 201}, answer.text
    content: dict[str, Any] = answer.json()
    return content
