"""States as a table: what the table says is what requests, answers and documents get."""

from types import SimpleNamespace

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


def test_the_diagram_shows_every_step() -> None:
    assert LOAN.mermaid() == "stateDiagram-v2\n    [*] --> asked: ask\n    asked --> lent: lend"


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
