"""Two volunteers who race for the last place: one has it, whichever process answers; what happens by itself happens once."""

import asyncio
import datetime as dt
import uuid
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import Any

import pytest

from gridwhistle.common import migrations
from gridwhistle.common.again import again
from gridwhistle.common.database import Database, Db
from gridwhistle.common.principal import Principal, system
from gridwhistle.common.problems import Problem
from gridwhistle.common.sealing import Seal
from gridwhistle.standalone.postgres import Postgres
from gridwhistle.timebank import claiming, offering, ordering, participants
from gridwhistle.timebank.app import TIMEBANK
from gridwhistle.timebank.order_limits import CONFIRM, DISPUTE, FREEZE, NO_SHOW, SETTLE, WINDOW
from gridwhistle.timebank.order_states import CLAIM, ORDER
from gridwhistle.timebank.order_tables import claims, orders
from gridwhistle.timebank.participant_states import PARTICIPANT
from tests.conftest import Loop

AREA = "990101001001"
CLERK = Principal("clerk", frozenset({"station_clerk", "timebank_admin"}), ("990101",))
AUTO = {**ORDER.auto, **CLAIM.auto, **PARTICIPANT.auto}
pytestmark = pytest.mark.anyio


@dataclass
class Station:
    """The time bank's database, as two processes have it."""

    processes: list[Database]

    async def do(self, work: Callable[[Db], Awaitable[Any]], process: int = 0, as_of: dt.datetime | None = None) -> Any:
        """Do something as a request of a process; return its answer, or the code of its refusal."""
        db = Db(self.processes[process], scope="test", key=None, request_id="r-1", as_of=as_of)

        async def run() -> Any:
            db.start_over()
            return await work(db)

        try:
            return await again(run)
        except Problem as refusal:
            return refusal.code

    async def register(self) -> Principal:
        body = participants.NewParticipant.model_validate(
            {
                "kind": "both",
                "area_code": AREA,
                "name": "王芳",
                "phone": "13800138000",
                "real_name_token": f"rn-{uuid.uuid4()}",
                "birth_year": 1980,
                "insured_until": "2199-01-01",
            }
        )
        made = await self.do(lambda db: participants.register_participant(body, CLERK, db))
        return Principal(str(made.id), frozenset({"volunteer"}), ("990101",))

    async def open_order(self, places: int, kind: str = "public", elder: Principal | None = None) -> uuid.UUID:
        begins = dt.datetime.now(dt.UTC) + dt.timedelta(hours=5)
        body = ordering.NewOrder(
            kind=kind,  # type: ignore[arg-type]
            service_code="errands",
            beneficiary_id=elder and uuid.UUID(elder.id),
            area_code=AREA,
            start_at=begins,
            end_at=begins + dt.timedelta(hours=2),
            agreed_minutes=60,
            people_needed=places,
        )
        made = await self.do(lambda db: ordering.request_order(body, CLERK, db))
        if kind == "ordinary":
            await self.do(lambda db: ordering.publish(made.id, ordering.Remark(), CLERK, db))
        id_: uuid.UUID = made.id
        return id_

    async def claim(self, order_id: uuid.UUID, who: Principal, process: int = 0) -> Any:
        return await self.do(lambda db: claiming.claim(order_id, who, db), process)

    async def fire(self, table: Any, id_: uuid.UUID, key: str, process: int = 0) -> Any:
        """Let a clock be due, as its loop would find it."""

        async def work(db: Db) -> None:
            async with db.command(system("timebank"), table, id_) as tx:
                for clock in await tx.clocks.of(tx.row):
                    if clock.rule_key == key and clock.stopped_at is None:
                        await TIMEBANK.on_clock[key](tx, tx.row, clock, 100)
                        if key in AUTO:
                            tx.clocks.stop(tx.row, key)

        return await self.do(work, process)

    async def row(self, table: Any, id_: uuid.UUID) -> Any:
        return await self.do(lambda db: db.first(table.select().where(table.c.id == id_)))


@pytest.fixture(scope="module")
def database_url(background: Loop, postgres: Postgres) -> str:
    background.run(postgres.ensure_database("last_place"))
    background.run(migrations.upgrade(TIMEBANK, postgres.url("last_place")))
    return postgres.url("last_place")


@pytest.fixture
async def station(database_url: str) -> AsyncIterator[Station]:
    tables = list(TIMEBANK.tables.tables.values())
    async with AsyncExitStack() as stack:
        processes = [
            Database(database_url, Seal({1: bytes(32)}), TIMEBANK.constraints, presets=TIMEBANK.presets, tables=tables)
            for _ in range(2)
        ]
        for process in processes:
            await stack.enter_async_context(process.connected())
        station = Station(processes)
        kind = offering.NewServiceKind(service_code="errands", area_code="990101000000", name="代办")
        await station.do(lambda db: offering.add_service_kind(kind, CLERK, db))
        yield station


@pytest.mark.parametrize("places", [1, 5])
async def test_of_many_who_race_for_the_last_places_exactly_so_many_have_them(station: Station, places: int) -> None:
    order_id = await station.open_order(places)
    people = [await station.register() for _ in range(16)]

    said = await asyncio.gather(*(station.claim(order_id, who, number % 2) for number, who in enumerate(people)))

    results = Counter(answer if isinstance(answer, str) else "claimed" for answer in said)
    assert results == {"claimed": places, "no_place_left": 16 - places}
    order = await station.row(orders, order_id)
    assert (order.state, order.people_taken, order.claims_open) == ("full", places, places)


async def test_one_volunteer_who_asks_twice_at_once_has_one_place(station: Station) -> None:
    order_id, who = await station.open_order(5), await station.register()

    said = await asyncio.gather(*(station.claim(order_id, who, number % 2) for number in range(6)))

    assert Counter(answer if isinstance(answer, str) else "claimed" for answer in said) == {"claimed": 1, "claimed_already": 5}
    assert (await station.row(orders, order_id)).people_taken == 1


async def test_a_place_that_nobody_answered_for_is_free_again(station: Station) -> None:
    order_id, who = await station.open_order(1), await station.register()
    claim = await station.claim(order_id, who)

    await asyncio.gather(*(station.fire(claims, claim.id, CONFIRM, process) for process in (0, 1)))

    assert (await station.row(claims, claim.id)).state == "lapsed"
    order = await station.row(orders, order_id)
    assert (order.state, order.people_taken, order.claims_open) == ("published", 0, 0)


async def test_who_lets_others_wait_three_times_rests(station: Station) -> None:
    who = await station.register()

    for _ in range(3):
        claim = await station.claim(await station.open_order(1), who)
        await station.do(lambda db, id_=claim.id: claiming.confirm(id_, claiming.Remark(), CLERK, db))  # type: ignore[misc]
        await station.fire(claims, claim.id, NO_SHOW)

    assert (await station.row(claims, claim.id)).state == "no_show"
    assert await station.claim(await station.open_order(1), who) == "claims_paused"


async def test_an_order_that_nobody_came_forward_for_expires(station: Station) -> None:
    order_id = await station.open_order(1)

    await station.fire(orders, order_id, WINDOW)

    assert (await station.row(orders, order_id)).state == "expired"


async def test_a_freeze_ends_by_itself(station: Station) -> None:
    who = await station.register()
    freeze = participants.Freeze(reason="核查", days=10)
    await station.do(lambda db: participants.freeze_participant(uuid.UUID(who.id), freeze, CLERK, db))
    frozen = await station.claim(await station.open_order(1), who)

    await station.fire(participants.participants, uuid.UUID(who.id), FREEZE)

    assert frozen == "participant_not_active"
    assert not isinstance(await station.claim(await station.open_order(1), who), str)


def test_every_clock_that_is_handled_is_one_of_a_machine() -> None:
    ours = {WINDOW, CONFIRM, NO_SHOW, SETTLE, DISPUTE, FREEZE}

    assert ours <= TIMEBANK.on_clock.keys()
    assert AUTO.keys() <= TIMEBANK.on_clock.keys()
