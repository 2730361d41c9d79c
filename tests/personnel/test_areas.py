"""Areas and organisations: changed, merged, retired, and found."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from tests.conftest import Person, RunningSuite

BASE = "/personnel/v1"
Eventually = Callable[[Callable[[], bool]], None]


@pytest.fixture
def admin(suite: RunningSuite) -> Person:
    return suite.somebody("county_admin", "990111", subject="admin-990111")


def area(admin: Person, code: str, level: str) -> dict[str, Any]:
    made: dict[str, Any] = admin.post(f"{BASE}/areas", {"area_code": code, "level": level, "name": "示例"}).json()
    return made


def test_a_merged_areas_old_code_is_understood_as_the_new_one(admin: Person) -> None:
    old, new = area(admin, "990111021000", "township"), area(admin, "990111022000", "township")
    below = area(admin, "990111022001", "community")

    retired = admin.post(f"{BASE}/areas/{old['id']}/retire", {"merged_into": new["area_code"]}).json()
    listed = admin.get(f"{BASE}/areas?parent={old['area_code']}").json()["items"]
    org = {"org": "990111-old", "area_code": old["area_code"], "name": "站所", "kind": "department"}
    made = admin.post(f"{BASE}/organisations", org)

    assert (retired["merged_into"], retired["retired_at"] is not None) == (new["area_code"], True)
    assert [one["id"] for one in listed] == [below["id"]]
    assert (made.status_code, made.json()["area_code"]) == (201, new["area_code"])


def test_what_lay_in_a_merged_area_is_listed_below_what_it_became(admin: Person, eventually: Eventually) -> None:
    old, new = area(admin, "990111031000", "township"), area(admin, "990111032000", "township")
    moved, own = area(admin, "990111031001", "community"), area(admin, "990111032001", "community")
    admin.post(f"{BASE}/areas/{old['id']}/retire", {"merged_into": new["area_code"]})

    def below(parent: dict[str, Any]) -> set[str]:
        return {one["id"] for one in admin.get(f"{BASE}/areas?parent={parent['area_code']}").json()["items"]}

    eventually(lambda: below(new) == {moved["id"], own["id"]})
    assert below(old) == below(new)


def test_two_areas_are_never_merged_into_each_other(admin: Person) -> None:
    pairs = [[area(admin, f"990111{at}{side}000", "township") for side in "12"] for at in range(40, 46)]

    def merge(one: dict[str, Any], other: dict[str, Any]) -> int:
        return admin.post(f"{BASE}/areas/{one['id']}/retire", {"merged_into": other["area_code"]}).status_code

    with ThreadPoolExecutor(2) as pool:
        answers = [sorted(pool.map(merge, pair, reversed(pair))) for pair in pairs]

    assert answers == [[200, 422]] * len(pairs)


def test_what_is_retired_changes_no_more_and_takes_nobody_in(admin: Person) -> None:
    old = area(admin, "990111023000", "township")
    admin.post(f"{BASE}/areas/{old['id']}/retire", {})

    renamed = admin.patch(f"{BASE}/areas/{old['id']}", {"name": "新"}, If_Match='"2"')
    org = {"org": "990111-x", "area_code": old["area_code"], "name": "站所", "kind": "department"}

    assert (renamed.status_code, renamed.json()["code"]) == (409, "already_retired")
    assert admin.post(f"{BASE}/organisations", org).json()["code"] == "unknown_area"


def test_areas_are_listed_by_level_and_parent_and_found_where_location_says(admin: Person) -> None:
    town = {"area_code": "990111024000", "level": "township", "name": "示例镇"}
    made = admin.post(f"{BASE}/areas", town)
    community = area(admin, "990111024001", "community")

    towns = admin.get(f"{BASE}/areas?level=township&limit=200").json()["items"]
    below = admin.get(f"{BASE}/areas?parent=990111024000").json()["items"]

    assert admin.get(made.headers["Location"]).json() == made.json()
    assert {one["level"] for one in towns} == {"township"}
    assert [one["id"] for one in below] == [community["id"]]


def test_an_organisation_is_renamed_retired_and_found(admin: Person) -> None:
    area(admin, "990111025000", "township")
    org = {"org": "990111-y", "area_code": "990111025000", "name": "站所", "kind": "department"}
    made = admin.post(f"{BASE}/organisations", org)
    path = made.headers["Location"]

    renamed = admin.patch(path, {"name": "分局"}, If_Match='"1"').json()
    retired = admin.post(f"{path}/retire").json()

    assert (renamed["name"], retired["retired_at"] is not None) == ("分局", True)
    assert admin.get(path).json() == retired
