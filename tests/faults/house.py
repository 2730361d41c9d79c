"""A whole house for storms: PostgreSQL and NATS of its own, a service that tells and one that hears, all of it to be killed."""

import asyncio
import os
import random
import shutil
import signal
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import asyncpg
import nats
from nats.js.errors import NotFoundError
from sqlalchemy.ext.asyncio import create_async_engine

from gridwhistle.common import migrations
from gridwhistle.common.issuer import Issuer
from gridwhistle.common.sealing import make_keys
from gridwhistle.standalone.children import CannotStart
from gridwhistle.standalone.nats import Nats
from gridwhistle.standalone.postgres import Postgres
from tests import toolshed
from tests.faults import listener
from tests.faults.clients import Clients
from tests.faults.judge import a_seed, open_shed, sweep_up
from tests.faults.process import Server

CONVERGES_S = 60
POISON = 10
_STREAM = "GW_TOOLSHED"


@dataclass
class House:
    """What runs, and what can be done to it."""

    folder: Path
    postgres: Postgres
    nats: Nats
    tellers: list[Server]
    hearers: list[Server]
    lot: random.Random
    copies: int = 2_000
    poisoned: int = 0
    done: list[str] = field(default_factory=list)

    async def kill_a_teller(self) -> None:
        """Kill a process of the service that tells, and start it again."""
        await _again(self.lot.choice(self.tellers))

    async def kill_a_hearer(self) -> None:
        """Kill a process of the service that hears, and start it again."""
        await _again(self.lot.choice(self.hearers))

    async def kill_postgres(self) -> None:
        """Kill every process of PostgreSQL at once, and start it again."""
        master = self.postgres.child.pid
        # Its backends die with it, not after it: one that waits for a lock of another would not notice, and hold the memory.
        os.kill(master, signal.SIGSTOP)
        for backend in Path(f"/proc/{master}/task/{master}/children").read_text().split():
            os.kill(int(backend), signal.SIGKILL)
        os.kill(master, signal.SIGKILL)
        await self.postgres.child.process.wait()
        async with asyncio.timeout(30):
            while True:
                await asyncio.sleep(0.2)
                with suppress(CannotStart):  # the last of them may be dying still
                    self.postgres = await Postgres.start(self.folder, self.postgres.port)
                    return

    async def kill_nats(self) -> None:
        """Kill NATS, and start it again."""
        await self._with_nats_dead(lambda: None)

    async def lose_the_store(self) -> None:
        """Delete all that JetStream has."""
        await self._poison_is_kept()
        await self._with_nats_dead(lambda: shutil.rmtree(self.folder / "nats"))

    async def keep_a_copy_of_the_store(self) -> None:
        """Copy all that JetStream has, as a backup would."""

        def copy() -> None:
            shutil.rmtree(self.folder / "old", ignore_errors=True)
            shutil.copytree(self.folder / "nats", self.folder / "old")

        await self._with_nats_dead(copy)

    async def restore_the_old_store(self) -> None:
        """Put the copy in the place of what JetStream has now."""

        def restore() -> None:
            shutil.rmtree(self.folder / "nats")
            shutil.copytree(self.folder / "old", self.folder / "nats")

        await self._poison_is_kept()
        await self._with_nats_dead(restore)

    async def double_and_poison(self) -> None:
        """Put copies of what was told into the stream, shuffled and without their ids, and ten messages that are no events."""
        client = await nats.connect(self.nats.url)
        js = client.jetstream(timeout=10)
        info = await js.stream_info(_STREAM)
        sequences = range(max(info.state.first_seq, 1), info.state.last_seq + 1)  # a new stream counts from 0 to 0
        messages = []
        for sequence in self.lot.sample(sequences, min(self.copies, len(sequences))):
            with suppress(NotFoundError):  # a store that was cut off has gaps
                message = await js.get_msg(_STREAM, seq=sequence, direct=True)
                messages.append((message.subject, message.data))
        messages += [("gw.990101.toolshed.tool.moved.v1", b"poison %d" % number) for number in range(POISON)]
        self.lot.shuffle(messages)
        for subject, content in messages:
            await client.publish(subject, content)
        await client.flush(timeout=10)
        await client.close()
        self.poisoned = POISON
        self.done.append(f"{len(messages) - POISON} copies, {POISON} poison")

    async def _poison_is_kept(self) -> None:
        """Wait until the listener keeps what is no event: nobody would send it again from a store that is gone."""
        async with asyncio.timeout(CONVERGES_S):
            while (await self.ask("listener", "SELECT count(*) FROM parked WHERE why = 'unreadable'"))[0][0] < self.poisoned:
                await asyncio.sleep(0.1)

    async def _with_nats_dead(self, work: Callable[[], None]) -> None:
        self.nats.child.process.kill()
        await self.nats.child.process.wait()
        work()
        self.nats = await Nats.start(self.folder, self.nats.port)

    async def suffer(self, *faults: Callable[[], Awaitable[None]], pause_s: float) -> None:
        """Let one fault follow the other."""
        for fault in faults:
            await asyncio.sleep(pause_s * self.lot.uniform(0.5, 1.5))
            self.done.append(fault.__name__)  # type: ignore[attr-defined]
            await fault()

    async def converge(self) -> float:
        """Wait until the listener has heard everything; return the seconds that it took.

        Raises:
            AssertionError: it has not within a minute.
        """
        started, of_tools = time.monotonic(), "FROM outbox WHERE subject LIKE '%.toolshed.tool.%'"
        while time.monotonic() - started < CONVERGES_S:
            with suppress(OSError, asyncpg.PostgresError, asyncpg.InterfaceError):
                told = await self.ask("toolshed", f"SELECT count(*) {of_tools}")
                heard = await self.ask("listener", "SELECT count(*) FROM applied")
                waiting = await self.ask("listener", "SELECT count(*) FROM parked WHERE state = 'waiting'")
                unsaid = await self.ask("toolshed", "SELECT count(*) FROM waiting")
                if told == heard and not waiting[0][0] and not unsaid[0][0]:
                    return time.monotonic() - started
            await asyncio.sleep(0.1)
        raise AssertionError(
            f"told {told}, heard {heard}, parked {waiting}, unpublished {unsaid}; {await self._what_is_missing()}"
        )

    async def _what_is_missing(self) -> str:
        """Say of the first events that were not heard where they should be in the stream, and what is there."""
        told = await self.ask(
            "toolshed", "SELECT aggregate_id, event_no, event_id, stream_seq FROM outbox LEFT JOIN published USING (event_id)"
        )
        heard = set(await self.ask("listener", "SELECT thing_id, event_no FROM applied"))
        client = await nats.connect(self.nats.url)
        js, said = client.jetstream(timeout=10), []
        for thing, number, event, sequence in [row for row in told if row[:2] not in heard][:5]:
            message = await js.get_msg(_STREAM, seq=sequence, direct=True) if sequence else None
            last = await self.ask("listener", f"SELECT event_no, event_id FROM heard WHERE thing_id = '{thing}'")
            said.append(f"{event}, number {number} of {thing}, at {sequence}: {message and message.headers}; heard {last}")
        said.append(str(await js.consumer_info(_STREAM, "listener")))
        await client.close()
        return "; ".join(said)

    async def verdict(self, *, poison: int) -> dict[str, Any]:
        """Return what is not as it must be between the two services, by claim."""
        wrong: dict[str, Any] = {}
        told = await self.ask(
            "toolshed", "SELECT aggregate_id, event_no FROM outbox WHERE subject LIKE '%.tool.%' ORDER BY 1, 2"
        )
        heard = await self.ask("listener", "SELECT thing_id, event_no FROM applied ORDER BY 1, 2")
        if told != heard:
            wrong["every event took effect once"] = (len(told), len(heard))
        out_of_order = await self.ask(
            "listener",
            "SELECT thing_id FROM (SELECT thing_id, event_no, row_number() OVER (PARTITION BY thing_id ORDER BY place) AS turn"
            " FROM applied) a WHERE event_no <> turn",
        )
        if out_of_order:
            wrong["events took effect in their order"] = out_of_order[:3]
        if (await self.ask("listener", "SELECT sum(events) FROM tally"))[0][0] != len(told):
            wrong["what was counted is what was told"] = True
        states = await self.ask("toolshed", "SELECT id, state FROM tool WHERE event_no > 0 ORDER BY id")
        copies = await self.ask("listener", "SELECT id, state FROM known_tool ORDER BY id")
        touched = await self.ask("toolshed", "SELECT aggregate_id FROM outbox WHERE subject LIKE '%.moved.v1' GROUP BY 1")
        moved = {row[0] for row in touched}
        if [row for row in states if row[0] in moved] != copies:
            wrong["copies are like what they copy"] = (len(states), len(copies))
        letters = await self.ask("listener", "SELECT state, why, count(*) FROM parked GROUP BY 1, 2")
        if letters != ([("dead", "unreadable", poison)] if poison else []):
            wrong["what cannot be read is kept, and nothing else"] = letters
        if failures := [line for server in (*self.tellers, *self.hearers) for line in server.failures()]:
            wrong["servers make no errors of ours"] = failures[:5]
        return wrong

    @asynccontextmanager
    async def truth(self) -> "AsyncIterator[asyncpg.Connection[Any]]":
        """Give a connection that sees what the toolshed has."""
        connection = await asyncpg.connect(self.postgres.url("toolshed"))
        try:
            yield connection
        finally:
            await connection.close()

    async def ask(self, database: str, query: str) -> list[tuple[Any, ...]]:
        """Return the rows of a query."""
        connection = await asyncpg.connect(self.postgres.url(database), timeout=5)
        try:
            return [tuple(row) for row in await connection.fetch(query)]
        finally:
            await connection.close()


async def _again(server: Server) -> None:
    await server.kill()
    await server.start()


@asynccontextmanager
async def storm_in_a_house(
    folder: Path, *, seconds: float, clients: int, rest_s: float
) -> AsyncIterator[tuple[House, Clients]]:
    """Set everything up; what is started is stopped on leaving."""
    seed, issuer = a_seed(), Issuer.fresh()
    print(f"seed {seed}")  # noqa: T201  whoever looks for a failure needs it
    make_keys(folder / "keys")
    (folder / "jwks.json").write_text(issuer.jwks())
    async with AsyncExitStack() as stack:
        stack.callback(sweep_up)
        house = House(folder, await Postgres.start(folder), await Nats.start(folder), [], [], random.Random(seed))
        stack.push_async_callback(lambda: house.postgres.child.stop())  # noqa: PLW0108  the one that runs then
        stack.push_async_callback(lambda: house.nats.child.stop())  # noqa: PLW0108  the same
        for name in ("toolshed", "listener"):
            await house.postgres.ensure_database(name)
        await toolshed.make_tables(house.postgres.url("toolshed"))
        await _make_listener(house.postgres.url("listener"))
        async with house.truth() as truth:
            await open_shed(truth)
        for number in range(2):
            for kind, several in (
                ("tests.toolshed:TOOLSHED", house.tellers),
                ("tests.faults.listener:LISTENER", house.hearers),
            ):
                name = kind.rpartition(":")[2].lower()
                url = house.postgres.url(name)
                several.append(Server(f"{name}-{number}", url, house.nats.url, folder, kind))
        for server in (*house.tellers, *house.hearers):
            stack.push_async_callback(server.stop)
        await asyncio.gather(*(server.start() for server in (*house.tellers, *house.hearers)))
        token = issuer.token("clerk", ["town_acceptor"], ["990101"])
        yield house, Clients(seed, house.tellers, token, number=clients, seconds=seconds, rest_s=rest_s)


async def _make_listener(url: str) -> None:
    await migrations.upgrade(listener.LISTENER, url)
    engine = create_async_engine(url.replace("postgresql", "postgresql+asyncpg"))
    async with engine.begin() as connection:
        await connection.run_sync(listener.metadata.create_all)
        row = {"version": 1, "area_code": toolshed.AREA, "events": 0}
        await connection.execute(listener.tallies.insert(), [{"id": one, **row} for one in listener.TALLIES])
    await engine.dispose()
