"""Orders, claims, participants and relatives as tables: every state, every action, every role, and who may not."""

from types import SimpleNamespace
from typing import Any

import pytest

from gridwhistle.common.machine import Machine
from gridwhistle.common.principal import ROLES, Principal
from gridwhistle.common.problems import IllegalMove, Problem, WrongRole
from gridwhistle.timebank.order_refusals import (
    AnothersClaim,
    AnothersOrder,
    DisputedBefore,
    NotAParty,
    NotOnThePanel,
    OwnNeed,
    OwnService,
    PanelMissing,
    PanelThere,
    VotedAlready,
)
from gridwhistle.timebank.order_states import CLAIM, CLAIM_ENDED, ORDER, ORDER_ENDED
from gridwhistle.timebank.order_tables import claims, orders
from gridwhistle.timebank.participant_states import LINK, PARTICIPANT, NotYourself, OtherSideAgrees
from gridwhistle.timebank.participant_tables import participants, relatives
from gridwhistle.timebank.team_states import ACTIVITY, TEAM, LeaderStays, NotTheLeader, OwnTeam
from gridwhistle.timebank.team_tables import activities, teams
from gridwhistle.timebank.transfer_states import TRANSFER, NotYourGift
from gridwhistle.timebank.transfer_tables import transfers

ME, OTHER = "0190c8f2-5d1e-7c3a-9d55-0c5b3f1f7a10", "0190c8f2-5d1e-7c3a-9d55-0c5b3f1f7a11"
May = dict[tuple[str | None, str], set[str]]
PEOPLE = {"resident", "volunteer", "station_clerk"}
ORDERS: May = {
    (None, "request"): PEOPLE,
    (None, "open"): {"station_clerk", "auto"},
    (None, "record"): {"auto"},
    ("requested", "publish"): {"station_clerk"},
    ("requested", "refuse"): {"station_clerk"},
    ("published", "claim"): {"volunteer"},
    ("published", "free"): {"auto"},
    ("full", "free"): {"auto"},
    ("published", "window_over"): {"auto"},
    ("full", "close"): {"auto"},
    **{(state, "cancel"): PEOPLE for state in ("requested", "published", "full")},
}
CLAIMS: May = {
    (None, "claim"): {"volunteer"},
    (None, "record"): {"auto"},
    ("claimed", "confirm"): PEOPLE,
    ("claimed", "decline"): PEOPLE,
    ("claimed", "lapse"): {"auto"},
    ("claimed", "cancel"): PEOPLE,
    ("confirmed", "cancel"): PEOPLE,
    ("confirmed", "check_in"): {"volunteer"},
    ("confirmed", "admit"): {"station_clerk"},
    ("confirmed", "no_show"): {"auto"},
    ("checked_in", "check_out"): {"volunteer"},
    ("checked_in", "no_check_out"): {"station_clerk"},
    ("confirmed", "lapse"): {"auto"},
    ("checked_out", "settle"): PEOPLE | {"auto"},
    ("checked_out", "dispute"): PEOPLE,
    ("settled", "dispute"): PEOPLE,
    ("no_show", "dispute"): PEOPLE,
    ("disputed", "convene"): {"timebank_admin"},
    ("disputed", "decide"): {"dispute_panel"},
    ("settled", "close"): {"auto"},
    ("settled", "rate"): PEOPLE,
    ("closed", "rate"): PEOPLE,
    ("settled", "choose"): {"volunteer"},
}
PARTICIPANTS: May = {
    (None, "register"): {"station_clerk"},
    ("active", "freeze"): {"timebank_admin"},
    ("frozen", "unfreeze"): {"timebank_admin", "auto"},
    ("active", "resume_claims"): {"station_clerk"},
    ("active", "close"): PEOPLE,
}
LINKS: May = {
    (None, "link"): {"resident", "volunteer"},
    ("asked", "agree"): {"resident", "volunteer"},
    ("agreed", "check"): {"station_clerk"},
    **{(state, "end"): PEOPLE for state in ("asked", "agreed", "checked")},
}
TEAMS: May = {
    (None, "found"): {"station_clerk"},
    ("active", "join"): {"volunteer"},
    ("active", "welcome"): {"volunteer"},
    ("active", "leave"): {"volunteer"},
    ("active", "name_leader"): {"station_clerk"},
    ("active", "donate"): {"volunteer"},
    ("active", "disband"): {"station_clerk"},
}
ACTIVITIES: May = {
    (None, "plan"): {"volunteer"},
    ("planned", "call_off"): {"volunteer"},
    ("planned", "call_roll"): {"volunteer"},
    ("held", "confirm_roll"): {"station_clerk"},
    ("held", "return_roll"): {"station_clerk"},
}
TRANSFERS: May = {
    (None, "offer"): {"resident", "volunteer"},
    ("offered", "accept"): {"resident", "volunteer"},
    ("offered", "decline"): {"resident", "volunteer"},
    ("offered", "withdraw"): {"resident", "volunteer"},
    ("offered", "lapse"): {"auto"},
}
LEADS = {"welcome", "donate", "call_off", "call_roll"}
"""What the leader of a team does, and nobody else."""
SERVES = {"check_in", "check_out", "choose"}
"""What who serves does; all the rest, as far as it asks for a person, is done by who is served."""


def a_row(table: Any, state: str | None, **values: Any) -> SimpleNamespace | None:
    lies = {"area_code": "990101001001"}
    return SimpleNamespace(**{**dict.fromkeys(table.c.keys()), **lies, **values, "state": state}) if state else None


def an_order(state: str | None, **values: Any) -> SimpleNamespace | None:
    return a_row(orders, state, **{"beneficiary_id": OTHER, "asked_by": ME, "people_needed": 2, "people_taken": 0, **values})


def a_claim(state: str | None, action: str = "", **values: Any) -> SimpleNamespace | None:
    sides = {"volunteer_id": ME, "beneficiary_id": OTHER} if action in SERVES else {"volunteer_id": OTHER, "beneficiary_id": ME}
    return a_row(claims, state, **{**sides, "asked_by": "clerk", "panel": [ME, "b", "c"], **values})


def a_team(table: Any, state: str | None, action: str) -> SimpleNamespace | None:
    return a_row(table, state, leader_id=ME if action in LEADS else OTHER)


def refused(machine: Machine, row: Any, action: str, caller: Principal) -> type[Problem] | None:
    try:
        machine.step(row, action, caller)
    except Problem as refusal:
        return type(refusal)
    return None


@pytest.mark.parametrize(
    ("machine", "may", "make"),
    [
        pytest.param(ORDER, ORDERS, lambda state, _action: an_order(state), id="orders"),
        pytest.param(
            CLAIM,
            CLAIMS,
            lambda state, action: a_claim(state, action, panel=None if action == "convene" else [ME]),
            id="claims",
        ),
        pytest.param(
            PARTICIPANT,
            PARTICIPANTS,
            lambda state, action: a_row(participants, state, id=ME if action == "close" else OTHER),
            id="participants",
        ),
        pytest.param(
            LINK,
            LINKS,
            lambda state, action: a_row(relatives, state, asked_by_id=OTHER, other_id=OTHER if action == "check" else ME),
            id="relatives",
        ),
        pytest.param(TEAM, TEAMS, lambda state, action: a_team(teams, state, action), id="teams"),
        pytest.param(ACTIVITY, ACTIVITIES, lambda state, action: a_team(activities, state, action), id="activities"),
        pytest.param(
            TRANSFER,
            TRANSFERS,
            lambda state, action: a_row(
                transfers, state, from_id=ME if action == "withdraw" else OTHER, to_id=OTHER if action == "withdraw" else ME
            ),
            id="transfers",
        ),
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


@pytest.mark.parametrize(
    ("state", "action", "values", "refusal"),
    [
        pytest.param("requested", "publish", {"beneficiary_id": ME}, OwnNeed, id="my own need"),
        pytest.param("requested", "refuse", {"beneficiary_id": ME}, OwnNeed, id="my own need, refused"),
    ],
)
def test_nobody_reviews_their_own_need(state: str, action: str, values: dict[str, Any], refusal: type[Problem]) -> None:
    assert refused(ORDER, an_order(state, **values), action, everybody()) is refusal


def everybody(*, clerk: bool = True) -> Principal:
    roles = frozenset(ROLES) - {"auto"} - (frozenset() if clerk else {"station_clerk"})
    return Principal(id=ME, roles=roles, areas=("990101",))


def test_nobody_cancels_the_order_of_another() -> None:
    assert refused(ORDER, an_order("published", asked_by="x"), "cancel", everybody(clerk=False)) is AnothersOrder


@pytest.mark.parametrize(
    ("state", "action", "values", "refusal"),
    [
        pytest.param("claimed", "confirm", {"volunteer_id": ME}, OwnService, id="I came forward myself"),
        pytest.param("claimed", "decline", {"beneficiary_id": "x"}, AnothersOrder, id="for somebody else"),
        pytest.param("claimed", "cancel", {"beneficiary_id": "x"}, NotAParty, id="a stranger cancels"),
        pytest.param("confirmed", "check_in", {}, AnothersClaim, id="another's claim"),
        pytest.param("confirmed", "admit", {"volunteer_id": ME}, OwnService, id="a clerk who serves"),
        pytest.param("checked_in", "check_out", {}, AnothersClaim, id="another's service"),
        pytest.param("checked_in", "no_check_out", {"volunteer_id": ME}, OwnService, id="a clerk who forgot"),
        pytest.param("checked_out", "settle", {"volunteer_id": ME}, OwnService, id="who serves says that it was done"),
        pytest.param("checked_out", "dispute", {"beneficiary_id": "x"}, NotAParty, id="a stranger disputes"),
        pytest.param("settled", "dispute", {"verdict": "minutes"}, DisputedBefore, id="a panel has decided"),
        pytest.param("disputed", "convene", {"votes": [{"by": "b"}]}, PanelThere, id="the panel votes already"),
        pytest.param("disputed", "decide", {"panel": None}, PanelMissing, id="nobody was named"),
        pytest.param("disputed", "decide", {"panel": ["a", "b", "c"]}, NotOnThePanel, id="others were named"),
        pytest.param("disputed", "decide", {"votes": [{"by": ME}]}, VotedAlready, id="voted before"),
        pytest.param("settled", "choose", {}, AnothersClaim, id="another's minutes"),
        pytest.param("closed", "rate", {"beneficiary_id": "x"}, NotAParty, id="a stranger rates"),
    ],
)
def test_each_guard_says_why_in_both_languages_and_hides_the_action(
    state: str, action: str, values: dict[str, Any], refusal: type[Problem]
) -> None:
    clerk = refusal in {OwnService, PanelThere, PanelMissing, NotOnThePanel, VotedAlready, DisputedBefore}
    caller, claim = everybody(clerk=clerk or action in {"admit", "no_check_out"}), a_claim(state, **values)

    with pytest.raises(refusal) as said:
        CLAIM.step(claim, action, caller)

    assert said.value.sentence("zh")
    assert said.value.sentence("en")
    assert action not in CLAIM.actions(claim, caller)


@pytest.mark.parametrize(
    ("machine", "row", "action", "target"),
    [
        pytest.param(ORDER, an_order("published", people_taken=1), "claim", "full", id="the last place"),
        pytest.param(ORDER, an_order("published"), "claim", "published", id="one of several places"),
        pytest.param(ORDER, an_order("published"), "window_over", "expired", id="nobody came forward"),
        pytest.param(ORDER, an_order("published", people_taken=1), "window_over", "full", id="somebody did"),
        pytest.param(ORDER, an_order("full"), "close", "expired", id="everybody gave their place back"),
        pytest.param(ORDER, an_order("full", people_taken=1), "close", "closed", id="somebody served"),
        pytest.param(CLAIM, a_claim("disputed"), "decide", "disputed", id="no two agree yet"),
        pytest.param(CLAIM, a_claim("disputed", verdict="void"), "decide", "voided", id="two say that it does not count"),
        pytest.param(CLAIM, a_claim("disputed", verdict="minutes"), "decide", "settled", id="two say what it is worth"),
    ],
)
def test_where_a_step_leads_depends_on_what_was_before(machine: Machine, row: Any, action: str, target: str) -> None:
    who = [everybody(), Principal(id=ME, roles=frozenset({"auto"}), areas=("990101",))]
    taken = [
        machine.step(row, action, caller).target for caller in who if refused(machine, row, action, caller) is not WrongRole
    ]

    assert taken == [target]


def test_a_relative_does_not_agree_with_themselves_and_others_keep_out() -> None:
    asked = a_row(relatives, "asked", asked_by_id=ME, other_id=OTHER)
    strangers = a_row(relatives, "asked", asked_by_id=OTHER, other_id="x")

    assert refused(LINK, asked, "agree", everybody()) is OtherSideAgrees
    assert refused(LINK, strangers, "end", everybody(clerk=False)) is NotYourself
    assert refused(PARTICIPANT, a_row(participants, "active", id=OTHER), "close", everybody(clerk=False)) is NotYourself


@pytest.mark.parametrize(("machine", "ended"), [(ORDER, ORDER_ENDED), (CLAIM, CLAIM_ENDED)])
def test_nobody_has_to_do_anything_in_a_state_that_ended(machine: Machine, ended: tuple[str, ...]) -> None:
    left = {step.source for step in machine.steps if step.target != step.source} - {"no_show"}  # they may say that they came

    assert set(ended) == set(machine.states) - left


def test_the_leader_speaks_for_a_team_and_does_not_confirm_what_it_says() -> None:
    mine, anothers = (a_row(teams, "active", leader_id=who) for who in (ME, OTHER))

    assert refused(TEAM, anothers, "donate", everybody()) is NotTheLeader
    assert refused(TEAM, mine, "leave", everybody()) is LeaderStays
    assert refused(ACTIVITY, a_row(activities, "held", leader_id=ME), "confirm_roll", everybody()) is OwnTeam


def test_who_gives_does_not_accept_and_who_gets_does_not_withdraw() -> None:
    given, got = (a_row(transfers, "offered", from_id=one, to_id=two) for one, two in ((ME, OTHER), (OTHER, ME)))

    assert refused(TRANSFER, given, "accept", everybody()) is NotYourGift
    assert refused(TRANSFER, got, "withdraw", everybody()) is NotYourGift
