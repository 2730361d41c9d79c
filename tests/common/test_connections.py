"""Connections: so many and no more, handed on in line, broken ones dropped."""

import asyncio

import nats
import pytest

from gridwhistle.common import connections as connections_module
from gridwhistle.common import migrations
from gridwhistle.common.bus import connect
from gridwhistle.common.connections import Connections
from gridwhistle.common.database import Database
from gridwhistle.common.sealing import Seal
from gridwhistle.personnel.app import PERSONNEL
from gridwhistle.standalone.nats import Nats
from gridwhistle.standalone.postgres import Postgres

pytestmark = pytest.mark.anyio


async def test_there_are_so_many_and_whoever_waits_gets_the_next(postgres: Postgres) -> None:
    connections = Connections(postgres.url("postgres"), 2, 5.0)
    first, second = await connections.take(), await connections.take()
    third, fourth = (asyncio.create_task(connections.take()) for _ in range(2))
    await asyncio.sleep(0.05)
    assert not third.done()

    connections.give(first)
    assert await third is first
    assert not fourth.done()
    connections.give(second)
    assert await fourth is second

    connections.give(first)
    connections.give(second)
    await connections.close()
    assert first.is_closed()
    assert second.is_closed()


async def test_nobody_waits_for_ever(postgres: Postgres) -> None:
    connections = Connections(postgres.url("postgres"), 1, 0.1)
    only = await connections.take()

    async with asyncio.timeout(30) as patience:
        with pytest.raises(TimeoutError):
            await connections.take()
    assert not patience.expired()

    connections.give(only)
    assert await connections.take() is only
    connections.give(only)
    await connections.close()


async def test_whoever_is_called_off_while_waiting_takes_nothing(postgres: Postgres) -> None:
    connections = Connections(postgres.url("postgres"), 1, 5.0)
    only = await connections.take()
    waiting = asyncio.create_task(connections.take())
    await asyncio.sleep(0.05)
    waiting.cancel()
    # It is its turn at the very moment that it is called off.
    connections.give(only)
    await asyncio.gather(waiting, return_exceptions=True)

    assert await asyncio.wait_for(connections.take(), 30) is only
    connections.give(only)
    await connections.close()


async def test_a_broken_connection_is_replaced(postgres: Postgres) -> None:
    connections = Connections(postgres.url("postgres"), 1, 5.0)
    broken = await connections.take()
    await broken.close()
    connections.give(broken)

    fresh = await connections.take()

    assert fresh is not broken
    assert await fresh.fetchval("SELECT 1") == 1
    connections.give(fresh)
    await connections.close()


async def test_a_connection_left_in_a_transaction_is_not_handed_on(postgres: Postgres) -> None:
    connections = Connections(postgres.url("postgres"), 1, 5.0)
    left = await connections.take()
    await left.execute("BEGIN")
    connections.give(left)

    fresh = await connections.take()

    assert not fresh.is_in_transaction()
    connections.give(fresh)
    await connections.close()


async def test_what_is_given_back_after_closing_is_closed(postgres: Postgres) -> None:
    connections = Connections(postgres.url("postgres"), 2, 5.0)
    in_hand = await connections.take()
    await connections.close()

    connections.give(in_hand)

    assert in_hand.is_closed()


async def test_a_server_that_is_away_costs_no_place_in_line() -> None:
    connections = Connections("postgresql://nobody@127.0.0.1:1/nothing", 1, 1.0)

    for _ in range(3):
        with pytest.raises(ConnectionRefusedError):
            await connections.take()


async def test_what_a_busy_time_needed_a_quiet_one_gives_back(postgres: Postgres, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections_module, "_UNUSED_S", 0.05)
    connections = Connections(postgres.url("postgres"), 8, 5.0)
    taken = [await connections.take() for _ in range(8)]
    for connection in taken:
        connections.give(connection)

    async with asyncio.timeout(30):
        while sum(not connection.is_closed() for connection in taken) > 3:
            last = await connections.take()  # the last used first, so that the others stay unused
            connections.give(last)
            await asyncio.sleep(0.01)

    assert last is taken[-1]
    assert [connection.is_closed() for connection in taken] == [True] * 5 + [False] * 3
    await connections.close()


async def test_a_server_that_does_not_take_us_in_any_more_is_away(postgres: Postgres) -> None:
    stranger = Connections(postgres.url("postgres").replace("gridwhistle@", "stranger@"), 1, 1.0)

    with pytest.raises(ConnectionRefusedError):
        await stranger.take()


async def test_an_address_may_say_how_to_connect(postgres: Postgres) -> None:
    await postgres.ensure_database("encrypted")
    url = f"{postgres.url('encrypted')}?sslmode=prefer&application_name=county"

    await migrations.upgrade(PERSONNEL, url)
    async with Database(url, Seal({1: bytes(32)}), {}).connected() as database:
        names = {(await database.run(pool, "SHOW application_name"))[0][0] for pool in (database.reads, database.requests)}

    assert names == {"county"}


async def test_of_several_nats_servers_one_that_is_there_will_do(nats_server: Nats) -> None:
    client = nats.NATS()

    await connect(client, f"nats://127.0.0.1:1,{nats_server.url}", "lamps")

    assert client.is_connected
    await client.close()
