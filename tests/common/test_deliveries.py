"""Deliveries: all that came is handed over or given back, whatever it looks like."""

import asyncio
from collections.abc import AsyncIterator, Mapping

import nats
import pytest
from nats.js.api import AckPolicy, ConsumerConfig

from gridwhistle.common.bus import connect, own_stream
from gridwhistle.common.deliveries import delivered
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

    async with asyncio.timeout(10), delivered(nc, "GW_HORNS", "ear", asyncio.Event()) as deliveries:
        messages = await deliveries.next()

    assert [message.subject for message in messages] == [SUBJECT]
