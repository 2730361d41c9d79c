"""An incident keeps the grid of the day when it was found, however the grid is drawn since."""

import time
from typing import Any

import pytest

from tests.conftest import Person, RunningSuite

GRIDS, INCIDENTS = "/personnel/v1/grids", "/incidents/v1/incidents"
COUNTY, COMMUNITY = "990109", "990109001001"
FILED, ADJUSTED = "2026-01-01T00:00:00Z", "2026-06-01T00:00:00Z"
WEST, EAST = {"lon": 66.005, "lat": 20.005}, {"lon": 66.015, "lat": 20.005}


def square(west: float) -> dict[str, Any]:
    ring = [[west, 20.0], [west + 0.01, 20.0], [west + 0.01, 20.01], [west, 20.01], [west, 20.0]]
    return {"type": "Polygon", "coordinates": [ring]}


@pytest.fixture(scope="module")
def acceptor(suite: RunningSuite) -> Person:
    return suite.somebody("town_acceptor", COUNTY, subject="acceptor-990109")


@pytest.fixture(scope="module")
def adjusted(suite: RunningSuite, acceptor: Person) -> dict[str, Any]:
    """Return an incident that was reported in a grid before it was drawn anew, further east."""
    county = suite.somebody("county_admin", COUNTY, subject="admin-990109")
    county.post("/personnel/v1/areas", {"area_code": COMMUNITY, "level": "community", "name": "示例社区"})
    category = {"county_code": COUNTY, "code": "S-0101", "name": "示例", "source_ref": "示例"}
    assert county.post("/incidents/v1/categories", category).status_code == 201
    grid = {"grid_code": f"{COMMUNITY}001", "name": "一", "households": 400, "boundary": square(66.0), "filed_at": FILED}
    made = county.post(GRIDS, grid)
    assert made.status_code == 201, made.text
    at = f"{GRIDS}/{made.json()['id']}"

    def reported_when(place: dict[str, Any]) -> dict[str, Any]:
        end = time.monotonic() + 30
        while (answer := acceptor.post(INCIDENTS, {"title": "路灯不亮", "location": place})).status_code != 201:
            assert time.monotonic() < end, answer.text
            time.sleep(0.05)
        reported: dict[str, Any] = answer.json()
        return reported

    before = reported_when(WEST)
    assert county.post(f"{at}/adjust", {"reason_code": "other"}).status_code == 200
    assert county.patch(at, {"boundary": square(66.01)}, If_Match='"2"').status_code == 200
    filed = suite.somebody("city_admin", COUNTY, subject="city-9901").post(f"{at}/file", As_Of=ADJUSTED)
    assert filed.status_code == 200, filed.text
    assert reported_when(EAST)["grid_edition"] == 2
    return before


def test_a_grid_that_is_drawn_anew_changes_no_incident(acceptor: Person, adjusted: dict[str, Any]) -> None:
    later = acceptor.get(f"{INCIDENTS}/{adjusted['id']}").json()

    assert (later["grid_id"], later["grid_edition"]) == (adjusted["grid_id"], 1)
    assert later["grid_code"] == f"{COMMUNITY}001"


@pytest.mark.usefixtures("adjusted")
@pytest.mark.parametrize(
    ("place", "found", "edition"),
    [
        pytest.param(WEST, "2026-03-01T00:00:00Z", 1, id="as it was drawn then"),
        pytest.param(EAST, "2026-03-01T00:00:00Z", None, id="not drawn so yet"),
        pytest.param(WEST, "2026-07-01T00:00:00Z", None, id="no longer drawn so"),
        pytest.param(EAST, "2026-07-01T00:00:00Z", 2, id="as it was drawn later"),
        pytest.param(WEST, "2025-07-01T00:00:00Z", 1, id="before any was drawn"),
    ],
)
def test_a_report_of_the_past_gets_the_grid_of_its_day(
    acceptor: Person, place: dict[str, Any], found: str, edition: int | None
) -> None:
    report = {"title": "路灯不亮", "location": place, "area_code": COMMUNITY}

    said = acceptor.post(INCIDENTS, {**report, "found_at": found}).json()
    imported = acceptor.post(INCIDENTS, report, As_Of=found).json()
    of_many = acceptor.post(f"{INCIDENTS}/batch", {"reports": [report, {**report, "found_at": found}]}).json()["results"][1]
    among_many = acceptor.get(f"{INCIDENTS}/{of_many['incident_id']}").json()

    assert [one["grid_edition"] for one in (said, imported, among_many)] == [edition] * 3
    assert {bool(one["grid_code"]) for one in (said, imported, among_many)} == {edition is not None}


def test_filing_lays_it_into_the_grid_of_its_day(acceptor: Person, adjusted: dict[str, Any]) -> None:
    report = {"title": "路灯不亮", "area_code": COMMUNITY, "found_at": "2026-03-01T00:00:00Z"}
    made = acceptor.post(INCIDENTS, report).json()
    acceptor.post(f"{INCIDENTS}/{made['id']}/accept", {})
    filing = {"category": "S-0101", "grid_code": f"{COMMUNITY}001"}

    filed = acceptor.post(f"{INCIDENTS}/{made['id']}/file", filing)

    assert filed.status_code == 200, filed.text
    assert (filed.json()["grid_id"], filed.json()["grid_edition"]) == (adjusted["grid_id"], 1)
