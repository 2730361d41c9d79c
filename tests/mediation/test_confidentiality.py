"""What is known of people in a dispute: kept ten years and then gone, held meanwhile, erased where the law asks for no file."""

import datetime as dt
import uuid
from collections.abc import AsyncIterator
from typing import Any

import asyncpg
import pytest

from gridwhistle.common import migrations
from gridwhistle.common.database import Database
from gridwhistle.common.retention import purge
from gridwhistle.common.sealing import Seal
from gridwhistle.mediation.app import MEDIATION
from gridwhistle.standalone.postgres import Postgres
from tests.conftest import Loop, Person, RunningSuite
from tests.mediation.office import BASE, Office, code_of, made

WHY = {"reason": "当事人申请删除"}


@pytest.fixture(scope="module")
def office(suite: RunningSuite) -> Office:
    return Office(suite)


@pytest.fixture
def officer(suite: RunningSuite) -> Person:
    return suite.somebody("privacy_officer", "990101", subject="officer")


def refused(office: Office) -> str:
    path, (_, qian) = office.asked()
    made(office.chair.post(f"{path}/refuse", {"party_id": qian, "answered_by": "by_word"}))
    return path


# --- erasure -----------------------------------------------------------------------------------------------------------------


def test_of_a_case_that_was_never_accepted_people_are_erased_at_their_wish(office: Office, officer: Person) -> None:
    path = refused(office)

    erased = made(officer.post(f"{path}/erase_parties", WHY))

    (one, two) = made(office.chair.get(f"{path}/parties"))["items"]
    listed = made(officer.get(f"{BASE}/deletion_certificates?reason=request&limit=200"))["items"]
    assert (erased["rows"], one["name"], one["home_area"], two["phone"]) == (2, None, None, None)
    assert erased["certificate_id"] in {certificate["id"] for certificate in listed}
    assert made(officer.post(f"{path}/erase_parties", WHY))["rows"] == 0


def test_the_file_of_what_was_accepted_is_kept(office: Office, officer: Person) -> None:
    committee, _ = office.filed()
    path, parties = office.accepted(committee)
    goes_on, _ = office.asked()
    made(office.chair.post(f"{path}/withdraw", {"party_id": parties[0]}))

    assert [code_of(officer.post(f"{one}/erase_parties", WHY)) for one in (path, goes_on)] == ["file_is_kept"] * 2


def test_nothing_goes_from_a_case_on_hold(office: Office, officer: Person) -> None:
    path = refused(office)
    hold = {"thing": "case", "thing_id": path.rpartition("/")[2], "cause": "行政复议 2026-17"}
    held = made(officer.post(f"{BASE}/legal_holds", hold))

    too_early = officer.post(f"{path}/erase_parties", WHY)
    made(officer.post(f"{BASE}/legal_holds/{held['id']}/lift"))

    assert code_of(too_early) == "case_on_hold"
    assert made(officer.post(f"{path}/erase_parties", WHY))["rows"] == 2


# --- retention ---------------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def database_url(background: Loop, postgres: Postgres) -> str:
    background.run(postgres.ensure_database("kept_files"))
    background.run(migrations.upgrade(MEDIATION, postgres.url("kept_files")))
    return postgres.url("kept_files")


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    tables = list(MEDIATION.tables.tables.values())
    opened = Database(database_url, Seal({1: bytes(32)}), MEDIATION.constraints, presets=MEDIATION.presets, tables=tables)
    async with opened.connected() as database:
        yield database


async def plant(url: str, ended_at: dt.datetime) -> uuid.UUID:
    """Plant a case that ended then, with a party and a session."""
    id_ = uuid.uuid4()
    connection = await asyncpg.connect(url)
    await connection.execute(
        'INSERT INTO "case" (id, version, event_no, area_code, case_no, state, source, channel, is_complex, is_online, is_open,'
        " is_three_houses, has_both_sides, parties_to_answer, outcome, registered_by, registered_at, terminal_at)"
        " VALUES ($1, 1, 0, '990101001001', $2, 'refused', 'application', 'people', false, false, false, false, true, 0,"
        " 'refused', 'clerk', $3, $3)",
        id_,
        f"M{id_.int % 10**20:020}",
        ended_at,
    )
    await connection.execute(
        "INSERT INTO party (id, case_id, side, kind, capacity, is_representative, name, added_at)"
        " VALUES (gen_random_uuid(), $1, 'applicant', 'person', 'full', false, 'x', $2)",
        id_,
        ended_at,
    )
    await connection.execute(
        "INSERT INTO session (id, case_id, session_no, state, starts_at, ends_at, venue, is_online, is_open, notices, signed)"
        " VALUES (gen_random_uuid(), $1, 1, 'cancelled', $2::timestamptz, $2::timestamptz + interval '1 hour', '调解室', false,"
        " false, '[]', '[]')",
        id_,
        ended_at,
    )
    await connection.close()
    return id_


@pytest.mark.anyio
async def test_a_file_is_kept_ten_years_and_longer_where_somebody_holds_it(database: Database, database_url: str) -> None:
    now = dt.datetime(2036, 7, 6, tzinfo=dt.UTC)
    old, held = [await plant(database_url, now - dt.timedelta(days=3660)) for _ in range(2)]
    young = await plant(database_url, now - dt.timedelta(days=3600))
    connection = await asyncpg.connect(database_url)
    await connection.execute(
        "INSERT INTO legal_hold (id, version, area_code, state, thing, thing_id, cause, placed_at)"
        " VALUES (gen_random_uuid(), 1, '990101001001', 'held', 'case', $1, '诉讼', now())",
        held,
    )

    await purge(database, MEDIATION.tables, now)

    left: dict[str, Any] = {
        table: {row[0] for row in await connection.fetch(f'SELECT {column} FROM "{table}"')}
        for table, column in {"case": "id", "party": "case_id", "session": "case_id"}.items()
    }
    taken = {row["things"]: row["rows"] for row in await connection.fetch("SELECT things, rows FROM deletion_certificate")}
    await connection.close()
    assert all(old not in ids and ids == {held, young} for ids in left.values())
    assert taken == {"case": 1, "party": 1, "session": 1}
