"""Values computed from rows and kept in memory while the rows stand: at most a second old."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from sqlalchemy import Select

if TYPE_CHECKING:
    from gridwhistle.common.database import Database, Db

T = TypeVar("T")
_LOOK_EVERY_S = 1.0


@dataclass
class _Kept(Generic[T]):
    value: T | None = None
    mark: tuple[Any, ...] | None = None
    looked_at: float = float("-inf")
    looking: asyncio.Lock = field(default_factory=asyncio.Lock)


class Known(Generic[T]):
    """A value that `load` computes from rows, computed again when `mark` answers differently.

    The mark must change with every change of the rows: a count and the sum of their versions does, a latest time does not
    (transactions commit out of order).
    """

    def __init__(self, mark: Select[*tuple[Any, ...]], load: "Callable[[Db], Awaitable[T]]") -> None:
        self._mark, self._load = mark, load

    async def of(self, db: "Db") -> T:
        """Return the value, looking at most once a second whether it still stands."""
        kept: _Kept[T] = db.database.known.setdefault(self, _Kept())
        if kept.value is not None and time.monotonic() - kept.looked_at < _LOOK_EVERY_S:
            return kept.value
        if kept.value is not None and kept.looking.locked():
            return kept.value  # one looks, and the others go on with what we have
        # Until there is a first value everybody waits for the one that loads it.
        async with kept.looking:
            if kept.value is None or time.monotonic() - kept.looked_at >= _LOOK_EVERY_S:
                await self._look(db, kept)
            assert kept.value is not None
            return kept.value

    def kept(self, database: "Database") -> T:
        """Return the value as it was last seen, without waiting; somebody has asked for it before."""
        value: T | None = database.known[self].value
        assert value is not None
        return value

    def forget(self, database: "Database") -> None:
        """Let the next one who asks look, because this process has changed the rows."""
        if kept := database.known.get(self):
            kept.looked_at = float("-inf")

    async def _look(self, db: "Db", kept: _Kept[T]) -> None:
        # The mark is read before the rows, so that a change in between is found by the next look.
        mark = tuple((await db.fetch(self._mark))[0])
        if kept.value is None or kept.mark != mark:
            kept.value, kept.mark = await self._load(db), mark
        kept.looked_at = time.monotonic()
