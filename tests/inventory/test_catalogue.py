"""The catalogue of resource types: codes with their parents, the county's own in the branches 99, and where they are kept."""

from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest

from gridwhistle.common.events.inventory_stock import Amount, Quantity
from gridwhistle.common.wire import Body
from gridwhistle.inventory.stock.domain import NotASupplyCode, StockOf, is_local, parent_of, replenished
from tests.conftest import RunningSuite

BASE = "/inventory/v1"
COUNTY = "990101000000"
QUILT = {"area_code": COUNTY, "code": "1990900", "name": "棉被", "unit": "床"}


@pytest.mark.parametrize(
    ("code", "parent"),
    [("1010203", "1010200"), ("1010200", "1010000"), ("1010000", "1000000"), ("1000000", None), ("3999999", "3999900")],
)
def test_a_code_stands_below_the_one_without_its_last_level(code: str, parent: str | None) -> None:
    assert parent_of(code) == parent


@pytest.mark.parametrize("code", ["4010101", "0010101", "1000203", "1010003", "101020", "10102030", "", "1a10203", "1010203"])
def test_what_is_no_code_is_refused(code: str) -> None:
    if code == "1010203":
        code += "\n"
    with pytest.raises(NotASupplyCode):
        parent_of(code)


def test_the_branches_99_are_the_countys_own() -> None:
    assert [is_local(code) for code in ("1990100", "1019900", "1010299", "1010203", "1000000")] == [True] * 3 + [False] * 2


HERE, NEAR, FAR, CLOSED = (UUID(int=number) for number in range(4))


@pytest.mark.parametrize(
    ("required", "moves", "missing"),
    [
        pytest.param({"990101001": 30}, {"990101001": {FAR: 20}}, {"990101001": 20}, id="what nobody asks for is moved"),
        pytest.param({"990101001": 80}, {"990101001": {FAR: 40, NEAR: 25}}, {"990101001": 70}, id="and the rest is bought"),
        pytest.param(
            {"990101001": 80, "990101003": 35, "990101002001": 25},
            {"990101001": {FAR: 5}},
            {"990101001": 70},
            id="but not what norms ask for where it lies",
        ),
        pytest.param(
            {"990101": 100, "990101001": 80},
            {"990101001": {FAR: 40, NEAR: 25}, "990101": {}},
            {"990101001": 70, "990101": 10},
            id="what a township gets is the county's as well, and what moves within it no more",
        ),
        pytest.param(
            {"990101001": 30, "990101004": 40},
            {"990101004": {FAR: 40}, "990101001": {NEAR: 20}},
            {"990101004": 40, "990101001": 20},
            id="who has least comes first, and nothing is moved twice",
        ),
        pytest.param({"990101001": 10, "990101": 50}, {}, {}, id="nobody lacks anything"),
    ],
)
def test_a_plan_moves_what_is_too_much_elsewhere_and_buys_the_rest(
    required: dict[str, int], moves: dict[str, dict[UUID, int]], missing: dict[str, int]
) -> None:
    stock = [
        StockOf(FAR, "990101003001", Decimal(40)),
        StockOf(NEAR, "990101002001", Decimal(25)),
        StockOf(HERE, "990101001001", Decimal(10)),
        StockOf(CLOSED, "990101005001", Decimal(10), is_open=False),
    ]

    plan = replenished({area: Decimal(qty) for area, qty in required.items()}, stock)

    assert {area: refill.moves for area, refill in plan.items()} == moves
    assert {area: refill.missing for area, refill in plan.items()} == missing


class Moved(Body):
    qty: Amount
    left: Quantity


@pytest.mark.parametrize("text", ["0.001", "1", "1.5", "20.000", "999999999999.999"])
def test_a_quantity_travels_exactly(text: str) -> None:
    read = Moved.model_validate_json(f'{{"qty": "{text}", "left": "0"}}')

    assert read.qty == Decimal(text)
    assert read.model_dump_json() == f'{{"qty":"{Decimal(text):.3f}","left":"0.000"}}'


@pytest.mark.parametrize(
    "sent", ['"0"', '"0.0001"', '"-1"', '"1e3"', '"01"', '"NaN"', "1.5", "1", '"1000000000000"', "null", '""']
)
def test_what_is_no_exact_quantity_is_refused(sent: str) -> None:
    with pytest.raises(ValueError, match="qty"):
        Moved.model_validate_json(f'{{"qty": {sent}, "left": "0"}}')


def manager(suite: RunningSuite, area: str = "990101") -> Any:
    return suite.somebody("inventory_manager", area)


def test_the_standards_classes_are_there_from_the_beginning(suite: RunningSuite) -> None:
    answer = suite.somebody("warehouse_keeper", "990177001").get(f"{BASE}/resource_types").json()

    assert [(one["code"], one["parent_code"]) for one in answer["items"]] == [
        ("1000000", None),
        ("1990000", "1000000"),
        ("2000000", None),
        ("2990000", "2000000"),
        ("3000000", None),
        ("3990000", "3000000"),
    ]
    assert {one["area_code"] for one in answer["items"]} == {""}


def test_a_county_adds_types_below_those_that_are_there_once(suite: RunningSuite) -> None:
    no_parent = manager(suite).post(f"{BASE}/resource_types", {**QUILT, "code": "1990901"})
    made = manager(suite).post(f"{BASE}/resource_types", {**QUILT, "kit_qty": "0.25", "kit_persons": 1})
    again = manager(suite).post(f"{BASE}/resource_types", QUILT)
    below = manager(suite).post(f"{BASE}/resource_types", {**QUILT, "code": "1990901"})
    listed = manager(suite).get(f"{BASE}/resource_types?parent_code=1990900").json()["items"]

    assert (no_parent.status_code, no_parent.json()["code"]) == (422, "unknown_parent")
    assert "1990900" in no_parent.json()["detail"]
    assert (made.status_code, made.json()["is_local"], made.json()["kit_qty"]) == (201, True, "0.250")
    assert (again.status_code, again.json()["code"]) == (409, "type_there")
    assert [one["id"] for one in listed] == [below.json()["id"]]


@pytest.mark.parametrize(
    ("change", "status", "code"),
    [
        ({"code": "4010101"}, 422, "not_valid"),
        ({"code": "1000203"}, 422, "not_a_supply_code"),
        ({"code": "1000000"}, 409, "type_there"),
        ({"kit_qty": "1"}, 422, "kit_incomplete"),
        ({"area_code": "990101001000"}, 422, "not_valid"),
        ({"area_code": "990102000000"}, 403, "outside_your_area"),
    ],
)
def test_a_type_that_cannot_be_is_refused_with_the_reason(
    suite: RunningSuite, change: dict[str, Any], status: int, code: str
) -> None:
    answer = manager(suite).post(f"{BASE}/resource_types", {**QUILT, **change})

    assert (answer.status_code, answer.json()["code"]) == (status, code)


def test_a_withdrawn_type_stays_and_the_standards_are_nobodys_to_withdraw(suite: RunningSuite) -> None:
    made = manager(suite).post(f"{BASE}/resource_types", {**QUILT, "code": "2990900", "name": "发电机"}).json()
    standard = manager(suite).get(f"{BASE}/resource_types?code=1000000").json()["items"][0]

    withdrawn = manager(suite).post(f"{BASE}/resource_types/{made['id']}/withdraw")
    again = manager(suite).post(f"{BASE}/resource_types/{made['id']}/withdraw")
    refused = manager(suite).post(f"{BASE}/resource_types/{standard['id']}/withdraw")

    assert withdrawn.json()["withdrawn_at"]
    assert (again.status_code, again.json()["code"]) == (409, "type_withdrawn")
    assert refused.status_code == 404


def test_what_is_promised_has_an_agreement_and_what_lies_there_has_none(suite: RunningSuite) -> None:
    point = {"area_code": "990101001000", "name": "示例超市", "level": "enterprise"}
    lies = {"location": {"lon": 120.1551, "lat": 30.2741, "coord_sys": "gcj02"}}

    promised = manager(suite).post(f"{BASE}/storage_points", {**point, "mode": "agreed", "agreement_no": "XY-1", **lies})
    without = manager(suite).post(f"{BASE}/storage_points", {**point, "mode": "capacity"})
    needless = manager(suite).post(f"{BASE}/storage_points", {**point, "agreement_no": "XY-1"})
    listed = manager(suite, "990101001").get(f"{BASE}/storage_points?mode=agreed").json()["items"]

    assert promised.status_code == 201
    assert promised.json()["lon"] != 120.1551
    assert {without.json()["code"], needless.json()["code"]} == {"agreement_needed"}
    assert promised.json()["id"] in {one["id"] for one in listed}


def test_a_storage_point_is_closed_once(suite: RunningSuite) -> None:
    made = manager(suite).post(f"{BASE}/storage_points", {"area_code": COUNTY, "name": "旧库", "level": "county"}).json()

    closed, again = (manager(suite).post(f"{BASE}/storage_points/{made['id']}/close") for _ in range(2))

    assert closed.json()["closed_at"]
    assert (again.status_code, again.json()["code"]) == (409, "storage_point_closed")
