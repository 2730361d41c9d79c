"""Values computed from rows and kept in memory while the rows stand: at most a second old."""

import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from sqlalchemy import Select

from gridwhistle.common.database import Db

T = TypeVar("T")
_LOOK_EVERY_S = 1.0


@dataclass
class _Kept(Generic[T]):
    value: T
    mark: tuple[Any, ...]
    looked_at: float


class Known(Generic[T]):
    """A value that `load` computes from rows, computed again when `mark` answers differently.

    The mark must change with every change of the rows: a count and the sum of their versions does, a latest time does not
    (transactions commit out of order).
    """

    def __init__(self, mark: Select[*tuple[Any, ...]], load: Callable[[Db], Awaitable[T]]) -> None:
        self._mark, self._load = mark, load

    async def of(self, db: Db) -> T:
        """Return the value, looking at most once a second whether it still stands."""
        kept: _Kept[T] | None = db.database.known.get(self)
        if kept and time.monotonic() - kept.looked_at < _LOOK_EVERY_S:
            return kept.value
        if kept:
            kept.looked_at = time.monotonic()  # others go on with what we have while this one looks
        rows = await db.fetch(self._mark)
        mark = tuple(rows[0])
        if kept and kept.mark == mark:
            return kept.value
        # The mark was read before the rows, so a change in between is found by the next look.
        value = await self._load(db)
        db.database.known[self] = _Kept(value, mark, time.monotonic())
        return value
