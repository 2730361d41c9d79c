"""Reports: one or many, each in its grid, none lost, none twice."""

import datetime as dt
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from gridwhistle.common.coordinates import shifted
from tests.conftest import RunningSuite

INCIDENTS = "/incidents/v1/incidents"
IN_GRID_2 = {"lon": 120.156, "lat": 30.272}
NOWHERE = {"lon": 10.0, "lat": 10.0}


@pytest.mark.parametrize(
    ("place", "grid_code", "area_code"),
    [
        pytest.param({"location": IN_GRID_2}, "990101001001002", "990101001001", id="in a grid"),
        pytest.param({"location": IN_GRID_2, "area_code": "990101001000"}, "990101001001002", "990101001001", id="both"),
        pytest.param({"area_code": "990101001000"}, None, "990101001000", id="an area alone"),
        pytest.param({"location": NOWHERE, "area_code": "990101000000"}, None, "990101000000", id="outside every grid"),
    ],
)
def test_a_report_belongs_to_the_grid_of_its_point_or_to_its_area(
    suite: RunningSuite, place: dict[str, Any], grid_code: str | None, area_code: str
) -> None:
    made = suite.person("resident").post(INCIDENTS, {"title": "路灯不亮", **place}).json()

    assert (made["grid_code"], made["area_code"]) == (grid_code, area_code)


@pytest.mark.parametrize("coord_sys", ["wgs84", "cgcs2000", "gcj02", "bd09"])
def test_a_point_of_any_map_lies_in_its_grid_and_is_kept_in_one_system(suite: RunningSuite, coord_sys: str) -> None:
    lon, lat = (float(number) for number in shifted(120.156, 30.272, coord_sys))
    report = {"title": "路灯不亮", "location": {"lon": lon, "lat": lat, "coord_sys": coord_sys}}

    alone = suite.person("town_acceptor").post(INCIDENTS, report).json()
    batch = suite.person("town_acceptor").post(f"{INCIDENTS}/batch", {"reports": [report]}).json()["results"][0]

    assert (alone["lon"], alone["lat"]) == pytest.approx((120.156, 30.272), abs=1e-6)
    assert alone["coord_sys"] == ("cgcs2000" if coord_sys == "cgcs2000" else "wgs84")
    assert alone["grid_code"] == batch["grid_code"] == "990101001001002"


@pytest.mark.parametrize(
    ("content", "code"),
    [
        pytest.param({}, "place_missing", id="nowhere"),
        pytest.param({"location": NOWHERE}, "outside_every_grid", id="a point in no grid"),
        pytest.param(
            {"area_code": "990101001001", "found_at": "2099-01-01T00:00:00Z"}, "found_in_the_future", id="not yet found"
        ),
    ],
)
def test_a_report_that_makes_no_sense_is_refused(suite: RunningSuite, content: dict[str, Any], code: str) -> None:
    answer = suite.person("resident").post(INCIDENTS, {"title": "路灯不亮", **content})

    assert (answer.status_code, answer.json()["code"]) == (422, code)


def test_numbers_are_of_the_day_and_the_county_and_never_the_same(suite: RunningSuite) -> None:
    resident = suite.person("resident")
    report = {"title": "路灯不亮", "area_code": "990101001001"}

    numbers = [resident.post(INCIDENTS, report).json()["incident_no"] for _ in range(3)]

    today = dt.datetime.now(dt.timezone(dt.timedelta(hours=8))).strftime("%Y%m%d")
    assert all(number.startswith(f"I990101{today}") and len(number) == 20 for number in numbers)
    assert len(set(numbers)) == 3


def test_personal_numbers_are_masked_before_they_are_stored(suite: RunningSuite) -> None:
    report = {"title": "联系 13812345678", "description": "证号 330106199001011234", "area_code": "990101001001"}

    made = suite.person("town_acceptor").post(INCIDENTS, report).json()

    assert (made["title"], made["description"]) == ("联系 138****5678", "证号 330****1234")


def test_the_same_reference_is_one_incident(suite: RunningSuite) -> None:
    acceptor = suite.person("town_acceptor")
    code = str(uuid.uuid4())
    report = {"title": "井盖", "area_code": "990101001001", "reference": {"system": "hotline", "code": code}}

    first = acceptor.post(INCIDENTS, report)
    second = acceptor.post(INCIDENTS, report)

    assert (first.status_code, second.status_code) == (201, 409)
    assert first.json()["incident_no"] in second.json()["detail"]


def test_each_report_of_a_batch_has_its_own_result(suite: RunningSuite) -> None:
    acceptor = suite.person("town_acceptor")
    one, two = ({"system": "hotline", "code": str(uuid.uuid4())} for _ in range(2))
    reports = [
        {"title": "甲", "area_code": "990101001001", "reference": one},
        {"title": "乙", "location": NOWHERE},
        {"title": "丙", "location": IN_GRID_2, "reference": two},
        {"title": "丁", "area_code": "990101001001", "reference": one},
        {"title": "戊", "area_code": "990102001001"},
    ]

    results = acceptor.post(f"{INCIDENTS}/batch", {"reports": reports}).json()["results"]
    again = acceptor.post(f"{INCIDENTS}/batch", {"reports": reports[:3]}).json()["results"]

    assert [(r["index"], r["result"], r["code"]) for r in results] == [
        (0, "created", None),
        (1, "refused", "outside_every_grid"),
        (2, "created", None),
        (3, "known", None),
        (4, "refused", "outside_your_area"),
    ]
    assert results[3]["incident_id"] == results[0]["incident_id"]
    assert results[2]["grid_code"] == "990101001001002"
    assert [r["result"] for r in again] == ["known", "refused", "known"]
    assert acceptor.get(f"{INCIDENTS}/{results[2]['incident_id']}").json()["title"] == "丙"


def test_a_batch_has_a_thousand_reports_at_most(suite: RunningSuite) -> None:
    acceptor = suite.person("town_acceptor")
    report = {"title": "甲", "area_code": "990101001001"}

    full = acceptor.post(f"{INCIDENTS}/batch", {"reports": [report] * 1_000})
    over = acceptor.post(f"{INCIDENTS}/batch", {"reports": [report] * 1_001})

    assert full.status_code == 200
    assert {r["result"] for r in full.json()["results"]} == {"created"}
    assert over.status_code == 422


def test_two_batches_with_the_same_reports_at_once_make_each_once(suite: RunningSuite) -> None:
    acceptor = suite.person("town_acceptor")
    reports = [
        {"title": "甲", "area_code": "990101001001", "reference": {"system": "hotline", "code": str(uuid.uuid4())}}
        for _ in range(200)
    ]

    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda _: acceptor.post(f"{INCIDENTS}/batch", {"reports": reports}), range(4)))

    results = [result for answer in answers for result in answer.json()["results"]]
    assert sum(result["result"] == "created" for result in results) == 200
    assert len({result["incident_id"] for result in results}) == 200


def test_where_counties_share_ground_each_has_its_own_grids_and_numbers(
    suite: RunningSuite, eventually: Callable[[Callable[[], bool]], None]
) -> None:
    ring = [[120.15, 30.27], [120.16, 30.27], [120.16, 30.28], [120.15, 30.28], [120.15, 30.27]]
    grid = {
        "grid_code": "990108001001001",
        "name": "甲",
        "households": 1,
        "boundary": {"type": "Polygon", "coordinates": [ring]},
        "filed_at": "2026-01-01T00:00:00Z",
    }
    admin = suite.somebody("county_admin", "990108")
    admin.post("/personnel/v1/areas", {"area_code": "990108001001", "level": "community", "name": "甲"})
    admin.post("/personnel/v1/grids", grid)
    clerk = suite.somebody("county_admin", "990108", subject="clerk-990108")
    eventually(lambda: clerk.post(INCIDENTS, {"title": "甲", "location": IN_GRID_2}).status_code == 201)
    report = {"title": "乙", "location": IN_GRID_2, "reference": {"system": "hotline", "code": str(uuid.uuid4())}}

    here = suite.person("town_acceptor").post(f"{INCIDENTS}/batch", {"reports": [report]}).json()["results"][0]
    there = clerk.post(f"{INCIDENTS}/batch", {"reports": [report]}).json()["results"][0]

    assert (here["result"], here["grid_code"]) == ("created", "990101001001002")
    assert (there["result"], there["grid_code"]) == ("created", "990108001001001")


def test_of_an_incident_in_another_jurisdiction_a_batch_learns_only_that_it_is_there(suite: RunningSuite) -> None:
    report = {"title": "甲", "area_code": "990101001001", "reference": {"system": "hotline", "code": str(uuid.uuid4())}}
    suite.person("town_acceptor").post(INCIDENTS, report)
    neighbour = suite.somebody("town_acceptor", "990101002", subject="neighbour")

    result = neighbour.post(f"{INCIDENTS}/batch", {"reports": [{**report, "area_code": "990101002001"}]}).json()["results"][0]

    assert (result["result"], result["incident_id"], result["incident_no"]) == ("known", None, None)
