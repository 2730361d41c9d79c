"""What hangs on an incident, as tables: every state, every action, every role; and who may not, whatever their role."""

from types import SimpleNamespace
from typing import Any

import pytest

from gridwhistle.common.denies import ApprovedByYou, ConcernsYou
from gridwhistle.common.machine import Machine
from gridwhistle.common.principal import ROLES, Principal
from gridwhistle.common.problems import IllegalMove, Problem, WrongRole
from gridwhistle.incidents.children import ADJUSTMENT, ANYBODY, OBJECTION, TASK
from gridwhistle.incidents.refusals import AskedByAnother

May = dict[tuple[str | None, str], set[str]]
ANY = set(ANYBODY)
REQUESTS: May = {
    (None, "request"): {"dept_handler"},
    (None, "ask_void"): {"town_acceptor"},
    ("requested", "endorse"): {"dept_leader"},
    ("requested", "decline"): {"dept_leader"},
    ("requested", "withdraw_request"): {"dept_handler"},
    ("endorsed", "withdraw_request"): {"dept_handler"},
    ("endorsed", "approve"): {"town_dispatcher"},
    ("endorsed", "deny"): {"town_dispatcher"},
    ("asked", "void"): {"town_leader"},
    ("asked", "refuse_void"): {"town_leader"},
    ("asked", "withdraw_void"): {"town_acceptor"},
    ("requested", "lapse"): ANY,
    ("endorsed", "lapse"): ANY,
    ("asked", "lapse"): ANY,
}
OBJECTIONS: May = {
    (None, "object"): {"dept_desk"},
    (None, "contest"): {"hotline_desk", "resident"},
    ("raised", "uphold"): {"town_dispatcher"},
    ("raised", "deny_objection"): {"town_dispatcher"},
    ("raised", "county_decide"): {"county_duty"},
    ("raised", "objection_upheld"): {"town_leader"},
    ("raised", "objection_denied"): {"town_leader"},
    ("raised", "withdraw_objection"): {"dept_desk"},
    ("raised", "lapse"): ANY,
}
TASKS: May = {
    (None, "give"): {"town_acceptor", "grid_worker", "auto"},
    ("given", "answer"): {"grid_worker"},
    ("given", "lapse"): ANY,
}
TABLES = [
    pytest.param(ADJUSTMENT, REQUESTS, id="requests"),
    pytest.param(OBJECTION, OBJECTIONS, id="objections"),
    pytest.param(TASK, TASKS, id="tasks"),
]


def a_row(state: str | None, **values: Any) -> SimpleNamespace | None:
    usual = {"subject_id": "who asked", "approved_by": None, "asked_by": "me"}
    return SimpleNamespace(state=state, **{**usual, **values}) if state else None


def said(machine: Machine, row: Any, action: str, caller: Principal) -> type[Problem] | None:
    try:
        machine.step(row, action, caller)
    except Problem as refusal:
        return type(refusal)
    return None


@pytest.mark.parametrize(("machine", "may"), TABLES)
def test_every_state_action_and_role(machine: Machine, may: May) -> None:
    wrong = []
    for state in (None, *machine.states):
        for action in {step.action for step in machine.steps}:
            for role in ROLES:
                allowed = may.get((state, action))
                expected = IllegalMove if allowed is None else None if role in allowed else WrongRole
                if said(machine, a_row(state), action, Principal("me", frozenset({role}), ("990101",))) is not expected:
                    wrong.append((state, action, role))

    assert not wrong


@pytest.mark.parametrize(("machine", "may"), TABLES)
def test_the_table_names_every_step(machine: Machine, may: May) -> None:
    assert may.keys() == {(step.source, step.action) for step in machine.steps}


@pytest.mark.parametrize(
    ("state", "action", "values", "refusal"),
    [
        pytest.param("requested", "endorse", {"subject_id": "me"}, ConcernsYou, id="I asked, and endorse"),
        pytest.param("endorsed", "approve", {"approved_by": "me"}, ApprovedByYou, id="I endorsed, and approve"),
        pytest.param("asked", "void", {"subject_id": "me"}, ConcernsYou, id="I asked to void, and agree"),
        pytest.param("asked", "withdraw_void", {"asked_by": "other"}, AskedByAnother, id="another asked to void"),
        pytest.param("endorsed", "withdraw_request", {"asked_by": "other"}, AskedByAnother, id="another asked, and I withdraw"),
    ],
)
def test_who_may_not_whatever_their_role(state: str, action: str, values: dict[str, Any], refusal: type[Problem]) -> None:
    everybody = Principal("me", frozenset(ROLES), ("990101",))

    assert said(ADJUSTMENT, a_row(state, **values), action, everybody) is refusal
