"""What was entered wrongly of a participant is put right, and holds from then on."""

from typing import Any

import pytest

from tests.conftest import RunningSuite
from tests.timebank.bank import BASE, HOUR, Bank, Somebody, at, code_of, made

GUARDIAN = {"name": "王强", "phone": "13900139000", "agreed": True}


@pytest.fixture(scope="module")
def bank(suite: RunningSuite) -> Bank:
    return Bank(suite)


def changed(bank: Bank, who: Somebody, **content: Any) -> Any:
    """Change something, as a clerk; return the answer."""
    path = f"{BASE}/participants/{who.id}"
    return bank.clerk.patch(path, content, If_Match=bank.clerk.get(path).headers["etag"])


def asked(bank: Bank, who: Somebody) -> str:
    """Ask for a service for somebody; return who pays, or why nobody serves them."""
    answer = bank.clerk.post(f"{BASE}/orders", bank.wish(who), As_Of=at(-6 * HOUR))
    payer: str = answer.json().get("payer") or code_of(answer)
    return payer


def revealed(bank: Bank, who: Somebody, *names: str) -> dict[str, str]:
    why = {"fields": [*names], "purpose": "handling", "note": "核对"}
    values: dict[str, str] = made(bank.clerk.post(f"{BASE}/participants/{who.id}/reveal", why))["values"]
    return values


def test_a_name_and_a_year_of_birth_are_put_right(bank: Bank) -> None:
    somebody = bank.register("beneficiary", birth_year=1990)
    bank.give(somebody, 90)
    before = asked(bank, somebody)

    made(changed(bank, somebody, name="王小芳", birth_year=1950))

    assert revealed(bank, somebody, "name", "birth_year") == {"name": "王小芳", "birth_year": "1950"}
    assert (before, asked(bank, somebody)) == ("too_young_to_be_served", "beneficiary")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        pytest.param({"birth_year": 2012}, "guardian_needed", id="a minor has a guardian"),
        pytest.param({"birth_year": 2012, "guardian": GUARDIAN}, None, id="who is entered with it"),
        pytest.param({"birth_year": 1985}, None, id="a grown-up needs none"),
    ],
)
def test_who_turns_out_to_be_a_minor_has_a_guardian(bank: Bank, content: dict[str, Any], said: str | None) -> None:
    answer = changed(bank, bank.register(), **content)

    assert (None if answer.status_code == 200 else code_of(answer)) == said


def test_a_guardian_agrees_later(bank: Bank) -> None:
    young = bank.register(birth_year=2012, guardian={**GUARDIAN, "agreed": False})
    before = made(bank.clerk.get(f"{BASE}/participants/{young.id}"))["guardian_agreed_at"]

    after = made(changed(bank, young, guardian=GUARDIAN))["guardian_agreed_at"]

    assert before is None
    assert after is not None


def test_by_an_entitlement_that_was_wrong_nobody_pays_any_more(bank: Bank) -> None:
    elder, other = bank.elder(), bank.elder()
    path = f"{BASE}/participants/{elder.id}"
    wrong = {"entitlement_id": made(bank.clerk.get(path))["entitlements"][0]["id"], "reason": "录入有误"}
    before = asked(bank, elder)
    of_another = bank.clerk.post(f"{BASE}/participants/{other.id}/withdraw_entitlement", wrong)

    withdrawn = made(bank.clerk.post(f"{path}/withdraw_entitlement", wrong))

    assert withdrawn["entitlements"][0]["withdrawn_at"] is not None
    assert (before, asked(bank, elder)) == ("pool", "not_entitled")
    assert code_of(of_another) == "unknown_entitlement"
    assert code_of(bank.clerk.post(f"{path}/withdraw_entitlement", wrong)) == "withdrawn_already"


def test_a_course_is_passed_when_its_day_has_come(bank: Bank) -> None:
    path = f"{BASE}/participants/{bank.register().id}/trainings"

    refused = bank.clerk.post(path, {"course": "first_aid", "passed_on": "2199-01-01"})

    assert code_of(refused) == "not_passed_yet"


def test_nobody_withdraws_what_they_are_entitled_to_themselves(bank: Bank) -> None:
    elder = bank.elder()
    mine = made(bank.clerk.get(f"{BASE}/participants/{elder.id}"))["entitlements"][0]["id"]
    at_work = bank.office("station_clerk", elder.id)

    answer = at_work.post(
        f"{BASE}/participants/{elder.id}/withdraw_entitlement", {"entitlement_id": mine, "reason": "录入有误"}
    )

    assert code_of(answer) == "about_yourself"


def test_somebody_is_of_age_by_the_countys_year(bank: Bank) -> None:
    content = {"kind": "volunteer", "area_code": bank.area, "name": "王芳", "phone": "13800138000", "birth_year": 2007}
    content |= {"real_name_token": "rn-of-new-years-day"}
    new_years_eve_elsewhere = "2025-12-31T17:00:00Z"

    registered = bank.clerk.post(f"{BASE}/participants", content, As_Of=new_years_eve_elsewhere)

    assert registered.status_code == 201, registered.text
