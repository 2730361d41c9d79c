"""Responses: proposed by the duty officer, decided by rank, with all that follows from one decision, until they are lifted."""

import datetime as dt
from typing import Any

import pytest

from tests.conftest import Loop, RunningSuite
from tests.inventory.a_response import (
    AREA,
    COUNTY,
    DAY,
    DEPUTY,
    DUTY,
    HEAD,
    HOUR,
    OFFICE,
    RUNNING_CLOCKS,
    People,
    Wait,
    a_decision,
    a_proposal,
    code_of,
    made,
    proposed,
    rows,
    some_volunteers,
)
from tests.inventory.a_warning import BASE, said, typed

TOWNS = (f"{COUNTY}001000", f"{COUNTY}002000")


def test_a_red_warning_suggests_level_three_and_a_deputy_head_decides(people: People) -> None:
    warning = made(people(DUTY).post(f"{BASE}/warnings", typed(COUNTY)))
    response = made(people(DUTY).post(f"{BASE}/responses", a_proposal(warning_id=warning["id"])))
    path = f"{BASE}/responses/{response['id']}"

    assert (response["level"], response["correlation_id"]) == ("iii", warning["id"])
    assert response["actions"] == ["report_by_phone", "report_in_writing"]
    again = people(DUTY).post(f"{BASE}/responses", a_proposal(warning_id=warning["id"]))
    assert code_of(again) == "response_there"
    assert code_of(people(OFFICE).post(f"{path}/decide", a_decision())) == "wrong_role"
    begun = made(people(DEPUTY).post(f"{path}/decide", a_decision(expected_persons=300)))
    assert (begun["state"], begun["decided_role"], begun["expected_persons"]) == ("active", DEPUTY, 300)
    assert begun["session_id"]


def test_numbers_suggest_a_level_and_nothing_suggests_none(people: People) -> None:
    by_numbers = made(people(DUTY).post(f"{BASE}/responses", a_proposal(trigger={"relocated": 1_200})))

    assert (by_numbers["level"], by_numbers["trigger"]["relocated"]) == ("iii", 1_200)
    assert code_of(people(DUTY).post(f"{BASE}/responses", a_proposal(trigger={"relocated": 12}))) == "level_missing"


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"areas": ["990405000000", "990406000000"]}, "areas_beyond"),
        ({"areas": ["990406000000"]}, "outside_your_area"),
        ({"warning_id": "0190c8f2-5d1e-7c3a-9d55-0c5b3f1f7a10"}, "not_found"),
        ({"event_class": "else"}, "not_valid"),
    ],
)
def test_what_cannot_be_proposed_is_refused(people: People, change: dict[str, Any], code: str) -> None:
    assert code_of(people(DUTY).post(f"{BASE}/responses", a_proposal(level="iv", **change))) == code


def test_neither_a_test_nor_a_lifted_warning_is_a_reason(people: People) -> None:
    test = made(people(DUTY).post(f"{BASE}/warnings", typed(COUNTY, status="exercise")))
    over = made(people(DUTY).post(f"{BASE}/warnings", typed(COUNTY)))
    lift = {"warning_id": typed(COUNTY)["warning_id"], "issuing_authority": over["issuing_authority"], "sent_at": said()}
    made(people(DUTY).post(f"{BASE}/warnings/{over['id']}/cancel", lift))

    assert code_of(people(DUTY).post(f"{BASE}/responses", a_proposal(warning_id=test["id"]))) == "only_a_test"
    assert code_of(people(DUTY).post(f"{BASE}/responses", a_proposal(warning_id=over["id"]))) == "warning_not_in_force"


def test_who_decides_may_say_another_level_within_their_rank(people: People) -> None:
    id_ = proposed(people, level="iv")

    assert code_of(people(OFFICE).post(f"{BASE}/responses/{id_}/decide", a_decision(level="ii"))) == "wrong_role"
    assert made(people(HEAD).post(f"{BASE}/responses/{id_}/decide", a_decision(level="ii")))["level"] == "ii"


@pytest.mark.parametrize(
    ("level", "lesser", "who", "code"),
    [("iii", "iv", OFFICE, "wrong_role"), ("ii", "iii", DEPUTY, "wrong_role"), ("ii", "iv", HEAD, None)],
)
def test_who_may_not_decline_a_graver_proposal_does_not_begin_it_as_a_lesser_one(
    people: People, level: str, lesser: str, who: str, code: str | None
) -> None:
    path = f"{BASE}/responses/{proposed(people, level=level)}"

    answer = people(who).post(f"{path}/decide", {"level": lesser, "expected_until": said(2 * DAY)})

    assert answer.json().get("code") == code
    now = made(people(who).get(path))
    assert (now["state"], now["level"]) == (("proposed", level) if code else ("active", lesser))
    assert now["measures"] == (None if code else ["warn_public", "collect_reports", "call_teams"])


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"expected_until": said(-DAY)}, "end_in_the_past"),
        ({"expected_until": said(101 * DAY)}, "end_in_the_past"),
        ({"volunteers": some_volunteers(start_at=said(DAY), end_at=said())}, "volunteers_unclear"),
        ({"volunteers": some_volunteers(end_at=said(2 * DAY))}, "volunteers_unclear"),
        ({"measures": ["dance"]}, "not_valid"),
    ],
)
def test_a_decision_says_until_when_and_what(people: People, change: dict[str, Any], code: str) -> None:
    assert code_of(people(HEAD).post(f"{BASE}/responses/{proposed(people, level='iv')}/decide", a_decision(**change))) == code


def test_it_is_adjusted_by_rank_of_the_graver_level_and_lifted_and_reviewed(people: People) -> None:
    path = f"{BASE}/responses/{proposed(people, level='iv')}"
    made(people(OFFICE).post(f"{path}/decide", a_decision()))
    graver = {"level": "ii", "reason": "雨势加强"}

    assert code_of(people(OFFICE).post(f"{path}/adjust", graver)) == "wrong_role"
    assert made(people(HEAD).post(f"{path}/adjust", graver))["level"] == "ii"
    lighter = {"level": "iv", "reason": "雨势减弱", "expected_until": said(DAY)}
    assert code_of(people(OFFICE).post(f"{path}/adjust", lighter)) == "wrong_role"
    adjusted = made(people(HEAD).post(f"{path}/adjust", lighter))
    assert (adjusted["level"], adjusted["measures"]) == ("iv", ["warn_public", "ready_shelters"])
    lifted = made(people(OFFICE).post(f"{path}/lift", {"reason": "险情解除"}))
    assert (lifted["state"], lifted["actions"]) == ("lifted", ["review"])
    assert code_of(people(DEPUTY).post(f"{path}/review", {"findings": "转移及时"})) == "wrong_role"
    reviewed = made(people(OFFICE).post(f"{path}/review", {"findings": "转移及时"}))
    assert (reviewed["state"], reviewed["actions"], reviewed["findings"]) == ("reviewed", [], "转移及时")


def test_it_may_be_declined_and_those_above_are_told(people: People, suite: RunningSuite, background: Loop) -> None:
    id_ = proposed(people, level="iv")
    path = f"{BASE}/responses/{id_}"

    phoned = made(people(DUTY).post(f"{path}/report_by_phone"))
    clocks = {row["rule_key"] for row in rows(suite, background, RUNNING_CLOCKS, id_)}
    assert phoned["phoned_at"]
    assert clocks == {"inventory.response_decide", "inventory.report_written"}
    assert made(people(OFFICE).post(f"{path}/decline", {"reason": "未达条件"}))["state"] == "declined"
    assert rows(suite, background, RUNNING_CLOCKS, id_) == []


def test_everybody_who_works_there_reads_it_and_no_other_county(people: People) -> None:
    path = f"{BASE}/responses/{proposed(people, level='iv')}"

    assert people("disaster_info_officer", TOWNS[0][:9]).get(path).status_code == 200
    assert people(DUTY, "990406").get(path).status_code == 404
    assert people(HEAD, "990406").post(f"{path}/decide", a_decision()).status_code == 404
    assert code_of(people("resident").get(path)) == "insufficient_scope"


# --- volunteers, and the thread ----------------------------------------------------------------------------------------------


def test_volunteers_are_called_for_and_the_thread_says_so_from_the_warning_on(people: People, eventually: Wait) -> None:
    warning = made(people(DUTY).post(f"{BASE}/warnings", typed(COUNTY)))
    response = made(people(DUTY).post(f"{BASE}/responses", a_proposal(warning_id=warning["id"])))
    path = f"{BASE}/responses/{response['id']}"
    made(people(DEPUTY).post(f"{path}/decide", a_decision(volunteers=some_volunteers())))

    def thread() -> list[str]:
        return [f"{line['service']} {line['event']}" for line in made(people(DUTY).get(f"{path}/timeline"))["items"]]

    eventually(lambda: "timebank order.published" in thread())
    assert thread()[:3] == ["inventory warning.relayed", "inventory response.proposed", "inventory response.activated"]
    assert {"inventory mobilization.ordered", "inventory situation.report_due"} <= set(thread())
    assert made(people(DUTY).get(f"{path}/timeline"))["correlation_id"] == warning["id"]
    assert len(thread()) == len(set(thread())) + thread().count("inventory situation.report_due") - 1


def _thread(people: People, path: str) -> list[str]:
    return [line["event"] for line in made(people(DUTY).get(f"{path}/timeline"))["items"]]


def test_shelters_are_proposed_and_teams_called_as_the_level_asks(people: People, eventually: Wait) -> None:
    office, leader = people("inventory_manager"), people("team_leader")
    for code, area_m2 in (("990405-A", 400), ("990405-B", 300), ("990405-C", 20)):
        hall = {"code": code, "name": "示例中学", "level": "county", "kind": "short_term", "space": "building"}
        hall |= {"area_m2": area_m2, "address": "文昌路1号", "area_code": f"{COUNTY}001001"}
        hall |= {"location": {"lon": 60.3, "lat": 10.3}}
        made(office.post(f"{BASE}/shelters/{made(office.post(f'{BASE}/shelters', hall))['id']}/accept", {}))
    team = {"name": "县消防救援队", "kind": "professional", "level": "county", "area_code": AREA, "ready_minutes": 15}
    team_id = made(office.post(f"{BASE}/response_teams", team | {"leader_id": f"team_leader-{COUNTY}"}))["id"]
    member = {"name": "王芳", "phone": "13800138000", "is_adult": True, "insured_until": "2190-01-01"}
    made(leader.post(f"{BASE}/response_teams/{team_id}/join", member))
    path = f"{BASE}/responses/{proposed(people, level='ii', expected_persons=300)}"

    begun = made(people(HEAD).post(f"{path}/decide", {"expected_until": said(2 * DAY)}))

    assert {"call_teams", "ready_shelters", "reserve_supplies", "evacuate"} <= set(begun["measures"])
    eventually(lambda: _thread(people, path).count("shelter.proposed") == 2)
    eventually(lambda: _thread(people, path).count("mobilized_team.ordered") == 1)
    listed = made(people(DUTY).get(f"{BASE}/shelters?state=proposed"))["items"]
    assert {shelter["code"] for shelter in listed} == {"990405-A", "990405-B"}
    # Both hold 350 people; who stands by is not asked for again.
    largest = next(shelter["id"] for shelter in listed if shelter["code"] == "990405-A")
    made(people(HEAD).post(f"{BASE}/shelters/{largest}/stand_by", {}))
    for persons in (340, 345):
        made(people(HEAD).post(f"{path}/adjust", {"reason": "转移人数增加", "expected_persons": persons}))
    eventually(lambda: _thread(people, path).count("response.adjusted") == 2)
    assert _thread(people, path).count("shelter.proposed") == 2
    made(people(HEAD).post(f"{path}/lift", {"reason": "险情解除"}))
    eventually(lambda: _thread(people, path).count("shelter.passed_over") == 1)
    eventually(lambda: _thread(people, path).count("mobilized_team.released") == 1)


def test_what_people_do_for_a_response_is_part_of_its_thread(people: People, eventually: Wait) -> None:
    office, head = people("inventory_manager"), people(HEAD)
    help_ = {"name": "蓝天救援协会", "area_code": AREA, "gives": [{"kind": "boats", "quantity": 6}], "called_by": "书面邀请"}
    calls_in = f"{BASE}/social_organisations/{made(office.post(f'{BASE}/social_organisations', help_))['id']}/call_in"
    member = {"name": "王芳", "phone": "13800138000", "is_adult": True, "insured_until": "2190-01-01"}
    teams = []
    for name in ("一队", "二队"):
        team = {"name": name, "kind": "volunteer", "level": "village", "area_code": f"{COUNTY}009009", "leader_id": "x"}
        teams.append(made(office.post(f"{BASE}/response_teams", team))["id"])
        made(office.post(f"{BASE}/response_teams/{teams[-1]}/join", member))
    id_ = proposed(people, level="ii")
    path = f"{BASE}/responses/{id_}"
    made(head.post(f"{path}/decide", a_decision()))
    order = {"level": 4, "area_code": f"{COUNTY}009009", "meeting_place": "广场", "team_ids": teams[:1], "response_id": id_}

    other = head.post(calls_in, {"response_id": "00000000-0000-0000-0000-000000000000"})
    made(head.post(calls_in, {"response_id": id_}))
    called = made(head.post(f"{BASE}/mobilizations", order | {"assemble_at": said(HOUR), "ends_at": said(DAY)}))
    made(head.post(f"{BASE}/mobilizations/{called['id']}/call_team", {"team_id": teams[1]}))

    assert code_of(other) == "no_such_response"
    eventually(lambda: _thread(people, path).count("mobilized_team.ordered") == 2)
    eventually(lambda: "social_organisation.called_in" in _thread(people, path))


def test_a_long_thread_says_where_it_goes_on(people: People, suite: RunningSuite, background: Loop) -> None:
    id_ = proposed(people, level="iv")
    path = f"{BASE}/responses/{id_}/timeline"
    told = """INSERT INTO response_event (id, response_id, event_id, event_type, thing_id, area_code, actor_role, at)
    SELECT uuidv7(), id, uuidv7(), 'gw.inventory.situation.report_due.v1', id, area_code, 'auto', proposed_at
      + interval '1 day' FROM response, generate_series(1, 1005) WHERE id = $1 RETURNING 1"""
    rows(suite, background, told, id_)

    first = made(people(DUTY).get(path))
    rest = made(people(DUTY).get(f"{path}?cursor={first['next_cursor']}"))

    assert (len(first["items"]), rest["next_cursor"]) == (1_000, None)
    assert len(rest["items"]) in {5, 6}  # with what told of the proposal, if it was heard by now


# --- the end -----------------------------------------------------------------------------------------------------------------


def test_thirty_days_after_the_lift_every_service_purges_and_answers(
    people: People, suite: RunningSuite, background: Loop, eventually: Wait
) -> None:
    path = f"{BASE}/responses/{proposed(people, level='iv')}"
    session_id = made(people(OFFICE).post(f"{path}/decide", a_decision()))["session_id"]
    session = f"{BASE}/emergency_sessions/{session_id}"
    assert made(people(DUTY).get(session))["state"] == "open"
    lifted = made(people(OFFICE).post(f"{path}/lift", {"reason": "险情解除"}))
    [clock] = rows(suite, background, RUNNING_CLOCKS, session_id)
    assert clock["next_at"] - dt.datetime.fromisoformat(lifted["lifted_at"]) == 30 * DAY

    rows(suite, background, "UPDATE clock SET due_at = now(), next_at = now() WHERE owner_id = $1 RETURNING 1", session_id)

    eventually(lambda: made(people(DUTY).get(session))["state"] == "purged")
    answered = made(people(DUTY).get(session))
    assert {answer["service"] for answer in answered["answers"]} >= {"incidents", "inventory", "personnel", "timebank"}
    assert (answered["missing"], {answer["rows"] for answer in answered["answers"]}) == ([], {0})
