"""What a response is promised: the kit of all who are expected, from several stores, fetched or free again."""

import datetime as dt
from typing import Any

import pytest

from tests.conftest import Loop, Person, RunningSuite
from tests.inventory.a_response import (
    DEPUTY,
    DUTY,
    HOUR,
    RUNNING_CLOCKS,
    People,
    Wait,
    a_decision,
    a_proposal,
    made,
    rows,
)
from tests.inventory.a_warning import BASE

KIT = {
    "1990100": ("棉被", "床", "1", 1, False, 300),
    "1990200": ("帐篷", "顶", "1", 4, False, 75),
    "1990300": ("饮用水", "升", "4.5", 1, True, 4_050),
    "1990400": ("方便食品", "份", "3", 1, True, 2_700),
    "1990500": ("手电筒", "个", "1", 2, False, 150),
}
"""Name, unit, how much for how many people, whether each day, and what 300 people need for three days."""
STOCK_COUNTY = "990413"


@pytest.fixture(scope="module")
def stocked(suite: RunningSuite) -> None:
    """Put more than 300 people's kit into two stores, of which neither has enough alone."""
    manager = suite.somebody("inventory_manager", STOCK_COUNTY)
    keepers = [suite.somebody("warehouse_keeper", STOCK_COUNTY, subject=f"keeper-{number}") for number in range(3)]
    stores = []
    for level in ("county", "town"):
        store = {"area_code": f"{STOCK_COUNTY}001001", "name": f"示例{level}库", "level": level}
        stores.append(made(manager.post(f"{BASE}/storage_points", store))["id"])
    for code, (name, unit, qty, persons, is_daily, needed) in KIT.items():
        kit = {"kit_qty": qty, "kit_persons": persons, "is_daily": is_daily}
        body = {"area_code": f"{STOCK_COUNTY}000000", "code": code, "name": name, "unit": unit, **kit}
        type_id = made(manager.post(f"{BASE}/resource_types", body))["id"]
        for store in stores:
            _put_in(keepers, store, type_id, f"{needed * 6 // 10}")


def _put_in(keepers: list[Person], point_id: str, type_id: str, qty: str) -> None:
    """Receive a lot and let a second keeper count it."""
    lot = {"type_id": type_id, "point_id": point_id, "lot_no": f"L-{type_id[-6:]}", "qty": qty, "source": "purchase"}
    received = made(
        keepers[0].post(f"{BASE}/lots", lot | {"supplier": "示例公司"}, Idempotency_Key=f"lot-{point_id}-{type_id}")
    )
    path = f"{BASE}/lots/{received['id']}/inspect_ok"
    made(keepers[1].post(path, {"counted_qty": qty}, Idempotency_Key=f"ok-{received['id']}"))


@pytest.mark.usefixtures("stocked")
def test_three_hundred_people_are_promised_their_kit_for_three_days_from_several_stores(
    people: People, eventually: Wait
) -> None:
    area = {"areas": [f"{STOCK_COUNTY}000000"], "expected_persons": 300, "expected_days": 3, "level": "iii"}
    response = made(people(DUTY, STOCK_COUNTY).post(f"{BASE}/responses", a_proposal(**area)))
    path = f"{BASE}/responses/{response['id']}"
    decision = a_decision(measures=["reserve_supplies"])
    made(people(DEPUTY, STOCK_COUNTY).post(f"{path}/decide", decision))

    def supplies() -> dict[str, tuple[str, str, str]]:
        lines = made(people(DUTY, STOCK_COUNTY).get(f"{path}/supplies"))["items"]
        return {line["type_code"]: (line["needed"], line["promised"], line["missing"]) for line in lines}

    wanted = {code: (f"{needed}.000", f"{needed}.000", "0.000") for code, (*_, needed) in KIT.items()}
    eventually(lambda: supplies() == wanted)

    def promised() -> int:
        lines = made(people(DUTY, STOCK_COUNTY).get(f"{path}/timeline"))["items"]
        return [line["event"] for line in lines].count("dispatch_order.approved")

    eventually(lambda: promised() == 2)

    # More people: what is left is promised, and what lacks is said.
    more = {"reason": "转移人数增加", "expected_persons": 400}
    made(people(DEPUTY, STOCK_COUNTY).post(f"{path}/adjust", more))
    eventually(lambda: supplies()["1990100"] == ("400.000", "360.000", "40.000"))

    # It is over before anybody fetched it.
    made(people(DEPUTY, STOCK_COUNTY).post(f"{path}/lift", {"reason": "险情解除"}))
    eventually(lambda: supplies()["1990100"] == ("400.000", "0.000", "400.000"))


@pytest.mark.usefixtures("stocked")
def test_the_first_batch_stops_one_clock_and_what_nobody_fetched_is_free_after_the_lift(
    people: People, suite: RunningSuite, background: Loop, eventually: Wait
) -> None:
    manager, keeper, duty = (people(role, STOCK_COUNTY) for role in ("inventory_manager", "warehouse_keeper", DUTY))
    area = {"areas": [f"{STOCK_COUNTY}000000"], "expected_persons": 190, "expected_days": 1, "level": "iii"}
    path = f"{BASE}/responses/{made(duty.post(f'{BASE}/responses', a_proposal(**area)))['id']}"
    begun = made(people(DEPUTY, STOCK_COUNTY).post(f"{path}/decide", a_decision(measures=["reserve_supplies"])))

    def orders() -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = made(manager.get(f"{BASE}/dispatch_orders?response_id={begun['id']}"))["items"]
        return found

    def step(order: dict[str, Any], who: Person, action: str, content: Any = None) -> None:
        path = f"{BASE}/dispatch_orders/{order['id']}/{action}"
        made(who.post(path, content, Idempotency_Key=f"{action}-{order['id']}"))

    eventually(lambda: len(orders()) == 2)
    due = {row["rule_key"]: row["due_at"] for row in rows(suite, background, RUNNING_CLOCKS, begun["id"])}
    assert due["inventory.first_batch"] - dt.datetime.fromisoformat(begun["decided_at"]) == 12 * HOUR
    assert [row for order in orders() for row in rows(suite, background, RUNNING_CLOCKS, order["id"])] == []

    first, left = orders()
    for action, content in (("pick", None), ("issue", None), ("depart", {"transports": [{"carrier": "示例县运输公司"}]})):
        step(first, keeper, action, content)
    items = made(manager.get(f"{BASE}/dispatch_orders/{first['id']}"))["items"]
    step(first, duty, "receive", {"items": [{"item_id": item["id"], "received_qty": item["issued_qty"]} for item in items]})
    eventually(lambda: made(duty.get(path))["first_batch_at"] is not None)
    clocks = {row["rule_key"] for row in rows(suite, background, RUNNING_CLOCKS, begun["id"])}
    assert "inventory.first_batch" not in clocks

    made(people(DEPUTY, STOCK_COUNTY).post(f"{path}/lift", {"reason": "险情解除"}))
    eventually(
        lambda: {order["id"]: order["state"] for order in orders()} == {first["id"]: "received", left["id"]: "cancelled"}
    )
    eventually(lambda: "dispatch_order.cancelled" in [line["event"] for line in made(duty.get(f"{path}/timeline"))["items"]])
    promised = "SELECT 1 FROM reservation WHERE order_id = $1"
    assert rows(suite, background, promised, left["id"]) == []
