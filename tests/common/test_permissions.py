"""What a service's user of NATS may do: tell under its own name, hear with its own consumers, and nothing else."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import nats
import orjson
import pytest
from nats.errors import NoRespondersError
from nats.errors import TimeoutError as NoAnswer
from nats.js.api import ConsumerConfig

from gridwhistle.common.bus import asking, connect, own_stream, permissions, stream_name
from gridwhistle.standalone.children import Child, free_port
from gridwhistle.standalone.nats import program

pytestmark = pytest.mark.anyio
USERS = {"lamps": ["bells"], "bells": ["lamps", "bells"]}


@pytest.fixture
async def urls(tmp_path: Path) -> AsyncIterator[dict[str, str]]:
    """Return the address of a NATS server for each of two services."""
    port = free_port()
    users = [{"user": name, "password": name, "permissions": permissions(name, hears)} for name, hears in USERS.items()]
    configuration = {
        "listen": f"127.0.0.1:{port}",
        "jetstream": {"store_dir": str(tmp_path / "store")},
        "authorization": {"users": users},
    }
    (tmp_path / "nats.conf").write_bytes(orjson.dumps(configuration))
    server = await Child.start("NATS", [program(), "-c", str(tmp_path / "nats.conf")], tmp_path / "nats.log")
    try:
        for _ in range(200):
            try:
                (await asyncio.open_connection("127.0.0.1", port))[1].close()
                break
            except OSError:
                await asyncio.sleep(0.02)
        yield {name: f"nats://{name}:{name}@127.0.0.1:{port}" for name in USERS}
    finally:
        await server.stop()


@pytest.fixture
async def lamps(urls: dict[str, str]) -> AsyncIterator[nats.NATS]:
    client = nats.NATS()
    await connect(client, urls["lamps"], "lamps")
    yield client
    await client.close()


@pytest.fixture
async def bells(urls: dict[str, str]) -> AsyncIterator[nats.NATS]:
    client = nats.NATS()
    await connect(client, urls["bells"], "bells")
    yield client
    await client.close()


async def test_a_service_makes_its_stream_and_another_one_hears_it(lamps: nats.NATS, bells: nats.NATS) -> None:
    await own_stream(lamps.jetstream(timeout=20), "lamps")
    await lamps.jetstream(timeout=20).publish("gw.990101.lamps.lamp.lit.v1", b"lit")
    config = ConsumerConfig(durable_name="bells", filter_subjects=["gw.*.lamps.lamp.>", "gw.*.lamps.post.>"])

    await bells.jetstream(timeout=20).add_consumer("GW_LAMPS", config)
    heard = await bells.jetstream(timeout=20).pull_subscribe_bind(durable="bells", stream="GW_LAMPS")

    messages = await heard.fetch(1, timeout=20)
    await messages[0].ack_sync(timeout=20)
    assert messages[0].data == b"lit"
    kept = await lamps.jetstream(timeout=20).get_msg("GW_LAMPS", seq=1, direct=True)
    assert kept.data == b"lit"


def foreign(own: str, other: str) -> dict[str, tuple[str, bytes]]:
    """Return what a service may not do, by what it is, as subject and content."""
    mine, theirs = stream_name(own), stream_name(other)
    return {
        "tells under another name": (f"gw.990101.{other}.thing.done.v1", b"done"),
        "tells under a name outside the scheme": (f"gw.990101.{other}", b""),
        "makes the stream of another": (f"$JS.API.STREAM.CREATE.{theirs}", b"{}"),
        "makes a stream of any other name": ("$JS.API.STREAM.CREATE.SPY", b'{"name":"SPY","subjects":["gw.>"]}'),
        "changes its own stream": (f"$JS.API.STREAM.UPDATE.{mine}", b"{}"),
        "deletes a stream": (f"$JS.API.STREAM.DELETE.{theirs}", b""),
        "deletes its own stream": (f"$JS.API.STREAM.DELETE.{mine}", b""),
        "purges a stream": (f"$JS.API.STREAM.PURGE.{theirs}", b""),
        "deletes a message": (f"$JS.API.STREAM.MSG.DELETE.{mine}", b'{"seq":1}'),
        "looks at the stream of another": (f"$JS.API.STREAM.INFO.{theirs}", b""),
        "lists streams": ("$JS.API.STREAM.LIST", b""),
        "reads a message of another": (f"$JS.API.DIRECT.GET.{theirs}", b'{"seq":1}'),
        "hears under another name": (f"$JS.API.CONSUMER.MSG.NEXT.{theirs}.other", b"1"),
        "makes the consumer of another": (f"$JS.API.CONSUMER.CREATE.{theirs}.other", b"{}"),
        "deletes a consumer": (f"$JS.API.CONSUMER.DELETE.{theirs}.{own}", b""),
        "acknowledges for another": (f"$JS.ACK.{theirs}.other.1.1.1.1.0", b"+ACK"),
        "wakes the relay of another": (asking(other, "publish"), b""),
        "speaks to the server": ("$SYS.REQ.SERVER.PING", b""),
    }


def past_the_streams(other: str) -> list[str]:
    """Return what no service may listen to."""
    return ["gw.>", f"_INBOX_{other}.>", asking(other, "publish"), "$JS.EVENT.>", "$SYS.>"]


FOREIGN = foreign("lamps", "bells")


@pytest.mark.parametrize("name", FOREIGN)
async def test_what_is_not_its_own_is_refused(name: str, lamps: nats.NATS, bells: nats.NATS) -> None:
    await own_stream(bells.jetstream(timeout=20), "bells")
    await own_stream(lamps.jetstream(timeout=20), "lamps")
    refused = asyncio.Event()

    async def hear(error: Exception) -> None:
        if "permissions violation for publish" in str(error).lower():
            refused.set()

    lamps._error_cb = hear
    with pytest.raises((NoAnswer, NoRespondersError)):
        await lamps.request(FOREIGN[name][0], FOREIGN[name][1], timeout=0.2)

    async with asyncio.timeout(30):
        await refused.wait()


@pytest.mark.parametrize("subject", past_the_streams("bells"))
async def test_nobody_listens_past_the_streams(subject: str, lamps: nats.NATS) -> None:
    refused = asyncio.Event()

    async def hear(error: Exception) -> None:
        if "permissions violation for subscription" in str(error).lower():
            refused.set()

    lamps._error_cb = hear
    await lamps.subscribe(subject)

    async with asyncio.timeout(30):
        await refused.wait()
