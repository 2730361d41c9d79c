"""A red rain warning across the services: from the authority's message to what is purged thirty days after the lift.

Shows, in a county with stock, shelters and a team, that one decision of one person is all that people do: by events under one
correlation id stock is promised, shelters are proposed, the team is called, the time bank asks for volunteers, incidents hurry,
personnel counts who can be called and townships owe reports; and that when it is over nothing personal of it is left in any
service, while counts and certificates remain. The tests follow one response (`rain`) in the order in which things happen.
"""

import datetime as dt
import uuid
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import asyncpg
import pytest

from gridwhistle.common.retention import root_of
from gridwhistle.common.sealed import sealed_columns
from gridwhistle.standalone.services import KINDS
from tests.conftest import Loop, RunningSuite
from tests.inventory.a_warning import BASE, cap_message, said
from tests.inventory.store import Store

COUNTY = "990411"
TOWN, COMMUNITY = f"{COUNTY}001", f"{COUNTY}001001"
PEOPLE, DAYS = 300, 3
HOUR, DAY = dt.timedelta(hours=1), dt.timedelta(days=1)
Wait = Callable[[Callable[[], bool]], None]
OF_PEOPLE = ("incidents", "inventory", "mediation", "timebank")
"""Services that keep personal values; what personnel keeps of workers is on the posting board, by law."""


def made(answer: Any) -> dict[str, Any]:
    assert answer.status_code in {200, 201}, answer.text
    content: dict[str, Any] = answer.json()
    return content


@dataclass
class Rain:
    """A response to a red rain warning, and how it is looked at."""

    suite: RunningSuite
    background: Loop
    warning_id: str = ""
    response_id: str = ""
    session_id: str = ""
    warned_after: dt.timedelta = dt.timedelta(0)

    @property
    def path(self) -> str:
        return f"{BASE}/responses/{self.response_id}"

    def call(self, role: str, path: str, content: Any = None, area: str = COUNTY, **headers: str) -> dict[str, Any]:
        """Read or do something as somebody of a role."""
        person = self.suite.somebody(role, area, subject=f"rain-{role}")
        return made(person.get(path) if content is None else person.post(path, content, **headers))

    def rows(self, service: str, sql: str, value: str) -> list[Any]:
        """Ask a service's database."""

        async def fetch() -> list[Any]:
            connection = await asyncpg.connect(self.suite.postgres.url(service))
            try:
                return list(await connection.fetch(sql, value))
            finally:
                await connection.close()

        return list(self.background.run(fetch()))

    def thread(self) -> Counter[str]:
        """Return what was told because of the response, and how often."""
        lines = self.call("county_duty", f"{self.path}/timeline")["items"]
        return Counter(f"{line['service']} {line['event']}" for line in lines)

    def personal(self) -> dict[str, int]:
        """Return how many personal values of the session each service keeps, over all its tables."""
        found = dict.fromkeys((kind.name for kind in KINDS), 0)
        for kind in KINDS:
            for table in kind.tables.sorted_tables:
                root, link = root_of(table)
                of_session = {alias for alias, of in (("t", table), ("r", root)) if "emergency_session_id" in of.c}
                if sealed_columns(table) and of_session:
                    values = ", ".join(f"t.{name}" for name in sealed_columns(table))
                    join = f'JOIN "{root.name}" r ON r.id = t.{link}' if link else f'JOIN "{root.name}" r ON r.id = t.id'
                    sql = f'SELECT coalesce(sum(num_nonnulls({values})), 0) AS it FROM "{table.name}" t {join}'
                    of_it = (
                        f"{sql} WHERE {' OR '.join(f'{alias}.emergency_session_id = $1::text::uuid' for alias in of_session)}"
                    )
                    found[kind.name] += int(self.rows(kind.name, of_it, self.session_id)[0]["it"])
        return found


def _furnish(suite: RunningSuite) -> None:
    """Give the county a township, quilts and water for all who are expected, two shelters and a team."""
    admin = suite.somebody("county_admin", COUNTY)
    for code, level in ((f"{COUNTY}000000", "county"), (f"{TOWN}000", "township")):
        assert admin.post("/personnel/v1/areas", {"area_code": code, "level": level, "name": "示例"}).status_code in {201, 409}
    store = Store(suite, COUNTY)
    for name, per_person, is_daily, there in (("棉被", "1", False, "400"), ("饮用水", "4.5", True, "4050")):
        type_id = store.type(name=name, kit_qty=per_person, kit_persons=1, is_daily=is_daily)
        store.lot(there, type_id=type_id)
    hall = {"name": "示例中学", "level": "county", "kind": "short_term", "space": "building", "area_m2": 400}
    hall |= {"address": "文昌路1号", "area_code": COMMUNITY, "location": {"lon": 60.4, "lat": 10.4}}
    for number in range(2):
        shelter = made(store.manager.post(f"{BASE}/shelters", hall | {"code": f"{COUNTY}-{number}"}))
        made(store.manager.post(f"{BASE}/shelters/{shelter['id']}/accept", {}))
    leader = suite.somebody("team_leader", COUNTY, subject="rain-team_leader")
    team = {"name": "望湖救援队", "kind": "professional", "level": "township", "area_code": f"{TOWN}000"}
    team_id = made(store.manager.post(f"{BASE}/response_teams", team | {"leader_id": "rain-team_leader"}))["id"]
    member = {"name": "王芳", "phone": "13800138000", "is_adult": True, "insured_until": "2190-01-01"}
    made(leader.post(f"{BASE}/response_teams/{team_id}/join", member))


@pytest.fixture(scope="module")
def rain(suite: RunningSuite, background: Loop) -> Rain:
    """Return a response: an authority warns, the duty officer proposes, and one person decides."""
    _furnish(suite)
    rain = Rain(suite, background)
    began = dt.datetime.now(dt.UTC)
    feed = suite.somebody("integrator", COUNTY, scope="warnings:relay")
    warning = made(feed.send(f"{BASE}/warnings/cap", cap_message(COUNTY, geocode=COUNTY), "application/cap+xml"))
    rain.warning_id, rain.warned_after = warning["id"], dt.datetime.now(dt.UTC) - began
    proposal = {"event_class": "natural_disaster", "areas": [f"{COUNTY}000000"], "warning_id": warning["id"]}
    proposal |= {"reason": "低洼地带需转移", "expected_persons": PEOPLE, "expected_days": DAYS}
    rain.response_id = rain.call("county_duty", f"{BASE}/responses", proposal)["id"]
    volunteers = {"service_code": "sandbags", "people_needed": 30, "start_at": said(), "end_at": said(8 * HOUR)}
    measures = ["reserve_supplies", "ready_shelters", "call_teams", "call_volunteers"]
    decision = {"expected_until": said(2 * DAY), "measures": measures, "volunteers": volunteers}
    rain.session_id = rain.call("deputy_commander", f"{rain.path}/decide", decision)["session_id"]
    return rain


def test_the_warning_reaches_whoever_lives_there_within_five_minutes(rain: Rain) -> None:
    heard = rain.call("resident", f"{BASE}/warnings?state=relayed", area=TOWN)["items"]

    assert rain.warning_id in [line["id"] for line in heard]
    assert rain.warned_after < dt.timedelta(minutes=5)


def test_stock_is_promised_shelters_are_proposed_and_the_team_is_called(rain: Rain, eventually: Wait) -> None:
    told = {"inventory dispatch_order.approved": 1, "inventory shelter.proposed": 2, "inventory mobilized_team.ordered": 1}
    eventually(lambda: told.items() <= rain.thread().items())

    supplies = rain.call("county_duty", f"{rain.path}/supplies")["items"]
    assert {line["name"]: (line["promised"], line["missing"]) for line in supplies} == {
        "棉被": ("300.000", "0.000"),
        "饮用水": ("4050.000", "0.000"),
    }
    lots = rain.call("inventory_manager", f"{BASE}/lots?state=available")["items"]
    assert {(lot["qty"], lot["reserved_qty"]) for lot in lots} == {("400.000", "300.000"), ("4050.000", "4050.000")}
    assert len(rain.call("emergency_commander", f"{BASE}/shelters?state=proposed")["items"]) == 2
    [part] = rain.call("team_leader", f"{BASE}/mobilized_teams?state=ordered")["items"]
    assert part["team_id"]


def test_the_time_bank_asks_for_adults_who_are_insured(rain: Rain, eventually: Wait) -> None:
    eventually(lambda: "timebank order.published" in rain.thread())

    order = 'SELECT * FROM "order" WHERE emergency_session_id = $1::text::uuid AND people_needed = 30'
    [published] = rain.rows("timebank", order, rain.session_id)
    assert (published["kind"], published["state"], published["minors_allowed"]) == ("emergency", "published", False)


def test_what_is_reported_now_is_part_of_it_and_its_clocks_run_day_and_night(rain: Rain, eventually: Wait) -> None:
    eventually(lambda: "incidents response.urgent_clocks_began" in rain.thread())

    content = {"title": "一楼进水", "area_code": COMMUNITY, "contact": {"name": "张三丰", "phone": "13800138000"}}
    incident = rain.call("town_acceptor", "/incidents/v1/incidents", content, TOWN)
    [clock] = rain.call("town_acceptor", f"/incidents/v1/incidents/{incident['id']}/clocks", area=TOWN)["items"]
    assert (incident["response_id"], clock["amount"], clock["unit"]) == (rain.response_id, 15, "urgent_minute")


def test_townships_owe_reports_from_the_decision_on(rain: Rain) -> None:
    owed = rain.call("county_duty", f"{BASE}/situations?response_id={rain.response_id}&limit=200")["items"]
    [mine] = [line for line in owed if line["area_code"] == f"{TOWN}000"]
    rain.call("disaster_info_officer", f"{BASE}/situations/{mine['id']}/report", {"relocated": 120}, TOWN)

    assert rain.call("county_duty", f"{rain.path}/totals")["relocated"] == 120


def test_all_of_it_has_one_correlation_id_which_one_timeline_shows(rain: Rain, eventually: Wait) -> None:
    eventually(lambda: "personnel response.roster_counted" in rain.thread())

    timeline = rain.call("county_duty", f"{rain.path}/timeline")
    assert timeline["correlation_id"] == rain.warning_id
    assert [line["event"] for line in timeline["items"]][:3] == [
        "warning.relayed",
        "response.proposed",
        "response.activated",
    ]
    of_it = "SELECT envelope->>'correlationid' AS it FROM outbox WHERE envelope->>'emergencysession' = $1"
    told = {service: {row["it"] for row in rain.rows(service, of_it, rain.session_id)} for service in (*OF_PEOPLE, "personnel")}
    correlated = {rain.warning_id}
    assert {service: told[service] for service in ("inventory", "timebank", "personnel")} == dict.fromkeys(
        ("inventory", "timebank", "personnel"), correlated
    )
    assert correlated <= told["incidents"]


def test_when_it_is_lifted_what_waits_is_called_off_and_ordinary_time_is_back(rain: Rain, eventually: Wait) -> None:
    rain.call("deputy_commander", f"{rain.path}/lift", {"reason": "险情解除"})

    told = {"dispatch_order.cancelled": 1, "shelter.passed_over": 2, "mobilized_team.released": 1}
    expected = {f"inventory {event}": times for event, times in told.items()}
    eventually(lambda: expected.items() <= rain.thread().items())
    eventually(lambda: "incidents response.urgent_clocks_ended" in rain.thread())
    lots = rain.call("inventory_manager", f"{BASE}/lots?state=available")["items"]
    assert {lot["reserved_qty"] for lot in lots} == {"0.000"}
    content = {"title": "路灯不亮", "area_code": COMMUNITY}
    eventually(lambda: rain.call("town_acceptor", "/incidents/v1/incidents", content, TOWN)["response_id"] is None)
    rain.call("emergency_commander", f"{rain.path}/review", {"findings": "转移及时"})


def test_thirty_days_later_nothing_personal_is_left_in_any_service_and_certificates_say_so(
    rain: Rain, eventually: Wait
) -> None:
    part_of_it = {"Emergency_Session": rain.session_id}
    who = {"name": "王芳", "phone": "13800138000"}
    volunteer = {
        "kind": "volunteer",
        "area_code": COMMUNITY,
        "real_name_token": f"rn-{uuid.uuid4()}",
        "birth_year": 1990,
        **who,
    }
    rain.call("station_clerk", "/timebank/v1/participants", volunteer, **part_of_it)
    quarrel = {"source": "own_initiative", "area_code": COMMUNITY, "facts": {"dispute_type": "D02", "brief": "排水纠纷"}}
    quarrel |= {"parties": [{"side": "applicant", **who}, {"side": "respondent", "name": "钱二"}]}
    rain.call("mediation_chair", "/mediation/v1/cases", quarrel, TOWN, **part_of_it)
    helper = {
        "name": "示例蓝天救援队",
        "area_code": COMMUNITY,
        "gives": [{"kind": "boats", "quantity": 6}],
        "called_by": "书面邀请",
    }
    helper |= {"contact_name": who["name"], "contact_phone": who["phone"]}
    rain.call("inventory_manager", f"{BASE}/social_organisations", helper, **part_of_it)
    report = {"title": "一楼进水", "area_code": COMMUNITY, "contact": who}
    rain.call("town_acceptor", "/incidents/v1/incidents", report, TOWN, **part_of_it)
    before = rain.personal()

    due = "UPDATE clock SET due_at = now(), next_at = now() WHERE owner_id = $1::text::uuid RETURNING 1"
    rain.rows("inventory", due, rain.session_id)
    session = f"{BASE}/emergency_sessions/{rain.session_id}"
    eventually(lambda: rain.call("privacy_officer", session)["state"] == "purged")

    assert all(before[service] > 0 for service in OF_PEOPLE), before
    assert rain.personal() == dict.fromkeys((kind.name for kind in KINDS), 0)
    answers = {one["service"]: one for one in rain.call("privacy_officer", session)["answers"]}
    assert answers.keys() == {kind.name for kind in KINDS}
    for service in OF_PEOPLE:
        path = f"/{service}/v1/deletion_certificates?emergency_session_id={rain.session_id}"
        proofs = rain.call("privacy_officer", path)["items"]
        assert {proof["reason"] for proof in proofs} == {"emergency_end"}, service
        assert (len(proofs), sum(proof["rows"] for proof in proofs)) == (
            answers[service]["certificates"],
            answers[service]["rows"],
        )
    assert rain.call("county_duty", f"{rain.path}/totals")["relocated"] == 120
