"""Who is in a case: masked, each look kept, entered by the committee and struck where that was a mistake."""

from typing import Any

import pytest

from tests.conftest import RunningSuite
from tests.mediation.office import BASE, Office, code_of, made


@pytest.fixture(scope="module")
def office(suite: RunningSuite) -> Office:
    return Office(suite)


@pytest.mark.parametrize(
    "party",
    [
        pytest.param({"side": "applicant"}, id="nobody"),
        pytest.param({"side": "applicant", "kind": "organisation", "name": "赵一"}, id="an organisation by a person's name"),
        pytest.param({"side": "applicant", "name": "赵一", "capacity": "limited"}, id="a minor without a guardian"),
    ],
)
def test_what_a_party_brings(office: Office, party: dict[str, Any]) -> None:
    content = {"source": "application", "area_code": office.area, "parties": [party]}

    assert code_of(office.chair.post(f"{BASE}/cases", content)) == "party_unclear"


def test_five_speak_for_a_side_that_is_many(office: Office) -> None:
    five = [{"side": "applicant", "name": f"李{n}", "is_representative": True} for n in "甲乙丙丁戊"]
    path = f"{BASE}/cases/{office.register_case(parties=five, facts={'group_size': 120})['id']}"

    refused = office.chair.post(f"{path}/parties", {"side": "applicant", "name": "李己", "is_representative": True})

    assert code_of(refused) == "enough_representatives"


def test_parties_are_masked_and_each_look_in_full_is_kept_with_its_reason(suite: RunningSuite, office: Office) -> None:
    case = office.register_case()
    path, mediator = f"{BASE}/cases/{case['id']}", suite.somebody("mediator", office.area, subject="who-looks")
    shown = made(mediator.get(f"{path}/parties"))["items"]
    look = {"fields": ["name", "address"], "purpose": "handling", "note": "上门送达"}

    seen = made(mediator.post(f"{path}/parties/{shown[1]['id']}/reveal", look))

    officer = suite.somebody("privacy_officer", office.area[:6], subject="officer")
    kept = made(officer.get(f"{BASE}/disclosures?thing_id={case['id']}"))["items"]
    assert (shown[1]["name"], shown[1]["phone"]) == ("钱**", "138****8002")
    assert seen["values"] == {"name": "钱二", "address": "示例县城关镇幸福里3栋502室"}
    assert [(one["actor_id"], one["fields"], one["note"]) for one in kept] == [("who-looks", ["name", "address"], "上门送达")]


def test_what_it_is_about_in_words_is_sealed_and_read_for_a_reason(suite: RunningSuite, office: Office) -> None:
    case = office.register_case(facts={"brief": "楼上漏水,\n双方争执"})
    mediator = suite.somebody("mediator", office.area, subject="who-reads")
    look = {"fields": ["brief"], "purpose": "handling", "note": "阅卷"}

    seen = made(mediator.post(f"{BASE}/cases/{case['id']}/reveal", look))

    assert "漏水" not in str(case)
    assert seen["values"] == {"brief": "楼上漏水,\n双方争执"}


@pytest.mark.parametrize("role", ["lawyer", "police_liaison"])
def test_lawyers_and_police_see_masks_alone(suite: RunningSuite, office: Office, role: str) -> None:
    case = office.register_case()
    path, person = f"{BASE}/cases/{case['id']}", suite.somebody(role, office.area, subject=role)
    party = made(person.get(f"{path}/parties"))["items"][0]

    refused = person.post(f"{path}/parties/{party['id']}/reveal", {"fields": ["name"], "purpose": "handling", "note": "阅卷"})

    assert party["name"] == "赵**"
    assert refused.status_code == 403


def test_nobody_of_the_house_that_is_complained_of_sees_the_case(suite: RunningSuite, office: Office) -> None:
    case = office.register_case(facts={"complained_org": "990101-water", "dispute_type": "D08"})
    theirs = suite.somebody("judicial_office", office.area, subject="water", org="990101-water")

    listed = {one["id"] for one in made(theirs.get(f"{BASE}/cases?limit=200"))["items"]}

    assert code_of(theirs.get(f"{BASE}/cases/{case['id']}")) == "not_found"
    assert case["id"] not in listed


def test_a_party_entered_by_mistake_is_struck_and_nothing_is_known_of_them(suite: RunningSuite, office: Office) -> None:
    officer = suite.somebody("privacy_officer", "990101", subject="officer")
    path, (zhao, _) = office.asked()
    wrong = {"side": "third", "name": "孙三", "phone": "13800138003", "home_area": "990101001001"}
    mistaken = made(office.chair.post(f"{path}/parties", wrong))["parties"][-1]["id"]

    without_reason = office.chair.post(f"{path}/parties/{mistaken}/strike", {})
    struck = made(office.chair.post(f"{path}/parties/{mistaken}/strike", {"reason": "录入错误"}))
    twice = office.chair.post(f"{path}/parties/{mistaken}/strike", {"reason": "录入错误"})
    for party in (one["id"] for one in struck["parties"]):
        made(office.chair.post(f"{path}/consent", {"party_id": party, "answered_by": "by_word"}))
    accepted = made(office.chair.post(f"{path}/decline", {"reason_code": "not_ours", "reason": "另有主管部门"}))
    too_late = office.chair.post(f"{path}/parties/{zhao}/strike", {"reason": "录入错误"})

    assert (code_of(without_reason), code_of(twice), code_of(too_late)) == ("not_valid", "unknown_party", "facts_stand")
    assert mistaken not in {one["id"] for one in struck["parties"]}
    assert [one["name"] for one in made(office.chair.get(f"{path}/parties"))["items"]].count(None) == 0
    assert "consent" not in accepted["actions"]
    proofs = made(officer.get(f"{BASE}/deletion_certificates?reason=request&limit=200"))["items"]
    assert "strike_party" in {proof["filter"] for proof in proofs}


def test_who_is_struck_leaves_both_sides_to_be_there(office: Office) -> None:
    path, (_, qian) = office.asked()

    made(office.chair.post(f"{path}/parties/{qian}/strike", {"reason": "录入错误"}))
    content = {"is_free_of_proceedings": True, "is_allowed": True}
    refused = office.chair.post(f"{path}/accept", content)

    assert code_of(refused) == "sides_missing"
