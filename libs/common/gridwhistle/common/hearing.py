"""Hears what others tell: lets events take effect in the order of their things' numbers, or parks them.

A copy is upserted a batch at a time, guarded by the event's number; a handler's command carries event and thing as its key, so
it happens once however often the event is delivered. What comes too early, or fails, is parked in the database (`parking`).
Deliveries are acknowledged when their effect is committed, or when they are parked.
"""

import asyncio
import logging
from collections import defaultdict
from contextlib import nullcontext
from dataclasses import dataclass, field
from typing import Any, Final
from uuid import UUID

import asyncpg
from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.errors import Error as NatsError
from nats.js.api import AckPolicy, ConsumerConfig

from gridwhistle.common import parking
from gridwhistle.common.again import AWAY, Away, Replay, again
from gridwhistle.common.bus import BUS_AWAY, stream_name
from gridwhistle.common.consumers import Consumer, Handler
from gridwhistle.common.copying import Faults, copy
from gridwhistle.common.database import Database, Db
from gridwhistle.common.deliveries import delivered
from gridwhistle.common.events import Envelope, NotAnEvent
from gridwhistle.common.logs import DOING, told_safely
from gridwhistle.common.metrics import count
from gridwhistle.common.parking import Kept
from gridwhistle.common.problems import Busy, Problem
from gridwhistle.common.repair import Gap, ask_again

log = logging.getLogger(__name__)
_RETRY_S = 0.5
_LOOK_EVERY_S = 1.0
_AT_ONCE = 3
"""Things whose handlers run at once, whoever told; fewer than there are background connections."""
_DELIVERIES_TRUSTED = 2
"""What is delivered more often may have taken its process with it: from then on its tries are counted before they are made."""
_LATER: Final = (*AWAY, Away, Busy)


@dataclass
class Hearing:
    """One process of a service, as it hears."""

    consumer: Consumer
    database: Database
    parks: asyncio.Event = field(default_factory=asyncio.Event)
    """Set when something was parked."""
    stopping: asyncio.Event = field(default_factory=asyncio.Event)
    """Set when the service is to stop: what was fetched is finished, and then nothing more is heard."""
    _free: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(_AT_ONCE))

    async def run(self, nats: Client) -> None:
        """Listen to every service that is named, and see to what is parked, until told to stop."""
        async with asyncio.TaskGroup() as listening:
            for source, subjects in self.consumer.filters().items():
                listening.create_task(self._listen(source, subjects, nats), name=f"hear {source}")
            parked = listening.create_task(self._see_to_parked(nats), name="see to parked events")
            await self.stopping.wait()
            parked.cancel()  # a try is one command: it happened or it did not

    async def _listen(self, source: str, subjects: list[str], nats: Client) -> None:
        service, said = self.consumer.service, ""
        while not self.stopping.is_set():
            try:
                await self._follow(nats, source, subjects)
            except (*_LATER, *BUS_AWAY, NatsError) as error:
                # A service that has not started yet has no stream; NATS or PostgreSQL may be away. Said once: it may last.
                why = type(error).__name__
                log.log(logging.DEBUG if why == said else logging.INFO, "%s waits for %s: %s", service, source, why)
                said = why
            except Exception as error:  # noqa: BLE001  whatever it is, the next delivery is to be heard
                log.error("%s made a mistake hearing %s and begins anew: %s", service, source, told_safely(error))  # noqa: TRY400
            if not self.stopping.is_set():
                await asyncio.sleep(_RETRY_S)

    async def _follow(self, nats: Client, source: str, subjects: list[str]) -> None:
        durable, stream = self.consumer.service, stream_name(source)
        config = ConsumerConfig(
            durable_name=durable,
            filter_subjects=subjects,
            ack_policy=AckPolicy.EXPLICIT,
            ack_wait=30,
            max_ack_pending=5_000,
            max_deliver=-1,
        )
        # Without it nothing could take effect, and each delivery counts towards those that are not trusted.
        await self.database.run(self.database.background, "SELECT 1")
        await nats.jetstream(timeout=5).add_consumer(stream, config)
        async with delivered(nats, stream, durable, self.stopping) as deliveries:
            while not self.stopping.is_set():
                messages = await deliveries.next()
                try:
                    await self.apply(messages)
                except _LATER:
                    for message in messages:
                        await message.nak(delay=1)
                    raise
                count("gw_events_heard_total", len(messages), source=source)

    async def _see_to_parked(self, nats: Client) -> None:
        while True:
            try:
                # A request that nobody can hear is not counted: what is missing may come when NATS is back.
                for source, gaps in (await self.retry(may_ask=nats.is_connected)).items():
                    await ask_again(nats, source, gaps)
            except (*_LATER, *BUS_AWAY) as error:
                log.info("what %s has parked waits: %s", self.consumer.service, type(error).__name__)
            except Exception as error:  # noqa: BLE001  a mistake of ours: the rows are there for the next round
                log.error("%s made a mistake with parked events: %s", self.consumer.service, told_safely(error))  # noqa: TRY400
            self.parks.clear()
            try:
                async with asyncio.timeout(_LOOK_EVERY_S):
                    await self.parks.wait()
            except TimeoutError:
                pass

    # --- what was delivered --------------------------------------------------------------------------------------------------

    async def apply(self, messages: list[Msg]) -> None:
        """Let deliveries take effect, or park them; then acknowledge them.

        Raises:
            Away: the database could not be asked (or another error of its absence); nothing is acknowledged.
        """
        kept: list[Kept] = []
        readable: list[tuple[Envelope[Any], Msg]] = []
        for message in messages:
            try:
                readable.append((Envelope.parse(message.data, message.subject), message))
            except NotAnEvent as why:
                log.warning("a message on %s is no event (%s); it is a dead letter now", message.subject, why)
                kept.append(Kept("unreadable", message.subject, message.data, fault=str(why)))
        ready, not_yet = await self._in_order(readable)
        kept += not_yet
        faults = await self._take_effect([event for event, _ in ready])
        done: dict[UUID, Envelope[Any]] = {}
        for event, message in ready:
            fault = faults.get(event.id)
            if fault is not None:
                kept.append(self._early(event, message) if fault == _BEHIND else self._failed(event, message, fault))
            elif not self._is_own(message.subject):
                done[event.aggregate_id] = event
        await parking.park(self.database, kept)
        if done:
            await parking.note_heard(self.database, done)
        for one in kept:
            count("gw_events_parked_total", why=one.why)
        if kept:
            self.parks.set()
        for message in messages:
            await message.ack()

    async def _in_order(
        self, deliveries: list[tuple[Envelope[Any], Msg]]
    ) -> tuple[list[tuple[Envelope[Any], Msg]], list[Kept]]:
        """Return what can take effect now, and what is to be kept; what took effect before is in neither."""
        others = {event.aggregate_id for event, message in deliveries if not self._is_own(message.subject)}
        numbers = await parking.last_heard(self.database, others) if others else {}
        # Of our own events no numbers are kept, and a lost stream is published again.
        own = [event.id for event, message in deliveries if self._is_own(message.subject)]
        discarded = await parking.discarded(self.database, own) if own else set()
        ready, kept = [], []
        for event, message in deliveries:
            if event.id in discarded:
                continue
            last_no, last_id = numbers.get(event.aggregate_id, (0, None))
            is_next = self._is_own(message.subject) or event.event_no == last_no + 1
            if is_next and (message.metadata.num_delivered or 1) <= _DELIVERIES_TRUSTED:
                ready.append((event, message))
                numbers[event.aggregate_id] = (event.event_no, event.id)
            elif is_next or event.event_no > last_no:
                kept.append(self._early(event, message))
            elif last_id is not None and _is_of_another_history(event, last_no, last_id):
                # Who told this was set back to an earlier day, and has gone another way since.
                log.error("event %s of thing %s was told twice on %s", event.event_no, event.aggregate_id, message.subject)
                kept.append(Kept("forked", message.subject, message.data, event))
        return ready, kept

    def _early(self, event: Envelope[Any], message: Msg) -> Kept:
        after_no = 0 if self._is_own(message.subject) else event.event_no - 1
        return Kept("early", message.subject, message.data, event, after_no=after_no)

    def _failed(self, event: Envelope[Any], message: Msg, fault: str) -> Kept:
        return Kept("failed", message.subject, message.data, event, fault)

    def _is_own(self, subject: str) -> bool:
        return subject.split(".", 3)[2] == self.consumer.service

    # --- what was parked -----------------------------------------------------------------------------------------------------

    async def retry(self, *, may_ask: bool = True) -> dict[str, list[Gap]]:
        """Try what is parked and due, as long as something becomes possible; return what is to be asked for, by source."""
        early: set[UUID] = set()
        while rows := await parking.due(self.database):
            early.update(row["id"] for row in rows if not row["is_next"])
            ready = sorted((row for row in rows if row["is_next"]), key=lambda row: row["event_no"] or 0)
            if not ready:
                break
            for row in ready:
                await self._try(row)
        gaps: dict[str, list[Gap]] = defaultdict(list)
        for gap in await parking.missing(self.database, self.consumer.service, early) if early and may_ask else ():
            gaps[gap["source"]].append((gap["thing_id"], gap["first"], gap["last"]))
        return gaps

    async def _try(self, row: asyncpg.Record) -> None:
        event: Envelope[Any] | None = None
        fault: str | None = None
        try:
            event = Envelope.parse(row["content"], row["subject"])
        except NotAnEvent as why:
            fault = str(why)
        if row["state"] != "discarded":
            if event and row["tries"] > parking.TRIES:
                fault = "its process stopped in each try"
            elif event:
                fault = (await self._take_effect([event])).get(event.id)
            if fault is not None:
                await parking.failed_again(self.database, self.consumer.service, row["id"], fault)
                return
        heard = {event.aggregate_id: event} if event and not self._is_own(row["subject"]) else {}
        await parking.note_heard(self.database, heard, parked=[row["id"]])

    # --- taking effect -------------------------------------------------------------------------------------------------------

    async def _take_effect(self, events: list[Envelope[Any]]) -> Faults:
        """Copy and handle events; return the faults. Behind one that failed, the events of its thing wait."""
        faults = await copy(self.consumer, self.database, events)
        chains: dict[UUID, list[Envelope[Any]]] = defaultdict(list)
        for event in events:
            chains[event.aggregate_id].append(event)

        async def follow(chain: list[Envelope[Any]]) -> None:
            async with self._free:
                for position, event in enumerate(chain, 1):
                    fault = faults.get(event.id) or await self._handle(event)
                    if fault:
                        faults[event.id] = fault
                        faults.update((later.id, _BEHIND) for later in chain[position:])
                        return

        doing = DOING.get()
        traced = doing is not None and doing.tracing is not None  # a copy alone leaves a span as well
        busy = [
            chain for chain in chains.values() if traced or any(e.id in faults or self.consumer.handlers_of(e) for e in chain)
        ]
        await asyncio.gather(*map(follow, busy))
        return faults

    async def _handle(self, event: Envelope[Any]) -> str | None:
        """Run the handlers of an event; return the fault of the first that fails."""
        doing = DOING.get()
        if doing:
            DOING.set(doing._replace(request_id=str(event.id), correlation_id=event.correlation_id))
        tracing = doing.tracing if doing else None
        with tracing.hearing(event.data.type, event.traceparent) if tracing else nullcontext():
            return await self._run_handlers(event)

    async def _run_handlers(self, event: Envelope[Any]) -> str | None:
        for each, handler in self.consumer.handlers_of(event):
            try:
                things = await again(lambda each=each: each(event, self._db(event)))  # type: ignore[misc]
                for thing_id in things:
                    await self._once(handler, event, thing_id)
            except Problem as later:
                log.warning("event %s waits: %s", event.id, later.code)
                return later.code
            except Exception as error:  # noqa: BLE001  a mistake of ours: the event is kept and tried again
                log.error("event %s is not applied: %s", event.id, told_safely(error))  # noqa: TRY400
                return told_safely(error)
        return None

    async def _once(self, handler: Handler, event: Envelope[Any], thing_id: UUID) -> None:
        """Run a handler for one thing. A delivery before may have done it; a refusal is an answer as well."""
        scope = f"event|{self.consumer.service}.{handler.__name__}"
        db = self._db(event, scope=scope, key=f"{event.id}|{thing_id}")

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

    def _db(self, event: Envelope[Any], *, scope: str = "event", key: str | None = None) -> Db:
        return Db(
            self.database,
            scope=scope,
            key=key,
            request_id=str(event.id),
            correlation_id=event.correlation_id,
            background=True,
            emergency_session_id=event.emergency_session_id,
        )


_BEHIND = "behind one that failed"
_SKEW_MS: Final = 60_000
"""Clocks of processes that tell of the same thing may differ by so much."""


def _is_of_another_history(event: Envelope[Any], last_no: int, last_id: UUID) -> bool:
    """Tell whether an event with a number that was heard is another one than was heard.

    Of the last one the id is known. One before it was told before it, and ids (UUIDv7) begin with the time.
    """
    if event.event_no == last_no:
        return event.id != last_id
    return (event.id.int >> 80) - (last_id.int >> 80) > _SKEW_MS
