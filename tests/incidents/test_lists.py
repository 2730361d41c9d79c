"""Lists: every filter narrows them, alone and together, within the caller's jurisdiction."""

import itertools
import uuid
from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

import pytest

from tests.conftest import RunningSuite

INCIDENTS = "/incidents/v1/incidents"


@pytest.fixture(scope="module")
def category(suite: RunningSuite) -> str:
    """Return a category that no other test files anything under."""
    code = f"S-98{uuid.uuid4().int % 100:02}"
    new = {"county_code": "990101", "code": code, "name": "示例", "source_ref": "示例"}
    assert suite.somebody("county_admin", "990101").post("/incidents/v1/categories", new).status_code == 201
    return code


@pytest.fixture(scope="module")
def made(suite: RunningSuite, category: str) -> list[dict[str, Any]]:
    """Return four incidents: two townships, filed and accepted."""
    acceptor = suite.somebody("town_acceptor", "990101")
    incidents = []
    for area, is_filed in itertools.product(("990101001001", "990101002001"), (True, False)):
        incident = acceptor.post(INCIDENTS, {"title": "路灯不亮", "area_code": area}).json()
        at = f"{INCIDENTS}/{incident['id']}"
        incident = acceptor.post(f"{at}/accept", {}).json()
        if is_filed:
            incident = acceptor.post(f"{at}/file", {"category": category, "grid_code": f"{area}001"}).json()
        incidents.append(incident)
    return incidents


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        pytest.param({}, [3, 2, 1, 0], id="none"),
        pytest.param({"area_code": "990101000000"}, [3, 2, 1, 0], id="a county"),
        pytest.param({"area_code": "990101002000"}, [3, 2], id="a township"),
        pytest.param({"area_code": "990101001001"}, [1, 0], id="a community"),
        pytest.param({"grid_code": "990101002001001"}, [2], id="a grid"),
        pytest.param({"state": "filed", "category": True}, [2, 0], id="state and category"),
        pytest.param({"area_code": "990101001000", "category": True}, [0], id="area and category"),
        pytest.param({"area_code": "990101001000", "state": "accepted"}, [1], id="area and state"),
        pytest.param({"category": True, "lead_org": "990101-nobody"}, [], id="another organisation"),
    ],
)
def test_every_filter_narrows_a_list(
    suite: RunningSuite, made: list[dict[str, Any]], category: str, query: dict[str, Any], expected: list[int]
) -> None:
    asked = {**query, **({"category": category} if query.get("category") else {}), "reported_from": made[0]["reported_at"]}

    listed = suite.person("county_admin").get(f"{INCIDENTS}?{urlencode(asked)}").json()["items"]

    places = {incident["id"]: place for place, incident in enumerate(made)}
    assert [places[one["id"]] for one in listed if one["id"] in places] == expected


def test_a_time_begins_with_its_first_moment_and_ends_before_its_last(suite: RunningSuite, made: list[dict[str, Any]]) -> None:
    asked = {"reported_from": made[1]["reported_at"], "reported_before": made[3]["reported_at"]}

    listed = suite.person("county_admin").get(f"{INCIDENTS}?{urlencode(asked)}").json()["items"]

    assert {one["id"] for one in listed} >= {made[1]["id"], made[2]["id"]}
    assert not {one["id"] for one in listed} & {made[0]["id"], made[3]["id"]}


@pytest.mark.usefixtures("made")
def test_a_filter_never_reaches_beyond_the_jurisdiction(suite: RunningSuite) -> None:
    of_the_first = suite.somebody("town_acceptor", "990101001")

    answer = of_the_first.get(f"{INCIDENTS}?area_code=990101002000")

    assert answer.json()["items"] == []
    assert of_the_first.get(f"{INCIDENTS}?area_code=990101001000").json()["items"]


def test_what_is_late_is_listed_apart(
    suite: RunningSuite, made: list[dict[str, Any]], eventually: Callable[[Callable[[], bool]], None]
) -> None:
    county = suite.somebody("county_admin", "990101")
    late = suite.somebody("town_acceptor", "990101").post(
        INCIDENTS, {"title": "路灯不亮", "area_code": "990101001001"}, **{"As-Of": "2026-01-05T09:00:00+08:00"}
    )

    def listed(overdue: str) -> set[str]:
        asked = f"overdue={overdue}&area_code=990101001001&reported_before=2026-01-06T00:00:00Z"
        return {one["id"] for one in county.get(f"{INCIDENTS}?{asked}").json()["items"]}

    eventually(lambda: late.json()["id"] in listed("true"))
    assert late.json()["id"] not in listed("false")
    suite.somebody("town_acceptor", "990101").post(f"{INCIDENTS}/{late.json()['id']}/accept", {})
    assert late.json()["id"] not in listed("true")
    assert late.json()["id"] in listed("false")
    assert made[0]["id"] not in {one["id"] for one in county.get(f"{INCIDENTS}?overdue=true&limit=100").json()["items"]}
