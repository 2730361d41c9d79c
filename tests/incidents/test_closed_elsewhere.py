"""Cases that another system closed: in with their own times, put away, once, and no clock runs."""

import datetime as dt
import uuid
from collections.abc import Callable
from typing import Any

import asyncpg
import pytest

from tests.conftest import Loop, Person, RunningSuite

INCIDENTS = "/incidents/v1/incidents"
PATH = f"{INCIDENTS}/import_closed"
TIMES = {
    "found_at": "2020-01-01T08:00:00+08:00",
    "reported_at": "2020-01-01T09:30:00+08:00",
    "closed_at": "2020-01-03T17:00:00+08:00",
}


@pytest.fixture
def application(suite: RunningSuite) -> Person:
    return suite.somebody("integrator", "990101", scope="history:import incidents:read")


def a_case(**more: Any) -> dict[str, Any]:
    reference = {"system": "old-hotline", "code": str(uuid.uuid4())}
    return {"title": "井盖缺失", "location": {"lon": 120.156, "lat": 30.272}, "reference": reference, **TIMES, **more}


def brought_in(application: Person, *cases: dict[str, Any]) -> list[dict[str, Any]]:
    answer = application.post(PATH, {"reports": list(cases)})
    assert answer.status_code == 200, answer.text
    results: list[dict[str, Any]] = answer.json()["results"]
    return results


def test_a_closed_case_keeps_its_own_times_and_is_put_away(suite: RunningSuite, application: Person) -> None:
    [result] = brought_in(application, a_case(lead_org="990101-water", category="C-0101", source="hotline_12345"))

    incident = application.get(f"{INCIDENTS}/{result['incident_id']}").json()
    assert result["result"] == "created"
    assert (incident["state"], incident["grid_code"]) == ("archived", "990101001001002")
    assert {name: dt.datetime.fromisoformat(incident[name]) for name in TIMES} == {
        name: dt.datetime.fromisoformat(at) for name, at in TIMES.items()
    }
    assert incident["terminal_at"] == incident["closed_at"]
    assert (incident["lead_org"], incident["category"]) == ("990101-water", "C-0101")
    assert suite.person("town_acceptor").get(f"{INCIDENTS}/{result['incident_id']}").json()["actions"] == []


def test_no_clock_starts(suite: RunningSuite, background: Loop, application: Person) -> None:
    [result] = brought_in(application, a_case())

    async def clocks() -> int:
        connection = await asyncpg.connect(suite.postgres.url("incidents"))
        count = await connection.fetchval("SELECT count(*) FROM clock WHERE owner_id = $1", uuid.UUID(result["incident_id"]))
        await connection.close()
        return int(count)

    assert application.get(f"{INCIDENTS}/{result['incident_id']}/clocks").json()["items"] == []
    assert background.run(clocks()) == 0


def test_the_timeline_tells_what_happened_elsewhere_and_when_it_came_in(application: Person) -> None:
    [result] = brought_in(application, a_case(lead_org="990101-water"))

    lines = application.get(f"{INCIDENTS}/{result['incident_id']}/timeline").json()["lines"]

    assert [(line["what"], line["at"][:10], line["org"]) for line in lines[:2]] == [
        ("report", "2020-01-01", None),
        ("close", "2020-01-03", "990101-water"),
    ]
    assert (lines[2]["what"], lines[2]["actor_role"]) == ("import_closed", "integrator")
    assert lines[2]["at"] > "2026"
    assert len(lines) == 3


def test_lists_have_it_where_it_was_reported(suite: RunningSuite, application: Person) -> None:
    [result] = brought_in(application, a_case())

    asked = "state=archived&reported_from=2020-01-01T01:30:00Z&reported_before=2020-01-01T01:30:01Z"
    listed = suite.person("county_admin").get(f"{INCIDENTS}?{asked}&limit=200").json()["items"]

    assert result["incident_id"] in {one["id"] for one in listed}


def test_the_second_time_it_is_known(application: Person) -> None:
    case = a_case()
    [first] = brought_in(application, case)

    second, twin = brought_in(application, {**case, "title": "井盖缺失,已恢复"}, case)

    assert (second["result"], second["incident_id"]) == ("known", first["incident_id"])
    assert twin["result"] == "known"


def test_it_is_told_of_by_an_event_of_its_own(
    suite: RunningSuite, background: Loop, application: Person, eventually: Callable[[Callable[[], bool]], None]
) -> None:
    [result] = brought_in(application, a_case())

    async def told() -> list[str]:
        connection = await asyncpg.connect(suite.postgres.url("incidents"))
        rows = await connection.fetch("SELECT subject FROM outbox WHERE aggregate_id = $1", uuid.UUID(result["incident_id"]))
        await connection.close()
        return [row["subject"] for row in rows]

    eventually(lambda: bool(background.run(told())))
    assert background.run(told()) == ["gw.990101.incidents.incident.closed_imported.v1"]


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        pytest.param({"closed_at": "2019-12-31T00:00:00Z"}, "times_in_disorder", id="closed before it was found"),
        pytest.param({"reported_at": "2020-02-01T00:00:00Z"}, "times_in_disorder", id="reported when it was closed"),
        pytest.param({"closed_at": "2099-01-01T00:00:00Z"}, "times_in_disorder", id="still to be closed"),
        pytest.param({"category": "C-9999"}, "unknown_category", id="no such category"),
        pytest.param({"lead_org": "990101-nobody"}, "unknown_organisation", id="no such organisation"),
        pytest.param({"location": {"lon": 10.0, "lat": 10.0}}, "outside_every_grid", id="nowhere"),
    ],
)
def test_what_cannot_have_been_is_refused_and_stops_no_other(application: Person, wrong: dict[str, Any], code: str) -> None:
    refused, other = brought_in(application, a_case(**wrong), a_case())

    assert (refused["result"], refused["code"]) == ("refused", code)
    assert other["result"] == "created"


@pytest.mark.parametrize("left_out", ["found_at", "closed_at", "reference"])
def test_its_times_and_its_number_are_asked_for(application: Person, left_out: str) -> None:
    case = a_case()
    del case[left_out]

    assert application.post(PATH, {"reports": [case]}).status_code == 422


def test_no_role_is_enough(suite: RunningSuite) -> None:
    answer = suite.person("county_admin").post(PATH, {"reports": [a_case()]})

    assert (answer.status_code, answer.json()["code"]) == (403, "insufficient_scope")
