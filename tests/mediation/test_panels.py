"""Panels: who is chosen, who is suggested, what they disclose, and that who has an interest keeps out of it for good."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.conftest import RunningSuite
from tests.mediation.office import BASE, QIAN, ZHAO, Office, code_of, made

Wait = Callable[[Callable[[], bool]], None]

Committee = tuple[dict[str, Any], list[dict[str, Any]]]


@pytest.fixture(scope="module")
def office(suite: RunningSuite) -> Office:
    return Office(suite)


@pytest.fixture(scope="module")
def committee(office: Office) -> Committee:
    return office.filed(members=4)


def members_of(office: Office, path: str) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = made(office.chair.get(f"{path}/panel"))["items"]
    return items


def test_the_parties_choose_and_the_chair_names_them(office: Office, committee: Committee) -> None:
    path, _ = office.accepted(committee[0])
    first, second = committee[1][:2]
    chosen = {"presiding_id": first["id"], "other_ids": [second["id"]], "chosen_by": "parties"}

    by_a_mediator = office.mediator(first).post(f"{path}/assign", chosen)
    assigned = made(office.chair.post(f"{path}/assign", chosen))

    assert code_of(by_a_mediator) == "wrong_role"
    assert (assigned["state"], assigned["presiding_id"]) == ("assigned", first["id"])
    assert [(one["mediator_id"], one["presides"], one["chosen_by"]) for one in members_of(office, path)] == [
        (first["id"], True, "parties"),
        (second["id"], False, "parties"),
    ]


def test_police_justice_and_a_lawyer_mediate_together(office: Office, committee: Committee) -> None:
    path, _ = office.accepted(committee[0])
    justice = office.register(kind="judicial")
    police = office.register(kind="police", org="990101-police")
    lawyer = office.register(kind="lawyer", org="990101-lawfirm", licence_no="19901201510000001")
    two = {"presiding_id": justice["id"], "other_ids": [police["id"]], "chosen_by": "committee", "is_three_houses": True}
    by_the_lawyer = {"presiding_id": lawyer["id"], "chosen_by": "committee"}

    refused = office.chair.post(f"{path}/assign", two)
    presiding = office.chair.post(f"{path}/assign", by_the_lawyer)
    three = made(office.chair.post(f"{path}/assign", {**two, "other_ids": [police["id"], lawyer["id"]]}))

    assert (code_of(refused), code_of(presiding)) == ("not_three_houses", "panel_unclear")
    assert three["is_three_houses"]


@pytest.mark.parametrize(
    ("more", "code"),
    [
        pytest.param({"term_end_on": "2026-01-02"}, "cannot_mediate", id="their time is over"),
        pytest.param({"appointed_on": "2199-01-01"}, "cannot_mediate", id="their time is to come"),
        pytest.param({"area_code": "990102001001"}, "cannot_mediate", id="of another county's place"),
        pytest.param({"name": "赵一"}, "named_in_the_case", id="called like a party"),
    ],
)
def test_who_cannot_mediate_a_case(
    suite: RunningSuite, office: Office, committee: Committee, more: dict[str, Any], code: str
) -> None:
    path, _ = office.accepted(committee[0])
    elsewhere = "area_code" in more
    other = Office(suite, "990202001001") if elsewhere else office
    person = other.register(kind="invited", **({} if elsewhere else more))

    assert code_of(office.chair.post(f"{path}/assign", {"presiding_id": person["id"], "chosen_by": "parties"})) == code


def test_who_is_paused_is_not_named(office: Office, committee: Committee) -> None:
    path, _ = office.accepted(committee[0])
    person = office.register(kind="invited")
    made(office.chair.post(f"{BASE}/mediators/{person['id']}/pause", {"reason": "休假"}))

    refused = office.chair.post(f"{path}/assign", {"presiding_id": person["id"], "chosen_by": "parties"})

    assert code_of(refused) == "cannot_mediate"


def test_specialists_with_room_are_suggested_first_and_a_person_decides(office: Office) -> None:
    committee, (idle, busy, expert) = office.filed()
    made(office.chair.patch(f"{BASE}/mediators/{expert['id']}", {"specialties": ["D02"]}, If_Match='"1"'))
    office.assigned(committee, busy)
    path, _ = office.accepted(committee)

    ours = [one for one in made(office.chair.get(f"{path}/suggestions"))["items"] if one["kind"] == "elected"]

    assert [one["mediator_id"] for one in ours] == [expert["id"], idle["id"], busy["id"]]
    assert [one["open_cases"] for one in ours] == [0, 0, 1]
    assert made(office.chair.get(path))["state"] == "accepted"


# --- disclosure and recusal --------------------------------------------------------------------------------------------------


def test_on_a_partys_request_a_mediator_is_out_at_once_and_sees_nothing_any_more(office: Office, committee: Committee) -> None:
    first, second = committee[1][:2]
    path, (zhao, _) = office.assigned(committee[0], first, second)
    mediator = office.mediator(first)
    made(mediator.get(path))

    made(office.chair.post(f"{path}/request_recusal", {"party_id": zhao, "mediator_id": first["id"]}))

    case_id = path.rpartition("/")[2]
    assert code_of(mediator.get(path)) == "not_found"
    assert code_of(mediator.get(f"{path}/parties")) == "not_found"
    assert case_id not in {one["id"] for one in made(mediator.get(f"{BASE}/cases?limit=200"))["items"]}
    assert [one["left_for"] for one in members_of(office, path)] == ["recused", None]
    assert made(office.chair.get(path))["presiding_id"] is None


def test_no_recused_mediator_acts(office: Office, committee: Committee) -> None:
    first, second = committee[1][:2]
    path, parties = office.assigned(committee[0], first, second)
    made(office.chair.post(f"{path}/request_recusal", {"party_id": parties[0], "mediator_id": first["id"]}))
    mediator = office.mediator(first)
    session = {"starts_at": "2190-01-01T00:00:00Z", "ends_at": "2190-01-01T02:00:00Z", "venue": "示例社区调解室"}

    tried = [
        mediator.post(f"{path}/disclose", {"relation": "none"}),
        mediator.post(f"{path}/plan_session", session),
        mediator.post(f"{path}/withdraw", {"party_id": parties[0]}),
        mediator.post(f"{path}/escalate", {"reason_code": "danger", "reported_to": "town", "reason": "激化"}),
    ]
    back = office.chair.post(f"{path}/replace", {"mediator_id": first["id"], "chosen_by": "committee"})

    assert {code_of(one) for one in tried} == {"not_found"}
    assert code_of(back) == "cannot_mediate"


def test_who_was_recalled_is_out_of_every_open_case(office: Office, committee: Committee, eventually: Wait) -> None:
    going, staying = office.register(committee[0]), committee[1][0]
    path, _ = office.assigned(committee[0], going, staying)

    made(office.chair.post(f"{BASE}/mediators/{going['id']}/recall", {"reason_code": "leak", "reason": "泄露隐私"}))

    eventually(lambda: [one["left_for"] for one in members_of(office, path)] == ["recalled", None])
    assert made(office.chair.get(path))["presiding_id"] is None
    assert code_of(office.mediator(going).get(path)) == "not_found"


def test_somebody_else_comes_in_and_presides(office: Office, committee: Committee) -> None:
    first, second = committee[1][:2]
    path, (zhao, _) = office.assigned(committee[0], first)
    made(office.chair.post(f"{path}/request_recusal", {"party_id": zhao, "mediator_id": first["id"]}))

    replaced = made(office.chair.post(f"{path}/replace", {"mediator_id": second["id"], "chosen_by": "parties"}))

    assert replaced["presiding_id"] == second["id"]


def test_who_discloses_an_interest_stays_only_if_every_party_wants_it(office: Office, committee: Committee) -> None:
    first = committee[1][0]
    path, parties = office.assigned(committee[0], first)
    mediator = office.mediator(first)
    made(office.chair.post(f"{path}/tell_rights", {}))
    nothing_yet = office.chair.post(f"{path}/let_stay", {"mediator_id": first["id"]})
    made(mediator.post(f"{path}/disclose", {"relation": "relative"}))
    session = office.session(path, mediator, parties)

    refused = mediator.post(f"{session}/open", {"present": parties})
    made(office.chair.post(f"{path}/let_stay", {"mediator_id": first["id"], "reason": "双方书面同意"}))
    opened = made(mediator.post(f"{session}/open", {"present": parties}))

    assert code_of(nothing_yet) == "nothing_to_stay_for"
    assert "an interest" in refused.json()["detail"]
    assert opened["state"] == "open"


def test_nobody_lets_themselves_stay(office: Office, committee: Committee) -> None:
    first = committee[1][0]
    path, _ = office.assigned(committee[0], first)
    who_leads_too = office.mediator(first, "mediation_chair")
    made(office.mediator(first).post(f"{path}/disclose", {"relation": "relative"}))

    by_oneself = who_leads_too.post(f"{path}/let_stay", {"mediator_id": first["id"]})
    by_another = made(office.chair.post(f"{path}/let_stay", {"mediator_id": first["id"]}))

    assert code_of(by_oneself) == "not_for_oneself"
    assert by_another["state"] == "assigned"


def test_each_discloses_for_themselves_and_once(office: Office, committee: Committee) -> None:
    first, second, third = committee[1][:3]
    path, _ = office.assigned(committee[0], first, second)
    made(office.mediator(first).post(f"{path}/disclose", {"relation": "none"}))

    assert code_of(office.mediator(first).post(f"{path}/disclose", {"relation": "none"})) == "disclosed_already"
    assert code_of(office.mediator(third).post(f"{path}/disclose", {"relation": "none"})) == "not_on_this_panel"
    assert [bool(one["disclosed_at"]) for one in members_of(office, path)] == [True, False]


def test_who_steps_aside_is_out_as_well(office: Office, committee: Committee) -> None:
    first, second = committee[1][:2]
    path, _ = office.assigned(committee[0], first, second)

    made(office.mediator(second).post(f"{path}/step_aside", {"reason": "与一方系同学"}))

    assert code_of(office.mediator(second).get(path)) == "not_found"
    assert [one["left_for"] for one in members_of(office, path)] == [None, "stepped_aside"]


def test_once_a_case_is_accepted_only_who_mediates_it_or_leads_the_committee_keeps_its_file(
    office: Office, committee: Committee
) -> None:
    first, second = committee[1][:2]
    path, parties = office.assigned(committee[0], first)
    change, agent = {"phone": "13900139000"}, {"name": "孙三", "agent_may": "speak"}

    others = office.mediator(second)
    refused = [
        others.post(f"{path}/parties/{parties[0]}/change", change),
        others.post(f"{path}/parties/{parties[0]}/name_agent", agent),
        others.post(f"{path}/documents", {"kind": "identity", "pages": 1}),
    ]

    assert {code_of(one) for one in refused} == {"not_on_this_panel"}
    assert made(office.mediator(first).post(f"{path}/parties/{parties[0]}/change", change))["phone"] == "139****9000"
    assert made(office.chair.post(f"{path}/parties/{parties[0]}/name_agent", agent))["agent_name"] == "孙**"


# --- afterwards --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("linked", [False, True], ids=["in the case", "in one that follows from it"])
def test_nobody_who_mediated_a_dispute_is_an_agent_or_a_witness_in_it_later(
    office: Office, committee: Committee, *, linked: bool
) -> None:
    first, second = committee[1][:2]
    path, parties = office.assigned(committee[0], first)
    made(office.chair.post(f"{path}/request_recusal", {"party_id": parties[0], "mediator_id": first["id"]}))
    made(office.chair.post(f"{path}/replace", {"mediator_id": second["id"], "chosen_by": "parties"}))
    if linked:
        earlier = path.rpartition("/")[2]
        path, parties = office.assigned(committee[0], committee[1][2], earlier_case_id=earlier)
    presiding = office.mediator(committee[1][2] if linked else second)
    agent = {"name": first["name"], "agent_may": "speak"}

    as_agent = office.chair.post(f"{path}/parties/{parties[0]}/name_agent", agent)
    as_witness = presiding.post(f"{path}/invitees", {"kind": "witness", "name": first["name"]})
    another = office.chair.post(f"{path}/parties/{parties[0]}/name_agent", {**agent, "is_no_mediator": True})

    assert (code_of(as_agent), code_of(as_witness)) == ("mediated_it", "mediated_it")
    assert made(another)["agent_may"] == "speak"


def test_who_is_an_agent_of_a_party_does_not_mediate_it(office: Office, committee: Committee) -> None:
    person = office.register(kind="invited")
    path, parties = office.accepted(committee[0], parties=[ZHAO, QIAN])
    made(office.chair.post(f"{path}/parties/{parties[0]}/name_agent", {"name": person["name"], "agent_may": "settle"}))

    refused = office.chair.post(f"{path}/assign", {"presiding_id": person["id"], "chosen_by": "parties"})

    assert code_of(refused) == "named_in_the_case"


def test_who_is_heard_as_a_witness_does_not_mediate_it(office: Office, committee: Committee) -> None:
    person, path = office.register(kind="invited"), office.assigned(committee[0], committee[1][0])[0]
    witness = {"kind": "witness", "name": person["name"]}
    made(office.mediator(committee[1][0]).post(f"{path}/invitees", witness))

    refused = office.chair.post(f"{path}/replace", {"mediator_id": person["id"], "chosen_by": "committee"})
    suggested = made(office.chair.get(f"{path}/suggestions"))["items"]

    assert code_of(refused) == "named_in_the_case"
    assert person["name"] not in {one["name"] for one in suggested}
