"""A red rain warning across the services: from the authority's message to what is purged thirty days after the lift.

Shows, on the whole suite with its demo county, that one decision of one person is all that people do: by events under one
correlation id the time bank calls for volunteers, incidents hurry, personnel counts who can be called, townships owe reports;
and that when it is over nothing personal of it is left in any service, while counts and certificates remain.
"""

import datetime as dt
from collections.abc import Callable
from typing import Any

import asyncpg
import pytest

from tests.conftest import Loop, RunningSuite
from tests.inventory.a_warning import BASE, cap_message, said

COUNTY = "990101"
TOWN = f"{COUNTY}001"
HOUR, DAY = dt.timedelta(hours=1), dt.timedelta(days=1)
SERVICES = ("incidents", "inventory", "personnel", "timebank")
Call = Callable[..., dict[str, Any]]
Ask = Callable[[str, str, str], list[Any]]
Wait = Callable[[Callable[[], bool]], None]


def made(answer: Any) -> dict[str, Any]:
    assert answer.status_code in {200, 201}, answer.text
    content: dict[str, Any] = answer.json()
    return content


@pytest.fixture
def call(suite: RunningSuite) -> Call:
    """Return how somebody of a role reads or does something."""

    def do(role: str, path: str, content: Any = None, area: str = COUNTY) -> dict[str, Any]:
        person = suite.somebody(role, area, subject=f"rain-{role}")
        return made(person.get(path) if content is None else person.post(path, content))

    return do


@pytest.fixture
def ask(suite: RunningSuite, background: Loop) -> Ask:
    """Return how a service's database is asked."""

    def rows(service: str, sql: str, value: str) -> list[Any]:
        async def fetch() -> list[Any]:
            connection = await asyncpg.connect(suite.postgres.url(service))
            try:
                return list(await connection.fetch(sql, value))
            finally:
                await connection.close()

        return list(background.run(fetch()))

    return rows


def test_one_decision_sets_everything_in_motion_and_nothing_personal_is_left(
    suite: RunningSuite, call: Call, ask: Ask, eventually: Wait
) -> None:
    began = dt.datetime.now(dt.UTC)
    feed = suite.somebody("integrator", COUNTY, scope="warnings:relay")
    warning = made(feed.send(f"{BASE}/warnings/cap", cap_message(COUNTY, geocode=COUNTY), "application/cap+xml"))
    heard = call("resident", f"{BASE}/warnings?state=relayed", area=TOWN)["items"]
    assert warning["id"] in [line["id"] for line in heard]
    assert dt.datetime.now(dt.UTC) - began < dt.timedelta(minutes=5)

    # One decision.
    proposal = {"event_class": "natural_disaster", "areas": [f"{COUNTY}000000"], "warning_id": warning["id"]}
    proposal |= {"reason": "低洼地带需转移", "expected_persons": 300}
    response = call("county_duty", f"{BASE}/responses", proposal)
    path = f"{BASE}/responses/{response['id']}"
    volunteers = {"service_code": "sandbags", "people_needed": 30, "start_at": said(), "end_at": said(8 * HOUR)}
    decision = {"expected_until": said(2 * DAY), "measures": ["ready_shelters", "call_volunteers"], "volunteers": volunteers}
    session = call("deputy_commander", f"{path}/decide", decision)["session_id"]

    # What follows.
    def thread() -> set[str]:
        return {f"{line['service']} {line['event']}" for line in call("county_duty", f"{path}/timeline")["items"]}

    wanted = {"inventory warning.relayed", "inventory response.activated", "inventory mobilization.ordered"}
    wanted |= {"timebank order.published", "incidents response.urgent_clocks_began", "personnel response.roster_counted"}
    eventually(lambda: wanted <= thread())
    for service in SERVICES:
        of_it = "SELECT envelope->>'correlationid' AS it FROM outbox WHERE envelope->>'emergencysession' = $1"
        assert {row["it"] for row in ask(service, of_it, session)} == {warning["id"]}, service
    [order] = ask("timebank", 'SELECT * FROM "order" WHERE emergency_session_id = $1::text::uuid', session)
    assert (order["kind"], order["people_needed"], order["minors_allowed"]) == ("emergency", 30, False)

    # Meanwhile.
    content = {"title": "一楼进水", "area_code": f"{TOWN}001", "contact": {"name": "张三丰", "phone": "13800138000"}}
    incident = call("town_acceptor", "/incidents/v1/incidents", content, TOWN)
    personal = "SELECT coalesce(sum(num_nonnulls(name, phone)), 0) AS it FROM contact WHERE incident_id = $1::text::uuid"
    assert (incident["response_id"], ask("incidents", personal, incident["id"])[0]["it"]) == (response["id"], 2)
    owed = call("county_duty", f"{BASE}/situations?response_id={response['id']}&limit=200")["items"]
    [mine] = [line for line in owed if line["area_code"] == f"{TOWN}000"]
    call("disaster_info_officer", f"{BASE}/situations/{mine['id']}/report", {"relocated": 120}, TOWN)
    assert call("county_duty", f"{path}/totals")["relocated"] == 120

    # The end.
    call("deputy_commander", f"{path}/lift", {"reason": "险情解除"})
    eventually(lambda: "incidents response.urgent_clocks_ended" in thread())
    content = {"title": "路灯不亮", "area_code": f"{TOWN}001"}
    eventually(lambda: call("town_acceptor", "/incidents/v1/incidents", content, TOWN)["response_id"] is None)
    call("emergency_commander", f"{path}/review", {"findings": "转移及时"})

    # Thirty days later.
    due = "UPDATE clock SET due_at = now(), next_at = now() WHERE owner_id = $1::text::uuid RETURNING 1"
    ask("inventory", due, session)
    eventually(lambda: call("privacy_officer", f"{BASE}/emergency_sessions/{session}")["state"] == "purged")
    answers = {one["service"]: one for one in call("privacy_officer", f"{BASE}/emergency_sessions/{session}")["answers"]}
    assert answers.keys() >= set(SERVICES)
    assert answers["incidents"]["rows"] >= 1
    assert ask("incidents", personal, incident["id"])[0]["it"] == 0
    proofs = call("privacy_officer", f"/incidents/v1/deletion_certificates?emergency_session_id={session}")["items"]
    assert {proof["reason"] for proof in proofs} == {"emergency_end"}
    assert call("county_duty", f"{path}/totals")["relocated"] == 120
