"""What a warning is: its states and who moves it, its id, its authority, and where it holds."""

from typing import Any

import pytest

from gridwhistle.common.machine import Machine
from gridwhistle.common.principal import ROLES, Principal
from gridwhistle.common.problems import IllegalMove, Problem, WrongRole
from gridwhistle.inventory.alerts import domain
from gridwhistle.inventory.alerts.domain import (
    WARNING,
    SeveralCounties,
    WarningAreaUnclear,
    WarningIdUnclear,
    areas_of,
    check_id,
    level_of,
)
from gridwhistle.inventory.alerts.tables import warnings

FEED = {"county_duty", "emergency_commander", "integrator"}
MAY = {
    (None, "relay"): FEED,
    ("relayed", "update"): FEED,
    ("relayed", "cancel"): FEED,
    ("relayed", "expire"): {"auto"},
}


def refusal(machine: Machine, state: str | None, action: str, role: str) -> type[Problem] | None:
    row: Any = type("Row", (), {"state": state}) if state else None
    try:
        machine.step(row, action, Principal("p", frozenset({role}), ("990401",)))
    except Problem as problem:
        return type(problem)
    return None


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("action", ["relay", "update", "cancel", "expire"])
@pytest.mark.parametrize("state", [None, *WARNING.states])
def test_each_step_is_for_its_roles_from_its_state(state: str | None, action: str, role: str) -> None:
    may = MAY.get((state, action))
    expected = IllegalMove if may is None else None if role in may else WrongRole
    assert refusal(WARNING, state, action, role) is expected


def test_the_tables_states_are_the_machines() -> None:
    assert warnings.info["machine"] is WARNING
    assert {step.target for step in WARNING.steps if step.target not in {s.source for s in WARNING.steps}} == set(domain.ENDED)


# --- what a warning is -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("warning_id", "is_one"),
    [
        ("99010100000000_20260706083000_0", True),
        ("99010100000000_20260706083000_", False),  # 30 characters
        ("99010100000000_20260706083000_00", False),
        ("9901010000000a_20260706083000_0", False),
        ("99010100000000_20260230083000_0", False),  # no such day
        ("99010100000000_20260706243000_0", False),
        ("99010100000000-20260706083000-0", False),
        ("99010100000000_20260706083000_0\n", False),
        ("", False),
    ],
)
def test_a_warning_has_the_31_characters_of_its_authority(warning_id: str, is_one: bool) -> None:
    if is_one:
        assert check_id(warning_id) == warning_id
        return
    with pytest.raises(WarningIdUnclear):
        check_id(warning_id)


@pytest.mark.parametrize(
    ("place", "level"), [("000000", "national"), ("990000", "province"), ("990100", "city"), ("990101", "county")]
)
def test_the_id_says_of_which_level_the_authority_is(place: str, level: str) -> None:
    assert level_of(f"{place}00000000_20260706083000_0") == level


@pytest.mark.parametrize(
    ("codes", "reach", "holds"),
    [
        (["990101"], ["990101"], ["990101000000"]),
        (["990101001"], ["990101"], ["990101001000"]),
        (["990101001001"], ["990101"], ["990101001001"]),
        (["990101001100"], ["990101"], ["990101001100"]),
        (["990100"], ["990101"], ["990101000000"]),
        (["990000"], ["990101"], ["990101000000"]),
        (["990100000000"], ["990101"], ["990101000000"]),
        (["990101001", "990102001"], ["990101"], ["990101001000"]),
        (["990101002", "990101001", "990101001000"], ["990101"], ["990101001000", "990101002000"]),
        (["990101"], ["990101001"], ["990101001000"]),
        ([f"990101{n:03}{m:03}" for n in range(1, 3) for m in range(1, 61)], ["990101"], ["990101000000"]),
    ],
)
def test_a_warning_holds_where_its_codes_and_ones_jurisdiction_meet(
    codes: list[str], reach: list[str], holds: list[str]
) -> None:
    assert areas_of(codes, reach) == holds


@pytest.mark.parametrize(
    ("codes", "reach", "why"),
    [
        ([], ["990101"], WarningAreaUnclear),
        (["990102"], ["990101"], WarningAreaUnclear),
        (["CN-99"], ["990101"], WarningAreaUnclear),
        (["990101"], [], WarningAreaUnclear),
        (["990100"], ["990101", "990102"], SeveralCounties),
    ],
)
def test_where_a_warning_holds_is_said(codes: list[str], reach: list[str], why: type[Problem]) -> None:
    with pytest.raises(why):
        areas_of(codes, reach)
