"""Emergency teams and mobilisation: adults alone, insured; called by levels, once at a time; rolls are numbers."""

import datetime as dt
import itertools
from dataclasses import dataclass, field
from typing import Any

import pytest

from gridwhistle.inventory.teams import mobilizing
from gridwhistle.inventory.teams.domain import called_at
from tests.conftest import Person, RunningSuite
from tests.counties import a_county
from tests.inventory.shelters import BASE, code_of, made

HOUR = dt.timedelta(hours=1)


def later(hours: float) -> str:
    return (dt.datetime.now(dt.UTC) + hours * HOUR).isoformat()


@dataclass
class County:
    """A county that no other test uses."""

    suite: RunningSuite
    code: str = field(default_factory=a_county)
    leaders: Any = field(default_factory=lambda: itertools.count(1))

    def somebody(self, role: str, subject: str | None = None, area: str | None = None) -> Person:
        return self.suite.somebody(role, area or self.code, subject=subject or f"{role}-{self.code}")

    @property
    def office(self) -> Person:
        return self.somebody("inventory_manager")

    @property
    def commander(self) -> Person:
        return self.somebody("emergency_commander")

    def team(self, *, members: int = 2, insured_until: str | None = "2199-01-01", **more: Any) -> "Team":
        content = {
            "name": "示例救援队",
            "kind": "volunteer",
            "level": "village",
            "area_code": f"{self.code}001001",
            "leader_id": f"leader-{self.code}-{next(self.leaders)}",
            "skills": ["flood"],
        } | more
        answer = made(self.office.post(f"{BASE}/response_teams", content))
        team = Team(f"{BASE}/response_teams/{answer['id']}", self.somebody("team_leader", subject=content["leader_id"]))
        for number in range(members):
            team.join(self.office, f"1380013{number:04}", insured_until)
        return team

    def order(self, *teams: "Team", **more: Any) -> Any:
        content = {
            "level": 4,
            "area_code": f"{self.code}001001",
            "meeting_place": "村委会广场",
            "assemble_at": later(1),
            "ends_at": later(12),
            "team_ids": [team.id for team in teams],
        }
        return self.commander.post(f"{BASE}/mobilizations", content | more)

    def called(self, team: "Team", **more: Any) -> str:
        """Call a team; return the path of its part."""
        (part,) = made(self.order(team, **more))["called"]
        return f"{BASE}/mobilized_teams/{part['id']}"


@dataclass
class Team:
    """A team, and the one who leads it."""

    path: str
    leader: Person

    @property
    def id(self) -> str:
        return self.path[-36:]

    def join(self, by: Person, phone: str, insured_until: str | None = "2199-01-01", **more: Any) -> Any:
        content = {"name": "张三", "phone": phone, "is_adult": True, "insured_until": insured_until, **more}
        return by.post(f"{self.path}/join", content)


@pytest.fixture
def county(suite: RunningSuite) -> County:
    return County(suite)


def state_of(county: County, team: Team) -> str:
    state: str = made(county.office.get(team.path))["state"]
    return state


# --- teams -------------------------------------------------------------------------------------------------------------------


def test_who_was_of_a_team_is_gone_when_it_is_disbanded(county: County) -> None:
    team = county.team(members=0)
    (member,) = made(team.join(team.leader, "13800138000"))["members"]
    reveal = {"fields": ["name", "phone"], "purpose": "handling", "note": "通知集结"}

    disbanded = made(county.office.post(f"{team.path}/disband", {"reason": "并入县队"}))
    seen = county.commander.post(f"{team.path}/members/{member['id']}/reveal", reveal)

    assert (disbanded["state"], disbanded["members"], disbanded["size"]) == ("disbanded", [], 0)
    assert made(seen)["values"] == {"name": None, "phone": None}


def test_members_are_masked_and_gone_when_they_leave(county: County) -> None:
    team = county.team(members=0)
    joined = made(team.join(team.leader, "13800138000", training=["first_aid"]))
    (member,) = joined["members"]
    path = f"{team.path}/members/{member['id']}/reveal"
    reveal = {"fields": ["phone"], "purpose": "handling", "note": "通知集结"}

    seen = made(county.commander.post(path, reveal))
    not_hers = team.leader.post(path, reveal)
    left = made(team.leader.post(f"{team.path}/part", {"member_id": member["id"]}))
    gone = made(county.commander.post(path, reveal))

    assert (member["name"], member["phone"], joined["size"]) == ("张**", "138****8000", 1)
    assert seen["values"] == {"phone": "13800138000"}
    assert not_hers.status_code == 403
    assert (left["members"], left["size"]) == ([], 0)
    assert gone["values"] == {"phone": None}


def test_only_adults_join_and_only_ones_own_team_is_led(county: County) -> None:
    team, other = county.team(), county.team()

    assert code_of(team.join(team.leader, "13800138009", is_adult=False)) == "no_minors"
    assert code_of(team.join(other.leader, "13800138009")) == "not_your_team"
    assert code_of(other.leader.post(f"{team.path}/pause", {})) == "not_your_team"
    assert made(team.leader.post(f"{team.path}/pause", {"reason": "检修"}))["state"] == "unavailable"
    assert code_of(county.order(team)) == "team_not_ready"
    assert made(county.office.post(f"{team.path}/resume", {}))["state"] == "ready"


def test_another_leader_speaks_from_then_on(county: County) -> None:
    team = county.team()
    made(county.office.post(f"{team.path}/name_leader", {"leader_id": "new-leader"}))

    assert code_of(team.leader.post(f"{team.path}/pause", {})) == "not_your_team"
    assert made(county.somebody("team_leader", "new-leader").post(f"{team.path}/pause", {}))["state"] == "unavailable"


def test_teams_are_found_by_what_they_can(county: County) -> None:
    flood, fire = county.team(skills=["flood", "medical"]), county.team(skills=["fire"], kind="professional", level="county")

    def found(query: str) -> set[str]:
        return {one["id"] for one in made(county.commander.get(f"{BASE}/response_teams?{query}"))["items"]}

    assert found("skill=medical") == {flood.id}
    assert found("kind=professional") == {fire.id}
    assert found(f"area_code={county.code}001000") == {flood.id, fire.id}
    assert county.suite.somebody("emergency_commander", "990999").get(flood.path).status_code == 404


def test_the_nearest_teams_come_first(county: County) -> None:
    far, near = (county.team(location={"lon": 120.6 + east, "lat": 30.6}) for east in (0.03, 0.01))
    county.team()

    found = made(county.commander.get(f"{BASE}/nearest_response_teams?lon=120.6&lat=30.6&state=ready"))["items"]

    assert [(one["id"], one["distance_m"]) for one in found] == [(near.id, 957), (far.id, 2_871)]
    elsewhere = County(county.suite).commander
    assert made(elsewhere.get(f"{BASE}/nearest_response_teams?lon=120.6&lat=30.6"))["items"] == []


# --- mobilisation ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("level", "called"),
    [
        (4, {("volunteer", "village")}),
        (3, {("leading", "township"), ("professional", "township"), ("volunteer", "township")}),
        (
            2,
            {("professional", "county"), ("leading", "county")}
            | {("volunteer", it) for it in ("county", "township", "village")},
        ),
        (1, {(kind, it) for kind in ("leading", "professional", "volunteer") for it in ("county", "township", "village")}),
    ],
)
def test_a_level_calls_its_teams(level: int, called: set[tuple[str, str]]) -> None:
    assert called_at(level) == called


def test_what_a_level_proposes_lies_in_its_reach_and_is_ready(county: County) -> None:
    village, beside = county.team(ready_minutes=60), county.team(area_code=f"{county.code}001002")
    town = county.team(kind="professional", level="township", area_code=f"{county.code}001000")
    whole = county.team(kind="professional", level="county", area_code=f"{county.code}000000", ready_minutes=5)
    made(beside.leader.post(f"{beside.path}/pause", {}))
    quick = county.team(ready_minutes=10, area_code=f"{county.code}002001")

    def proposed(level: int) -> list[str]:
        query = f"{BASE}/proposed_teams?level={level}&area_code={county.code}001001"
        return [one["id"] for one in made(county.commander.get(query))["items"]]

    assert proposed(4) == [village.id]
    assert proposed(3) == [town.id]
    assert proposed(2) == [whole.id, quick.id, village.id]
    assert proposed(1) == [whole.id, quick.id, town.id, village.id]


def test_a_team_answers_comes_calls_the_roll_and_rests(county: County) -> None:
    team = county.team(members=3)
    part = county.called(team, level=4)

    assert made(team.leader.post(f"{part}/ack"))["state"] == "assembling"
    assert made(team.leader.post(f"{part}/arrive", {"present": 3}))["state"] == "onsite"
    assert made(team.leader.post(f"{part}/call_roll", {"present": 2}))["present"] == 2
    assert code_of(county.commander.post(f"{part}/release", {"present": 2, "checked": False})) == "not_checked"
    hurt = {"present": 2, "injured": 3, "checked": True}
    assert code_of(county.commander.post(f"{part}/release", hurt)) == "more_hurt_than_there"
    home = made(county.commander.post(f"{part}/release", {"present": 2, "injured": 1, "checked": True}))
    order = made(county.commander.get(f"{BASE}/mobilizations/{home['mobilization_id']}"))
    assert (home["state"], home["present"], home["injured"]) == ("released", 2, 1)
    assert (order["teams"], order["teams_out"], order["ended_at"] is None) == (1, 0, False)
    assert state_of(county, team) == "resting"
    assert code_of(county.order(team)) == "team_not_ready"


def test_no_more_are_on_site_than_are_of_age_and_insured(county: County) -> None:
    team = county.team(members=2)
    made(team.join(county.office, "13800139000", insured_until=None))
    made(team.join(county.office, "13800139001", insured_until="2020-01-01"))
    part = county.called(team)
    made(team.leader.post(f"{part}/ack"))

    refused = team.leader.post(f"{part}/arrive", {"present": 3})

    assert code_of(refused) == "more_than_fit"
    assert made(team.leader.post(f"{part}/arrive", {"present": 2}))["fit"] == 2


def test_a_team_of_which_nobody_is_insured_is_not_called_until_somebody_is(county: County) -> None:
    team = county.team(members=1, insured_until=None)
    (member,) = made(county.office.get(team.path))["members"]

    refused = county.order(team)
    made(team.leader.post(f"{team.path}/insure", {"member_id": member["id"], "insured_until": "2199-01-01"}))

    assert code_of(refused) == "nobody_fit"
    assert made(county.order(team))["teams"] == 1


def test_a_team_is_called_once_at_a_time_and_free_when_it_is_not_needed(county: County) -> None:
    team = county.team()
    part = county.called(team)

    twice = county.order(team)
    made(county.commander.post(f"{part}/call_off", {"reason": "水位回落"}))
    again = county.called(team)
    made(team.leader.post(f"{again}/ack"))
    made(team.leader.post(f"{again}/stand_down", {"reason": "车辆故障"}))

    assert code_of(twice) == "team_not_ready"
    assert state_of(county, team) == "ready"


def test_only_the_leader_of_the_team_answers(county: County) -> None:
    part, other = county.called(county.team()), county.team()

    assert code_of(other.leader.post(f"{part}/ack")) == "not_your_team"
    assert county.commander.post(f"{part}/ack").status_code == 403


def test_without_ids_all_that_the_level_proposes_are_called(county: County) -> None:
    teams = {county.team().id, county.team().id}

    ordered = made(county.order())

    assert {one["team_id"] for one in ordered["called"]} == teams
    assert code_of(county.order()) == "no_teams_to_call"


def test_one_more_team_is_called_while_it_lasts(county: County) -> None:
    team, more = county.team(), county.team()
    ordered = made(county.order(team))
    path = f"{BASE}/mobilizations/{ordered['id']}"

    called = made(county.commander.post(f"{path}/call_team", {"team_id": more.id}))
    for part in called["called"]:
        made(county.commander.post(f"{BASE}/mobilized_teams/{part['id']}/call_off", {}))
    over = county.commander.post(f"{path}/call_team", {"team_id": more.id})

    assert (called["teams"], called["teams_out"]) == (2, 2)
    assert code_of(over) == "mobilization_over"


def test_a_mobilisation_calls_a_team_once_and_no_more_than_can_be_shown(
    county: County, monkeypatch: pytest.MonkeyPatch
) -> None:
    team, other = county.team(), county.team()
    ordered = made(county.order(team, other))
    path, part = f"{BASE}/mobilizations/{ordered['id']}/call_team", ordered["called"][0]
    made(county.commander.post(f"{BASE}/mobilized_teams/{part['id']}/call_off", {}))

    again = county.commander.post(path, {"team_id": part["team_id"]})
    monkeypatch.setattr(mobilizing, "TEAMS_MAX", 2)
    more = county.commander.post(path, {"team_id": county.team().id})

    assert (code_of(again), code_of(more)) == ("team_called_before", "enough_teams")


@pytest.mark.parametrize(
    ("more", "code"),
    [
        pytest.param({"response_id": "00000000-0000-0000-0000-000000000000"}, "no_such_response", id="no response"),
        ({"ends_at": "2020-01-01T00:00:00Z"}, "mobilization_times"),
        ({"volunteers_needed": 5}, "service_missing"),
        ({"service_code": "errands"}, "service_missing"),
        ({"level": 5}, "not_valid"),
    ],
)
def test_an_order_that_says_too_little_is_refused(county: County, more: dict[str, Any], code: str) -> None:
    assert code_of(county.order(county.team(), **more)) == code


def test_nobody_elses_team_is_called(county: County) -> None:
    stranger = County(county.suite).team()

    assert code_of(county.order(stranger)) == "unknown_response_team"


def test_volunteers_are_asked_for_by_the_time_bank(county: County, eventually: Any) -> None:
    clerk = county.suite.somebody("station_clerk", county.code, subject="clerk")
    made(county.order(county.team(), volunteers_needed=30, service_code="sandbags"))

    def orders() -> list[Any]:
        found = made(clerk.get("/timebank/v1/orders?limit=200"))["items"]
        return [one for one in found if one["service_code"] == "sandbags"]

    eventually(lambda: bool(orders()))
    (order,) = orders()
    assert (order["kind"], order["people_needed"], order["area_code"]) == ("emergency", 30, f"{county.code}001001")


# --- social organisations ----------------------------------------------------------------------------------------------------


def test_a_social_organisation_says_what_it_gives_and_is_called_in(county: County) -> None:
    content = {
        "name": "示例蓝天救援协会",
        "area_code": f"{county.code}000000",
        "gives": [{"kind": "boats", "quantity": 6}, {"kind": "people", "quantity": 40}],
        "called_by": "县应急管理局书面邀请,电话 13800138000 确认",
        "agreement_no": "示例〔2026〕7号",
        "contact_name": "李四",
        "contact_phone": "13900139000",
    }
    listed = made(county.office.post(f"{BASE}/social_organisations", content))
    path = f"{BASE}/social_organisations/{listed['id']}"

    with_boats = made(county.commander.get(f"{BASE}/social_organisations?gives=boats"))["items"]
    with_tents = made(county.commander.get(f"{BASE}/social_organisations?gives=tents"))["items"]
    called = made(county.commander.post(f"{path}/call_in", {"reason": "转移群众"}))
    twice = county.commander.post(f"{path}/call_in", {})
    released = made(county.commander.post(f"{path}/release", {}))

    assert listed["called_by"] == "县应急管理局书面邀请,电话 138****8000 确认"
    assert (listed["contact_name"], listed["contact_phone"]) == ("李**", "139****9000")
    assert [one["id"] for one in with_boats] == [listed["id"]]
    assert with_tents == []
    assert (called["state"], called["called_in_at"] is None) == ("called_in", False)
    assert code_of(twice) == "illegal_move"
    assert (released["state"], released["called_in_at"]) == ("listed", None)
    assert made(county.office.post(f"{path}/strike", {}))["state"] == "struck"
