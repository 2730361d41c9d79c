"""Lots over HTTP: received by two persons, counted, rotated, scrapped with two signatures, recalled."""

import uuid
from collections.abc import Callable
from typing import Any

import asyncpg
import pytest

from tests.conftest import Loop, RunningSuite
from tests.inventory.store import BASE, Store, in_days, made, said

WHY = {"reason": "核查"}


@pytest.fixture(scope="module")
def store(suite: RunningSuite) -> Store:
    return Store(suite)


def test_what_comes_in_is_counted_by_two_persons_who_find_the_same(store: Store) -> None:
    lot = store.received("10")
    path = f"lots/{lot['id']}/inspect_ok"

    alone = store.do(store.keeper, path, {"counted_qty": "10"})
    otherwise = store.do(store.second, path, {"counted_qty": "9.5"})
    again = store.do(store.second, path, {"counted_qty": "10.000"})

    assert (lot["state"], lot["qty"], lot["actions"]) == ("received", "10.000", ["reject"])
    assert [said(answer) for answer in (alone, otherwise, again)] == ["approved_by_you", "counts_differ", "available"]


def test_a_receipt_under_one_key_is_one_lot(store: Store) -> None:
    body = {"point_id": store.point_id, "type_id": store.type_id, "lot_no": "L-twice", "qty": "3"}

    once, twice = (store.do(store.keeper, "lots", body, key="receipt-1") for _ in range(2))
    without = store.keeper.post(f"{BASE}/lots", body)

    assert once.content == twice.content
    assert (without.status_code, without.json()["code"]) == (400, "bad_header")
    assert len(store.read("lots?lot_no=L-twice")["items"]) == 1


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"expires_on": in_days(0)}, "made_after_expiry"),
        ({"expires_on": in_days(9), "made_on": in_days(10)}, "made_after_expiry"),
        ({"expires_on": "9999-12-31"}, "not_valid"),
        ({"made_on": "9990-01-01"}, "not_valid"),
        ({"type_id": str(uuid.UUID(int=0))}, "type_not_here"),
        ({"qty": "0"}, "not_valid"),
        ({"qty": "1.2345"}, "not_valid"),
        ({"qty": 10}, "not_valid"),
    ],
)
def test_what_cannot_have_come_in_is_refused(store: Store, change: dict[str, Any], code: str) -> None:
    body = {"point_id": store.point_id, "type_id": store.type_id, "lot_no": "L-0", "qty": "10", **change}

    assert said(store.do(store.keeper, "lots", body)) == code


def test_nothing_comes_in_where_nothing_lies_or_the_store_is_closed(store: Store) -> None:
    capacity = store.point(mode="capacity", agreement_no="XY-1", level="enterprise")
    closed = store.point()
    made(store.do(store.manager, f"storage_points/{closed}/close"))

    refused = [
        said(store.do(store.keeper, "lots", {"point_id": one, "type_id": store.type_id, "lot_no": "L", "qty": "1"}))
        for one in (capacity, closed)
    ]

    assert refused == ["point_holds_nothing", "storage_point_closed"]


def test_what_lasts_so_long_by_its_type_has_a_last_day(store: Store) -> None:
    water = store.type(name="瓶装水", unit="升", shelf_life_days=365)

    lot = store.received("24.5", type_id=water, made_on=in_days(-10))

    assert lot["expires_on"] == in_days(355)


def test_a_lot_with_faults_is_put_aside_and_looked_at_again_by_another_person(store: Store) -> None:
    lot_id = store.received("10")["id"]

    rejected = store.do(store.keeper, f"lots/{lot_id}/reject", WHY)
    again = store.do(store.second, f"lots/{lot_id}/inspect_ok", {"counted_qty": "10"})
    quarantined = store.do(store.manager, f"lots/{lot_id}/quarantine", WHY)
    same = store.do(store.second, f"lots/{lot_id}/inspect_ok", {"counted_qty": "10"})

    assert [said(one) for one in (rejected, again, quarantined, same)] == [
        "quarantined",
        "available",
        "quarantined",
        "approved_by_you",
    ]


def test_a_count_that_differs_is_adjusted_by_a_manager(store: Store) -> None:
    lot_id = store.lot("10")

    matched = made(store.do(store.keeper, f"lots/{lot_id}/count", {"counted_qty": "10"}))
    less = made(store.do(store.keeper, f"lots/{lot_id}/count", {"counted_qty": "8.5"}))
    by_keeper = store.do(store.keeper, f"counts/{less['id']}/adjust", WHY)
    adjusted = store.do(store.manager, f"counts/{less['id']}/adjust", WHY)
    twice = store.do(store.manager, f"counts/{less['id']}/adjust", WHY)
    more = made(store.do(store.keeper, f"lots/{lot_id}/count", {"counted_qty": "9"}))
    dismissed = store.do(store.manager, f"counts/{more['id']}/dismiss", WHY)

    assert (matched["state"], less["state"], less["expected_qty"]) == ("matched", "differing", "10.000")
    assert [said(one) for one in (by_keeper, adjusted, twice, dismissed)] == [
        "wrong_role",
        "adjusted",
        "illegal_move",
        "dismissed",
    ]
    assert store.left(lot_id) == ("8.500", "0.000")
    moves = store.read(f"lots/{lot_id}/movements")["items"]
    assert [(one["kind"], one["qty"], one["qty_after"]) for one in moves] == [
        ("in", "10.000", "10.000"),
        ("adjust", "-1.500", "8.500"),
    ]


def test_two_counts_of_the_same_loss_take_it_off_the_books_once(store: Store) -> None:
    lot_id = store.lot("10")
    first, second = (made(store.do(store.keeper, f"lots/{lot_id}/count", {"counted_qty": "8"})) for _ in range(2))

    made(store.do(store.manager, f"counts/{first['id']}/adjust", WHY))
    again = store.do(store.manager, f"counts/{second['id']}/adjust", WHY)
    dismissed = store.do(store.manager, f"counts/{second['id']}/dismiss", WHY)

    assert (said(again), said(dismissed)) == ("adjusted_since", "dismissed")
    assert store.left(lot_id) == ("8.000", "0.000")


def test_what_is_good_for_long_is_neither_rotated_nor_scrapped(store: Store) -> None:
    lot_id = store.lot("10", expires_on=in_days(400))

    rotated = store.do(store.manager, f"lots/{lot_id}/rotate", WHY)
    scrapped = store.do(store.manager, f"lots/{lot_id}/propose_scrap", WHY)

    assert [said(rotated), said(scrapped)] == ["not_near_expiry", "not_near_expiry"]


def test_scrap_has_two_signatures_of_two_persons(store: Store, suite: RunningSuite, background: Loop) -> None:
    lot_id = store.lot("10")
    made(store.do(store.manager, f"lots/{lot_id}/quarantine", WHY))

    proposed = store.do(store.manager, f"lots/{lot_id}/propose_scrap", WHY)
    alone = store.do(store.manager, f"lots/{lot_id}/approve_scrap", WHY)
    refused = store.do(store.commander, f"lots/{lot_id}/refuse_scrap", WHY)
    made(store.do(store.manager, f"lots/{lot_id}/propose_scrap", WHY))
    approved = store.do(store.deputy, f"lots/{lot_id}/approve_scrap", WHY)

    assert [said(one) for one in (proposed, alone, refused, approved)] == [
        "scrap_proposed",
        "approved_by_you",
        "quarantined",
        "scrapped",
    ]
    assert store.left(lot_id) == ("0.000", "0.000")
    assert background.run(told(suite, lot_id)) == ["gw.inventory.stock.scrapped.v1"]


async def told(suite: RunningSuite, thing_id: str) -> list[str]:
    connection = await asyncpg.connect(suite.postgres.url("inventory"))
    rows = await connection.fetch(
        "SELECT envelope->>'type' AS type FROM outbox WHERE aggregate_id = $1 ORDER BY event_no", uuid.UUID(thing_id)
    )
    await connection.close()
    return [row["type"] for row in rows]


async def make_due(suite: RunningSuite, owner_id: str, key: str) -> None:
    """Let a clock of a thing be due."""
    connection = await asyncpg.connect(suite.postgres.url("inventory"))
    done = await connection.execute(
        "UPDATE clock SET due_at = clock_timestamp(), next_at = clock_timestamp() WHERE owner_id = $1 AND rule_key = $2"
        " AND stopped_at IS NULL",
        uuid.UUID(owner_id),
        key,
    )
    await connection.close()
    assert done == "UPDATE 1", done


def test_the_last_day_is_told_twice_before_and_once_when_it_comes(
    store: Store, suite: RunningSuite, background: Loop, eventually: Callable[[Callable[[], bool]], None]
) -> None:
    far, near = store.lot("10", expires_on=in_days(120)), store.lot("10", expires_on=in_days(20))

    background.run(make_due(suite, far, "inventory.near_expiry_first"))
    eventually(lambda: store.read(f"lots/{far}")["near_expiry_days"] == 120)
    background.run(make_due(suite, far, "inventory.near_expiry_second"))
    background.run(make_due(suite, near, "inventory.near_expiry_second"))
    eventually(lambda: store.read(f"lots/{near}")["near_expiry_days"] == 20)
    background.run(make_due(suite, far, "inventory.expires"))
    eventually(lambda: store.read(f"lots/{far}")["state"] == "expired")
    rotated = store.do(store.manager, f"lots/{near}/rotate", {"reason": "调入日常使用"})

    assert background.run(told(suite, far)) == ["gw.inventory.stock.near_expiry.v1"] * 3
    assert background.run(told(suite, near)) == ["gw.inventory.stock.near_expiry.v1"]
    assert said(rotated) == "rotated"
    assert store.left(near) == ("0.000", "0.000")
    listed = store.read("lots?near_expiry=true&state=expired")["items"]
    assert far in {one["id"] for one in listed}


def test_what_there_is_at_a_point_is_told_by_type(store: Store) -> None:
    point_id = store.point()
    store.lot("10", point_id=point_id, expires_on=in_days(300))
    store.lot("2.5", point_id=point_id, expires_on=in_days(200))
    store.received("4", point_id=point_id)

    [line] = store.read(f"storage_points/{point_id}/stock")["items"]

    assert (line["qty"], line["free_qty"], line["held_qty"], line["reserved_qty"]) == ("16.500", "12.500", "4.000", "0.000")
    assert line["next_expires_on"] == in_days(200)


def test_an_area_is_low_when_less_than_its_norm_is_free_and_says_so_once(
    store: Store, suite: RunningSuite, background: Loop, eventually: Callable[[Callable[[], bool]], None]
) -> None:
    type_id = store.type()
    norm = {"area_code": f"{store.county}001000", "type_id": type_id, "source_ref": "示例规划"}
    made_norm = made(store.do(store.manager, "reserve_norms", {**norm, "persons": 100, "per_person": "0.3", "factor": "1"}))
    again = store.do(store.manager, "reserve_norms", {**norm, "required_qty": "5"})
    half = store.do(store.manager, "reserve_norms", {**norm, "persons": 5})

    first = store.lot("20", type_id=type_id)
    eventually(lambda: store.read(f"reserve_norms/{made_norm['id']}")["free_qty"] != "0.000" or moved(store, made_norm["id"]))

    def looked(level: str) -> bool:
        store.received("0.001", type_id=type_id)  # something moves
        return bool(store.read(f"reserve_norms/{made_norm['id']}")["level"] == level)

    eventually(lambda: looked("low"))
    found = made(store.do(store.keeper, f"lots/{first}/count", {"counted_qty": "4"}))
    made(store.do(store.manager, f"counts/{found['id']}/adjust", WHY))
    eventually(lambda: looked("critical"))

    assert (made_norm["required_qty"], said(again), said(half)) == ("30.000", "norm_there", "norm_incomplete")
    lacking = store.read("reserve_norms?level=critical")["items"]
    missing = next(one for one in lacking if one["id"] == made_norm["id"])
    assert (made_norm["missing_qty"], missing["free_qty"], missing["missing_qty"]) == ("30.000", "4.000", "26.000")
    assert background.run(told(suite, made_norm["id"]))[-2:] == ["gw.inventory.stock.low.v1"] * 2


def test_a_norm_says_at_once_what_lacks(store: Store, suite: RunningSuite, background: Loop) -> None:
    type_id = store.type()
    store.lot("4", type_id=type_id)
    norm = {"area_code": f"{store.county}001000", "type_id": type_id, "source_ref": "示例规划"}
    too_many = {"persons": 10_000_000, "per_person": "999999999999", "factor": "2"}

    beyond = store.do(store.manager, "reserve_norms", norm | too_many)
    found = made(store.do(store.manager, "reserve_norms", norm | {"required_qty": "10"}))

    assert said(beyond) == "norm_too_large"
    assert (found["level"], found["free_qty"], found["missing_qty"]) == ("critical", "4.000", "6.000")
    assert found["looked_at"]
    assert background.run(told(suite, found["id"])) == ["gw.inventory.stock.low.v1"]


def test_a_plan_says_what_of_a_gap_is_moved_and_what_is_bought(store: Store) -> None:
    type_id = store.type()
    here, there = store.point(), store.point(area_code=f"{store.county}002001")
    for point_id, qty in ((here, "10"), (there, "25")):
        store.lot(qty, type_id=type_id, point_id=point_id)
    for area, qty in (("001000", "40"), ("002000", "20")):
        norm = {"area_code": f"{store.county}{area}", "type_id": type_id, "required_qty": qty, "source_ref": "示例规划"}
        made_norm = made(store.do(store.manager, "reserve_norms", norm))
    of_it = f"replenishment_plan?type_code={made_norm['type_code']}"

    [line] = store.read(of_it)["items"]

    assert (line["area_code"], line["free_qty"], line["missing_qty"]) == (f"{store.county}001000", "10.000", "30.000")
    assert (line["moves"], line["buy_qty"]) == ([{"point_id": there, "qty": "5.000"}], "25.000")
    assert store.read(f"{of_it}&area_code={store.county}002000")["items"] == []
    of_the_town = store.somebody("warehouse_keeper", "town-keeper", f"{store.county}001")
    [alone] = made(of_the_town.get(f"{BASE}/{of_it}"))["items"]
    assert (alone["moves"], alone["buy_qty"]) == ([], "30.000")


def moved(store: Store, norm_id: str) -> bool:
    return bool(store.read(f"reserve_norms/{norm_id}")["looked_at"])


def test_a_kit_for_so_many_people_is_reckoned_from_the_catalogue(suite: RunningSuite) -> None:
    store = Store(suite, county="990402")
    for name, unit, qty, persons, daily in (
        ("棉被", "床", "1", 1, False),
        ("帐篷", "顶", "1", 4, False),
        ("饮用水", "升", "4.5", 1, True),
        ("餐食", "份", "3", 1, True),
        ("手电筒", "支", "1", 2, False),
    ):
        store.type(name=name, unit=unit, kit_qty=qty, kit_persons=persons, is_daily=daily)

    kit = store.read("resource_types/kit?persons=300&days=3")["items"]

    assert {line["name"]: line["qty"] for line in kit} == {"棉被": 300, "帐篷": 75, "饮用水": 4050, "餐食": 2700, "手电筒": 150}


def test_a_recalled_delivery_is_found_wherever_it_lies(store: Store) -> None:
    delivery = {"supplier": "示例棉纺厂", "lot_no": "MB-2026-03"}
    here = store.lot("10", **delivery)
    there = store.lot("5", point_id=store.point(), **delivery)
    store.lot("5", supplier="示例棉纺厂", lot_no="MB-2026-04")

    trace = store.read(f"lots/{here}/trace")

    assert {(one["lot_id"], one["qty"]) for one in trace["lots"]} == {(here, "10.000"), (there, "5.000")}
    assert (trace["moves"], trace["left_out"]) == ([], False)
