"""How the time bank's orders are asked in the matrix of who may what, and what is planted for it."""

import datetime as dt
import io
import uuid
from collections.abc import Callable
from typing import Any, Final

import httpx2
from PIL import Image

from tests.conftest import RunningSuite

BASE: Final = "/timebank/v1"
_BEGINS: Final = dt.datetime.now(dt.UTC).replace(microsecond=0) + dt.timedelta(days=3)
_NOBODY: Final = str(uuid.UUID(int=0))
THINGS: Final = {
    "participant_id": "participants",
    "relative_id": "relatives",
    "service_kind_id": "service_kinds",
    "station_id": "stations",
    "order_id": "orders",
    "claim_id": "claims",
    "team_id": "teams",
    "transfer_id": "transfers",
    "activity_id": "activities",
}
PRIVATE: Final = {"accounts", "transfers", "participants", "relatives", "orders", "claims", "timebank.attachments"}
"""What people see of themselves alone, and those who work for the time bank in their area."""
STAFF: Final = {"station_clerk", "timebank_admin", "integrator", "auditor"}
COUNTY_WIDE: Final = {
    "list_open_orders",
    "list_service_kinds",
    "get_service_kind",
    "list_stations",
    "get_station",
    "list_teams",
    "get_team",
    "list_activities",
    "get_activity",
    "join_team",
    "welcome_team",
    "leave_team",
    "donate_team",
    "call_off_activity",
    "call_roll_activity",
}
"""What everybody sees of their whole county."""
_REVEALED: Final = {"participant": "phone", "entitlement": "category", "order": "address", "claim": "address"}
NAMES_ANOTHER: Final = {"found_team": ("leader_id", "participants"), "plan_activity": ("team_id", "teams")}
"""What names another thing in its body: by which field, and of which kind it is."""
FIRST_REGISTERED: Final = {"claim_order", "join_team", "leave_team"}
"""What is refused to whoever is no participant, whatever it is about."""


def sent(here: str) -> dict[str, dict[str, Any]]:
    """Return what operations with a body are sent."""
    order = {"kind": "public", "service_code": "matrix", "area_code": here, "agreed_minutes": 60}
    order |= {"start_at": _BEGINS.isoformat(), "end_at": (_BEGINS + dt.timedelta(hours=2)).isoformat()}
    why = {"reason": "核查"}
    notes = ("publish_order", "cancel_order", "decline_claim", "confirm_claim", "cancel_claim", "admit_claim", "settle_claim")
    return {
        "register_participant": _somebody(here, "volunteer"),
        "change_participant": {"phone": "13900139000"},
        "add_training": {"course": "first_aid", "passed_on": "2026-05-01"},
        "add_entitlement": {"category": "elderly", "valid_until": "2030-01-01"},
        "withdraw_entitlement_participant": {**why, "entitlement_id": _NOBODY},
        "freeze_participant": {**why, "days": 3},
        **dict.fromkeys(("unfreeze_participant", "close_participant", "resume_claims_participant"), why),
        "link_relative": {"other_id": _NOBODY, "kinship": "child"},
        "add_service_kind": {"service_code": "other", "area_code": f"{here[:6]}000000", "name": "代办"},
        "add_station": {"name": "示例网点", "area_code": here, "hours": "08:30-17:00"},
        "request_order": order,
        "refuse_order": {"reason_code": "unclear", "reason": "不清楚"},
        **{note: {} for note in notes},
        "check_in_claim": {},
        "check_out_claim": {},
        "no_check_out_claim": {"actual_minutes": 30},
        "dispute_claim": {"kind": "duration", "reason": "不对"},
        "convene_claim": {"members": ["a", "b", "c"]},
        "decide_claim": {"verdict": "void"},
        "rate_claim": {"stars": 5},
        "choose_claim": {"to": "pool"},
        "offer_transfer": {"to_id": _NOBODY, "minutes": 60},
        "donate_participant": {"minutes": 60},
        "found_team": {"name": "示例志愿队", "area_code": here, "leader_id": _NOBODY},
        "welcome_team": {"participant_id": _NOBODY},
        "name_leader_team": {"participant_id": _NOBODY},
        "donate_team": {"minutes": 60},
        "plan_activity": {"team_id": _NOBODY, "name": "巡逻", "service_code": "matrix"}
        | {name: order[name] for name in ("start_at", "end_at")},
        "call_off_activity": {},
        "call_roll_activity": {"present": [{"participant_id": _NOBODY, "minutes": 60}]},
        "confirm_roll_activity": {},
        "return_roll_activity": {},
        **{
            f"reveal_{thing}": {"fields": [name], "purpose": "handling", "note": "上门服务"}
            for thing, name in {
                "participant": "phone",
                "entitlement": "category",
                "order": "address",
                "claim": "address",
            }.items()
        },
    }


def plant(suite: RunningSuite, add: Callable[..., None], parts: dict[str, str], place: str) -> None:
    """Plant one of everything in a place."""
    admin, clerk = (
        suite.somebody(role, place[:6], subject=f"matrix-{role}-planter") for role in ("timebank_admin", "station_clerk")
    )
    kind = {"service_code": "matrix", "area_code": f"{place[:6]}000000", "name": "陪伴"}
    if (answer := admin.post(f"{BASE}/service_kinds", kind)).status_code == 201:
        add("service_kinds", answer.json()["id"], place[:6])
    add("stations", _made(admin.post(f"{BASE}/stations", sent(place)["add_station"]))["id"], place)
    served, serving = (_made(clerk.post(f"{BASE}/participants", _somebody(place, it))) for it in ("beneficiary", "volunteer"))
    entitled = {"category": "key_lonely_elderly", "valid_until": "2190-01-01"}
    entitlement = _made(clerk.post(f"{BASE}/participants/{served['id']}/entitlements", entitled))["entitlements"][0]["id"]
    parts[served["id"]] = entitlement
    add("participants", served["id"], place)
    elder, volunteer = (
        suite.somebody(role, place, subject=it["id"]) for role, it in (("resident", served), ("volunteer", serving))
    )
    link = _made(elder.post(f"{BASE}/relatives", {"other_id": serving["id"], "kinship": "child"}))
    add("relatives", link["id"], place)
    _made(volunteer.post(f"{BASE}/relatives/{link['id']}/agree"))
    _made(clerk.post(f"{BASE}/relatives/{link['id']}/check"))
    gift = {"to_id": serving["id"], "minutes": 60}
    add("transfers", _made(elder.post(f"{BASE}/transfers", gift))["id"], place)
    order = sent(place)["request_order"] | {"kind": "ordinary", "beneficiary_id": served["id"], "address": "示例县幸福里3栋"}
    waiting, taken = (_made(clerk.post(f"{BASE}/orders", order))["id"] for _ in range(2))
    add("orders", waiting, place)
    _made(clerk.post(f"{BASE}/orders/{taken}/publish", {}))
    claim = _made(volunteer.post(f"{BASE}/orders/{taken}/claim"))["id"]
    add("claims", claim, place)
    add("open_orders", _made(clerk.post(f"{BASE}/orders", sent(place)["request_order"]))["id"], place)
    founded = _made(clerk.post(f"{BASE}/teams", sent(place)["found_team"] | {"leader_id": serving["id"]}))["id"]
    add("teams", founded, place)
    planned = _made(volunteer.post(f"{BASE}/activities", sent(place)["plan_activity"] | {"team_id": founded}))["id"]
    add("activities", planned, place)
    _with_picture(suite, add, place, volunteer=serving["id"])


def picture() -> bytes:
    """Return a small picture."""
    content = io.BytesIO()
    Image.new("RGB", (4, 4)).save(content, "PNG")
    return content.getvalue()


def _with_picture(suite: RunningSuite, add: Callable[..., None], place: str, *, volunteer: str) -> None:
    """Plant a claim of the past with a picture."""
    begins = dt.datetime.now(dt.UTC) - dt.timedelta(days=1)
    past = {"scope": "history:import"}
    clerk = suite.somebody("station_clerk", place[:6], subject="matrix-station_clerk-planter", **past)
    person = suite.somebody("volunteer", place, subject=volunteer, **past)

    def at(hours: int) -> dict[str, str]:
        return {"As_Of": (begins + dt.timedelta(hours=hours)).isoformat()}

    times = {"start_at": begins.isoformat(), "end_at": (begins + dt.timedelta(hours=2)).isoformat()}
    wish = sent(place)["request_order"] | times
    order = _made(clerk.post(f"{BASE}/orders", wish, **at(-6)))["id"]
    path = f"{BASE}/claims/{_made(person.post(f'{BASE}/orders/{order}/claim', **at(-5)))['id']}"
    pin = _made(clerk.post(f"{path}/confirm", {}, **at(-4)))["pin"]
    sent_file = _made(person.send(f"{BASE}/attachments", picture(), "image/png"))["id"]
    _made(person.post(f"{path}/check_in", {"pin": pin}, **at(0)))
    shown = _made(person.post(f"{path}/check_out", {"attachment_ids": [sent_file]}, **at(1)))
    add("timebank.attachments", shown["attachments"][0]["id"], place)


def _somebody(place: str, kind: str) -> dict[str, Any]:
    return {
        "kind": kind,
        "area_code": place,
        "name": "王芳",
        "phone": "13800138000",
        "real_name_token": f"rn-{uuid.uuid4()}",
        "birth_year": 1950,
        "insured_until": "2190-01-01",
    }


def _made(answer: httpx2.Response) -> dict[str, Any]:
    assert answer.status_code in {200, 201}, answer.text
    content: dict[str, Any] = answer.json()
    return content
