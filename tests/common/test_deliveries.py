"""Deliveries: all that came is handed over or given back, whatever it looks like."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import suppress

import nats
import pytest
from nats.js.api import AckPolicy, ConsumerConfig

from gridwhistle.common.again import Away
from gridwhistle.common.bus import connect, own_stream
from gridwhistle.common.consumers import Consumer
from gridwhistle.common.database import Database
from gridwhistle.common.deliveries import delivered
from gridwhistle.common.hearing import Hearing
from gridwhistle.common.sealing import Seal
from gridwhistle.standalone.nats import Nats

pytestmark = pytest.mark.anyio
SUBJECT = "gw.990101.horns.horn.blown.v1"


@pytest.fixture
async def nc(nats_server: Nats) -> AsyncIterator[nats.NATS]:
    """Return a connection to NATS, with a stream of horns and a consumer of it."""
    client = nats.NATS()
    await connect(client, nats_server.url, "horns")
    await own_stream(client.jetstream(), "horns")
    config = ConsumerConfig(durable_name="ear", ack_policy=AckPolicy.EXPLICIT, ack_wait=30)
    await client.jetstream().add_consumer("GW_HORNS", config)
    yield client
    await client.jetstream().delete_stream("GW_HORNS")
    await client.close()


async def blow(nc: nats.NATS, content: bytes, headers: Mapping[str, str] | None = None) -> None:
    await nc.jetstream().publish(SUBJECT, content, headers=dict(headers or {}))


async def test_an_event_that_looks_like_word_of_the_server_is_an_event(nc: nats.NATS) -> None:
    await blow(nc, b"", {"Status": "404"})

    async with asyncio.timeout(30), delivered(nc, "GW_HORNS", "ear", asyncio.Event()) as deliveries:
        messages = await deliveries.next()

    assert [message.subject for message in messages] == [SUBJECT]


@pytest.mark.parametrize("stops", [True, False], ids=["at the end", "after a fault"])
async def test_what_nobody_took_is_given_back(nc: nats.NATS, *, stops: bool) -> None:
    stopping = asyncio.Event()
    await blow(nc, b"1")
    with suppress(ZeroDivisionError):
        async with asyncio.timeout(30), delivered(nc, "GW_HORNS", "ear", stopping) as deliveries:
            taken = await deliveries.next()
            await taken[0].ack_sync()
            await blow(nc, b"2")
            while not deliveries._here:
                await asyncio.sleep(0.01)
            if stops:
                stopping.set()
            else:
                raise ZeroDivisionError

    async with asyncio.timeout(30), delivered(nc, "GW_HORNS", "ear", asyncio.Event()) as deliveries:
        assert [message.data for message in await deliveries.next()] == [b"2"]


async def test_while_the_database_is_away_nothing_is_delivered(nc: nats.NATS) -> None:
    nowhere = Hearing(Consumer("ear"), Database("postgresql://127.0.0.1:1/nowhere", Seal({1: b"k" * 32}), {}))
    await blow(nc, b"1")

    with pytest.raises(Away):
        await asyncio.wait_for(nowhere._follow(nc, "horns", ["gw.*.horns.horn.>"]), 30)

    async with asyncio.timeout(30):
        # The server counts what is pending a moment after it has acknowledged what came.
        while (info := await nc.jetstream().consumer_info("GW_HORNS", "ear")).num_pending != 1:
            await asyncio.sleep(0.01)
    assert (info.delivered.consumer_seq if info.delivered else 0) == 0
