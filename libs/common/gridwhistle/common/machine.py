"""States as a table: one row a step, read by requests, answers, documents and tests alike."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from gridwhistle.common.denies import may_approve
from gridwhistle.common.principal import ROLES, Principal
from gridwhistle.common.problems import IllegalMove, Problem, Term, WrongRole

Guard = Callable[[Any, Principal], Problem | None]
"""Looks at the row and the caller; returns why not, or None. The same guard refuses a request and hides the action."""
When = Callable[[Any], bool]
AUTO = "auto"
"""The role in which a service acts by itself."""


def both(*guards: Guard) -> Guard:
    """Return the guard that says no when one of these does."""

    def guard(row: Any, caller: Principal) -> Problem | None:
        return next((refusal for each in guards if (refusal := each(row, caller))), None)

    return guard


@dataclass(frozen=True, slots=True)
class Step:
    """One legal move."""

    source: str | None  # None: the thing comes into being
    action: str
    target: str
    who: frozenset[str]
    why: str
    guard: Guard | None = None
    approval: bool = False
    """Not by whom it is about, nor by who gave the approval before: the thing has `subject_id` and `approved_by`."""
    when: When | None = None
    """Of several rows for one state and action the first is taken of which this is so; the last has none."""
    stops: tuple[str, ...] = ()  # the clocks that end with the step, and those that begin; the machine says which
    starts: tuple[str, ...] = ()

    def refusal(self, row: Any, caller: Principal) -> Problem | None:
        """Return why this caller may not take the step, or None."""
        if self.approval and (refusal := may_approve(row, caller)):
            return refusal
        return self.guard(row, caller) if self.guard else None


def check(row: Any, caller: Principal, *guards: Guard) -> None:
    """Check what guards say of a row where something is done to it that is no step.

    Raises:
        Problem: of the first that says why not.
    """
    for guard in guards:
        if refusal := guard(row, caller):
            raise refusal


class Machine:
    """The legal moves of one kind of thing. An unknown pair raises; nothing is allowed by silence."""

    def __init__(
        self,
        thing: Term,
        steps: Iterable[Step],
        zh: Mapping[str, str],
        clocks: Mapping[str, Sequence[str]] | None = None,
        auto: Mapping[str, str] | None = None,
    ) -> None:
        """Take the steps, the Chinese word for every state and action, and which clocks run in which state.

        A clock is named by its rule. One that runs in the state that is left and in the one that is entered runs on. `auto`
        says which action is taken by itself when such a clock is due; nobody is warned of it, and it is no breach.

        Raises:
            ValueError: two rows for one state and action, an unknown role, a word without its Chinese, clocks of no state, an
                approval of what is not there yet, or an action that is to be taken by itself and cannot be.
        """
        self.thing, self.clocks = thing, {state: tuple(keys) for state, keys in (clocks or {}).items()}
        self.auto = dict(auto or {})
        self.steps = tuple(self._with_clocks(step) for step in steps)
        self._moves: dict[tuple[str | None, str], list[Step]] = defaultdict(list)
        for step in self.steps:
            self._moves[step.source, step.action].append(step)
        if any([step.when is None for step in rows] != [False] * (len(rows) - 1) + [True] for rows in self._moves.values()):
            raise ValueError(f"{thing.en}: two rows for one state and action, and nothing says which is taken when")
        words = {word for step in self.steps for word in (step.source, step.action, step.target) if word}
        if missing := words - zh.keys():
            raise ValueError(f"{thing.en}: no Chinese for {', '.join(sorted(missing))}")
        if unknown := frozenset().union(*(step.who for step in self.steps)) - ROLES.keys():
            raise ValueError(f"{thing.en}: unknown roles {', '.join(sorted(unknown))}")
        if any(step.approval and step.source is None for step in self.steps):
            raise ValueError(f"{thing.en}: what is not there yet cannot be approved")
        self._terms = {word: Term(zh[word], word) for word in words}
        self.states = tuple(dict.fromkeys(step.target for step in self.steps))
        self.names = tuple(dict.fromkeys(step.action for step in self.steps if step.source))  # of actions on what is there
        if nowhere := self.clocks.keys() - set(self.states):
            raise ValueError(f"{thing.en}: clocks of unknown states {', '.join(sorted(nowhere))}")

        for state, keys in self.clocks.items():
            for action in (self.auto[key] for key in keys if key in self.auto):
                if not any(AUTO in step.who for step in self._moves.get((state, action), ())):
                    raise ValueError(f"{thing.en}: {action} is not taken by itself in the state {state}")

    def _with_clocks(self, step: Step) -> Step:
        left, entered = self.clocks.get(step.source or "", ()), self.clocks.get(step.target, ())
        stops = tuple(key for key in left if key not in entered)
        return replace(step, stops=stops, starts=tuple(key for key in entered if key not in left))

    def step(self, row: Any, action: str, caller: Principal) -> Step:
        """Return the row for this action on this thing (None: on nothing yet).

        Raises:
            IllegalMove: the state does not allow it.
            WrongRole: the action belongs to other roles.
            Problem: the row's guard says why not.
        """
        state = row.state if row is not None else None
        step = self._row(row, state, action)
        if step is None:
            raise IllegalMove(
                thing=self.thing,
                state=self._terms[state] if state else Term("未建立", "not there"),
                action=self._terms[action],
                allowed=[
                    self._terms[action]
                    for (source, action), steps in self._moves.items()
                    if source == state and any(step.who != {AUTO} for step in steps)
                ],
            )
        if not step.who & caller.roles:
            raise WrongRole(action=self._terms[action], roles=[ROLES[role] for role in sorted(step.who)])
        if refusal := step.refusal(row, caller):
            raise refusal
        return step

    def actions(self, row: Any, caller: Principal) -> list[str]:
        """Return what this caller may do now: the `actions` of every answer."""
        steps = (self._row(row, source, action) for source, action in self._moves if source == row.state)
        return [step.action for step in steps if step and step.who & caller.roles and not step.refusal(row, caller)]

    def _row(self, row: Any, state: str | None, action: str) -> Step | None:
        rows = self._moves.get((state, action), ())
        return next((step for step in rows if step.when is None or step.when(row)), None)

    def mermaid(self) -> str:
        """Return the diagram for docs/states."""
        words = [f"    {state}: {state} {self._terms[state].zh}" for state in self.states]
        arrows = [f"    {step.source or '[*]'} --> {step.target}: {step.action}" for step in self.steps]
        return "\n".join(["stateDiagram-v2", *words, *arrows])

    def table(self) -> list[tuple[str, str, str, str, str]]:
        """Return from, action, to, who and why of each step, as documents print them."""
        return [(step.source or "–", step.action, step.target, ", ".join(sorted(step.who)), step.why) for step in self.steps]

    def word(self, name: str) -> Term:
        """Return a state or action in both languages."""
        return self._terms[name]
