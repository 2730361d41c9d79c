"""What a county decides about its time bank: each number decides something, from the moment at which it holds."""

from collections.abc import Callable

import pytest

from tests.conftest import RunningSuite
from tests.counties import a_county
from tests.timebank.bank import BASE, HOUR, MINUTE, Bank, Somebody, at, code_of, made

Wait = Callable[[Callable[[], bool]], None]


@pytest.fixture
def bank(suite: RunningSuite) -> Bank:
    return Bank(suite, a_county())


def decides(bank: Bank, **numbers: int) -> None:
    """Let a county decide numbers of its own."""
    for key, value in numbers.items():
        rule = {"key": f"timebank.{key}", "area_code": bank.county, "value": str(value), "source_ref": "示例县政发〔2026〕3号"}
        made(bank.admin.post(f"{BASE}/rules", rule))


def elders_of(bank: Bank, born: int) -> tuple[Somebody, Somebody]:
    """Return somebody who has saved minutes, and somebody for whom the pool is there, both of an age."""
    saver, entitled = (bank.register("beneficiary", birth_year=born) for _ in range(2))
    bank.give(saver, 90)
    why = {"category": "special_difficulty", "valid_until": "2199-12-31"}
    made(bank.clerk.post(f"{BASE}/participants/{entitled.id}/entitlements", why))
    return saver, entitled


def asked(bank: Bank, who: Somebody) -> str:
    """Ask for a service for somebody; return who pays, or why nobody serves them."""
    answer = bank.clerk.post(f"{BASE}/orders", bank.wish(who), As_Of=at(-6 * HOUR))
    payer: str = answer.json().get("payer") or code_of(answer)
    return payer


def test_who_is_served_is_old_enough(bank: Bank) -> None:
    young, old = elders_of(bank, born=1990), elders_of(bank, born=1950)

    said = [[asked(bank, one) for one in both] for both in (young, old)]

    assert said == [["too_young_to_be_served"] * 2, ["beneficiary", "pool"]]


def confirmed_now(bank: Bank) -> str:
    """Return a claim of a service of an hour that was confirmed now, and is done in a few days."""
    begins = 240 * HOUR
    volunteer, window = bank.register(), {"start_at": at(begins), "end_at": at(begins + 2 * HOUR)}
    claim_id = bank.claimed(bank.published(bank.elder(), **window), volunteer)
    path = f"{BASE}/claims/{claim_id}"
    pin = made(bank.clerk.post(f"{path}/confirm", {}))["pin"]
    made(volunteer.person.post(f"{path}/check_in", {"pin": pin}, As_Of=at(begins)))
    made(volunteer.person.post(f"{path}/check_out", {}, As_Of=at(begins + 60 * MINUTE)))
    return claim_id


def paid(bank: Bank, claim_id: str) -> tuple[int, int]:
    """Settle a claim; return what was earned, and what is above a cap."""
    settled = made(bank.clerk.post(f"{BASE}/claims/{claim_id}/settle", {}))
    return settled["earned_minutes"], settled["overflow_minutes"]


def test_a_coin_is_as_long_as_the_county_says(bank: Bank, eventually: Wait) -> None:
    decides(bank, lifetime_cap=1, coin_minutes=30)
    said: list[tuple[int, int]] = []

    def earns() -> bool:
        said.append(paid(bank, confirmed_now(bank)))
        return said[-1] == (30, 30)

    eventually(earns)
    assert {*said} <= {(60, 0), (30, 30)}


def test_who_was_confirmed_before_a_county_decides_is_paid_as_it_was_then(bank: Bank, eventually: Wait) -> None:
    claim_id = bank.served(bank.elder(), bank.register())
    decides(bank, daily_cap=15)

    eventually(lambda: paid(bank, confirmed_now(bank)) == (15, 45))

    assert paid(bank, claim_id) == (60, 0)


def test_minors_are_of_a_team_where_they_serve_or_the_county_lets_them_be(bank: Bank, eventually: Wait) -> None:
    leader, said = bank.register(), []
    content = {"name": "示例社区平安志愿队", "area_code": bank.area, "leader_id": leader.id}
    team = f"{BASE}/teams/{made(bank.clerk.post(f'{BASE}/teams', content))['id']}"

    def welcomed() -> str:
        young = bank.register(birth_year=2012, guardian={"name": "王强", "phone": "13900139000", "agreed": True})
        made(young.person.post(f"{team}/join"))
        answer = leader.person.post(f"{team}/welcome", {"participant_id": young.id})
        return "welcome" if answer.status_code == 200 else code_of(answer)

    said.append(welcomed())
    decides(bank, minors_with_guardian=0)
    eventually(lambda: welcomed() == "too_young")
    decides(bank, minors_in_groups=1)
    eventually(lambda: welcomed() == "welcome")

    assert said == ["welcome"]
