"""Counts of cases: exact for who sees cases; for everybody else such that no number under five follows from any of them.

Two counties are planted whose numbers are different wherever they are under five, and alike otherwise. Whoever asks all that
can be asked, and takes the answers from each other as they like, cannot tell which of the two they see.
"""

import datetime as dt
import uuid
from collections.abc import Iterator
from typing import Any, Final

import asyncpg
import pytest

from gridwhistle.common.calendars import LOCAL
from tests.conftest import Loop, Person, RunningSuite
from tests.mediation.office import BASE, Office, code_of, made

Table = dict[tuple[int, str], tuple[int, int]]
ONE, OTHER = "990311", "990312"
TOWNS: Final = (1, 2, 3)
# fmt: off
FIRST: Table = {
    (1, "D01"): (7, 2), (2, "D01"): (4, 4), (3, "D01"): (14, 9),
    (1, "D02"): (4, 0), (2, "D02"): (4, 1), (3, "D02"): (4, 4),
    (1, "D12"): (5, 5), (2, "D12"): (1, 0),
}
SECOND: Table = {
    (1, "D01"): (7, 4), (2, "D01"): (1, 0), (3, "D01"): (14, 5),
    (1, "D02"): (1, 1), (3, "D02"): (2, 0),
    (1, "D12"): (9, 6), (2, "D12"): (3, 3), (3, "D12"): (4, 2),
}
# fmt: on
"""By township and kind: how many were accepted, and about how many of them people agreed before this month."""
_CASE: Final = (
    'INSERT INTO "case" (id, version, event_no, area_code, case_no, state, source, channel, dispute_type, is_complex,'
    " is_online, is_open, is_three_houses, has_both_sides, parties_to_answer, registered_by, registered_at, accepted_at,"
    " agreed_at, follow_ups_left, complained_org) VALUES ($1, 1, 0, $2, $3, 'performing', 'application', 'people', $4, false,"
    " false, false, false, true, 0, 'clerk', $5, $5, $6, $7, $8)"
)


def months() -> tuple[dt.datetime, dt.datetime, dt.datetime]:
    """Return when this month began, and the two before it."""
    this = dt.datetime.now(LOCAL).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    last = (this - dt.timedelta(days=1)).replace(day=1)
    return this, last, (last - dt.timedelta(days=1)).replace(day=1)


def rows_of(county: str, table: Table, month: dt.datetime, *, agreed_now: int) -> Iterator[tuple[Any, ...]]:
    """Return the cases of a table; about some, people agree today."""
    for (town, kind), (accepted, agreed) in table.items():
        for number in range(accepted):
            id_ = uuid.uuid4()
            then = month + dt.timedelta(days=3) if number < agreed else None
            then = then or (dt.datetime.now(LOCAL) if number < agreed + agreed_now else None)
            whom = f"{county}-water" if number == 0 else None
            area = f"{county}00{town}001"
            yield (id_, area, f"M{id_.int % 10**20:020}", kind, month + dt.timedelta(days=2), then, 3 if then else None, whom)


@pytest.fixture(scope="module")
def planted(suite: RunningSuite, background: Loop) -> None:
    this, last, before = months()

    async def plant() -> None:
        connection = await asyncpg.connect(suite.postgres.url("mediation"))
        for county, tables in {ONE: (FIRST, SECOND), OTHER: (SECOND, FIRST)}.items():
            for month, table in zip((last, before), tables, strict=True):
                await connection.executemany(_CASE, rows_of(county, table, month, agreed_now=2 if table is FIRST else 0))
            await connection.executemany(_CASE, rows_of(county, {(1, "D02"): (9, 9)}, this, agreed_now=0))
        await connection.close()

    background.run(plant())


def outsiders(suite: RunningSuite, county: str) -> list[Person]:
    """Return everybody who is told counts and sees no case: of the county, of a township, and of the house complained about."""
    water = f"{county}-water"
    return [
        suite.somebody("county_admin", county, subject="outsider"),
        suite.somebody("auditor", county, subject="auditor"),
        suite.somebody("county_admin", county, subject="water", org=water),
        *(suite.somebody("auditor", f"{county}00{town}", subject=f"auditor-{town}") for town in TOWNS),
    ]


def told(suite: RunningSuite, county: str) -> dict[str, dict[str, tuple[int, int]]]:
    """Return all that outsiders are told of a county, by question."""
    _, last, before = months()
    answers = {}
    for number, person in enumerate(outsiders(suite, county)):
        for month in (last, before):
            for area in ("", f"&area_code={county}000000", *(f"&area_code={county}00{town}000" for town in TOWNS)):
                answer = made(person.get(f"{BASE}/case_counts?month={month:%Y-%m}{area}"))
                cells = {one["key"]: (one["accepted"], one["agreed"]) for one in answer["items"]}
                answers[f"{number} {month:%m} {area.replace(county, 'county')}"] = cells
    return answers


@pytest.mark.usefixtures("planted")
def test_who_takes_tables_from_each_other_finds_no_cell_under_five(suite: RunningSuite) -> None:
    one, other = told(suite, ONE), told(suite, OTHER)

    assert one == other
    _, last, _ = months()
    county = one[f"0 {last:%m} &area_code=county000000"]
    towns = [one[f"0 {last:%m} &area_code=county00{town}000"] for town in TOWNS]
    assert county == {"D01": (15, 5), "D12": (5, 5)}
    assert towns == [{"D01": (5, 0), "D12": (5, 5)}, {}, {"D01": (10, 5)}]
    assert {number % 5 for cells in one.values() for cell in cells.values() for number in cell} == {0}


@pytest.mark.usefixtures("planted")
@pytest.mark.parametrize(
    "asked",
    [
        pytest.param("month={this:%Y-%m}", id="a month that goes on"),
        pytest.param("month=2099-01", id="a month to come"),
        pytest.param("month={last:%Y-%m}&area_code={county}001001", id="a community"),
        pytest.param("month={last:%Y-%m}&by=source", id="another cut through the same cases"),
        pytest.param("month={last:%Y-%m}&by=grade", id="and another"),
    ],
)
def test_what_would_lead_to_small_numbers_is_not_told(suite: RunningSuite, asked: str) -> None:
    this, last, _ = months()
    question = f"{BASE}/case_counts?{asked.format(this=this, last=last, county=ONE)}"

    outside = [person.get(question) for person in outsiders(suite, ONE)]
    inside = suite.somebody("judicial_office", ONE, subject="office").get(question)

    assert {code_of(answer) for answer in outside} == {"counts_told_in_whole"}
    assert made(inside)["cell_min"] is None


@pytest.mark.usefixtures("planted")
def test_outsiders_are_told_of_the_last_month_and_of_the_area_that_is_theirs(suite: RunningSuite) -> None:
    _, last, _ = months()

    answer = made(suite.somebody("county_admin", ONE, subject="outsider").get(f"{BASE}/case_counts"))
    of_a_community = made(suite.somebody("auditor", f"{ONE}001001", subject="auditor").get(f"{BASE}/case_counts"))

    assert (answer["month"], answer["cell_min"]) == (f"{last:%Y-%m}", 5)
    assert [(one["key"], one["accepted"], one["agreed"]) for one in answer["items"]] == [("D01", 15, 5), ("D12", 5, 5)]
    assert of_a_community["items"] == []


def test_insiders_see_all_of_them_at_once(suite: RunningSuite) -> None:
    office = Office(suite, "990301001001")
    committee, _ = office.filed()
    for number in range(3):
        office.accepted(committee, facts={"dispute_type": "D02" if number else "D12"})

    inside = made(office.chair.get(f"{BASE}/case_counts"))

    assert [(one["key"], one["accepted"], one["agreed"]) for one in inside["items"]] == [("D02", 2, 0), ("D12", 1, 0)]
    assert (inside["month"], inside["cell_min"]) == (f"{months()[0]:%Y-%m}", None)
