"""Warnings: only what an authority issued is relayed, at once and unchanged; it alone changes and lifts it."""

import datetime as dt
from collections.abc import Callable
from typing import Any

import asyncpg
import orjson
import pytest

from tests.conftest import Loop, Person, RunningSuite
from tests.inventory.a_warning import BASE, COUNTY, SENDER, a_warning_id, cap_message, said, typed

CAP = "application/cap+xml"
HOUR = dt.timedelta(hours=1)
Wait = Callable[[Callable[[], bool]], None]


@pytest.fixture
def duty(suite: RunningSuite) -> Person:
    return suite.somebody("county_duty", COUNTY)


@pytest.fixture
def feed(suite: RunningSuite) -> Person:
    return suite.somebody("integrator", COUNTY, scope="warnings:relay warnings:read", subject="official-feed")


def relayed(person: Person, **more: Any) -> dict[str, Any]:
    answer = person.post(f"{BASE}/warnings", typed(**more))
    assert answer.status_code == 201, answer.text
    content: dict[str, Any] = answer.json()
    return content


def code_of(answer: Any) -> str:
    assert answer.status_code >= 400, answer.text
    return str(answer.json()["code"])


# --- typed in ----------------------------------------------------------------------------------------------------------------


def test_a_warning_goes_out_at_once_with_its_authority_and_its_colour(
    suite: RunningSuite, duty: Person, background: Loop
) -> None:
    warning = relayed(duty)

    assert (warning["state"], warning["colour"], warning["authority_level"]) == ("relayed", "red", "county")
    assert (warning["areas"], warning["edition"], warning["is_late"]) == ([f"{COUNTY}000000"], 1, False)
    assert warning["actions"] == ["update", "cancel"]
    [event] = _told(suite, background, warning["id"])
    assert event["type"] == "gw.inventory.warning.relayed.v1"
    assert event["data"] == {
        "warning_id": warning["warning_id"],
        "colour": "red",
        "event_code": "11B03",
        "areas": [f"{COUNTY}000000"],
        "is_test": False,
        "authority_level": "county",
        "edition": 1,
        "starts_at": event["data"]["starts_at"],
        "expires_at": event["data"]["expires_at"],
    }


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"issuing_authority": None}, "issuer_missing"),
        ({"warning_id": "99040100000000_20260706083000_"}, "warning_id_unclear"),
        ({"expires_at": "2026-01-01T00:00:00Z"}, "warning_is_over"),
        ({"sent_at": "2190-01-01T00:00:00Z", "expires_at": "2190-01-02T00:00:00Z"}, "warning_sent_in_the_future"),
        ({"areas": ["990402000000"]}, "warning_area_unclear"),
        ({"colour": "green"}, "not_valid"),
        ({"issuing_authority": "two words"}, "not_valid"),
    ],
)
def test_what_no_authority_said_for_here_and_now_is_not_relayed(duty: Person, change: dict[str, Any], code: str) -> None:
    assert code_of(duty.post(f"{BASE}/warnings", typed(**change))) == code


def test_a_warning_is_relayed_once(duty: Person, feed: Person) -> None:
    body = typed()
    duty.post(f"{BASE}/warnings", body)

    assert code_of(feed.post(f"{BASE}/warnings", body)) == "already_relayed"
    assert code_of(feed.send(f"{BASE}/warnings/cap", cap_message(identifier=body["warning_id"]), CAP)) == "already_relayed"


def test_what_reaches_us_late_is_marked_late(duty: Person) -> None:
    assert relayed(duty, sent_at=said(-dt.timedelta(minutes=6)))["is_late"] is True


def test_everybody_of_the_county_reads_it_and_nobody_else(suite: RunningSuite, duty: Person) -> None:
    warning = relayed(duty)
    path = f"{BASE}/warnings/{warning['id']}"

    resident = suite.somebody("resident", f"{COUNTY}001001")
    assert resident.get(path).json()["headline"] == warning["headline"]
    assert warning["id"] in [line["id"] for line in resident.get(f"{BASE}/warnings?colour=red").json()["items"]]
    assert suite.somebody("resident", "990402").get(path).status_code == 404
    assert code_of(resident.post(f"{path}/cancel", {})) == "insufficient_scope"


def test_a_warning_is_for_a_county_so_a_township_does_not_relay_it(suite: RunningSuite) -> None:
    clerk = suite.somebody("county_duty", f"{COUNTY}001")

    assert code_of(clerk.post(f"{BASE}/warnings", typed(areas=[f"{COUNTY}001000"]))) == "outside_your_area"


def test_the_authority_says_something_else_and_lifts_it(suite: RunningSuite, duty: Person, background: Loop) -> None:
    warning = relayed(duty)
    path = f"{BASE}/warnings/{warning['id']}"

    changed = duty.post(f"{path}/update", typed(colour="orange", headline="降级为橙色")).json()
    lifted = duty.post(f"{path}/cancel", {"warning_id": a_warning_id(), "issuing_authority": SENDER, "sent_at": said()}).json()

    assert (changed["colour"], changed["edition"], changed["warning_id"]) == ("orange", 2, warning["warning_id"])
    assert (lifted["state"], lifted["actions"]) == ("cancelled", [])
    told = _told(suite, background, warning["id"])
    assert [event["type"].split(".")[3] for event in told] == ["relayed", "relayed", "cancelled"]
    assert {event["correlationid"] for event in told} == {warning["id"]}
    assert code_of(duty.post(f"{path}/update", typed())) == "illegal_move"


def test_another_authority_neither_changes_nor_lifts_it(duty: Person) -> None:
    path = f"{BASE}/warnings/{relayed(duty)['id']}"
    strange = {"issuing_authority": "990400.qx.example"}

    assert code_of(duty.post(f"{path}/update", typed(**strange))) == "another_source"
    lift = {"warning_id": a_warning_id(), "sent_at": said(), **strange}
    assert code_of(duty.post(f"{path}/cancel", lift)) == "another_source"


def test_what_comes_late_takes_no_newer_words_place(duty: Person) -> None:
    path = f"{BASE}/warnings/{relayed(duty, colour='orange', sent_at=said(-HOUR))['id']}"
    assert duty.post(f"{path}/update", typed(colour="red", sent_at=said(-HOUR / 4))).status_code == 200
    late = typed(colour="yellow", sent_at=said(-HOUR / 2))

    update = duty.post(f"{path}/update", late)
    cancel = duty.post(f"{path}/cancel", {name: late[name] for name in ("warning_id", "issuing_authority", "sent_at")})

    assert [code_of(update), code_of(cancel)] == ["said_since", "said_since"]
    assert (duty.get(path).json()["colour"], duty.get(path).json()["state"]) == ("red", "relayed")


def test_an_update_moves_the_end_and_when_it_comes_the_warning_expires(
    suite: RunningSuite, duty: Person, background: Loop, eventually: Wait
) -> None:
    warning = relayed(duty)
    path = f"{BASE}/warnings/{warning['id']}"
    assert duty.post(f"{path}/update", typed(expires_at=said(2 * HOUR))).status_code == 200
    [due] = background.run(_all(suite, "SELECT due_at, next_at FROM clock WHERE owner_id = $1", warning["id"]))
    assert abs(due["due_at"] - dt.datetime.now(dt.UTC) - 2 * HOUR) < dt.timedelta(minutes=2)
    assert due["next_at"] == due["due_at"]

    background.run(
        _all(suite, "UPDATE clock SET due_at = now(), next_at = now() WHERE owner_id = $1 RETURNING 1", warning["id"])
    )

    eventually(lambda: duty.get(path).json()["state"] == "expired")
    assert _told(suite, background, warning["id"])[-1]["type"] == "gw.inventory.warning.expired.v1"


# --- the official feed -------------------------------------------------------------------------------------------------------


def test_the_feed_brings_changes_and_lifts_a_warning(feed: Person) -> None:
    first = a_warning_id()
    sent = said(-dt.timedelta(minutes=2))
    reference = f"{SENDER},{first},{sent}"

    made = feed.send(f"{BASE}/warnings/cap", cap_message(identifier=first, sent=sent), CAP).json()
    update = cap_message(msgType="Update", references=reference, severity="Severe")
    changed = feed.send(f"{BASE}/warnings/cap", update, CAP).json()
    last = cap_message(msgType="Cancel", references=reference)
    lifted = feed.send(f"{BASE}/warnings/cap", last, CAP).json()

    assert (made["state"], made["colour"], made["areas"], made["event_code"]) == (
        "relayed",
        "red",
        [f"{COUNTY}001000"],
        "11B03",
    )
    assert (changed["id"], changed["colour"], changed["edition"]) == (made["id"], "orange", 2)
    assert (lifted["id"], lifted["state"]) == (made["id"], "cancelled")
    given = feed.get(f"{BASE}/warnings/{made['id']}/cap")
    assert given.headers["content-type"] == CAP
    assert given.content == last


def test_what_is_typed_in_goes_out_as_cap_and_comes_in_again_elsewhere(suite: RunningSuite, duty: Person) -> None:
    warning = relayed(duty, areas=[f"{COUNTY}000000"])

    message = duty.get(f"{BASE}/warnings/{warning['id']}/cap").content
    elsewhere = suite.somebody("integrator", "990402", scope="warnings:relay")
    taken = elsewhere.send(f"{BASE}/warnings/cap", message.replace(f"<value>{COUNTY}".encode(), b"<value>990402"), CAP)

    assert taken.status_code == 200, taken.text
    same = ("warning_id", "colour", "headline", "instruction", "event_code", "issuing_authority", "authority_name")
    assert [taken.json()[name] for name in same] == [warning[name] for name in same]


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"identifier": "2.49.0.1.124.6bddbc91.2012"}, "warning_id_unclear"),
        ({"sender": " "}, "issuer_missing"),
        ({"scope": "Restricted"}, "warning_not_public"),
        ({"status": "Draft"}, "warning_not_public"),
        ({"severity": "Unknown"}, "colour_unclear"),
        ({"geocode_name": "FIPS6"}, "warning_area_unclear"),
        ({"geocode": "990402"}, "warning_area_unclear"),
        ({"expires": "2026-01-01T00:00:00+08:00"}, "warning_is_over"),
        ({"msgType": "Ack", "references": "a,b,2026-07-06T08:30:00+08:00"}, "not_a_warning"),
        ({"msgType": "Update", "references": "a,b,2026-07-06T08:30:00+08:00"}, "unknown_warning"),
        ({"info": " "}, "nothing_told"),
    ],
)
def test_what_is_cap_and_no_warning_for_here_is_refused(feed: Person, changes: dict[str, str], code: str) -> None:
    assert code_of(feed.send(f"{BASE}/warnings/cap", cap_message(**changes), CAP)) == code


def test_another_countys_warning_is_not_there_to_be_changed(suite: RunningSuite, feed: Person) -> None:
    first, sent = a_warning_id(), said(-dt.timedelta(minutes=2))
    feed.send(f"{BASE}/warnings/cap", cap_message(identifier=first, sent=sent), CAP)
    stranger = suite.somebody("integrator", "990402", scope="warnings:relay")

    update = cap_message(msgType="Update", references=f"{SENDER},{first},{sent}", geocode="990402")
    assert code_of(stranger.send(f"{BASE}/warnings/cap", update, CAP)) == "unknown_warning"


def test_a_test_message_is_shown_as_one(feed: Person) -> None:
    assert feed.send(f"{BASE}/warnings/cap", cap_message(status="Test"), CAP).json()["status"] == "test"


def test_hostile_xml_is_a_clear_problem_over_http(feed: Person) -> None:
    path = f"{BASE}/warnings/cap"
    laughs = b'<!DOCTYPE a [<!ENTITY l "lol"><!ENTITY m "&l;&l;">]><a>&m;</a>'

    assert code_of(feed.send(path, laughs, CAP)) == "xml_unsafe"
    assert code_of(feed.send(path, b"<a>" * 200_000, CAP)) == "body_too_large"
    assert code_of(feed.send(path, b"<a/>", "application/json")) == "media_type_not_taken"
    assert code_of(feed.send(path, b"", CAP)) == "xml_unreadable"


def test_a_message_that_is_sent_twice_at_once_is_one_warning(feed: Person) -> None:
    message = cap_message()

    headers = {"Authorization": f"Bearer {feed.token}", "Content-Type": CAP, "Idempotency-Key": "cap-twice"}
    answers = [feed.client.post(f"{BASE}/warnings/cap", content=message, headers=headers) for _ in range(2)]

    assert [answer.status_code for answer in answers] == [200, 200]
    assert answers[0].json() == answers[1].json()
    assert answers[1].headers["idempotency-replayed"] == "true"


# --- helpers -----------------------------------------------------------------------------------------------------------------


async def _all(suite: RunningSuite, sql: str, id_: str) -> list[Any]:
    connection = await asyncpg.connect(suite.postgres.url("inventory"))
    try:
        return list(await connection.fetch(sql, id_))
    finally:
        await connection.close()


def _told(suite: RunningSuite, background: Loop, id_: str) -> list[dict[str, Any]]:
    sql = "SELECT envelope FROM outbox WHERE aggregate_id = $1 ORDER BY event_no"
    return [orjson.loads(row["envelope"]) for row in background.run(_all(suite, sql, id_))]
