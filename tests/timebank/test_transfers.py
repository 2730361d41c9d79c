"""Giving minutes away: to relatives, once both sides agree, and to the public pool."""

import pytest

from tests.conftest import RunningSuite
from tests.timebank.bank import BASE, Bank, Somebody, code_of, made


@pytest.fixture(scope="module")
def bank(suite: RunningSuite) -> Bank:
    return Bank(suite)


def linked(bank: Bank, kinship: str = "parent") -> tuple[Somebody, Somebody]:
    """Return somebody with 700 minutes, and one of their family."""
    saver, relative = bank.register("both"), bank.register("beneficiary", birth_year=1945)
    bank.give(saver, 700)
    link = made(saver.person.post(f"{BASE}/relatives", {"other_id": relative.id, "kinship": kinship}))
    path = f"{BASE}/relatives/{link['id']}"
    made(relative.person.post(f"{path}/agree"))
    made(bank.clerk.post(f"{path}/check"))
    return saver, relative


def offered(saver: Somebody, relative: Somebody, minutes: int = 60) -> str:
    return f"{BASE}/transfers/{made(saver.person.post(f'{BASE}/transfers', {'to_id': relative.id, 'minutes': minutes}))['id']}"


def on_account(bank: Bank, who: Somebody) -> int:
    return bank.minutes_of(who.id)["personal_available"][0]


def test_minutes_move_when_both_have_agreed(bank: Bank) -> None:
    saver, relative = linked(bank)
    path = offered(saver, relative)
    before = on_account(bank, saver), on_account(bank, relative)
    by_oneself = saver.person.post(f"{path}/accept")

    accepted = made(relative.person.post(f"{path}/accept"))

    assert before == (700, 0)
    assert code_of(by_oneself) == "not_your_gift"
    assert accepted["state"] == "accepted"
    assert (on_account(bank, saver), on_account(bank, relative)) == (640, 60)


def test_nobody_gives_to_whom_they_are_not_related(bank: Bank) -> None:
    saver, stranger = bank.register("both"), bank.register("beneficiary")
    bank.give(saver, 100)
    made(saver.person.post(f"{BASE}/relatives", {"other_id": stranger.id, "kinship": "parent"}))

    refused = saver.person.post(f"{BASE}/transfers", {"to_id": stranger.id, "minutes": 60})

    assert (refused.status_code, code_of(refused)) == (409, "relation_not_verified")


def test_a_sibling_is_not_close_enough_unless_the_county_says_so(bank: Bank) -> None:
    saver, sibling = linked(bank, "sibling")

    assert code_of(saver.person.post(f"{BASE}/transfers", {"to_id": sibling.id, "minutes": 60})) == "not_close_kin"


def test_a_month_has_its_cap(bank: Bank) -> None:
    saver, relative = linked(bank)
    made(relative.person.post(f"{offered(saver, relative, 580)}/accept"))

    refused = saver.person.post(f"{BASE}/transfers", {"to_id": relative.id, "minutes": 21})

    assert code_of(refused) == "months_cap"
    assert "20 minutes" in refused.json()["detail"]


def test_what_is_not_there_does_not_move(bank: Bank) -> None:
    saver, relative = linked(bank)
    path = offered(saver, relative, 500)
    made(saver.person.post(f"{BASE}/participants/{saver.id}/donate", {"minutes": 300}))

    assert code_of(relative.person.post(f"{path}/accept")) == "not_enough_minutes"
    assert made(saver.person.post(f"{path}/withdraw"))["state"] == "withdrawn"


def test_who_is_given_to_may_decline_and_strangers_see_nothing(bank: Bank) -> None:
    saver, relative = linked(bank)
    path, stranger = offered(saver, relative), bank.register()

    assert stranger.person.get(path).status_code == 404
    assert stranger.person.post(f"{path}/accept").status_code == 404
    assert stranger.person.get(f"{BASE}/transfers").json()["items"] == []
    assert made(relative.person.post(f"{path}/decline"))["state"] == "declined"
    assert on_account(bank, saver) == 700


def test_nobody_donates_what_is_anothers(bank: Bank) -> None:
    saver, _ = linked(bank)

    assert bank.register().person.post(f"{BASE}/participants/{saver.id}/donate", {"minutes": 60}).status_code == 404
