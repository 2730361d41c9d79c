"""A service's database: its connections, its clock, and `Db`, through which one piece of work reads and writes."""

import asyncio
import datetime as dt
import hashlib
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import asynccontextmanager, nullcontext
from functools import partial
from typing import TYPE_CHECKING, Any, overload
from uuid import UUID
from weakref import WeakValueDictionary

import asyncpg
from sqlalchemy import Select, Table

from gridwhistle.common.again import AWAY, Away, Changed, Replay
from gridwhistle.common.commands import Command
from gridwhistle.common.connections import Connections
from gridwhistle.common.logs import DOING
from gridwhistle.common.presets import PRESETS, Preset
from gridwhistle.common.principal import Principal
from gridwhistle.common.problems import Busy, KeyReused, Language, Problem
from gridwhistle.common.queries import Question, question
from gridwhistle.common.revoked import Revoked
from gridwhistle.common.sealing import CannotOpen, Seal
from gridwhistle.common.statements import Statement
from gridwhistle.common.together import ROWS_MAX, Together
from gridwhistle.common.wishes import Target

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

_SERVER_SETTINGS = {
    "jit": "off",
    "statement_timeout": "10s",
    "lock_timeout": "3s",
    "idle_in_transaction_session_timeout": "15s",
}
# A command's statements touch rows by key; planning them anew for each value would cost more than running them.
_COMMAND_SETTINGS = {**_SERVER_SETTINGS, "plan_cache_mode": "force_generic_plan"}
# Reads are written for an index each. A plan that is made while a table is new would scan it, and would stay until PostgreSQL
# has counted what was put in since.
_READ_SETTINGS = {**_SERVER_SETTINGS, "enable_seqscan": "off"}
_CLOCK_FRESH_S = 1.0
_NUMBERS_AT_ONCE = 50
_SERIES_MAX = 500
_COMMAND_TIMEOUT_S = 12.0


class Database:
    """The connections to one service's database, and what commands of this process share.

    Three pools: requests' commands, background commands (consumers, clocks, imports, which so cannot take requests'
    connections), and reads.
    """

    def __init__(
        self,
        url: str,
        seal: Seal,
        constraints: Mapping[str, Callable[[], Problem | Changed]],
        *,
        presets: Sequence[Preset] = (),
        tables: Sequence[Table] = (),
        connections_max: int = 16,
        patience_s: float = 5.0,
    ) -> None:
        """Take the address (`postgresql://…`), the seal for stored answers, and the words for broken constraints, by name.

        `presets` are the rules that its service declares, still to be put in; `tables` are the service's own, for what looks
        across all of them.
        """
        self.presets: Sequence[Preset] = (*PRESETS, *presets)
        self.url, self.seal, self.constraints, self.patience_s = url, seal, constraints, patience_s
        self.tables = tables
        self.revoked = Revoked()
        self.wake = asyncio.Event()  # set when a command told something: the relay listens
        self.known: dict[object, Any] = {}  # what `Known` keeps of this database
        self._queues: WeakValueDictionary[Target, asyncio.Lock] = WeakValueDictionary()
        self._clock: tuple[dt.datetime, float] | None = None
        self._numbers: dict[str, list[int]] = {}
        self._numbers_lock = asyncio.Lock()
        self.requests = self._connections(connections_max, _COMMAND_SETTINGS)
        self.background = self._connections(4, _COMMAND_SETTINGS)
        self.reads = self._connections(12, _READ_SETTINGS)
        self._together = Together(partial(self._send, self.requests))

    @asynccontextmanager
    async def connected(self) -> "AsyncIterator[Database]":
        """Hold the connections while the service runs."""
        try:
            yield self
        finally:
            await self.reads.close()
            await self.requests.close()
            await self.background.close()

    def _connections(self, size: int, settings: Mapping[str, str]) -> Connections:
        return Connections(
            self.url,
            size,
            self.patience_s,
            timeout=3,
            command_timeout=_COMMAND_TIMEOUT_S,
            server_settings=settings,
        )

    def queue(self, target: Target) -> asyncio.Lock:
        """Return the queue of a row; it lives as long as somebody waits in it."""
        queue = self._queues.get(target)
        if queue is None:
            queue = self._queues[target] = asyncio.Lock()
        return queue

    async def now(self, pool: "Connections | None" = None) -> dt.datetime:
        """Return the database's clock: what it last said, at most a second ago, plus the time since then."""
        if self._clock is None or time.monotonic() - self._clock[1] > _CLOCK_FRESH_S:
            await self.look_at_clock(pool)
        assert self._clock is not None
        said, heard_at = self._clock
        return said + dt.timedelta(seconds=time.monotonic() - heard_at)

    async def look_at_clock(self, pool: "Connections | None" = None) -> None:
        """Ask the database's clock, so that `now` is later than whatever happened before this call."""
        self.heard((await self.run(pool or self.requests, "SELECT clock_timestamp()"))[0][0])

    def heard(self, now: dt.datetime) -> None:
        """Remember what the database's clock said. What was long on its way does not put back what is remembered."""
        heard_at = time.monotonic()
        if self._clock is not None:
            said, before = self._clock
            ago = heard_at - before
            if ago <= _CLOCK_FRESH_S and now < said + dt.timedelta(seconds=ago):
                return
        self._clock = (now, heard_at)

    def last_heard(self) -> dt.datetime:
        """Return what the database's clock said last; good enough for days, not for decisions."""
        assert self._clock is not None
        return self._clock[0]

    async def number(self, series: str) -> int:
        """Return the next number of a series. They are drawn in blocks, so a restart skips some; none is given twice."""
        if block := self._numbers.get(series):
            return block.pop()
        async with self._numbers_lock:
            block = self._numbers.get(series)
            if not block:
                drawn = await self.run(
                    self.background,
                    "INSERT INTO number (series, last) VALUES ($1, $2)"
                    " ON CONFLICT (series) DO UPDATE SET last = number.last + $2 RETURNING last",
                    series,
                    _NUMBERS_AT_ONCE,
                )
                last = drawn[0][0]
                # Series end (yesterday's is never asked for again), so the oldest make room.
                while len(self._numbers) >= _SERIES_MAX:
                    del self._numbers[next(iter(self._numbers))]
                block = self._numbers[series] = list(range(last, last - _NUMBERS_AT_ONCE, -1))
            return block.pop()

    async def run(self, pool: Connections, sql: str, *args: Any) -> list[asyncpg.Record]:
        """Run a read, or a statement that may safely run again.

        Raises:
            Away: the database could not be asked.
            Busy: no connection became free in time, or the statement took too long.
        """
        connection = await self._take(pool)
        try:
            return await connection.fetch(sql, *args)
        except (asyncpg.QueryCanceledError, asyncpg.LockNotAvailableError):
            raise Busy from None
        except asyncpg.InvalidCachedStatementError:
            raise Away from None
        except AWAY as error:
            if isinstance(error, ValueError):
                raise
            raise Away from None
        finally:
            pool.give(connection)

    async def write(self, pool: Connections, statement: Statement) -> None:
        """Write the one statement of a command; what the driver raises tells its outcome.

        Raises:
            Away: no connection could be made, so nothing was written.
        """
        if pool is self.requests and statement.holds_nothing and statement.rows <= ROWS_MAX:
            await self._together.write(statement)
        else:
            await self._send(pool, statement)

    async def _send(self, pool: Connections, statement: Statement) -> None:
        sql, args = statement.compose()
        connection = await self._take(pool)
        try:
            row = await connection.fetchrow(sql, *args)
            assert row is not None
            self.heard(row[0])
        finally:
            pool.give(connection)

    @staticmethod
    async def _take(pool: Connections) -> "asyncpg.Connection[Any]":
        try:
            return await pool.take()
        except TimeoutError:
            raise Busy from None
        except AWAY:
            raise Away from None


class Db:
    """The database as one piece of work sees it: a request, an event, an imported row. Its commands carry its key."""

    def __init__(
        self,
        database: Database,
        *,
        scope: str,
        key: str | None,
        fingerprint: bytes = b"",
        request_id: str,
        correlation_id: str | None = None,
        if_match: int | None = None,
        as_of: dt.datetime | None = None,
        starts_clocks: bool = True,
        status: int = 200,
        language: Language = "zh",
        media_type: str = "",
        refusal_body: Callable[[Problem], bytes] | None = None,
        background: bool = False,
        emergency_session_id: UUID | None = None,
    ) -> None:
        """Take what names the work.

        Args:
            database: where it reads and writes.
            scope: what kind of command, and whose; keys of different scopes never meet.
            key: names the work, so that it happens once; None: it happens as often as it is asked for.
            fingerprint: what the key stands for; another one under the same key is refused.
            request_id: of the request, or the id of the event that is applied.
            correlation_id: what the whole chain of events hangs on; the request id when it starts here.
            if_match: the version that the first held row must be at.
            as_of: when it happened, for what is told of the past; now, if left out.
            starts_clocks: whether states start their clocks; those of the past do not.
            status: of an acceptance.
            language: of people-facing texts in the answer.
            media_type: of the file that the answer is, where it may be one of several.
            refusal_body: how a refusal reads for whoever waits for the answer.
            background: it takes a background connection, so that it cannot take one from requests.
            emergency_session_id: the emergency session (应急) that it belongs to.
        """
        self.database, self.scope, self.key, self.fingerprint = database, scope, key, fingerprint
        self.request_id, self.correlation_id = request_id, correlation_id or request_id
        self.causation_id = request_id
        self.if_match, self.status, self.as_of, self.starts_clocks = if_match, status, as_of, starts_clocks
        self.language, self.media_type = language, media_type
        self.emergency_session_id = emergency_session_id
        self.answered: bytes | None = None
        self.moved: dict[str, str] = {}  # codes of areas that were merged, as they were asked for, and their codes of today
        self.refused = False  # a refusal of this very run is stored as the key's answer
        self.refused_items: dict[int, str] = {}
        """Which items a run before this one was refused, and why: work on many leaves them out and says so."""
        self._refusal_body = refusal_body
        self._pool = database.background if background else database.requests
        self._began = False

    @overload
    def command(self, caller: Principal, /) -> Command: ...
    @overload
    def command(self, caller: Principal, table: Table, id: UUID, /) -> Command: ...
    @overload
    def command(self, caller: Principal, /, *targets: Target) -> Command: ...
    def command(self, caller: Principal, /, *targets: Any) -> Command:
        """Begin a command that holds these rows: `(caller, loans, loan_id)`, or pairs of table and id, or none."""
        if targets and isinstance(targets[0], Table):
            targets = (targets,)
        return Command(self, caller, targets)

    def begin(self) -> None:
        """Note that a command starts.

        Raises:
            RuntimeError: it is the second; when the second is run again, the first would happen twice.
        """
        if self._began:
            raise RuntimeError("one piece of work is one command; its second would double its first when it runs again")
        self._began = True

    def start_over(self) -> None:
        """Forget the run before: the work runs from its beginning."""
        self._began, self.answered, self.refused = False, None, False

    # --- reads ---------------------------------------------------------------------------------------------------------------

    async def fetch(self, select: Select[*tuple[Any, ...]]) -> list[Any]:
        """Return the rows of a query.

        Raises:
            Away: the database could not be asked.
            Busy: no connection became free in time, or the query took too long.
        """
        return await self.ask(question(select))

    async def ask(self, asked: Question) -> list[Any]:
        """Return the rows of a query that was made before, as `fetch` does."""
        return asked.rows(await self.database.run(self.database.reads, asked.sql, *asked.args), self.database.seal)

    async def first(self, select: Select[*tuple[Any, ...]]) -> Any | None:
        """Return the first row of a query, or None."""
        rows = await self.fetch(select.limit(1))
        return rows[0] if rows else None

    async def counted(self, select: Select[*tuple[Any, ...]]) -> int:
        """Return the number that a query counts or sums."""
        return int((await self.fetch(select))[0][0])

    async def read(self, sql: str, *args: Any) -> list[asyncpg.Record]:
        """Run a read of the write path on the pool that commands of this kind use."""
        return await self.database.run(self._pool, sql, *args)

    async def now(self) -> dt.datetime:
        """Return the database's clock."""
        return await self.database.now(self._pool)

    # --- the key -------------------------------------------------------------------------------------------------------------

    async def write(self, statement: Statement) -> None:
        """Write the one statement of a command."""
        doing = DOING.get()
        with doing.tracing.span("command") if doing and doing.tracing else nullcontext():
            await self.database.write(self._pool, statement)

    def key_row(self) -> dict[str, Any] | None:
        """Return the row that makes this command happen once, for the statement that writes it."""
        if self.key is None:
            return None
        assert self.answered is not None or self._pool is self.database.background, "a command says its answer: tx.answer"
        return self._key_row(self.status, self.answered or b"")

    def _key_row(self, status: int, body: bytes) -> dict[str, Any]:
        assert self.key is not None
        return {
            "scope": self.scope,
            "key": self.key,
            "fingerprint": self.fingerprint,
            "status": status,
            "answer": self.database.seal.close(body, _place(self.scope, self.key)),
            "at": self.database.last_heard(),
        }

    async def replay(self) -> None:
        """Answer what the key was answered before, if it was.

        Raises:
            Replay: with the stored answer.
            KeyReused: the key stands for something else.
        """
        if self.key is None:
            return
        rows = await self.read(
            "SELECT fingerprint, status, answer FROM command_key WHERE scope = $1 AND key = $2", self.scope, self.key
        )
        if not rows:
            return
        if rows[0]["fingerprint"] != self.fingerprint:
            raise KeyReused
        try:
            body = self.database.seal.open(rows[0]["answer"], _place(self.scope, self.key))
        except CannotOpen:
            raise KeyReused from None  # sealed under a key that is no longer in the ring: nobody can tell the old answer
        raise Replay(rows[0]["status"], body)

    async def keep_refusal(self, refusal: Problem) -> bool:
        """Store a refusal as the one answer of the key; tell whether it was stored, or another answer was there first."""
        body = self._refusal_body(refusal) if self._refusal_body else refusal.code.encode()
        await self.now()  # nothing may have been heard yet
        row = self._key_row(refusal.status, body)
        stored = await self.read(
            "INSERT INTO command_key (scope, key, fingerprint, status, answer, at) VALUES ($1, $2, $3, $4, $5, $6)"
            " ON CONFLICT DO NOTHING RETURNING 1",
            *row.values(),
        )
        self.refused = bool(stored)
        return self.refused


def _place(scope: str, key: str) -> str:
    return f"command_key.answer|{scope}|{key}"


def fingerprint(method: str, path: str, body: bytes, as_of: str = "") -> bytes:
    """Return what an `Idempotency-Key` stands for."""
    return hashlib.sha256(b"\0".join((method.encode(), path.encode(), body, *([as_of.encode()] if as_of else ())))).digest()
