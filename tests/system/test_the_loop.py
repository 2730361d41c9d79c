"""One report, from found to closed, over HTTP, each step by the role whose step it is.

The check goes to a worker who is on shift in the grid, which the incidents service knows from personnel's events alone.
"""

from collections.abc import Callable
from typing import Any

import pytest

from tests.conftest import Person, RunningSuite

INCIDENTS = "/incidents/v1/incidents"
WATER = "990101-water"
STEPS: list[tuple[str, str, dict[str, Any] | None, str]] = [
    ("accept", "town_acceptor", {}, "accepted"),
    ("file", "town_acceptor", {"category": "C-0101"}, "filed"),
    ("dispatch", "town_dispatcher", {"lead_org": WATER}, "dispatched"),
    ("sign", "dept_desk", {"handler_id": "demo-dept_handler"}, "in_progress"),
    ("submit", "dept_handler", {"result": "已更换井盖并复位"}, "dept_review"),
    ("confirm", "dept_leader", None, "handled"),
    ("order_check", "town_acceptor", None, "checking"),
]
Wait = Callable[[Callable[[], bool]], None]


def a_report(suite: RunningSuite) -> dict[str, Any]:
    made: dict[str, Any] = (
        suite.person("resident").post(INCIDENTS, {"title": "井盖缺失", "location": {"lon": 120.160, "lat": 30.272}}).json()
    )
    assert made["grid_code"] == "990101001001003"
    return made


def take(suite: RunningSuite, incident_id: str, steps: list[tuple[str, str, dict[str, Any] | None, str]]) -> None:
    for action, role, body, state in steps:
        answer = suite.person(role).post(f"{INCIDENTS}/{incident_id}/{action}", body)
        assert (answer.status_code, answer.json().get("state")) == (200, state), answer.text


@pytest.fixture
def worker(suite: RunningSuite) -> Person:
    return suite.person("grid_worker_003")


def on_shift(worker: Person) -> str:
    shift_id: str = worker.post("/personnel/v1/shifts", {"grid_code": "990101001001003"}).json()["id"]
    return shift_id


def test_a_report_goes_from_found_to_closed(suite: RunningSuite, worker: Person, eventually: Wait) -> None:
    incident = a_report(suite)
    path = f"{INCIDENTS}/{incident['id']}"
    shift_id = on_shift(worker)
    take(suite, incident["id"], STEPS)
    eventually(lambda: worker.get(path).json()["actions"] == ["checked", "check_failed", "check_unclear"])

    checked = worker.post(f"{path}/checked", {"reason": "看过,已装好"})
    closed = suite.person("town_acceptor").post(f"{path}/close", {})

    assert (checked.status_code, checked.json()["state"]) == (200, "checked")
    assert (closed.status_code, closed.json()["state"], closed.json()["actions"]) == (200, "closed", [])
    history = suite.person("town_acceptor").get(f"{path}/history").json()["steps"]
    assert [step["action"] for step in history] == ["report", *(step[0] for step in STEPS), "checked", "close"]
    assert [step["to_state"] for step in history][:-1] == [step["from_state"] for step in history][1:]
    worker.post(f"/personnel/v1/shifts/{shift_id}/end")


def test_no_step_is_taken_by_another_role(suite: RunningSuite) -> None:
    incident = a_report(suite)
    path = f"{INCIDENTS}/{incident['id']}"
    roles = [role for role in suite.tokens if role not in {"grid_worker", "grid_worker_002"}]

    for action, right, body, _state in STEPS:
        for wrong in roles:
            if wrong != right:
                answer = suite.person(wrong).post(f"{path}/{action}", body)
                assert answer.status_code in {403, 404}, f"{wrong} may {action}"
        take(suite, incident["id"], [step for step in STEPS if step[0] == action])


def test_a_check_waits_for_the_next_worker_on_shift(suite: RunningSuite, worker: Person, eventually: Wait) -> None:
    incident = a_report(suite)
    path = f"{INCIDENTS}/{incident['id']}"
    acceptor = suite.person("town_acceptor")

    take(suite, incident["id"], STEPS)
    assert acceptor.get(path).json()["checker_id"] is None

    shift_id = on_shift(worker)
    eventually(lambda: acceptor.get(path).json()["checker_id"] is not None)

    worker.post(f"/personnel/v1/shifts/{shift_id}/end")
    eventually(lambda: acceptor.get(path).json()["checker_id"] is None)


def test_another_department_does_not_see_the_case(suite: RunningSuite) -> None:
    incident = a_report(suite)
    take(suite, incident["id"], STEPS[:3])
    other = suite.somebody("dept_desk", "990101", org="990101-power")

    assert other.get(f"{INCIDENTS}/{incident['id']}").status_code == 404
    assert other.post(f"{INCIDENTS}/{incident['id']}/sign", {"handler_id": "x"}).status_code == 404


def test_only_organisations_that_personnel_told_of_are_dispatched_to(suite: RunningSuite) -> None:
    incident = a_report(suite)
    take(suite, incident["id"], STEPS[:2])

    answer = suite.person("town_dispatcher").post(f"{INCIDENTS}/{incident['id']}/dispatch", {"lead_org": "990101-moon"})

    assert (answer.status_code, answer.json()["code"]) == (422, "unknown_organisation")


def test_a_report_without_a_grid_gets_one_when_it_is_filed(suite: RunningSuite) -> None:
    acceptor = suite.person("town_acceptor")
    made = acceptor.post(INCIDENTS, {"title": "路灯不亮", "area_code": "990101001000"}).json()
    path = f"{INCIDENTS}/{made['id']}"
    acceptor.post(f"{path}/accept", {})

    nowhere = acceptor.post(f"{path}/file", {"category": "C-0137"})
    unknown = acceptor.post(f"{path}/file", {"category": "C-0137", "grid_code": "990101001009009"})
    foreign = acceptor.post(f"{path}/file", {"category": "C-0137", "grid_code": "990101002001001"})
    filed = acceptor.post(f"{path}/file", {"category": "C-0137", "grid_code": "990101001001003"})

    assert [answer.json()["code"] for answer in (nowhere, unknown, foreign)] == [
        "grid_missing",
        "unknown_grid",
        "outside_your_area",
    ]
    assert (filed.json()["state"], filed.json()["grid_code"], filed.json()["area_code"]) == (
        "filed",
        "990101001001003",
        "990101001001",
    )
    assert suite.person("grid_worker_003").get(path).status_code == 200
