"""States as a table: what the table says is what requests, answers and documents get."""

from types import SimpleNamespace
from typing import Any

import pytest

from gridwhistle.common.machine import Machine, Step
from gridwhistle.common.principal import Principal
from gridwhistle.common.problems import Conflict, IllegalMove, Problem, Term, WrongRole

WORKER, DESK = frozenset({"grid_worker"}), frozenset({"dept_desk"})
ZH = {"ask": "申请", "asked": "已申请", "lend": "借出", "lent": "已借出"}


class OnlyOne(Conflict):
    code = "only_one"
    zh, en = "只能借一件。", "One at a time."


def only_one(loan: SimpleNamespace, _caller: Principal) -> Problem | None:
    return OnlyOne() if loan.others else None


LOAN = Machine(
    Term("借用", "loan"),
    (
        Step(None, "ask", "asked", WORKER, "anyone may ask"),
        Step("asked", "lend", "lent", DESK, "the desk hands over", only_one),
    ),
    ZH,
)


def caller(*roles: str) -> Principal:
    return Principal(id="somebody", roles=frozenset(roles), areas=("990101",))


def loan(state: str, others: int = 0) -> SimpleNamespace:
    return SimpleNamespace(state=state, others=others)


@pytest.mark.parametrize(
    ("row", "action", "role", "answer"),
    [
        pytest.param(None, "ask", "grid_worker", "asked", id="a thing comes into being"),
        pytest.param(loan("asked"), "lend", "dept_desk", "lent", id="the right role in the right state"),
        pytest.param(loan("asked"), "lend", "grid_worker", WrongRole, id="the right state, the wrong role"),
        pytest.param(loan("lent"), "lend", "dept_desk", IllegalMove, id="the wrong state"),
        pytest.param(None, "lend", "dept_desk", IllegalMove, id="nothing there yet"),
        pytest.param(loan("asked", 1), "lend", "dept_desk", OnlyOne, id="the guard says no"),
    ],
)
def test_who_may_do_what_when(row: SimpleNamespace | None, action: str, role: str, answer: object) -> None:
    if isinstance(answer, str):
        assert LOAN.step(row, action, caller(role)).target == answer
    else:
        with pytest.raises(answer):  # type: ignore[call-overload]
            LOAN.step(row, action, caller(role))


def test_actions_are_exactly_what_would_be_allowed() -> None:
    desk = caller("dept_desk")

    assert LOAN.actions(loan("asked"), desk) == ["lend"]
    assert LOAN.actions(loan("asked", others=1), desk) == []
    assert LOAN.actions(loan("asked"), caller("grid_worker")) == []


def test_a_refusal_says_in_both_languages_what_is_possible_instead() -> None:
    with pytest.raises(IllegalMove) as refused:
        LOAN.step(loan("asked"), "ask", caller("grid_worker"))

    assert refused.value.sentence("zh") == "借用现为“已申请”,不能“申请”;现在可以:借出。"
    assert refused.value.sentence("en") == "The loan is asked, so ask is not possible; possible now: lend."


@pytest.mark.parametrize(
    ("steps", "zh"),
    [
        pytest.param((Step(None, "ask", "asked", WORKER, "") for _ in range(2)), ZH, id="two rows for one pair"),
        pytest.param((Step(None, "ask", "asked", frozenset({"king"}), ""),), ZH, id="an unknown role"),
        pytest.param((Step(None, "ask", "asked", WORKER, ""),), {"ask": "申请"}, id="a word without its Chinese"),
    ],
)
def test_a_table_that_makes_no_sense_does_not_load(steps: tuple[Step, ...], zh: dict[str, str]) -> None:
    with pytest.raises(ValueError, match="loan"):
        Machine(Term("借用", "loan"), steps, zh)


RETURNED = {**ZH, "return": "归还", "idle": "空闲", "broken": "损坏", "lapse": "逾期作废"}
ENDS = Machine(
    Term("借用", "loan"),
    (
        Step(None, "ask", "asked", WORKER, "anyone may ask"),
        Step("asked", "lapse", "idle", frozenset({"auto"}), "nobody came for it"),
        Step("asked", "lend", "lent", DESK, "the desk hands over"),
        Step("lent", "return", "broken", DESK, "it is to be mended", only_one, when=lambda loan: loan.damage > 1),
        Step("lent", "return", "lent", DESK, "it is mended at once", when=lambda loan: loan.damage),
        Step("lent", "return", "idle", WORKER, "as it went"),
    ),
    RETURNED,
    clocks={"asked": ["loan.fetch"]},
    auto={"loan.fetch": "lapse"},
)


def lent(damage: int, others: int = 0) -> SimpleNamespace:
    return SimpleNamespace(state="lent", damage=damage, others=others)


@pytest.mark.parametrize(
    ("row", "role", "answer"),
    [
        pytest.param(lent(2), "dept_desk", "broken", id="the first row"),
        pytest.param(lent(1), "dept_desk", "lent", id="the second row"),
        pytest.param(lent(0), "grid_worker", "idle", id="the last row, which always is"),
        pytest.param(lent(2), "grid_worker", WrongRole, id="the first row's roles"),
        pytest.param(lent(0), "dept_desk", WrongRole, id="the last row's roles"),
        pytest.param(lent(2, others=1), "dept_desk", OnlyOne, id="the first row's guard"),
        pytest.param(lent(1, others=1), "dept_desk", "lent", id="another row's guard plays no part"),
    ],
)
def test_of_several_rows_the_first_is_taken_of_which_it_is_so(row: SimpleNamespace, role: str, answer: object) -> None:
    if isinstance(answer, str):
        assert ENDS.step(row, "return", caller(role)).target == answer
        assert ENDS.actions(row, caller(role)) == ["return"]
    else:
        with pytest.raises(answer):  # type: ignore[call-overload]
            ENDS.step(row, "return", caller(role))
        assert ENDS.actions(row, caller(role)) == []


@pytest.mark.parametrize(
    "whens",
    [
        pytest.param([None, None], id="neither says when"),
        pytest.param([None, bool], id="the first is always so"),
        pytest.param([bool, bool], id="the last may not be so"),
    ],
)
def test_several_rows_say_which_is_taken_when(whens: list[Any]) -> None:
    steps = [Step(None, "ask", "asked", WORKER, "", when=when) for when in whens]

    with pytest.raises(ValueError, match="nothing says which is taken when"):
        Machine(Term("借用", "loan"), steps, ZH)


def test_what_is_taken_by_itself_is_a_step_of_nobody_else() -> None:
    asked = loan("asked")

    assert ENDS.auto == {"loan.fetch": "lapse"}
    assert ENDS.step(asked, "lapse", caller("auto")).target == "idle"
    assert ENDS.actions(asked, caller("auto")) == ["lapse"]
    with pytest.raises(WrongRole):
        ENDS.step(asked, "lapse", caller("dept_desk", "grid_worker"))


@pytest.mark.parametrize(
    ("clocks", "auto", "state"),
    [
        pytest.param({"asked": ["loan.fetch"]}, {"loan.fetch": "lend"}, "asked", id="a step of people"),
        pytest.param({"asked": ["loan.fetch"]}, {"loan.fetch": "return"}, "asked", id="no step of the state"),
        pytest.param(
            {"asked": ["loan.fetch"], "lent": ["loan.fetch"]}, {"loan.fetch": "lapse"}, "lent", id="in one state alone"
        ),
    ],
)
def test_what_cannot_be_taken_by_itself_does_not_load(clocks: dict[str, list[str]], auto: dict[str, str], state: str) -> None:
    steps = (
        Step(None, "ask", "asked", WORKER, "anyone may ask"),
        Step("asked", "lapse", "idle", frozenset({"auto"}), "nobody came for it"),
        Step("asked", "lend", "lent", DESK, "the desk hands over"),
    )

    with pytest.raises(ValueError, match=f"{auto['loan.fetch']} is not taken by itself in the state {state}"):
        Machine(Term("借用", "loan"), steps, RETURNED, clocks=clocks, auto=auto)


def test_the_diagram_shows_every_step() -> None:
    assert LOAN.mermaid().splitlines() == [
        "stateDiagram-v2",
        f"    asked: asked {ZH['asked']}",
        f"    lent: lent {ZH['lent']}",
        "    [*] --> asked: ask",
        "    asked --> lent: lend",
    ]


def test_clocks_start_with_the_state_that_is_entered_and_stop_with_the_one_that_is_left() -> None:
    loan = Machine(
        Term("借用", "loan"),
        (
            Step(None, "ask", "asked", WORKER, "anyone may ask"),
            Step("asked", "lend", "lent", DESK, "the desk hands over"),
            Step("lent", "return", "back", WORKER, "it comes back"),
        ),
        {**ZH, "return": "归还", "back": "已归还"},
        clocks={"asked": ["loan.answer", "loan.whole"], "lent": ["loan.return", "loan.whole"]},
    )

    assert [(step.stops, step.starts) for step in loan.steps] == [
        ((), ("loan.answer", "loan.whole")),
        (("loan.answer",), ("loan.return",)),
        (("loan.return", "loan.whole"), ()),
    ]


def test_a_clock_of_no_state_is_refused() -> None:
    with pytest.raises(ValueError, match="clocks of unknown states gone"):
        Machine(Term("借用", "loan"), (Step(None, "ask", "asked", WORKER, "why not"),), ZH, clocks={"gone": ["loan.answer"]})
