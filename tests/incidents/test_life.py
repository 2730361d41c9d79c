"""Whatever people do in whatever order: no illegal state, the right clocks, and nothing half done when several act at once."""

import asyncio
import inspect
import uuid
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any, ClassVar

import asyncpg
import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from gridwhistle.common import migrations
from gridwhistle.common.again import again
from gridwhistle.common.database import Database, Db
from gridwhistle.common.edge import EdgeRoute
from gridwhistle.common.principal import ROLES, Principal, system
from gridwhistle.common.problems import Problem
from gridwhistle.common.sealing import Seal
from gridwhistle.incidents import adjustments, deciding, handling, intake, judging
from gridwhistle.incidents.app import INCIDENTS
from gridwhistle.incidents.by_itself import ON_CLOCK
from gridwhistle.incidents.domain import INCIDENT, OPEN
from gridwhistle.incidents.tables import incidents
from gridwhistle.standalone.postgres import Postgres
from tests.conftest import Loop

AREA, GRID = "990101001001", "990101001001001"
WATER, POWER = "990101-water", "990101-power"
BOUNDARY = '{"type": "Polygon", "coordinates": [[[120, 30], [121, 30], [121, 31], [120, 31], [120, 30]]]}'
WORKERS = [str(uuid.UUID(int=number)) for number in (1, 2, 3)]
ENDPOINTS = {
    route.path.rpartition("/")[2]: route.endpoint
    for router in (deciding.router, handling.router, adjustments.router, judging.router)
    for route in router.routes
    if isinstance(route, EdgeRoute) and route.method == "POST"
}
SENT: dict[str, dict[str, Any]] = {
    "reject": {"reason_code": "not_ours"},
    "redirect": {"reason_code": "unlawful", "sent_to": "nowhere"},
    "answer": {"answer": "周一至周五办理"},
    "ask_void": {"reason_code": "test"},
    "file": {"category": "C-0101", "grid_code": GRID},
    "dispatch": {"lead_org": WATER},
    "object": {"reason_code": "not_our_duty", "reason": "非我职责"},
    "uphold": {"lead_org": POWER},
    "county_decide": {"lead_org": WATER},
    "submit": {"result": "已更换"},
    "request_extension": {"reason_code": "weather", "reason": "雨"},
    "request_suspension": {"reason_code": "weather", "reason": "雨", "days": 30},
    "resolve_on_spot": {"category": "C-0101", "result": "已扶正", "grid_code": GRID},
    "callback": {"is_reached": True, "is_resolved": False, "satisfaction": "dissatisfied", "reason": "还在响"},
    "reopen": {"reason": "还在响"},
}
ACTIONS = sorted(ENDPOINTS.keys() - {"merge", "sign", "resolve_on_spot"})
_TO_DEPARTMENT = ["accept", "file", "dispatch"]
_TO_CHECK = [*_TO_DEPARTMENT, "sign", "submit", "confirm", "order_check"]
WAYS: list[list[str]] = [
    [],
    ["order_verification"],
    ["reject", "contest"],
    [*_TO_DEPARTMENT, "object", "deny_objection", "object"],
    [*_TO_DEPARTMENT, "sign", "request_suspension", "endorse", "approve"],
    [*_TO_CHECK, "check_failed", "redispatch"],
    [*_TO_CHECK, "checked", "close", "reopen"],
]
"""How far an incident has come before anybody does anything."""
TARGETS: dict[tuple[str | None, str], set[str]] = {}
for _step in INCIDENT.steps:
    TARGETS.setdefault((_step.source, _step.action), set()).add(_step.target)


@dataclass
class House:
    """The incidents service's database, as one process has it, and who works there."""

    database: Database

    def somebody(self, worker: int = 0, org: str | None = WATER) -> Principal:
        return Principal(WORKERS[worker], frozenset(ROLES) - {"auto"}, ("990101",), org=org)

    async def report(self, **more: Any) -> uuid.UUID:
        content = {"title": "井盖缺失", "area_code": AREA, "source": "resident", "request_type": "consult", **more}
        body = intake.Report.model_validate(content)
        made = await self._done(lambda db: intake.report_incident(body, self.somebody(org=None), db))
        id_: uuid.UUID = made.id
        return id_

    async def take(self, id_: uuid.UUID, action: str, caller: Principal, **more: Any) -> str:
        """Take a step by its route; return the new state, or the refusal's code."""
        endpoint = ENDPOINTS[action]
        handler = {"handler_id": caller.id} if action == "sign" else {}
        given: dict[str, Any] = {"incident_id": id_, "caller": caller}
        if model := inspect.signature(endpoint).parameters.get("body"):
            given["body"] = model.annotation.model_validate({**SENT.get(action, {}), **handler, **more})
        try:
            view = await self._done(lambda db: endpoint(**given, db=db))
        except Problem as refusal:
            return f"! {refusal.code}"
        state: str = view.state
        return state

    async def pass_time(self, id_: uuid.UUID, key: str) -> None:
        """Let a clock be due, as its loop would find it."""

        async def fire(db: Db) -> None:
            async with db.command(system("incidents"), incidents, id_) as tx:
                for clock in await tx.clocks.of(tx.row):
                    if clock.rule_key == key and clock.stopped_at is None:
                        await ON_CLOCK[key](tx, tx.row, clock, 100)
                        if key in INCIDENT.auto:
                            tx.clocks.stop(tx.row, key)

        await self._done(fire)

    async def _done(self, work: Any) -> Any:
        db = Db(self.database, scope="test", key=None, request_id="r-1")

        async def run() -> Any:
            db.start_over()
            return await work(db)

        return await again(run)

    async def truth(self, id_: uuid.UUID) -> SimpleNamespace:
        """Return what the database says."""
        connection = await asyncpg.connect(self.database.url)
        try:
            row = await connection.fetchrow("SELECT * FROM incident WHERE id = $1", id_)
            running = await connection.fetch(
                "SELECT rule_key, paused_at FROM clock WHERE owner_id = $1 AND stopped_at IS NULL", id_
            )
            told = await connection.fetch("SELECT event_no FROM outbox WHERE aggregate_id = $1 ORDER BY event_no", id_)
            steps = await connection.fetch("SELECT from_state, to_state FROM history WHERE thing_id = $1 ORDER BY id", id_)
            waiting = {
                name: await connection.fetchval(
                    f"SELECT count(*) FROM {name} WHERE incident_id = $1 AND state = ANY($2)", id_, states
                )
                for name, states in {
                    "adjustment": ["requested", "endorsed", "asked"],
                    "objection": ["raised"],
                    "task": ["given"],
                }.items()
            }
        finally:
            await connection.close()
        stages, numbers = Counter(clock["rule_key"] for clock in running), [one["event_no"] for one in told]
        return SimpleNamespace(row=row, running=stages, clocks=running, steps=steps, told=numbers, **waiting)


def is_sound(seen: SimpleNamespace) -> None:
    """Check what holds of every incident at every time."""
    state = seen.row["state"]
    may_have_stopped = {"incidents.feedback", "incidents.contest"} if seen.row["is_final"] else set()
    assert seen.running == Counter(set(INCIDENT.clocks.get(state, ())) - may_have_stopped)
    assert {clock["rule_key"] for clock in seen.clocks if clock["paused_at"]} == (
        {"incidents.handle"} if state == "suspended" else set()
    )
    assert [step["to_state"] for step in seen.steps][:-1] == [step["from_state"] for step in seen.steps][1:]
    assert seen.steps[-1]["to_state"] == state
    assert (seen.row["terminal_at"] is None) == (state in {*OPEN, "sampled", "self_resolved"})
    assert seen.task == (state in {"verifying", "checking"})
    assert seen.objection == (state in {"objected", "disputed", "contested"})
    assert seen.adjustment == (seen.row["asked_for"] is not None) + (seen.row["void_asked_by"] is not None)


def another(url: str) -> Database:
    """Return the database as one more process has it."""
    tables = list(INCIDENTS.tables.tables.values())
    return Database(url, Seal({1: bytes(32)}), INCIDENTS.constraints, presets=INCIDENTS.presets, tables=tables)


@pytest.fixture(scope="module")
def house(background: Loop, postgres: Postgres) -> Iterator[House]:
    """Return the service's database with two organisations, a grid, and workers on shift."""
    background.run(postgres.ensure_database("life"))
    url = postgres.url("life")
    background.run(migrations.upgrade(INCIDENTS, url))
    database = another(url)
    connected = database.connected()

    async def settle() -> None:
        await connected.__aenter__()
        connection = await asyncpg.connect(url)
        await connection.execute(
            "INSERT INTO category (id, version, area_code, code, kind, name, is_local, enabled, legal_refs, source_ref)"
            " VALUES ($1, 1, '990101000000', 'C-0101', 'component', '上水井盖', false, true, '[]', '示例')",
            uuid.uuid4(),
        )
        for org in (WATER, POWER):
            await connection.execute(
                "INSERT INTO known_organisation (id, event_no, org, name) VALUES ($1, 1, $2, $2)", uuid.uuid4(), org
            )
        await connection.execute(
            "INSERT INTO known_grid (id, event_no, grid_code, name, boundary) VALUES ($1, 1, $2, '一', $3)",
            uuid.uuid4(),
            GRID,
            BOUNDARY,
        )
        for worker in WORKERS:
            await connection.execute(
                "INSERT INTO known_shift (id, event_no, worker_id, grid_code, started_at) VALUES ($1, 1, $2, $3, now())",
                uuid.uuid4(),
                uuid.UUID(worker),
                GRID,
            )
        await connection.close()

    background.run(settle())
    yield House(database)
    background.run(connected.__aexit__(None, None, None))


class Life(RuleBasedStateMachine):
    """Anybody does anything to an incident, and time passes."""

    house: ClassVar[House]
    loop: ClassVar[Loop]
    reached: ClassVar[set[str]] = set()

    def __init__(self) -> None:
        super().__init__()
        self.id, self.state = uuid.uuid4(), "reported"

    @initialize(way=st.sampled_from(WAYS))
    def begin(self, way: list[str]) -> None:
        self.id = self.loop.run(self.house.report())
        for action in way:
            checker = str(self.loop.run(self.house.truth(self.id)).row["checker_id"])
            others = {"file": 1, "endorse": 1, "approve": 2}  # two people where there have to be two
            self._take(action, WORKERS.index(checker) if checker in WORKERS else others.get(action, 0), WATER)

    @rule(action=st.sampled_from(ACTIONS), worker=st.integers(0, 2), org=st.sampled_from([WATER, POWER]))
    def anything(self, action: str, worker: int, org: str) -> None:
        self._take(action, worker, org)

    @rule(pick=st.integers(0, 99))
    def somebody_goes_on(self, pick: int) -> None:
        self._go_on(pick)

    def _go_on(self, pick: int) -> None:
        """Whoever has it takes a step after which it is not over."""
        row = self.loop.run(self.house.truth(self.id)).row
        able = sorted(
            action
            for (source, action), targets in TARGETS.items()
            if source == self.state
            and action in ENDPOINTS
            and not action.endswith("_void")  # asked, refused, withdrawn: it is where it was
            and not targets <= {"voided", "merged", "rejected", "redirected"}
        )
        if able:
            whose = str(row["handler_id"] if self.state == "in_progress" and pick % 2 else row["checker_id"])
            worker = WORKERS.index(whose) if whose in WORKERS else pick % 3
            self._take(able[pick % len(able)], worker, row["lead_org"] or WATER)

    @rule(picks=st.lists(st.integers(0, 99), min_size=2, max_size=4))
    def somebody_goes_further(self, picks: list[int]) -> None:
        for pick in picks:
            self._go_on(pick)

    @rule(key=st.sampled_from(sorted(ON_CLOCK)))
    def time_passes(self, key: str) -> None:
        self.loop.run(self.house.pass_time(self.id, key))
        after = self.loop.run(self.house.truth(self.id)).row["state"]
        action = INCIDENT.auto.get(key)
        assert after == self.state or (action and after in TARGETS[self.state, action])
        self.state = after

    def _take(self, action: str, worker: int, org: str) -> None:
        before = self.loop.run(self.house.truth(self.id)).row
        said = self.loop.run(self.house.take(self.id, action, self.house.somebody(worker, org)))
        if said.startswith("!"):
            return
        had_their_say = before["reopened_times"] or before["is_final"]
        step = "reopen" if action == "callback" and not had_their_say else action
        assert said in TARGETS[self.state, step], f"{action} led from {self.state} to {said}"
        self.state = said
        self.reached.add(said)

    @invariant()
    def it_is_sound(self) -> None:
        seen = self.loop.run(self.house.truth(self.id))
        assert seen.row["state"] == self.state
        self.reached.add(self.state)
        is_sound(seen)


def test_whatever_happens_in_whatever_order_the_incident_is_sound(house: House, background: Loop) -> None:
    Life.house, Life.loop = house, background

    run_state_machine_as_test(
        Life,
        settings=settings(
            phases=[Phase.generate],
            max_examples=20,
            stateful_step_count=30,
            deadline=None,
            suppress_health_check=list(HealthCheck),
            derandomize=True,
        ),
    )

    assert len(Life.reached) >= 14, f"it came no further than {sorted(Life.reached)}"


@pytest.mark.parametrize(
    ("way", "at_once"),
    [
        (["accept", "file"], ["dispatch", "ask_void", "dispatch", "ask_void"]),
        (["accept", "file", "dispatch"], ["object", "object", "sign", "ask_void"]),
        (["accept", "file", "dispatch", "object"], ["uphold", "deny_objection", "ask_void", "uphold"]),
        (["accept", "file", "dispatch", "ask_void"], ["void", "object", "sign", "refuse_void"]),
        (["accept", "file", "dispatch", "sign"], ["request_extension", "request_suspension", "submit", "ask_void"]),
    ],
    ids=lambda steps: steps[-1],
)
@pytest.mark.parametrize("turn", range(5))
def test_what_several_do_at_once_happens_one_after_the_other(
    house: House, background: Loop, way: list[str], at_once: list[str], turn: int
) -> None:
    async def act() -> tuple[list[str], SimpleNamespace]:
        async with another(house.database.url).connected() as elsewhere:
            houses, id_ = [house, House(elsewhere)], await house.report()
            for number, action in enumerate(way):
                assert not (await house.take(id_, action, house.somebody(number % 2, WATER))).startswith("!")
            said = await asyncio.gather(
                *(
                    houses[(number + turn) % 2].take(id_, action, house.somebody(2, WATER))
                    for number, action in enumerate(at_once)
                )
            )
            return said, await house.truth(id_)

    said, seen = background.run(act())

    taken = [state for state in said if not state.startswith("!")]
    assert taken
    assert len(seen.steps) == 1 + len(way) + len(taken)
    is_sound(seen)


def test_objecting_dispatching_and_voiding_at_once_leave_one_truth(house: House, background: Loop) -> None:
    busy = {  # who keeps at what, each twice, in two processes
        0: ["dispatch", "uphold", "deny_objection", "uphold", "county_decide", "void", "deny_objection", "void"],
        1: ["object", "refuse_void", "withdraw_objection", "object", "sign", "withdraw_objection", "object"],
        2: ["ask_void", "object", "ask_void", "object", "ask_void", "object", "ask_void"],
    }

    async def keeps_at_it(at: House, id_: uuid.UUID, worker: int, actions: list[str]) -> list[str]:
        return [await at.take(id_, action, at.somebody(worker)) for action in actions]

    async def at_once(houses: list[House], turn: int) -> tuple[list[str], SimpleNamespace]:
        id_ = await house.report()
        for action in ("accept", "file"):
            await house.take(id_, action, house.somebody(1))
        said = await asyncio.gather(
            *(
                keeps_at_it(houses[(worker + turn + twin) % 2], id_, worker, actions[turn % 5 :] + actions[: turn % 5])
                for twin in range(2)
                for worker, actions in busy.items()
            )
        )
        return [state for one in said for state in one], await house.truth(id_)

    async def rounds() -> list[tuple[list[str], SimpleNamespace]]:
        async with another(house.database.url).connected() as elsewhere:
            return [await at_once([house, House(elsewhere)], turn) for turn in range(25)]

    seen = background.run(rounds())

    reached: set[str] = set()
    for said, truth in seen:
        taken = [state for state in said if not state.startswith("!")]
        reached |= {*taken}
        assert len(truth.steps) == 3 + len(taken), "whoever was told yes is in the history, and nobody else"
        assert ("voided" in taken) == (truth.row["state"] == "voided"), "nothing follows the end"
        assert truth.told == [*range(1, truth.row["event_no"] + 1)], "each event was told once"
        assert not {code for code in said if code.startswith("!")} & {"! busy", "! may_have_happened"}
        is_sound(truth)
    assert reached >= {"dispatched", "objected", "voided"}, "all of it happened in some round"
