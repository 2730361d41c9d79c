"""How emergency teams, mobilisations and social organisations are asked in the matrix of who may what."""

import uuid
from collections.abc import Callable
from typing import Any, Final

import httpx2

from tests.conftest import RunningSuite

BASE: Final = "/inventory/v1"
THINGS: Final = {
    "response_team_id": "response_teams",
    "mobilization_id": "mobilizations",
    "mobilized_team_id": "mobilized_teams",
    "social_organisation_id": "social_organisations",
}
_NOBODY: Final = str(uuid.UUID(int=0))


def sent(here: str) -> dict[str, dict[str, Any]]:
    """Return what operations with a body are sent."""
    roll, member = {"present": 0}, {"member_id": _NOBODY}
    grounds = ("pause_response_team", "resume_response_team", "disband_response_team", "stand_down_team", "call_off_team")
    social = ("call_in", "release", "strike")
    return {
        "enrol_response_team": _team(here),
        "change_response_team": {"ready_minutes": 20},
        "join_response_team": _member(),
        "part_response_team": member,
        "insure_response_team": {**member, "insured_until": "2190-01-01"},
        "name_leader_of_response_team": {"leader_id": "matrix-team_leader"},
        **{name: {} for name in (*grounds, *(f"{name}_social_organisation" for name in social))},
        "order_mobilization": _order(here),
        "call_team_mobilization": {"team_id": _NOBODY},
        "arrive_mobilized_team": roll,
        "call_roll_on_site": roll,
        "release_team": {**roll, "checked": True},
        "add_social_organisation": _social(here),
        "change_social_organisation": {"ready_minutes": 60},
        "reveal_response_member": {"fields": ["phone"], "purpose": "handling", "note": "通知集结"},
        "reveal_social_organisation": {"fields": ["contact_phone"], "purpose": "handling", "note": "通知出动"},
    }


def asked_list(here: str) -> dict[str, str]:
    """Return how lists are asked that ask for more than a limit."""
    near = "?limit=50&lon=60.1&lat=10.0&within_m=100000"
    return {"list_proposed_teams": f"?level=1&area_code={here}", "list_nearest_response_teams": near}


def plant(suite: RunningSuite, add: Callable[..., None], parts: dict[str, str], place: str) -> None:
    """Plant one of everything in a place."""
    office, commander = (
        suite.somebody(role, place[:6], subject=f"matrix-{role}-planter")
        for role in ("inventory_manager", "emergency_commander")
    )
    for kinds in (("response_teams",), ("response_teams", "called")):
        team = _made(office.post(f"{BASE}/response_teams", _team(place)))["id"]
        parts[team] = _made(office.post(f"{BASE}/response_teams/{team}/join", _member()))["members"][0]["id"]
        for kind in ("response_teams", "nearest_response_teams"):
            add(kind, team, place)
        if "called" in kinds:
            order = _made(commander.post(f"{BASE}/mobilizations", {**_order(place), "team_ids": [team]}))
            add("mobilizations", order["id"], place)
            add("mobilized_teams", order["called"][0]["id"], place)
        elif place.startswith("990201"):
            add("proposed_teams", team, place)
    helper = _made(office.post(f"{BASE}/social_organisations", _social(place)))["id"]
    add("social_organisations", helper, place)


def _team(place: str) -> dict[str, Any]:
    kind = {"name": "示例救援队", "kind": "volunteer", "level": "village", "skills": ["flood"]}
    starts = {"location": {"lon": 60.02, "lat": 10.02}}
    return {**kind, **starts, "area_code": place, "leader_id": "matrix-team_leader"}


def _member() -> dict[str, Any]:
    return {"name": "王芳", "phone": "13800138000", "is_adult": True, "insured_until": "2190-01-01"}


def _order(place: str) -> dict[str, Any]:
    times = {"assemble_at": "2189-12-31T00:00:00Z", "ends_at": "2189-12-31T08:00:00Z"}
    return {"level": 4, "area_code": place, "meeting_place": "广场", **times}


def _social(place: str) -> dict[str, Any]:
    given = {"name": "示例协会", "gives": [{"kind": "boats", "quantity": 2}], "called_by": "书面邀请"}
    return {**given, "area_code": place, "contact_name": "王芳", "contact_phone": "13800138000"}


def _made(answer: httpx2.Response) -> dict[str, Any]:
    assert answer.status_code in {200, 201}, answer.text
    content: dict[str, Any] = answer.json()
    return content
