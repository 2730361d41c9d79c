"""Files: what may not be missing, two persons who close, and numbers without a gap or a double, however many close at once."""

import asyncio
import datetime as dt
import uuid
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from typing import Any

import asyncpg
import pytest

from gridwhistle.common import migrations
from gridwhistle.common.again import again
from gridwhistle.common.database import Database, Db
from gridwhistle.common.principal import Principal
from gridwhistle.common.sealing import Seal
from gridwhistle.mediation.app import MEDIATION
from gridwhistle.mediation.files.checklist import file_no
from gridwhistle.mediation.files.closing import close
from gridwhistle.standalone.postgres import Postgres
from tests.conftest import Loop, RunningSuite
from tests.mediation.office import BASE, Office, code_of, made

Committee = tuple[dict[str, Any], list[dict[str, Any]]]
AREA = "990101001001"
CHAIR = Principal("chair", frozenset({"mediation_chair"}), ("990101",))
CASES = 200


@pytest.fixture(scope="module")
def office(suite: RunningSuite) -> Office:
    return Office(suite)


@pytest.fixture(scope="module")
def committee(office: Office) -> Committee:
    return office.filed()


def failed(office: Office, committee: Committee) -> str:
    """Return the path of a case that failed, and whose parties heard the other ways."""
    first = committee[1][0]
    path, _ = office.in_mediation(committee[0], first)
    made(office.mediator(first).post(f"{path}/fail", {}))
    made(office.mediator(first).post(f"{path}/tell_ways", {}))
    return path


def closed(office: Office, committee: Committee, path: str) -> dict[str, Any]:
    mediator = office.mediator(committee[1][0])
    made(mediator.post(f"{path}/documents", {"kind": "identity", "pages": 2}))
    made(mediator.post(f"{path}/ask_close", {}))
    return made(office.chair.post(f"{path}/close"))


def test_the_file_says_what_is_missing_and_it_is_not_closed_without(office: Office, committee: Committee) -> None:
    path, mediator = failed(office, committee), office.mediator(committee[1][0])
    before = made(office.chair.get(f"{path}/file"))
    refused = mediator.post(f"{path}/ask_close", {})

    after = made(mediator.post(f"{path}/documents", {"kind": "identity", "pages": 2}))

    lines = {line["kind"]: line for line in after["lines"]}
    assert before["missing"] == ["identity"]
    assert code_of(refused) == "papers_missing"
    assert after["missing"] == []
    assert [kind for kind, line in lines.items() if line["is_required"]] == [
        "application",
        "rights_notice",
        "identity",
        "mediation_record",
    ]
    assert (lines["identity"]["pages"], lines["identity"]["zh"]) == (2, "身份证明")


def test_nobody_is_sent_away_without_hearing_the_ways(office: Office) -> None:
    path, (_, qian) = office.asked()
    made(office.chair.post(f"{path}/refuse", {"party_id": qian, "answered_by": "by_word"}))

    assert code_of(office.chair.post(f"{path}/ask_close", {})) == "ways_not_told"


def test_two_persons_close_a_case_and_its_number_follows_the_committees_last(office: Office) -> None:
    committee = office.filed()
    first, second = failed(office, committee), failed(office, committee)
    made(office.chair.post(f"{first}/documents", {"kind": "identity", "pages": 1}))
    alone = office.chair.post(f"{first}/close")
    made(office.chair.post(f"{first}/ask_close", {}))
    by_the_same = office.chair.post(f"{first}/close")

    one = made(office.judicial.post(f"{first}/close"))
    two = closed(office, committee, second)

    year, name = one["closed_at"][:4], committee[0]["short_name"]
    assert (code_of(alone), code_of(by_the_same)) == ("closing_not_asked", "closing_asked_by_you")
    assert (one["state"], one["file_no"]) == ("closed", f"（{year}）{name}人调字第1号")
    assert two["file_no"] == f"（{year}）{name}人调字第2号"


def test_a_file_is_found_by_its_number_in_brackets_of_either_width(office: Office, committee: Committee) -> None:
    case = closed(office, committee, failed(office, committee))
    narrow = case["file_no"].replace("（", "(").replace("）", ")")

    found = [
        [one["id"] for one in made(office.chair.get(f"{BASE}/cases?file_no={number}"))["items"]]
        for number in (case["file_no"], narrow)
    ]

    assert found == [[case["id"]], [case["id"]]]


def test_what_was_refused_before_anybody_accepted_it_has_no_file_number(office: Office) -> None:
    path, (_, qian) = office.asked()
    made(office.chair.post(f"{path}/refuse", {"party_id": qian, "answered_by": "by_word"}))
    made(office.chair.post(f"{path}/tell_ways", {}))
    made(office.chair.post(f"{path}/ask_close", {}))

    closed_case = made(office.judicial.post(f"{path}/close"))

    assert (closed_case["state"], closed_case["file_no"]) == ("closed", None)


def test_what_another_body_has_is_closed_with_its_receipt(office: Office) -> None:
    path, _ = office.asked()
    made(office.chair.post(f"{path}/transfer", {"transferred_to": "court", "reason": "已起诉"}))

    received = made(office.chair.post(f"{path}/confirm_receipt", {"receipt_no": "示法收〔2026〕9号"}))

    assert (received["state"], received["outcome"]) == ("closed", "transferred")


def test_a_judicial_office_puts_a_file_away_after_the_last_follow_up(suite: RunningSuite, committee: Committee) -> None:
    begin = Office(suite, at="2026-06-01T10:00:00+08:00")
    path, parties, agreement = begin.agreed(committee[0], committee[1][0])
    mediator = begin.mediator(committee[1][0])
    made(mediator.post(f"{path}/start_performance"))
    done = {"done_on": "2026-06-01", "proof": "收据0017"}
    made(mediator.post(f"{path}/agreement_terms/{agreement['terms'][0]['id']}/done", done))
    case = closed(begin, committee, path)
    too_early = begin.judicial.post(f"{path}/archive")
    for day in ("2026-06-10", "2026-07-05", "2026-09-01"):
        later = Office(suite, at=f"{day}T10:00:00+08:00")
        made(later.chair.post(f"{path}/follow_up", {"is_performed": True, "satisfied": "satisfied"}))

    archived = made(later.judicial.post(f"{path}/archive"))

    assert case["outcome"] == "agreed"
    assert code_of(too_early) == "follow_ups_left"
    assert (archived["state"], archived["actions"], len(parties)) == ("archived", [], 2)


@pytest.mark.parametrize(
    ("year", "name", "number", "expected"),
    [(2026, "望湖", 1, "（2026）望湖人调字第1号"), (2027, "城关", 120, "（2027）城关人调字第120号")],
)
def test_how_a_number_is_written(year: int, name: str, number: int, expected: str) -> None:
    assert file_no(year, name, number) == expected


# --- two hundred at once -----------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def database_url(background: Loop, postgres: Postgres) -> str:
    background.run(postgres.ensure_database("files"))
    background.run(migrations.upgrade(MEDIATION, postgres.url("files")))
    return postgres.url("files")


@pytest.fixture
async def processes(database_url: str) -> AsyncIterator[list[Database]]:
    """Return the service's database as two processes have it."""
    tables = list(MEDIATION.tables.tables.values())
    async with AsyncExitStack() as stack:
        yield [
            await stack.enter_async_context(
                Database(
                    database_url, Seal({1: bytes(32)}), MEDIATION.constraints, presets=MEDIATION.presets, tables=tables
                ).connected()
            )
            for _ in range(2)
        ]


async def ready_to_close(url: str, *, year: int | None = None, last: int = 0) -> tuple[uuid.UUID, list[uuid.UUID]]:
    """Plant a committee and cases that failed and are asked to be closed."""
    committee_id, ids = uuid.uuid4(), [uuid.uuid4() for _ in range(CASES)]
    connection = await asyncpg.connect(url)
    await connection.execute(
        "INSERT INTO committee (id, version, event_no, area_code, name, short_name, kind, state, seal_no, chair_id, has_women,"
        " mirrors_mixed_area, elected_on, term_end_on, set_up_at, filed_at, file_year, file_no_last)"
        " VALUES ($1, 1, 0, $2, '调委会', $3, 'village', 'filed', '9901', $1, true, true, '2026-01-01', '2029-01-01', now(),"
        " now(), $4, $5)",
        committee_id,
        AREA,
        committee_id.hex[:12],
        year,
        last,
    )
    await connection.executemany(
        'INSERT INTO "case" (id, version, event_no, area_code, case_no, state, source, channel, dispute_type, is_complex,'
        " is_online, is_open, is_three_houses, has_both_sides, parties_to_answer, committee_id, outcome, registered_by,"
        " registered_at, accepted_at, ways_told_at, terminal_at, closing_asked_by)"
        " VALUES ($1, 1, 0, $2, $3, 'failed', 'application', 'people', 'D02', false, false, false, false, true, 0, $4,"
        " 'failed', 'clerk', now(), now(), now(), now(), 'mediator')",
        [(id_, AREA, f"M{id_.int % 10**20:020}", committee_id) for id_ in ids],
    )
    await connection.close()
    return committee_id, ids


async def close_at_once(processes: list[Database], ids: list[uuid.UUID]) -> list[str]:
    """Close all of them at the same time, by two processes; return their numbers."""

    async def one(number: int, case_id: uuid.UUID) -> str:
        db = Db(processes[number % 2], scope="test", key=None, request_id="r-1")

        async def run() -> Any:
            db.start_over()
            return await close(case_id, CHAIR, db)

        while True:
            try:
                file: str = (await again(run)).file_no
            except Exception as busy:
                if getattr(busy, "code", None) != "busy":
                    raise
                await asyncio.sleep(0.05)
            else:
                return file

    return list(await asyncio.gather(*(one(number, case_id) for number, case_id in enumerate(ids))))


@pytest.mark.anyio
async def test_two_hundred_cases_closed_at_once_are_numbered_without_a_gap_or_a_double(
    database_url: str, processes: list[Database]
) -> None:
    committee_id, ids = await ready_to_close(database_url)

    numbers = await close_at_once(processes, ids)

    year = dt.datetime.now(dt.UTC).astimezone(dt.timezone(dt.timedelta(hours=8))).year
    name = committee_id.hex[:12]
    assert sorted(numbers) == sorted(file_no(year, name, number) for number in range(1, CASES + 1))


@pytest.mark.anyio
async def test_numbers_begin_anew_with_the_year(database_url: str, processes: list[Database]) -> None:
    year = dt.datetime.now(dt.UTC).astimezone(dt.timezone(dt.timedelta(hours=8))).year
    _, (first, *_) = await ready_to_close(database_url, year=year - 1, last=86)
    _, (second, *_) = await ready_to_close(database_url, year=year, last=86)

    numbers = await close_at_once(processes, [first, second])

    assert [number.rpartition("第")[2] for number in numbers] == ["1号", "87号"]
