"""Dispatch orders over HTTP: from a need to what was received, and everything that may go otherwise on the way."""

import datetime as dt
from collections.abc import Callable
from typing import Any

import asyncpg
import pytest

from tests.conftest import Loop, Person, RunningSuite
from tests.inventory.store import BASE, Store, in_days, made, said

WHY = {"reason": "核查"}


@pytest.fixture(scope="module")
def store(suite: RunningSuite) -> Store:
    return Store(suite, county="990403")


@pytest.fixture
def shelter(store: Store) -> Person:
    return store.somebody("shelter_manager", "shelter", f"{store.county}001")


def wish(store: Store, qty: str = "5", **more: Any) -> dict[str, Any]:
    order = {
        "area_code": f"{store.county}001001",
        "to_kind": "shelter",
        "to_name": "示例中学安置点",
        "point_id": store.point_id,
    }
    return {**order, "items": [{"type_id": store.type_id, "qty": qty}], **more}


def asked(store: Store, who: Person, qty: str = "5", **more: Any) -> str:
    """Return an order that waits to be decided."""
    id_ = made(store.do(who, "dispatch_orders", wish(store, qty, **more)))["id"]
    made(store.do(who, f"dispatch_orders/{id_}/submit"))
    return str(id_)


def step(store: Store, who: Person, id_: str, action: str, content: Any = None) -> Any:
    return store.do(who, f"dispatch_orders/{id_}/{action}", content)


def on_its_way(store: Store, who: Person, qty: str = "5", **more: Any) -> str:
    """Return an order that a carrier has."""
    id_ = asked(store, who, qty, **more)
    for person, action, content in (
        (store.manager, "approve", {}),
        (store.keeper, "pick", None),
        (store.keeper, "issue", None),
        (store.keeper, "depart", {"transports": [{"carrier": "示例县运输公司"}]}),
    ):
        made(step(store, person, id_, action, content))
    return id_


def items_of(store: Store, id_: str) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = store.read(f"dispatch_orders/{id_}")["items"]
    return items


def receipt(store: Store, id_: str, received: str, **more: str) -> dict[str, Any]:
    return {"items": [{"item_id": item["id"], "received_qty": received, **more} for item in items_of(store, id_)]}


def test_what_ends_first_is_promised_first_and_goes_to_whoever_asked(store: Store, shelter: Person) -> None:
    type_id = store.type()
    late, early, endless = (
        store.lot("4", type_id=type_id, **({"expires_on": in_days(days)} if days else {})) for days in (300, 100, 0)
    )
    id_ = asked(store, shelter, items=[{"type_id": type_id, "qty": "9"}])

    approved = step(store, store.manager, id_, "approve", {})
    picks = {pick["lot_id"]: pick["qty"] for pick in store.read(f"dispatch_orders/{id_}")["picks"]}
    promised = [store.left(lot) for lot in (early, late, endless)]
    made(step(store, store.keeper, id_, "pick"))
    issued = step(store, store.keeper, id_, "issue")
    departed = step(
        store, store.keeper, id_, "depart", {"transports": [{"carrier": "示例县运输公司", "vehicle_no": "示A·12345"}]}
    )
    received = step(store, shelter, id_, "receive", receipt(store, id_, "9"))
    settled = step(store, shelter, id_, "settle", {})

    assert [said(one) for one in (approved, issued, departed, received, settled)] == [
        "approved",
        "issued",
        "in_transit",
        "received",
        "settled",
    ]
    assert picks == {early: "4.000", late: "4.000", endless: "1.000"}
    assert promised == [("4.000", "4.000"), ("4.000", "4.000"), ("4.000", "1.000")]
    assert [store.left(lot) for lot in (early, late, endless)] == [("0.000", "0.000"), ("0.000", "0.000"), ("3.000", "0.000")]
    whole = store.read(f"dispatch_orders/{id_}")
    assert whole["picks"] == []
    assert whole["transports"][0]["arrived_at"]
    [item] = whole["items"]
    assert {item[name] for name in ("requested_qty", "approved_qty", "issued_qty", "received_qty")} == {"9.000"}


def test_what_is_not_free_is_not_promised_and_may_be_asked_for_again(store: Store, shelter: Person) -> None:
    type_id = store.type()
    store.lot("5", type_id=type_id)
    store.received("100", type_id=type_id)  # nobody has inspected it
    first, second = (asked(store, shelter, items=[{"type_id": type_id, "qty": "3"}]) for _ in range(2))

    answers = [step(store, store.manager, id_, "approve", {}) for id_ in (first, second)]
    cancelled = step(store, shelter, first, "cancel", {})
    again = step(store, store.manager, second, "approve", {})

    assert [said(one) for one in (*answers, cancelled, again)] == ["approved", "not_enough_stock", "cancelled", "approved"]


def test_less_may_be_approved_than_was_asked_for(store: Store, shelter: Person) -> None:
    store.lot("10")
    id_ = asked(store, shelter, "8")
    item = items_of(store, id_)[0]["id"]

    answers = [
        step(store, store.manager, id_, "approve", {"items": items})
        for items in (
            [{"item_id": item, "qty": "9"}],
            [{"item_id": item, "qty": "0"}],
            [{"item_id": id_, "qty": "1"}],
            [{"item_id": item, "qty": "1"}] * 2,
            [{"item_id": item, "qty": "2.5"}],
        )
    ]

    assert [said(one) for one in answers] == ["too_much", "nothing_approved", "items_differ", "items_differ", "approved"]
    assert [pick["qty"] for pick in store.read(f"dispatch_orders/{id_}")["picks"]] == ["2.500"]


def test_who_asks_does_not_approve_nor_who_issues_receive(store: Store, shelter: Person) -> None:
    store.lot("20")
    own = asked(store, store.manager, "1")
    id_ = on_its_way(store, shelter, "1")

    by_requester = step(store, store.manager, own, "approve", {})
    by_deputy = step(store, store.deputy, own, "approve", {})
    by_commander = step(store, store.commander, asked(store, shelter, "1"), "approve", {})
    by_issuer = step(store, store.keeper, id_, "receive", receipt(store, id_, "1"))
    others = step(store, shelter, own, "cancel", {})

    assert [said(one) for one in (by_requester, by_deputy, by_commander, by_issuer, others)] == [
        "concerns_you",
        "approved",
        "no_emergency",
        "issued_by_you",
        "not_your_order",
    ]


def test_in_an_emergency_a_commander_lets_it_go_and_a_manager_approves_afterwards(
    store: Store, shelter: Person, suite: RunningSuite, background: Loop
) -> None:
    store.lot("5")
    began = dt.datetime.now(dt.UTC) - dt.timedelta(hours=2)
    id_ = asked(store, shelter, "2", priority="emergency", needed_since=began.isoformat())
    clocks = background.run(running(suite, id_))

    by_manager = step(store, store.manager, id_, "emergency_issue", {})
    picking = step(store, store.commander, id_, "emergency_issue", {})
    after = background.run(running(suite, id_))
    made(step(store, store.keeper, id_, "issue"))
    post = step(store, store.manager, id_, "post_approve", {})
    twice = step(store, store.deputy, id_, "post_approve", {})

    assert clocks.keys() == {"inventory.approve", "inventory.first_batch"}
    assert abs(clocks["inventory.first_batch"] - (began + dt.timedelta(hours=12))) < dt.timedelta(minutes=2)
    assert (said(by_manager), said(picking)) == ("wrong_role", "picking")
    assert after.keys() == {"inventory.first_batch", "inventory.post_approve"}
    assert (said(post), said(twice)) == ("issued", "nothing_to_approve")
    assert background.run(running(suite, id_)).keys() == {"inventory.first_batch"}


async def running(suite: RunningSuite, owner_id: str) -> dict[str, dt.datetime]:
    connection = await asyncpg.connect(suite.postgres.url("inventory"))
    rows = await connection.fetch(
        "SELECT rule_key, due_at FROM clock WHERE owner_id = $1::text::uuid AND stopped_at IS NULL", owner_id
    )
    await connection.close()
    return {row["rule_key"]: row["due_at"] for row in rows}


def test_what_is_missing_is_accounted_for_to_the_last_piece(store: Store, shelter: Person) -> None:
    store.lot("20")
    id_ = on_its_way(store, shelter, "10")
    item = items_of(store, id_)[0]["id"]

    too_much = step(store, shelter, id_, "receive", receipt(store, id_, "9", damaged_qty="2"))
    received = step(store, shelter, id_, "receive", receipt(store, id_, "7", damaged_qty="1"))
    settled = step(store, shelter, id_, "settle", {})
    disputed = step(store, shelter, id_, "dispute", WHY)

    def resolved(lost: str) -> Any:
        line = {"item_id": item, "received_qty": "7", "damaged_qty": "1", "lost_qty": lost}
        return step(store, store.manager, id_, "resolve", {"items": [line], **WHY})

    unfinished, resolving = resolved("1"), resolved("2")
    alone = step(store, store.manager, id_, "agree", {})
    otherwise = step(store, shelter, id_, "disagree", WHY)
    made(resolved("2"))
    agreed = step(store, shelter, id_, "agree", {})

    assert [said(one) for one in (too_much, received, settled, disputed, unfinished, resolving, alone, otherwise, agreed)] == [
        "too_much",
        "received",
        "something_is_missing",
        "discrepancy",
        "not_accounted_for",
        "resolving",
        "resolved_by_you",
        "discrepancy",
        "settled",
    ]
    assert store.read(f"dispatch_orders/{id_}")["discrepancy"] == "short"
    assert items_of(store, id_)[0]["lost_qty"] == "2.000"


def test_what_is_lost_on_the_way_is_a_discrepancy(store: Store, shelter: Person) -> None:
    store.lot("20")
    id_ = on_its_way(store, shelter, "10")

    lost = step(store, shelter, id_, "lose", WHY)

    assert said(lost) == "discrepancy"
    assert items_of(store, id_)[0]["received_qty"] == "0.000"


def test_a_transfer_makes_lots_at_the_other_point_which_are_inspected_there(store: Store) -> None:
    other, type_id = store.point(), store.type()
    origin = store.lot("10", type_id=type_id, supplier="示例棉纺厂", expires_on=in_days(300))
    to = {"to_kind": "storage_point", "to_id": other, "to_name": "示例乡镇库"}
    id_ = made(store.do(store.deputy, "dispatch_orders", wish(store, items=[{"type_id": type_id, "qty": "6"}], **to)))["id"]
    for person, action, content in (
        (store.deputy, "submit", None),
        (store.manager, "approve", {}),
        (store.keeper, "pick", None),
        (store.keeper, "issue", None),
        (store.keeper, "depart", {"transports": [{"carrier": "示例县运输公司"}]}),
    ):
        made(step(store, person, id_, action, content))

    by_manager = step(store, store.manager, id_, "receive", receipt(store, id_, "5"))
    received = step(store, store.second, id_, "receive", receipt(store, id_, "5"))

    assert (said(by_manager), said(received)) == ("wrong_role", "received")
    [lot] = store.read(f"lots?point_id={other}")["items"]
    assert (lot["qty"], lot["state"], lot["source"], lot["supplier"], lot["expires_on"]) == (
        "5.000",
        "received",
        "transfer",
        "示例棉纺厂",
        in_days(300),
    )
    trace = store.read(f"lots/{lot['id']}/trace")
    assert {(one["lot_id"], one["qty"]) for one in trace["lots"]} == {(origin, "4.000"), (lot["id"], "5.000")}
    assert [(one["kind"], one["order_id"], one["qty"]) for one in trace["moves"]] == [("out", id_, "6.000")]


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"to_kind": "storage_point"}, "destination_needed"),
        ({"to_kind": "storage_point", "to_id": "00000000-0000-0000-0000-000000000000"}, "destination_needed"),
        ({"items": []}, "not_valid"),
        ({"area_code": "990404001001"}, "outside_your_area"),
        ({"response_id": "00000000-0000-0000-0000-000000000000"}, "no_such_response"),
    ],
)
def test_an_order_that_cannot_be_is_refused(store: Store, shelter: Person, change: dict[str, Any], code: str) -> None:
    assert said(store.do(shelter, "dispatch_orders", wish(store, **change))) == code


def test_an_order_is_for_a_response_that_lasts_in_its_county(store: Store, shelter: Person) -> None:
    elsewhere = Store(store.suite, county="990404")
    here, there = a_response(store), a_response(elsewhere)
    for_it = store.do(shelter, "dispatch_orders", wish(store, response_id=here))
    for_another = store.do(shelter, "dispatch_orders", wish(store, response_id=there))
    proposed = store.do(shelter, "dispatch_orders", wish(store, response_id=a_response(store, decided=False)))

    made(store.do(store.commander, f"responses/{here}/lift", WHY))
    over = store.do(shelter, "dispatch_orders", wish(store, response_id=here))

    assert [said(one) for one in (for_it, for_another, proposed, over)] == ["draft", *["no_such_response"] * 3]


def test_a_commander_decides_about_what_is_for_a_response_while_it_lasts(store: Store, shelter: Person) -> None:
    response = a_response(store)
    early, late = (asked(store, shelter, "1", response_id=response) for _ in range(2))

    offered = [may_do(store.commander, late), may_do(store.manager, late)]
    while_it_lasts = step(store, store.commander, early, "reject", WHY)
    made(store.do(store.commander, f"responses/{response}/lift", WHY))
    offered += [may_do(store.commander, late), may_do(store.manager, late)]
    afterwards = [step(store, store.commander, late, action, WHY) for action in ("approve", "emergency_issue", "reject")]
    by_manager = step(store, store.manager, late, "reject", WHY)

    assert [said(one) for one in (while_it_lasts, *afterwards, by_manager)] == ["rejected", *["no_emergency"] * 3, "rejected"]
    decides = {"approve", "reject"}
    assert offered == [decides | {"emergency_issue", "cancel"}, decides, {"cancel"}, decides]


def test_what_somebody_asked_for_a_response_is_part_of_its_thread(
    store: Store, shelter: Person, eventually: Callable[[Callable[[], bool]], None]
) -> None:
    response, type_id = a_response(store), store.type()
    store.lot("5", type_id=type_id)
    id_ = asked(store, shelter, response_id=response, items=[{"type_id": type_id, "qty": "5"}])

    made(step(store, store.commander, id_, "approve", {}))

    def thread() -> set[tuple[str, str]]:
        lines = made(store.commander.get(f"{BASE}/responses/{response}/timeline"))["items"]
        return {(line["event"], line["thing_id"]) for line in lines}

    eventually(lambda: ("dispatch_order.approved", id_) in thread())


def may_do(who: Person, id_: str) -> set[str]:
    return set(made(who.get(f"{BASE}/dispatch_orders/{id_}"))["actions"])


def a_response(store: Store, *, decided: bool = True) -> str:
    """Return a response of the county that lasts, or one that nobody has decided on."""
    proposal = {"event_class": "natural_disaster", "level": "iv", "areas": [f"{store.county}000000"], "reason": "暴雨"}
    id_ = str(made(store.do(store.somebody("county_duty", "duty"), "responses", proposal))["id"])
    if decided:
        made(
            store.do(store.commander, f"responses/{id_}/decide", {"expected_until": f"{in_days(2)}T00:00:00Z", "measures": []})
        )
    return id_


def test_an_order_that_says_a_type_twice_is_refused(store: Store, shelter: Person) -> None:
    twice = [{"type_id": store.type_id, "qty": "1"}] * 2

    assert said(store.do(shelter, "dispatch_orders", wish(store, items=twice))) == "items_differ"


def test_what_was_recalled_after_it_was_promised_is_replaced_before_it_goes(store: Store, shelter: Person) -> None:
    type_id = store.type()
    bad, good = (store.lot("5", type_id=type_id, expires_on=in_days(days)) for days in (100, 200))
    id_ = asked(store, shelter, items=[{"type_id": type_id, "qty": "4"}])
    made(step(store, store.manager, id_, "approve", {}))
    made(step(store, store.keeper, id_, "pick"))

    made(store.do(store.manager, f"lots/{bad}/quarantine", WHY))
    scrapped = store.do(store.manager, f"lots/{bad}/propose_scrap", WHY)
    refused = step(store, store.keeper, id_, "issue")
    made(step(store, store.keeper, id_, "reallocate", {"reason": "批次召回"}))
    picks = [pick["lot_id"] for pick in store.read(f"dispatch_orders/{id_}")["picks"]]
    issued = step(store, store.keeper, id_, "issue")

    assert (said(scrapped), said(refused), said(issued)) == ("still_reserved", "lot_not_available", "issued")
    assert picks == [good]
    assert (store.left(bad), store.left(good)) == (("5.000", "0.000"), ("1.000", "0.000"))


def test_a_count_takes_nothing_away_that_is_promised(store: Store, shelter: Person) -> None:
    type_id = store.type()
    lot_id = store.lot("5", type_id=type_id)
    made(step(store, store.manager, asked(store, shelter, items=[{"type_id": type_id, "qty": "4"}]), "approve", {}))

    found = made(store.do(store.keeper, f"lots/{lot_id}/count", {"counted_qty": "3"}))
    adjusted = store.do(store.manager, f"counts/{found['id']}/adjust", WHY)

    assert said(adjusted) == "still_reserved"
    assert store.left(lot_id) == ("5.000", "4.000")


def test_what_was_not_used_comes_back_and_is_inspected(store: Store, shelter: Person) -> None:
    type_id = store.type()
    lot_id = store.lot("5", type_id=type_id)
    id_ = on_its_way(store, shelter, items=[{"type_id": type_id, "qty": "5"}])
    made(step(store, shelter, id_, "receive", receipt(store, id_, "5")))
    made(step(store, shelter, id_, "settle", {}))
    item = items_of(store, id_)[0]["id"]

    back = step(store, store.keeper, id_, "give_back", {"items": [{"item_id": item, "qty": "2"}], **WHY})
    more = step(store, store.keeper, id_, "give_back", {"items": [{"item_id": item, "qty": "3.001"}], **WHY})

    assert (said(back), said(more)) == ("settled", "too_much")
    [returned] = store.read(f"lots?type_code={items_of(store, id_)[0]['type_code']}&state=received")["items"]
    assert (returned["qty"], returned["source"]) == ("2.000", "return")
    assert store.read(f"lots/{returned['id']}")["origin_id"] == lot_id


def test_no_more_comes_back_of_a_lot_than_went_of_it(store: Store, shelter: Person) -> None:
    type_id = store.type()
    early, late = (store.lot(qty, type_id=type_id, expires_on=in_days(days)) for qty, days in (("3", 100), ("4", 200)))
    id_ = on_its_way(store, shelter, items=[{"type_id": type_id, "qty": "7"}])
    made(step(store, shelter, id_, "receive", receipt(store, id_, "7")))
    made(step(store, shelter, id_, "settle", {}))
    [item] = items_of(store, id_)

    for qty in ("2", "4"):
        made(step(store, store.keeper, id_, "give_back", {"items": [{"item_id": item["id"], "qty": qty}], **WHY}))

    returned = store.read(f"lots?type_code={item['type_code']}&state=received")["items"]
    came = [(store.read(f"lots/{one['id']}")["origin_id"], one["qty"]) for one in returned]
    assert sorted(came) == sorted([(early, "2.000"), (early, "1.000"), (late, "3.000")])


def test_what_came_to_another_store_goes_back_by_an_order_of_its_own(store: Store) -> None:
    other, type_id = store.point(), store.type()
    lot_id = store.lot("5", type_id=type_id)
    to = {"to_kind": "storage_point", "to_id": other, "to_name": "示例乡镇库"}
    id_ = on_its_way(store, store.deputy, items=[{"type_id": type_id, "qty": "5"}], **to)
    made(step(store, store.second, id_, "receive", receipt(store, id_, "5")))
    made(step(store, store.deputy, id_, "settle", {}))

    back = {"items": [{"item_id": items_of(store, id_)[0]["id"], "qty": "5"}], **WHY}

    assert said(step(store, store.keeper, id_, "give_back", back)) == "came_to_a_store"
    assert "give_back" not in made(store.keeper.get(f"{BASE}/dispatch_orders/{id_}"))["actions"]
    assert store.left(lot_id) == ("0.000", "0.000")


def close(store: Store, point_id: str) -> Any:
    answer = store.do(store.manager, f"storage_points/{point_id}/close")
    return answer.json().get("code")


def test_nothing_goes_to_a_closed_store_nor_back_to_it(store: Store, shelter: Person) -> None:
    source, other, type_id = store.point(), store.point(), store.type()
    store.lot("5", type_id=type_id, point_id=source)
    to = {"to_kind": "storage_point", "to_id": other, "to_name": "示例乡镇库"}
    wanted = {"items": [{"type_id": type_id, "qty": "2"}], "point_id": source}
    waiting = asked(store, store.deputy, priority="emergency", **wanted, **to)
    issued = on_its_way(store, shelter, **wanted)
    made(step(store, shelter, issued, "receive", receipt(store, issued, "2")))
    made(step(store, shelter, issued, "settle", {}))
    assert [close(store, point_id) for point_id in (source, other)] == [None, None]

    back = step(
        store, store.keeper, issued, "give_back", {"items": [{"item_id": items_of(store, issued)[0]["id"], "qty": "1"}], **WHY}
    )
    elsewhere = {"point_id": store.point_id}
    decided = [
        step(store, who, waiting, action, elsewhere)
        for who, action in ((store.manager, "approve"), (store.commander, "emergency_issue"))
    ]
    lot = {"point_id": other, "type_id": type_id, "lot_no": "L", "qty": "1"}

    refused = (
        back,
        *decided,
        store.do(store.keeper, "lots", lot),
        store.do(store.deputy, "dispatch_orders", wish(store, **to)),
    )
    assert [said(one) for one in refused] == [*["storage_point_closed"] * 4, "destination_needed"]
    assert said(step(store, store.manager, waiting, "reject", WHY)) == "rejected"


def test_a_store_that_something_goes_to_is_not_closed_before_it_has_come(store: Store) -> None:
    other, type_id = store.point(), store.type()
    store.lot("5", type_id=type_id)
    to = {"to_kind": "storage_point", "to_id": other, "to_name": "示例乡镇库"}
    wanted = {"items": [{"type_id": type_id, "qty": "2"}], **to}
    promised, id_ = asked(store, store.deputy, **wanted), on_its_way(store, store.deputy, **wanted)
    made(step(store, store.manager, promised, "approve", {}))

    early = close(store, other)
    made(step(store, store.second, id_, "receive", receipt(store, id_, "2")))
    half = close(store, other)
    made(step(store, store.deputy, promised, "cancel", {}))

    assert (early, half, close(store, other), close(store, other)) == (*["goods_on_the_way"] * 2, None, "storage_point_closed")


def test_what_lies_in_a_closed_store_is_counted_and_scrapped(store: Store) -> None:
    point_id = store.point()
    lot_id = store.lot("5", point_id=point_id)
    assert close(store, point_id) is None

    counted = store.do(store.keeper, f"lots/{lot_id}/count", {"counted_qty": "4"})
    adjusted = store.do(store.manager, f"counts/{counted.json()['id']}/adjust", WHY)
    ways = (store.manager, "quarantine"), (store.manager, "propose_scrap"), (store.deputy, "approve_scrap")
    scrapped = [store.do(who, f"lots/{lot_id}/{action}", WHY) for who, action in ways]

    assert [said(one) for one in (counted, adjusted, *scrapped)] == [
        "differing",
        "adjusted",
        "quarantined",
        "scrap_proposed",
        "scrapped",
    ]


def test_nobody_takes_from_a_store_of_another_area(store: Store, shelter: Person) -> None:
    type_id = store.type()
    elsewhere = store.point(area_code=f"{store.county}002001")
    lot_id = store.lot("5", type_id=type_id, point_id=elsewhere)
    id_ = asked(store, shelter, items=[{"type_id": type_id, "qty": "5"}], point_id=elsewhere)
    made(step(store, store.manager, id_, "approve", {}))
    of_the_town = store.somebody("warehouse_keeper", "town-keeper", f"{store.county}001")

    picked = step(store, of_the_town, id_, "pick")
    made(step(store, store.keeper, id_, "pick"))
    allocated, issued = step(store, of_the_town, id_, "reallocate", WHY), step(store, of_the_town, id_, "issue")

    assert [said(one) for one in (picked, allocated, issued)] == ["store_elsewhere"] * 3
    assert store.left(lot_id) == ("5.000", "5.000")


def test_between_two_towns_the_one_keeper_gives_it_out_and_the_other_takes_it_in(store: Store) -> None:
    type_id, point_id, other = store.type(), store.point(), store.point(area_code=f"{store.county}002001")
    store.lot("5", type_id=type_id, point_id=point_id)
    to = {"area_code": f"{store.county}002001", "to_kind": "storage_point", "to_id": other, "to_name": "示例乡镇库"}
    id_ = asked(store, store.deputy, items=[{"type_id": type_id, "qty": "5"}], point_id=point_id, **to)
    made(step(store, store.manager, id_, "approve", {}))
    here, there, elsewhere = (
        store.somebody("warehouse_keeper", f"keeper-{town}", f"{store.county}{town}") for town in ("001", "002", "003")
    )
    carriers = {"transports": [{"carrier": "示例县运输公司"}]}

    offered = [may_do(who, id_) for who in (here, there)]
    listed = [made(who.get(f"{BASE}/dispatch_orders?point_id={point_id}&state=approved"))["items"] for who in (here, elsewhere)]
    refused = [step(store, who, id_, "pick") for who in (there, elsewhere)]
    given_out = [
        step(store, here, id_, action, content) for action, content in (("pick", None), ("issue", None), ("depart", carriers))
    ]
    refused += [step(store, who, id_, "receive", receipt(store, id_, "5")) for who in (here, elsewhere)]
    in_transit = [may_do(who, id_) for who in (here, there)]
    received = step(store, there, id_, "receive", receipt(store, id_, "5"))

    assert offered == [{"pick", "reallocate"}, set()]
    assert [[order["id"] for order in orders] for orders in listed] == [[id_], []]
    assert [said(one) for one in refused] == ["store_elsewhere", *["not_found"] * 3]
    assert elsewhere.get(f"{BASE}/dispatch_orders/{id_}").status_code == 404
    assert [said(one) for one in (*given_out, received)] == ["picking", "issued", "in_transit", "received"]
    assert in_transit == [set(), {"receive", "lose"}]
    assert [lot["qty"] for lot in store.read(f"lots?point_id={other}")["items"]] == ["5.000"]


def test_a_carrier_arrives_after_they_left(store: Store, shelter: Person) -> None:
    id_ = asked(store, shelter, items=[{"type_id": store.type(), "qty": "1"}])
    type_id = items_of(store, id_)[0]["type_id"]
    store.lot("1", type_id=type_id)
    for person, action in ((store.manager, "approve"), (store.keeper, "pick"), (store.keeper, "issue")):
        made(step(store, person, id_, action, {} if action == "approve" else None))
    carrier = {"carrier": "示例县运输公司", "eta_at": "2026-01-01T00:00:00Z"}

    assert said(step(store, store.keeper, id_, "depart", {"transports": [carrier]})) == "arrives_before_it_left"


def test_the_first_batch_is_not_put_off_by_an_event_to_come(
    store: Store, shelter: Person, suite: RunningSuite, background: Loop
) -> None:
    id_ = asked(store, shelter, priority="emergency", needed_since="2199-01-01T00:00:00Z")
    never = store.do(shelter, "dispatch_orders", wish(store, needed_since="9999-12-31T23:59:59Z"))

    due_at = background.run(running(suite, id_))["inventory.first_batch"]
    assert due_at <= dt.datetime.now(dt.UTC) + dt.timedelta(hours=12)
    assert said(never) == "not_valid"


def test_an_approval_under_one_key_is_one_promise(store: Store, shelter: Person) -> None:
    type_id = store.type()
    lot_id = store.lot("5", type_id=type_id)
    id_ = asked(store, shelter, items=[{"type_id": type_id, "qty": "2"}])

    once, twice = (store.do(store.manager, f"dispatch_orders/{id_}/approve", {}, key="approve-1") for _ in range(2))

    assert once.content == twice.content
    assert store.left(lot_id) == ("5.000", "2.000")


def test_a_promise_lowers_what_is_free_for_a_norm(
    store: Store, shelter: Person, eventually: Callable[[Callable[[], bool]], None]
) -> None:
    type_id = store.type()
    store.lot("10", type_id=type_id)
    norm = {"area_code": f"{store.county}000000", "type_id": type_id, "required_qty": "10", "source_ref": "示例规划"}
    norm_id = made(store.do(store.manager, "reserve_norms", norm))["id"]
    id_ = asked(store, shelter, items=[{"type_id": type_id, "qty": "6"}])

    made(step(store, store.manager, id_, "approve", {}))

    eventually(lambda: store.read(f"reserve_norms/{norm_id}")["level"] == "critical")
    assert store.read(f"reserve_norms/{norm_id}")["free_qty"] == "4.000"


def test_somebody_of_another_county_finds_nothing(store: Store, shelter: Person) -> None:
    id_ = made(store.do(shelter, "dispatch_orders", wish(store)))["id"]
    stranger = store.suite.somebody("inventory_manager", "990404")

    assert stranger.get(f"{BASE}/dispatch_orders/{id_}").status_code == 404
