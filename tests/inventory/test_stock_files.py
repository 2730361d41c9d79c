"""A list of stock comes in as a file: ours, and one that an organisation published."""

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from gridwhistle.common.sheet_formats import csv_of
from tests.conftest import RunningSuite
from tests.inventory.store import BASE, Store, made, said

REAL = Path(__file__).parents[3] / "shared/data/relief_stock_list/shanghai_red_cross_2021.csv"
COLUMNS = "name:item,qty:standing_stock,required_qty:min,most_qty:max"
HEADS = ["name", "unit", "qty", "required_qty", "most_qty"]


@pytest.fixture(scope="module")
def store(suite: RunningSuite) -> Store:
    return Store(suite, county="990406")


def brought(store: Store, content: bytes, point_id: str, **asked: str) -> Any:
    query = "&".join(f"{name}={value}" for name, value in {"source_ref": "2021", **asked}.items())
    return store.manager.send(f"{BASE}/storage_points/{point_id}/import_list?{query}", content, "text/csv")


def test_a_list_comes_in_once_and_is_inspected_before_it_is_available(store: Store) -> None:
    point_id = store.point()
    content = csv_of([HEADS, ["冲锋舟", "艘", "6", "4", "8"], ["沙袋", "只", "20000", "", ""]])

    tried = made(brought(store, content, point_id, dry_run="true"))
    first, second = (made(brought(store, content, point_id)) for _ in range(2))

    assert [(one["added"], one["unchanged"]) for one in (tried, first, second)] == [(2, 0), (2, 0), (0, 2)]
    assert [(note["row"], note["code"]) for note in first["notes"]] == [(3, "no_norm")]
    lots = store.read(f"lots?point_id={point_id}")["items"]
    assert {(lot["qty"], lot["state"], lot["lot_no"]) for lot in lots} == {
        ("6.000", "received", "OPENING"),
        ("20000.000", "received", "OPENING"),
    }
    inspected = store.do(store.second, f"lots/{lots[0]['id']}/inspect_ok", {"counted_qty": lots[0]["qty"]})
    assert said(inspected) == "available"


@pytest.mark.parametrize(
    ("lines", "faults"),
    [
        ([["绳", "米", "x", "", ""]], ["string_pattern_mismatch"]),
        ([["绳", "米", "5", "9", "8"]], ["most_is_less"]),
        ([["绳", "米", "5", "", "8"]], ["most_is_less"]),
        ([["绳", "米", "5", "", ""], ["绳", "米", "6", "", ""]], ["said_twice"]),
    ],
)
def test_of_a_list_that_is_wrong_somewhere_nothing_comes_in(store: Store, lines: list[list[str]], faults: list[str]) -> None:
    point_id = store.point()

    answer = brought(store, csv_of([HEADS, ["铁锹", "把", "9", "", ""], *lines]), point_id)

    assert (answer.status_code, answer.json()["code"]) == (422, "sheet_not_valid")
    assert [fault["code"] for fault in answer.json()["errors"]] == faults
    assert store.read(f"lots?point_id={point_id}")["items"] == []


@pytest.mark.skipif(not REAL.exists(), reason="shared data is not here")
def test_the_list_of_an_organisation_comes_in_with_every_awkward_row_told(store: Store) -> None:
    point_id = store.point(area_code=f"{store.county}002001")

    told, again = (made(brought(store, REAL.read_bytes(), point_id, columns=COLUMNS, lot_no="2021")) for _ in range(2))

    # What is kept as needed has no number, and the masks have no range.
    assert (told["added"], again["added"], again["unchanged"]) == (9, 0, 9)
    assert [(note["row"], note["code"]) for note in told["notes"]] == [(4, "as_needed"), (7, "as_needed"), (10, "no_norm")]
    lots = store.read(f"lots?point_id={point_id}&limit=200")["items"]
    norms = store.read(f"reserve_norms?area_code={store.county}002001&limit=200")["items"]
    assert sum(Decimal(lot["qty"]) for lot in lots) == 1500 + 100 + 1500 + 1000 + 500 + 200 + 5000
    assert [Decimal(norm["required_qty"]) for norm in reversed(norms)] == [1500, 100, 1500, 1000, 500, 200]
