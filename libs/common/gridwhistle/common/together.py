"""Statements that hold nothing travel together: what comes while one is on its way goes out as the next, all in one.

Only rows that nobody else can have read are made by them, so neither can mislead the other: they are written all or none, and
when the database refuses the one statement, each goes out by itself and hears its own answer. A function says which rows it
refuses; then only those go by themselves.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from itertools import islice
from typing import Any, Final

import asyncpg

from gridwhistle.common.again import AWAY
from gridwhistle.common.statements import Statement, refused_rows

AT_ONCE_MAX: Final = 64
ROWS_MAX: Final = 16
"""A statement of more rows, such as a batch of reports, goes alone: it has company enough."""


class Together:
    """Sends small statements that hold nothing, several at a time when they come thick and fast."""

    def __init__(self, send: Callable[[Statement], Awaitable[None]]) -> None:
        self._send = send
        self._waiting: dict[asyncio.Future[None], Statement] = {}
        self._under_way = False
        self._tasks: set[asyncio.Task[Any]] = set()

    async def write(self, statement: Statement) -> None:
        """Write the statement, at once when none is on its way; raise what the database raises.

        Whoever is called off while waiting leaves the statement on its way.
        """
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting[done] = statement
        if not self._under_way:
            self._set_out()
        await done

    def _set_out(self) -> None:
        self._under_way = True
        together = dict(islice(self._waiting.items(), AT_ONCE_MAX))
        for done in together:
            del self._waiting[done]
        task = asyncio.get_running_loop().create_task(self._go(together))
        self._tasks.add(task)  # the loop itself keeps tasks only weakly
        task.add_done_callback(self._tasks.discard)

    async def _go(self, together: dict[asyncio.Future[None], Statement]) -> None:
        try:
            await self._all_or_none(together)
        finally:
            self._under_way = False
            if self._waiting:
                self._set_out()

    async def _all_or_none(self, together: dict[asyncio.Future[None], Statement]) -> None:
        try:
            await self._send(Statement.of_all(together.values()))
        except asyncpg.PostgresError as refusal:
            if len(together) > 1 and not isinstance(refusal, AWAY):
                # All or none, so none. Who is refused is refused alone: what went before may not have been to happen at all.
                refused = _refused(together, refused_rows(refusal)) or together
                rest = {done: statement for done, statement in together.items() if done not in refused}
                alone = (self._alone(done, statement) for done, statement in refused.items())
                await asyncio.gather(*alone, *([self._all_or_none(rest)] if rest else []))
            else:
                _tell(together, refusal)
        except Exception as error:  # noqa: BLE001  whatever it is, whoever waits has to hear it
            _tell(together, error)
        else:
            _tell(together, None)

    async def _alone(self, done: "asyncio.Future[None]", statement: Statement) -> None:
        try:
            await self._send(statement)
        except Exception as error:  # noqa: BLE001  as above
            _tell([done], error)
        else:
            _tell([done], None)


def _refused(together: dict[asyncio.Future[None], Statement], rows: Mapping[int, str]) -> dict[asyncio.Future[None], Statement]:
    """Return the statements that handed these rows to their function."""
    refused, first = {}, 0
    for done, statement in together.items():
        if any(row in rows for row in range(first, first + statement.called_with)):
            refused[done] = statement
        first += statement.called_with
    return refused


def _tell(waiting: "Sequence[asyncio.Future[None]] | dict[asyncio.Future[None], Statement]", error: Exception | None) -> None:
    for done in waiting:
        if done.done():
            continue
        if error is None:
            done.set_result(None)
        else:
            done.set_exception(error)
