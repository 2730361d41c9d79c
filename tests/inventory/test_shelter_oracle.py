"""A shelter beside an oracle in memory: whatever is counted in whatever order, both say alike how many are there."""

import uuid
from dataclasses import dataclass, field
from typing import Any, Final

import hypothesis.strategies as some
import pytest
from hypothesis import HealthCheck, settings
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from tests.conftest import RunningSuite
from tests.inventory.shelters import County, code_of

CAPACITY: Final = 10
GROUPS: Final = ("elderly", "children", "disabled", "sick")
people = some.integers(0, 6)
counted = some.fixed_dictionaries({"total": people, **{name: some.integers(0, 3) for name in GROUPS}})


@dataclass
class Oracle:
    """What a shelter is, said as simply as can be."""

    state: str = "standby"
    numbers: dict[str, int] = field(default_factory=lambda: dict.fromkeys(("total", *GROUPS), 0))
    most: int = 0
    arrived: int = 0

    def count(self, action: str, said: dict[str, int]) -> str | None:
        """Count, and return why not, if it cannot be."""
        if self.state not in ({"open", "full"} if action == "admit" else {"open", "full", "closing"}):
            return "illegal_move"
        signs = {"admit": 1, "let_go": -1}
        new = {
            name: said[name] if action == "recount" else self.numbers[name] + signs[action] * said[name]
            for name in self.numbers
        }
        if min(new.values()) < 0:
            return "not_so_many_there"
        if max(new[name] for name in GROUPS) > new["total"]:
            return "group_larger_than_total"
        if action == "admit":
            self.arrived += said["total"]
        if action == "recount":
            self.arrived += max(0, new["total"] - self.numbers["total"])
        self.numbers, self.most = new, max(self.most, new["total"])
        if self.state != "closing":
            self.state = "full" if new["total"] >= CAPACITY else "open"
        return None

    def take(self, action: str) -> str | None:
        """Take a step, and return why not, if it cannot be."""
        moves = {"open": {"standby": "open"}, "close": {"open": "closing", "full": "closing"}, "restore": {"closing": "ready"}}
        moves |= {"stand_by": {"ready": "standby"}, "stand_down": {"standby": "ready"}}
        if self.state not in moves[action]:
            return "illegal_move"
        if action == "restore" and self.numbers["total"]:
            return "people_still_there"
        self.state = moves[action][self.state]
        if action == "open":
            self.numbers, self.most, self.arrived = dict.fromkeys(self.numbers, 0), 0, 0
        return None


class ShelterAndOracle(RuleBasedStateMachine):
    """One shelter, asked at random."""

    suite: RunningSuite

    @initialize()
    def begin(self) -> None:
        self.county, self.oracle = County(self.suite, "990399"), Oracle()
        self.path = self.county.standby(area_m2=2 * CAPACITY, code=f"S-{uuid.uuid4().hex[:8]}")

    @rule(action=some.sampled_from(["admit", "admit", "let_go", "recount"]), said=counted)
    def count(self, action: str, said: dict[str, int]) -> None:
        self.same(self.county.count(self.path, action, **said), self.oracle.count(action, said))

    @rule(action=some.sampled_from(["open", "open", "close", "restore", "stand_by", "stand_down"]))
    def take(self, action: str) -> None:
        who = self.county.manager if action in {"open", "restore"} else self.county.commander
        body: dict[str, Any] = {"open": {"route": "向北"}, "restore": {"stock_counted": True, "paper_lists": []}}.get(
            action, {}
        )
        self.same(who.post(f"{self.path}/{action}", body), self.oracle.take(action))

    def same(self, answer: Any, refusal: str | None) -> None:
        said = code_of(answer) if answer.status_code >= 400 else None
        assert said == refusal, answer.text

    @invariant()
    def both_say_alike(self) -> None:
        if not hasattr(self, "path"):
            return
        shelter, oracle = self.county.manager.get(self.path).json(), self.oracle
        there = oracle.state in {"open", "full", "closing"}
        assert (shelter["state"], shelter["people"]) == (oracle.state, oracle.numbers["total"] if there else 0)
        opening = shelter["opening"]
        assert (opening is not None) == there
        if opening:
            assert {name: opening[name] for name in oracle.numbers} == oracle.numbers
            assert (opening["most"], opening["arrived"]) == (oracle.most, oracle.arrived)


@pytest.mark.parametrize(
    ("examples", "steps"),
    [pytest.param(4, 30, id="short"), pytest.param(40, 100, id="long", marks=pytest.mark.long)],
)
def test_a_shelter_and_its_oracle_say_alike(suite: RunningSuite, examples: int, steps: int) -> None:
    machine = type("OfSuite", (ShelterAndOracle,), {"suite": suite})
    how = settings(
        max_examples=examples,
        stateful_step_count=steps,
        deadline=None,
        suppress_health_check=list(HealthCheck),
        database=None,
    )

    run_state_machine_as_test(machine, settings=how)  # type: ignore[no-untyped-call]
