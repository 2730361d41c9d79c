"""A quarrel goes to mediation: what is agreed closes the incident, what is not is the acceptor's again.

The suite runs with all services; incidents and mediation hear of each other by events alone, and no event says who quarrels.
"""

import json
import uuid
from collections.abc import Callable
from typing import Any

import asyncpg
import pytest

from tests.conftest import Loop, Person, RunningSuite
from tests.mediation.office import BASE, LAWFUL, QIAN, ZHAO, Office, code_of, made, pays

Eventually = Callable[[Callable[[], bool]], None]
INCIDENTS = "/incidents/v1/incidents"


@pytest.fixture(scope="module")
def office(suite: RunningSuite) -> Office:
    return Office(suite)


@pytest.fixture(scope="module")
def committee(office: Office) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    return office.filed()


@pytest.fixture
def acceptor(suite: RunningSuite) -> Person:
    return suite.person("town_acceptor")


def a_quarrel(acceptor: Person) -> str:
    """Report a quarrel and hand it to mediation; return its path."""
    report = {"title": "邻里因噪声争执", "area_code": "990101001001", "source": "grid_patrol"}
    path = f"{INCIDENTS}/{made(acceptor.post(INCIDENTS, report))['id']}"
    referred = made(acceptor.post(f"{path}/refer_dispute", {"reason": "双方愿意坐下来谈"}))
    assert (referred["state"], referred["mediation"]) == ("reported", "asked")
    return path


def case_of(office: Office, incident: str, eventually: Eventually) -> str:
    """Return the path of the case that a quarrel became."""
    listed = f"{BASE}/cases?incident_id={incident.rpartition('/')[2]}"
    eventually(lambda: bool(made(office.chair.get(listed))["items"]))
    (case,) = made(office.chair.get(listed))["items"]
    assert (case["state"], case["source"], case["dispute_type"]) == ("found", "own_initiative", None)
    return f"{BASE}/cases/{case['id']}"


def ask(office: Office, case: str) -> list[str]:
    """Find out what it is about and who they are, and ask them."""
    version = made(office.chair.get(case))["version"]
    made(office.chair.patch(case, {"dispute_type": "D02"}, If_Match=f'"{version}"'))
    for party in (ZHAO, QIAN):
        made(office.chair.post(f"{case}/parties", party))
    return [party["id"] for party in made(office.chair.post(f"{case}/ask_willingness"))["parties"]]


def accept(office: Office, case: str, committee: dict[str, Any]) -> list[str]:
    parties = ask(office, case)
    for party in parties:
        made(office.chair.post(f"{case}/consent", {"party_id": party, "answered_by": "by_word"}))
    made(office.chair.post(f"{case}/accept", {"committee_id": committee["id"], **LAWFUL}))
    return parties


def state_of(acceptor: Person, path: str) -> tuple[str, str | None]:
    incident = made(acceptor.get(path))
    return incident["state"], incident["mediation"]


def test_what_they_agree_on_closes_the_incident(
    suite: RunningSuite,
    office: Office,
    committee: tuple[dict[str, Any], list[dict[str, Any]]],
    acceptor: Person,
    eventually: Eventually,
    background: Loop,
) -> None:
    incident = a_quarrel(acceptor)
    case = case_of(office, incident, eventually)
    parties = accept(office, case, committee[0])
    eventually(lambda: state_of(acceptor, incident) == ("converted", "accepted"))
    assert made(acceptor.get(incident))["mediation_no"] == made(office.chair.get(case))["case_no"]
    assert code_of(acceptor.post(f"{incident}/accept")) == "illegal_move"

    first = committee[1][0]
    mediator = office.mediator(first)
    made(office.chair.post(f"{case}/assign", {"presiding_id": first["id"], "chosen_by": "parties"}))
    made(mediator.post(f"{case}/tell_rights", {}))
    made(mediator.post(f"{case}/disclose", {"relation": "none"}))
    session = office.session(case, mediator, parties)
    made(mediator.post(f"{session}/open", {"present": parties}))
    content = {"content": "当场和好", "terms": [pays(parties[1], due_on=None)], "agreed_by": parties}
    made(mediator.post(f"{case}/agree_oral", content))
    made(mediator.post(f"{case}/perform_at_once", {"proof": "收据0017"}))
    made(mediator.post(f"{case}/documents", {"kind": "identity", "pages": 2}))
    made(mediator.post(f"{case}/ask_close", {}))
    made(office.chair.post(f"{case}/close"))

    eventually(lambda: state_of(acceptor, incident) == ("closed", "agreed"))
    told = background.run(_told(suite.postgres.url("mediation"), case.rpartition("/")[2]))
    assert len(told) >= 8
    assert not any(
        secret in json.dumps(event, ensure_ascii=False) for event in told for secret in ("赵", "钱", "138001", "和好")
    )
    assert {event["data"]["incident_id"] for event in told} == {incident.rpartition("/")[2]}


@pytest.mark.parametrize("after_acceptance", [False, True], ids=["before it was accepted", "after it was accepted"])
def test_what_they_do_not_want_comes_back_to_the_acceptor(
    office: Office,
    committee: tuple[dict[str, Any], list[dict[str, Any]]],
    acceptor: Person,
    eventually: Eventually,
    *,
    after_acceptance: bool,
) -> None:
    incident = a_quarrel(acceptor)
    case = case_of(office, incident, eventually)
    if after_acceptance:
        parties = accept(office, case, committee[0])
        eventually(lambda: state_of(acceptor, incident)[0] == "converted")
        made(office.chair.post(f"{case}/withdraw", {"party_id": parties[0]}))
    else:
        made(office.chair.post(f"{case}/refuse", {"party_id": ask(office, case)[1], "answered_by": "by_word"}))

    eventually(lambda: state_of(acceptor, incident) == ("reported", "refused"))
    assert "accept" in made(acceptor.get(incident))["actions"]
    assert code_of(acceptor.post(f"{incident}/refer_dispute", {})) == "referred_before"


def test_what_comes_back_is_filed_and_dispatched_as_if_for_the_first_time(
    suite: RunningSuite,
    office: Office,
    committee: tuple[dict[str, Any], list[dict[str, Any]]],
    acceptor: Person,
    eventually: Eventually,
) -> None:
    incident, dispatcher, water = a_quarrel(acceptor), suite.person("town_dispatcher"), suite.person("dept_desk")
    (cover,) = made(acceptor.get("/incidents/v1/categories?code=C-0101"))["items"]
    filing = {"category": "C-0101", "standard_id": cover["standards"][0]["id"], "grid_code": "990101001001001"}
    objection = {"reason_code": "not_our_duty", "reason": "非我职责"}
    for person, action, content in (
        (acceptor, "accept", {}),
        (acceptor, "file", filing),
        (dispatcher, "dispatch", {"lead_org": "990101-water"}),
        (water, "object", objection),
        (dispatcher, "deny_objection", {}),
        (water, "object", objection),
        (suite.person("county_duty"), "county_decide", {"lead_org": "990101-water"}),
    ):
        made(person.post(f"{incident}/{action}", content))
    case = case_of(office, incident, eventually)
    parties = accept(office, case, committee[0])
    eventually(lambda: state_of(acceptor, incident)[0] == "converted")
    made(office.chair.post(f"{case}/withdraw", {"party_id": parties[0]}))
    eventually(lambda: state_of(acceptor, incident)[0] == "reported")

    made(acceptor.post(f"{incident}/accept", {}))
    filed = made(acceptor.post(f"{incident}/file", {"category": "E-0110"}))
    made(dispatcher.post(f"{incident}/dispatch", {"lead_org": "990101-urban"}))
    urban = suite.somebody("dept_desk", "990101", org="990101-urban", subject="desk-of-urban")
    objected = made(urban.post(f"{incident}/object", objection))

    assert (filed["standard_id"], objected["state"]) == (None, "objected")


def test_a_quarrel_that_may_become_worse_is_an_emergency(office: Office, acceptor: Person, eventually: Eventually) -> None:
    case = office.register_case()
    path = f"{BASE}/cases/{case['id']}"
    made(office.chair.post(f"{path}/escalate", {"reason_code": "violence", "reported_to": "police", "reason": "扬言动手"}))

    def alarms() -> list[dict[str, Any]]:
        listed = made(acceptor.get(f"{INCIDENTS}?area_code=990101001001&state=reported&limit=200"))["items"]
        return [one for one in listed if one["source"] == "mediation" and one["reported_at"] >= case["registered_at"]]

    eventually(lambda: bool(alarms()))
    assert [(one["urgency"], one["title"]) for one in alarms()] == [("emergency", "调解纠纷可能激化")]


async def _told(url: str, case_id: str) -> list[dict[str, Any]]:
    connection = await asyncpg.connect(url)
    rows = await connection.fetch("SELECT envelope FROM outbox WHERE aggregate_id = $1", uuid.UUID(case_id))
    await connection.close()
    return [json.loads(row["envelope"]) for row in rows]
