"""How many minutes a service is worth, and how many of them somebody may still earn."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gridwhistle.timebank.settling import Settlement, Terms, held_for, settle, worth

ORDINARY = Terms(step_minutes=15, tolerance_percent=125, daily_cap_minutes=0, lifetime_cap_minutes=0)
CAPPED = Terms(step_minutes=15, tolerance_percent=125, daily_cap_minutes=120, lifetime_cap_minutes=90_000)


@pytest.mark.parametrize(
    ("agreed", "actual", "minutes"),
    [
        pytest.param(60, 80, 75, id="longer than agreed, up to a quarter more"),
        pytest.param(60, 52, 45, id="in whole quarters of an hour"),
        pytest.param(60, 9, 0, id="less than a quarter is hours of honour alone"),
        pytest.param(60, 60, 60, id="as agreed"),
        pytest.param(60, 0, 0, id="nothing"),
        pytest.param(50, 500, 60, id="a quarter more than 50 minutes is four quarters of an hour"),
    ],
)
def test_a_service_is_worth_what_it_took_in_whole_steps_and_little_more_than_was_agreed(
    agreed: int, actual: int, minutes: int
) -> None:
    assert worth(agreed, actual, ORDINARY) == minutes


@pytest.mark.parametrize(
    ("today", "ever", "took", "earned", "overflow"),
    [
        pytest.param(0, 0, 75, 75, 0, id="below every cap"),
        pytest.param(90, 90, 75, 30, 45, id="the day's cap"),
        pytest.param(0, 89_990, 75, 10, 65, id="a life's cap"),
        pytest.param(120, 120, 75, 0, 75, id="a day that is full"),
        pytest.param(100, 89_990, 75, 10, 65, id="the narrower of two caps"),
    ],
)
def test_what_is_above_a_cap_is_not_earned_and_not_lost(today: int, ever: int, took: int, earned: int, overflow: int) -> None:
    result = settle(60, took, today, ever, CAPPED)

    assert result == Settlement(served_minutes=took, earned_minutes=earned, overflow_minutes=overflow)


def test_what_a_county_allows_since_is_no_more_than_was_held_for_it() -> None:
    result = settle(60, 80, 0, 0, ORDINARY, held_minutes=60)

    assert result == Settlement(served_minutes=80, earned_minutes=60, overflow_minutes=0)


def test_nine_minutes_are_recorded_and_not_paid() -> None:
    assert settle(60, 9, 0, 0, CAPPED) == Settlement(served_minutes=9, earned_minutes=0, overflow_minutes=0)


@given(agreed=st.integers(15, 1_440), actual=st.integers(0, 3_000), today=st.integers(0, 1_000), ever=st.integers(0, 100_000))
def test_whatever_happens_no_more_is_paid_than_was_held(agreed: int, actual: int, today: int, ever: int) -> None:
    result = settle(agreed, actual, today, ever, CAPPED)

    assert result.paid_minutes <= held_for(agreed, CAPPED) <= agreed * 125 // 100
    assert min(result.earned_minutes, result.overflow_minutes) >= 0
    assert result.earned_minutes + today <= max(120, today)
    assert result.earned_minutes + ever <= max(90_000, ever)
