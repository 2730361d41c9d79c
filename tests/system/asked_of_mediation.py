"""How mediation is asked in the matrix of who may what, and what is planted for it."""

import uuid
from collections.abc import Callable
from typing import Any, Final

import httpx2

from tests.conftest import RunningSuite

BASE: Final = "/mediation/v1"
NOBODY: Final = str(uuid.UUID(int=0))
THINGS: Final = {"committee_id": "committees", "mediator_id": "mediators", "case_id": "cases"}
WHOLE: Final = {"list_dispute_types", "get_session_calendar", "count_cases"}
"""What is the same everywhere, or one's own."""


def sent(here: str) -> dict[str, dict[str, Any]]:
    """Return what operations with a body are sent."""
    why = {"reason": "核查"}
    return {
        "set_up_committee": _committee(here),
        "name_chair_committee": {"mediator_id": NOBODY},
        "elect_committee": {"elected_on": "2026-01-01"},
        "alter_committee": why,
        "file_committee": {"has_women": True, "mirrors_mixed_area": True},
        "dissolve_committee": why,
        "register_mediator": _mediator(here),
        "change_mediator": {"grade": "first"},
        "add_mediator_training": {"course": "民法典专题", "hours": 4, "held_on": "2026-04-01"},
        "pause_mediator": why,
        "resume_mediator": why,
        "recall_mediator": {"reason_code": "asked", **why},
        "register_case": _case(here),
        "change_case": {"occurred_on": "2026-07-01"},
        "grade_case": {"grade": "yellow", **why},
        "add_party": {"side": "third", "name": "孙三"},
        "change_party": {"phone": "13900139000"},
        "strike_party": why,
        "accept_case": {"is_free_of_proceedings": True, "is_allowed": True},
        "decline_case": {"reason_code": "not_ours", **why},
        "transfer_case": {"transferred_to": "court", **why},
        "tell_ways_case": {},
        **{name: {"party_id": NOBODY, "answered_by": "online"} for name in ("consent_case", "refuse_case")},
        "withdraw_case": {"party_id": NOBODY},
        "assign_case": {"presiding_id": NOBODY, "chosen_by": "parties"},
        "replace_mediator": {"mediator_id": NOBODY, "chosen_by": "parties"},
        "tell_rights_case": {},
        "disclose_case": {"relation": "none"},
        "let_stay_case": {"mediator_id": NOBODY},
        "step_aside_case": {},
        "request_recusal_case": {"party_id": NOBODY, "mediator_id": NOBODY},
        "plan_session_case": {"starts_at": "2190-01-01T00:00:00Z", "ends_at": "2190-01-01T02:00:00Z", "venue": "调解室"},
        "notify_party": {"party_id": NOBODY, "manner": "by_phone"},
        "open_session": {"present": []},
        "end_session": {"record": "双方各退一步"},
        "sign_record": {"how": "signature"},
        "cancel_session": {},
        "invite_somebody": {"kind": "neighbour", "name": "孙三"},
        "agree_to_invitee": {"party_id": NOBODY},
        "name_party_agent": {"name": "孙三", "agent_may": "speak"},
        "extend_case": {"party_ids": [NOBODY, NOBODY]},
        "fail_case": {},
        "terminate_case": {"reason_code": "delay", **why},
        "escalate_case": {"reason_code": "danger", "reported_to": "town", **why},
        "enter_report_receipt": {"receipt_no": "示公接〔2026〕118号"},
        "resume_case": why,
        "report_harm": {"kind": "minor_harm", "reported_to": "police"},
        "reveal_session": {"fields": ["record"], "purpose": "handling", "note": "阅卷"},
        "reveal_invitee": {"fields": ["name"], "purpose": "handling", "note": "邀请"},
        "draft_agreement_case": {"content": "甲乙和解", "terms": [_term()]},
        "reach_oral_agreement": {"content": "甲乙和解", "terms": [_term()], "agreed_by": [NOBODY, NOBODY]},
        "sign_agreement": {"how": "signature"},
        "drop_agreement": {},
        "perform_at_once_case": {"proof": "收据0017"},
        "term_done": {"done_on": "2026-07-01", "proof": "收据0017"},
        "urge_case": {},
        "breach_final_case": why,
        "apply_confirmation_case": {"applied_by": [NOBODY, NOBODY], "court": "示例县人民法院", "court_by": "party_home"},
        **{f"court_{says}_confirmation": {} for says in ("accepts", "rejects", "extends", "confirms", "refuses")},
        "take_back_confirmation": {},
        "follow_up_case": {"is_performed": True, "satisfied": "satisfied"},
        "add_document": {"kind": "identity", "pages": 2},
        "erase_parties_case": why,
        "ask_close_case": {},
        "confirm_receipt_case": {"receipt_no": "示法收〔2026〕9号"},
        "reveal_agreement": {"fields": ["content"], "purpose": "handling", "note": "阅卷"},
        "reveal_agreement_term": {"fields": ["content"], "purpose": "handling", "note": "阅卷"},
        "reveal_case": {"fields": ["brief"], "purpose": "handling", "note": "阅卷"},
        "reveal_party": {"fields": ["name"], "purpose": "handling", "note": "送达"},
    }


def plant(suite: RunningSuite, add: Callable[..., None], parts: dict[str, str], place: str) -> None:
    """Plant one of everything in a place."""
    office = suite.somebody("judicial_office", place[:6], subject="matrix-judicial_office-planter")
    add("committees", _made(office.post(f"{BASE}/committees", _committee(place)))["id"], place)
    mediator = _made(office.post(f"{BASE}/mediators", _mediator(place)))["id"]
    add("mediators", mediator, place)
    case = _made(office.post(f"{BASE}/cases", _case(place)))
    id_, path = case["id"], f"{BASE}/cases/{case['id']}"
    add("cases", id_, place)
    _made(office.post(f"{path}/ask_willingness"))
    for party in case["parties"]:
        _made(office.post(f"{path}/consent", {"party_id": party["id"], "answered_by": "online"}))
    _made(office.post(f"{path}/accept", {"is_free_of_proceedings": True, "is_allowed": True}))
    _made(office.post(f"{path}/assign", {"presiding_id": mediator, "chosen_by": "parties"}))
    person = suite.somebody("mediator", place, subject=mediator)
    parts[id_] = case["parties"][0]["id"]
    parts[f"{id_} sessions"] = _made(person.post(f"{path}/plan_session", sent(place)["plan_session_case"]))["id"]
    parts[f"{id_} invitees"] = _made(person.post(f"{path}/invitees", sent(place)["invite_somebody"]))["id"]
    session = f"{path}/sessions/{parts[f'{id_} sessions']}"
    _made(person.post(f"{path}/tell_rights", {}))
    _made(person.post(f"{path}/disclose", {"relation": "none"}))
    for party in case["parties"]:
        _made(person.post(f"{session}/notify", {"party_id": party["id"], "manner": "online"}))
    _made(person.post(f"{session}/open", {"present": [parts[id_]]}))
    draft = {"content": "甲乙和解", "terms": [_term() | {"party_id": parts[id_]}]}
    agreement = _made(person.post(f"{path}/draft_agreement", draft))
    parts[f"{id_} agreements"], parts[f"{id_} agreement_terms"] = agreement["id"], agreement["terms"][0]["id"]


def _term() -> dict[str, Any]:
    return {"kind": "stop", "party_id": NOBODY, "content": "停止噪声"}


def _committee(place: str) -> dict[str, Any]:
    name = "".join(chr(0x4E00 + int(digit, 16) * 97) for digit in uuid.uuid4().hex[:12])
    return {"name": "示例调委会", "short_name": name, "kind": "village", "area_code": place, "elected_on": "2026-01-01"}


def _mediator(place: str) -> dict[str, Any]:
    return {"name": "周一", "kind": "invited", "area_code": place, "appointed_on": "2026-01-01", "is_qualified": True}


def _case(place: str) -> dict[str, Any]:
    two = [{"side": "applicant", "name": "赵一"}, {"side": "respondent", "name": "钱二"}]
    return {
        "source": "application",
        "area_code": place,
        "facts": {"brief": "漏水", "channel": "administrative", "dispute_type": "D08"},
        "parties": two,
    }


def _made(answer: httpx2.Response) -> dict[str, Any]:
    assert answer.status_code in {200, 201}, answer.text
    content: dict[str, Any] = answer.json()
    return content
