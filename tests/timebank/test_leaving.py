"""Leaving the time bank, and the end of a team: nothing stays open, no minutes are stranded, and what was reached counts on."""

import datetime as dt
import uuid
from collections.abc import AsyncIterator, Callable

import asyncpg
import pytest

from gridwhistle.common import migrations, reasons
from gridwhistle.standalone.postgres import Postgres
from gridwhistle.timebank import participants
from gridwhistle.timebank.app import TIMEBANK
from tests.conftest import Loop, RunningSuite
from tests.timebank.bank import BASE, BEGINS, HOUR, Bank, Somebody, at, code_of, made
from tests.timebank.station import AREA, CLERK, Station, a_station

WHY = {"reason": "迁往外县"}


@pytest.fixture(scope="module")
def bank(suite: RunningSuite) -> Bank:
    return Bank(suite)


@pytest.fixture(scope="module")
def database_url(background: Loop, postgres: Postgres) -> str:
    background.run(postgres.ensure_database("leaving"))
    background.run(migrations.upgrade(TIMEBANK, postgres.url("leaving")))
    return postgres.url("leaving")


@pytest.fixture
async def station(database_url: str) -> AsyncIterator[Station]:
    async with a_station(database_url) as station:
        yield station


def leaves(bank: Bank, who: Somebody) -> str:
    """Return the code of why somebody does not leave."""
    return code_of(bank.clerk.post(f"{BASE}/participants/{who.id}/close", WHY))


def states_of(bank: Bank, owner: str) -> set[str]:
    return {line["state"] for line in made(bank.admin.get(f"{BASE}/accounts?owner_id={owner}"))["items"]}


def founded(bank: Bank, leader: Somebody) -> str:
    content = {"name": "示例社区平安志愿队", "area_code": bank.area, "leader_id": leader.id}
    id_: str = made(bank.clerk.post(f"{BASE}/teams", content, As_Of=at(-12 * HOUR)))["id"]
    return id_


def planned(leader: Somebody, team_id: str) -> str:
    content = {
        "team_id": team_id,
        "name": "夜间平安巡逻",
        "service_code": "errands",
        "start_at": BEGINS.isoformat(),
        "end_at": (BEGINS + 2 * HOUR).isoformat(),
    }
    return f"{BASE}/activities/{made(leader.person.post(f'{BASE}/activities', content, As_Of=at(-9 * HOUR)))['id']}"


def _is_waited_for(bank: Bank) -> Somebody:
    volunteer = bank.register()
    bank.claimed(bank.published(bank.elder()), volunteer)
    return volunteer


def _waits(bank: Bank) -> Somebody:
    elder = bank.elder()
    bank.published(elder)
    return elder


def _leads(bank: Bank) -> Somebody:
    leader = bank.register()
    founded(bank, leader)
    return leader


def _is_offered_minutes(bank: Bank) -> Somebody:
    saver, relative = bank.register("both"), bank.register("beneficiary", birth_year=1945)
    bank.give(saver, 100)
    link = made(saver.person.post(f"{BASE}/relatives", {"other_id": relative.id, "kinship": "parent"}))
    made(relative.person.post(f"{BASE}/relatives/{link['id']}/agree"))
    made(bank.clerk.post(f"{BASE}/relatives/{link['id']}/check"))
    made(saver.person.post(f"{BASE}/transfers", {"to_id": relative.id, "minutes": 60}))
    return relative


@pytest.mark.parametrize("begins", [_is_waited_for, _waits, _leads, _is_offered_minutes])
def test_nobody_leaves_others_waiting(bank: Bank, begins: Callable[[Bank], Somebody]) -> None:
    assert leaves(bank, begins(bank)) == "still_open"


def test_no_minutes_are_stranded(bank: Bank) -> None:
    saver = bank.register("both")
    bank.give(saver, 90)

    too_early = leaves(bank, saver)
    made(saver.person.post(f"{BASE}/participants/{saver.id}/donate", {"minutes": 90}))
    left = made(saver.person.post(f"{BASE}/participants/{saver.id}/close", WHY))

    assert (too_early, left["state"]) == ("minutes_left", "closed")
    assert states_of(bank, saver.id) == {"closed"}


def test_who_leaves_is_of_no_team_and_nobodys_relative_any_more(bank: Bank) -> None:
    leader, goes, relative = bank.register(), bank.register("both"), bank.register()
    team = f"{BASE}/teams/{founded(bank, leader)}"
    made(goes.person.post(f"{team}/join"))
    made(leader.person.post(f"{team}/welcome", {"participant_id": goes.id}))
    link = made(goes.person.post(f"{BASE}/relatives", {"other_id": relative.id, "kinship": "sibling"}))

    made(goes.person.post(f"{BASE}/participants/{goes.id}/close", WHY))

    ended = made(relative.person.get(f"{BASE}/relatives/{link['id']}"))
    assert [one["participant_id"] for one in made(leader.person.get(team))["members"]] == [leader.id]
    assert (ended["state"], ended["ended_at"] is None) == ("ended", False)


def test_a_team_is_over_when_nothing_is_planned_and_no_minutes_are_left(bank: Bank) -> None:
    leader = bank.register()
    team_id = founded(bank, leader)
    team, activity = f"{BASE}/teams/{team_id}", planned(leader, team_id)
    with_plans = bank.clerk.post(f"{team}/disband")
    present = {"present": [{"participant_id": leader.id, "minutes": 120}]}
    made(leader.person.post(f"{activity}/call_roll", present, As_Of=at(3 * HOUR)))
    made(bank.clerk.post(f"{activity}/confirm_roll", {}, As_Of=at(4 * HOUR)))
    with_minutes = bank.clerk.post(f"{team}/disband")
    made(leader.person.post(f"{team}/donate", {"minutes": 120}))

    disbanded = made(bank.clerk.post(f"{team}/disband"))

    assert (code_of(with_plans), code_of(with_minutes)) == ("still_open", "minutes_left")
    assert disbanded["state"] == "disbanded"
    assert states_of(bank, team_id) == {"closed"}


@pytest.mark.anyio
async def test_who_comes_back_has_the_caps_and_the_pause_that_they_had(station: Station, database_url: str) -> None:
    body = participants.NewParticipant.model_validate(
        {
            "kind": "volunteer",
            "area_code": AREA,
            "name": "王芳",
            "phone": "13800138000",
            "real_name_token": f"rn-{uuid.uuid4()}",
            "birth_year": 1980,
        }
    )
    first = await station.do(lambda db: participants.register_participant(body, CLERK, db))
    paused_until = dt.datetime.now(dt.UTC).replace(microsecond=0) + dt.timedelta(days=20)
    connection = await asyncpg.connect(database_url)
    await connection.execute(
        "UPDATE participant SET earned_minutes = 600, paused_until = $1 WHERE id = $2", paused_until, first.id
    )
    await connection.close()
    why = reasons.Why(reason="暂时离开")
    await station.do(lambda db: participants.close_participant(first.id, why, CLERK, db))

    back = await station.do(lambda db: participants.register_participant(body, CLERK, db))

    assert back.id != first.id
    assert (back.earned_minutes, back.paused_until) == (600, paused_until)
