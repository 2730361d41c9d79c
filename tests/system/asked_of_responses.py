"""How the inventory's responses are asked in the matrix of who may what, and what is planted for it."""

import datetime as dt
from collections.abc import Callable
from typing import Any, Final

import httpx2

from tests.conftest import RunningSuite
from tests.inventory.a_warning import BASE, said

THINGS: Final = {"response_id": "responses", "situation_id": "situations", "emergency_session_id": "emergency_sessions"}
COUNTY_WIDE: Final = {
    *(
        "list_responses",
        "get_response",
        "get_timeline",
        "get_totals",
        "get_supplies",
        "list_situations",
        "get_situation",
        "list_reports",
    ),
    *("list_emergency_sessions", "get_emergency_session"),
}
"""What everybody who works there sees of their whole county."""
LIE_IN_THE_COUNTY: Final = ("propose_response",)
_DAYS: Final = dt.timedelta(days=90)


def sent(here: str) -> dict[str, dict[str, Any]]:
    """Return what operations with a body are sent."""
    why = {"reason": "险情变化"}
    return {
        "propose_response": {"event_class": "accident", "level": "iv", "areas": [f"{here[:6]}000000"], **why},
        "decide_response": {"expected_until": said(_DAYS), "measures": []},
        **dict.fromkeys(("decline_response", "adjust_response", "lift_response"), why),
        "review_response": {"findings": "转移及时"},
        "report_situation": {},
    }


def plant(suite: RunningSuite, add: Callable[..., None], place: str) -> None:
    """Plant a response that runs in the county of a place, with its session and its reports."""
    duty = suite.somebody("county_duty", place[:6], subject="matrix-county_duty-planter")
    head = suite.somebody("emergency_commander", place[:6], subject="matrix-commander-planter")
    bodies = sent(place)
    response = _made(duty.post(f"{BASE}/responses", bodies["propose_response"]))
    begun = _made(head.post(f"{BASE}/responses/{response['id']}/decide", bodies["decide_response"]))
    add("responses", begun["id"], place[:6])
    add("emergency_sessions", begun["session_id"], place[:6])
    for line in _made(duty.get(f"{BASE}/situations?response_id={begun['id']}"))["items"]:
        add("situations", line["id"], place[:6] if line["level"] == "county" else line["area_code"][:9])


def _made(answer: httpx2.Response) -> dict[str, Any]:
    assert answer.status_code in {200, 201}, answer.text
    content: dict[str, Any] = answer.json()
    return content
