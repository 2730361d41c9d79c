"""Registers of shelters as files: our own, and a real one with other heads, every odd row of which is explained."""

import csv
import json
from collections import Counter
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest

from gridwhistle.common.sheet_formats import CSV, XLSX, csv_of, texts_of, xlsx_of
from gridwhistle.inventory.places.shelter_lines import ShelterSheetLine
from tests.conftest import RunningSuite
from tests.inventory.shelters import BASE, County, code_of, made

HAMAMATSU = Path(__file__).parents[3] / "shared/data/shelters_hamamatsu"
REAL = HAMAMATSU / "221309_hamamatsu_tsunami_hinan.csv"
COLUMNS = (
    "code:都道府県コード又は市区町村コード+NO,name:USER_施設名称+USER_棟名,address:USER_静岡県浜松市,lon:経度,lat:緯度,"
    "area_m2:USER_面積___,capacity_declared:収容人数(0.7*0.7)指数o.8"
)
LINE = {
    "code": "S-1",
    "name": "示例广场",
    "level": "村级",
    "kind": "固定短期",
    "space": "场地",
    "address": "示例路 1 号",
    "lon": "120.6",
    "lat": "30.6",
    "area_m2": "2,650㎡",
    "services": "供水|厕所",
}


@pytest.fixture
def county(suite: RunningSuite) -> County:
    return County(suite)


def as_rows(*lines: dict[str, str]) -> list[list[str]]:
    names = [column.name for column in ShelterSheetLine.columns()]
    return [names, *([line.get(name, "") for name in names] for line in lines)]


def brought(county: County, *lines: dict[str, str], query: str = "", role: str = "inventory_manager") -> Any:
    area = {"area_code": f"{county.code}001001"}
    content = csv_of(as_rows(*(area | line for line in lines)))
    return county.somebody(role).send(f"{BASE}/shelters/import{query}", content, "text/csv")


def counts(answer: Any) -> tuple[int, int, int]:
    told = made(answer)
    return told["added"], told["changed"], told["unchanged"]


def faults(answer: Any) -> list[tuple[int, str, str]]:
    assert code_of(answer) == "sheet_not_valid", answer.text
    return [(one["row"], one["pointer"].rpartition("/")[2], one["code"]) for one in answer.json()["errors"]]


def test_a_register_comes_in_and_a_second_run_changes_nothing(county: County) -> None:
    lines = LINE, LINE | {"code": "S-2", "lon": "120.61"}

    first, second = counts(brought(county, *lines)), counts(brought(county, *lines))
    changed = counts(brought(county, LINE | {"name": "示例文化广场"}))

    assert (first, second, changed) == ((2, 0, 0), (0, 0, 2), (0, 1, 0))
    shelters = made(county.manager.get(f"{BASE}/shelters?code=S-1"))["items"]
    assert [(one["name"], one["capacity"], one["services"], one["state"]) for one in shelters] == [
        ("示例文化广场", 1_325, ["toilet", "water"], "planned")
    ]


@pytest.mark.parametrize("kind", [CSV, XLSX])
def test_what_leaves_comes_in_again_unchanged(county: County, kind: str) -> None:
    counts(brought(county, LINE, LINE | {"code": "S-2", "area_m2": ""}))

    file = county.office.get(f"{BASE}/shelters/export", Accept=kind)
    again = county.office.send(f"{BASE}/shelters/import", file.content, file.headers["content-type"])

    assert counts(again) == (0, 0, 2)
    assert texts_of(file.content)[0] == [column.head.en for column in ShelterSheetLine.columns()]


def test_a_dry_run_changes_nothing(county: County) -> None:
    told = made(brought(county, LINE, query="?dry_run=true"))

    assert (told["added"], told["dry_run"]) == (1, True)
    assert made(county.manager.get(f"{BASE}/shelters"))["items"] == []


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({"kind": "大型"}, ("kind", "literal_error")),
        ({"lat": "95"}, ("lat", "less_than_equal")),
        ({"area_m2": "很大"}, ("area_m2", "float_parsing")),
        ({"area_m2": "-3"}, ("area_m2", "greater_than")),
        ({"code": "S 1"}, ("code", "string_pattern_mismatch")),
        ({"name": ""}, ("name", "missing")),
        ({"services": "供水|游泳池"}, ("services", "literal_error")),
        ({"area_code": "990999001001"}, ("area_code", "outside_your_area")),
        ({"capacity_declared": "1.5人"}, ("capacity_declared", "int_parsing")),
    ],
)
def test_a_wrong_line_is_told_by_row_and_column_and_nothing_is_written(
    county: County, change: dict[str, str], fault: tuple[str, str]
) -> None:
    answer = brought(county, LINE, LINE | {"code": "S-2", "lon": "120.61"} | change)

    assert faults(answer) == [(3, *fault)]
    assert made(county.manager.get(f"{BASE}/shelters"))["items"] == []


def test_a_line_that_comes_twice_moves_a_shelter_or_touches_one_in_use_is_refused(county: County) -> None:
    county.opened(code="S-9")
    counts(brought(county, LINE))

    twice = brought(county, LINE | {"code": "S-3"}, LINE | {"code": "S-3"})
    moved = brought(county, LINE | {"lon": "120.7"})
    in_use = brought(county, LINE | {"code": "S-9", "name": "另一个名字", "address": "示例路 1 号"})

    assert faults(twice) == [(3, "code", "twice")]
    assert faults(moved) == [(2, "lon", "shelter_elsewhere")]
    assert faults(in_use) == [(2, "code", "shelter_in_use")]


def test_columns_that_the_file_has_not_are_refused(county: County) -> None:
    answer = county.office.send(
        f"{BASE}/shelters/import?{urlencode({'columns': 'code:编号'})}", csv_of([["名称"], ["甲"]]), "text/csv"
    )

    assert code_of(answer) == "bad_columns"


# --- a real register ---------------------------------------------------------------------------------------------------------


def real(county: County, content: bytes, media_type: str, **more: str) -> Any:
    said = {"area_code": f"{county.code}001001", "level": "city", "kind": "emergency", "space": "building"}
    query = urlencode({**said, "columns": COLUMNS, **more})
    return county.office.send(f"{BASE}/shelters/import?{query}", content, media_type)


@pytest.mark.skipif(not REAL.exists(), reason="shared data is not here")
@pytest.mark.parametrize("media_type", ["text/csv", XLSX])
def test_a_real_register_comes_in_and_every_odd_row_is_explained(county: County, media_type: str) -> None:
    known = json.loads((HAMAMATSU / "expected.json").read_text(encoding="utf-8"))
    content = REAL.read_bytes() if media_type == "text/csv" else xlsx_of("避難", texts_of(REAL.read_bytes()))
    rows = list(csv.DictReader(REAL.read_text(encoding="utf-8-sig").splitlines()))

    dry = made(real(county, content, media_type, dry_run="true"))
    told = made(real(county, content, media_type))
    again = made(real(county, content, media_type))

    assert (dry["added"], told["added"], again["unchanged"]) == (known["rows"],) * 3
    assert (again["added"], again["changed"]) == (0, 0)
    assert told["notes_by_code"]["area_missing"] == known["rows_without_numeric_area"]
    assert told["notes_by_code"]["declared_zero"] == known["zero_capacity_rows"]
    # Its rule for an area is not ours, so what it says of a row with an area differs from what the area holds.
    assert told["notes_by_code"]["capacity_differs"] == known["capacity_formula"]["rows_with_numeric_area"]
    explained: dict[str, list[int]] = {}
    for note in told["notes"]:
        explained.setdefault(note["code"], []).append(note["row"])
    without_area = [row for row, line in enumerate(rows, 2) if not line["USER_面積___"]]
    points = Counter((line["経度"], line["緯度"]) for line in rows)
    assert explained["area_missing"] == explained["declared_zero"] == without_area
    assert len(explained["same_point"]) == sum(count - 1 for count in points.values())
    assert len(told["notes"]) == sum(told["notes_by_code"].values())
    there = _all(county)
    assert len(there) == known["rows"]
    assert sum(one["capacity_declared"] for one in there) == known["capacity_total"]
    assert sum(one["area_m2"] or 0 for one in there) == pytest.approx(known["area_total_m2"], abs=0.01)
    assert sum(one["capacity"] is None for one in there) == known["rows_without_numeric_area"]
    assert {one["state"] for one in there} == {"planned"}
    lons, lats = [one["lon"] for one in there], [one["lat"] for one in there]
    assert [min(lons), max(lons)] == pytest.approx(known["lon_range"])
    assert [min(lats), max(lats)] == pytest.approx(known["lat_range"])


@pytest.mark.skipif(not REAL.exists(), reason="shared data is not here")
def test_a_real_row_is_found_by_its_number_and_shown_as_it_is(county: County) -> None:
    made(real(county, REAL.read_bytes(), "text/csv"))

    (found,) = made(county.manager.get(f"{BASE}/shelters?code=221309-228"))["items"]

    assert (found["name"], found["address"]) == ("ST.ナイン", "静岡県浜松市中央区坪井町876")
    assert (found["area_m2"], found["capacity"], found["capacity_declared"]) == (11.4, 22, 16)
    assert (found["lon"], found["lat"]) == (137.6460645, 34.6832554)


def _all(county: County) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    path = f"{BASE}/shelters?limit=200"
    while path:
        page = made(county.manager.get(path))
        found += page["items"]
        path = page["next_cursor"] and f"{BASE}/shelters?limit=200&cursor={page['next_cursor']}"
    return found
