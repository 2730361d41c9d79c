"""Deadlines: worked examples of the field, a calendar that others published, and what holds whatever the numbers."""

import csv
import datetime as dt
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter

from gridwhistle.common import overdue
from gridwhistle.common.calendars import LOCAL, ORDINARY_WINDOWS, BadWindows, Calendar, Day, Windows, WorkTime
from gridwhistle.common.deadlines import UNITS, Deadline, Unit, first_moments
from gridwhistle.common.problems import Term

WORKDAYS = Path(__file__).parents[3] / "shared" / "data" / "cn_workdays"
published_elsewhere = pytest.mark.skipif(not WORKDAYS.exists(), reason="the published calendars are not beside the project")
TIME = WorkTime(Calendar(), Windows(ORDINARY_WINDOWS))
COLUMNS: list[tuple[int, Unit]] = [
    (2, "urgent_hour"),
    (4, "work_hour"),
    (1, "work_day_rolling"),
    (1, "work_day_legal"),
    (5, "work_day_legal"),
    (7, "natural_day"),
    (30, "natural_day_legal"),
]
EXAMPLES = """
2026-03-06 16:30 | 03-06 18:30 | 03-09 10:30 | 03-09 16:30 | 03-09 18:00 | 03-13 18:00 | 03-13 16:30 | 04-07 18:00
2026-03-06 19:10 | 03-06 21:10 | 03-09 12:00 | 03-09 18:00 | 03-09 18:00 | 03-13 18:00 | 03-13 19:10 | 04-07 18:00
2026-03-07 10:00 | 03-07 12:00 | 03-09 12:00 | 03-09 18:00 | 03-09 18:00 | 03-13 18:00 | 03-14 10:00 | 04-07 18:00
2026-03-09 12:30 | 03-09 14:30 | 03-09 18:00 | 03-10 12:00 | 03-10 18:00 | 03-16 18:00 | 03-16 12:30 | 04-08 18:00
2026-03-09 08:00 | 03-09 10:00 | 03-09 12:00 | 03-09 18:00 | 03-10 18:00 | 03-16 18:00 | 03-16 08:00 | 04-08 18:00
2026-02-13 15:00 | 02-13 17:00 | 02-14 09:00 | 02-14 15:00 | 02-14 18:00 | 02-27 18:00 | 02-20 15:00 | 03-16 18:00
2026-09-30 17:00 | 09-30 19:00 | 10-08 11:00 | 10-08 17:00 | 10-08 18:00 | 10-13 18:00 | 10-07 17:00 | 10-30 18:00
"""


def local(text: str) -> dt.datetime:
    return dt.datetime.fromisoformat(text).replace(tzinfo=LOCAL)


def _examples() -> list[object]:
    cases = []
    for line in EXAMPLES.strip().splitlines():
        start, *dues = (cell.strip() for cell in line.split("|"))
        for (amount, unit), due in zip(COLUMNS, dues, strict=True):
            cases.append(pytest.param(start, amount, unit, f"2026-{due}", id=f"{start} + {amount} {unit}"))
    return cases


@pytest.mark.parametrize(
    ("start", "amount", "unit", "due"),
    [
        *_examples(),
        pytest.param("2026-09-30 17:00", 2, "work_day_legal", "2026-10-09 18:00", id="two days by law after National Day"),
        pytest.param("2026-09-30 17:00", 3, "work_day_legal", "2026-10-10 18:00", id="the third is a make-up Saturday"),
        pytest.param("2026-09-05 09:00", 30, "natural_day_legal", "2026-10-08 18:00", id="day 30 falls into National Day"),
        pytest.param("2026-03-09 10:00", 1, "same_day", "2026-03-09 18:00", id="the same day, at close of business"),
        pytest.param("2026-03-06 19:10", 1, "same_day", "2026-03-09 18:00", id="after close, the next working day"),
        pytest.param("2026-03-07 10:00", 1, "same_day", "2026-03-09 18:00", id="on a rest day, the next working day"),
        pytest.param("2026-03-09 10:00", 45, "urgent_minute", "2026-03-09 10:45", id="minutes, day and night"),
    ],
)
def test_when_something_is_due(start: str, amount: int, unit: Unit, due: str) -> None:
    deadline = Deadline(amount, unit, local(start), TIME)

    assert deadline.due_at == local(due)
    assert not deadline.provisional


def test_a_day_by_law_ends_at_midnight_where_the_act_can_be_filed_online() -> None:
    deadline = Deadline(30, "natural_day_legal", local("2026-09-05 09:00"), TIME, cutoff="midnight")

    assert deadline.due_at == local("2026-10-09 00:00")
    assert deadline.explain()[-1].en == "Due Thu 2026-10-08 24:00."


@pytest.mark.parametrize(
    ("amount", "unit", "start", "pauses", "due"),
    [
        pytest.param(
            4, "work_hour", "2026-03-09 09:00", [("2026-03-09 10:00", "2026-03-11 15:00")], "2026-03-11 18:00", id="4 hours"
        ),
        pytest.param(
            1,
            "work_day_rolling",
            "2026-03-06 16:30",
            [("2026-03-09 09:00", "2026-03-16 08:30")],
            "2026-03-16 16:00",
            id="a rolling day",
        ),
        pytest.param(
            2, "urgent_hour", "2026-03-09 09:00", [("2026-03-09 10:00", "2026-03-09 22:00")], "2026-03-09 23:00", id="at night"
        ),
        pytest.param(
            1,
            "work_day_legal",
            "2026-03-09 09:00",
            [("2026-03-09 10:00", "2026-03-09 11:00")],
            "2026-03-10 18:00",
            id="a pause before the first counted day costs nothing",
        ),
        pytest.param(
            4,
            "work_hour",
            "2026-03-09 08:00",
            [("2026-03-09 09:00", "2026-03-09 10:00"), ("2026-03-09 11:00", "2026-03-10 08:00")],
            "2026-03-10 10:00",
            id="two pauses",
        ),
        pytest.param(
            4, "work_hour", "2026-03-09 08:00", [("2026-03-09 15:00", "2026-03-12 15:00")], "2026-03-09 12:00", id="too late"
        ),
    ],
)
def test_a_pause_gives_back_what_was_left(amount: int, unit: Unit, start: str, pauses: list[tuple[str, str]], due: str) -> None:
    deadline = Deadline(amount, unit, local(start), TIME, pauses=tuple((local(pause), local(on)) for pause, on in pauses))

    assert deadline.due_at == local(due)


def test_used_time_is_counted_without_pauses() -> None:
    deadline = Deadline(1, "work_day_rolling", local("2026-03-06 16:30"), TIME)

    assert deadline.used(local("2026-03-09 09:00")) == dt.timedelta(minutes=150)


def test_an_extension_gives_the_original_limit_once_more_from_the_start() -> None:
    deadline = Deadline(1, "work_day_rolling", local("2026-03-06 16:30"), TIME, extended_times=1)

    assert deadline.due_at == local("2026-03-10 16:30")


def test_rework_gets_what_was_left_or_half_of_the_original() -> None:
    original = Deadline(4, "work_hour", local("2026-03-09 14:30"), TIME)

    minutes = original.rework_minutes(local("2026-03-09 18:00"))

    assert minutes == 120
    assert Deadline(4, "work_hour", local("2026-03-10 11:00"), TIME, minutes=minutes).due_at == local("2026-03-10 15:00")


def test_rework_of_rework_is_measured_by_the_original() -> None:
    again = Deadline(4, "work_hour", local("2026-03-10 11:00"), TIME, minutes=120)

    assert again.rework_minutes(local("2026-03-10 15:00")) == 120
    assert Deadline(4, "work_hour", local("2026-03-10 11:00"), TIME, minutes=120, extended_times=1).total == dt.timedelta(
        hours=4
    )


@pytest.mark.parametrize(
    ("amount", "unit", "percent", "moment"),
    [
        pytest.param(4, "work_hour", 80, "2026-03-09 11:12", id="warned after 192 of 240 working minutes"),
        pytest.param(4, "work_hour", 150, "2026-03-09 16:00", id="half the limit beyond, in working time"),
        pytest.param(15, "urgent_minute", 80, "2026-03-09 08:12", id="12 of 15 minutes"),
        pytest.param(5, "work_day_legal", 80, "2026-03-13 18:00", id="four of five working days"),
        pytest.param(5, "work_day_legal", 200, "2026-03-23 18:00", id="ten working days"),
    ],
)
def test_percentages_count_in_the_limits_own_time(amount: int, unit: Unit, percent: int, moment: str) -> None:
    assert Deadline(amount, unit, local("2026-03-09 08:00"), TIME).at(percent) == local(moment)


def test_a_limit_that_runs_into_an_unpublished_year_is_provisional() -> None:
    deadline = Deadline(5, "work_day_legal", local("2026-12-30 10:00"), TIME)

    assert deadline.due_at == local("2027-01-07 18:00")
    assert deadline.provisional
    assert "not published" in deadline.explain()[-1].en


def test_a_year_that_is_put_in_is_no_longer_provisional() -> None:
    rest = Day(is_workday=False, why=Term("元旦", "New Year's Day"), source="国办发明电〔2026〕")
    calendar = Calendar({dt.date(2027, 1, 4): rest}, published={2027})

    deadline = Deadline(5, "work_day_legal", local("2026-12-30 10:00"), WorkTime(calendar, Windows(ORDINARY_WINDOWS)))

    # The library has the lunar holidays of the year; what was put in stands over it.
    assert deadline.due_at == local("2027-01-08 18:00")
    assert not deadline.provisional


def test_seasons_have_their_own_windows() -> None:
    time = WorkTime(Calendar(), Windows("08:00-12:00 14:00-18:00; 06-01..09-30 08:00-12:00 15:00-18:00"))

    assert Deadline(5, "work_hour", local("2026-07-06 08:00"), time).due_at == local("2026-07-06 16:00")
    assert Deadline(5, "work_hour", local("2026-03-09 08:00"), time).due_at == local("2026-03-09 15:00")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "08:00",
        "12:00-08:00",
        "08:00-12:00 11:00-14:00",
        "06-01..09-30 08:00-12:00",
        "20:00-25:00",
        "08:00-12:00; 06-01..13-30 08:00-11:00",
    ],
)
def test_windows_that_make_no_sense_are_refused(text: str) -> None:
    with pytest.raises(BadWindows):
        Windows(text)


def test_a_due_time_explains_itself_in_both_languages() -> None:
    pauses = ((local("2026-03-09 09:00"), local("2026-03-10 08:30")),)

    lines = Deadline(4, "work_hour", local("2026-03-06 16:30"), TIME, pauses=pauses).explain()

    assert [line.en for line in lines] == [
        "Starts Fri 2026-03-06 16:30; the limit: 4 working hours.",
        "Fri 2026-03-06 counts 16:30–18:00: 90 minutes.",
        "Sat 2026-03-07 is skipped: weekend.",
        "Sun 2026-03-08 is skipped: weekend.",
        "Mon 2026-03-09 counts 08:00–09:00: 60 minutes.",
        "Paused Mon 2026-03-09 09:00, resumed Tue 2026-03-10 08:30: 90 minutes left.",
        "Tue 2026-03-10 counts 08:30–10:00: 90 minutes.",
        "Due Tue 2026-03-10 10:00.",
    ]
    assert lines[2].zh == "2026-03-07(周六) 周末,不计。"


def test_a_limit_by_law_explains_each_day() -> None:
    lines = Deadline(3, "work_day_legal", local("2026-09-30 17:00"), TIME).explain()

    assert [line.zh for line in lines[1:4]] == [
        "2026-09-30(周三) 当日不计入。",
        "2026-10-01(周四) 国庆节,不计。",
        "2026-10-02(周五) 国庆节,不计。",
    ]
    assert lines[-2].en == "Sat 2026-10-10 is working day 3 (a make-up working day)."
    assert lines[-1].en == "Due Sat 2026-10-10 18:00."


def test_the_contract_shows_a_line_as_it_is_told() -> None:
    lines = Deadline(5, "work_day_legal", local("2026-07-01 17:00"), TIME).explain()

    assert set(TypeAdapter(overdue.Line).json_schema()["examples"]) < {line.zh for line in lines}


def test_a_last_day_that_is_a_rest_day_says_where_it_goes() -> None:
    lines = Deadline(30, "natural_day_legal", local("2026-03-06 16:30"), TIME).explain()

    assert [line.en for line in lines[2:]] == [
        "Sat 2026-03-07 is day 1.",
        "Sun 2026-04-05 is day 30.",
        "Sun 2026-04-05 is no working day (Tomb-Sweeping Day): the next one counts.",
        "Mon 2026-04-06 is no working day (Tomb-Sweeping Day (observed)): the next one counts.",
        "Due Tue 2026-04-07 18:00.",
    ]


# --- what others published -------------------------------------------------------------------------------------------------


@published_elsewhere
def test_every_day_of_three_years_is_what_was_published() -> None:
    calendar = Calendar()
    with (WORKDAYS / "workdays_2024_2026.csv").open() as file:
        rows = list(csv.DictReader(file))

    wrong = [
        row["date"] for row in rows if calendar.day(dt.date.fromisoformat(row["date"])).is_workday != (row["is_workday"] == "1")
    ]

    assert len(rows) == 1_096
    assert wrong == []


@published_elsewhere
def test_eighty_worked_examples_of_working_days() -> None:
    examples = json.loads((WORKDAYS / "expected.json").read_text())["deadline_examples"]

    wrong = [
        case
        for case in examples
        if Deadline(case["working_days"], "work_day_legal", local(f"{case['start']} 10:00"), TIME).due_at
        != local(f"{case['due']} 18:00")
    ]

    assert len(examples) == 80
    assert wrong == []


# --- what holds whatever the numbers ---------------------------------------------------------------------------------------

moments = st.datetimes(dt.datetime(2025, 1, 1), dt.datetime(2027, 3, 1), timezones=st.just(LOCAL))  # noqa: DTZ001  the zone is beside it
units = st.sampled_from(list(UNITS))
amounts = st.integers(1, 40)
spans = st.timedeltas(dt.timedelta(0), dt.timedelta(days=40))


@given(amounts, units, moments, spans)
def test_who_starts_later_is_due_no_earlier(amount: int, unit: Unit, start: dt.datetime, later: dt.timedelta) -> None:
    assert Deadline(amount, unit, start + later, TIME).due_at >= Deadline(amount, unit, start, TIME).due_at


@given(amounts, units, moments)
def test_the_moments_of_a_limit_come_in_their_order(amount: int, unit: Unit, start: dt.datetime) -> None:
    deadline = Deadline(amount, unit, start, TIME)

    assert start <= deadline.at(80) <= deadline.due_at <= deadline.at(150) <= deadline.at(200)


@given(amounts, units, moments)
def test_what_starts_is_counted_like_what_runs(amount: int, unit: Unit, start: dt.datetime) -> None:
    deadline = Deadline(amount, unit, start, TIME)

    assert first_moments(amount, unit, start, TIME) == (deadline.at(80), deadline.due_at, deadline.provisional)


@given(amounts, units, moments, spans)
def test_who_resumes_at_once_loses_nothing(amount: int, unit: Unit, start: dt.datetime, after: dt.timedelta) -> None:
    paused = Deadline(amount, unit, start, TIME, pauses=((start + after, start + after),))

    assert paused.due_at == Deadline(amount, unit, start, TIME).due_at


@given(amounts, st.sampled_from(["work_hour", "work_day_rolling"]), moments)
def test_the_working_time_until_due_is_the_limit(amount: int, unit: Unit, start: dt.datetime) -> None:
    deadline = Deadline(amount, unit, start, TIME)

    assert deadline.used(deadline.due_at) == deadline.total == amount * dt.timedelta(hours=1 if unit == "work_hour" else 8)


@given(amounts, units, moments, spans, spans)
def test_an_explanation_counts_what_the_limit_is(
    amount: int, unit: Unit, start: dt.datetime, after: dt.timedelta, length: dt.timedelta
) -> None:
    deadline = Deadline(amount, unit, start, TIME, pauses=((start + after, start + after + length),))

    assert sum((line.counted for line in deadline.explain()), dt.timedelta(0)) == deadline.total


@given(amounts, units, moments, spans)
def test_a_pause_makes_nothing_due_earlier(amount: int, unit: Unit, start: dt.datetime, length: dt.timedelta) -> None:
    paused = Deadline(amount, unit, start, TIME, pauses=((start, start + length),))

    assert paused.due_at >= Deadline(amount, unit, start, TIME).due_at
