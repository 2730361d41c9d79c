"""The closed loop as a table: every state, every action, every role."""

from types import SimpleNamespace
from uuid import uuid4

import pytest

from gridwhistle.common.principal import ROLES, Principal
from gridwhistle.common.problems import IllegalMove, Problem, WrongRole
from gridwhistle.incidents.domain import INCIDENT, AnotherDepartment, HandledByYou, NotYourCheck, checker_among, masked

CHECKER = str(uuid4())
MAY = {
    (None, "report"): {
        "resident",
        "grid_worker",
        "grid_leader",
        "community_admin",
        "town_acceptor",
        "dept_desk",
        "county_admin",
        "integrator",
    },
    ("reported", "accept"): {"town_acceptor"},
    ("accepted", "file"): {"town_acceptor"},
    ("filed", "dispatch"): {"town_dispatcher"},
    ("dispatched", "sign"): {"dept_desk"},
    ("in_progress", "submit"): {"dept_handler"},
    ("dept_review", "confirm"): {"dept_leader"},
    ("handled", "order_check"): {"town_acceptor"},
    ("checking", "checked"): {"grid_worker"},
    ("checked", "close"): {"town_acceptor"},
}


def an_incident(state: str, handled_by: str | None = "handler") -> SimpleNamespace:
    return SimpleNamespace(state=state, handled_by=handled_by, checker_id=CHECKER, lead_org="990101-water")


@pytest.mark.parametrize("role", sorted(ROLES))
@pytest.mark.parametrize("action", sorted({step.action for step in INCIDENT.steps}))
@pytest.mark.parametrize("state", [None, *INCIDENT.states])
def test_every_state_action_and_role(state: str | None, action: str, role: str) -> None:
    row = an_incident(state) if state else None
    caller = Principal(id=CHECKER, roles=frozenset({role}), areas=("990101",), org="990101-water")
    allowed = MAY.get((state, action))

    if allowed is None:
        with pytest.raises(IllegalMove):
            INCIDENT.step(row, action, caller)
    elif role not in allowed:
        with pytest.raises(WrongRole):
            INCIDENT.step(row, action, caller)
    else:
        assert INCIDENT.step(row, action, caller).action == action
    if row:
        assert (action in INCIDENT.actions(row, caller)) == (allowed is not None and role in allowed)


@pytest.mark.parametrize(
    ("handled_by", "who", "refusal"),
    [
        pytest.param("handler", CHECKER, None, id="the worker whom the check was given to"),
        pytest.param("handler", str(uuid4()), NotYourCheck, id="another worker"),
        pytest.param(CHECKER, CHECKER, HandledByYou, id="the worker who handled it"),
    ],
)
def test_nobody_checks_what_they_handled_or_was_given_to_another(
    handled_by: str, who: str, refusal: type[Problem] | None
) -> None:
    caller = Principal(id=who, roles=frozenset({"grid_worker"}), areas=("990101",))
    incident = an_incident("checking", handled_by)

    if refusal is None:
        assert INCIDENT.step(incident, "checked", caller).target == "checked"
    else:
        with pytest.raises(refusal):
            INCIDENT.step(incident, "checked", caller)


@pytest.mark.parametrize(("state", "action"), [("dispatched", "sign"), ("in_progress", "submit"), ("dept_review", "confirm")])
def test_only_the_department_that_has_it_acts_whatever_other_roles_its_people_have(state: str, action: str) -> None:
    roles = frozenset({"dept_desk", "dept_handler", "dept_leader", "resident"})
    stranger = Principal(id="x", roles=roles, areas=("990101",), org="990101-power")

    with pytest.raises(AnotherDepartment):
        INCIDENT.step(an_incident(state), action, stranger)


def test_who_has_a_check_keeps_it_while_on_shift() -> None:
    assert checker_among(["a", "b"], None, {"a": 5}, has_it="a") == "a"
    assert checker_among(["b"], None, {}, has_it="a") == "b"


@pytest.mark.parametrize(
    ("on_shift", "handled_by", "open_checks", "checker"),
    [
        pytest.param([], None, {}, None, id="nobody is on shift"),
        pytest.param(["a"], "a", {}, None, id="only who handled it is on shift"),
        pytest.param(["a", "b"], "a", {}, "b", id="somebody else than who handled it"),
        pytest.param(["a", "b"], None, {"a": 2, "b": 1}, "b", id="who has fewer checks to do"),
        pytest.param(["b", "a"], None, {}, "a", id="the same one whatever the order"),
    ],
)
def test_a_check_goes_to_somebody_on_shift_who_did_not_handle_it(
    on_shift: list[str], handled_by: str | None, open_checks: dict[str, int], checker: str | None
) -> None:
    assert checker_among(on_shift, handled_by, open_checks) == checker


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("联系 13812345678 王某", "联系 138****5678 王某"),
        ("证号 33010619900101123X", "证号 330****123X"),
        ("打 +86 138 1234 5678 或 138-1234-5678", "打 +86****5678 或 138****5678"),
        ("工单 1234567890123 号", "工单 1234567890123 号"),
        ("路灯 3 盏不亮", "路灯 3 盏不亮"),
    ],
)
def test_mobile_and_identity_numbers_in_texts_are_masked(written: str, kept: str) -> None:
    assert masked(written) == kept
