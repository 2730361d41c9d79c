"""The house that is measured: PostgreSQL, NATS and services, each in its own process, on a folder that vanishes."""

import asyncio
import sys
import tempfile
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import asyncpg
import httpx2
from nats.aio.client import Client

from gridwhistle.common import migrations
from gridwhistle.common.bus import connect, own_stream
from gridwhistle.common.issuer import ISSUER, Issuer
from gridwhistle.common.sealing import make_keys
from gridwhistle.common.service import Service
from gridwhistle.standalone.children import Child, free_port
from gridwhistle.standalone.nats import Nats
from gridwhistle.standalone.postgres import Postgres

HERE = Path(__file__).parent
CALLER = "bench-acceptor"
COUNTY = "990101"
_READY_S = 20
_ALIKE = 0.01
"""How far rows of both sides may differ in size."""


class NotTrue(Exception):
    """What was measured was not what should have happened, so its speed means nothing."""


@dataclass(frozen=True)
class Server:
    """A running service."""

    port: int
    child: Child


@dataclass(frozen=True)
class House:
    """A running PostgreSQL and NATS, and what has been started on them."""

    folder: Path
    postgres: Postgres
    nats: Nats
    issuer: Issuer
    stack: AsyncExitStack

    def token(self) -> str:
        """Return the access token of a township's acceptor who reaches the whole county."""
        return self.issuer.token(CALLER, ["town_acceptor"], [COUNTY])

    async def database(self, name: str, kind: Service | None = None) -> "asyncpg.Connection[Any]":
        """Make a database, with a service's tables, and return a connection to it."""
        await self.postgres.ensure_database(name)
        if kind:
            await migrations.upgrade(kind, self.postgres.url(name))
        connection = await asyncpg.connect(self.postgres.url(name))
        self.stack.push_async_callback(connection.close)
        return connection

    async def serve(self, factory: str, database: str) -> Server:
        """Start one process of a service as production does; `factory` is `module:function`."""
        port = free_port()
        settings = {
            "GW_DATABASE_URL": self.postgres.url(database),
            "GW_NATS_URL": self.nats.url,
            "GW_KEYS_FILE": self.folder / "keys",
            "GW_ATTACHMENTS_DIR": self.folder / "attachments",
            "GW_DEVELOPMENT": "true",
            "GW_ISSUER": ISSUER,
            "GW_JWKS_FILE": self.folder / "jwks.json",
        }
        options = ["--no-access-log", "--no-server-header", "--no-proxy-headers", "--log-level", "warning"]
        where = ["--factory", "--app-dir", str(HERE), "--port", str(port)]
        child = await self.start(database, [sys.executable, "-m", "uvicorn", factory, *where, *options], settings)
        async with httpx2.AsyncClient(base_url=f"http://127.0.0.1:{port}") as client:
            for _ in range(_READY_S * 20):
                try:
                    if (await client.get("/readyz")).is_success:
                        return Server(port, child)
                except httpx2.TransportError:
                    pass
                if child.process.returncode is not None:
                    break
                await asyncio.sleep(0.05)
        raise NotTrue(f"{factory} does not get ready. Its log ends:\n{child.last_words()}")

    async def start(self, name: str, command: list[str], settings: Mapping[str, object]) -> Child:
        """Start a program with these settings in its environment; it is stopped with the house."""
        words = ["/usr/bin/env", *(f"{key}={value}" for key, value in settings.items()), *command]
        child = await Child.start(name, words, self.folder / f"{name}.log")
        self.stack.push_async_callback(child.stop)
        return child


@asynccontextmanager
async def house(*, notes_commits: bool = False) -> AsyncIterator[House]:
    """Start a new house; on leaving, all of it is stopped and its folder removed.

    Args:
        notes_commits: PostgreSQL notes when each transaction was committed.
    """
    with tempfile.TemporaryDirectory(prefix="gridwhistle-bench-") as name:
        folder, issuer = Path(name), Issuer.fresh()
        (folder / "jwks.json").write_text(issuer.jwks())
        make_keys(folder / "keys")
        async with AsyncExitStack() as stack:
            postgres = await Postgres.start(folder)
            if notes_commits:
                connection = await asyncpg.connect(postgres.url("postgres"))
                await connection.execute("ALTER SYSTEM SET track_commit_timestamp = on")
                await connection.close()
                await postgres.child.stop()
                postgres = await Postgres.start(folder)
            stack.push_async_callback(postgres.child.stop)
            nats = await Nats.start(folder)
            stack.push_async_callback(nats.child.stop)
            # A service listens to its neighbours; without their streams it would only knock again and again.
            client = Client()
            await connect(client, nats.url, "bench")
            await own_stream(client.jetstream(), "personnel")
            await client.close()
            yield House(folder, postgres, nats, issuer, stack)


class Truth:
    """Numbers in a database that must grow alike, by as much as was answered, and events that must leave."""

    def __init__(self, connection: "asyncpg.Connection[Any]", **numbers: str) -> None:
        """Take a connection, and queries that return a number each, by name."""
        self._connection, self._queries, self._before = connection, numbers, {}

    async def look(self) -> None:
        """Remember the numbers as they are before the load."""
        self._before = await self._numbers()

    async def check(self, answered: int, connections: int) -> int:
        """Return by how much the numbers grew.

        Raises:
            NotTrue: they grew apart, or by another number than was answered; a load that ends by the clock leaves at most
                one request a connection unanswered. Or events still wait after ten seconds.
        """
        await asyncio.sleep(0.1)  # what was under way when the load ended, ends
        for _ in range(200):
            if not await self._connection.fetchval("SELECT count(*) FROM waiting"):
                break
            await asyncio.sleep(0.05)
        else:
            raise NotTrue("events still wait to be published")
        grown = {name: number - self._before[name] for name, number in (await self._numbers()).items()}
        growth = next(iter(grown.values()))
        if set(grown.values()) != {growth} or not answered <= growth <= answered + connections:
            raise NotTrue(f"{answered} requests were answered, but what was written is {grown}")
        return growth

    async def _numbers(self) -> dict[str, int]:
        return {name: int(await self._connection.fetchval(query)) for name, query in self._queries.items()}


async def same_rows(peer: "asyncpg.Connection[Any]", ours: "asyncpg.Connection[Any]", *tables: str) -> None:
    """Make sure that both sides wrote rows of the same size.

    Raises:
        NotTrue: in one of the tables they differ.
    """
    for table in tables:
        sizes = [await side.fetchval(f"SELECT avg(pg_column_size(t.*))::float FROM {table} AS t") for side in (peer, ours)]
        if abs(sizes[0] / sizes[1] - 1) > _ALIKE:
            raise NotTrue(f"a row of {table} takes {sizes[0]:.0f} bytes at the peer, {sizes[1]:.0f} with us: mend bench/sql")
