"""Many who want the last of it: exactly so many get it, whichever process decides, and whoever can be served is."""

import asyncio
import datetime as dt
import uuid
from collections import Counter
from collections.abc import AsyncIterator, Mapping, Sequence
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import asyncpg
import pytest

from gridwhistle.common import migrations
from gridwhistle.common.again import again
from gridwhistle.common.commands import Command
from gridwhistle.common.database import Db
from gridwhistle.common.reasons import Remark, Why
from gridwhistle.inventory.app import INVENTORY
from gridwhistle.inventory.dispatch import delivering
from gridwhistle.inventory.responses import setting_off
from gridwhistle.inventory.responses.looking_again import promise_what_lacks
from gridwhistle.standalone.postgres import Postgres
from tests.conftest import Loop
from tests.inventory.depot import COUNTY, MANAGER, WHO_ASKS, Depot, Processes, faults, two_processes

pytestmark = pytest.mark.anyio


@pytest.fixture(scope="module")
def database_url(background: Loop, postgres: Postgres) -> str:
    background.run(postgres.ensure_database("last_lot"))
    background.run(migrations.upgrade(INVENTORY, postgres.url("last_lot")))
    return postgres.url("last_lot")


@pytest.fixture
async def processes(database_url: str) -> AsyncIterator[Processes]:
    async with two_processes(database_url) as processes:
        yield processes


@pytest.fixture
async def depot(database_url: str) -> AsyncIterator[Depot]:
    connection = await asyncpg.connect(database_url)
    depot = Depot(connection)
    await depot.open()
    yield depot
    assert await faults(connection) == {}
    await connection.close()


@pytest.mark.parametrize(
    ("claims", "lots"),
    [
        pytest.param(200, ["5"], id="200 on 5 of one lot"),
        pytest.param(200, ["1"] * 5, id="200 on 5 lots of 1"),
        pytest.param(500, ["1"], id="500 on the last one"),
    ],
)
async def test_of_many_claims_exactly_so_many_are_served(
    processes: Processes, depot: Depot, claims: int, lots: list[str]
) -> None:
    for qty in lots:
        await depot.lot(qty)
    orders = await depot.orders(claims)

    said = Counter(await processes.approve_all(orders))

    units = sum(map(int, lots))
    assert said == {"approved": units, "not_enough_stock": claims - units}


async def test_orders_and_transfers_take_of_the_same(processes: Processes, depot: Depot) -> None:
    other = Depot(depot.connection)
    await other.open()
    await depot.lot("7")
    orders = [*await depot.orders(40), *await depot.orders(40, to=other.point_id)]

    said = Counter(await processes.approve_all([id_ for pair in zip(orders[:40], orders[40:], strict=True) for id_ in pair]))

    assert said == {"approved": 7, "not_enough_stock": 73}


async def test_whoever_can_be_served_is_served(processes: Processes, depot: Depot) -> None:
    for number in range(60):
        await depot.lot("1", dt.date(2190, 1, 1) + dt.timedelta(days=number % 7))
    orders = await depot.orders(60)

    said = Counter(await processes.approve_all(orders))

    assert said == {"approved": 60}


async def test_a_large_order_that_is_refused_takes_nothing_from_the_small_ones(processes: Processes, depot: Depot) -> None:
    await depot.lot("10")
    large, small = await depot.orders(20, "11"), await depot.orders(20, "0.5")

    said = await processes.approve_all([id_ for pair in zip(large, small, strict=True) for id_ in pair])

    assert set(said[::2]) == {"not_enough_stock"}
    assert set(said[1::2]) == {"approved"}


async def test_while_some_give_back_others_are_served_and_nothing_is_promised_twice(processes: Processes, depot: Depot) -> None:
    """Each of 30 units goes round: whoever has one gives it back and another one takes it."""
    await depot.lot("20")
    for number in range(10):
        await depot.lot("1", dt.date(2190, 1, 1) + dt.timedelta(days=number))
    held, waiting = await depot.orders(30), await depot.orders(30)
    assert set(await processes.approve_all(held)) == {"approved"}

    async def swap(number: int) -> str:
        assert await processes.cancel(held[number], number) == "cancelled"
        return await processes.approve(waiting[number], number + 1)

    said = await asyncio.gather(*(swap(number) for number in range(30)))

    # Who gives one back before taking one finds one, whatever the others do.
    assert set(said) == {"approved"}


async def test_what_is_issued_leaves_and_what_is_left_can_be_promised(processes: Processes, depot: Depot) -> None:
    lot_id = await depot.lot("12")
    orders = await depot.orders(12)
    await processes.approve_all(orders[:8])

    said = await asyncio.gather(
        *(processes.issue(id_, number) for number, id_ in enumerate(orders[:8])),
        *(processes.approve(id_, number) for number, id_ in enumerate(orders[8:])),
    )

    assert Counter(said) == {"issued": 8, "approved": 4}
    left = await depot.connection.fetchrow("SELECT qty, reserved_qty FROM lot WHERE id = $1", lot_id)
    assert tuple(map(int, left)) == (4, 4)


async def test_a_response_is_promised_what_is_left_where_somebody_was_quicker(
    processes: Processes, depot: Depot, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between the look at what is free and the promise another process gives most of it away."""
    lot_id = await depot.lot("100")
    await depot.connection.execute("UPDATE resource_type SET kit_qty = 1, kit_persons = 1 WHERE id = $1", depot.type_id)
    [rival] = await depot.orders(1, "60")
    response = SimpleNamespace(aggregate_id=await _a_response(depot, persons=100))
    free_at = setting_off._free_at

    async def look(tx: Command, point_id: uuid.UUID, type_ids: Sequence[uuid.UUID]) -> Mapping[uuid.UUID, Decimal]:
        free = await free_at(tx, point_id, type_ids)
        await processes.approve(rival, 1)
        return free

    async def promise() -> None:
        db.start_over()
        await setting_off.promise_supplies(response, depot.point_id, db)  # type: ignore[arg-type]

    monkeypatch.setattr(setting_off, "_free_at", look)
    db = Db(processes.databases[0], scope="event", key=f"{depot.point_id}", request_id="r-1", background=True)

    await again(promise)

    promised = "SELECT qty FROM reservation JOIN dispatch_order o ON o.id = order_id WHERE lot_id = $1 ORDER BY o.response_id"
    assert [int(row[0]) for row in await depot.connection.fetch(promised, lot_id)] == [40, 60]


async def test_what_comes_in_while_a_response_lasts_is_promised_to_it(processes: Processes, depot: Depot) -> None:
    await depot.connection.execute("UPDATE response SET expected_persons = 0")  # those of other tests
    await depot.connection.execute("UPDATE resource_type SET kit_qty = 1, kit_persons = 1 WHERE id = $1", depot.type_id)
    first = await depot.lot("30")
    response_id = await _a_response(depot, persons=100)
    await promise_what_lacks(processes.databases[0])
    second = await depot.lot("200")

    await asyncio.gather(*map(promise_what_lacks, processes.databases))

    promised = (
        "SELECT lot_id, sum(qty)::int FROM reservation r JOIN dispatch_order o ON o.id = r.order_id"
        " WHERE o.response_id = $1 GROUP BY lot_id"
    )
    assert dict(await depot.connection.fetch(promised, response_id)) == {first: 30, second: 70}
    told = "SELECT count(DISTINCT envelope->>'correlationid') FROM outbox WHERE envelope->'data'->>'response_id' = $1"
    assert await depot.connection.fetchval(told, str(response_id)) == 1


async def test_what_was_lost_or_came_damaged_is_promised_anew_when_it_is_settled(processes: Processes, depot: Depot) -> None:
    await depot.connection.execute("UPDATE response SET expected_persons = 0")  # those of other tests
    await depot.connection.execute("UPDATE resource_type SET kit_qty = 1, kit_persons = 1 WHERE id = $1", depot.type_id)
    await depot.lot("100")
    response_id = await _a_response(depot, persons=100)
    await promise_what_lacks(processes.databases[0])
    [order_id] = [row[0] for row in await depot.connection.fetch(_ORDERS_OF, response_id, depot.point_id)]
    item_id = await depot.connection.fetchval("SELECT id FROM dispatch_item WHERE order_id = $1", order_id)
    await processes.issue(order_id)
    await depot.lot("200")
    came: dict[str, Any] = {"item_id": item_id, "received_qty": Decimal(90), "damaged_qty": Decimal(4)}
    receipt = delivering.DispatchReceipt(items=[delivering.ReceivedItem(**came)])
    found = delivering.Resolution(items=[delivering.ResolvedItem(**came, lost_qty=Decimal(6))], reason="途中遗失")
    carriers = delivering.Departure(transports=[delivering.NewTransport(carrier="示例县运输公司")])
    await processes.do(lambda db: delivering.depart(order_id, carriers, MANAGER, db))
    await processes.do(lambda db: delivering.receive(order_id, receipt, WHO_ASKS, db))
    await processes.do(lambda db: delivering.dispute(order_id, Why(reason="少六床"), WHO_ASKS, db))
    await processes.do(lambda db: delivering.resolve(order_id, found, MANAGER, db))
    await promise_what_lacks(processes.databases[0])
    while_it_is_not_settled = await depot.connection.fetch(_ORDERS_OF, response_id, depot.point_id)

    agreed = await processes.do(lambda db: delivering.agree(order_id, Remark(), WHO_ASKS, db))
    for _ in range(2):
        await asyncio.gather(*map(promise_what_lacks, processes.databases))

    assert (agreed, len(while_it_is_not_settled)) == ("settled", 1)
    assert [int(row["approved_qty"]) for row in await depot.connection.fetch(_ORDERS_OF, response_id, depot.point_id)] == [
        100,
        10,
    ]


_ORDERS_OF = """
SELECT o.id, approved_qty FROM dispatch_order o JOIN dispatch_item i ON i.order_id = o.id
WHERE response_id = $1 AND point_id = $2 ORDER BY o.id
"""


async def _a_response(depot: Depot, persons: int) -> uuid.UUID:
    """Return a response that runs."""
    id_ = uuid.uuid4()
    await depot.connection.execute(_RESPONSE, id_, f"{COUNTY}000000", persons)
    return id_


_RESPONSE = """
INSERT INTO response (id, version, event_no, area_code, state, event_class, level, areas, reason, correlation_id, proposed_by,
  proposed_at, decided_by, decided_at, session_id, expected_persons, expected_days, measures)
VALUES ($1, 1, 0, $2, 'active', 'accident', 'iii', '[]', '暴雨', 'c', 'duty', now(), 'head', now(), $1, $3, 1,
  '["reserve_supplies"]')
"""


async def test_the_database_itself_promises_no_more_than_there_is(depot: Depot) -> None:
    lot_id = await depot.lot("5")

    for sql in ("reserved_qty = 6", "qty = -1", "reserved_qty = -1"):
        with pytest.raises(asyncpg.CheckViolationError):
            await depot.connection.execute(f"UPDATE lot SET {sql} WHERE id = $1", lot_id)


async def test_what_was_moved_is_only_added_to(depot: Depot, processes: Processes) -> None:
    await depot.lot("5")
    await processes.approve_all(await depot.orders(1))

    for sql in ("UPDATE stock_movement SET qty = 1", "DELETE FROM stock_movement", "TRUNCATE stock_movement"):
        with pytest.raises(asyncpg.PostgresError, match="only added to"):
            await depot.connection.execute(sql)
