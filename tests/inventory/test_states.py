"""Lots, counts and dispatch orders as tables: every state, every action, every role, and who may not."""

from types import SimpleNamespace
from typing import Any

import pytest

from gridwhistle.common.machine import Machine
from gridwhistle.common.principal import ROLES, Principal
from gridwhistle.common.problems import IllegalMove, Problem, WrongRole
from gridwhistle.inventory.dispatch.states import DISPATCH, ISSUED_STATES
from gridwhistle.inventory.dispatch.tables import dispatch_orders
from gridwhistle.inventory.stock.lot_tables import counts, lots
from gridwhistle.inventory.stock.states import COUNT, LOT

May = dict[tuple[str | None, str], set[str]]
KEEPER, MANAGER, COMMANDER = {"warehouse_keeper"}, {"inventory_manager"}, {"emergency_commander"}
LOTS: May = {
    (None, "receive"): KEEPER,
    (None, "take_over"): MANAGER,
    ("received", "inspect_ok"): KEEPER,
    ("received", "reject"): KEEPER,
    ("quarantined", "inspect_ok"): KEEPER,
    ("available", "quarantine"): KEEPER | MANAGER,
    ("available", "near_expiry"): {"auto"},
    ("available", "expire"): {"auto"},
    ("available", "rotate"): MANAGER,
    **{(state, "propose_scrap"): MANAGER for state in ("available", "quarantined", "expired")},
    ("scrap_proposed", "approve_scrap"): MANAGER | COMMANDER,
    ("scrap_proposed", "refuse_scrap"): MANAGER | COMMANDER,
}
COUNTS: May = {
    (None, "count"): KEEPER,
    (None, "differ"): KEEPER,
    ("differing", "adjust"): MANAGER,
    ("differing", "dismiss"): MANAGER,
}
ASK = {"shelter_manager", "town_dispatcher", "county_duty", *MANAGER, *COMMANDER}
ORDERS: May = {
    (None, "draft"): ASK,
    (None, "open"): {"auto"},
    ("approved", "call_off"): {"auto"},
    ("draft", "submit"): ASK,
    ("submitted", "approve"): MANAGER | COMMANDER,
    ("submitted", "reject"): MANAGER | COMMANDER,
    ("submitted", "emergency_issue"): COMMANDER,
    ("approved", "pick"): KEEPER,
    ("approved", "reallocate"): KEEPER | MANAGER,
    ("picking", "reallocate"): KEEPER | MANAGER,
    ("picking", "issue"): KEEPER,
    ("issued", "depart"): KEEPER,
    ("in_transit", "receive"): ASK | KEEPER,
    ("in_transit", "lose"): ASK | KEEPER,
    ("received", "settle"): ASK | KEEPER,
    ("received", "dispute"): ASK | KEEPER,
    ("discrepancy", "resolve"): MANAGER,
    ("resolving", "agree"): ASK | KEEPER,
    ("resolving", "disagree"): ASK | KEEPER,
    ("settled", "give_back"): KEEPER,
    **{(state, "post_approve"): MANAGER for state in ISSUED_STATES},
    **{(state, "cancel"): ASK for state in ("draft", "submitted", "approved", "picking")},
}
_OF_ORDERS = {"priority": "emergency", "requested_by": "me", "issued_by": "other", "discrepancy": "none"}
MACHINES: list[tuple[Machine, May, Any, dict[str, Any]]] = [
    (LOT, LOTS, lots, {"reserved_qty": 0, "near_expiry_days": 30, "approved_by": "other"}),
    (COUNT, COUNTS, counts, {"approved_by": "other"}),
    (DISPATCH, ORDERS, dispatch_orders, {"approved_by": "other", "is_emergency_issue": True, **_OF_ORDERS}),
]
EVERY = [
    pytest.param(machine, may, table, values, state, action, id=f"{machine.thing.en}: {state or 'none'} {action}")
    for machine, may, table, values in MACHINES
    for state in (None, *machine.states)
    for action in sorted({step.action for step in machine.steps})
]


@pytest.mark.parametrize(("machine", "may", "table", "values", "state", "action"), EVERY)
def test_each_step_is_taken_by_its_roles_and_by_nobody_else(
    machine: Machine, may: May, table: Any, values: dict[str, Any], state: str | None, action: str
) -> None:
    lacks = {"discrepancy": "short"} if action == "dispute" else {}
    row = SimpleNamespace(**{**dict.fromkeys(table.c.keys()), **values, **lacks, "state": state}) if state else None
    allowed = may.get((state, action))

    for role in ROLES:
        caller = Principal("me", frozenset({role}), ("990101",))
        try:
            said: Any = machine.step(row, action, caller).action
        except Problem as refusal:
            said = type(refusal)
        assert said == (IllegalMove if allowed is None else action if role in allowed else WrongRole), role
        assert row is None or (action in machine.actions(row, caller)) == (allowed is not None and role in allowed)


@pytest.mark.parametrize(
    ("state", "action", "values", "code"),
    [
        ("received", "inspect_ok", {"approved_by": "me"}, "approved_by_you"),
        ("scrap_proposed", "approve_scrap", {"approved_by": "me"}, "approved_by_you"),
        ("scrap_proposed", "refuse_scrap", {"approved_by": "me"}, "approved_by_you"),
        ("available", "rotate", {"near_expiry_days": None}, "not_near_expiry"),
        ("available", "rotate", {"reserved_qty": 1}, "still_reserved"),
        ("available", "propose_scrap", {"near_expiry_days": None}, "not_near_expiry"),
        ("expired", "propose_scrap", {"reserved_qty": 1}, "still_reserved"),
    ],
)
def test_what_guards_a_lot(state: str, action: str, values: dict[str, Any], code: str) -> None:
    good = {"reserved_qty": 0, "near_expiry_days": 30, "approved_by": "other"}
    row = SimpleNamespace(**{**dict.fromkeys(lots.c.keys()), **good, **values, "state": state})
    somebody = Principal("me", frozenset({"warehouse_keeper", "inventory_manager", "emergency_commander"}), ("990101",))

    with pytest.raises(Problem) as refusal:
        LOT.step(row, action, somebody)

    assert refusal.value.code == code


@pytest.mark.parametrize(
    ("state", "action", "values", "code"),
    [
        ("draft", "submit", {"requested_by": "other"}, "not_your_order"),
        ("submitted", "approve", {"subject_id": "me"}, "concerns_you"),
        ("submitted", "approve", {"priority": "urgent"}, None),
        ("submitted", "emergency_issue", {"priority": "urgent"}, "no_emergency"),
        ("submitted", "emergency_issue", {"priority": "urgent", "response_id": "r"}, None),
        ("in_transit", "receive", {"issued_by": "me"}, "issued_by_you"),
        ("received", "settle", {"discrepancy": "damage"}, "something_is_missing"),
        ("received", "dispute", {}, "nothing_is_missing"),
        ("resolving", "agree", {"resolved_by": "me"}, "resolved_by_you"),
        ("issued", "post_approve", {"is_emergency_issue": False}, "nothing_to_approve"),
        ("issued", "post_approve", {"post_approved_at": "then"}, "nothing_to_approve"),
        ("issued", "post_approve", {"approved_by": "me"}, "approved_by_you"),
    ],
)
def test_what_guards_a_dispatch_order(state: str, action: str, values: dict[str, Any], code: str | None) -> None:
    good = {"approved_by": "other", "is_emergency_issue": True, **_OF_ORDERS}
    row = SimpleNamespace(**{**dict.fromkeys(dispatch_orders.c.keys()), **good, **values, "state": state})
    roles = {"warehouse_keeper", "inventory_manager", "shelter_manager"} | (COMMANDER if action == "emergency_issue" else set())
    somebody, said = Principal("me", frozenset(roles), ("990101",)), None

    try:
        DISPATCH.step(row, action, somebody)
    except Problem as refusal:
        said = refusal.code

    assert said == code


def test_a_commander_approves_what_is_for_an_emergency_alone() -> None:
    row = SimpleNamespace(
        **{**dict.fromkeys(dispatch_orders.c.keys()), **_OF_ORDERS, "priority": "normal", "state": "submitted"}
    )

    with pytest.raises(Problem) as refusal:
        DISPATCH.step(row, "approve", Principal("me", frozenset(COMMANDER), ("990101",)))

    assert refusal.value.code == "no_emergency"
