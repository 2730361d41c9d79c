"""The connection to NATS, and the stream of each producing service."""

import logging
import re
from collections.abc import Callable, Iterable
from typing import Final, Literal

from nats.aio.client import Client
from nats.errors import Error as NatsError
from nats.js.api import DiscardPolicy, RetentionPolicy, StorageType, StreamConfig, StreamInfo
from nats.js.client import JetStreamContext
from nats.js.errors import NotFoundError

log = logging.getLogger(__name__)
MESSAGE_BYTES_MAX: Final = 1024 * 1024
_DAY_S: Final = 24 * 3600
BUS_AWAY = (NatsError, OSError)
"""NATS that is away, or slow, shows itself in these ways (refused permissions, too, look like time-outs)."""


async def connect(client: Client, url: str, service: str, refused: Callable[[], None] = lambda: None) -> None:
    """Connect and stay connected: the client looks for the server until it is closed.

    Args:
        client: not yet connected.
        url: of the server, or of several of a cluster, with commas.
        service: as whom we connect.
        refused: called when the server refuses us, or a permission, which otherwise looks like a time-out.
    """

    async def say(error: Exception) -> None:
        log.warning("NATS: %s: %s", type(error).__name__, error)
        if "violation" in str(error).lower():  # of permissions, or of authorization
            refused()

    await client.connect(
        re.split(r",(?=\w+://)", url),
        name=service,
        max_reconnect_attempts=-1,
        reconnect_time_wait=1,
        connect_timeout=3,
        ping_interval=20,
        max_outstanding_pings=2,
        inbox_prefix=f"_INBOX_{service}".encode(),
        error_cb=say,
    )


def stream_name(service: str) -> str:
    """Return the name of a service's stream."""
    return f"GW_{service.upper()}"


def asking(service: str, what: Literal["publish", "repair", "*"]) -> str:
    """Return the subject on which a service's processes are asked for something; no stream keeps it.

    `publish` wakes the relay that leads, `repair` asks for events again.
    """
    return f"ask.{service}.{what}"


def permissions(service: str, hears: Iterable[str]) -> dict[str, list[str]]:
    """Return what a service's user may publish and subscribe to: its own stream, its own consumers, and no more.

    Args:
        service: whose user it is.
        hears: the services whose streams it listens to.
    """
    own = stream_name(service)
    publish = [
        f"gw.*.{service}.>",
        asking(service, "publish"),
        asking("*", "repair"),
        *(f"$JS.API.STREAM.{action}.{own}" for action in ("CREATE", "INFO")),
        f"$JS.API.DIRECT.GET.{own}",
    ]
    for stream in map(stream_name, hears):
        publish += [f"$JS.API.CONSUMER.{action}.{stream}.{service}" for action in ("DURABLE.CREATE", "INFO", "MSG.NEXT")]
        publish += [f"$JS.API.CONSUMER.CREATE.{stream}.{service}.>", f"$JS.ACK.{stream}.{service}.>"]
    return {"publish": publish, "subscribe": [f"_INBOX_{service}.>", f"ask.{service}.*"]}


async def own_stream(js: JetStreamContext, service: str, replicas: int = 1) -> StreamInfo:
    """Make sure that the service's own stream is there, and return what it is like; one that is there stays as it is."""
    config = StreamConfig(
        name=stream_name(service),
        subjects=[f"gw.*.{service}.>"],
        storage=StorageType.FILE,
        retention=RetentionPolicy.LIMITS,
        # A full stream refuses, and the outbox waits; discarding the old would lose what was acknowledged.
        discard=DiscardPolicy.NEW,
        max_age=30 * _DAY_S,
        max_bytes=4 * 1024**3,
        max_msg_size=MESSAGE_BYTES_MAX,
        duplicate_window=120,
        deny_delete=True,
        deny_purge=True,
        num_replicas=replicas,
        allow_atomic=True,
        allow_direct=True,
    )
    try:
        return await js.stream_info(stream_name(service))
    except NotFoundError:
        return await js.add_stream(config)
