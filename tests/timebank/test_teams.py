"""Volunteer teams: a leader, members, what they do together, and minutes that they can only give away."""

import datetime as dt
from typing import Any

import pytest

from gridwhistle.timebank import teams
from tests.conftest import RunningSuite
from tests.timebank.bank import BASE, BEGINS, HOUR, Bank, Somebody, at, code_of, made

GUARDIAN = {"name": "王强", "phone": "13900139000", "agreed": True}


@pytest.fixture(scope="module")
def bank(suite: RunningSuite) -> Bank:
    return Bank(suite)


@pytest.fixture
def leader(bank: Bank) -> Somebody:
    return bank.register()


@pytest.fixture
def team(bank: Bank, leader: Somebody) -> str:
    content = {"name": "示例社区平安志愿队", "area_code": bank.area, "leader_id": leader.id}
    return f"{BASE}/teams/{made(bank.clerk.post(f'{BASE}/teams', content, As_Of=at(-12 * HOUR)))['id']}"


@pytest.fixture
def member(bank: Bank, team: str, leader: Somebody) -> Somebody:
    return joins(bank, team, leader)


def joins(bank: Bank, team: str, leader: Somebody, when: dt.timedelta = -11 * HOUR, **more: Any) -> Somebody:
    """Return somebody who is of a team from a moment on."""
    member = bank.register(**more)
    made(member.person.post(f"{team}/join", As_Of=at(when)))
    made(leader.person.post(f"{team}/welcome", {"participant_id": member.id}, As_Of=at(when)))
    return member


def activity(leader: Somebody, team: str, service: str = "errands") -> str:
    content = {
        "team_id": team.rpartition("/")[2],
        "name": "夜间平安巡逻",
        "service_code": service,
        "start_at": BEGINS.isoformat(),
        "end_at": (BEGINS + 2 * HOUR).isoformat(),
    }
    return f"{BASE}/activities/{made(leader.person.post(f'{BASE}/activities', content, As_Of=at(-9 * HOUR)))['id']}"


def roll(*people: Somebody, minutes: int = 100) -> dict[str, Any]:
    return {"present": [{"participant_id": one.id, "minutes": minutes} for one in people]}


def test_somebody_asks_and_the_leader_says_yes(bank: Bank, team: str, leader: Somebody) -> None:
    somebody = bank.register()
    asked = made(somebody.person.post(f"{team}/join"))
    twice = somebody.person.post(f"{team}/join")
    by_another = somebody.person.post(f"{team}/welcome", {"participant_id": somebody.id})

    welcomed = made(leader.person.post(f"{team}/welcome", {"participant_id": somebody.id}))

    assert [one["joined_at"] is None for one in asked["members"]] == [False, True]
    assert (code_of(twice), code_of(by_another)) == ("member_already", "not_the_leader")
    assert all(one["joined_at"] for one in welcomed["members"])


def test_who_comes_to_a_full_team_hears_that_it_is_full(bank: Bank, team: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(teams, "MEMBERS_MAX", 1)

    refused = bank.register().person.post(f"{team}/join")

    assert code_of(refused) == "team_full"


def test_what_a_team_did_is_worth_quarters_of_an_hour_of_each_who_was_there(
    bank: Bank, team: str, leader: Somebody, member: Somebody
) -> None:
    path = activity(leader, team)
    made(leader.person.post(f"{path}/call_roll", roll(leader, member), As_Of=at(3 * HOUR)))

    done = made(bank.clerk.post(f"{path}/confirm_roll", {}, As_Of=at(4 * HOUR)))

    assert (done["state"], done["people_present"], done["issued_minutes"]) == ("confirmed", 2, 180)
    team_id = team.rpartition("/")[2]
    assert bank.minutes_of(team_id) == {"group": (180, 0)}
    made(leader.person.post(f"{team}/donate", {"minutes": 100}))
    assert bank.minutes_of(team_id) == {"group": (80, 0)}
    assert code_of(leader.person.post(f"{team}/donate", {"minutes": 81})) == "not_enough_minutes"


def test_a_roll_that_was_not_so_is_called_again(bank: Bank, team: str, leader: Somebody, member: Somebody) -> None:
    path = activity(leader, team)
    made(leader.person.post(f"{path}/call_roll", roll(leader, member), As_Of=at(3 * HOUR)))
    made(bank.clerk.post(f"{path}/return_roll", {"reason": "有一人未到"}, As_Of=at(4 * HOUR)))

    made(leader.person.post(f"{path}/call_roll", roll(leader), As_Of=at(5 * HOUR)))

    done = made(bank.clerk.post(f"{path}/confirm_roll", {}, As_Of=at(6 * HOUR)))
    assert (done["people_present"], done["issued_minutes"]) == (1, 90)
    assert [one["participant_id"] for one in made(bank.clerk.get(path))["present"]] == [leader.id]


@pytest.mark.parametrize(
    ("service", "more", "said"),
    [
        pytest.param("errands", {}, "held", id="beside the leader"),
        pytest.param("keeping_company", {}, "too_young", id="where it is not for minors"),
        pytest.param("errands", {"insured_until": None}, "not_insured", id="not insured"),
    ],
)
def test_a_minor_of_a_team_is_as_safe_as_any(
    bank: Bank, team: str, leader: Somebody, service: str, more: dict[str, Any], said: str
) -> None:
    young = joins(bank, team, leader, **{"birth_year": 2012, "guardian": GUARDIAN, **more})
    path = activity(leader, team, service)

    answer = leader.person.post(f"{path}/call_roll", roll(leader, young), As_Of=at(3 * HOUR))

    assert (answer.json().get("state") or code_of(answer)) == said


@pytest.mark.parametrize(
    ("more", "said"),
    [
        pytest.param({"birth_year": 2012, "guardian": GUARDIAN}, None, id="a minor with a guardian's consent"),
        pytest.param({"birth_year": 2012, "guardian": {**GUARDIAN, "agreed": False}}, "guardian_missing", id="without it"),
        pytest.param({"insured_until": None}, None, id="who may be insured by then"),
        pytest.param({"kind": "both"}, None, id="who is served as well"),
        pytest.param({"kind": "beneficiary"}, "only_served", id="who is served alone"),
    ],
)
def test_who_is_welcomed_is_of_an_age_for_it(
    bank: Bank, team: str, leader: Somebody, more: dict[str, Any], said: str | None
) -> None:
    somebody = bank.register(**more)
    as_volunteer = bank.suite.somebody("volunteer", bank.county, subject=somebody.id)
    made(as_volunteer.post(f"{team}/join"))

    answer = leader.person.post(f"{team}/welcome", {"participant_id": somebody.id})

    assert (None if answer.status_code == 200 else code_of(answer)) == said


def test_minors_of_a_team_are_not_alone(bank: Bank, team: str, leader: Somebody) -> None:
    young = joins(bank, team, leader, birth_year=2012, guardian=GUARDIAN)

    assert code_of(leader.person.post(f"{activity(leader, team)}/call_roll", roll(young), As_Of=at(3 * HOUR))) == "not_alone"


def test_a_team_is_not_led_by_who_is_registered_to_be_served(bank: Bank) -> None:
    content = {"name": "示例社区平安志愿队", "area_code": bank.area, "leader_id": bank.elder().id}

    assert code_of(bank.clerk.post(f"{BASE}/teams", content)) == "only_served"


def test_who_leads_the_team_leads_what_it_has_planned(bank: Bank, team: str, leader: Somebody, member: Somebody) -> None:
    path = activity(leader, team)
    made(bank.clerk.post(f"{team}/name_leader", {"participant_id": member.id}, As_Of=at(-8 * HOUR)))

    by_who_led = leader.person.post(f"{path}/call_roll", roll(member), As_Of=at(3 * HOUR))

    assert code_of(by_who_led) == "not_the_leader"
    assert made(member.person.post(f"{path}/call_roll", roll(member), As_Of=at(3 * HOUR)))["state"] == "held"


def test_an_hour_is_given_once(bank: Bank, team: str, leader: Somebody, member: Somebody) -> None:
    bank.served(bank.elder(), member, service_code="errands")
    first, second = activity(leader, team), activity(leader, team)

    beside_a_service = leader.person.post(f"{first}/call_roll", roll(leader, member), As_Of=at(3 * HOUR))
    made(leader.person.post(f"{first}/call_roll", roll(leader), As_Of=at(3 * HOUR)))
    twice = leader.person.post(f"{second}/call_roll", roll(leader), As_Of=at(3 * HOUR))

    assert (code_of(beside_a_service), code_of(twice)) == ("hours_taken", "hours_taken")


def test_hours_of_a_roll_that_was_not_so_are_free(bank: Bank, team: str, leader: Somebody, member: Somebody) -> None:
    first, second = activity(leader, team), activity(leader, team)
    made(leader.person.post(f"{first}/call_roll", roll(leader, member), As_Of=at(3 * HOUR)))
    made(bank.clerk.post(f"{first}/return_roll", {}, As_Of=at(4 * HOUR)))
    made(leader.person.post(f"{first}/call_roll", roll(leader), As_Of=at(5 * HOUR)))

    called = made(leader.person.post(f"{second}/call_roll", roll(member), As_Of=at(5 * HOUR)))

    assert called["people_present"] == 1


@pytest.mark.parametrize(
    ("minutes", "when", "code"),
    [
        pytest.param(121, 3 * HOUR, "longer_than_it_took", id="longer than it took"),
        pytest.param(60, 1 * HOUR, "not_over_yet", id="before it was over"),
    ],
)
def test_a_roll_says_what_can_be(
    team: str, leader: Somebody, member: Somebody, minutes: int, when: dt.timedelta, code: str
) -> None:
    refused = leader.person.post(f"{activity(leader, team)}/call_roll", roll(member, minutes=minutes), As_Of=at(when))

    assert code_of(refused) == code


def test_who_is_no_member_was_not_there(bank: Bank, team: str, leader: Somebody) -> None:
    stranger = bank.register()

    assert code_of(leader.person.post(f"{activity(leader, team)}/call_roll", roll(stranger), As_Of=at(3 * HOUR))) == "no_member"


def test_who_joined_later_was_not_there_and_who_left_since_was(bank: Bank, team: str, leader: Somebody) -> None:
    path, left, late = activity(leader, team), joins(bank, team, leader), joins(bank, team, leader, 1 * HOUR)
    made(left.person.post(f"{team}/leave", As_Of=at(2 * HOUR)))

    with_late = leader.person.post(f"{path}/call_roll", roll(leader, late), As_Of=at(3 * HOUR))
    with_left = made(leader.person.post(f"{path}/call_roll", roll(leader, left), As_Of=at(3 * HOUR)))

    assert code_of(with_late) == "no_member"
    assert with_left["people_present"] == 2


def test_nobody_plans_what_has_begun(leader: Somebody, team: str) -> None:
    content = {
        "team_id": team.rpartition("/")[2],
        "name": "巡逻",
        "service_code": "errands",
        "start_at": at(),
        "end_at": at(HOUR),
    }

    assert code_of(leader.person.post(f"{BASE}/activities", content, As_Of=at())) == "window_unclear"


@pytest.mark.parametrize("who", ["was there", "leads since", "joined since"])
def test_nobody_confirms_what_their_own_team_did(bank: Bank, team: str, leader: Somebody, member: Somebody, who: str) -> None:
    path, other = activity(leader, team), joins(bank, team, leader, 1 * HOUR)
    made(leader.person.post(f"{path}/call_roll", roll(leader, member), As_Of=at(3 * HOUR)))
    if who == "was there":
        made(member.person.post(f"{team}/leave", As_Of=at(3 * HOUR)))
    if who == "leads since":
        made(bank.clerk.post(f"{team}/name_leader", {"participant_id": other.id}, As_Of=at(3 * HOUR)))
    at_work = bank.office("station_clerk", (member if who == "was there" else other).id)

    assert code_of(at_work.post(f"{path}/confirm_roll", {}, As_Of=at(4 * HOUR))) == "own_team"


def test_a_leader_stays_until_another_one_is_named(bank: Bank, team: str, leader: Somebody, member: Somebody) -> None:
    stays = leader.person.post(f"{team}/leave")

    named = made(bank.clerk.post(f"{team}/name_leader", {"participant_id": member.id}))
    left = made(leader.person.post(f"{team}/leave"))

    assert code_of(stays) == "leader_stays"
    assert named["leader_id"] == member.id
    assert [one["participant_id"] for one in left["members"]] == [member.id]


def test_only_the_leader_plans(bank: Bank, team: str, member: Somebody) -> None:
    content = {
        "team_id": team.rpartition("/")[2],
        "name": "巡逻",
        "service_code": "errands",
        "start_at": at(),
        "end_at": at(HOUR),
    }

    assert code_of(member.person.post(f"{BASE}/activities", content, As_Of=at(-9 * HOUR))) == "not_the_leader"
    assert made(bank.clerk.post(f"{team}/disband"))["state"] == "disbanded"
