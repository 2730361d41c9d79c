"""Two townships are merged (撤并): what was reported under the old code, what is asked by it, and who works there, go on.

A report is filed under either code before the merger. Then the old code leads to the new area: in lists, in reports, in
tokens. Services hear of it by personnel's event.
"""

from collections.abc import Callable
from typing import Any

import pytest

from tests.conftest import Person, RunningSuite

AREAS, INCIDENTS = "/personnel/v1/areas", "/incidents/v1/incidents"
COUNTY, OLD, NEW = "990112", "990112001000", "990112002000"
MOVED = f"{OLD}>{NEW}"
Eventually = Callable[[Callable[[], bool]], None]


@pytest.fixture(scope="module")
def admin(suite: RunningSuite) -> Person:
    return suite.somebody("county_admin", COUNTY, subject="admin-990112")


def reported(person: Person, area_code: str) -> dict[str, Any]:
    made = person.post(INCIDENTS, {"title": "路灯不亮", "area_code": area_code})
    assert made.status_code == 201, made.text
    incident: dict[str, Any] = made.json()
    return incident


@pytest.fixture(scope="module")
def merged(admin: Person) -> dict[str, dict[str, Any]]:
    """Return an incident of each township, reported before the first was merged into the second."""
    made = {code: admin.post(AREAS, {"area_code": code, "level": "township", "name": "示例镇"}).json() for code in (OLD, NEW)}
    incidents = {code: reported(admin, code) for code in (OLD, NEW)}
    retired = admin.post(f"{AREAS}/{made[OLD]['id']}/retire", {"merged_into": NEW})
    assert retired.status_code == 200, retired.text
    return incidents


@pytest.fixture
def heard(merged: dict[str, dict[str, Any]], admin: Person, eventually: Eventually) -> dict[str, dict[str, Any]]:
    """Wait until incidents knows of the merger."""
    eventually(lambda: "Area-Moved" in admin.get(f"{INCIDENTS}?area_code={OLD}").headers)
    return merged


def test_a_list_by_the_old_or_the_new_code_has_what_was_put_under_either(
    admin: Person, heard: dict[str, dict[str, Any]]
) -> None:
    by_code = {code: admin.get(f"{INCIDENTS}?area_code={code}&limit=200") for code in (OLD, NEW)}

    for answer in by_code.values():
        assert {one["id"] for one in answer.json()["items"]} >= {one["id"] for one in heard.values()}
    assert [answer.headers.get("Area-Moved") for answer in by_code.values()] == [MOVED, None]


def test_a_report_by_the_old_code_lands_in_the_new_area(admin: Person, heard: dict[str, dict[str, Any]]) -> None:
    report = {"title": "路灯不亮", "area_code": OLD}

    single = admin.post(INCIDENTS, report)
    many = admin.post(f"{INCIDENTS}/batch", {"reports": [report]})
    one_of_many = admin.get(f"{INCIDENTS}/{many.json()['results'][0]['incident_id']}")

    assert heard[OLD]["area_code"] == OLD
    assert [answer.json()["area_code"] for answer in (single, one_of_many)] == [NEW, NEW]
    assert [answer.headers["Area-Moved"] for answer in (single, many)] == [MOVED, MOVED]


@pytest.mark.parametrize("area", [OLD[:9], NEW[:9]])
def test_who_works_in_either_works_in_both(suite: RunningSuite, heard: dict[str, dict[str, Any]], area: str) -> None:
    acceptor = suite.somebody("town_acceptor", area, subject=f"acceptor-{area}")

    seen = {one["id"] for one in acceptor.get(f"{INCIDENTS}?limit=200").json()["items"]}
    accepted = [acceptor.post(f"{INCIDENTS}/{reported(acceptor, code)['id']}/accept", {}) for code in (OLD, NEW)]

    assert seen >= {one["id"] for one in heard.values()}
    assert [answer.status_code for answer in accepted] == [200, 200]
    assert acceptor.get(f"{INCIDENTS}?area_code={COUNTY}003000").json()["items"] == []


@pytest.mark.usefixtures("heard")
def test_who_works_in_neither_sees_nothing_of_it(suite: RunningSuite) -> None:
    neighbour = suite.somebody("town_acceptor", f"{COUNTY}003", subject="neighbour")

    assert neighbour.get(f"{INCIDENTS}?area_code={OLD}").json()["items"] == []


def test_an_area_is_merged_into_one_of_its_level_in_the_same_hands(suite: RunningSuite, admin: Person) -> None:
    made = admin.post(AREAS, {"area_code": f"{COUNTY}004000", "level": "township", "name": "示例镇"}).json()
    admin.post(AREAS, {"area_code": f"{COUNTY}000000", "level": "county", "name": "示例县"})
    other = suite.somebody("county_admin", "990114", subject="admin-990114")
    other.post(AREAS, {"area_code": "990114001000", "level": "township", "name": "示例镇"})

    refused = {
        target: admin.post(f"{AREAS}/{made['id']}/retire", {"merged_into": target}).json()["code"]
        for target in (f"{COUNTY}000000", f"{COUNTY}004000", "990114001000")
    }

    assert list(refused.values()) == ["of_another_level", "area_into_itself", "outside_your_area"]
