"""The stock beside an oracle in memory: whatever is asked in whatever order, both answer alike and both have the same left."""

import uuid
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Final

import hypothesis.strategies as some
import pytest
from hypothesis import HealthCheck, settings
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule, run_state_machine_as_test

from tests.conftest import RunningSuite
from tests.counties import a_county
from tests.inventory.store import Store, in_days, made

WHY: Final = {"reason": "核查"}
LASTS: Final = (None, 40, 200, 400)
qty = some.integers(1, 6_000).map(lambda thousandths: Decimal(thousandths) / 1_000)
lasts = some.sampled_from(LASTS)
one_of = some.integers(0, 10**6)


@dataclass
class Lot:
    """A lot as anybody would keep it in their head."""

    id: str
    qty: Decimal
    lasts: int | None
    state: str = "available"
    promised: dict[str, Decimal] = field(default_factory=dict)

    @property
    def free(self) -> Decimal:
        return self.qty - sum(self.promised.values()) if self.state == "available" else Decimal(0)


@dataclass
class Order:
    """An order as anybody would keep it in their head."""

    id: str
    item: str
    qty: Decimal
    state: str = "submitted"


class StockAndOracle(RuleBasedStateMachine):
    """One storage point and one type, asked at random."""

    suite: RunningSuite

    @initialize()
    def open(self) -> None:
        self.store = Store(self.suite, county=a_county())
        self.shelter = self.store.somebody("shelter_manager", "shelter")
        self.lots: list[Lot] = []
        self.orders: list[Order] = []

    def first_to_end(self) -> list[Lot]:
        return sorted((lot for lot in self.lots if lot.free), key=lambda lot: lot.lasts or 10**9)  # stable: as they came

    @rule(amount=qty, days=lasts)
    def receive(self, amount: Decimal, days: int | None) -> None:
        """Receive a lot, and have it inspected."""
        more = {"expires_on": in_days(days)} if days else {}
        self.lots.append(Lot(self.store.lot(str(amount), **more), amount, days))

    @rule(amount=qty)
    def ask(self, amount: Decimal) -> None:
        """Ask for some."""
        order = {"area_code": f"{self.store.county}001001", "to_name": "示例安置点", "point_id": self.store.point_id}
        body = {**order, "items": [{"type_id": self.store.type_id, "qty": str(amount)}]}
        id_ = made(self.store.do(self.shelter, "dispatch_orders", body))["id"]
        made(self.store.do(self.shelter, f"dispatch_orders/{id_}/submit"))
        self.orders.append(Order(id_, self.store.read(f"dispatch_orders/{id_}")["items"][0]["id"], amount))

    def step(self, order: Order, action: str, who: Any, content: Any = None) -> str:
        """Take a step, twice under its key; return the state that it came to, or why not."""
        key = str(uuid.uuid4())
        first, second = (self.store.do(who, f"dispatch_orders/{order.id}/{action}", content, key) for _ in range(2))
        assert (second.status_code, second.content) == (first.status_code, first.content)
        content = first.json()
        return str(content["code"] if first.status_code >= 400 else content["state"])

    @precondition(lambda self: self.orders)
    @rule(which=one_of)
    def approve(self, which: int) -> None:
        """Approve an order: of what is free the lot that ends first is promised first."""
        order = self.orders[which % len(self.orders)]
        said = self.step(order, "approve", self.store.manager, {})
        if order.state != "submitted":
            assert said == "illegal_move"
        elif sum(lot.free for lot in self.lots) < order.qty:
            assert said == "not_enough_stock"
        else:
            assert said == "approved"
            order.state, left = "approved", order.qty
            for lot in self.first_to_end():
                if part := min(lot.free, left):
                    lot.promised[order.id], left = part, left - part

    @precondition(lambda self: self.orders)
    @rule(which=one_of)
    def cancel(self, which: int) -> None:
        """Cancel an order: what it was promised is free again."""
        order = self.orders[which % len(self.orders)]
        said = self.step(order, "cancel", self.shelter, {})
        assert said == ("cancelled" if order.state in {"submitted", "approved", "picking"} else "illegal_move")
        if said == "cancelled":
            order.state = said
            for lot in self.lots:
                lot.promised.pop(order.id, None)

    @precondition(lambda self: self.orders)
    @rule(which=one_of)
    def issue(self, which: int) -> None:
        """Issue an order, unless a lot that it was promised is quarantined."""
        order = self.orders[which % len(self.orders)]
        if order.state == "approved":
            assert self.step(order, "pick", self.store.keeper) == "picking"
            order.state = "picking"
        said = self.step(order, "issue", self.store.keeper)
        its = [lot for lot in self.lots if order.id in lot.promised]
        if order.state != "picking":
            assert said == "illegal_move"
        elif any(lot.state != "available" for lot in its):
            assert said == "lot_not_available"
        else:
            assert said == "issued"
            order.state = said
            for lot in its:
                lot.qty -= lot.promised.pop(order.id)

    @precondition(lambda self: self.orders)
    @rule(which=one_of)
    def reallocate(self, which: int) -> None:
        """Promise an order other lots."""
        order = self.orders[which % len(self.orders)]
        said = self.step(order, "reallocate", self.store.keeper, WHY)
        if order.state not in {"approved", "picking"}:
            assert said == "illegal_move"
            return
        before = {lot.id: lot.promised.pop(order.id) for lot in self.lots if order.id in lot.promised}
        if sum(lot.free for lot in self.lots) < order.qty:
            assert said == "not_enough_stock"
            for lot in self.lots:
                if lot.id in before:
                    lot.promised[order.id] = before[lot.id]
            return
        assert said == order.state
        left = order.qty
        for lot in self.first_to_end():
            if part := min(lot.free, left):
                lot.promised[order.id], left = part, left - part

    @precondition(lambda self: self.lots)
    @rule(which=one_of, counted=qty)
    def count(self, which: int, counted: Decimal) -> None:
        """Count a lot, and let the books follow, if no more is promised than there is."""
        lot = self.lots[which % len(self.lots)]
        said = self.store.do(self.store.keeper, f"lots/{lot.id}/count", {"counted_qty": str(counted)})
        count = made(said)
        assert count["state"] == ("matched" if counted == lot.qty else "differing")
        if count["state"] == "differing":
            adjusted = self.store.do(self.store.manager, f"counts/{count['id']}/adjust", WHY)
            if counted < sum(lot.promised.values()):
                assert adjusted.json()["code"] == "still_reserved"
                made(self.store.do(self.store.manager, f"counts/{count['id']}/dismiss", WHY))
            else:
                assert made(adjusted)["state"] == "adjusted"
                lot.qty = counted

    @precondition(lambda self: self.lots)
    @rule(which=one_of)
    def quarantine_or_not(self, which: int) -> None:
        """Put a lot aside, or let another person say that it is good."""
        lot = self.lots[which % len(self.lots)]
        if lot.state == "available":
            made(self.store.do(self.store.manager, f"lots/{lot.id}/quarantine", WHY))
            lot.state = "quarantined"
        else:
            by = self.store.keeper if self.store.read(f"lots/{lot.id}")["version"] % 2 else self.store.second
            answer = self.store.do(by, f"lots/{lot.id}/inspect_ok", {"counted_qty": f"{lot.qty:.3f}"})
            if answer.json().get("code") == "approved_by_you":
                by = self.store.keeper if by is self.store.second else self.store.second
                answer = self.store.do(by, f"lots/{lot.id}/inspect_ok", {"counted_qty": f"{lot.qty:.3f}"})
            assert made(answer)["state"] == "available"
            lot.state = "available"

    @invariant()
    def agree(self) -> None:
        """Compare what is left of each lot, and what of it is promised."""
        if not getattr(self, "lots", None):
            return
        items = self.store.read(f"lots?point_id={self.store.point_id}&limit=200")["items"]
        there = {one["id"]: (Decimal(one["qty"]), Decimal(one["reserved_qty"]), one["state"]) for one in items}
        assert there == {lot.id: (lot.qty, sum(lot.promised.values(), Decimal(0)), lot.state) for lot in self.lots}

    def teardown(self) -> None:
        """See whether every movement says what was there after it, and whether picks are what was promised."""
        for lot in getattr(self, "lots", ()):
            moves = self.store.read(f"lots/{lot.id}/movements?limit=200")["items"]
            left, promised = Decimal(0), Decimal(0)
            for move in moves:
                part = Decimal(move["qty"])
                left += {"in": part, "adjust": part, "out": -part}.get(move["kind"], 0)
                promised += {"reserve": part, "release": -part, "out": -part}.get(move["kind"], 0)
                assert (Decimal(move["qty_after"]), Decimal(move["reserved_after"])) == (left, promised)
        for order in getattr(self, "orders", ()):
            picks = self.store.read(f"dispatch_orders/{order.id}")["picks"]
            assert {pick["lot_id"]: Decimal(pick["qty"]) for pick in picks} == {
                lot.id: lot.promised[order.id] for lot in self.lots if order.id in lot.promised
            }


@pytest.mark.parametrize(
    ("examples", "steps"),
    [pytest.param(4, 30, id="short"), pytest.param(50, 200, id="10,000 steps", marks=pytest.mark.long)],
)
def test_the_stock_and_the_oracle_answer_alike(suite: RunningSuite, examples: int, steps: int) -> None:
    class Machine(StockAndOracle):
        pass

    Machine.suite = suite
    how = settings(
        max_examples=examples, stateful_step_count=steps, deadline=None, suppress_health_check=list(HealthCheck), database=None
    )

    run_state_machine_as_test(Machine, settings=how)  # type: ignore[no-untyped-call]
