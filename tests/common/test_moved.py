"""What old codes of areas mean today, for filters and for tokens."""

import pytest

from gridwhistle.common.moved import Moved, said_of
from gridwhistle.common.principal import Principal

OLD, NEW, NEWER = "990101001000", "990101002000", "990101003000"
COMMUNITY, ITS_NEW = "990101001005", "990101002015"
ACROSS, HERE = "990102001000", "990101009000"
MOVED = Moved({OLD: NEW, COMMUNITY: ITS_NEW, ACROSS: HERE})


def test_a_code_leads_to_the_area_of_today_however_often_it_was_merged() -> None:
    twice = Moved({OLD: NEW, NEW: NEWER})

    assert (twice.today(OLD), twice.today(NEW), twice.today(NEWER)) == (NEWER, NEWER, NEWER)
    assert twice.prefixes(OLD) == twice.prefixes(NEWER) == ("990101003", "990101001", "990101002")


def test_a_circle_leads_somewhere() -> None:
    assert Moved({OLD: NEW, NEW: OLD}).today(OLD) in {OLD, NEW}


@pytest.mark.parametrize(
    ("area_code", "prefixes"),
    [
        pytest.param(OLD, ("990101002", "990101001"), id="by its old code"),
        pytest.param(NEW, ("990101002", "990101001"), id="by its new code"),
        pytest.param(COMMUNITY, ("990101002015", "990101001005"), id="a community"),
        pytest.param("990101001006", ("990101001006",), id="a community that was not merged"),
        pytest.param("990101000000", ("990101", "990102001"), id="a county, with what joined it"),
        pytest.param("990103001000", ("990103001",), id="what did not move"),
    ],
)
def test_an_area_has_what_was_put_under_any_of_its_codes(area_code: str, prefixes: tuple[str, ...]) -> None:
    assert MOVED.prefixes(area_code) == prefixes


@pytest.mark.parametrize(
    ("areas", "reached"),
    [
        pytest.param(("990101001",), ("990101001", "990101002"), id="an old code"),
        pytest.param(("990101002",), ("990101002", "990101001"), id="a new code"),
        pytest.param(("990101001005",), ("990101001005", "990101002015"), id="a community's old code"),
        pytest.param(("990101",), ("990101", "990102001"), id="a county"),
        pytest.param(("990101001005001",), ("990101001005001",), id="a grid"),
        pytest.param(("",), ("",), id="everywhere"),
        pytest.param((), (), id="nowhere"),
    ],
)
def test_a_token_reaches_what_its_areas_became(areas: tuple[str, ...], reached: tuple[str, ...]) -> None:
    caller = Principal("somebody", frozenset({"town_acceptor"}), areas)

    assert MOVED.widened(caller).areas == reached
    assert Moved({}).widened(caller) is caller


def test_an_answer_says_which_codes_are_old() -> None:
    assert said_of({OLD: NEW, COMMUNITY: ITS_NEW}) == f"{OLD}>{NEW}, {COMMUNITY}>{ITS_NEW}"
