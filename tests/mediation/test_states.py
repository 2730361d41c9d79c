"""Committees, mediators and all that follows as tables: every state, every action, every role, and who may not."""

from types import SimpleNamespace
from typing import Any

import pytest

from gridwhistle.common.machine import Machine
from gridwhistle.common.principal import ROLES, Principal
from gridwhistle.common.problems import IllegalMove, Problem, WrongRole
from gridwhistle.mediation.agreements.states import AGREEMENT, CONFIRMATION
from gridwhistle.mediation.agreements.tables import agreements, confirmations
from gridwhistle.mediation.app import MEDIATION
from gridwhistle.mediation.cases.refusals import (
    AgreedAlready,
    AskedByYou,
    ClosingNotAsked,
    FollowUpsLeft,
    NotAllWilling,
    NotOnThePanel,
    SidesMissing,
    TypeMissing,
    WaysNotTold,
)
from gridwhistle.mediation.cases.states import CASE, ENDED, NOT_POSTED, STATES
from gridwhistle.mediation.cases.tables import cases
from gridwhistle.mediation.committees.refusals import AboutYourself
from gridwhistle.mediation.committees.states import COMMITTEE, MEDIATOR
from gridwhistle.mediation.committees.tables import committees, mediators
from gridwhistle.mediation.sessions.states import SESSION
from gridwhistle.mediation.sessions.tables import sessions

ME, OTHER = "0190c8f2-5d1e-7c3a-9d55-0c5b3f1f7a10", "0190c8f2-5d1e-7c3a-9d55-0c5b3f1f7a11"
May = dict[tuple[str | None, str], set[str]]
OFFICE, BOTH = {"judicial_office"}, {"judicial_office", "mediation_chair"}
COMMITTEES: May = {
    (None, "set_up"): BOTH,
    **{(state, action): BOTH for state in ("forming", "filed", "changed") for action in ("name_chair", "elect", "alter")},
    ("forming", "file"): OFFICE,
    ("changed", "file"): OFFICE,
    **{(state, "dissolve"): OFFICE for state in ("forming", "filed", "changed")},
}
MEDIATORS: May = {
    (None, "register"): BOTH,
    ("active", "pause"): {*BOTH, "auto"},
    ("paused", "resume"): BOTH,
    ("active", "recall"): BOTH,
    ("paused", "recall"): BOTH,
}


NEW = ("applied", "found", "referred_in")
ASKED = (*NEW, "consent_pending")
DESK = {"mediator", "mediation_chair", "judicial_office"}
PANEL = DESK | {"lawyer", "police_liaison"}
CHOSEN = ("assigned", "in_mediation")
BEFORE = (*ASKED, "accepted", *CHOSEN)
"""Before anything is agreed."""
AGREED = ("agreed_written", "agreed_oral", "partial")
GOES_ON = (*BEFORE, *AGREED, "performing")
OVER = ("refused", "terminated", "failed", "performed", "breached")
COURT = DESK | {"integrator"}
AGREEMENTS: May = {
    (None, "draft"): PANEL,
    (None, "reach"): PANEL,
    ("draft", "sign"): PANEL,
    ("draft", "seal"): BOTH,
    ("draft", "take_effect"): PANEL,
    ("draft", "drop"): PANEL,
}
CONFIRMATIONS: May = {
    (None, "apply_confirmation"): DESK,
    ("applied", "court_accepts"): COURT,
    ("applied", "court_rejects"): COURT,
    ("accepted", "court_extends"): COURT,
    ("accepted", "court_confirms"): COURT,
    ("accepted", "court_refuses"): COURT,
    ("applied", "take_back"): DESK,
    ("accepted", "take_back"): DESK,
}
SESSIONS: May = {
    (None, "plan"): PANEL,
    **{("planned", action): PANEL for action in ("notify", "open", "cancel")},
    ("open", "end"): PANEL,
    ("ended", "sign"): PANEL,
}
CASES: May = {
    (None, "apply"): DESK | {"resident", "integrator"},
    (None, "find"): DESK | {"auto"},
    (None, "receive_referral"): BOTH | {"police_liaison", "integrator"},
    **{(state, "ask_willingness"): DESK for state in NEW},
    ("consent_pending", "consent"): DESK,
    ("consent_pending", "refuse"): DESK,
    ("consent_pending", "no_answer"): {"auto"},
    ("consent_pending", "accept"): BOTH,
    **{(state, "decline"): BOTH for state in ASKED},
    **{(state, "transfer"): BOTH for state in (*ASKED, "accepted")},
    **{(state, "withdraw"): DESK for state in (*BEFORE, "escalated")},
    **{(state, "tell_ways"): DESK for state in ("refused", "terminated", "failed", "partial", "breached")},
    ("accepted", "assign"): BOTH,
    **{(state, action): BOTH for state in CHOSEN for action in ("replace", "let_stay")},
    **{(state, "request_recusal"): DESK for state in CHOSEN},
    **{(state, action): PANEL for state in CHOSEN for action in ("disclose", "step_aside", "plan_session", "open_session")},
    **{(state, "tell_rights"): PANEL for state in ("accepted", "assigned")},
    **{("in_mediation", action): PANEL for action in ("extend", "fail", "terminate")},
    **{(state, "time_over"): {"auto"} for state in ("in_mediation", "escalated")},
    **{(state, "escalate"): DESK for state in GOES_ON},
    ("escalated", "resume"): BOTH,
    ("escalated", "terminate"): BOTH,
    **{("in_mediation", action): PANEL for action in ("draft_agreement", "agree_written", "agree_oral", "agree_part")},
    **{(state, action): DESK for state in AGREED for action in ("perform_at_once", "start_performance")},
    **{("performing", action): DESK for action in ("record_performance", "all_done", "urge", "breach_final")},
    **{(state, "apply_confirmation"): DESK for state in ("agreed_written", "partial", "performing")},
    **{(state, "follow_up"): DESK for state in ("performing", "performed", "breached", "closed")},
    **{(state, "ask_close"): DESK for state in OVER},
    **{(state, "close"): BOTH for state in OVER},
    ("transferred", "confirm_receipt"): DESK,
    ("closed", "archive"): OFFICE,
}


def a_row(table: Any, state: str | None, **values: Any) -> SimpleNamespace | None:
    return SimpleNamespace(**{**dict.fromkeys(table.c.keys()), **values, "state": state}) if state else None


def a_case(state: str | None, **values: Any) -> SimpleNamespace | None:
    ready = {"has_both_sides": True, "parties_to_answer": 0, "dispute_type": "D02", "panel": [ME], "closing_asked_by": OTHER}
    ready["ways_told_at"] = 1
    return a_row(cases, state, **{**ready, **values})


def refused(machine: Machine, row: Any, action: str, caller: Principal) -> type[Problem] | None:
    try:
        machine.step(row, action, caller)
    except Problem as refusal:
        return type(refusal)
    return None


@pytest.mark.parametrize(
    ("machine", "may", "make"),
    [
        pytest.param(COMMITTEE, COMMITTEES, lambda state, _action: a_row(committees, state), id="committees"),
        pytest.param(CASE, CASES, lambda state, _action: a_case(state), id="cases"),
        pytest.param(SESSION, SESSIONS, lambda state, _action: a_row(sessions, state), id="sessions"),
        pytest.param(AGREEMENT, AGREEMENTS, lambda state, _action: a_row(agreements, state), id="agreements"),
        pytest.param(CONFIRMATION, CONFIRMATIONS, lambda state, _action: a_row(confirmations, state), id="confirmations"),
        pytest.param(MEDIATOR, MEDIATORS, lambda state, _action: a_row(mediators, state, id=OTHER), id="mediators"),
    ],
)
def test_every_state_action_and_role(machine: Machine, may: May, make: Any) -> None:
    wrong = []
    for state in (None, *machine.states):
        for action in {step.action for step in machine.steps}:
            row, allowed = make(state, action), may.get((state, action))
            for role in ROLES:
                caller = Principal(id=ME, roles=frozenset({role}), areas=("990101",))
                expected = IllegalMove if allowed is None else None if role in allowed else WrongRole
                shown = row is not None and action in machine.actions(row, caller)
                if refused(machine, row, action, caller) is not expected or shown != (row is not None and expected is None):
                    wrong.append((state, action, role))

    assert not wrong
    assert may.keys() == {(step.source, step.action) for step in machine.steps}


@pytest.mark.parametrize(("state", "action"), [("active", "pause"), ("paused", "resume"), ("active", "recall")])
def test_nobody_takes_a_step_that_is_about_themselves(state: str, action: str) -> None:
    caller = Principal(id=ME, roles=frozenset(BOTH), areas=("990101",))

    assert refused(MEDIATOR, a_row(mediators, state, id=ME), action, caller) is AboutYourself


@pytest.mark.parametrize(
    ("state", "action", "values", "refusal"),
    [
        pytest.param("applied", "ask_willingness", {"has_both_sides": False}, SidesMissing, id="nobody to ask"),
        pytest.param("consent_pending", "accept", {"parties_to_answer": 1}, NotAllWilling, id="somebody has not answered"),
        pytest.param("consent_pending", "accept", {"has_both_sides": False}, SidesMissing, id="nobody answers"),
        pytest.param("consent_pending", "accept", {"dispute_type": None}, TypeMissing, id="nobody knows what it is about"),
        *(
            pytest.param("in_mediation", action, {"panel": [OTHER]}, NotOnThePanel, id=f"{action} by who does not mediate it")
            for action in (
                *("disclose", "step_aside", "plan_session", "open_session", "extend", "fail", "terminate"),
                *("draft_agreement", "agree_oral"),
            )
        ),
        pytest.param("escalated", "withdraw", {"agreed_at": 1}, AgreedAlready, id="what was agreed stands"),
        pytest.param("escalated", "terminate", {"agreed_at": 1}, AgreedAlready, id="what was agreed is not stopped"),
        *(
            pytest.param("partial", action, {"ways_told_at": None}, WaysNotTold, id=f"{action} while the rest is not told")
            for action in ("perform_at_once", "start_performance")
        ),
        pytest.param("performed", "close", {"closing_asked_by": None}, ClosingNotAsked, id="nobody asked to close it"),
        pytest.param("performed", "close", {"closing_asked_by": ME}, AskedByYou, id="one person alone closes it"),
        pytest.param("closed", "archive", {"follow_ups_left": 1}, FollowUpsLeft, id="a follow-up is left"),
    ],
)
def test_each_guard_says_why_in_both_languages_and_hides_the_action(
    state: str, action: str, values: dict[str, Any], refusal: type[Problem]
) -> None:
    caller, case = Principal(id=ME, roles=frozenset(ROLES) - {"auto"}, areas=("990101",)), a_case(state, **values)

    with pytest.raises(refusal) as said:
        CASE.step(case, action, caller)

    assert said.value.sentence("zh")
    assert said.value.sentence("en")
    assert action not in CASE.actions(case, caller)


def test_a_case_is_in_a_state_that_there_is_and_nothing_is_mediated_once_it_ended() -> None:
    assert set(CASE.states) <= set(STATES)
    assert not {step.target for step in CASE.steps if step.source in ENDED} - set(ENDED)


@pytest.mark.parametrize("state", GOES_ON)
def test_what_was_dangerous_goes_back_to_where_it_was(state: str) -> None:
    case = a_case("escalated", escalated_from=state)
    caller = Principal(id=ME, roles=frozenset({"mediation_chair"}), areas=("990101",))

    assert CASE.step(case, "resume", caller).target == state


def test_every_action_that_is_offered_has_an_address_of_its_name() -> None:
    addresses = {route.path.rpartition("/")[2] for router in MEDIATION.all_routers() for route in router.routes}  # type: ignore[attr-defined]
    offered = {step.action for step in CASE.steps if step.source and "auto" not in step.who} - NOT_POSTED

    assert offered <= addresses
    assert {step.action for step in (*SESSION.steps, *CONFIRMATION.steps) if step.source} <= addresses
    assert {step.action for step in AGREEMENT.steps if step.source} - {"take_effect"} <= addresses
