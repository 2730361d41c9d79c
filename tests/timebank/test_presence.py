"""How it is shown that somebody was there."""

import datetime as dt

import pytest

from gridwhistle.common.problems import Problem
from gridwhistle.timebank.presence import TooEarly, TooLate, arrives, is_enough

BEGINS = dt.datetime(2026, 7, 6, 1, 0, tzinfo=dt.UTC)
HALF_AN_HOUR = dt.timedelta(minutes=30)


@pytest.mark.parametrize(
    ("minutes", "refusal"),
    [(-31, TooEarly), (-30, None), (0, None), (30, None), (31, TooLate)],
)
def test_people_check_in_within_half_an_hour_of_the_beginning(minutes: int, refusal: type[Problem] | None) -> None:
    said = arrives(BEGINS, BEGINS + dt.timedelta(minutes=minutes), HALF_AN_HOUR)

    assert (type(said) if said else None) is refusal


@pytest.mark.parametrize(
    ("proofs", "enough"),
    [
        ([], False),
        (["pin"], False),
        (["place", "place"], False),
        (["place", "photo"], True),
        (["pin", "clerk"], True),
        (["pin", "place", "clerk", "photo"], True),
    ],
)
def test_two_of_four_proofs_are_enough(proofs: list[str], enough: bool) -> None:
    assert is_enough(proofs) is enough
