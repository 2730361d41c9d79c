"""Cases until they are accepted: where they come from, that everybody is asked first, and what is not mediated."""

from typing import Any

import pytest

from gridwhistle.mediation.cases.routing import CHANNELS, other_ways, suits, takes
from tests.conftest import RunningSuite
from tests.mediation.office import BASE, LAWFUL, QIAN, TODAY, ZHAO, Office, code_of, made

YES = {"answered_by": "in_writing"}


@pytest.fixture(scope="module")
def office(suite: RunningSuite) -> Office:
    return Office(suite)


@pytest.fixture(scope="module")
def committee(office: Office) -> dict[str, Any]:
    return office.filed()[0]


def state_of(office: Office, path: str) -> str:
    state: str = made(office.chair.get(path))["state"]
    return state


# --- how they come -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("role", "more", "state"),
    [
        pytest.param("resident", {}, "applied", id="a resident applies"),
        pytest.param("mediator", {}, "applied", id="a mediator writes an application down"),
        pytest.param("mediator", {"source": "own_initiative"}, "found", id="a committee sees one"),
        pytest.param(
            "police_liaison",
            {"source": "entrusted", "referred_from": "police", "letter_no": "示公委〔2026〕7号"},
            "referred_in",
            id="the police entrust one",
        ),
        pytest.param("police_liaison", {}, "wrong_role", id="the police do not apply"),
        pytest.param("resident", {"source": "own_initiative"}, "wrong_role", id="a resident finds none"),
        pytest.param("judicial_office", {"source": "entrusted", "referred_from": "court"}, "referral_unclear", id="no letter"),
        pytest.param("mediator", {"letter_no": "示公委〔2026〕7号"}, "referral_unclear", id="a letter with an application"),
    ],
)
def test_where_a_case_comes_from(suite: RunningSuite, office: Office, role: str, more: dict[str, Any], state: str) -> None:
    person = suite.somebody(role, office.area, subject=f"somebody-{role}")
    content = {"source": "application", "area_code": office.area, **more}

    answer = person.post(f"{BASE}/cases", content)

    assert answer.json().get("state") or code_of(answer)
    assert (answer.json()["state"] if answer.status_code == 201 else code_of(answer)) == state


def test_a_courts_platform_entrusts_by_its_scope(suite: RunningSuite, office: Office) -> None:
    court = suite.somebody("integrator", office.area[:6], subject="court", scope="cases:register cases:read")
    content = {
        "source": "entrusted",
        "referred_from": "court",
        "letter_no": "（2026）示01委调字第17号",
        "area_code": office.area,
    }
    content["facts"] = {"channel": "court_delegated", "dispute_type": "D04"}

    case = made(court.post(f"{BASE}/cases", content))

    assert (case["state"], case["channel"]) == ("referred_in", "court_delegated")
    assert code_of(court.get(f"{BASE}/cases/{case['id']}/parties")) == "insufficient_scope"


# --- willingness before anything else ----------------------------------------------------------------------------------------


def test_a_case_is_accepted_when_every_party_has_said_yes(office: Office, committee: dict[str, Any]) -> None:
    path, (zhao, qian) = office.asked()
    made(office.chair.post(f"{path}/consent", {"party_id": zhao, **YES}))

    too_early = office.chair.post(f"{path}/accept", {"committee_id": committee["id"], **LAWFUL})
    offered = made(office.chair.get(path))["actions"]
    made(office.chair.post(f"{path}/consent", {"party_id": qian, **YES}))
    accepted = made(office.chair.post(f"{path}/accept", {"committee_id": committee["id"], **LAWFUL}))

    assert code_of(too_early) == "not_all_willing"
    assert "accept" not in offered
    assert (accepted["state"], accepted["committee_id"]) == ("accepted", committee["id"])


def test_a_clear_refusal_ends_it_and_the_other_ways_are_told(office: Office) -> None:
    path, (zhao, qian) = office.asked()
    made(office.chair.post(f"{path}/consent", {"party_id": zhao, **YES}))

    refused = made(office.chair.post(f"{path}/refuse", {"party_id": qian, "answered_by": "by_word"}))

    assert (refused["state"], refused["outcome"], refused["reason_code"]) == ("refused", "refused", "clear_refusal")
    assert refused["other_ways"] == ["arbitration", "authority", "court"]
    assert refused["actions"] == ["tell_ways", "ask_close"]
    assert made(office.chair.post(f"{path}/tell_ways", {}))["ways_told_at"]


def test_after_a_refusal_nothing_goes_on(office: Office, committee: dict[str, Any]) -> None:
    path, (_, qian) = office.asked()
    made(office.chair.post(f"{path}/refuse", {"party_id": qian, **YES}))

    tried = [
        office.chair.post(f"{path}/ask_willingness"),
        office.chair.post(f"{path}/consent", {"party_id": qian, **YES}),
        office.chair.post(f"{path}/accept", {"committee_id": committee["id"], **LAWFUL}),
        office.chair.post(f"{path}/transfer", {"transferred_to": "court", "reason": "改走诉讼"}),
    ]

    assert {code_of(one) for one in tried} == {"illegal_move"}
    assert state_of(office, path) == "refused"


def test_nobody_is_asked_before_both_sides_are_known(office: Office) -> None:
    case = office.register_case(parties=[ZHAO])
    path = f"{BASE}/cases/{case['id']}"
    too_early = office.chair.post(f"{path}/ask_willingness")

    made(office.chair.post(f"{path}/parties", QIAN))

    assert code_of(too_early) == "sides_missing"
    assert "ask_willingness" not in case["actions"]
    assert made(office.chair.post(f"{path}/ask_willingness"))["state"] == "consent_pending"


def test_who_joins_while_others_are_asked_is_asked_as_well(office: Office, committee: dict[str, Any]) -> None:
    path, _ = office.willing()
    made(office.chair.post(f"{path}/parties", {"side": "third", "kind": "organisation", "org_name": "示例物业有限公司"}))

    refused = office.chair.post(f"{path}/accept", {"committee_id": committee["id"], **LAWFUL})

    assert code_of(refused) == "not_all_willing"


def test_a_party_answers_once_and_may_withdraw_whenever_they_like(office: Office, committee: dict[str, Any]) -> None:
    path, (zhao, _) = office.accepted(committee)

    again = office.chair.post(f"{path}/consent", {"party_id": zhao, **YES})
    withdrawn = made(office.chair.post(f"{path}/withdraw", {"party_id": zhao}))

    assert code_of(again) == "illegal_move"
    assert (withdrawn["state"], withdrawn["outcome"], withdrawn["reason_code"]) == ("terminated", "terminated", "withdrawn")


def test_a_party_does_not_say_yes_twice(office: Office) -> None:
    path, (zhao, _) = office.asked()
    made(office.chair.post(f"{path}/consent", {"party_id": zhao, **YES}))

    assert code_of(office.chair.post(f"{path}/consent", {"party_id": zhao, **YES})) == "answered_already"


def test_a_committee_with_an_open_case_is_not_dissolved(office: Office) -> None:
    own, _ = office.filed()
    path, (zhao, _) = office.accepted(own)
    dissolve, why = f"{BASE}/committees/{own['id']}/dissolve", {"reason": "机构撤并"}
    refused = office.judicial.post(dissolve, why)
    made(office.chair.post(f"{path}/withdraw", {"party_id": zhao}))

    dissolved = made(office.judicial.post(dissolve, why))

    assert code_of(refused) == "cases_open"
    assert (dissolved["state"], dissolved["actions"]) == ("dissolved", [])
    after, _ = office.willing()
    assert code_of(office.chair.post(f"{after}/accept", {"committee_id": own["id"], **LAWFUL})) == "committee_unsuited"


# --- what is not accepted ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("facts", "more", "code"),
    [
        pytest.param({}, {"is_free_of_proceedings": False}, "not_for_mediation", id="before a court"),
        pytest.param({}, {"is_allowed": False}, "not_for_mediation", id="forbidden"),
        pytest.param({"channel": "police", "dispute_type": "D04"}, {}, "channel_unsuited", id="a contract before the police"),
        pytest.param({"channel": "labour"}, {}, "channel_unsuited", id="neighbours as a labour dispute"),
        pytest.param({}, {"committee_id": None}, "committee_needed", id="no committee"),
        pytest.param(
            {}, {"committee_id": "00000000-0000-7000-8000-000000000000"}, "committee_unsuited", id="unknown committee"
        ),
    ],
)
def test_what_is_not_accepted(
    office: Office, committee: dict[str, Any], facts: dict[str, Any], more: dict[str, Any], code: str
) -> None:
    path, _ = office.willing(facts=facts)

    refused = office.chair.post(f"{path}/accept", {"committee_id": committee["id"], **LAWFUL, **more})

    assert code_of(refused) == code
    assert state_of(office, path) == "consent_pending"


def test_a_mediator_does_not_accept(suite: RunningSuite, office: Office, committee: dict[str, Any]) -> None:
    path, _ = office.willing()
    mediator = suite.somebody("mediator", office.area, subject="mediator")

    assert code_of(mediator.post(f"{path}/accept", {"committee_id": committee["id"], **LAWFUL})) == "wrong_role"


def test_what_cannot_be_mediated_is_declined_in_writing_or_handed_over(office: Office) -> None:
    declined, _ = office.asked()
    moved, _ = office.asked()

    one = made(office.chair.post(f"{declined}/decline", {"reason_code": "before_court", "reason": "法院已立案"}))
    two = made(office.chair.post(f"{moved}/transfer", {"transferred_to": "arbitration", "reason": "属劳动仲裁"}))

    assert (one["state"], one["reason_code"]) == ("refused", "before_court")
    assert (two["state"], two["transferred_to"]) == ("transferred", "arbitration")


def test_what_it_is_about_stands_once_it_is_accepted(office: Office, committee: dict[str, Any]) -> None:
    path, _ = office.accepted(committee)
    version = made(office.chair.get(path))["version"]

    refused = [
        office.chair.patch(path, {"dispute_type": "D04"}, If_Match=f'"{version}"'),
        office.chair.post(f"{path}/parties", {"side": "third", "name": "孙三"}),
    ]

    assert {code_of(one) for one in refused} == {"facts_stand"}


# --- grades ------------------------------------------------------------------------------------------------------------------


def test_a_grade_is_the_disputes_and_what_is_said_of_risks_goes_with_its_end(office: Office) -> None:
    path, (zhao, _) = office.asked()
    grading = {"grade": "red", "may_become_criminal": True, "reason": "双方扬言动手"}

    graded = made(office.chair.post(f"{path}/grade", grading))
    ended = made(office.chair.post(f"{path}/withdraw", {"party_id": zhao}))

    assert (graded["grade"], graded["may_become_criminal"], graded["may_become_mass"]) == ("red", True, False)
    assert (ended["grade"], ended["may_become_criminal"], ended["may_become_mass"]) == ("red", None, None)
    assert code_of(office.chair.post(f"{path}/grade", grading)) == "case_ended"


# --- rules over values -------------------------------------------------------------------------------------------------------


class _Row:
    def __init__(self, **values: Any) -> None:
        self.__dict__.update(values)


@pytest.mark.parametrize(
    ("committee", "case", "homes", "expected"),
    [
        pytest.param({}, {}, [], True, id="of its place"),
        pytest.param({}, {"area_code": "990102001001"}, [], False, id="of another"),
        pytest.param({}, {"area_code": "990102001001"}, [None, "990101001001"], True, id="a party lives there"),
        pytest.param({"area_code": "990101001000"}, {"area_code": "990101001009"}, [], True, id="a township's"),
        pytest.param({"industries": ["D12"]}, {}, [], False, id="another industry"),
        pytest.param({"industries": ["D02"]}, {}, [], True, id="its industry"),
        pytest.param({"filed_at": None}, {}, [], False, id="never on file"),
        pytest.param({"term_end_on": TODAY}, {}, [], False, id="its term is over"),
        pytest.param({"state": "dissolved"}, {}, [], False, id="dissolved"),
        pytest.param({"state": "changed"}, {}, [], True, id="changed since"),
    ],
)
def test_which_committee_takes_a_case(
    committee: dict[str, Any], case: dict[str, Any], homes: list[str | None], *, expected: bool
) -> None:
    one = {"state": "filed", "filed_at": TODAY, "term_end_on": TODAY.replace(year=TODAY.year + 1), "industries": None}
    one |= {"area_code": "990101001001", **committee}

    assert takes(_Row(**one), _Row(**{"area_code": "990101001001", "dispute_type": "D02", **case}), homes, TODAY) is expected


def test_every_channel_takes_something_and_ways_lead_to_a_court() -> None:
    assert all(any(suits(channel, f"D{n:02}") for n in range(1, 17)) for channel in CHANNELS)
    assert all("court" in other_ways(f"D{n:02}", channel) for channel in CHANNELS for n in range(1, 17))
    assert other_ways("D10", "people")[0] == "labour_arbitration"
    assert other_ways("D04", "people", was_agreed=True) == ["court", "payment_order", "notarised_deed"]
