"""What may happen to a command, and running work again until it has happened or never will."""

import asyncio
import random
from collections.abc import Awaitable, Callable
from typing import TypeVar

import asyncpg

from gridwhistle.common.metrics import count
from gridwhistle.common.problems import Busy, MayHaveHappened

TRIES = 9
"""Runs of one piece of work before it is told to come back later. In each round that one loses, another one wins."""
_PAUSE_S = 0.004
AWAY = (
    asyncpg.PostgresConnectionError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,
    asyncpg.CannotConnectNowError,
    asyncpg.AdminShutdownError,
    asyncpg.CrashShutdownError,
    asyncpg.InsufficientResourcesError,
    OSError,
)
"""A server that is away shows itself in all these ways (OSError includes TimeoutError)."""
_T = TypeVar("_T")


class Changed(Exception):
    """A row moved between reading and writing; nothing was written, and the work runs again."""


class SomeRefused(Changed):
    """Some of many were refused, and nothing was written; the work runs again without them."""


class Unsure(Changed):
    """The connection broke while writing under a key: run again, and the key tells whether it had happened."""


class Away(Changed):
    """The database could not be asked; nothing was written."""


class Replay(Exception):
    """The key was used before: answer what was answered then."""

    def __init__(self, status: int, body: bytes) -> None:
        self.status, self.body = status, body
        super().__init__(status)


async def again(work: Callable[[], Awaitable[_T]]) -> _T:
    """Run the work until nothing moves under it, pausing a little longer each time.

    Raises:
        Busy: it moved under every one of nine tries, or the database stayed away.
        MayHaveHappened: the same, but one of the tries may have been written.
    """
    unsure = False
    try:
        for attempt in range(TRIES):
            try:
                return await work()
            except Changed as why:
                unsure = unsure or isinstance(why, Unsure)
                count("gw_commands_run_again_total", why=type(why).__name__.lower())
                # Who lost a row to another process tries at once; who lost the database gives it about two seconds.
                pause = _PAUSE_S * 2**attempt if isinstance(why, Away | Unsure) else _PAUSE_S * attempt
                await asyncio.sleep(pause * random.uniform(0.5, 1.5))  # noqa: S311  not a secret
        raise Busy
    except Busy:
        count("gw_commands_busy_total")
        if unsure:
            raise MayHaveHappened from None
        raise
