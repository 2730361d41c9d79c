"""Lists as files: which one is asked for, what stands in its cells, and that it is all there or not at all."""

import asyncio
import datetime as dt
import json
import tempfile
from collections.abc import AsyncIterator, Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import UUID

import openpyxl
import pytest
from pydantic import AwareDatetime

from gridwhistle.common import listing
from gridwhistle.common.listing import GEOJSON, Listing, wanted
from gridwhistle.common.personal import Phone
from gridwhistle.common.problems import Language
from gridwhistle.common.sheet_formats import CSV, XLSX, texts_of
from gridwhistle.common.sheets import TooMuchForOneFile
from gridwhistle.common.wire import View


class Lender(View):
    """Who lends a tool."""

    name: str
    since: dt.date


class ToolLine(View):
    """A tool in a list."""

    id: UUID
    title: str
    qty: Decimal
    is_daily: bool
    phone: Phone | None
    lon: float | None
    lat: float | None
    services: list[str]
    gives: list[Lender]
    opened_at: AwareDatetime | None


TOOLS = Listing("tools", ToolLine)
SHEETS = pytest.mark.parametrize("kind", [CSV, XLSX])


def tool(**values: Any) -> ToolLine:
    """Return a drill that is lent at a corner, or something else."""
    drill = {
        "id": UUID(int=7),
        "title": "电钻",
        "qty": Decimal("1.50"),
        "is_daily": True,
        "phone": Phone("13800138000"),
        "lon": 120.15,
        "lat": 30.27,
        "services": ["water", "power"],
        "gives": [Lender.holding({"name": "示例社", "since": dt.date(2026, 7, 6)})],
        "opened_at": dt.datetime(2026, 7, 6, 8, 30, tzinfo=dt.UTC),
    }
    return ToolLine.holding(drill | values)


def file_of(items: list[Any], media_type: str, language: Language = "en", kind: Listing = TOOLS) -> bytes:
    """Return a list of these as a file, a page at a time."""

    async def pages() -> AsyncIterator[list[Any]]:
        for first in range(0, max(len(items), 1), 200):
            yield items[first : first + 200]

    file = asyncio.run(kind.whole(media_type, pages(), language))
    with file.content as content:
        content.seek(0)
        return content.read()


# --- which one ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("accept", "kind"),
    [
        pytest.param("", None, id="nothing is said"),
        pytest.param("*/*", None, id="anything"),
        pytest.param("text/csv", CSV, id="CSV"),
        pytest.param(f"{XLSX};q=0.9, application/json;q=0.1", XLSX, id="a workbook, and JSON if it must be"),
        pytest.param("application/json, text/csv", None, id="JSON is named first"),
        pytest.param("*/*, TEXT/CSV; charset=utf-8", CSV, id="named goes before anything"),
        pytest.param("text/csv;q=0", None, id="anything but CSV"),
        pytest.param("text/csv;q=x, application/geo+json", GEOJSON, id="a weight that is none"),
        pytest.param("text/html, image/png, */*;q=0.8", None, id="a browser"),
        pytest.param("text/html", None, id="what we have not"),
    ],
)
def test_the_first_wish_that_can_be_met_decides(accept: str, kind: str | None) -> None:
    assert wanted(accept, TOOLS.media_types) == kind


def test_a_list_without_places_is_no_map() -> None:
    lenders = Listing("lenders", Lender)

    assert wanted(f"{GEOJSON}, text/csv;q=0.5", lenders.media_types) == CSV
    assert lenders.media_types == (CSV, XLSX)


# --- what stands in it -------------------------------------------------------------------------------------------------------


@SHEETS
def test_a_row_says_what_the_list_says_and_masks_what_it_masks(kind: str) -> None:
    blank = tool(phone=None, lon=None, lat=None, services=[], gives=[], opened_at=None)

    head, first, second = texts_of(file_of([tool(), blank], kind))

    assert head == ["id", "title", "quantity", "daily use", "phone", "longitude", "latitude", "services", "gives", "opened"]
    assert first == [
        str(UUID(int=7)),
        "电钻",
        "1.50" if kind == CSV else "1.5",
        "true",
        "138****8000",
        "120.15",
        "30.27",
        "water\npower",
        '[{"name":"示例社","since":"2026-07-06"}]',
        "2026-07-06T16:30:00+08:00",
    ]
    assert second == first[:4]  # the rest is blank


@SHEETS
@pytest.mark.parametrize("title", ["=1+1", "@SUM(A1)", "+86 571", "-5 cm", "\t=1", "＝1", "=cmd|'/c calc'!A0"])
def test_no_title_is_a_formula(kind: str, title: str) -> None:
    written = file_of([tool(title=title)], kind)

    if kind == CSV:
        assert written.decode("utf-8-sig").splitlines()[1].split(",")[1].lstrip('"').startswith("'")
    else:
        folder = Path(tempfile.mkdtemp())
        (folder / "tools.xlsx").write_bytes(written)
        assert openpyxl.load_workbook(folder / "tools.xlsx").active["B2"].data_type == "s"
    assert texts_of(written)[1][1] == title.strip()


def test_heads_are_in_the_readers_language() -> None:
    assert texts_of(file_of([], CSV, "zh")) == [
        ["标识", "标题", "数量", "日常用品", "电话", "经度", "纬度", "配套设施", "可提供的帮助", "开启时间"]
    ]


def test_a_place_is_a_point_and_what_has_none_is_there_without() -> None:
    found = json.loads(file_of([tool(), tool(lon=None, lat=None)], GEOJSON))

    assert found["type"] == "FeatureCollection"
    assert [one["geometry"] for one in found["features"]] == [{"type": "Point", "coordinates": [120.15, 30.27]}, None]
    assert found["features"][0]["id"] == str(UUID(int=7))
    assert found["features"][0]["properties"]["phone"] == "138****8000"
    assert not {"lon", "lat"} & found["features"][0]["properties"].keys()


def test_a_boundary_is_on_the_map_and_in_no_cell() -> None:
    class FieldLine(View):
        id: UUID
        boundary: dict[str, Any]

    square = {"type": "Polygon", "coordinates": [[[120, 30], [121, 30], [121, 31], [120, 30]]]}
    fields, field = Listing("fields", FieldLine), FieldLine.holding({"id": UUID(int=7), "boundary": square})

    assert json.loads(file_of([field], GEOJSON, kind=fields))["features"][0]["geometry"] == square
    assert texts_of(file_of([field], CSV, kind=fields)) == [["id"], [str(UUID(int=7))]]


# --- all of it, or none ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", [CSV, XLSX, GEOJSON])
def test_every_page_is_in_the_file_once_and_in_order(kind: str) -> None:
    titles = [f"第 {number} 件" for number in range(1_050)]

    written = file_of([tool(title=title) for title in titles], kind)

    if kind == GEOJSON:
        assert [one["properties"]["title"] for one in json.loads(written)["features"]] == titles
    else:
        assert [row[1] for row in texts_of(written)[1:]] == titles


@pytest.fixture
def passing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Return the folder where what is passing waits."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path


@pytest.mark.parametrize("kind", [CSV, XLSX, GEOJSON])
def test_what_is_too_much_is_refused_whole_and_leaves_nothing_behind(
    kind: str, passing: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(listing._ROWS_MAX, kind, 400)

    assert file_of([tool()] * 400, kind)
    with pytest.raises(TooMuchForOneFile, match="One file holds 400 rows"):
        file_of([tool()] * 401, kind)

    assert not [*passing.iterdir()]


def test_what_is_too_long_is_refused_as_well(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(listing, "WRITTEN_BYTES_MAX", 1_000)

    with pytest.raises(TooMuchForOneFile):
        file_of([tool()] * 600, CSV)
