"""The closed loop as a table: every state, every action, every role."""

from collections import Counter
from types import SimpleNamespace
from typing import Any
from uuid import uuid4

import pytest

from gridwhistle.common.personal import masked
from gridwhistle.common.principal import ROLES, Principal
from gridwhistle.common.problems import IllegalMove, Problem, WrongRole
from gridwhistle.incidents.domain import ENDED, INCIDENT, OPEN, WORKED_ON, checker_among
from gridwhistle.incidents.handling import Sign
from gridwhistle.incidents.limits import RULE_SETS
from gridwhistle.incidents.refusals import (
    AlreadyAsked,
    AnotherDepartment,
    AnotherHandler,
    AskedByAnother,
    AskedByYou,
    CheckNeeded,
    ContestedBefore,
    EndorsedAlready,
    FixedHere,
    HandledByYou,
    MayNotRefuse,
    NoQuestion,
    NotEndorsed,
    NotFromThePublic,
    NothingAsked,
    NotYourCheck,
    ReopenedBefore,
    ReportedByYou,
    TooLateToObject,
    VerifiedAlready,
)
from gridwhistle.incidents.tables import incidents

CHECKER = str(uuid4())
HELPED = {"town_dispatcher", "grid_leader", "county_duty"}
MAY = {
    (None, "report"): {
        "resident",
        "grid_worker",
        "grid_leader",
        "community_admin",
        "town_acceptor",
        "dept_desk",
        "hotline_desk",
        "county_admin",
        "integrator",
        "auto",
    },
    (None, "import_closed"): {"integrator"},
    ("reported", "accept"): {"town_acceptor"},
    ("reported", "resolve_on_spot"): {"grid_worker"},
    ("sampled", "sample_passed"): {"grid_leader"},
    ("sampled", "sample_failed"): {"grid_leader"},
    ("self_resolved", "settle"): {"auto"},
    ("reported", "redirect"): {"town_acceptor"},
    ("reported", "reject"): {"town_acceptor"},
    ("reported", "merge"): {"town_acceptor"},
    ("reported", "order_verification"): {"town_acceptor"},
    ("rejected", "contest"): {"hotline_desk", "resident"},
    ("rejected", "contest_over"): {"auto"},
    ("contested", "objection_upheld"): {"town_leader"},
    ("contested", "objection_denied"): {"town_leader"},
    ("verifying", "verified"): {"grid_worker"},
    ("verifying", "verified_false"): {"grid_worker"},
    ("verifying", "verified_unclear"): {"grid_worker"},
    ("accepted", "file"): {"town_acceptor"},
    ("accepted", "answer"): {"town_acceptor"},
    ("filed", "dispatch"): {"town_dispatcher"},
    ("dispatched", "sign"): {"dept_desk"},
    ("dispatched", "object"): {"dept_desk"},
    ("objected", "uphold"): {"town_dispatcher"},
    ("objected", "deny_objection"): {"town_dispatcher"},
    ("objected", "withdraw_objection"): {"dept_desk"},
    ("disputed", "withdraw_objection"): {"dept_desk"},
    ("disputed", "county_decide"): {"county_duty"},
    ("in_progress", "request_extension"): {"dept_handler"},
    ("in_progress", "request_suspension"): {"dept_handler"},
    ("in_progress", "withdraw_request"): {"dept_handler"},
    ("in_progress", "endorse"): {"dept_leader"},
    ("in_progress", "decline"): {"dept_leader"},
    ("in_progress", "approve"): {"town_dispatcher"},
    ("in_progress", "deny"): {"town_dispatcher"},
    ("suspended", "resume"): {"town_dispatcher", "auto"},
    ("in_progress", "submit"): {"dept_handler"},
    ("dept_review", "send_back"): {"dept_leader"},
    ("dept_review", "confirm"): {"dept_leader"},
    ("handled", "order_check"): {"town_acceptor", "auto"},
    ("handled", "waive_check"): {"town_acceptor"},
    ("checking", "checked"): {"grid_worker"},
    ("checking", "check_failed"): {"grid_worker"},
    ("checking", "check_unclear"): {"grid_worker"},
    ("rework", "redispatch"): {"town_dispatcher"},
    ("checked", "close"): {"town_acceptor"},
    ("closed", "callback"): {"hotline_desk"},
    ("closed", "reopen"): {"hotline_desk", "resident"},
    ("closed", "feedback_over"): {"auto"},
    **{(state, "ask_void"): {"town_acceptor"} for state in OPEN},
    **{(state, "void"): {"town_leader"} for state in OPEN},
    **{(state, "refuse_void"): {"town_leader"} for state in OPEN},
    **{(state, "withdraw_void"): {"town_acceptor"} for state in OPEN},
    **{(state, "refer_dispute"): {"town_acceptor", "county_duty", "grid_leader"} for state in OPEN},
    **{(state, "convert"): {"auto"} for state in OPEN},
    ("converted", "external_closed"): {"auto"},
    ("converted", "external_refused"): {"auto"},
    **{(state, "archive"): {"auto"} for state in ENDED},
    **{(state, "ask_volunteers"): HELPED for state in WORKED_ON},
    **{(state, "credit_volunteer"): HELPED for state in (*WORKED_ON, "closed")},
}
ALLOWING: dict[str, dict[str, Any]] = {
    "withdraw_request": {"asked_for": "extension", "asked_stage": "endorsed"},
    "endorse": {"asked_for": "extension", "asked_stage": "requested"},
    "decline": {"asked_for": "extension", "asked_stage": "requested"},
    "approve": {"asked_for": "extension", "asked_stage": "endorsed"},
    "deny": {"asked_for": "extension", "asked_stage": "endorsed"},
    "waive_check": {"unclear_by": "somebody"},
    "void": {"void_asked_by": "somebody"},
    "refuse_void": {"void_asked_by": "somebody"},
    "withdraw_void": {"void_asked_by": CHECKER},
}
"""What has to be so before an action can be taken at all."""


def an_incident(state: str, handled_by: str | None = "handler", **values: Any) -> SimpleNamespace:
    nothing = dict.fromkeys(incidents.c.keys())
    usual = {"checker_id": CHECKER, "lead_org": "990101-water", "source": "resident", "request_type": "consult"}
    return SimpleNamespace(**{**nothing, **usual, **values, "state": state, "handled_by": handled_by})


@pytest.mark.parametrize("state", [None, *INCIDENT.states])
def test_every_state_action_and_role(state: str | None) -> None:
    wrong = []
    for action in {step.action for step in INCIDENT.steps}:
        row = an_incident(state, **ALLOWING.get(action, {})) if state else None
        allowed = MAY.get((state, action))
        for role in ROLES:
            caller = Principal(id=CHECKER, roles=frozenset({role}), areas=("990101",), org="990101-water")
            expected = IllegalMove if allowed is None else None if role in allowed else WrongRole
            is_shown = row is not None and action in INCIDENT.actions(row, caller)
            if _said(row, action, caller) is not expected or is_shown != (row is not None and expected is None):
                wrong.append((action, role))

    assert not wrong


def _said(row: Any, action: str, caller: Principal) -> type[Problem] | None:
    try:
        INCIDENT.step(row, action, caller)
    except Problem as refusal:
        return type(refusal)
    return None


def test_the_table_of_who_may_what_names_every_step() -> None:
    assert MAY.keys() == {(step.source, step.action) for step in INCIDENT.steps}


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
    assert checker_among(["a", "b"], set(), {"a": 5}, has_it="a") == "a"
    assert checker_among(["b"], set(), {}, has_it="a") == "b"


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
    assert checker_among(on_shift, {handled_by}, open_checks) == checker


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("联系 13812345678 王某", "联系 138****5678 王某"),
        ("证号 33010619900101123X", "证号 330****123X"),
        ("打 +86 138 1234 5678 或 138-1234-5678", "打 +86****5678 或 138****5678"),
        ("联系１３８１２３４５６７８，或 １３８－１２３４－５６７８！", "联系138****5678，或 138****5678！"),
        ("工单 1234567890123 号", "工单 1234567890123 号"),
        ("路灯 3 盏不亮", "路灯 3 盏不亮"),
    ],
)
def test_mobile_and_identity_numbers_in_texts_are_masked(written: str, kept: str) -> None:
    assert masked(written) == kept


@pytest.mark.parametrize("family", [("urban", "township"), ("jinan", "beijing", "fengxian")], ids=" or ".join)
def test_whoever_chooses_another_set_of_a_family_keeps_nothing_of_the_first(family: tuple[str, ...]) -> None:
    keys = [[preset.key for preset in RULE_SETS[name]] for name in family]

    assert all(one == keys[0] for one in keys)
    assert {"incidents.handle", "incidents.accept"} & {*keys[0]}


ME = "me"


@pytest.mark.parametrize(
    ("state", "action", "values", "refusal"),
    [
        pytest.param("reported", "order_verification", {"source": "grid_patrol"}, NotFromThePublic, id="a worker saw it"),
        pytest.param("reported", "order_verification", {"verified_as": "no"}, VerifiedAlready, id="somebody looked"),
        pytest.param("sampled", "sample_passed", {"handled_by": ME}, HandledByYou, id="I put it right"),
        pytest.param("sampled", "sample_failed", {"reported_by": ME}, ReportedByYou, id="I reported it"),
        pytest.param("rejected", "contest", {"is_contested": True}, ContestedBefore, id="contested before"),
        pytest.param("rejected", "contest", {"is_final": True}, TooLateToObject, id="contested too late"),
        pytest.param("contested", "objection_denied", {"reported_by": ME}, ReportedByYou, id="my own report"),
        pytest.param("accepted", "answer", {"request_type": "help"}, NoQuestion, id="no question"),
        pytest.param("dispatched", "object", {"is_fixed": True}, FixedHere, id="fixed by the county"),
        pytest.param("dispatched", "object", {"lead_org": "other"}, AnotherDepartment, id="another's to object"),
        pytest.param("in_progress", "submit", {"handler_id": "other"}, AnotherHandler, id="another handler"),
        pytest.param("in_progress", "request_extension", {"asked_for": "suspension"}, AlreadyAsked, id="asked already"),
        pytest.param("in_progress", "endorse", {}, NothingAsked, id="nothing to endorse"),
        pytest.param("in_progress", "withdraw_request", {}, NothingAsked, id="nothing to withdraw"),
        pytest.param("objected", "withdraw_objection", {"lead_org": "other"}, AnotherDepartment, id="another's objection"),
        pytest.param(
            "in_progress", "endorse", {"asked_for": "extension", "asked_stage": "endorsed"}, EndorsedAlready, id="endorsed"
        ),
        pytest.param(
            "in_progress", "approve", {"asked_for": "extension", "asked_stage": "requested"}, NotEndorsed, id="not endorsed"
        ),
        pytest.param("handled", "waive_check", {}, CheckNeeded, id="a check is needed"),
        pytest.param("closed", "reopen", {"reopened_times": 1}, ReopenedBefore, id="reopened before"),
        pytest.param("closed", "reopen", {"is_final": True}, TooLateToObject, id="reopened too late"),
        pytest.param("filed", "ask_void", {"void_asked_by": "other"}, AlreadyAsked, id="void asked already"),
        pytest.param("filed", "void", {}, NothingAsked, id="nobody asked to void"),
        pytest.param("filed", "withdraw_void", {}, NothingAsked, id="no void to withdraw"),
        pytest.param("filed", "withdraw_void", {"void_asked_by": "other"}, AskedByAnother, id="another asked to void"),
        pytest.param("dispatched", "object", {"is_not_refusable": True}, MayNotRefuse, id="a committee has to take it"),
        pytest.param("filed", "void", {"void_asked_by": ME}, AskedByYou, id="I asked to void"),
    ],
)
def test_each_guard_says_why_in_both_languages_and_hides_the_action(
    state: str, action: str, values: dict[str, Any], refusal: type[Problem]
) -> None:
    caller = Principal(id=ME, roles=frozenset(ROLES), areas=("990101",), org="990101-water")
    incident = an_incident(state, **{"handled_by": "handler", **values})

    with pytest.raises(refusal) as refused:
        INCIDENT.step(incident, action, caller)

    assert refused.value.sentence("zh")
    assert refused.value.sentence("en")
    assert action not in INCIDENT.actions(incident, caller)


WAYS = [
    pytest.param("reported", "resolve_on_spot", {"is_sampled": True}, "sampled", id="sampled"),
    pytest.param("reported", "resolve_on_spot", {}, "self_resolved", id="not sampled"),
    pytest.param("verifying", "verified_unclear", {}, "verifying", id="one could not tell"),
    pytest.param("verifying", "verified_unclear", {"unclear_by": "x"}, "reported", id="two could not tell"),
    pytest.param("checking", "check_unclear", {}, "checking", id="one could not check"),
    pytest.param("checking", "check_unclear", {"unclear_by": "x"}, "handled", id="two could not check"),
    pytest.param("handled", "order_check", {}, "checking", id="somebody looks"),
    pytest.param("handled", "order_check", {"is_callback_only": True}, "checked", id="a call back is check enough"),
    pytest.param("dispatched", "object", {}, "objected", id="the first objection"),
    pytest.param("dispatched", "object", {"objected_times": 1}, "disputed", id="the second objection"),
    pytest.param(
        "in_progress", "approve", {"asked_for": "suspension", "asked_stage": "endorsed"}, "suspended", id="a suspension"
    ),
    pytest.param(
        "in_progress", "approve", {"asked_for": "extension", "asked_stage": "endorsed"}, "in_progress", id="an extension"
    ),
    pytest.param("closed", "reopen", {"handled_at": "then"}, "in_progress", id="somebody had it"),
    pytest.param("closed", "reopen", {"category": "C-0101", "grid_code": "g"}, "filed", id="nobody had it"),
    pytest.param("closed", "reopen", {}, "accepted", id="it was a question"),
]
"""Where a step leads that may lead elsewhere as well: state, action, what was before, and the state after it."""


@pytest.mark.parametrize(("state", "action", "values", "target"), WAYS)
def test_where_a_step_leads_depends_on_what_was_before(state: str, action: str, values: dict[str, Any], target: str) -> None:
    caller = Principal(id=CHECKER, roles=frozenset(ROLES), areas=("990101",), org="990101-water")

    assert INCIDENT.step(an_incident(state, **values), action, caller).target == target


def test_every_way_that_a_step_may_lead_is_tried() -> None:
    rows = Counter((step.source, step.action) for step in INCIDENT.steps)
    several = {(step.source, step.action, step.target) for step in INCIDENT.steps if rows[step.source, step.action] > 1}

    assert {(way.values[0], way.values[1], way.values[3]) for way in WAYS} == several


def test_a_handler_is_named_as_their_issuer_names_them() -> None:
    assert Sign(handler_id="water/gao@county.example").handler_id == "water/gao@county.example"
