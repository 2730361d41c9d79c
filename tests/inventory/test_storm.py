"""A storm on three lots: 48 clients, two processes that are killed, lines that are cut, and each request sent twice at once.

Whoever hears nothing asks again under the same key, at either process. In the end nothing is promised twice, lots have what
their movements say, orders have what was approved, and each request was answered once, whatever answered.
"""

import asyncio
import itertools
import random
import uuid
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import asyncpg
import httpx2
import pytest

from gridwhistle.common import migrations
from gridwhistle.common.issuer import Issuer
from gridwhistle.common.sealing import make_keys
from gridwhistle.inventory.app import INVENTORY
from gridwhistle.standalone.nats import Nats
from gridwhistle.standalone.postgres import Postgres
from tests.faults.process import Server
from tests.inventory.depot import COUNTY, Depot, faults

pytestmark = pytest.mark.anyio
CLIENTS: Final = 48
STORMY: Final = ("kills", "cuts", "approved", "not_enough_stock", "cancelled", "issued")
"""What belongs to a storm: faults of both kinds, and every answer."""


@dataclass
class Storm:
    """What rages, and what was heard of it."""

    servers: list[Server]
    tokens: dict[str, str]
    waiting: list[uuid.UUID]
    url: str
    lot: random.Random
    answers: dict[str, set[bytes]] = field(default_factory=dict)
    heard: Counter[str] = field(default_factory=Counter)
    over: bool = False

    async def rage(self, seconds: float) -> None:
        """Let clients ask until the time is up, and faults come meanwhile."""
        limits = httpx2.Limits(max_connections=None)
        async with httpx2.AsyncClient(timeout=20, limits=limits) as client:
            clients = [asyncio.create_task(self._ask(client)) for _ in range(CLIENTS)]
            disorder = asyncio.create_task(self._faults())
            await asyncio.sleep(seconds)
            async with asyncio.timeout(60):  # a busy machine has its storms later
                while not all(self.heard[what] for what in STORMY):
                    await asyncio.sleep(0.1)
            self.over = True
            await asyncio.gather(*clients, disorder)

    async def _ask(self, client: httpx2.AsyncClient) -> None:
        """Take an order: have it approved, then issue it or give it back."""
        while not self.over and self.waiting:
            id_ = self.waiting.pop()
            if await self._step(client, id_, "approve", "manager", {}) != "approved":
                continue
            if self.lot.random() < 0.1:
                await self._step(client, id_, "pick", "keeper", None)
                await self._step(client, id_, "issue", "keeper", None)
            else:
                await self._step(client, id_, "cancel", "asks", {})

    async def _step(self, client: httpx2.AsyncClient, id_: uuid.UUID, action: str, who: str, content: Any) -> str:
        key, path = str(uuid.uuid4()), f"/inventory/v1/dispatch_orders/{id_}/{action}"
        twins = self.lot.choice((1, 2))
        answers = await asyncio.gather(*(self._until_answered(client, path, who, content, key) for _ in range(twins)))
        self.answers[key] = {answer.content for answer in answers}
        said = answers[0].json()
        word = str(said["code"] if answers[0].status_code >= 400 else said["state"])
        self.heard[word] += 1
        return word

    async def _until_answered(self, client: httpx2.AsyncClient, path: str, who: str, content: Any, key: str) -> httpx2.Response:
        headers = {"Idempotency-Key": key, "Authorization": f"Bearer {self.tokens[who]}"}
        while True:
            with suppress(httpx2.TransportError):
                base = self.lot.choice(self.servers).base_url.removesuffix("/toolshed/v1")
                answer = await client.post(base + path, json=content, headers=headers)
                if answer.status_code < 500:
                    return answer
            self.heard["not answered"] += 1
            await asyncio.sleep(0.05)

    async def _faults(self) -> None:
        for number in itertools.count():
            await asyncio.sleep(self.lot.uniform(0.4, 1.2))
            if self.over:
                return
            if number % 3 == 0:
                server = self.lot.choice(self.servers)
                await server.kill()
                await server.start()
                self.heard["kills"] += 1
            else:
                connection = await asyncpg.connect(self.url)
                await connection.execute(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database()"
                    " AND pid <> pg_backend_pid() AND random() < 0.5"
                )
                await connection.close()
                self.heard["cuts"] += 1

    async def verdict(self) -> dict[str, Any]:
        """Return what is not as it must be, by claim."""
        connection = await asyncpg.connect(self.url)
        wrong: dict[str, Any] = {**await faults(connection)}
        if differing := [key for key, answers in self.answers.items() if len(answers) > 1]:
            wrong["one key, one answer"] = differing[:3]
        issued = await connection.fetchval("SELECT count(*) FROM dispatch_order WHERE state = 'issued'")
        told = await connection.fetchval("SELECT count(*) FROM outbox WHERE envelope->>'type' = 'gw.inventory.stock.moved.v1'")
        if issued != told or issued != self.heard["issued"]:
            wrong["what was issued was told, once"] = (issued, told, self.heard["issued"])
        await connection.close()
        if failures := [line for server in self.servers for line in server.failures()]:
            wrong["servers make no errors of ours"] = failures[:5]
        return wrong


@asynccontextmanager
async def brewing(postgres: Postgres, nats_server: Nats, folder: Path) -> AsyncIterator[Storm]:
    """Set two processes up on a database with three lots, and many who want some of them."""
    issuer, name = Issuer.fresh(), f"stock_storm_{uuid.uuid4().hex[:8]}"
    make_keys(folder / "keys")
    (folder / "jwks.json").write_text(issuer.jwks())
    await postgres.ensure_database(name)
    await migrations.upgrade(INVENTORY, postgres.url(name))
    connection = await asyncpg.connect(postgres.url(name))
    depot = Depot(connection)
    await depot.open()
    for qty in ("3", "4", "60"):
        await depot.lot(qty)
    waiting = [*await depot.orders(4_000, "1"), *await depot.orders(2_000, "20")]
    await connection.close()
    seed = random.randrange(10**9)
    print(f"seed {seed}")  # noqa: T201  whoever looks for a failure needs it
    lot = random.Random(seed)
    lot.shuffle(waiting)
    roles = {"manager": "inventory_manager", "keeper": "warehouse_keeper", "asks": "shelter_manager"}
    tokens = {who: issuer.token(who, [role], [COUNTY]) for who, role in roles.items()}
    service = "gridwhistle.inventory.app:INVENTORY"
    async with AsyncExitStack() as stack:
        servers = [Server(f"inventory-{number}", postgres.url(name), nats_server.url, folder, service) for number in range(2)]
        for server in servers:
            stack.push_async_callback(server.stop)
        await asyncio.gather(*(server.start() for server in servers))
        yield Storm(servers, tokens, waiting, postgres.url(name), lot)


@pytest.mark.parametrize("seconds", [pytest.param(5, id="short"), pytest.param(90, id="long", marks=pytest.mark.long)])
async def test_in_a_storm_on_three_lots_nothing_is_promised_twice(
    seconds: float, postgres: Postgres, nats_server: Nats, tmp_path: Path
) -> None:
    async with brewing(postgres, nats_server, tmp_path) as storm:
        await storm.rage(seconds)
        print(dict(storm.heard))  # noqa: T201  how much of a storm it was

        assert await storm.verdict() == {}
