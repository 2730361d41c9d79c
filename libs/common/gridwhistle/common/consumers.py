"""What a service does when others speak: copies of their data, and commands that follow from their facts.

A copy is upserted a batch at a time, guarded by the event's number. A handler's command carries event and thing as its key,
so it happens once however often the event is delivered. Acknowledgements follow the commit.
"""

import asyncio
import logging
from collections import defaultdict
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, TypeVar
from uuid import UUID

import asyncpg
import orjson
from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.errors import Error as NatsError
from nats.errors import TimeoutError as NothingWaiting
from nats.js.api import AckPolicy, ConsumerConfig
from nats.js.client import JetStreamContext
from nats.js.errors import APIError
from sqlalchemy import Table

from gridwhistle.common.again import AWAY, Away, Replay, again
from gridwhistle.common.bus import BUS_AWAY, stream_name
from gridwhistle.common.database import Database, Db
from gridwhistle.common.events import Envelope, Event, NotAnEvent, UnknownKind
from gridwhistle.common.logs import told_safely
from gridwhistle.common.problems import Problem
from gridwhistle.common.statements import json_columns, upsert, written_columns

log = logging.getLogger(__name__)
_FETCH_MAX = 256
_FETCH_WAIT_S = 5.0
_RETRY_S = 0.5
_DELAY_MAX_S = 60
CopyOf = Callable[[Envelope[Any]], dict[str, Any]]
Things = Callable[[Envelope[Any], Db], Awaitable[Sequence[UUID]]]
Handler = Callable[[Envelope[Any], UUID, Db], Awaitable[None]]
_Copy = TypeVar("_Copy", bound=CopyOf)
_Handler = TypeVar("_Handler", bound=Handler)


async def _its_own(event: Envelope[Any], _db: Db) -> Sequence[UUID]:
    return [event.aggregate_id]


class Consumer:
    """The handlers of one service."""

    def __init__(self, service: str) -> None:
        self.service = service
        self._copies: dict[type[Event], tuple[Table, CopyOf]] = {}
        self._handlers: dict[type[Event], list[tuple[Things, Handler]]] = defaultdict(list)

    def copies(self, *kinds: type[Event], into: Table) -> Callable[[_Copy], _Copy]:
        """Keep a copy: the function returns the row; its id and number are the event's. Copies decide nothing."""

        def register(copy: _Copy) -> _Copy:
            for kind in kinds:
                self._copies[kind] = (into, copy)
            return copy

        return register

    def on(self, kind: type[Event], *, each: Things = _its_own) -> Callable[[_Handler], _Handler]:
        """Do something: `async def handler(event, thing_id, db)`, one command a thing, once an event.

        Args:
            kind: of the event.
            each: returns the things that an event concerns; without it, the one it happened to.
        """

        def register(handler: _Handler) -> _Handler:
            self._handlers[kind].append((each, handler))
            return handler

        return register

    def filters(self) -> dict[str, list[str]]:
        """Return the subjects to hear, by producing service: whole aggregates, so that their numbers have no gaps."""
        subjects: dict[str, set[str]] = defaultdict(set)
        for kind in (*self._copies, *self._handlers):
            subjects[kind.service].add(f"gw.*.{kind.service}.{kind.aggregate}.>")
        return {service: sorted(names) for service, names in subjects.items()}

    async def run(self, database: Database, nats: Client) -> None:
        """Listen to every service that is named, until cancelled."""
        async with asyncio.TaskGroup() as listening:
            for service, subjects in self.filters().items():
                listening.create_task(self._listen(service, subjects, database, nats), name=f"hear {service}")

    async def _listen(self, service: str, subjects: list[str], database: Database, nats: Client) -> None:
        js = nats.jetstream(timeout=5)
        while True:
            try:
                await self._follow(js, service, subjects, database)
            except (*BUS_AWAY, *AWAY, NatsError, Away) as error:
                # A service that has not started yet has no stream; NATS or PostgreSQL may be away.
                log.info("%s waits for %s: %s", self.service, service, type(error).__name__)
            except Exception as error:  # noqa: BLE001  whatever it is, the next delivery is to be heard
                log.error("%s made a mistake hearing %s and begins anew: %s", self.service, service, told_safely(error))  # noqa: TRY400
            await asyncio.sleep(_RETRY_S)

    async def _follow(self, js: JetStreamContext, service: str, subjects: list[str], database: Database) -> None:
        config = ConsumerConfig(
            durable_name=self.service,
            filter_subjects=subjects,
            ack_policy=AckPolicy.EXPLICIT,
            ack_wait=30,
            max_ack_pending=2_000,
            max_deliver=-1,
        )
        await js.add_consumer(stream_name(service), config)
        subscription = await js.pull_subscribe_bind(durable=self.service, stream=stream_name(service))
        try:
            while True:
                try:
                    messages = await subscription.fetch(_FETCH_MAX, timeout=_FETCH_WAIT_S)
                except (NothingWaiting, APIError):
                    # Nothing came, or the consumer is gone with its stream: asking for it tells which.
                    await js.consumer_info(stream_name(service), self.service)
                    continue
                await self.apply(messages, database)
        finally:
            await subscription.unsubscribe()

    async def apply(self, messages: list[Msg], database: Database) -> None:
        """Apply deliveries in order and acknowledge each that took effect."""
        heard: list[tuple[Msg, Envelope[Any]]] = []
        for message in messages:
            try:
                envelope = Envelope.parse(message.data)
            except UnknownKind:
                await message.ack()  # a fact of a later release, which this one has no use for
                continue
            except NotAnEvent as fault:
                log.warning("a message on %s is no event (%s); it is kept and tried again", message.subject, fault)
                await message.nak(delay=_DELAY_MAX_S)
                continue
            heard.append((message, envelope))
        failed = await self._copy([envelope for _, envelope in heard], database)
        for message, envelope in heard:
            if envelope.id in failed or not await self._handle(envelope, database):
                tries = message.metadata.num_delivered or 1
                await message.nak(delay=min(_DELAY_MAX_S, 2**tries))
            else:
                await message.ack()

    async def _copy(self, envelopes: list[Envelope[Any]], database: Database) -> set[Any]:
        """Upsert copies, all of a table at once; return the ids of events whose copy the database refuses."""
        rows: dict[Table, dict[Any, tuple[Envelope[Any], dict[str, Any]]]] = defaultdict(dict)
        for envelope in envelopes:
            if (copy := self._copies.get(type(envelope.data))) is None:
                continue
            table, row_of = copy
            kept = rows[table].get(envelope.aggregate_id)
            if kept is None or kept[0].event_no < envelope.event_no:
                row = {"id": envelope.aggregate_id, "event_no": envelope.event_no, **row_of(envelope)}
                rows[table][envelope.aggregate_id] = (envelope, row)
        failed: set[Any] = set()
        for table, copies in rows.items():
            try:
                await _upsert(table, [row for _, row in copies.values()], database)
            except asyncpg.PostgresError:
                for envelope, row in copies.values():
                    try:
                        await _upsert(table, [row], database)
                    except asyncpg.PostgresError as error:
                        log.error("no copy of event %s: %s", envelope.id, told_safely(error))  # noqa: TRY400
                        failed.add(envelope.id)
        return failed

    async def _handle(self, event: Envelope[Any], database: Database) -> bool:
        """Run the handlers of an event; tell whether all of them are done."""
        for each, handler in self._handlers.get(type(event.data), ()):
            try:
                things = await again(lambda each=each: each(event, self._db(event, database)))  # type: ignore[misc]
                for thing_id in things:
                    await self._once(handler, event, thing_id, database)
            except Problem as later:
                log.warning("event %s waits: %s", event.id, later.code)
                return False
            except Exception as error:  # noqa: BLE001  a mistake of ours: the event is kept and tried again
                log.error("event %s is not applied: %s", event.id, told_safely(error))  # noqa: TRY400
                return False
        return True

    async def _once(self, handler: Handler, event: Envelope[Any], thing_id: UUID, database: Database) -> None:
        """Run a handler for one thing. A delivery before may have done it; a refusal is an answer as well."""
        db = self._db(event, database, scope=f"event|{self.service}.{handler.__name__}", key=f"{event.id}|{thing_id}")

        async def work() -> None:
            db.start_over()
            await handler(event, thing_id, db)

        try:
            await again(work)
        except Replay:
            pass
        except Problem as refusal:
            if not refusal.kept:
                raise
            log.info("event %s does nothing to %s: %s", event.id, thing_id, refusal.code)

    @staticmethod
    def _db(event: Envelope[Any], database: Database, *, scope: str = "event", key: str | None = None) -> Db:
        return Db(
            database, scope=scope, key=key, request_id=str(event.id), correlation_id=event.correlation_id, background=True
        )


async def _upsert(table: Table, rows: list[dict[str, Any]], database: Database) -> None:
    texts = json_columns(table)
    columns = [
        [orjson.dumps(row[c.name]).decode() if c.name in texts else row[c.name] for row in rows] for c in written_columns(table)
    ]
    await database.run(database.background, upsert(table), *columns)
