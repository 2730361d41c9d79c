"""Personnel, as administrators and workers meet it."""

import uuid
from collections.abc import Callable
from typing import Any

import pytest

from gridwhistle.personnel.domain import WrongLevel, check_level
from tests.conftest import Person, RunningSuite

PERSONNEL = "/personnel/v1"
FILED = "2026-01-01T00:00:00Z"


@pytest.fixture
def admin(suite: RunningSuite) -> Person:
    return suite.somebody("county_admin", "990105", subject="admin-990105")


def square(west: float) -> dict[str, Any]:
    ring = [[west, 20.0], [west + 0.01, 20.0], [west + 0.01, 20.01], [west, 20.01], [west, 20.0]]
    return {"type": "Polygon", "coordinates": [ring]}


def an_area(admin: Person, area_code: str) -> None:
    level = "county" if area_code.endswith("000000") else "township" if area_code.endswith("000") else "community"
    made = admin.post(f"{PERSONNEL}/areas", {"area_code": area_code, "level": level, "name": "示例"})
    assert made.status_code in {201, 409}


def a_worker(admin: Person, *grids: str) -> str:
    worker = {"name": "丁", "area_code": "990105001001", "employment": "full_time", "org": "990105-street"}
    an_area(admin, "990105001001")
    admin.post(
        f"{PERSONNEL}/organisations", {"org": "990105-street", "area_code": "990105001001", "name": "街道", "kind": "township"}
    )
    worker_id: str = admin.post(f"{PERSONNEL}/workers", worker).json()["id"]
    for grid_code in grids:
        admin.post(f"{PERSONNEL}/workers/{worker_id}/assignments", {"grid_code": grid_code})
    return worker_id


@pytest.fixture
def grid_code(admin: Person) -> str:
    """Return the code of a new grid."""
    serial = int(uuid.uuid4().int % 999) + 1
    code = f"990105001{uuid.uuid4().int % 900 + 100}{serial:03}"
    grid = {"grid_code": code, "name": "一", "households": 400, "boundary": square(100 + serial / 100)}
    grid["filed_at"] = FILED
    an_area(admin, code[:12])
    assert admin.post(f"{PERSONNEL}/grids", grid).status_code == 201
    return code


@pytest.mark.parametrize(
    ("code", "level", "fits"),
    [
        ("990101000000", "county", True),
        ("990101001000", "township", True),
        ("990101001001", "community", True),
        ("990101001000", "county", False),
        ("990101000000", "township", False),
        ("990101001001", "township", False),
        ("990101001000", "community", False),
    ],
)
def test_a_code_ends_in_zeros_exactly_below_its_level(code: str, level: str, fits: bool) -> None:
    if fits:
        check_level(code, level)
    else:
        with pytest.raises(WrongLevel):
            check_level(code, level)


def test_a_code_is_given_once(admin: Person) -> None:
    area = {"area_code": "990105002000", "level": "township", "name": "示例镇"}

    first, second = admin.post(f"{PERSONNEL}/areas", area), admin.post(f"{PERSONNEL}/areas", area)

    assert (first.status_code, second.status_code, second.json()["code"]) == (201, 409, "code_taken")


def test_a_new_grid_is_found_by_a_point_in_it(admin: Person, eventually: Callable[[Callable[[], bool]], None]) -> None:
    grid = {"grid_code": "990105003001001", "name": "一", "households": 400, "boundary": square(90.0), "filed_at": FILED}
    an_area(admin, "990105003001")
    before = admin.post(f"{PERSONNEL}/grids/locate", {"lon": 90.005, "lat": 20.005}).json()
    admin.post(f"{PERSONNEL}/grids", grid)

    def found() -> bool:
        answer = admin.post(f"{PERSONNEL}/grids/locate", {"lon": 90.005, "lat": 20.005}).json()
        return bool(answer == {"grid_code": "990105003001001", "area_code": "990105003001", "edition": 1})

    assert before == {"grid_code": None, "area_code": None, "edition": None}
    eventually(found)


def test_a_point_in_another_jurisdiction_lies_nowhere(suite: RunningSuite) -> None:
    point = {"lon": 120.152, "lat": 30.272}

    assert suite.person("county_admin").post(f"{PERSONNEL}/grids/locate", point).json()["grid_code"] == "990101001001001"
    assert suite.person("grid_worker_002").post(f"{PERSONNEL}/grids/locate", point).json()["grid_code"] is None


def test_a_boundary_that_is_none_is_refused(admin: Person) -> None:
    cross = {"type": "Polygon", "coordinates": [[[0, 0], [1, 1], [1, 0], [0, 1], [0, 0]]]}
    grid = {"grid_code": "990105004001001", "name": "一", "households": 400, "boundary": cross}

    answer = admin.post(f"{PERSONNEL}/grids", grid)

    assert (answer.status_code, answer.json()["code"]) == (422, "not_a_boundary")


@pytest.mark.parametrize("change", [{}, {"name": None}])
def test_a_change_of_nothing_is_refused(admin: Person, grid_code: str, change: dict[str, Any]) -> None:
    grid = next(grid for grid in admin.get(f"{PERSONNEL}/grids").json()["items"] if grid["grid_code"] == grid_code)

    answer = admin.patch(f"{PERSONNEL}/grids/{grid['id']}", change, If_Match='"1"')

    assert (answer.status_code, answer.json()["code"]) == (422, "nothing_to_change")


def test_a_boundary_has_so_many_points_and_two_coordinates_each(admin: Person) -> None:
    ring = [[90 + step / 10_000, 20.0] for step in range(5_000)] + [[90.0, 21.0], [90.0, 20.0]]
    high = {"type": "Polygon", "coordinates": [[[*position, 1e15] for position in square(91)["coordinates"][0]]]}
    grid = {"grid_code": "990105004001002", "name": "一", "households": 400}

    many = admin.post(f"{PERSONNEL}/grids", {**grid, "boundary": {"type": "Polygon", "coordinates": [ring]}})
    tall = admin.post(f"{PERSONNEL}/grids", {**grid, "boundary": high})

    assert (many.status_code, tall.status_code) == (422, 422)


def test_a_worker_works_in_assigned_grids_on_one_shift_at_a_time(suite: RunningSuite, admin: Person, grid_code: str) -> None:
    worker_id = a_worker(admin, grid_code)
    worker = suite.somebody("grid_worker", grid_code, subject=worker_id)

    elsewhere = worker.post(f"{PERSONNEL}/shifts", {"grid_code": "990105001001999"})
    started = worker.post(f"{PERSONNEL}/shifts", {"grid_code": grid_code})
    twice = worker.post(f"{PERSONNEL}/shifts", {"grid_code": grid_code})
    ended = worker.post(f"{PERSONNEL}/shifts/{started.json()['id']}/end")
    again = worker.post(f"{PERSONNEL}/shifts", {"grid_code": grid_code})

    assert (elsewhere.status_code, elsewhere.json()["code"]) == (409, "not_assigned")
    assert grid_code in elsewhere.json()["detail"]
    assert (started.status_code, started.json()["state"], started.json()["actions"]) == (201, "on", ["end"])
    assert (twice.status_code, twice.json()["code"]) == (409, "already_on_shift")
    assert (ended.status_code, ended.json()["state"], ended.json()["actions"]) == (200, "ended", [])
    assert again.status_code == 201


def test_a_shift_is_its_workers_own(suite: RunningSuite, admin: Person, grid_code: str) -> None:
    worker_id = a_worker(admin, grid_code)
    shift = suite.somebody("grid_worker", grid_code, subject=worker_id).post(f"{PERSONNEL}/shifts", {"grid_code": grid_code})
    colleague = suite.somebody("grid_worker", grid_code, subject=a_worker(admin, grid_code))
    nobody = suite.somebody("grid_worker", grid_code, subject="no-worker-at-all")

    ended = colleague.post(f"{PERSONNEL}/shifts/{shift.json()['id']}/end")
    started = nobody.post(f"{PERSONNEL}/shifts", {"grid_code": grid_code})

    assert (ended.status_code, ended.json()["code"]) == (403, "not_your_shift")
    assert (started.status_code, started.json()["code"]) == (403, "not_your_shift")


def test_a_grid_is_assigned_to_a_worker_once(admin: Person, grid_code: str) -> None:
    worker_id = a_worker(admin, grid_code)

    again = admin.post(f"{PERSONNEL}/workers/{worker_id}/assignments", {"grid_code": grid_code})
    unknown = admin.post(f"{PERSONNEL}/workers/{worker_id}/assignments", {"grid_code": "990105009009009"})

    assert (again.status_code, again.json()["code"]) == (409, "already_assigned")
    assert unknown.status_code == 404
    assert [one["grid_code"] for one in admin.get(f"{PERSONNEL}/workers/{worker_id}").json()["assignments"]] == [grid_code]


def test_shifts_are_listed_by_grid_and_state(suite: RunningSuite, admin: Person, grid_code: str) -> None:
    worker = suite.somebody("grid_worker", grid_code, subject=a_worker(admin, grid_code))
    shift_id = worker.post(f"{PERSONNEL}/shifts", {"grid_code": grid_code}).json()["id"]

    on = admin.get(f"{PERSONNEL}/shifts?grid_code={grid_code}&state=on").json()["items"]
    ended = admin.get(f"{PERSONNEL}/shifts?grid_code={grid_code}&state=ended").json()["items"]

    assert [shift["id"] for shift in on] == [shift_id]
    assert ended == []
