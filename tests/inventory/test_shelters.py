"""Shelters: what they hold, how they open, fill, close and are restored. They count people and know no names."""

import datetime as dt
import hashlib
import uuid
from collections.abc import Callable
from typing import Any

import pytest

from gridwhistle.common.listing import GEOJSON
from gridwhistle.inventory.places.domain import capacity_of
from tests.conftest import Loop, RunningSuite
from tests.inventory.a_response import rows
from tests.inventory.a_warning import said
from tests.inventory.shelters import BASE, MIDDLE, County, code_of, made
from tests.system.test_canaries import canaries, caught, dump


@pytest.fixture
def county(suite: RunningSuite) -> County:
    return County(suite)


@pytest.mark.parametrize(
    ("area_m2", "dm2", "people"),
    [(2_650, 200, 1_325), (2_650, 450, 588), (2_650, 50, 5_300), (2_650, 300, 883), (0.3, 50, 0), (11.4, 50, 22), (0.7, 10, 7)],
)
def test_a_shelter_holds_as_many_whole_people_as_its_area_has_room_for(area_m2: float, dm2: int, people: int) -> None:
    assert capacity_of(area_m2, dm2) == people


@pytest.mark.parametrize(
    ("kind", "people"),
    [("short_term", 1_325), ("medium_term", 883), ("long_term", 588), ("central", 588), ("emergency", 5_300)],
)
def test_the_capacity_follows_from_the_class(county: County, kind: str, people: int) -> None:
    assert made(county.office.get(county.planned(kind=kind)))["capacity"] == people


def test_a_county_that_gives_people_more_room_holds_fewer(county: County) -> None:
    path = county.planned()
    rule = {"key": "inventory.shelter_area_short_term", "area_code": county.code, "value": "400", "source_ref": "示例"}
    made(county.office.post(f"{BASE}/rules", rule))

    accepted = made(county.office.post(f"{path}/accept"))

    assert accepted["capacity"] == 662


def test_without_an_area_a_shelter_is_not_accepted(county: County) -> None:
    path = county.planned(area_m2=None)

    refused = county.office.post(f"{path}/accept")
    version = county.office.get(path).headers["etag"]
    measured = made(county.office.patch(path, {"area_m2": 100}, If_Match=version))

    assert code_of(refused) == "shelter_area_unknown"
    assert measured["capacity"] == 50
    assert made(county.office.post(f"{path}/accept"))["state"] == "ready"


def test_a_code_is_one_shelters_until_it_is_retired(county: County) -> None:
    path = county.ready(code="S-1")

    twice = county.office.post(f"{BASE}/shelters", county.content(code="S-1"))
    made(county.office.post(f"{path}/retire", {"reason": "拆除"}))

    assert code_of(twice) == "shelter_code_taken"
    assert made(county.office.post(f"{BASE}/shelters", county.content(code="S-1")))["state"] == "planned"


def test_a_point_of_any_chinese_map_is_kept_in_wgs84(county: County) -> None:
    shelter = made(county.office.get(county.planned(location={"lon": 120.604671, "lat": 30.597721, "coord_sys": "gcj02"})))

    assert abs(shelter["lon"] - 120.6) < 0.005
    assert shelter["lon"] != 120.604671


def test_a_point_in_a_grid_says_where_it_lies(suite: RunningSuite) -> None:
    office = suite.somebody("inventory_manager", "990101", subject="office")
    content = County(suite).content(location={"lon": 120.152, "lat": 30.2725}, area_code=None)

    inside = made(office.post(f"{BASE}/shelters", content))
    beyond = office.post(f"{BASE}/shelters", {**content, "code": "S-2", "location": {"lon": 121.9, "lat": 30.27}})

    assert (inside["area_code"], inside["grid_code"]) == ("990101001001", "990101001001001")
    assert code_of(beyond) == "place_unknown"
    made(office.post(f"{BASE}/shelters/{inside['id']}/retire", {}))


def test_a_shelter_lives_through_an_emergency(county: County) -> None:
    path = county.opened(area_m2=200)
    shelter = made(county.manager.get(path))

    assert (shelter["state"], shelter["capacity"], shelter["people"]) == ("open", 100, 0)
    came = made(county.count(path, "admit", 60, elderly=12, children=9, needs=["bedding", "medical"]))
    assert (came["people"], came["opening"]["elderly"], came["opening"]["needs"]) == (60, 12, ["bedding", "medical"])
    left = made(county.count(path, "let_go", 10, elderly=2))
    assert (left["people"], left["opening"]["elderly"], left["opening"]["children"]) == (50, 10, 9)
    counted = made(county.manager.post(f"{path}/recount", {"total": 55, "children": 9, "needs": []}))
    assert (counted["opening"]["total"], counted["opening"]["elderly"], counted["opening"]["needs"]) == (55, 0, [])
    assert (counted["opening"]["most"], counted["opening"]["arrived"]) == (60, 65)
    assert made(county.commander.post(f"{path}/close", {"reason": "险情解除"}))["state"] == "closing"
    assert code_of(county.count(path, "admit", 1)) == "illegal_move"
    assert code_of(county.manager.post(f"{path}/restore", {"stock_counted": True, "paper_lists": []})) == "people_still_there"
    made(county.count(path, "let_go", 55, children=9))
    restored = made(county.manager.post(f"{path}/restore", {"stock_counted": True, "paper_lists": []}))
    assert (restored["state"], restored["people"], restored["opening"]) == ("ready", 0, None)
    (opening,) = made(county.manager.get(f"{path}/openings"))["items"]
    assert (opening["total"], opening["most"], opening["lists_destroyed"]) == (0, 60, 0)


def test_a_shelter_stands_by_for_a_response_that_lasts(county: County) -> None:
    path = county.ready()

    refused = county.commander.post(f"{path}/stand_by", {"response_id": "00000000-0000-0000-0000-000000000000"})

    assert code_of(refused) == "no_such_response"
    assert made(county.commander.get(path))["state"] == "ready"


def test_a_full_shelter_names_the_next_nearest_and_opens_again_by_itself(county: County) -> None:
    near = county.opened(area_m2=20, east=0.01)
    far, waiting = county.opened(east=0.05), county.standby(east=0.002)
    full = county.opened(area_m2=20)

    nine = made(county.count(full, "admit", 9))
    ten = made(county.count(full, "admit", 1))
    more = made(county.count(full, "admit", 2))
    made(county.count(near, "admit", 10))
    without_near = made(county.count(full, "admit", 1))
    relieved = made(county.count(full, "let_go", 4))

    assert (nine["state"], nine["next_nearest"]) == ("open", [])
    assert ten["state"] == "full"
    assert [f"{BASE}/shelters/{one['id']}" for one in ten["next_nearest"]] == [near, far, waiting]
    assert 900 < ten["next_nearest"][0]["distance_m"] < 1_000
    assert ten["next_nearest"][0]["places_left"] == 10
    assert (more["state"], more["people"]) == ("full", 12)
    assert [f"{BASE}/shelters/{one['id']}" for one in without_near["next_nearest"]] == [far, waiting]
    assert (relieved["state"], relieved["people"]) == ("open", 9)


@pytest.mark.parametrize(
    ("action", "content", "code"),
    [
        ("let_go", {"total": 21}, "not_so_many_there"),
        ("let_go", {"total": 5, "elderly": 6}, "not_so_many_there"),
        ("let_go", {"total": 18}, "group_larger_than_total"),
        ("admit", {"total": 1, "sick": 22}, "group_larger_than_total"),
        ("recount", {"total": 3, "children": 4}, "group_larger_than_total"),
        ("admit", {"total": -1}, "not_valid"),
        ("admit", {"total": 1, "names": ["张三"]}, "not_valid"),
    ],
)
def test_counts_that_cannot_be_are_refused(county: County, action: str, content: dict[str, Any], code: str) -> None:
    path = county.opened()
    made(county.count(path, "admit", 20, elderly=5))

    refused = county.manager.post(f"{path}/{action}", content, Idempotency_Key=str(uuid.uuid4()))

    assert code_of(refused) == code
    assert made(county.manager.get(path))["people"] == 20


def test_an_arrival_told_twice_is_counted_once(county: County) -> None:
    path, key = county.opened(), str(uuid.uuid4())

    first, again = (county.manager.post(f"{path}/admit", {"total": 7}, Idempotency_Key=key) for _ in range(2))

    assert (made(first)["people"], made(again)["people"]) == (7, 7)
    assert again.headers["idempotency-replayed"] == "true"
    assert county.manager.post(f"{path}/admit", {"total": 7}).status_code == 400


def test_paper_lists_are_destroyed_before_two_people_with_a_certificate(county: County) -> None:
    path, lists = county.opened(), ["S-0001-2", "S-0001-1"]
    made(county.commander.post(f"{path}/close", {}))
    body: dict[str, Any] = {"stock_counted": True, "paper_lists": lists}
    me = f"shelter_manager-{county.code}"

    alone = county.manager.post(f"{path}/restore", {**body, "witnessed_by": me})
    uncounted = county.manager.post(f"{path}/restore", {**body, "stock_counted": False, "witnessed_by": "commander"})
    made(county.manager.post(f"{path}/restore", {**body, "witnessed_by": "commander"}))

    assert (code_of(alone), code_of(uncounted)) == ("witness_needed", "not_restored_yet")
    (opening,) = made(county.manager.get(f"{path}/openings"))["items"]
    look = {"fields": ["witnessed_by"], "purpose": "handling", "note": "核对销毁见证人"}
    seen = made(county.commander.post(f"{path}/openings/{opening['id']}/reveal", look))
    assert (opening["witnessed_by"], seen["values"]) == ("****", {"witnessed_by": "commander"})
    officer = county.somebody("privacy_officer")
    (certificate,) = made(officer.get(f"{BASE}/deletion_certificates?things=paper_list"))["items"]
    assert (certificate["rows"], certificate["reason"]) == (2, "expired")
    assert certificate["hash"] == hashlib.sha256(b"S-0001-1\nS-0001-2").hexdigest()


def test_whatever_is_written_of_a_witness_is_found_nowhere_in_the_clear(county: County, background: Loop) -> None:
    path, phone = county.opened(), canaries(7)["phone"]
    made(county.commander.post(f"{path}/close", {}))

    restored = county.manager.post(
        f"{path}/restore",
        {"stock_counted": True, "paper_lists": ["S-0003-1"], "witnessed_by": phone},
        Idempotency_Key=str(uuid.uuid4()),
    )

    content = background.run(dump(county.suite.postgres.url("inventory")))
    assert path.rpartition("/")[2].encode() in content
    assert not caught(content + restored.content + county.manager.get(f"{path}/openings").content)


def test_in_an_emergency_session_the_certificate_says_so(county: County) -> None:
    path, session = county.standby(), str(uuid.uuid4())
    made(county.manager.post(f"{path}/open", {"route": "向北"}, Emergency_Session=session))
    made(county.commander.post(f"{path}/close", {}))

    body = {"stock_counted": True, "paper_lists": ["S-0002-1"], "witnessed_by": "commander"}
    made(county.manager.post(f"{path}/restore", body))

    officer = county.somebody("privacy_officer")
    asked = f"{BASE}/deletion_certificates?emergency_session_id={session}"
    assert [one["reason"] for one in made(officer.get(asked))["items"]] == ["emergency_end"]


def test_who_witnessed_is_gone_with_the_session_of_the_response_that_opened_the_shelter(
    county: County, background: Loop, eventually: Callable[[Callable[[], bool]], None]
) -> None:
    duty, office = county.somebody("county_duty"), county.somebody("office_director")
    proposal = {"event_class": "natural_disaster", "areas": [f"{county.code}000000"], "level": "iv", "reason": "低洼地带需转移"}
    response = f"{BASE}/responses/{made(duty.post(f'{BASE}/responses', proposal))['id']}"
    decision = {"expected_until": said(dt.timedelta(days=2)), "measures": ["warn_public"]}
    session_id = made(office.post(f"{response}/decide", decision))["session_id"]
    path = county.ready()
    made(county.commander.post(f"{path}/stand_by", {"response_id": response.rpartition("/")[2]}))
    made(county.manager.post(f"{path}/open", {"route": "向北"}))
    made(county.commander.post(f"{path}/close", {}))
    body = {"stock_counted": True, "paper_lists": ["S-0003-1"], "witnessed_by": "commander"}
    made(county.manager.post(f"{path}/restore", body))
    made(office.post(f"{response}/lift", {"reason": "险情解除"}))
    witness = "SELECT witnessed_by IS NULL AS gone, lists_destroyed FROM opening WHERE emergency_session_id = $1"
    [before] = rows(county.suite, background, witness, session_id)

    due = "UPDATE clock SET due_at = now(), next_at = now() WHERE owner_id = $1 RETURNING 1"
    rows(county.suite, background, due, session_id)
    eventually(lambda: made(duty.get(f"{BASE}/emergency_sessions/{session_id}"))["state"] == "purged")

    [after] = rows(county.suite, background, witness, session_id)
    assert (tuple(before), tuple(after)) == ((False, 1), (True, 1))


def test_who_opens_says_the_way(county: County) -> None:
    path = county.standby()

    assert code_of(county.manager.post(f"{path}/open", {})) == "route_needed"
    assert made(county.manager.post(f"{path}/open", {"route": "向北"}))["opening"]["route"] == "向北"


def test_everybody_sees_open_shelters_and_the_way_and_nothing_else(county: County) -> None:
    path = county.opened(director_name="张三", director_phone="13800138000")
    county.standby()

    answer = county.suite.client.get(f"{BASE}/open_shelters?area_code={county.code}000000")

    (shelter,) = answer.json()["items"]
    assert f"{BASE}/shelters/{shelter['id']}" == path
    assert (shelter["route"], shelter["state"]) == ("示例路向东", "open")
    assert not {"people", "director_name", "director_phone", "opening"} & shelter.keys()
    assert county.suite.client.get(f"{BASE}/open_shelters?area_code=990999000000").json()["items"] == []


def test_who_answers_for_a_shelter_is_masked_and_seen_with_a_reason(county: County) -> None:
    path = county.planned(director_name="张三", director_phone="13800138000")

    shown = made(county.manager.get(path))
    reveal = {"fields": ["director_phone"], "purpose": "handling", "note": "通知开放"}
    seen = made(county.commander.post(f"{path}/reveal", reveal))
    refused = county.somebody("warehouse_keeper").post(f"{path}/reveal", reveal)

    assert (shown["director_name"], shown["director_phone"]) == ("张**", "138****8000")
    assert seen["values"] == {"director_phone": "13800138000"}
    assert refused.status_code == 403


def test_the_clock_of_its_class_begins_when_a_shelter_opens(county: County, background: Any) -> None:
    import asyncpg  # noqa: PLC0415  this test alone looks into the database

    path = county.opened(kind="emergency")

    async def look() -> Any:
        connection = await asyncpg.connect(county.suite.postgres.url("inventory"))
        found = await connection.fetch(
            "SELECT rule_key, amount, unit FROM clock WHERE owner_id = $1 AND stopped_at IS NULL", uuid.UUID(path[-36:])
        )
        await connection.close()
        return [tuple(row) for row in found]

    assert background.run(look()) == [("inventory.shelter_in_use", 3, "natural_day")]
    made(county.commander.post(f"{path}/close", {}))
    assert background.run(look()) == []


def test_lists_are_pages_of_ones_own_with_filters(county: County) -> None:
    paths = [county.ready() for _ in range(3)]
    opened = county.opened()
    elsewhere = County(county.suite)

    first = county.manager.get(f"{BASE}/shelters?limit=3")
    second = made(county.manager.get(f"{BASE}/shelters?limit=3&cursor={first.json()['next_cursor']}"))
    by_state = made(county.manager.get(f"{BASE}/shelters?state=ready"))["items"]
    with_room = made(county.manager.get(f"{BASE}/shelters?has_room=true"))["items"]
    of_village = made(county.manager.get(f"{BASE}/shelters?area_code={county.code}001002"))["items"]

    assert len(first.json()["items"]) + len(second["items"]) == 4
    assert {f"{BASE}/shelters/{one['id']}" for one in by_state} == set(paths)
    assert [f"{BASE}/shelters/{one['id']}" for one in with_room] == [opened]
    assert of_village == []
    assert elsewhere.manager.get(paths[0]).status_code == 404
    assert made(elsewhere.manager.get(f"{BASE}/shelters"))["items"] == []


def test_a_shelter_in_use_is_not_changed_underneath(county: County) -> None:
    path = county.opened()
    version = county.office.get(path).headers["etag"]

    assert code_of(county.office.patch(path, {"area_m2": 1}, If_Match=version)) == "shelter_in_use"
    assert code_of(county.office.post(f"{path}/retire", {})) == "illegal_move"


# --- near and within ---------------------------------------------------------------------------------------------------------


def test_the_nearest_come_first_whatever_the_coordinates_are_of(county: County) -> None:
    far, near = county.ready(east=0.03), county.ready(east=0.01)
    lon, lat = MIDDLE

    found = made(county.manager.get(f"{BASE}/nearest_shelters?lon={lon}&lat={lat}"))["items"]
    within = made(county.manager.get(f"{BASE}/nearest_shelters?lon={lon}&lat={lat}&within_m=1500"))["items"]
    shifted = made(county.manager.get(f"{BASE}/nearest_shelters?lon={lon}&lat={lat}&coord_sys=bd09"))["items"]

    assert [f"{BASE}/shelters/{one['id']}" for one in found] == [near, far]
    assert [one["distance_m"] for one in found] == [957, 2_871]
    assert [f"{BASE}/shelters/{one['id']}" for one in within] == [near]
    assert shifted[0]["distance_m"] != found[0]["distance_m"]
    other = County(county.suite).manager
    assert made(other.get(f"{BASE}/nearest_shelters?lon={lon}&lat={lat}"))["items"] == []


def test_the_nearest_with_water_and_room_for_a_bus(county: County) -> None:
    dry, small, right = (
        county.opened(east=0.01),
        county.opened(east=0.02, area_m2=60, services=["water"]),
        county.opened(east=0.03, services=["water", "toilet"]),
    )

    asked = f"{BASE}/nearest_shelters?lon={MIDDLE[0]}&lat={MIDDLE[1]}&service=water&people=50&state=open"
    found = made(county.manager.get(asked))["items"]

    assert [f"{BASE}/shelters/{one['id']}" for one in found] == [right]
    assert {dry, small}.isdisjoint({f"{BASE}/shelters/{one['id']}" for one in found})


def test_what_lies_within_a_flooded_plain(county: County) -> None:
    inside, outside = county.ready(east=0.01), county.ready(east=0.5)
    point = {"name": "示例供水点", "kind": "water", "capacity": 20_000, "location": {"lon": MIDDLE[0], "lat": MIDDLE[1]}}
    water = made(
        county.office.post(f"{BASE}/support_points", {**point, "area_code": f"{county.code}001001", "address": "桥头"})
    )
    west, south = MIDDLE[0] - 0.1, MIDDLE[1] - 0.1
    ring = [[west, south], [west + 0.2, south], [west + 0.2, south + 0.2], [west, south + 0.2], [west, south]]
    plain = {"boundary": {"type": "Polygon", "coordinates": [ring]}}

    store = {"name": "示例库", "level": "village", "area_code": f"{county.code}001001", "location": point["location"]}
    stored = made(county.office.post(f"{BASE}/storage_points", store))["id"]

    found = made(county.commander.post(f"{BASE}/places_within", plain))
    shelters_alone = made(county.commander.post(f"{BASE}/places_within", {**plain, "lies": ["shelter"]}))

    assert found["type"] == "FeatureCollection"
    assert {one["id"] for one in found["features"]} == {inside[-36:], water["id"], stored}
    assert found["left_out"] is False
    assert found["features"][0]["geometry"] == {"type": "Point", "coordinates": [120.61, 30.6]}
    assert [one["properties"]["lies"] for one in shelters_alone["features"]] == ["shelter"]
    assert outside[-36:] not in str(found)
    assert made(County(county.suite).commander.post(f"{BASE}/places_within", plain))["features"] == []


def test_shelters_are_on_a_map(county: County) -> None:
    for _ in range(3):
        county.ready()

    found = made(county.manager.get(f"{BASE}/shelters", Accept=GEOJSON))

    assert [one["geometry"]["type"] for one in found["features"]] == ["Point"] * 3
    assert {one["properties"]["capacity"] for one in found["features"]} == {1_325}


def test_support_points_are_taken_up_fail_and_are_mended(county: County) -> None:
    content = {"name": "示例发电机", "kind": "power", "capacity": 120, "fuel_hours": 8, "address": "桥头"}
    content |= {"location": {"lon": MIDDLE[0], "lat": MIDDLE[1]}, "area_code": f"{county.code}001001"}
    path = f"{BASE}/support_points/{made(county.office.post(f'{BASE}/support_points', content))['id']}"

    wet = county.office.post(f"{BASE}/support_points", {**content, "kind": "water"})
    states = [
        made(county.commander.post(f"{path}/take_up", {}))["state"],
        made(county.manager.post(f"{path}/fail", {"reason": "漏油"}))["state"],
        made(county.manager.post(f"{path}/mend", {}))["state"],
        made(county.commander.post(f"{path}/take_up", {}))["state"],
        made(county.commander.post(f"{path}/give_back", {}))["state"],
    ]
    nearest = f"{BASE}/nearest_support_points?lon={MIDDLE[0]}&lat={MIDDLE[1]}&kind=power"

    assert code_of(wet) == "fuel_of_power_alone"
    assert states == ["in_use", "out_of_order", "available", "in_use", "available"]
    assert [one["distance_m"] for one in made(county.manager.get(nearest))["items"]] == [0]
    assert made(county.office.post(f"{path}/withdraw", {}))["state"] == "withdrawn"
    assert made(county.manager.get(nearest))["items"] == []
