"""Teams, their part in a mobilisation, and social organisations as tables: every state, every action, every role."""

from types import SimpleNamespace
from typing import Any

import pytest

from gridwhistle.common.machine import Machine
from gridwhistle.common.principal import ROLES, Principal
from gridwhistle.common.problems import IllegalMove, Problem, WrongRole
from gridwhistle.inventory.teams.team_states import MOBILIZED_TEAM, RESPONSE_TEAM, SOCIAL_ORGANISATION

May = dict[tuple[str | None, str], set[str]]
OFFICE, COMMANDER, LEADER, AUTO = {"inventory_manager"}, {"emergency_commander"}, {"team_leader"}, {"auto"}
HOME = ("ready", "unavailable", "resting")
TEAMS: May = {
    (None, "enrol"): OFFICE,
    **{(state, action): OFFICE | LEADER for state in HOME for action in ("join", "part", "insure")},
    ("mobilized", "insure"): OFFICE | LEADER,
    **{(state, action): OFFICE for state in HOME for action in ("name_leader", "disband")},
    ("ready", "pause"): OFFICE | LEADER,
    ("unavailable", "resume"): OFFICE | LEADER,
    ("ready", "mobilize"): COMMANDER | AUTO,
    ("mobilized", "free"): AUTO,
    ("mobilized", "rest"): AUTO,
    ("resting", "rested"): AUTO,
}
PARTS: May = {
    (None, "order"): COMMANDER | AUTO,
    ("ordered", "ack"): LEADER,
    ("assembling", "arrive"): LEADER,
    ("onsite", "call_roll"): LEADER,
    ("assembling", "stand_down"): LEADER,
    **{(state, "call_off"): COMMANDER | AUTO for state in ("ordered", "assembling")},
    ("onsite", "release"): COMMANDER,
}
SOCIAL: May = {
    (None, "list"): OFFICE,
    ("listed", "call_in"): COMMANDER,
    ("called_in", "release"): COMMANDER,
    ("listed", "strike"): OFFICE,
}


def said(machine: Machine, thing: Any, action: str, role: str) -> str:
    try:
        machine.step(thing, action, Principal("leader", frozenset({role}), ("990101",)))
    except IllegalMove:
        return "not from here"
    except WrongRole:
        return "not this role"
    except Problem as refusal:
        return refusal.code
    return "done"


@pytest.mark.parametrize(
    ("machine", "may"),
    [
        pytest.param(RESPONSE_TEAM, TEAMS, id="response_team"),
        pytest.param(MOBILIZED_TEAM, PARTS, id="mobilized_team"),
        pytest.param(SOCIAL_ORGANISATION, SOCIAL, id="social_organisation"),
    ],
)
def test_each_step_is_taken_by_its_roles_and_by_nobody_else(machine: Machine, may: May) -> None:
    wrong = []

    for state in (None, *machine.states):
        thing = SimpleNamespace(state=state, leader_id="leader") if state else None
        for action in sorted({step.action for step in machine.steps}):
            for role in sorted(ROLES):
                roles = may.get((state, action))
                expected = "not from here" if roles is None else "done" if role in roles else "not this role"
                if (told := said(machine, thing, action, role)) != expected:
                    wrong.append(f"{state} {action} {role}: {told}, not {expected}")

    assert not wrong


@pytest.mark.parametrize("machine", [RESPONSE_TEAM, MOBILIZED_TEAM])
def test_a_leader_speaks_for_their_own_team_alone(machine: Machine) -> None:
    led = [step for step in machine.steps if "team_leader" in step.who]

    assert led
    for step in led:
        thing = SimpleNamespace(state=step.source, leader_id="somebody else")
        assert said(machine, thing, step.action, "team_leader") == "not_your_team"
