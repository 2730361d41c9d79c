"""The ledger beside an oracle in memory: whatever is asked in whatever order, both answer alike and both sum to zero."""

import uuid
from dataclasses import dataclass, field
from typing import Any, Final

import hypothesis.strategies as some
import pytest
from hypothesis import HealthCheck, settings
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule, run_state_machine_as_test

from gridwhistle.timebank.domain import BY_TWO, OVERDRAWN, PAIRS
from tests.conftest import RunningSuite
from tests.timebank.ledgers import BASE, Bank

OWNERS: Final = ("me", "she", "they")
SLOTS: Final = (
    *(("personal_available", owner) for owner in OWNERS),
    *(("personal_hold", owner) for owner in OWNERS[:2]),
    ("group", OWNERS[0]),
    *((kind, "") for kind in ("pool", "pool_hold", "issuance", "redeemed", "clearing")),
)
WAYS: Final = [
    (kind, a, b)
    for kind, pairs in PAIRS.items()
    if kind not in BY_TWO
    for a in range(len(SLOTS))
    for b in range(len(SLOTS))
    if a != b and (SLOTS[a][0], SLOTS[b][0]) in pairs
]
minutes = some.integers(1, 240)
way = some.sampled_from(WAYS)
reference = some.one_of(some.none(), some.sampled_from(["a", "b", "c", "d", "e", "f"]))
Move = tuple[tuple[str, int, int], int, str | None]


@dataclass
class Oracle:
    """What a ledger is, said as simply as can be."""

    balances: list[int] = field(default_factory=lambda: [0] * len(SLOTS))
    frozen: set[int] = field(default_factory=set)
    posted: dict[str, tuple[Any, int]] = field(default_factory=dict)
    made: list[tuple[str, int, int, int]] = field(default_factory=list)
    reversed: set[str] = field(default_factory=set)

    def refusal(self, move: Move) -> str | None:
        """Return the code with which a posting is refused, "known" for one that is there, None for one that is posted."""
        (kind, a, b), amount, name = move
        owners = SLOTS[a][1], SLOTS[b][1]
        if (kind in {"hold", "release"} and owners[0] != owners[1]) or (kind == "transfer" and owners[0] == owners[1]):
            return "other_owner"
        if name in self.posted:
            return "known" if self.posted[name] == (move[0], amount) else "reference_used"
        if {a, b} & self.frozen:
            return "account_not_open"
        if SLOTS[a][0] not in OVERDRAWN and self.balances[a] < amount:
            return "not_enough_minutes"
        return None

    def post(self, move: Move) -> None:
        (_, a, b), amount, name = move
        self.balances[a] -= amount
        self.balances[b] += amount
        if name:
            self.posted[name] = move[0], amount


class LedgerAndOracle(RuleBasedStateMachine):
    """One county's accounts, asked at random."""

    suite: RunningSuite

    @initialize()
    def open(self) -> None:
        self.bank, self.oracle = Bank(self.suite), Oracle()
        self.ids = [self.bank.account(kind, owner) for kind, owner in SLOTS]
        self.names = f"{uuid.uuid4().hex[:12]}-"
        for slot in (0, 1, 6):
            self.one(("import", len(SLOTS) - 1, slot), 120, None)

    def content(self, move: Move) -> dict[str, Any]:
        (kind, a, b), amount, name = move
        content = {"type": kind, "from_account_id": self.ids[a], "to_account_id": self.ids[b], "minutes": amount}
        return content | ({"reference": self.names + name} if name else {})

    @rule(how=way, amount=minutes, name=reference)
    def one(self, how: tuple[str, int, int], amount: int, name: str | None) -> None:
        """Post one, twice under its key."""
        move, key = (how, amount, name), str(uuid.uuid4())
        expected = self.oracle.refusal(move)

        first, second = (
            self.bank.application.post(f"{BASE}/postings", self.content(move), Idempotency_Key=key) for _ in range(2)
        )

        said = None if first.status_code == 201 else first.json()["code"]
        assert said == ("reference_used" if expected == "known" else expected)
        if said == "account_not_open":  # which it may be when they come again: nothing is remembered under the key
            assert (second.status_code, second.json()["code"]) == (first.status_code, said)
        else:  # Two problems differ in nothing but which request they answer, and a repeat answers with the first one's.
            assert (second.status_code, second.content) == (first.status_code, first.content)
        if expected is None:
            self.oracle.post(move)
            self.oracle.made.append((first.json()["id"], how[1], how[2], amount))

    @rule(moves=some.lists(some.tuples(way, minutes, reference), min_size=1, max_size=12), whole=some.booleans())
    def many(self, moves: list[Move], *, whole: bool) -> None:
        """Post many, each for itself or all or nothing."""
        before, expected, seen = self._copy(), [], set()
        for move in moves:
            no = self.oracle.refusal(move)
            if no != "other_owner" and move[2] in seen and move[2] not in before.posted:
                no = "reference_used"
            if move[2]:
                seen.add(move[2])
            expected.append(no)
            if no is None:
                self.oracle.post(move)

        answer = self.bank.batch([self.content(move) for move in moves], all_or_nothing=whole)

        if whole and any(no not in {None, "known"} for no in expected):
            assert (answer.status_code, answer.json()["code"]) == (409, "nothing_posted")
            self.oracle = before
            return
        assert answer.status_code == 200, answer.text
        results = answer.json()["results"]
        said = ["known" if one["result"] == "known" else one["code"] for one in results]
        if not whole:
            assert said == expected
        for one, move in zip(results, moves, strict=True):
            if one["result"] == "posted":
                self.oracle.made.append((one["posting_id"], move[0][1], move[0][2], move[1]))

    @precondition(lambda self: self.oracle.made)
    @rule(which=some.integers(0, 10**6))
    def reverse(self, which: int) -> None:
        """Take a posting back, by two persons."""
        id_, a, b, amount = self.oracle.made[which % len(self.oracle.made)]
        proposal = self.bank.admin.post(f"{BASE}/postings/{id_}/propose_reversal", {"reason": "有误"}).json()

        answer = self.bank.decide(self.bank.second, proposal, "approve")

        no = self.oracle.refusal((("reverse", b, a), amount, None)) if id_ not in self.oracle.reversed else "already_reversed"
        assert (None if answer.status_code == 200 else answer.json()["code"]) == no
        if no is None:
            self.oracle.reversed.add(id_)
            self.oracle.post((("reverse", b, a), amount, None))

    @rule(slot=some.integers(0, len(SLOTS) - 1))
    def freeze_or_unfreeze(self, slot: int) -> None:
        """Freeze an account, or let it go."""
        path = f"{BASE}/accounts/{self.ids[slot]}"
        if slot in self.oracle.frozen:
            self.oracle.frozen.remove(slot)
            assert self.bank.admin.post(f"{path}/unfreeze").status_code == 200
        elif len(self.oracle.frozen) < 2:
            self.oracle.frozen.add(slot)
            assert self.bank.admin.post(f"{path}/freeze", {"reason": "核查"}).status_code == 200

    @invariant()
    def agree(self) -> None:
        """Compare balances, and what they sum to."""
        if "bank" not in self.__dict__:
            return
        assert sum(self.oracle.balances) == 0
        items = self.bank.auditor.get(f"{BASE}/accounts?area_code={self.bank.area}&limit=200").json()["items"]
        there = {item["id"]: item["balance_minutes"] for item in items}
        assert [there[id_] for id_ in self.ids] == self.oracle.balances

    def teardown(self) -> None:
        """See whether every entry says what was there after it."""
        for slot, id_ in enumerate(self.ids if "ids" in self.__dict__ else ()):
            path, kept = f"{BASE}/accounts/{id_}/entries?limit=200", self.oracle.balances[slot]
            for entry in self.bank.auditor.get(path).json()["items"]:
                assert entry["balance_minutes"] == kept
                kept -= entry["delta_minutes"]

    def _copy(self) -> Oracle:
        was = self.oracle
        return Oracle(list(was.balances), set(was.frozen), dict(was.posted), list(was.made), set(was.reversed))


@pytest.mark.parametrize(
    ("examples", "steps"),
    [pytest.param(4, 30, id="short"), pytest.param(50, 200, id="10,000 steps", marks=pytest.mark.long)],
)
def test_the_ledger_and_the_oracle_answer_alike(suite: RunningSuite, examples: int, steps: int) -> None:
    class Machine(LedgerAndOracle):
        pass

    Machine.suite = suite
    how = settings(
        max_examples=examples, stateful_step_count=steps, deadline=None, suppress_health_check=list(HealthCheck), database=None
    )

    run_state_machine_as_test(Machine, settings=how)  # type: ignore[no-untyped-call]
