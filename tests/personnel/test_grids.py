"""Grids: drawn by the township, agreed by the county, filed by the city, and adjusted without a gap."""

import itertools
import threading
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gridwhistle.common.coordinates import shifted
from gridwhistle.common.principal import Principal
from gridwhistle.common.problems import IllegalMove, WrongRole
from gridwhistle.personnel.domain import GRID
from gridwhistle.personnel.tables import grids
from tests.conftest import Person, RunningSuite

GRIDS = "/personnel/v1/grids"
COMMUNITY = "990107001001"
MAY = {
    (None, "draw"): ({"town_admin", "county_admin"}, "draft"),
    (None, "take_over"): ({"county_admin", "integrator"}, "filed"),
    ("draft", "agree"): ({"county_admin"}, "agreed"),
    ("draft", "retire"): ({"town_admin", "county_admin"}, "retired"),
    ("agreed", "file"): ({"city_admin"}, "filed"),
    ("agreed", "retire"): ({"county_admin"}, "retired"),
    ("filed", "adjust"): ({"town_admin", "county_admin"}, "adjusting"),
    ("filed", "retire"): ({"county_admin"}, "retired"),
    ("adjusting", "file"): ({"city_admin"}, "filed"),
}


class Thing:
    def __init__(self, state: str) -> None:
        self.state = state


@pytest.mark.parametrize("role", ["town_admin", "county_admin", "city_admin", "integrator", "community_admin"])
@pytest.mark.parametrize("action", ["draw", "take_over", "agree", "file", "adjust", "retire"])
@pytest.mark.parametrize("state", [None, *GRID.states])
def test_each_step_belongs_to_its_state_and_its_body(state: str | None, action: str, role: str) -> None:
    caller = Principal(id="somebody", roles=frozenset({role}), areas=("990107",))
    who, target = MAY.get((state, action), (None, ""))

    def step() -> str:
        return GRID.step(Thing(state) if state else None, action, caller).target

    if who is None:
        with pytest.raises(IllegalMove):
            step()
    elif role in who:
        assert step() == target
    else:
        with pytest.raises(WrongRole):
            step()


def square(west: float) -> dict[str, Any]:
    ring = [[west, 20.0], [west + 0.01, 20.0], [west + 0.01, 20.01], [west, 20.01], [west, 20.0]]
    return {"type": "Polygon", "coordinates": [ring]}


@pytest.fixture
def town(suite: RunningSuite) -> Person:
    county = suite.somebody("county_admin", "990107", subject="admin-990107")
    county.post("/personnel/v1/areas", {"area_code": COMMUNITY, "level": "community", "name": "示例社区"})
    return suite.somebody("town_admin", "990107001", subject="town-990107")


@pytest.fixture
def county(suite: RunningSuite) -> Person:
    return suite.somebody("county_admin", "990107", subject="admin-990107")


@pytest.fixture
def city(suite: RunningSuite) -> Person:
    return suite.somebody("city_admin", "990107", subject="city-9901")


SERIALS = itertools.count(1)


def drawn(town: Person, **more: Any) -> dict[str, Any]:
    serial = next(SERIALS)
    grid = {"grid_code": f"{COMMUNITY}{serial:03}", "name": "一", "households": 400, "boundary": square(70 + serial / 50)}
    answer = town.post(GRIDS, grid | more)
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    return made


def did(answer: Any) -> dict[str, Any]:
    assert answer.status_code in {200, 201}, answer.text
    done: dict[str, Any] = answer.json()
    return done


def test_a_grid_holds_points_from_its_filing_until_it_is_retired(
    town: Person, county: Person, city: Person, eventually: Callable[[Callable[[], bool]], None]
) -> None:
    grid = drawn(town)
    path, west = f"{GRIDS}/{grid['id']}", grid["boundary"]["coordinates"][0][0][0]

    def located() -> Any:
        return did(county.post(f"{GRIDS}/locate", {"lon": west + 0.005, "lat": 20.005}))["edition"]

    draft = located()
    did(county.post(f"{path}/agree"))
    filed = did(city.post(f"{path}/file"))
    eventually(lambda: located() == 1)
    did(town.post(f"{path}/adjust", {"reason_code": "large_demolition"}))
    did(town.patch(path, {"households": 450}, If_Match='"4"'))
    adjusting = did(county.get(path))
    adjusted = did(city.post(f"{path}/file"))
    eventually(lambda: located() == 2)
    retired = did(county.post(f"{path}/retire"))
    eventually(lambda: located() is None)

    versions = did(county.get(f"{path}/versions"))["items"]
    assert (draft, filed["state"], adjusting["state"], adjusting["households"]) == (None, "filed", "adjusting", 400)
    assert (adjusted["edition"], adjusted["households"], adjusted["valid_from"] > filed["valid_from"]) == (2, 450, True)
    assert [one["edition"] for one in versions] == [2, 1]
    assert versions[1]["valid_to"] == versions[0]["valid_from"]
    assert versions[0]["valid_to"] == retired["valid_to"] is not None
    assert versions[0]["adjust_reason"] == "large_demolition"


def test_a_version_is_found_by_its_day(town: Person, county: Person) -> None:
    grid = drawn(county, filed_at="2026-03-02T01:00:00Z")

    days = ("2026-03-01", "2026-03-02", "0001-01-01", "2800-07-07", "9999-12-31")
    on = {day: did(town.get(f"{GRIDS}/{grid['id']}/versions?on={day}"))["items"] for day in days}

    assert [len(items) for items in on.values()] == [0, 1, 0, 1, 1]


def test_what_is_filed_is_not_changed_without_an_adjustment(town: Person, county: Person) -> None:
    grid = drawn(county, filed_at="2026-03-02T01:00:00Z")

    answer = town.patch(f"{GRIDS}/{grid['id']}", {"name": "二"}, If_Match='"1"')

    assert (answer.status_code, answer.json()["code"]) == (409, "not_being_drawn")


def test_of_two_adjustments_at_once_one_is_refused(town: Person, county: Person) -> None:
    grid = drawn(county, filed_at="2026-03-02T01:00:00Z")
    answers: list[Any] = []

    def adjust() -> None:
        answers.append(town.post(f"{GRIDS}/{grid['id']}/adjust", {"reason_code": "other"}))

    both = [threading.Thread(target=adjust) for _ in range(2)]
    for one in both:
        one.start()
    for one in both:
        one.join()

    assert sorted(answer.status_code for answer in answers) == [200, 409]
    assert len(did(county.get(f"{GRIDS}/{grid['id']}/versions"))["items"]) == 2


@pytest.mark.parametrize(
    ("households", "kind", "said"),
    [
        pytest.param(299, "general", ["households_below"], id="too few"),
        pytest.param(300, "general", [], id="as many as must be"),
        pytest.param(500, "general", [], id="as many as may be"),
        pytest.param(501, "general", ["households_above"], id="too many"),
        pytest.param(20, "dedicated", [], id="a market has none to speak of"),
    ],
)
def test_too_few_or_too_many_households_are_said_and_let_pass(
    town: Person, households: int, kind: str, said: list[str]
) -> None:
    grid = drawn(town, households=households, kind=kind)

    assert [one["code"] for one in grid["findings"] if one["code"].startswith("households")] == said
    assert all(one["source_ref"] for one in grid["findings"] if one["code"].startswith("households"))


def test_a_grid_lies_in_a_community_that_is_there(county: Person) -> None:
    grid = {"grid_code": "990107009009001", "name": "一", "households": 400, "boundary": square(70)}

    answer = county.post(GRIDS, grid)

    assert (answer.status_code, answer.json()["code"]) == (422, "unknown_area")


def test_micro_grids_belong_to_their_grid(town: Person, county: Person) -> None:
    grid = drawn(town)
    path = f"{GRIDS}/{grid['id']}/micro_grids"

    made = did(town.post(path, {"micro_grid_code": f"{grid['grid_code']}01", "name": "一号楼", "households": 90}))
    twice = town.post(path, {"micro_grid_code": f"{grid['grid_code']}01", "name": "二号楼", "households": 60})
    elsewhere = town.post(path, {"micro_grid_code": "99010700900900101", "name": "三号楼", "households": 60})

    assert made["items"][0]["findings"] == ["households_above"]
    assert (twice.json()["code"], elsewhere.json()["code"]) == ("code_taken", "not_in_grid")
    assert did(county.get(path))["items"] == made["items"]


@pytest.mark.parametrize("coord_sys", ["wgs84", "cgcs2000", "gcj02", "bd09"])
def test_points_of_every_map_are_located_one_by_one_and_many_at_once(suite: RunningSuite, coord_sys: str) -> None:
    admin = suite.person("county_admin")
    grid = did(admin.get(f"{GRIDS}?grid_code=990101001001001"))["items"][0]
    lon, lat = (float(number) for number in shifted(120.152, 30.272, coord_sys))

    one = did(admin.post(f"{GRIDS}/locate", {"lon": lon, "lat": lat, "coord_sys": coord_sys}))
    many = did(admin.post(f"{GRIDS}/locate/batch", {"points": [[lon, lat], [0.0, 0.0]], "coord_sys": coord_sys}))

    assert one == {"grid_code": grid["grid_code"], "area_code": "990101001001", "edition": 1}
    assert many == {"grids": [one], "found": [0, None]}


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=st.lists(st.sampled_from(["agree", "file", "adjust", "change", "retire"]), max_size=9))
def test_versions_never_overlap_and_leave_no_gap_while_filed(
    town: Person, county: Person, city: Person, steps: list[str]
) -> None:
    grid = drawn(town)
    path, state = f"{GRIDS}/{grid['id']}", "draft"
    for step in steps:
        if step == "change":
            version = did(county.get(path))["version"]
            assert (town.patch(path, {"households": 333}, If_Match=f'"{version}"').status_code == 200) == (
                state in {"draft", "adjusting"}
            )
            continue
        who, target = MAY.get((state, step), (set(), state))
        asker = {"agree": county, "file": city, "adjust": town, "retire": county}[step]
        answer = asker.post(f"{path}/{step}", {"reason_code": "other"} if step == "adjust" else None)
        assert (answer.status_code == 200) == bool(who)
        state = target

    shown = did(county.get(path))
    held = sorted(
        (one for one in did(county.get(f"{path}/versions"))["items"] if one["valid_from"]), key=lambda one: one["edition"]
    )
    assert shown["state"] == state
    assert all(before["valid_to"] == after["valid_from"] for before, after in itertools.pairwise(held))
    assert [one["edition"] for one in held if not one["valid_to"]] == (
        [shown["edition"]] if state in {"filed", "adjusting"} else []
    )


def test_the_table_has_every_state_that_the_machine_has() -> None:
    assert set(grids.c.state.table.c.keys()) >= {"state", "edition", "valid_from", "valid_to"}
    assert {target for _, target in MAY.values()} == set(GRID.states)
