"""How many an order is said to have had: whoever served, not whoever came forward."""

import json
from collections.abc import AsyncIterator
from typing import Any

import asyncpg
import pytest

from gridwhistle.common import migrations
from gridwhistle.common.database import Db
from gridwhistle.common.principal import system
from gridwhistle.standalone.postgres import Postgres
from gridwhistle.timebank.app import TIMEBANK
from gridwhistle.timebank.order_by_itself import close
from gridwhistle.timebank.order_tables import claims
from tests.conftest import Loop
from tests.timebank.station import Station, a_station


@pytest.fixture(scope="module")
def database_url(background: Loop, postgres: Postgres) -> str:
    background.run(postgres.ensure_database("people_served"))
    background.run(migrations.upgrade(TIMEBANK, postgres.url("people_served")))
    return postgres.url("people_served")


@pytest.fixture
async def station(database_url: str) -> AsyncIterator[Station]:
    async with a_station(database_url) as station:
        yield station


@pytest.mark.parametrize(
    ("became", "served"),
    [
        pytest.param("state = 'voided', terminal_at = now()", 1, id="a service that was voided served nobody"),
        pytest.param("state = 'no_show', terminal_at = now()", 1, id="nor did who did not come"),
        pytest.param("state = 'settled', earned_minutes = 60", 2, id="who came after all, as a panel says, served"),
        pytest.param("state = 'closed', earned_minutes = 60, terminal_at = now()", 2, id="so they did when that is over"),
    ],
)
@pytest.mark.anyio
async def test_who_served_counts(station: Station, database_url: str, became: str, served: int) -> None:
    order_id = await station.open_order(2)
    other, settled = [(await station.claim(order_id, await station.register())).id for _ in range(2)]
    connection: asyncpg.Connection[Any] = await asyncpg.connect(database_url)
    await connection.execute(f"UPDATE claim SET {became} WHERE id = $1", other)
    await connection.execute(
        "UPDATE claim SET state = 'settled', checked_in_at = now(), earned_minutes = 0 WHERE id = $1", settled
    )
    await connection.execute('UPDATE "order" SET claims_open = 1 WHERE id = $1', order_id)

    async def days_are_over(db: Db) -> None:
        async with db.command(system("timebank"), claims, settled) as tx:
            await close(tx, tx.row, tx.row, 100)

    assert await station.do(days_are_over) is None

    told = await connection.fetch("SELECT envelope FROM outbox WHERE aggregate_id = $1 ORDER BY event_no", order_id)
    await connection.close()
    assert json.loads(told[-1]["envelope"])["data"]["people_served"] == served
