"""A freeze stops minutes and service alike; nobody decides about themselves; of two who ask at once one is first."""

import asyncio
import uuid
from collections.abc import AsyncIterator, Callable
from typing import Any

import httpx2
import pytest

from gridwhistle.common import migrations
from gridwhistle.common.principal import Principal
from gridwhistle.standalone.postgres import Postgres
from gridwhistle.timebank import relatives
from gridwhistle.timebank.app import TIMEBANK
from tests.conftest import Loop, RunningSuite
from tests.timebank.bank import BASE, HOUR, NEAR, TODAY, Bank, Somebody, at, code_of, made
from tests.timebank.station import Station, a_station

FROZEN = "participant_not_active"


@pytest.fixture(scope="module")
def bank(suite: RunningSuite) -> Bank:
    return Bank(suite)


@pytest.fixture(scope="module")
def database_url(background: Loop, postgres: Postgres) -> str:
    background.run(postgres.ensure_database("nobody_alone"))
    background.run(migrations.upgrade(TIMEBANK, postgres.url("nobody_alone")))
    return postgres.url("nobody_alone")


@pytest.fixture
async def station(database_url: str) -> AsyncIterator[Station]:
    async with a_station(database_url) as station:
        yield station


def freeze(bank: Bank, who: Somebody) -> None:
    made(bank.admin.post(f"{BASE}/participants/{who.id}/freeze", {"reason": "服务时长存疑"}))


def linked(bank: Bank) -> tuple[Somebody, Somebody, str]:
    """Return somebody with 700 minutes, one of their family, and where their link is."""
    saver, relative = bank.register("both"), bank.register("beneficiary", birth_year=1945)
    bank.give(saver, 700)
    link = made(saver.person.post(f"{BASE}/relatives", {"other_id": relative.id, "kinship": "parent"}))
    path = f"{BASE}/relatives/{link['id']}"
    made(relative.person.post(f"{path}/agree"))
    made(bank.clerk.post(f"{path}/check"))
    return saver, relative, path


def team_of(bank: Bank, leader: Somebody) -> str:
    content = {"name": "示例社区平安志愿队", "area_code": bank.area, "leader_id": leader.id}
    return f"{BASE}/teams/{made(bank.clerk.post(f'{BASE}/teams', content))['id']}"


@pytest.mark.parametrize("side", [pytest.param(0, id="who gives"), pytest.param(1, id="who is given to")])
def test_minutes_do_not_move_while_a_side_is_frozen(bank: Bank, side: int) -> None:
    saver, relative, _ = linked(bank)
    path = f"{BASE}/transfers"
    offer = made(saver.person.post(path, {"to_id": relative.id, "minutes": 60}))
    freeze(bank, (saver, relative)[side])

    accepted = relative.person.post(f"{path}/{offer['id']}/accept")
    again = saver.person.post(path, {"to_id": relative.id, "minutes": 60})

    assert (code_of(accepted), code_of(again)) == (FROZEN, FROZEN)


def test_who_is_frozen_donates_nothing_and_is_linked_to_nobody(bank: Bank) -> None:
    saver, other = bank.register("both"), bank.register("both")
    bank.give(saver, 100)
    freeze(bank, saver)

    donated = saver.person.post(f"{BASE}/participants/{saver.id}/donate", {"minutes": 60})
    asks = saver.person.post(f"{BASE}/relatives", {"other_id": other.id, "kinship": "spouse"})
    asked = other.person.post(f"{BASE}/relatives", {"other_id": saver.id, "kinship": "spouse"})

    assert [code_of(each) for each in (donated, asks, asked)] == [FROZEN] * 3


def test_who_is_frozen_is_in_no_team(bank: Bank) -> None:
    leader, asks, asked = bank.register(), bank.register(), bank.register()
    team = team_of(bank, leader)
    made(asked.person.post(f"{team}/join"))
    for who in (asks, asked):
        freeze(bank, who)

    joined = asks.person.post(f"{team}/join")
    welcomed = leader.person.post(f"{team}/welcome", {"participant_id": asked.id})

    assert (code_of(joined), code_of(welcomed)) == (FROZEN, FROZEN)


@pytest.mark.parametrize("side", [pytest.param(0, id="whom it is for"), pytest.param(1, id="who came forward")])
def test_nobody_is_confirmed_while_a_side_is_frozen(bank: Bank, side: int) -> None:
    elder, volunteer = bank.elder(), bank.register()
    claim_id = bank.claimed(bank.published(elder), volunteer)
    freeze(bank, (elder, volunteer)[side])

    assert code_of(bank.clerk.post(f"{BASE}/claims/{claim_id}/confirm", {}, As_Of=at(-4 * HOUR))) == FROZEN


def test_who_is_frozen_does_not_begin(bank: Bank) -> None:
    volunteer = bank.register()
    claim_id = bank.claimed(bank.published(bank.elder()), volunteer)
    pin = bank.confirmed(claim_id)
    freeze(bank, volunteer)
    path = f"{BASE}/claims/{claim_id}"

    alone = volunteer.person.post(f"{path}/check_in", {"pin": pin, "point": NEAR}, As_Of=at())
    admitted = bank.clerk.post(f"{path}/admit", {}, As_Of=at())

    assert (code_of(alone), code_of(admitted)) == (FROZEN, FROZEN)


def test_a_link_that_minutes_go_by_cannot_be_ended_meanwhile(bank: Bank) -> None:
    saver, relative, path = linked(bank)
    offer = made(saver.person.post(f"{BASE}/transfers", {"to_id": relative.id, "minutes": 60}))
    before = made(saver.person.get(path))["version"]

    made(relative.person.post(f"{BASE}/transfers/{offer['id']}/accept"))

    assert made(saver.person.get(path))["version"] == before + 1


@pytest.mark.anyio
async def test_of_two_who_name_each_other_at_once_one_is_first(station: Station) -> None:
    one, other = await station.register(), await station.register()

    def names(me: Principal, them: Principal) -> Any:
        body = relatives.NewRelative(other_id=uuid.UUID(them.id), kinship="spouse")
        return lambda db: relatives.link_relative(body, me, db)

    said = await asyncio.gather(station.do(names(one, other), 0), station.do(names(other, one), 1))

    assert sorted(each if isinstance(each, str) else each.state for each in said) == ["asked", "linked_already"]


def clerk_of(bank: Bank) -> tuple[Somebody, Somebody]:
    """Return a participant, and them as who works at the station besides."""
    who = bank.register("both")
    return who, Somebody(who.id, bank.office("station_clerk", who.id))


def _entitles(at_work: Somebody) -> httpx2.Response:
    entitled = {"category": "elderly", "valid_until": f"{TODAY.year + 1}-12-31"}
    return at_work.person.post(f"{BASE}/participants/{at_work.id}/entitlements", entitled)


def _trains(at_work: Somebody) -> httpx2.Response:
    passed = {"course": "first_aid", "passed_on": "2026-01-10"}
    return at_work.person.post(f"{BASE}/participants/{at_work.id}/trainings", passed)


def _insures(at_work: Somebody) -> httpx2.Response:
    longer = {"insured_until": f"{TODAY.year + 1}-12-31"}
    return at_work.person.patch(f"{BASE}/participants/{at_work.id}", longer, If_Match='"1"')


def _resumes(at_work: Somebody) -> httpx2.Response:
    return at_work.person.post(f"{BASE}/participants/{at_work.id}/resume_claims", {"reason": "已核实"})


@pytest.mark.parametrize("enters", [_entitles, _trains, _insures, _resumes])
def test_a_clerk_enters_nothing_about_themselves(bank: Bank, enters: Callable[[Somebody], httpx2.Response]) -> None:
    _, at_work = clerk_of(bank)

    assert code_of(enters(at_work)) == "about_yourself"


def test_a_clerk_checks_no_link_of_their_own(bank: Bank) -> None:
    who, at_work = clerk_of(bank)
    other = bank.register("beneficiary")
    link = made(who.person.post(f"{BASE}/relatives", {"other_id": other.id, "kinship": "parent"}))
    made(other.person.post(f"{BASE}/relatives/{link['id']}/agree"))

    assert code_of(at_work.person.post(f"{BASE}/relatives/{link['id']}/check")) == "about_yourself"


def test_an_administrator_lifts_no_freeze_of_their_own(bank: Bank) -> None:
    who = bank.register("both")
    at_work = bank.office("timebank_admin", who.id)
    freeze(bank, who)
    account = made(bank.admin.get(f"{BASE}/accounts?owner_id={who.id}&kind=personal_hold"))["items"][0]["id"]

    lifted = at_work.post(f"{BASE}/participants/{who.id}/unfreeze", {"reason": "已核实"})
    closed = at_work.post(f"{BASE}/accounts/{account}/close")

    assert (code_of(lifted), code_of(closed)) == ("about_yourself", "own_account")
