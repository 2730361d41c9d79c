"""Shelters and support points as tables: every state, every action, every role, and who may not."""

from types import SimpleNamespace
from typing import Any

import pytest

from gridwhistle.common.machine import Machine
from gridwhistle.common.principal import ROLES, Principal
from gridwhistle.common.problems import IllegalMove, Problem, WrongRole
from gridwhistle.inventory.places.domain import AreaUnknown, StillThere
from gridwhistle.inventory.places.shelter_states import SHELTER, SUPPORT_POINT

May = dict[tuple[str | None, str], set[str]]
OFFICE, COMMANDER, MANAGER = {"inventory_manager"}, {"emergency_commander"}, {"shelter_manager"}
SHELTERS: May = {
    (None, "register"): OFFICE,
    ("planned", "accept"): OFFICE,
    ("ready", "propose"): {"auto"},
    ("proposed", "pass_over"): {*COMMANDER, "auto"},
    ("proposed", "stand_by"): COMMANDER,
    ("ready", "stand_by"): COMMANDER,
    ("standby", "stand_down"): COMMANDER,
    ("standby", "open"): MANAGER,
    **{(state, "admit"): MANAGER for state in ("open", "full")},
    **{(state, action): MANAGER for state in ("open", "full", "closing") for action in ("let_go", "recount")},
    ("open", "fill"): {"auto"},
    ("full", "relieve"): {"auto"},
    **{(state, "close"): COMMANDER for state in ("open", "full")},
    ("closing", "restore"): MANAGER,
    **{(state, "retire"): OFFICE for state in ("planned", "ready")},
}
POINTS: May = {
    (None, "add"): OFFICE,
    ("available", "take_up"): COMMANDER | MANAGER,
    ("in_use", "give_back"): COMMANDER | MANAGER,
    **{(state, "fail"): OFFICE | MANAGER for state in ("available", "in_use")},
    ("out_of_order", "mend"): OFFICE | MANAGER,
    **{(state, "withdraw"): OFFICE for state in ("available", "out_of_order")},
}
TABLES = [pytest.param(SHELTER, SHELTERS, id="shelter"), pytest.param(SUPPORT_POINT, POINTS, id="support_point")]


def row(state: str | None, **more: Any) -> Any:
    return SimpleNamespace(**{"state": state, "capacity": 100, "people": 0, **more}) if state else None


def said(machine: Machine, thing: Any, action: str, role: str) -> str:
    try:
        machine.step(thing, action, Principal("somebody", frozenset({role}), ("990101",)))
    except IllegalMove:
        return "not from here"
    except WrongRole:
        return "not this role"
    except Problem as refusal:
        return refusal.code
    return "done"


@pytest.mark.parametrize(("machine", "may"), TABLES)
def test_each_step_is_taken_by_its_roles_and_by_nobody_else(machine: Machine, may: May) -> None:
    actions = {step.action for step in machine.steps}
    wrong = []

    for state in (None, *machine.states):
        for action in sorted(actions):
            for role in sorted(ROLES):
                roles = may.get((state, action))
                expected = "not from here" if roles is None else "done" if role in roles else "not this role"
                if (told := said(machine, row(state), action, role)) != expected:
                    wrong.append(f"{state} {action} {role}: {told}, not {expected}")

    assert not wrong


@pytest.mark.parametrize(
    ("thing", "action", "role", "refusal"),
    [
        (row("planned", capacity=None), "accept", "inventory_manager", AreaUnknown),
        (row("planned", capacity=0), "accept", "inventory_manager", AreaUnknown),
        (row("closing", people=3), "restore", "shelter_manager", StillThere),
    ],
)
def test_a_guard_refuses_and_hides_the_action(thing: Any, action: str, role: str, refusal: type[Problem]) -> None:
    caller = Principal("somebody", frozenset({role}), ("990101",))

    with pytest.raises(refusal):
        SHELTER.step(thing, action, caller)

    assert action not in SHELTER.actions(thing, caller)
