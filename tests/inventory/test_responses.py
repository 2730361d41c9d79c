"""Responses: proposed by the duty officer, decided by rank, with all that follows from one decision, until they are lifted."""

import datetime as dt
from collections.abc import Callable
from itertools import product
from types import SimpleNamespace
from typing import Any

import asyncpg
import orjson
import pytest

from gridwhistle.common.calendars import LOCAL
from gridwhistle.common.machine import Machine
from gridwhistle.common.principal import ROLES, Principal
from gridwhistle.common.problems import IllegalMove, Problem, WrongRole
from gridwhistle.inventory.responses.domain import (
    EMERGENCY_SESSION,
    LEVELS,
    RESPONSE,
    SITUATION,
    Facts,
    gravest,
    is_at_least,
    level_by_colour,
    level_by_facts,
)
from gridwhistle.inventory.responses.limits import PRESETS, TRIGGERS
from gridwhistle.inventory.responses.refusals import NotAnotherTown, ProposedByYou, ToldAlready
from tests.conftest import Loop, Person, RunningSuite
from tests.inventory.a_warning import BASE, said, typed

COUNTY = "990405"
AREA = f"{COUNTY}000000"
TOWNS = (f"{COUNTY}001000", f"{COUNTY}002000")
HOUR, DAY = dt.timedelta(hours=1), dt.timedelta(days=1)
Wait = Callable[[Callable[[], bool]], None]
DUTY, OFFICE, DEPUTY, HEAD = "county_duty", "office_director", "deputy_commander", "emergency_commander"
DECIDES = {"iv": {OFFICE, DEPUTY, HEAD}, "iii": {DEPUTY, HEAD}, "ii": {HEAD}, "i": {HEAD}}

# --- the state tables --------------------------------------------------------------------------------------------------------

RESPONSES: dict[tuple[str | None, str], set[str] | None] = {
    (None, "propose"): {DUTY},
    ("proposed", "decide"): None,  # by the level
    ("proposed", "decline"): None,
    ("active", "adjust"): None,
    ("active", "lift"): None,
    **{(state, action): {DUTY} for state in ("proposed", "active") for action in ("report_by_phone", "report_in_writing")},
    ("lifted", "review"): {HEAD, OFFICE},
}


def refusal(machine: Machine, row: Any, action: str, role: str, who: str = "p", area: str = COUNTY) -> type[Problem] | None:
    try:
        machine.step(row, action, Principal(who, frozenset({role}), (area,)))
    except Problem as problem:
        return type(problem)
    return None


def a_response(state: str, level: str) -> Any:
    return SimpleNamespace(state=state, level=level, proposed_by="somebody else", phoned_at=None, written_at=None)


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("level", LEVELS)
def test_each_step_of_a_response_is_for_its_roles_from_its_state(level: str, role: str) -> None:
    for state, action in product([None, *RESPONSE.states], ["propose", *RESPONSE.names]):
        there = (state, action) in RESPONSES
        may = (RESPONSES[state, action] or DECIDES[level]) if there else set()
        expected = (None if role in may else WrongRole) if there else IllegalMove
        row = a_response(state, level) if state else None
        assert refusal(RESPONSE, row, action, role) is expected, (state, action)


def test_who_proposed_does_not_decide() -> None:
    row = SimpleNamespace(state="proposed", level="iv", proposed_by="p")

    assert refusal(RESPONSE, row, "decide", HEAD) is ProposedByYou
    assert refusal(RESPONSE, row, "decline", OFFICE) is ProposedByYou


def test_those_above_are_told_once_each_way() -> None:
    row = SimpleNamespace(state="active", level="iv", proposed_by="q", phoned_at="then", written_at=None)

    assert refusal(RESPONSE, row, "report_by_phone", DUTY) is ToldAlready
    assert refusal(RESPONSE, row, "report_in_writing", DUTY) is None


SESSIONS = {(None, "open"), ("open", "lift"), ("lifted", "purge"), ("purging", "all_purged")}


@pytest.mark.parametrize("role", ROLES)
def test_sessions_open_and_end_by_themselves(role: str) -> None:
    for state, action in product([None, *EMERGENCY_SESSION.states], ["open", *EMERGENCY_SESSION.names]):
        row = SimpleNamespace(state=state) if state else None
        expected = IllegalMove if (state, action) not in SESSIONS else None if role == "auto" else WrongRole
        assert refusal(EMERGENCY_SESSION, row, action, role) is expected


SITUATIONS = {(None, "begin"): "auto", ("first_due", "finish"): "auto", ("daily", "finish"): "auto"} | {
    (state, "report"): "" for state in ("first_due", "daily", "final_due")
}


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("level", ["county", "township"])
def test_a_township_and_the_county_report_for_themselves(level: str, role: str) -> None:
    reports = "county_duty" if level == "county" else "disaster_info_officer"
    for state, action in product([None, *SITUATION.states], ["begin", *SITUATION.names]):
        row = SimpleNamespace(state=state, level=level, area_code=TOWNS[0]) if state else None
        may = SITUATIONS.get((state, action))
        expected = IllegalMove if may is None else None if role == (may or reports) else WrongRole
        assert refusal(SITUATION, row, action, role) is expected
    other = SimpleNamespace(state="daily", level="township", area_code=TOWNS[0])
    assert refusal(SITUATION, other, "report", "disaster_info_officer", area=TOWNS[1][:9]) is NotAnotherTown


# --- which level -------------------------------------------------------------------------------------------------------------

THRESHOLDS = {preset.key: int(preset.value) for preset in PRESETS if preset.key in TRIGGERS.values()}


@pytest.mark.parametrize(
    ("facts", "level"),
    [
        (Facts(), None),
        (Facts(relocated=299, houses_collapsed=29, houses_damaged=99), None),
        (Facts(relocated=300), "iv"),
        (Facts(dead_or_missing=1), "iv"),
        (Facts(dead_or_missing=2, relocated=999), "iv"),
        (Facts(dead_or_missing=3), "iii"),
        (Facts(houses_collapsed=150), "iii"),
        (Facts(houses_damaged=999), "iii"),
        (Facts(relocated=2_500), "ii"),
        (Facts(dead_or_missing=10), "i"),
        (Facts(dead_or_missing=1, relocated=5_000), "i"),
    ],
)
def test_one_number_is_enough_to_trigger_a_level(facts: Facts, level: str | None) -> None:
    assert level_by_facts(facts, THRESHOLDS) == level


def test_the_graver_of_numbers_and_warning_is_suggested() -> None:
    assert [level_by_colour(colour) for colour in ("red", "orange", "yellow", "blue")] == ["iii", "iv", None, None]
    assert gravest("iv", "ii", None) == "ii"
    assert gravest(None, None) is None
    assert [is_at_least(level, "iii") for level in LEVELS] == [True, True, True, False]


# --- one response, from a warning to its end ---------------------------------------------------------------------------------


@pytest.fixture
def people(suite: RunningSuite) -> Callable[..., Person]:
    def person(role: str, area: str = COUNTY) -> Person:
        return suite.somebody(role, area, subject=f"{role}-{area}")

    return person


@pytest.fixture(scope="module")
def towns(suite: RunningSuite) -> None:
    """Let personnel tell of two townships."""
    admin = suite.somebody("county_admin", COUNTY)
    for code, level in ((AREA, "county"), *((town, "township") for town in TOWNS)):
        answer = admin.post("/personnel/v1/areas", {"area_code": code, "level": level, "name": "示例"})
        assert answer.status_code in {201, 409}, answer.text


def made(answer: Any) -> dict[str, Any]:
    assert answer.status_code in {200, 201}, answer.text
    content: dict[str, Any] = answer.json()
    return content


def code_of(answer: Any) -> str:
    assert answer.status_code >= 400, answer.text
    return str(answer.json()["code"])


def a_proposal(**more: Any) -> dict[str, Any]:
    return {"event_class": "natural_disaster", "areas": [AREA], "reason": "暴雨红色预警,低洼地带需转移群众", **more}


def a_decision(**more: Any) -> dict[str, Any]:
    return {"expected_until": said(2 * DAY), "measures": ["warn_public", "ready_shelters"], **more}


def some_volunteers(**more: Any) -> dict[str, Any]:
    return {"service_code": "sandbags", "people_needed": 30, "start_at": said(HOUR), "end_at": said(7 * HOUR), **more}


def proposed(people: Callable[..., Person], **more: Any) -> str:
    id_: str = made(people(DUTY).post(f"{BASE}/responses", a_proposal(**more)))["id"]
    return id_


def test_a_red_warning_suggests_level_three_and_a_deputy_head_decides(people: Callable[..., Person]) -> None:
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


def test_numbers_suggest_a_level_and_nothing_suggests_none(people: Callable[..., Person]) -> None:
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
def test_what_cannot_be_proposed_is_refused(people: Callable[..., Person], change: dict[str, Any], code: str) -> None:
    assert code_of(people(DUTY).post(f"{BASE}/responses", a_proposal(level="iv", **change))) == code


def test_neither_a_test_nor_a_lifted_warning_is_a_reason(people: Callable[..., Person]) -> None:
    test = made(people(DUTY).post(f"{BASE}/warnings", typed(COUNTY, status="exercise")))
    over = made(people(DUTY).post(f"{BASE}/warnings", typed(COUNTY)))
    lift = {"warning_id": typed(COUNTY)["warning_id"], "issuing_authority": over["issuing_authority"], "sent_at": said()}
    made(people(DUTY).post(f"{BASE}/warnings/{over['id']}/cancel", lift))

    assert code_of(people(DUTY).post(f"{BASE}/responses", a_proposal(warning_id=test["id"]))) == "only_a_test"
    assert code_of(people(DUTY).post(f"{BASE}/responses", a_proposal(warning_id=over["id"]))) == "warning_not_in_force"


def test_who_decides_may_say_another_level_within_their_rank(people: Callable[..., Person]) -> None:
    id_ = proposed(people, level="iv")

    assert code_of(people(OFFICE).post(f"{BASE}/responses/{id_}/decide", a_decision(level="ii"))) == "wrong_role"
    assert made(people(HEAD).post(f"{BASE}/responses/{id_}/decide", a_decision(level="ii")))["level"] == "ii"


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
def test_a_decision_says_until_when_and_what(people: Callable[..., Person], change: dict[str, Any], code: str) -> None:
    assert code_of(people(HEAD).post(f"{BASE}/responses/{proposed(people, level='iv')}/decide", a_decision(**change))) == code


def test_it_is_adjusted_by_rank_of_the_graver_level_and_lifted_and_reviewed(people: Callable[..., Person]) -> None:
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


def test_it_may_be_declined_and_those_above_are_told(
    people: Callable[..., Person], suite: RunningSuite, background: Loop
) -> None:
    id_ = proposed(people, level="iv")
    path = f"{BASE}/responses/{id_}"

    phoned = made(people(DUTY).post(f"{path}/report_by_phone"))
    clocks = {row["rule_key"] for row in _rows(suite, background, _RUNNING_CLOCKS, id_)}
    assert phoned["phoned_at"]
    assert clocks == {"inventory.response_decide", "inventory.report_written"}
    assert made(people(OFFICE).post(f"{path}/decline", {"reason": "未达条件"}))["state"] == "declined"
    assert _rows(suite, background, _RUNNING_CLOCKS, id_) == []


def test_everybody_who_works_there_reads_it_and_no_other_county(people: Callable[..., Person]) -> None:
    path = f"{BASE}/responses/{proposed(people, level='iv')}"

    assert people("disaster_info_officer", TOWNS[0][:9]).get(path).status_code == 200
    assert people(DUTY, "990406").get(path).status_code == 404
    assert people(HEAD, "990406").post(f"{path}/decide", a_decision()).status_code == 404
    assert code_of(people("resident").get(path)) == "insufficient_scope"


# --- reports -----------------------------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("towns")
def test_townships_and_the_county_report_at_once_each_day_and_at_the_end(
    people: Callable[..., Person], suite: RunningSuite, background: Loop, eventually: Wait
) -> None:
    eventually(lambda: len(_rows(suite, background, "SELECT 1 FROM known_area WHERE area_code LIKE $1", f"{COUNTY}%")) == 3)
    path = f"{BASE}/responses/{proposed(people, level='iv')}"
    response = made(people(OFFICE).post(f"{path}/decide", a_decision()))
    listed = made(people(DUTY).get(f"{BASE}/situations?response_id={response['id']}"))["items"]
    by_area = {line["area_code"]: line for line in listed}

    assert by_area.keys() == {AREA, *TOWNS}
    began = dt.datetime.fromisoformat(response["decided_at"])
    assert [_due(by_area[code]) - began for code in (TOWNS[0], AREA)] == [HOUR, 2 * HOUR]
    officer, situation = people("disaster_info_officer", TOWNS[0][:9]), f"{BASE}/situations/{by_area[TOWNS[0]]['id']}"
    other = f"{BASE}/situations/{by_area[TOWNS[1]]['id']}"
    assert officer.post(f"{other}/report", {}).status_code == 404

    first = made(officer.post(f"{situation}/report", {"relocated": 120, "houses_damaged": 7, "crop_hectares": "12.50"}))
    assert (first["state"], first["relocated"], first["crop_hectares"], first["skips_level"]) == ("daily", 120, "12.500", False)
    local = _due(first).astimezone(LOCAL)
    assert (local.hour, local.minute) == (8, 0)
    assert dt.timedelta(0) < local - dt.datetime.now(LOCAL) <= DAY

    extra = made(officer.post(f"{situation}/report", {"dead": 6, "missing": 4, "relocated": 200}))
    assert (extra["skips_level"], extra["due_at"]) == (True, first["due_at"])
    totals = made(people(DUTY).get(f"{path}/totals"))
    assert (totals["relocated"], totals["dead"], totals["townships"], totals["reported"]) == (200, 6, 2, 1)

    county = f"{BASE}/situations/{by_area[AREA]['id']}"
    zero = made(people(DUTY).post(f"{county}/report", {}))
    assert (zero["state"], zero["relocated"], _due(zero).astimezone(LOCAL).hour) == ("daily", 0, 9)
    made(people(OFFICE).post(f"{path}/lift", {"reason": "险情解除"}))
    final = made(officer.post(f"{situation}/report", {"missing": 0}))
    assert (final["state"], final["actions"], final["due_at"]) == ("done", [], None)
    assert (final["dead"], final["missing"], final["relocated"], final["skips_level"]) == (6, 0, 200, False)
    kinds = [line["kind"] for line in made(officer.get(f"{situation}/past_reports"))["items"]]
    assert kinds == ["first", "continued", "final"]
    clocks = {row["rule_key"] for row in _rows(suite, background, _RUNNING_CLOCKS, by_area[TOWNS[1]]["id"])}
    assert clocks == {"inventory.report_final"}


def test_a_report_of_tomorrow_or_of_long_ago_is_none(people: Callable[..., Person]) -> None:
    response = made(people(OFFICE).post(f"{BASE}/responses/{proposed(people, level='iv')}/decide", a_decision()))
    [county] = [
        line
        for line in made(people(DUTY).get(f"{BASE}/situations?response_id={response['id']}"))["items"]
        if line["level"] == "county"
    ]

    for when in (HOUR, -2 * DAY):
        body = {"data_to": said(when)}
        assert code_of(people(DUTY).post(f"{BASE}/situations/{county['id']}/report", body)) == "data_ahead"


def test_a_day_without_a_report_is_counted_and_the_next_becomes_due(
    people: Callable[..., Person], suite: RunningSuite, background: Loop, eventually: Wait
) -> None:
    response = made(people(OFFICE).post(f"{BASE}/responses/{proposed(people, level='iv')}/decide", a_decision()))
    lines = made(people(DUTY).get(f"{BASE}/situations?response_id={response['id']}"))["items"]
    id_ = next(line["id"] for line in lines if line["level"] == "county")
    path = f"{BASE}/situations/{id_}"
    due = _due(made(people(DUTY).post(f"{path}/report", {})))

    past = "UPDATE clock SET warned_at = now(), next_at = now() WHERE owner_id = $1 AND stopped_at IS NULL RETURNING 1"
    _rows(suite, background, past, id_)

    eventually(lambda: made(people(DUTY).get(path))["missed_times"] == 1)
    assert _due(made(people(DUTY).get(path))) == due + DAY
    told = [event for event in _told(suite, background, id_) if event["type"].endswith("report_due.v1")]
    assert [event["data"]["is_overdue"] for event in told] == [False, True]
    assert {event["correlationid"] for event in told[1:]} == {response["correlation_id"]}


# --- volunteers, and the thread ----------------------------------------------------------------------------------------------


def test_volunteers_are_called_for_and_the_thread_says_so_from_the_warning_on(
    people: Callable[..., Person], eventually: Wait
) -> None:
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


def _thread(people: Callable[..., Person], path: str) -> list[str]:
    return [line["event"] for line in made(people(DUTY).get(f"{path}/timeline"))["items"]]


def test_shelters_are_proposed_and_teams_called_as_the_level_asks(people: Callable[..., Person], eventually: Wait) -> None:
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
    made(people(HEAD).post(f"{path}/lift", {"reason": "险情解除"}))
    eventually(lambda: _thread(people, path).count("shelter.passed_over") == 2)
    eventually(lambda: _thread(people, path).count("mobilized_team.released") == 1)


KIT = {
    "1990100": ("棉被", "床", "1", 1, False, 300),
    "1990200": ("帐篷", "顶", "1", 4, False, 75),
    "1990300": ("饮用水", "升", "4.5", 1, True, 4_050),
    "1990400": ("方便食品", "份", "3", 1, True, 2_700),
    "1990500": ("手电筒", "个", "1", 2, False, 150),
}
"""Name, unit, how much for how many people, whether each day, and what 300 people need for three days."""
STOCK_COUNTY = "990406"


@pytest.fixture(scope="module")
def stocked(suite: RunningSuite) -> None:
    """Put more than 300 people's kit into two stores, of which neither has enough alone."""
    manager = suite.somebody("inventory_manager", STOCK_COUNTY)
    keepers = [suite.somebody("warehouse_keeper", STOCK_COUNTY, subject=f"keeper-{number}") for number in range(3)]
    stores = []
    for level in ("county", "town"):
        store = {"area_code": f"{STOCK_COUNTY}001001", "name": f"示例{level}库", "level": level}
        stores.append(made(manager.post(f"{BASE}/storage_points", store))["id"])
    for code, (name, unit, qty, persons, is_daily, needed) in KIT.items():
        kit = {"kit_qty": qty, "kit_persons": persons, "is_daily": is_daily}
        body = {"area_code": f"{STOCK_COUNTY}000000", "code": code, "name": name, "unit": unit, **kit}
        type_id = made(manager.post(f"{BASE}/resource_types", body))["id"]
        for store in stores:
            _put_in(keepers, store, type_id, f"{needed * 6 // 10}")


def _put_in(keepers: list[Person], point_id: str, type_id: str, qty: str) -> None:
    """Receive a lot and let a second keeper count it."""
    lot = {"type_id": type_id, "point_id": point_id, "lot_no": f"L-{type_id[-6:]}", "qty": qty, "source": "purchase"}
    received = made(
        keepers[0].post(f"{BASE}/lots", lot | {"supplier": "示例公司"}, Idempotency_Key=f"lot-{point_id}-{type_id}")
    )
    path = f"{BASE}/lots/{received['id']}/inspect_ok"
    made(keepers[1].post(path, {"counted_qty": qty}, Idempotency_Key=f"ok-{received['id']}"))


@pytest.mark.usefixtures("stocked")
def test_three_hundred_people_are_promised_their_kit_for_three_days_from_several_stores(
    people: Callable[..., Person], eventually: Wait
) -> None:
    area = {"areas": [f"{STOCK_COUNTY}000000"], "expected_persons": 300, "expected_days": 3, "level": "iii"}
    response = made(people(DUTY, STOCK_COUNTY).post(f"{BASE}/responses", a_proposal(**area)))
    path = f"{BASE}/responses/{response['id']}"
    decision = a_decision(measures=["reserve_supplies"])
    made(people(DEPUTY, STOCK_COUNTY).post(f"{path}/decide", decision))

    def supplies() -> dict[str, tuple[str, str, str]]:
        lines = made(people(DUTY, STOCK_COUNTY).get(f"{path}/supplies"))["items"]
        return {line["type_code"]: (line["needed"], line["promised"], line["missing"]) for line in lines}

    wanted = {code: (f"{needed}.000", f"{needed}.000", "0.000") for code, (*_, needed) in KIT.items()}
    eventually(lambda: supplies() == wanted)

    def promised() -> int:
        lines = made(people(DUTY, STOCK_COUNTY).get(f"{path}/timeline"))["items"]
        return [line["event"] for line in lines].count("dispatch_order.approved")

    eventually(lambda: promised() == 2)

    # More people: what is left is promised, and what lacks is said.
    more = {"reason": "转移人数增加", "expected_persons": 400}
    made(people(DEPUTY, STOCK_COUNTY).post(f"{path}/adjust", more))
    eventually(lambda: supplies()["1990100"] == ("400.000", "360.000", "40.000"))

    # It is over before anybody fetched it.
    made(people(DEPUTY, STOCK_COUNTY).post(f"{path}/lift", {"reason": "险情解除"}))
    eventually(lambda: supplies()["1990100"] == ("400.000", "0.000", "400.000"))


@pytest.mark.usefixtures("stocked")
def test_the_first_batch_stops_one_clock_and_what_nobody_fetched_is_free_after_the_lift(
    people: Callable[..., Person], suite: RunningSuite, background: Loop, eventually: Wait
) -> None:
    manager, keeper, duty = (people(role, STOCK_COUNTY) for role in ("inventory_manager", "warehouse_keeper", DUTY))
    area = {"areas": [f"{STOCK_COUNTY}000000"], "expected_persons": 190, "expected_days": 1, "level": "iii"}
    path = f"{BASE}/responses/{made(duty.post(f'{BASE}/responses', a_proposal(**area)))['id']}"
    begun = made(people(DEPUTY, STOCK_COUNTY).post(f"{path}/decide", a_decision(measures=["reserve_supplies"])))

    def orders() -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = made(manager.get(f"{BASE}/dispatch_orders?response_id={begun['id']}"))["items"]
        return found

    def step(order: dict[str, Any], who: Person, action: str, content: Any = None) -> None:
        path = f"{BASE}/dispatch_orders/{order['id']}/{action}"
        made(who.post(path, content, Idempotency_Key=f"{action}-{order['id']}"))

    eventually(lambda: len(orders()) == 2)
    due = {row["rule_key"]: row["due_at"] for row in _rows(suite, background, _RUNNING_CLOCKS, begun["id"])}
    assert due["inventory.first_batch"] - dt.datetime.fromisoformat(begun["decided_at"]) == 12 * HOUR
    assert [row for order in orders() for row in _rows(suite, background, _RUNNING_CLOCKS, order["id"])] == []

    first, left = orders()
    for action, content in (("pick", None), ("issue", None), ("depart", {"transports": [{"carrier": "示例县运输公司"}]})):
        step(first, keeper, action, content)
    items = made(manager.get(f"{BASE}/dispatch_orders/{first['id']}"))["items"]
    step(first, duty, "receive", {"items": [{"item_id": item["id"], "received_qty": item["issued_qty"]} for item in items]})
    eventually(lambda: made(duty.get(path))["first_batch_at"] is not None)
    clocks = {row["rule_key"] for row in _rows(suite, background, _RUNNING_CLOCKS, begun["id"])}
    assert "inventory.first_batch" not in clocks

    made(people(DEPUTY, STOCK_COUNTY).post(f"{path}/lift", {"reason": "险情解除"}))
    eventually(
        lambda: {order["id"]: order["state"] for order in orders()} == {first["id"]: "received", left["id"]: "cancelled"}
    )
    eventually(lambda: "dispatch_order.cancelled" in [line["event"] for line in made(duty.get(f"{path}/timeline"))["items"]])
    promised = "SELECT 1 FROM reservation WHERE order_id = $1"
    assert _rows(suite, background, promised, left["id"]) == []


# --- the end -----------------------------------------------------------------------------------------------------------------


def test_thirty_days_after_the_lift_every_service_purges_and_answers(
    people: Callable[..., Person], suite: RunningSuite, background: Loop, eventually: Wait
) -> None:
    path = f"{BASE}/responses/{proposed(people, level='iv')}"
    session_id = made(people(OFFICE).post(f"{path}/decide", a_decision()))["session_id"]
    session = f"{BASE}/emergency_sessions/{session_id}"
    assert made(people(DUTY).get(session))["state"] == "open"
    lifted = made(people(OFFICE).post(f"{path}/lift", {"reason": "险情解除"}))
    [clock] = _rows(suite, background, _RUNNING_CLOCKS, session_id)
    assert clock["next_at"] - dt.datetime.fromisoformat(lifted["lifted_at"]) == 30 * DAY

    _rows(suite, background, "UPDATE clock SET due_at = now(), next_at = now() WHERE owner_id = $1 RETURNING 1", session_id)

    eventually(lambda: made(people(DUTY).get(session))["state"] == "purged")
    answered = made(people(DUTY).get(session))
    assert {answer["service"] for answer in answered["answers"]} >= {"incidents", "inventory", "personnel", "timebank"}
    assert (answered["missing"], {answer["rows"] for answer in answered["answers"]}) == ([], {0})


# --- helpers -----------------------------------------------------------------------------------------------------------------

_RUNNING_CLOCKS = "SELECT rule_key, due_at, next_at FROM clock WHERE owner_id = $1 AND stopped_at IS NULL"


def _due(line: dict[str, Any]) -> dt.datetime:
    return dt.datetime.fromisoformat(line["due_at"])


def _rows(suite: RunningSuite, background: Loop, sql: str, value: str) -> list[Any]:
    async def fetch() -> list[Any]:
        connection = await asyncpg.connect(suite.postgres.url("inventory"))
        try:
            return list(await connection.fetch(sql, value))
        finally:
            await connection.close()

    return list(background.run(fetch()))


def _told(suite: RunningSuite, background: Loop, id_: str) -> list[dict[str, Any]]:
    sql = "SELECT envelope FROM outbox WHERE aggregate_id = $1 ORDER BY event_no"
    return [orjson.loads(row["envelope"]) for row in _rows(suite, background, sql, id_)]
