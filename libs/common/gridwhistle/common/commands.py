"""The one way to write: read, decide, write if nothing moved.

    async with db.command(caller, loans, loan_id) as tx:
        loan, step = tx.row, LOAN.step(tx.row, "hand_over", caller)
        tx.move(loan, step)
        tx.tell(loan, LoanHandedOver(tool_id=loan.tool_id))
        return tx.answer(LoanView.of(loan))

On entry the rows are read; no transaction is ever open. The block decides. On leaving, everything it wants is written by
one statement, which commits by itself, raises the version of every held row, and does nothing at all if a row has moved
since it was read: then the work runs again. Inside a process, commands on the same row queue up, so only processes contend.
A block that raises writes nothing but, under its key, its refusal. Blocks may run more than once, so they have no effects
outside.
"""

import asyncio
import datetime as dt
from collections import defaultdict
from collections.abc import Awaitable, Mapping, Sequence
from contextlib import suppress
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self, TypeVar
from uuid import UUID

import asyncpg
from pydantic import BaseModel
from sqlalchemy import Table

from gridwhistle.common.again import AWAY, Changed, SomeRefused, Unsure
from gridwhistle.common.calendars import LOCAL
from gridwhistle.common.clocks import Clocks, Limit
from gridwhistle.common.events import Event
from gridwhistle.common.machine import Step
from gridwhistle.common.principal import Principal
from gridwhistle.common.problems import Busy, GridElsewhere, MayHaveHappened, NotFound, OutsideYourArea, Problem, Stale
from gridwhistle.common.records import audit_row, history_row, outbox_row
from gridwhistle.common.rows import Row, row_from, thing_of
from gridwhistle.common.rules import RULES, Rule
from gridwhistle.common.statements import NOW, Function, Statement, read_rows, read_versions, refused_rows
from gridwhistle.common.tables import audit, command_key, history, outbox, waiting
from gridwhistle.common.wishes import Target, Wishes, in_order

if TYPE_CHECKING:
    from gridwhistle.common.database import Db

_MOVED = "GW001"
_AGAIN = (asyncpg.DeadlockDetectedError, asyncpg.SerializationError, asyncpg.LockNotAvailableError)
NO_LIMITS: Mapping[str, Limit] = {}
_View = TypeVar("_View", bound=BaseModel)


class Command:
    """One command, from reading to writing. Made by `db.command`."""

    def __init__(self, db: "Db", caller: Principal, targets: tuple[Target, ...]) -> None:
        self.db, self.caller, self.targets = db, caller, targets
        self.now: dt.datetime
        self.told_at: dt.datetime  # who tells of the past does so now, and the audit says when
        self._queues: list[asyncio.Lock] = []
        self._rows: dict[Target, Row] = {}
        self._children: dict[Target, list[Row]] = {}
        self._wishes = Wishes()
        self._clocks: Clocks | None = None
        self._items: list[int] = []  # of which item each row of a call is, where items have answers of their own
        self.role = min(caller.roles, default="none")  # as whom the caller acts; a step says it exactly

    @property
    def row(self) -> Row:
        """The first held row."""
        return self._rows[self.targets[0]]

    def __getitem__(self, target: Target) -> Row:
        """Return a held row: `tx[members, member_id]`."""
        return self._rows[target]

    @property
    def clocks(self) -> Clocks:
        """The clocks of what is held or made; states start and stop theirs by themselves."""
        if self._clocks is None:
            self._clocks = Clocks(self)
        return self._clocks

    async def hold(self, table: Table, ids: Sequence[UUID]) -> list[Row | None]:
        """Hold more rows, found while the block decides; return them in the order of their ids, None for what is not there.

        Jurisdiction is the block's to check. They do not queue up: another command may move them, and then this one runs again.
        """
        new = [id_ for id_ in ids if (table, id_) not in self._rows]
        for record in await self.db.read(read_rows(table, "id", many=True), new) if new else ():
            row = self._rows[table, record["id"]] = row_from(table, record, self.db.database.seal)
            self._wishes.hold(row)
        return [self._rows.get((table, id_)) for id_ in ids]

    # --- what a block can wish for -------------------------------------------------------------------------------------------

    async def children(self, table: Table, of: Row | None = None) -> list[Row]:
        """Return the rows of a child table that belong to a held row (the first), in the order of their ids."""
        root = of or self.row
        if known := self._children.get((table, root.id)):
            return known
        column = next(c.name for c in table.c for key in c.foreign_keys if key.column.table is root.table)
        records = await self.db.read(read_rows(table, column, many=False), root.id)
        rows = sorted((row_from(table, record, self.db.database.seal) for record in records), key=lambda row: row.id)
        self._wishes.own(rows)
        self._children[table, root.id] = rows
        return rows

    def create(
        self,
        table: Table,
        step: Step | None,
        *,
        reason: str | None = None,
        limits: Mapping[str, Limit] = NO_LIMITS,
        **values: Any,
    ) -> Row:
        """Make a thing; its first step, if it has states, is its history's first row.

        `limits` are those of clocks that begin with it and do not run as long as their rules say.

        Raises:
            OutsideYourArea: it would lie outside the caller's jurisdiction.
            GridElsewhere: its grid would be of another community than it is.
        """
        grid_code = values.get("grid_code")
        if not self.caller.reaches_place(grid_code or values["area_code"]):
            raise OutsideYourArea
        if grid_code and not grid_code.startswith(values.get("area_code", "")):
            raise GridElsewhere
        made = {"version": 1, **values}
        if "event_no" in table.c:
            made["event_no"] = 0
        if self.db.emergency_session_id and "emergency_session_id" in table.c:
            made["emergency_session_id"] = self.db.emergency_session_id
        if step:
            made["state"] = step.target
        row = self._wishes.make(table, made)
        if step:
            self._log(row, step, reason)
            self._turn_clocks(row, step, limits)
        self.record(row, step.action if step else "create", reason)
        return row

    def insert(self, table: Table, **values: Any) -> Row:
        """Make a child of a held row, or a row of a list that is only appended to."""
        return self._wishes.make(table, values)

    def update(self, row: Row, **values: Any) -> None:
        """Change a held row, a child of one, or a row that this command makes."""
        self._wishes.change(row, values)

    def update_where(self, table: Table, where: dict[str, Any], **values: Any) -> None:
        """Change the children of a held row that are so, if there are any; None means that the column is empty."""
        self._wishes.change_where(table, where, values)

    def call(self, function: Function, rows: list[dict[str, Any]], *, items: Sequence[int] = ()) -> None:
        """Hand rows to a function of the database, which does with all of them what one statement of tables cannot.

        What it refuses has its words with the constraints of the service. Where each row has an answer of its own, `items` says
        of which item it is: then nothing is written, and the work runs again, knowing from `db.refused_items` which rows to
        leave out.
        """
        self._wishes.call(function, rows)
        self._items += items

    def move(
        self, row: Row, step: Step, *, reason: str | None = None, limits: Mapping[str, Limit] = NO_LIMITS, **values: Any
    ) -> None:
        """Take the step: new state, its clocks, a row of history, a row of audit; of an approval also whose it is.

        `limits` are those of clocks that begin with it and do not run as long as their rules say.
        """
        if step.approval:
            values = {"approved_by": self.caller.id, **values}
        self.update(row, state=step.target, **values)
        self._log(row, step, reason)
        self._turn_clocks(row, step, limits)
        self.record(row, step.action, reason)

    def record(self, row: Row, action: str, reason: str | None = None) -> None:
        """Write to the audit what was done to a row that has no states, or to its children."""
        self._wishes.append(audit, audit_row(self, row, action, reason))

    def tell(self, row: Row, event: Event) -> None:
        """Let the other services know; `row` is the thing it happened to, and counts the event."""
        self.update(row, event_no=row.event_no + 1)
        told = outbox_row(self, row, event)
        self._wishes.append(outbox, told)
        self._wishes.append(waiting, {"event_id": told["event_id"]})

    def answer(self, view: _View) -> _View:
        """Settle the answer: under a key it is stored with the work, and every repeat gets it."""
        self.db.answered = view.__pydantic_serializer__.to_json(view)
        return view

    def rule(self, key: str, area_code: str | None = None, *, at: dt.datetime | None = None) -> Rule:
        """Return a rule as it holds in an area, now or at an instant; without an area, where the held thing lies."""
        return RULES.kept(self.db.database).of(key, area_code or self.row.area_code, at or self.now)

    async def number(self, letter: str, county: str, *, digits: int) -> str:
        """Return the next number of a county's day, as people say it: `I99010120260706` and then counted from 1.

        Numbers may be skipped, never given twice. Days are the county's, Asia/Shanghai.
        """
        day = self.now.astimezone(LOCAL)
        series = f"{letter}{county}{day.year:04}{day.month:02}{day.day:02}"
        return f"{series}{await self.db.database.number(series):0{digits}}"

    def _log(self, row: Row, step: Step, reason: str | None) -> None:
        self.role = min(step.who & self.caller.roles, default=self.role)
        self._wishes.append(history, history_row(self, row, step, reason))

    def _turn_clocks(self, row: Row, step: Step, limits: Mapping[str, Limit] = NO_LIMITS) -> None:
        for key in step.stops:
            self.clocks.stop(row, key)
        for key in step.starts:
            self.clocks.start(row, key, limits.get(key))

    # --- entering ------------------------------------------------------------------------------------------------------------

    async def __aenter__(self) -> Self:
        self.db.begin()
        await RULES.of(self.db)  # from memory; once a second somebody looks whether they still stand
        if not self.targets:
            self._tell_time(await self.db.now())
            return self
        try:
            await self._queue_up()
            try:
                await self._read()
            except Problem as refusal:
                await self._refuse(refusal)
                raise
        except BaseException:
            self._leave_queues()
            raise
        return self

    def _tell_time(self, now: dt.datetime) -> None:
        self.now, self.told_at = self.db.as_of or now, now

    async def _queue_up(self) -> None:
        # In one order, so that two commands of this process cannot wait for each other.
        for target in sorted(set(self.targets), key=in_order):
            queue = self.db.database.queue(target)
            try:
                async with asyncio.timeout(self.db.database.patience_s):
                    await queue.acquire()
            except TimeoutError:
                raise Busy from None
            self._queues.append(queue)

    async def _read(self) -> None:
        by_table: dict[Table, list[UUID]] = defaultdict(list)
        for table, id_ in dict.fromkeys(self.targets):
            by_table[table].append(id_)
        for table, ids in by_table.items():
            many = len(ids) > 1
            for record in await self.db.read(read_rows(table, "id", many=many), ids if many else ids[0]):
                row = row_from(table, record, self.db.database.seal)
                self.db.database.heard(record[NOW])
                self._tell_time(record[NOW])
                if self.caller.reaches(table, row):
                    self._rows[table, row.id] = row
                    self._wishes.hold(row)
        for table, id_ in self.targets:
            if (table, id_) not in self._rows:
                raise NotFound(thing=thing_of(table))
        if self.db.if_match is not None and self.row.read_version != self.db.if_match:
            raise Stale(thing=thing_of(self.row.table), version=self.row.read_version or 0)

    # --- leaving -------------------------------------------------------------------------------------------------------------

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            if error is None and self._clocks is not None:
                await self._clocks.settle()
            if error is None and not self._wishes.held:
                await self._write()  # no queue waits for it, and its statement goes on whatever happens to us
            elif error is None:
                await self._shielded(self._write())
            elif isinstance(error, Problem):
                await self._shielded(self._refuse(error))
        finally:
            self._leave_queues()

    async def _shielded(self, leaving: Awaitable[None]) -> None:
        """Leave to the end even when cancelled: the queues must not open while a statement is still on its way."""
        task = asyncio.ensure_future(leaving)
        try:
            await asyncio.shield(task)
        except asyncio.CancelledError:
            while not task.done():
                with suppress(asyncio.CancelledError):
                    await asyncio.wait([task])
            if not task.cancelled():
                task.exception()  # looked at; the cancellation is what the caller hears
            raise

    def _leave_queues(self) -> None:
        while self._queues:
            self._queues.pop().release()

    async def _write(self) -> None:
        statement = self._statement()
        if statement is None:
            return
        try:
            await self.db.write(statement)
        except asyncpg.IntegrityConstraintViolationError as error:
            await self._refused_by_database(error)
        except (*_AGAIN, asyncpg.InvalidCachedStatementError):
            raise Changed from None
        except asyncpg.QueryCanceledError:
            raise Busy from None
        except AWAY as error:
            if isinstance(error, ValueError):
                raise  # the driver could not encode a value: our bug, not an absent server
            # Whether it happened nobody knows; "the key is not there" would not mean "it did not".
            raise (MayHaveHappened if self.db.key is None else Unsure) from None
        except asyncpg.PostgresError as error:
            if error.sqlstate == _MOVED:
                raise Changed from None
            raise
        if waiting in self._wishes.made_in:
            self.db.database.wake.set()

    def _statement(self) -> Statement | None:
        key = self.db.key_row()
        if key is None and not self._wishes.held and not self._wishes.made_in:
            return None
        versions = {target: row.read_version for target, row in self._rows.items() if row.read_version is not None}
        statement = self._wishes.statement(versions, self.db.database.seal)
        if key is not None:
            statement.insert(command_key, [key])
        return statement

    async def _refused_by_database(self, error: asyncpg.IntegrityConstraintViolationError) -> None:
        constraint = error.constraint_name or ""
        if self._items and (refused := refused_rows(error)):
            self.db.refused_items.update({self._items[row]: why for row, why in refused.items()})
            raise SomeRefused from None
        if error.table_name == command_key.name:
            await self.db.replay()
        if constraint.endswith("_pkey"):
            raise Changed from None  # two creators of one row: the second run finds it
        refusal = self.db.database.constraints.get(constraint)
        if refusal is None:
            if not await self._unmoved():
                raise Changed from None  # rows that were read one after the other need not agree
            raise error  # a rule of the tables that nobody has given words: our bug
        problem = refusal()
        if isinstance(problem, Problem):
            await self._refuse(problem)
        raise problem from None

    async def _refuse(self, refusal: Problem) -> None:
        """Let a refusal stand only if nothing moved meanwhile; under a key it becomes the key's one answer."""
        await self.db.replay()
        if not await self._unmoved():
            raise Changed
        if refusal.kept and self.db.key is not None and not await self.db.keep_refusal(refusal):
            await self.db.replay()  # a twin's answer came first
            raise Changed

    async def _unmoved(self) -> bool:
        by_table: dict[Table, tuple[list[UUID], list[int]]] = defaultdict(lambda: ([], []))
        for (table, id_), row in self._rows.items():
            assert row.read_version is not None
            by_table[table][0].append(id_)
            by_table[table][1].append(row.read_version)
        for table, (ids, versions) in by_table.items():
            if (await self.db.read(read_versions(table), ids, versions))[0][0] != len(ids):
                return False
        return True
