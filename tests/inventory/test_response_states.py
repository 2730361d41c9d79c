"""Responses, sessions and reports as tables: who takes which step by rank, and which level numbers and warnings suggest."""

from itertools import product
from types import SimpleNamespace
from typing import Any

import pytest

from gridwhistle.common.machine import Machine
from gridwhistle.common.principal import ROLES, Principal
from gridwhistle.common.problems import IllegalMove, Problem, WrongRole
from gridwhistle.inventory.responses.domain import (
    EMERGENCY_SESSION,
    LEVELS,
    RESPONSE,
    SITUATION,
    Facts,
    gravest,
    is_at_least,
    level_by_colour,
    level_by_facts,
)
from gridwhistle.inventory.responses.limits import PRESETS, TRIGGERS
from gridwhistle.inventory.responses.refusals import NotAnotherTown, ProposedByYou, ToldAlready
from tests.inventory.a_response import (
    COUNTY,
    DEPUTY,
    DUTY,
    HEAD,
    OFFICE,
)

TOWNS = (f"{COUNTY}001000", f"{COUNTY}002000")
DECIDES = {"iv": {OFFICE, DEPUTY, HEAD}, "iii": {DEPUTY, HEAD}, "ii": {HEAD}, "i": {HEAD}}

# --- the state tables --------------------------------------------------------------------------------------------------------

RESPONSES: dict[tuple[str | None, str], set[str] | None] = {
    (None, "propose"): {DUTY},
    ("proposed", "decide"): None,  # by the level
    ("proposed", "decline"): None,
    ("active", "adjust"): None,
    ("active", "lift"): None,
    **{(state, action): {DUTY} for state in ("proposed", "active") for action in ("report_by_phone", "report_in_writing")},
    ("lifted", "review"): {HEAD, OFFICE},
}


def refusal(machine: Machine, row: Any, action: str, role: str, who: str = "p", area: str = COUNTY) -> type[Problem] | None:
    try:
        machine.step(row, action, Principal(who, frozenset({role}), (area,)))
    except Problem as problem:
        return type(problem)
    return None


def a_response(state: str, level: str) -> Any:
    return SimpleNamespace(state=state, level=level, proposed_by="somebody else", phoned_at=None, written_at=None)


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("level", LEVELS)
def test_each_step_of_a_response_is_for_its_roles_from_its_state(level: str, role: str) -> None:
    for state, action in product([None, *RESPONSE.states], ["propose", *RESPONSE.names]):
        there = (state, action) in RESPONSES
        may = (RESPONSES[state, action] or DECIDES[level]) if there else set()
        expected = (None if role in may else WrongRole) if there else IllegalMove
        row = a_response(state, level) if state else None
        assert refusal(RESPONSE, row, action, role) is expected, (state, action)


def test_who_proposed_does_not_decide() -> None:
    row = SimpleNamespace(state="proposed", level="iv", proposed_by="p")

    assert refusal(RESPONSE, row, "decide", HEAD) is ProposedByYou
    assert refusal(RESPONSE, row, "decline", OFFICE) is ProposedByYou


def test_those_above_are_told_once_each_way() -> None:
    row = SimpleNamespace(state="active", level="iv", proposed_by="q", phoned_at="then", written_at=None)

    assert refusal(RESPONSE, row, "report_by_phone", DUTY) is ToldAlready
    assert refusal(RESPONSE, row, "report_in_writing", DUTY) is None


SESSIONS = {(None, "open"), ("open", "lift"), ("lifted", "purge"), ("purging", "all_purged")}


@pytest.mark.parametrize("role", ROLES)
def test_sessions_open_and_end_by_themselves(role: str) -> None:
    for state, action in product([None, *EMERGENCY_SESSION.states], ["open", *EMERGENCY_SESSION.names]):
        row = SimpleNamespace(state=state) if state else None
        expected = IllegalMove if (state, action) not in SESSIONS else None if role == "auto" else WrongRole
        assert refusal(EMERGENCY_SESSION, row, action, role) is expected


SITUATIONS = {(None, "begin"): "auto", ("first_due", "finish"): "auto", ("daily", "finish"): "auto"} | {
    (state, "report"): "" for state in ("first_due", "daily", "final_due")
}


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("level", ["county", "township"])
def test_a_township_and_the_county_report_for_themselves(level: str, role: str) -> None:
    reports = "county_duty" if level == "county" else "disaster_info_officer"
    for state, action in product([None, *SITUATION.states], ["begin", *SITUATION.names]):
        row = SimpleNamespace(state=state, level=level, area_code=TOWNS[0]) if state else None
        may = SITUATIONS.get((state, action))
        expected = IllegalMove if may is None else None if role == (may or reports) else WrongRole
        assert refusal(SITUATION, row, action, role) is expected
    other = SimpleNamespace(state="daily", level="township", area_code=TOWNS[0])
    assert refusal(SITUATION, other, "report", "disaster_info_officer", area=TOWNS[1][:9]) is NotAnotherTown


# --- which level -------------------------------------------------------------------------------------------------------------

THRESHOLDS = {preset.key: int(preset.value) for preset in PRESETS if preset.key in TRIGGERS.values()}


@pytest.mark.parametrize(
    ("facts", "level"),
    [
        (Facts(), None),
        (Facts(relocated=299, houses_collapsed=29, houses_damaged=99), None),
        (Facts(relocated=300), "iv"),
        (Facts(dead_or_missing=1), "iv"),
        (Facts(dead_or_missing=2, relocated=999), "iv"),
        (Facts(dead_or_missing=3), "iii"),
        (Facts(houses_collapsed=150), "iii"),
        (Facts(houses_damaged=999), "iii"),
        (Facts(relocated=2_500), "ii"),
        (Facts(dead_or_missing=10), "i"),
        (Facts(dead_or_missing=1, relocated=5_000), "i"),
    ],
)
def test_one_number_is_enough_to_trigger_a_level(facts: Facts, level: str | None) -> None:
    assert level_by_facts(facts, THRESHOLDS) == level


def test_the_graver_of_numbers_and_warning_is_suggested() -> None:
    assert [level_by_colour(colour) for colour in ("red", "orange", "yellow", "blue")] == ["iii", "iv", None, None]
    assert gravest("iv", "ii", None) == "ii"
    assert gravest(None, None) is None
    assert [is_at_least(level, "iii") for level in LEVELS] == [True, True, True, False]
