"""The catalogue: what a county begins with, changes, and reads back; who answers where."""

import datetime as dt
import uuid
from types import SimpleNamespace
from typing import Any

import pytest

from gridwhistle.common.moved import Moved
from gridwhistle.incidents.catalogue import Category, may_be_given, responsible_among
from gridwhistle.incidents.starter import starter
from tests.conftest import Person, RunningSuite

CATEGORIES = "/incidents/v1/categories"
COUNTY = "990711"
NOW = dt.datetime(2026, 7, 6, tzinfo=dt.UTC)


@pytest.fixture
def admin(suite: RunningSuite) -> Person:
    """Return the administrator of a county that no other test uses."""
    return suite.somebody("county_admin", COUNTY, subject="catalogue-admin")


def made(admin: Person, code: str) -> str:
    """Return the id of a category, a new one unless it is there."""
    content = {"county_code": COUNTY, "code": code, "name": "上水井盖", "source_ref": "示例"}
    answer = admin.post(CATEGORIES, content)
    return str(answer.json()["id"] if answer.status_code == 201 else read(admin, code)["id"])


def read(person: Person, code: str) -> dict[str, Any]:
    """Return a category as the catalogue of one's own county shows it."""
    items = person.get(f"{CATEGORIES}?code={code}").json()["items"]
    assert len(items) == 1
    category: dict[str, Any] = items[0]
    return category


def test_a_county_begins_with_the_starter_catalogue_once(suite: RunningSuite) -> None:
    admin = suite.somebody("county_admin", "990712")

    first = admin.post(f"{CATEGORIES}/start", {"county_code": "990712"}).json()
    second = admin.post(f"{CATEGORIES}/start", {"county_code": "990712"}).json()

    cover = read(admin, "C-0101")
    assert (first, second) == ({"added": len(starter())}, {"added": 0})
    assert len(admin.get(CATEGORIES).json()["items"]) == len(starter())
    assert (cover["name"], cover["kind"], cover["big_code"], cover["small_code"]) == ("上水井盖", "component", "01", "01")
    assert [(one["handle_amount"], one["handle_unit"]) for one in cover["standards"]] == [
        (2, "urgent_hour"),
        (4, "work_hour"),
        (2, "work_day_legal"),
        (5, "work_day_legal"),
    ]


def test_the_starter_catalogue_keeps_what_the_county_has(suite: RunningSuite) -> None:
    admin = suite.somebody("county_admin", "990713")
    admin.post(CATEGORIES, {"county_code": "990713", "code": "C-0101", "name": "本县井盖", "source_ref": "示例"})

    added = admin.post(f"{CATEGORIES}/start", {"county_code": "990713"}).json()["added"]

    assert (added, read(admin, "C-0101")["name"]) == (len(starter()) - 1, "本县井盖")


def test_every_line_of_the_starter_catalogue_has_a_source_and_its_code_once() -> None:
    codes = [category["code"] for category, _ in starter()]

    assert len(codes) == len(set(codes)) > 50
    assert all(lines and all(line["source_ref"] and line["close_condition"] for line in lines) for _, lines in starter())


def test_a_worker_of_a_grid_reads_the_catalogue_of_the_county(suite: RunningSuite, admin: Person) -> None:
    made(admin, "E-0110")
    worker = suite.somebody("grid_worker", f"{COUNTY}001001001")

    category = read(worker, "E-0110")

    assert category["county_code"] == COUNTY


def test_the_catalogue_of_another_county_is_not_shown(suite: RunningSuite) -> None:
    stranger = suite.somebody("county_admin", "990102")

    answer = stranger.get(f"{CATEGORIES}?area_code={COUNTY}")

    assert (answer.status_code, answer.json()["code"]) == (403, "outside_your_area")


def test_a_code_is_there_once_in_a_county(admin: Person) -> None:
    made(admin, "E-0111")

    answer = admin.post(CATEGORIES, {"county_code": COUNTY, "code": "E-0111", "name": "又", "source_ref": "示例"})

    assert (answer.status_code, answer.json()["code"]) == (409, "already_in_catalogue")


def test_a_standard_is_withdrawn_and_another_added(admin: Person) -> None:
    path = f"{CATEGORIES}/{made(admin, 'E-0112')}"
    limit = {"condition": "缺失", "handle_unit": "urgent_hour", "close_condition": "恢复", "source_ref": "示例"}
    old = admin.post(f"{path}/add_standard", {**limit, "handle_amount": 2}).json()["standards"][0]["id"]

    admin.post(f"{path}/add_standard", {**limit, "handle_amount": 1})
    admin.post(f"{path}/withdraw_standard", {"id": old})

    there = read(admin, "E-0112")["standards"]
    assert [(one["handle_amount"], one["withdrawn_at"] is None) for one in there] == [(2, False), (1, True)]


@pytest.mark.parametrize(
    ("action", "content", "status", "code"),
    [
        pytest.param("withdraw_standard", {"id": str(uuid.uuid4())}, 422, "not_in_category", id="no such standard"),
        pytest.param(
            "add_responsibility",
            {"area_prefix": "990101", "supervising_org": "990101-water", "responsible_org": "990101-water"},
            403,
            "outside_your_area",
            id="another county's area",
        ),
        pytest.param(
            "add_responsibility",
            {"area_prefix": COUNTY, "supervising_org": "nobody-knows-it", "responsible_org": "990101-water"},
            422,
            "unknown_organisation",
            id="an unknown organisation",
        ),
        pytest.param(
            "add_standard",
            {"condition": "缺失", "handle_amount": 0, "handle_unit": "fortnight", "close_condition": "恢复", "source_ref": "?"},
            422,
            "not_valid",
            id="no limit",
        ),
    ],
)
def test_what_makes_no_sense_is_refused(admin: Person, action: str, content: dict[str, Any], status: int, code: str) -> None:
    path = f"{CATEGORIES}/{made(admin, 'E-0117')}/{action}"

    answer = admin.post(path, content)

    assert (answer.status_code, answer.json()["code"]) == (status, code)


def test_a_category_is_changed_and_taken_out_of_use(admin: Person) -> None:
    path = f"{CATEGORIES}/{made(admin, 'E-0122')}"
    version = read(admin, "E-0122")["version"]

    changed = admin.patch(path, {"enabled": False, "legal_refs": ["森林法"]}, If_Match=f'"{version}"').json()

    assert read(admin, "E-0122") == changed
    assert (changed["enabled"], changed["legal_refs"], changed["version"]) == (False, ["森林法"], version + 1)


def test_the_matter_list_is_published_by_level(admin: Person) -> None:
    path = f"{CATEGORIES}/{made(admin, 'E-0128')}/publish_matter"
    line = {"level": "village", "lead_org_type": "village_committee", "source_ref": "示例"}

    admin.post(path, {**line, "community_may_refuse": False})
    admin.post(path, {**line, "community_may_refuse": True})

    lines = read(admin, "E-0128")["matter_list"]
    assert [one["community_may_refuse"] for one in lines] == [False, True]


def test_a_line_of_the_matter_list_is_withdrawn(admin: Person) -> None:
    path = f"{CATEGORIES}/{made(admin, 'E-0129')}"
    line = {"level": "village", "lead_org_type": "village_committee", "community_may_refuse": True, "source_ref": "示例"}
    published = admin.post(f"{path}/publish_matter", line).json()["matter_list"][0]

    withdrawn = admin.post(f"{path}/withdraw_matter", {"id": published["id"]}).json()["matter_list"][0]

    assert published["withdrawn_at"] is None
    assert withdrawn["withdrawn_at"] is not None


def line(level: str, leads: str, days: int = 0, *, withdrawn: bool = False) -> Any:
    """Return a line of the matter list, published so many days after now."""
    at = NOW + dt.timedelta(days=days)
    return SimpleNamespace(
        id=uuid.uuid4(), level=level, lead_org_type=leads, published_at=at, withdrawn_at=at if withdrawn else None
    )


_OF_COUNTY, _OF_TOWN, _OF_VILLAGE = "990101000000", "990101001000", "990101001001"
_LISTED = line("county", "county_department")
_BY_VILLAGE = line("village", "village_committee")


@pytest.mark.parametrize(
    ("lines", "area_code", "kind", "may"),
    [
        pytest.param([], _OF_COUNTY, "department", True, id="nothing is listed, a department"),
        pytest.param([], _OF_TOWN, "township", True, id="nothing is listed, a township"),
        pytest.param([], _OF_VILLAGE, "committee", False, id="nothing is listed, a community"),
        pytest.param([], _OF_VILLAGE, "company", True, id="nothing is listed, a company there"),
        pytest.param([_LISTED], _OF_COUNTY, "department", True, id="listed for departments"),
        pytest.param([_LISTED], _OF_COUNTY, "company", False, id="listed for departments, a company"),
        pytest.param([_LISTED], _OF_TOWN, "department", False, id="listed for the county, a township's department"),
        pytest.param([_LISTED], _OF_VILLAGE, "committee", False, id="listed for the county, a community"),
        pytest.param([_LISTED, _BY_VILLAGE], _OF_VILLAGE, "committee", True, id="listed for communities"),
        pytest.param([_BY_VILLAGE], _OF_COUNTY, "department", False, id="listed for communities alone"),
        pytest.param([line("county", "public_utility")], _OF_TOWN, "company", True, id="a company wherever it is"),
        pytest.param([line("county", "police_station")], _OF_COUNTY, "department", True, id="the police"),
        pytest.param([_LISTED, line("county", "public_utility", 1)], _OF_COUNTY, "department", False, id="the newest holds"),
        pytest.param([line("village", "village_committee", withdrawn=True)], _OF_VILLAGE, "committee", False, id="withdrawn"),
        pytest.param([line("county", "public_utility", withdrawn=True)], _OF_COUNTY, "department", True, id="all withdrawn"),
        pytest.param([_LISTED], _OF_COUNTY, "a kind of tomorrow", False, id="a kind that is not known yet"),
    ],
)
def test_who_may_be_given_what(lines: list[Any], area_code: str, kind: str, *, may: bool) -> None:
    category = Category(None, (), (), tuple(lines))

    assert may_be_given(category, SimpleNamespace(area_code=area_code, kind=kind)) is may


def rule(prefix: str, priority: int = 0, days: int = -1, withdrawn: int | None = None) -> Any:
    """Return a responsibility rule that holds from so many days after now on."""
    return SimpleNamespace(
        id=prefix,
        area_prefix=prefix,
        priority=priority,
        effective_from=NOW + dt.timedelta(days=days),
        withdrawn_at=None if withdrawn is None else NOW + dt.timedelta(days=withdrawn),
    )


_COUNTY, _TOWN, _GRID = "990101", "990101001", "990101001001002"
_OLD_TOWN = "990101007"
MERGED = Moved({"990101007000": "990101001000"})


@pytest.mark.parametrize(
    ("rules", "which"),
    [
        pytest.param([], None, id="nobody"),
        pytest.param([rule(_COUNTY), rule(_TOWN)], 1, id="the narrower area"),
        pytest.param([rule(_COUNTY, 9), rule(_GRID)], 1, id="the narrower area before the priority"),
        pytest.param([rule(_COUNTY, 1), rule(_COUNTY, 2)], 1, id="the higher priority"),
        pytest.param([rule(_COUNTY, 2, -9), rule(_COUNTY, 1)], 0, id="the priority before the later"),
        pytest.param([rule(_COUNTY, days=-3), rule(_COUNTY, days=-2)], 1, id="the later"),
        pytest.param([rule(_COUNTY), rule(_TOWN, days=1)], 0, id="not what comes later"),
        pytest.param([rule(_COUNTY), rule(_TOWN, withdrawn=0)], 0, id="not what was withdrawn"),
        pytest.param([rule("990101002"), rule("990102")], None, id="nobody here"),
        pytest.param([rule(_COUNTY), rule(_OLD_TOWN)], 1, id="what was said of an area that is part of this one today"),
        pytest.param([rule(_TOWN), rule(_OLD_TOWN, 9)], 0, id="what was said of this one itself before it"),
    ],
)
def test_who_answers_at_a_place(rules: list[Any], which: int | None) -> None:
    found = responsible_among(tuple(rules), _GRID, NOW, MERGED)

    assert found is (None if which is None else rules[which])
