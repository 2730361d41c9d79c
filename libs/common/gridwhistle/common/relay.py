"""The relay: takes what commands told to the service's stream, in order, losing nothing.

One relay a service leads, under an advisory lock of its own connection. It publishes a few events one behind the other and
many as an atomic batch, fenced by the stream's last sequence, so that a leader that lost its lock without noticing stores
nothing. PostgreSQL is the truth: what a lost or older stream no longer has is published again, under a new epoch, since
JetStream drops an id that it knows.
"""

import asyncio
import logging
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from uuid import UUID

import asyncpg
import orjson
from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.js.client import JetStreamContext

from gridwhistle.common.again import AWAY
from gridwhistle.common.bus import BUS_AWAY, asking, own_stream, stream_name
from gridwhistle.common.database import Database
from gridwhistle.common.ids import new_id
from gridwhistle.common.logs import told_safely
from gridwhistle.common.metrics import Metrics
from gridwhistle.common.repair import Gap, asked_for, publish_again

if TYPE_CHECKING:
    from gridwhistle.common.tracing import Tracing

log = logging.getLogger(__name__)
BATCH_MAX = 500
"""Events a batch; JetStream takes a thousand at most."""
_SINGLY_MAX = 10
"""So few are published one by one: a batch costs the disk several milliseconds whatever is in it, an event 0.3."""
_POLL_S = 1.0
_LOOK_EVERY_S = 3.0
_PUBLISH_TIMEOUT_S = 10.0
# The more there was, the more is coming, and a large batch costs the disk as much as a small one.
_BREATH_S = 0.001
_BREATH_MAX_S = 0.015
# The batch first, then each of its events by its key: by a plan made before PostgreSQL counted what is there, it would read
# the whole outbox for every batch.
WAITING = (
    "SELECT first.id, event_id, epoch, subject, envelope"
    f" FROM (SELECT id, event_id FROM waiting ORDER BY id LIMIT {BATCH_MAX}) first CROSS JOIN LATERAL"
    " (SELECT epoch, subject, envelope::text FROM outbox WHERE outbox.event_id = first.event_id LIMIT 1) told"
    " ORDER BY first.id"
)
_SAME = "SELECT waiting.id, event_id FROM waiting JOIN outbox USING (event_id) WHERE event_id = $1 AND epoch::text = $2"
_MARK = (
    "WITH gone AS (DELETE FROM waiting WHERE id = ANY($3::bigint[]))"
    " INSERT INTO published (event_id, stream_seq) SELECT * FROM unnest($1::uuid[], $2::bigint[])"
)
# In the order that they had, and before all that waits (whose ids count from one): the events of a thing stay in order.
_PUBLISH_AGAIN = (
    "WITH lost AS (DELETE FROM published WHERE stream_seq > $1 RETURNING stream_seq, event_id),"
    " again AS (UPDATE outbox SET epoch = epoch + 1 FROM lost WHERE outbox.event_id = lost.event_id),"
    # A repair may have put an event into the stream twice, or wait to do so.
    " asked AS (DELETE FROM waiting USING lost WHERE waiting.event_id = lost.event_id)"
    " INSERT INTO waiting (id, event_id) OVERRIDING SYSTEM VALUE"
    " SELECT min(stream_seq) - (1::bigint << 62), event_id FROM lost JOIN outbox USING (event_id) GROUP BY event_id"
)


# JetStream refuses a batch that has an event twice, again and again.
_ONCE = "DELETE FROM waiting later USING waiting earlier WHERE later.event_id = earlier.event_id AND later.id > earlier.id"


class Refused(Exception):
    """The stream did not take the batch, or nobody can tell: look at its tail before the next one."""


@dataclass
class Relay:
    """Publishes one service's outbox."""

    service: str
    database: Database
    nats: Client
    stopping: asyncio.Event = field(default_factory=asyncio.Event)
    """Set when the service is to stop: what waits is published, and then the relay ends."""
    metrics: Metrics = field(default_factory=Metrics)
    tracing: "Tracing | None" = None
    replicas: int = 1
    """How many servers of a NATS cluster keep the stream, when it is made."""
    _pauses: bool = False
    _refused: bool = False
    """Whether the last batch was refused; a second one in a row (the stream is full, say) is tried only after a pause."""
    _looked_at: int = 0
    """The last place in the stream whose content is known; what others put there is looked at once."""

    async def run(self) -> None:
        """Lead whenever nobody else does, until told to stop."""
        while True:
            try:
                await self._lead()
            except (*AWAY, *BUS_AWAY, asyncpg.PostgresError, Refused) as error:
                # Said once: it may be away, or full, for hours.
                log.log(logging.DEBUG if self._pauses else logging.WARNING, "the relay of %s pauses: %r", self.service, error)
                self._pauses = True
            except Exception as error:  # noqa: BLE001  whatever it is, what waits is to be published
                log.error("the relay of %s made a mistake and begins anew: %s", self.service, told_safely(error))  # noqa: TRY400
            if self.stopping.is_set():
                return
            await asyncio.sleep(_POLL_S)

    async def _lead(self) -> None:
        connection = await asyncpg.connect(self.database.url, timeout=3, command_timeout=30)
        self._looked_at = 0
        try:
            # A mark that a crash loses is made again from the stream's tail, so it need not wait for the disk.
            await connection.execute("SET synchronous_commit = off")
            while not await connection.fetchval("SELECT pg_try_advisory_lock(hashtext('gridwhistle.relay'))"):
                if self.stopping.is_set():
                    return
                await self._wake_the_leader()
            await self._lead_with(connection)
        finally:
            await connection.close(timeout=3)

    async def _wake_the_leader(self) -> None:
        """Pass on, for a while, that there is something to publish; the leader is in another process."""
        end = asyncio.get_running_loop().time() + _POLL_S
        while (left := end - asyncio.get_running_loop().time()) > 0 and not self.stopping.is_set():
            self.database.wake.clear()
            if await self._woken(left):
                await self.nats.publish(asking(self.service, "publish"))
                await asyncio.sleep(_BREATH_S)

    async def _lead_with(self, connection: "asyncpg.Connection[Any]") -> None:
        gaps: list[Gap] = []

        async def wake(message: Msg) -> None:
            if message.subject.endswith("repair"):
                with suppress(ValueError, TypeError):  # whoever cannot ask is not answered
                    gaps.extend(asked_for(message.data))
            self.database.wake.set()

        others = await self.nats.subscribe(asking(self.service, "*"), cb=wake)
        try:
            last = await self._reconcile(connection)
            self._pauses, self.metrics.leads = self._pauses and self._refused, True
            while True:
                self.database.wake.clear()
                asked, gaps[:] = gaps[:], []
                if asked:
                    await publish_again(connection, asked)
                # Each round asks on the connection that holds the lock: a lost lock is a lost connection.
                rows = await connection.fetch(WAITING)
                if not rows:
                    if self.stopping.is_set():
                        return
                    if not await self._woken(_LOOK_EVERY_S):
                        last = await self._reconcile(connection)  # a stream may be lost while nobody publishes
                    continue
                last = await self._publish_and_mark(connection, rows, last)
                if len(rows) < BATCH_MAX:
                    await asyncio.sleep(min(_BREATH_MAX_S, _BREATH_S * len(rows)))
        finally:
            self.metrics.leads = False
            await others.unsubscribe()

    async def _publish_and_mark(self, connection: "asyncpg.Connection[Any]", rows: list[asyncpg.Record], last: int) -> int:
        """Publish the rows behind `last` and note where they are; return the stream's last sequence.

        Raises:
            Refused: for the second time in a row.
        """
        began_ns = time.time_ns()
        try:
            last = await self._publish(rows, last)
        except Refused as refused:
            self.metrics.count("gw_batches_refused_total")
            if self._refused:
                raise
            self._refused = True
            log.warning("the stream of %s refused a batch: %s", self.service, refused)
            return await self._reconcile(connection)
        self._refused = self._pauses = False
        await _mark(connection, rows, last)
        self.metrics.count("gw_events_published_total", len(rows))
        if self.tracing:
            self.tracing.published([row["envelope"] for row in rows], began_ns)
        return last

    async def _woken(self, patience_s: float) -> bool:
        """Wait until something is to be published; tell whether anything is, as far as this process knows."""
        try:
            async with asyncio.timeout(patience_s):
                return await self.database.wake.wait()
        except TimeoutError:
            return False

    async def _publish(self, rows: list[asyncpg.Record], last: int) -> int:
        """Publish the rows right behind `last`; return the stream's new last sequence.

        Raises:
            Refused: another leader was faster, the stream knows one of the events, or no answer came.
        """
        if len(rows) > _SINGLY_MAX:
            return await self._publish_batch(rows, last)
        # Each names the place of the one before it, so whatever happens to one, none behind it is stored out of order.
        asked = [self._ask(row, {"Nats-Expected-Last-Sequence": str(last + n)}, last + n + 1) for n, row in enumerate(rows)]
        for answer in await asyncio.gather(*asked, return_exceptions=True):
            if isinstance(answer, BaseException):
                raise answer
        return last + len(rows)

    async def _publish_batch(self, rows: list[asyncpg.Record], last: int) -> int:
        batch = new_id().hex
        for number, row in enumerate(rows, 1):
            headers = {"Nats-Batch-Id": batch, "Nats-Batch-Sequence": str(number)}
            if number == 1:
                headers["Nats-Expected-Last-Sequence"] = str(last)
            if number < len(rows):
                await self.nats.publish(row["subject"], row["envelope"].encode(), headers=self._named(row) | headers)
        return await self._ask(rows[-1], headers | {"Nats-Batch-Commit": "1"}, last + len(rows))

    async def _ask(self, row: asyncpg.Record, headers: dict[str, str], expected: int) -> int:
        headers = self._named(row) | headers
        try:
            reply = await self.nats.request(
                row["subject"], row["envelope"].encode(), timeout=_PUBLISH_TIMEOUT_S, headers=headers
            )
        except BUS_AWAY as error:
            raise Refused(type(error).__name__) from None
        return _sequence_in(reply.data, expected=expected)

    def _named(self, row: asyncpg.Record) -> dict[str, str]:
        return {
            "Nats-Msg-Id": f"{self.service}:{row['event_id']}:{row['epoch']}",
            "Content-Type": "application/cloudevents+json",
        }

    async def _reconcile(self, connection: "asyncpg.Connection[Any]") -> int:
        """Make database and stream agree; return the stream's last sequence, the fence of the next batch."""
        js = self.nats.jetstream(timeout=5)
        info = await own_stream(js, self.service, self.replicas)
        created, last = str(info.created), int(info.state.last_seq)
        async with connection.transaction():
            known = await connection.fetchval("SELECT created FROM stream")
            await connection.execute(
                "INSERT INTO stream (name, created) VALUES ($1, $2)"
                " ON CONFLICT (name) DO UPDATE SET created = excluded.created WHERE stream.created <> excluded.created",
                stream_name(self.service),
                created,
            )
            # A new stream has nothing of ours; an older copy of it ends earlier than what we published.
            lost = await connection.execute(_PUBLISH_AGAIN, last if known in {created, None} else 0)
            if lost != "INSERT 0 0":
                log.warning("the stream of %s has lost events (%s); they are published again", self.service, lost)
            await connection.execute(_ONCE)
            marked = await connection.fetchval("SELECT coalesce(max(stream_seq), 0) FROM published")
        known_up_to = max(marked, min(self._looked_at, last))
        await self._mark_tail(connection, js, range(max(known_up_to + 1, info.state.first_seq), last + 1))
        self._looked_at = last
        return last

    async def _mark_tail(self, connection: "asyncpg.Connection[Any]", js: JetStreamContext, sequences: range) -> None:
        """Mark what is in the stream but was not marked: the leader before stopped in between."""
        for sequence in sequences:
            message = await js.get_msg(stream_name(self.service), seq=sequence, direct=True)
            told = _event_and_epoch_in(message.headers or {})
            if told is None:
                log.warning("message %s in the stream of %s is not ours; it is passed over", sequence, self.service)
                continue
            # An older copy of an event that is to be published again marks nothing.
            rows = await connection.fetch(_SAME, *told)
            await _mark(connection, rows, sequence)


async def _mark(connection: "asyncpg.Connection[Any]", rows: list[asyncpg.Record], last: int) -> None:
    """Note that these events are the stream's latest, in this order, up to `last`."""
    sequences = list(range(last - len(rows) + 1, last + 1))
    await connection.execute(_MARK, [row["event_id"] for row in rows], sequences, [row["id"] for row in rows])


def _event_and_epoch_in(headers: Mapping[str, str]) -> tuple[UUID, str] | None:
    """Return the event that a message of ours carries, and its epoch; None for somebody else's message."""
    try:
        _, event_id, epoch = headers["Nats-Msg-Id"].split(":")
        return UUID(event_id), epoch
    except (KeyError, ValueError):
        return None


def _sequence_in(reply: bytes, *, expected: int) -> int:
    answer: dict[str, Any] = orjson.loads(reply)
    if "error" in answer:
        raise Refused(f"{answer['error'].get('err_code')} {answer['error'].get('description')}")
    if answer.get("duplicate") or answer["seq"] != expected:
        raise Refused("the stream knew the event")
    return int(answer["seq"])
