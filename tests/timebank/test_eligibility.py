"""Who may take a service on, and from which minutes it is paid."""

import datetime as dt
from dataclasses import replace

import pytest

from gridwhistle.common.problems import Problem
from gridwhistle.timebank.eligibility import (
    Ages,
    AgeUnknown,
    ClaimsPaused,
    GuardianMissing,
    NotActive,
    NotAlone,
    NotEntitled,
    NotInsured,
    ReputationTooLow,
    TooOld,
    TooYoung,
    TooYoungHere,
    TooYoungToBeServed,
    TrainingMissing,
    Volunteer,
    Wanted,
    payer_of,
    why_not,
    why_not_served,
)

DAY, NOW = dt.date(2026, 7, 6), dt.datetime(2026, 7, 1, 8, tzinfo=dt.UTC)
ANYBODY = Ages(least=0, most=0, minors_with_guardian=True)
GROWN = Volunteer(state="active", birth_year=1990, guardian_agreed=False, insured_until=DAY, trainings=(), paused_until=None)
YOUNG = replace(GROWN, birth_year=2010, guardian_agreed=True)
COMPANY = Wanted("ordinary", people_needed=1, minors_allowed=False, training_required=None, min_reputation=None)
TOGETHER = replace(COMPANY, people_needed=3, minors_allowed=True)


@pytest.mark.parametrize(
    ("who", "wanted", "ages", "refusal"),
    [
        pytest.param(GROWN, COMPANY, ANYBODY, None, id="a grown-up"),
        pytest.param(replace(GROWN, state="frozen"), COMPANY, ANYBODY, NotActive, id="who is frozen"),
        pytest.param(replace(GROWN, paused_until=NOW + dt.timedelta(days=1)), COMPANY, ANYBODY, ClaimsPaused, id="paused"),
        pytest.param(replace(GROWN, paused_until=NOW), COMPANY, ANYBODY, None, id="whose pause is over"),
        pytest.param(replace(GROWN, birth_year=None), COMPANY, ANYBODY, AgeUnknown, id="of unknown age"),
        pytest.param(replace(GROWN, insured_until=None), COMPANY, ANYBODY, NotInsured, id="never insured"),
        pytest.param(replace(GROWN, insured_until=DAY - dt.timedelta(days=1)), COMPANY, ANYBODY, NotInsured, id="no longer"),
        pytest.param(YOUNG, TOGETHER, ANYBODY, None, id="a minor among others, with a guardian's consent"),
        pytest.param(YOUNG, replace(TOGETHER, people_needed=1), ANYBODY, NotAlone, id="a minor alone"),
        pytest.param(replace(YOUNG, guardian_agreed=False), TOGETHER, ANYBODY, GuardianMissing, id="without consent"),
        pytest.param(YOUNG, COMPANY, ANYBODY, TooYoung, id="a minor where it is not for minors"),
        pytest.param(YOUNG, TOGETHER, replace(ANYBODY, minors_with_guardian=False), TooYoung, id="where no minor serves"),
        pytest.param(YOUNG, replace(TOGETHER, kind="emergency"), ANYBODY, TooYoung, id="a minor in an emergency"),
        pytest.param(replace(YOUNG, birth_year=2008), COMPANY, ANYBODY, TooYoung, id="whose birthday may be still to come"),
        pytest.param(replace(YOUNG, birth_year=2007), COMPANY, ANYBODY, None, id="who is of age for sure"),
        pytest.param(GROWN, COMPANY, replace(ANYBODY, least=60, most=70), TooYoungHere, id="where the old earn"),
        pytest.param(replace(GROWN, birth_year=1950), COMPANY, replace(ANYBODY, most=70), TooOld, id="too old here"),
        pytest.param(GROWN, replace(COMPANY, training_required="first_aid"), ANYBODY, TrainingMissing, id="untrained"),
        pytest.param(
            replace(GROWN, trainings=("first_aid",)),
            replace(COMPANY, training_required="first_aid"),
            ANYBODY,
            None,
            id="trained",
        ),
        pytest.param(GROWN, replace(COMPANY, min_reputation=5), ANYBODY, None, id="whom nobody has rated yet"),
        pytest.param(
            replace(GROWN, rating_sum=14, rating_count=3),
            replace(COMPANY, min_reputation=5),
            ANYBODY,
            ReputationTooLow,
            id="rated below what is asked",
        ),
    ],
)
def test_who_may_take_a_service_on(who: Volunteer, wanted: Wanted, ages: Ages, refusal: type[Problem] | None) -> None:
    said = why_not(who, wanted, DAY, NOW, ages)

    assert (type(said) if said else None) is refusal
    assert said is None or (said.sentence("zh") and said.sentence("en"))


@pytest.mark.parametrize(
    ("category", "free_minutes", "payer"),
    [
        pytest.param(None, 75, "beneficiary", id="who has saved pays"),
        pytest.param("key_lonely_elderly", 75, "beneficiary", id="one's own first"),
        pytest.param("key_lonely_elderly", 0, "pool", id="the pool for whom it is there"),
        pytest.param("key_lonely_elderly", 74, "pool", id="the pool where one's own are not enough"),
    ],
)
def test_from_which_minutes_a_service_is_paid(category: str | None, free_minutes: int, payer: str) -> None:
    assert payer_of(category, free_minutes, needed_minutes=75) == payer


@pytest.mark.parametrize("category", [None, "elderly"])
def test_nobody_is_served_without_minutes_enough_or_an_entitlement(category: str | None) -> None:
    with pytest.raises(NotEntitled):
        payer_of(category, free_minutes=74, needed_minutes=75)


@pytest.mark.parametrize(
    ("born", "category", "least", "refusal"),
    [
        pytest.param(1966, None, (60, 60), None, id="who becomes sixty this year"),
        pytest.param(1967, None, (60, 60), TooYoungToBeServed, id="who becomes sixty next year"),
        pytest.param(1964, "elderly", (65, 60), TooYoungToBeServed, id="a label that is no need"),
        pytest.param(1964, "special_difficulty", (65, 60), None, id="in need, from an age of its own"),
        pytest.param(1967, "key_lonely_elderly", (65, 60), TooYoungToBeServed, id="in need, and younger than that"),
        pytest.param(1990, None, (0, 60), None, id="where there is no least age"),
        pytest.param(None, None, (60, 60), AgeUnknown, id="of unknown age"),
        pytest.param(None, None, (0, 0), None, id="of unknown age where none matters"),
    ],
)
def test_who_may_be_served(
    born: int | None, category: str | None, least: tuple[int, int], refusal: type[Problem] | None
) -> None:
    said = why_not_served(born, category, DAY, least=least[0], least_in_need=least[1])

    assert (type(said) if said else None) is refusal
