"""Deliveries of a stream's consumer, asked for ahead: the next are on their way while the last take effect."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

import orjson
from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.errors import Error as NatsError

_ASKED_MAX: Final = 500
"""Deliveries asked for and not yet here."""
_KEPT_MAX: Final = 1_500
"""Deliveries here and not yet taken; more would wait so long that they came again."""
_EXPIRES_S: Final = 5
_LOOK_EVERY_S: Final = 1.0
_GIVEN_BACK_S: Final = 1.0
"""After a fault, which others may have as well; whoever stops has none, and others get what it had at once."""
_NOTHING_CAME: Final = frozenset({"404", "408", "100"})


class Ended(NatsError):
    """The consumer is gone, or NATS was away; whoever listens begins anew."""


class Deliveries:
    """What comes for one consumer. Made by `delivered`."""

    def __init__(self, nats: Client, stream: str, durable: str) -> None:
        self._nats, self._ask_at = nats, f"$JS.API.CONSUMER.MSG.NEXT.{stream}.{durable}"
        self._inbox = nats.new_inbox()
        self._here: list[Msg] = []
        self._asked, self._asked_last = 0, 0.0
        self._came = asyncio.Event()
        self._ended: str | None = None
        self._reconnects = nats.stats["reconnects"]

    async def next(self) -> list[Msg]:
        """Wait for deliveries and return all that are here.

        Raises:
            Ended: none will come any more.
        """
        while not self._here:
            self._came.clear()
            await self._ask()
            try:
                async with asyncio.timeout(_LOOK_EVERY_S):
                    await self._came.wait()
            except TimeoutError:
                late = asyncio.get_running_loop().time() - self._asked_last > _EXPIRES_S + _LOOK_EVERY_S
                if late or self._nats.stats["reconnects"] != self._reconnects:
                    raise Ended("no answer") from None
            if self._ended and not self._here:
                raise Ended(self._ended)
        here, self._here = self._here, []
        await self._ask()
        return here

    async def take(self, message: Msg) -> None:
        """Take what the server sends: a delivery, or word that a request has ended."""
        # A delivery says where it is acknowledged, whatever stands in its headers; word of the server does not.
        status = None if message.reply else (message.headers or {}).get("Status")
        if status is None:
            self._here.append(message)
            self._asked -= 1
            if self._asked <= _ASKED_MAX // 2:
                await self._ask()
        else:
            self._asked = 0
            self._ended = self._ended if status in _NOTHING_CAME else status
        self._came.set()

    def end(self, why: str) -> None:
        """Ask for nothing more; `next` returns what is here, or says why nothing comes."""
        self._ended = why
        self._came.set()

    async def _ask(self) -> None:
        wanted = min(_ASKED_MAX, _KEPT_MAX - len(self._here)) - max(self._asked, 0)
        if wanted < _ASKED_MAX // 2 or self._ended:
            return
        self._asked += wanted
        self._asked_last = asyncio.get_running_loop().time()
        request = orjson.dumps({"batch": wanted, "expires": _EXPIRES_S * 1_000_000_000})
        await self._nats.publish(self._ask_at, request, self._inbox)


@asynccontextmanager
async def delivered(nats: Client, stream: str, durable: str, stopping: asyncio.Event) -> AsyncIterator[Deliveries]:
    """Receive what a consumer has, until left. Once `stopping` is set nothing more is asked for."""
    deliveries = Deliveries(nats, stream, durable)
    subscription = await nats.subscribe(deliveries._inbox, cb=deliveries.take)  # noqa: SLF001  its own
    ending = asyncio.ensure_future(_end(deliveries, stopping))
    try:
        yield deliveries
    finally:
        ending.cancel()
        deliveries.end("left")
        if nats.is_connected:
            # What was sent by now arrives, and is given back; left alone, it would come again 30 s later.
            await subscription.drain()  # type: ignore[no-untyped-call]
            for message in deliveries._here:  # noqa: SLF001  as above
                await message.nak(delay=None if stopping.is_set() else _GIVEN_BACK_S)
        else:
            await subscription.unsubscribe()


async def _end(deliveries: Deliveries, stopping: asyncio.Event) -> None:
    await stopping.wait()
    deliveries.end("stopping")
