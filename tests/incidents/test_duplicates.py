"""What is said with a report that was taken in: what may be the same, and whom to call."""

import uuid
from math import cos, radians
from typing import Any

import pytest

from gridwhistle.common.coordinates import metres_between
from gridwhistle.incidents.danger import whom_to_call
from gridwhistle.incidents.duplicates import cells_around
from tests.conftest import Person, RunningSuite

INCIDENTS = "/incidents/v1/incidents"
AREA = "990721001001"


def cell_of(lon: float, lat: float) -> int:
    """Return the cell of a point, as the index counts it."""
    return int(lon * 1_000 // 1) * 1_000_000 + int(lat * 1_000 // 1)


@pytest.fixture
def acceptor(suite: RunningSuite) -> Person:
    """Return the acceptor of a town that no other test uses."""
    return suite.somebody("town_acceptor", AREA[:9], subject="duplicates")


def reported(person: Person, lon: float, lat: float = 30.5, **more: Any) -> dict[str, Any]:
    """Return the answer to a report at a point."""
    report = {"title": "井盖缺失", "area_code": AREA, "location": {"lon": lon, "lat": lat}, **more}
    answer = person.post(INCIDENTS, report)
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    return made


def test_what_lies_close_by_is_named_nearest_first(acceptor: Person) -> None:
    far, close, beyond = (reported(acceptor, lon) for lon in (101.0004, 101.0001, 101.0009))

    made = reported(acceptor, 101.0)

    assert [one["id"] for one in made["duplicates"]] == [close["id"], far["id"]]
    assert [one["distance_m"] for one in made["duplicates"]] == [10, 38]
    assert beyond["duplicates"][0]["incident_no"] == far["incident_no"]


def test_across_the_border_of_two_cells_all_the_same(acceptor: Person) -> None:
    one = reported(acceptor, 101.09999, 30.59999)

    made = reported(acceptor, 101.10001, 30.60001)

    assert [it["id"] for it in made["duplicates"]] == [one["id"]]


def test_the_nearest_of_many_is_among_those_that_are_named(acceptor: Person) -> None:
    around = [{"title": "井盖缺失", "area_code": AREA, "location": {"lon": 101.50025, "lat": 30.5}}] * 300
    told = acceptor.post(f"{INCIDENTS}/batch", {"reports": around}).json()["results"]
    assert len(told) == len(around)
    close = reported(acceptor, 101.50001)

    made = reported(acceptor, 101.5)

    assert made["duplicates"][0]["id"] == close["id"]


def test_nothing_of_another_category_is_the_same(suite: RunningSuite, acceptor: Person) -> None:
    suite.somebody("county_admin", "990721").post("/incidents/v1/categories/start", {"county_code": "990721"})
    cover, lamp, unsaid = (reported(acceptor, 101.2, category=code) for code in ("C-0101", "C-0137", None))

    made = reported(acceptor, 101.2, category="C-0101")

    assert {one["id"] for one in made["duplicates"]} == {cover["id"], unsaid["id"]}
    assert lamp["category"] == "C-0137"


def test_nothing_beyond_the_jurisdiction_is_named(suite: RunningSuite, acceptor: Person) -> None:
    reported(acceptor, 101.3)
    beside = suite.somebody("town_acceptor", "990721002", subject="beside")

    made = reported(beside, 101.3, area_code="990721002001")

    assert made["duplicates"] == []


def test_a_resident_is_shown_nobody_elses_reports(suite: RunningSuite, acceptor: Person) -> None:
    reported(acceptor, 101.4)
    resident = suite.somebody("resident", "990721", subject=str(uuid.uuid4()))

    made = reported(resident, 101.4)

    assert made["duplicates"] == []


def test_a_category_is_one_of_the_countys_catalogue(acceptor: Person) -> None:
    answer = acceptor.post(INCIDENTS, {"title": "井盖", "area_code": AREA, "category": "C-9999"})

    assert (answer.status_code, answer.json()["code"]) == (422, "unknown_category")


@pytest.mark.parametrize("source", ["mediation", "inventory"])
def test_other_services_are_sources(acceptor: Person, source: str) -> None:
    made = reported(acceptor, 101.5, source=source)

    assert made["source"] == source


def test_who_reports_danger_is_told_whom_to_call(acceptor: Person) -> None:
    made = reported(acceptor, 101.6, title="三楼着火,有人被困")

    assert "119" in made["advice"]
    assert reported(acceptor, 101.6)["advice"] is None


@pytest.mark.parametrize(
    ("texts", "numbers"),
    [
        pytest.param(("井盖缺失", None), None, id="no danger"),
        pytest.param(("三楼着火",), "119", id="fire"),
        pytest.param(("有人持刀伤人", "两人受伤"), "110、120", id="two of them"),
        pytest.param(("楼道里有燃气味",), "119", id="a smell of gas"),
        pytest.param(("Explosion in a yard",), "119", id="in English, in any case"),
        pytest.param(("", ""), None, id="nothing"),
    ],
)
def test_whom_to_call(texts: tuple[str | None, ...], numbers: str | None) -> None:
    said = whom_to_call(*texts)

    assert (said and numbers in said.zh) if numbers else said is None


@pytest.mark.parametrize("lat", [-60.0, 0.0, 30.27, 53.5])
@pytest.mark.parametrize("radius_m", [10, 50, 500])
def test_every_point_within_the_radius_lies_in_a_cell_that_is_asked_for(lat: float, radius_m: int) -> None:
    lon, step = 120.15551, radius_m / 111_195 * 0.999
    around = [(lon + x * step / cos(radians(lat)), lat + y * step) for x, y in ((0, 0), (1, 0), (-1, 0), (0, 1), (0, -1))]

    cells = cells_around(lon, lat, radius_m)

    assert all(metres_between(lon, lat, *point) <= radius_m and cell_of(*point) in cells for point in around)
