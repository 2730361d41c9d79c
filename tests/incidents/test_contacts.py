"""How to reach who reported: for those who answer them, sealed, masked, seen for a reason, and gone in time."""

import uuid
from typing import Any

import asyncpg
import pytest

from gridwhistle.common.database import Database
from gridwhistle.common.retention import purge
from gridwhistle.common.sealing import Seal
from gridwhistle.incidents.app import INCIDENTS as SERVICE
from tests.conftest import Loop, Person, RunningSuite

INCIDENTS = "/incidents/v1/incidents"
AREA = "990101001001"
PHONE, NAME = "13911112222", "欧阳反映"
CONTACT = {"name": NAME, "phone": PHONE, "channel": "call", "callback_ok": True}
LOOK = {"fields": ["name", "phone"], "purpose": "call_back", "note": "回访井盖修复情况"}


def reported(person: Person, contact: dict[str, Any] | None = None) -> dict[str, Any]:
    """Return the answer to a report with a contact."""
    report = {"title": "井盖缺失", "area_code": AREA, "contact": contact or CONTACT}
    answer = person.post(INCIDENTS, report)
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    return made


async def rows(suite: RunningSuite, sql: str, *args: Any) -> list[asyncpg.Record]:
    """Return what a query finds in the service's database."""
    connection = await asyncpg.connect(suite.postgres.url("incidents"))
    try:
        return await connection.fetch(sql, *args)
    finally:
        await connection.close()


def test_those_who_answer_see_it_masked(suite: RunningSuite) -> None:
    made = reported(suite.person("resident"))

    shown = suite.person("town_acceptor").get(f"{INCIDENTS}/{made['id']}/contact").json()

    del shown["id"]
    assert shown == {
        "anonymous": False,
        "name": "欧**",
        "phone": "139****2222",
        "channel": "call",
        "callback_ok": True,
        "withdrawn_at": None,
    }


@pytest.mark.parametrize("role", ["grid_worker", "grid_leader", "community_admin", "resident"])
def test_others_do_not_see_it_at_all(suite: RunningSuite, role: str) -> None:
    made = reported(suite.person("town_acceptor"))
    other = suite.somebody(role, "990101001", subject=f"no-contacts-{role}")

    answer = other.get(f"{INCIDENTS}/{made['id']}/contact")

    assert (answer.status_code, answer.json()["code"]) == (403, "insufficient_scope")


@pytest.mark.parametrize(
    ("role", "status"), [("town_acceptor", 200), ("grid_worker", 403), ("county_admin", 403), ("resident", 403)]
)
def test_in_full_it_is_seen_for_a_reason_by_those_who_answer(suite: RunningSuite, role: str, status: int) -> None:
    made = reported(suite.person("town_acceptor"))
    contact = suite.person("town_acceptor").get(f"{INCIDENTS}/{made['id']}/contact").json()
    person = suite.somebody(role, "990101001", subject=f"looks-{role}-{uuid.uuid4()}")

    answer = person.post(f"{INCIDENTS}/{made['id']}/contacts/{contact['id']}/reveal", LOOK)

    assert answer.status_code == status
    looks = suite.somebody("privacy_officer", "990101").get(f"/incidents/v1/disclosures?thing_id={made['id']}").json()["items"]
    assert [look["part"] for look in looks] == (["contact"] if status == 200 else [])
    assert status != 200 or answer.json()["values"] == {"name": NAME, "phone": PHONE}


@pytest.mark.parametrize(
    "contact",
    [
        pytest.param({"anonymous": True, "phone": PHONE}, id="anonymous with a phone"),
        pytest.param({"anonymous": True, "callback_ok": True}, id="anonymous, and wants to be called"),
        pytest.param({}, id="nobody who is not anonymous"),
        pytest.param({"name": NAME, "channel": "text_message"}, id="written to without a phone"),
        pytest.param({"name": NAME, "callback_ok": True}, id="called back without a phone"),
    ],
)
def test_a_contact_that_contradicts_itself_is_refused(suite: RunningSuite, contact: dict[str, Any]) -> None:
    answer = suite.person("resident").post(INCIDENTS, {"title": "井盖缺失", "area_code": AREA, "contact": contact})

    assert (answer.status_code, answer.json()["code"]) == (422, "contact_unclear")


def test_one_contact_of_a_batch_that_contradicts_itself_is_refused_and_nothing_made_of_it(suite: RunningSuite) -> None:
    clear, unclear = ({"title": f"井盖{uuid.uuid4()}", "area_code": AREA, "contact": one} for one in (CONTACT, {}))
    acceptor = suite.person("town_acceptor")

    results = acceptor.post(f"{INCIDENTS}/batch", {"reports": [unclear, clear]}).json()["results"]

    assert [(one["result"], one["code"]) for one in results] == [("refused", "contact_unclear"), ("created", None)]
    titles = {one["title"] for one in acceptor.get(f"{INCIDENTS}?limit=50").json()["items"]}
    assert (unclear["title"] in titles, clear["title"] in titles) == (False, True)


def test_who_is_anonymous_is_kept_as_nobody(suite: RunningSuite) -> None:
    made = reported(suite.person("resident"), {"anonymous": True})

    shown = suite.person("town_acceptor").get(f"{INCIDENTS}/{made['id']}/contact").json()

    assert (shown["anonymous"], shown["name"], shown["phone"]) == (True, None, None)


def test_nothing_of_it_is_in_events_audit_or_history(suite: RunningSuite, background: Loop) -> None:
    made = reported(suite.person("town_acceptor"))

    said = background.run(
        rows(
            suite,
            "SELECT envelope::text FROM outbox WHERE aggregate_id = $1"
            " UNION ALL SELECT a::text FROM audit a WHERE object_id = $1"
            " UNION ALL SELECT h::text FROM history h WHERE thing_id = $1"
            " UNION ALL SELECT i::text FROM incident i WHERE id = $1"
            " UNION ALL SELECT c::text FROM contact c WHERE incident_id = $1",
            uuid.UUID(made["id"]),
        )
    )

    assert len(said) == 5
    assert not any(value in row[0] for row in said for value in (PHONE, NAME))


def test_it_goes_180_days_after_the_incident_has_ended(suite: RunningSuite, background: Loop) -> None:
    kept, gone = (reported(suite.person("town_acceptor"))["id"] for _ in range(2))

    async def age_and_purge() -> list[asyncpg.Record]:
        for id_, days in ((kept, 179), (gone, 181)):
            await rows(
                suite,
                "UPDATE incident SET state = 'rejected', terminal_at = now() - make_interval(days => $2) WHERE id = $1",
                uuid.UUID(id_),
                days,
            )
        url = suite.postgres.url("incidents")
        async with Database(url, Seal({1: bytes(32)}), {}, presets=SERVICE.presets).connected() as database:
            await purge(database, SERVICE.tables, await database.now(database.background))
        there = "SELECT incident_id::text FROM contact WHERE phone IS NOT NULL AND incident_id = ANY($1)"
        return await rows(suite, there, [uuid.UUID(kept), uuid.UUID(gone)])

    there = background.run(age_and_purge())

    assert [row[0] for row in there] == [kept]
    certified = suite.somebody("privacy_officer", "990101").get("/incidents/v1/deletion_certificates?things=contact").json()
    assert "terminal_at, r1: 180 days" in {line["filter"] for line in certified["items"]}
