"""Every list is a file as well: the rows of its pages, for the same caller, as CSV, as a workbook, and on a map as GeoJSON.

Lists are found from the services, so a new one joins by itself.
"""

import datetime as dt
import json
import re
from typing import Any, get_args

import pytest

from gridwhistle.common.calendars import LOCAL
from gridwhistle.common.edge import EdgeRoute
from gridwhistle.common.listing import GEOJSON
from gridwhistle.common.principal import PUBLIC
from gridwhistle.common.sheet_formats import CSV, XLSX, texts_of
from gridwhistle.standalone.services import KINDS
from tests.conftest import Person, RunningSuite
from tests.system import (
    asked_of_alerts,
    asked_of_mediation,
    asked_of_places,
    asked_of_responses,
    asked_of_stock,
    asked_of_teams,
    asked_of_timebank,
)

INCIDENTS = "/incidents/v1/incidents"
LISTS = [
    route
    for kind in KINDS
    for router in kind.all_routers()
    for route in router.routes
    if isinstance(route, EdgeRoute) and route.listing
]
PLACE = "990203001001"
EMPTY = {"dead_letters", "deletion_certificates", "disclosures", "legal_holds", "clocks/overdue", "audit/seals"}
EMPTY |= {"revocations", "shifts", "open_shelters", "resource_types/kit", "replenishment_plan"}
"""Lists in which nothing is planted."""
_NEAR = "?limit=50&lon=60.3&lat=10.0&within_m=100000"
ASKED = {
    "rules": f"?area_code={PLACE[:6]}",
    "calendar_days": f"?area_code={PLACE[:6]}&year=2026",
    "categories": f"?area_code={PLACE[:6]}",
    "trial_balance": f"?area_code={PLACE[:6]}",
    "kit": "?persons=300",
    "proposed_teams": f"?level=1&area_code={PLACE}",
    **dict.fromkeys(("nearest_shelters", "nearest_support_points", "nearest_response_teams"), _NEAR),
}
"""How lists are asked that ask for more than a page."""
every_list = pytest.mark.parametrize("route", LISTS, ids=[route.path for route in LISTS])


@pytest.fixture(scope="module")
def planted(suite: RunningSuite) -> str:
    """Plant something of every service in a place where no other test is; return the county."""

    def nobody_notes(*_: Any) -> None: ...

    asked_of_timebank.plant(suite, nobody_notes, {}, PLACE)
    asked_of_mediation.plant(suite, nobody_notes, {}, PLACE)
    asked_of_stock.plant(suite, nobody_notes, PLACE)
    asked_of_places.plant(suite, nobody_notes, {}, PLACE, 60.3)
    asked_of_teams.plant(suite, nobody_notes, {}, PLACE)
    asked_of_alerts.plant(suite, nobody_notes, PLACE)
    asked_of_responses.plant(suite, nobody_notes, PLACE)
    suite.somebody("county_admin", PLACE[:6]).post("/incidents/v1/categories/start", {"county_code": PLACE[:6]})
    suite.somebody("town_acceptor", PLACE[:6]).post(INCIDENTS, {"title": "井盖缺失", "area_code": PLACE})
    return PLACE[:6]


def pages(caller: Person, path: str) -> list[dict[str, Any]]:
    """Return the items of all pages; of a list that has none, its items."""
    whole = caller.get(path).json()
    if "next_cursor" not in whole:
        return list(whole["items"])
    items, cursor = [], ""
    while cursor is not None:
        page = caller.get(f"{path}{'&' if '?' in path else '?'}limit=200{cursor and f'&cursor={cursor}'}").json()
        items += page["items"]
        cursor = page["next_cursor"]
    return items


def texts(value: Any) -> str:
    """Return what a person reads in a cell."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list) and all(isinstance(one, str) for one in value):
        return "\n".join(value).strip()
    if isinstance(value, list | dict):
        return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    if isinstance(value, str) and re.fullmatch(r"\d{4}-\d\d-\d\dT.*Z", value):
        return dt.datetime.fromisoformat(value).astimezone(LOCAL).isoformat(timespec="seconds")
    return "" if value is None else number(str(value).strip())


def number(text: str) -> str:
    """Return a number as one text, however many noughts it ends with."""
    return f"{float(text):.9g}" if re.fullmatch(r"-?\d{1,9}(\.\d+)?", text) else text


def rows(content: bytes) -> list[list[str]]:
    """Return the rows of a file below its head, without the blanks at their ends."""
    return [[number(text) for text in row] for row in texts_of(content)[1:]]


def address(caller: Person, route: EdgeRoute) -> str:
    """Return where a list is: of what belongs to one thing, of one that has some."""
    within, _, rest = route.path.partition("/{")
    if not rest:
        asks = f"?area_code={PLACE}" if route.may == PUBLIC else ASKED.get(route.path.rpartition("/")[2], "")
        return route.path + asks
    lists = [f"{within}/{thing['id']}/{rest.partition('/')[2]}" for thing in caller.get(within).json()["items"]]
    return next((one for one in lists if caller.get(one).json()["items"]), lists[0])


@every_list
def test_a_file_has_the_rows_of_the_pages(suite: RunningSuite, planted: str, route: EdgeRoute) -> None:
    caller = Person(suite.client, suite.everybody(route.may, "990101", planted))
    path = address(caller, route)
    names = [
        name for name in get_args(route.response_model.model_fields["items"].annotation)[0].model_fields if name != "boundary"
    ]

    for _ in range(5):  # something may come in meanwhile
        items = pages(caller, path)
        files = [caller.get(path, Accept=kind) for kind in (CSV, XLSX)]
        if pages(caller, path) == items:
            break

    wanted = [[texts(item[name]) for name in names] for item in items]
    for file, kind in zip(files, (CSV, XLSX), strict=True):
        assert file.headers["content-type"].partition(";")[0] == kind
        assert file.headers["content-disposition"].startswith("attachment; filename=")
        assert file.headers["cache-control"] == "no-store"
        found = rows(file.content)
        assert [row + [""] * (len(names) - len(row)) for row in found] == wanted
    assert items or route.path.split("/v1/")[1] in EMPTY


def test_a_file_holds_what_was_asked_for_and_no_formula(suite: RunningSuite) -> None:
    acceptor = suite.somebody("town_acceptor", "990201001")
    title = "=HYPERLINK(1)"
    acceptor.post(INCIDENTS, {"title": title, "area_code": "990201001007"})
    acceptor.post(INCIDENTS, {"title": "井盖缺失", "area_code": "990201001008"})

    file = acceptor.get(f"{INCIDENTS}?area_code=990201001007&limit=1", Accept=CSV, Accept_Language="zh-CN")

    head, *found = texts_of(file.content)
    assert head[:4] == ["标识", "版本", "事件编号", "状态"]
    assert {row[head.index("标题")] for row in found} == {title}
    assert f"'{title}".encode() in file.content
    assert suite.somebody("town_acceptor", "990202").get(INCIDENTS, Accept=CSV).text.count("\r\n") == 1


@pytest.mark.parametrize(
    ("query", "role", "status", "code"),
    [
        pytest.param("", "resident", 403, "insufficient_scope", id="whose it is not"),
        pytest.param("?cursor=x", "county_admin", 400, "bad_cursor", id="a cursor of one's own making"),
        pytest.param("?format=csv", "county_admin", 400, "unknown_parameter", id="what nobody asks"),
        pytest.param("?state=lost", "county_admin", 422, "not_valid", id="a state that is none"),
    ],
)
def test_a_refusal_is_a_problem_whatever_was_asked_for(
    suite: RunningSuite, query: str, role: str, status: int, code: str
) -> None:
    answer = suite.person(role).get(f"{INCIDENTS}{query}", Accept=XLSX)

    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize(
    ("path", "kind"),
    [(f"{INCIDENTS}?state=reported", "Point"), ("/personnel/v1/grids?state=filed", "Polygon")],
    ids=["incidents", "grids"],
)
def test_what_lies_somewhere_is_on_a_map(suite: RunningSuite, path: str, kind: str) -> None:
    clerk = suite.somebody("town_acceptor", "990101001001")
    clerk.post(INCIDENTS, {"title": "井盖缺失", "location": {"lon": 120.152, "lat": 30.272}})

    found = clerk.get(path, Accept=GEOJSON)

    features, items = found.json()["features"], {one["id"]: one for one in pages(clerk, path)}
    assert found.headers["content-type"] == GEOJSON
    assert {one["id"] for one in features} == items.keys()
    assert {one["geometry"]["type"] for one in features if one["geometry"]} == {kind}
    for feature in features:
        item = items[feature["id"]]
        assert feature["properties"].items() <= item.items()
        point = None if item.get("lon") is None else {"type": "Point", "coordinates": [item["lon"], item["lat"]]}
        assert feature["geometry"] == item.get("boundary", point)
