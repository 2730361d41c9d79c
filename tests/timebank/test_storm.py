"""A storm on five accounts: 64 clients, two processes that are killed, lines that are cut, and each request sent twice at once.

Whoever hears nothing asks again under the same key, at either process. In the end minutes sum to zero, no account is overdrawn,
balances are what entries say, and each request was answered once, whatever answered.
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
from gridwhistle.standalone.nats import Nats
from gridwhistle.standalone.postgres import Postgres
from gridwhistle.timebank.app import TIMEBANK
from gridwhistle.timebank.checking import _FIRST, _LOOK
from tests.faults.process import Server

pytestmark = pytest.mark.anyio
AREA: Final = "990304001001"
CLIENTS: Final = 64
WAYS: Final = (
    ("import", 4, 0),
    ("transfer", 0, 1),
    ("transfer", 1, 0),
    ("transfer", 0, 2),
    ("transfer", 2, 1),
    ("donate", 1, 3),
    ("donate", 2, 3),
)
STORMY: Final = ("kills", "cuts", "201", "409")
"""What belongs to a storm: faults of both kinds, and answers of both."""
KINDS: Final = ("personal_available", "personal_available", "personal_available", "pool", "clearing")


@dataclass
class Storm:
    """What rages, and what was heard of it."""

    servers: list[Server]
    token: str
    accounts: list[str]
    url: str
    lot: random.Random
    answers: dict[str, set[bytes]] = field(default_factory=dict)
    heard: Counter[str] = field(default_factory=Counter)
    posted: list[tuple[str, int]] = field(default_factory=list)
    over: bool = False

    async def rage(self, seconds: float) -> None:
        """Let clients ask until the time is up, and faults come meanwhile."""
        limits = httpx2.Limits(max_connections=None)
        async with httpx2.AsyncClient(timeout=20, limits=limits, headers={"Authorization": f"Bearer {self.token}"}) as client:
            clients = [asyncio.create_task(self._ask(client)) for _ in range(CLIENTS)]
            faults = asyncio.create_task(self._faults())
            await asyncio.sleep(seconds)
            async with asyncio.timeout(60):  # a busy machine has its storms later
                while not all(self.heard[what] for what in STORMY):
                    await asyncio.sleep(0.1)
            self.over = True
            await asyncio.gather(*clients, faults)

    async def _ask(self, client: httpx2.AsyncClient) -> None:
        while not self.over:
            key = str(uuid.uuid4())
            many = self.lot.random() < 0.3
            moves = [self._move() for _ in range(self.lot.randint(2, 8) if many else 1)]
            path, content = ("/batch", {"postings": moves}) if many else ("", moves[0])
            twins = self.lot.choice((1, 2))
            answers = await asyncio.gather(*(self._until_answered(client, path, content, key) for _ in range(twins)))
            self.answers[key] = {answer.content for answer in answers}
            first = answers[0]
            self.heard[str(first.status_code)] += 1
            if first.is_success:
                content = first.json()
                ids = [one["posting_id"] for one in content.get("results", ()) if one["result"] == "posted"]
                sizes = [
                    move["minutes"] for move, one in zip(moves, content.get("results", ()), strict=False) if one["posting_id"]
                ]
                self.posted += zip(ids, sizes, strict=True) if many else [(content["id"], moves[0]["minutes"])]

    def _move(self) -> dict[str, Any]:
        kind, a, b = self.lot.choice(WAYS)
        sides = {"from_account_id": self.accounts[a], "to_account_id": self.accounts[b]}
        return {"type": kind, **sides, "minutes": self.lot.randint(1, 90)}

    async def _until_answered(self, client: httpx2.AsyncClient, path: str, content: Any, key: str) -> httpx2.Response:
        while True:
            with suppress(httpx2.TransportError):
                server = self.lot.choice(self.servers)
                url = f"{server.base_url.removesuffix('/toolshed/v1')}/timebank/v1/postings{path}"
                answer = await client.post(url, json=content, headers={"Idempotency-Key": key})
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
        wrong: dict[str, Any] = {}
        if total := await connection.fetchval("SELECT sum(balance_minutes) FROM account"):
            wrong["minutes sum to zero"] = total
        if await connection.fetchval("SELECT count(*) FROM account WHERE balance_minutes < 0 AND kind <> 'clearing'"):
            wrong["nothing is overdrawn"] = True
        if doubted := [row["id"] for row in await connection.fetch(_LOOK, _FIRST, None, 100) if row["is_wrong"]]:
            wrong["balances are what entries say"] = doubted
        there = {(str(row["id"]), row["minutes"]) for row in await connection.fetch("SELECT id, minutes FROM posting")}
        if there != set(self.posted) or len(there) != len(self.posted):
            wrong["what was answered is there, once, and nothing else"] = (len(there), len(self.posted))
        if differing := [key for key, answers in self.answers.items() if len(answers) > 1]:
            wrong["one key, one answer"] = differing[:3]
        told = await connection.fetchval(
            "SELECT sum((line->>'postings')::int) FROM outbox, json_array_elements(envelope->'data'->'lines') AS line"
            " WHERE envelope->>'type' = 'gw.timebank.ledger.posted.v1'"
        )
        if told != len(there):
            wrong["what was posted was told"] = (told, len(there))
        await connection.close()
        if failures := [line for server in self.servers for line in server.failures()]:
            wrong["servers make no errors of ours"] = failures[:5]
        return wrong


@asynccontextmanager
async def brewing(postgres: Postgres, nats_server: Nats, folder: Path) -> AsyncIterator[Storm]:
    """Set two processes up on a database with five accounts."""
    issuer, name = Issuer.fresh(), f"storm_{uuid.uuid4().hex[:8]}"
    make_keys(folder / "keys")
    (folder / "jwks.json").write_text(issuer.jwks())
    await postgres.ensure_database(name)
    await migrations.upgrade(TIMEBANK, postgres.url(name))
    connection = await asyncpg.connect(postgres.url(name))
    accounts = []
    for kind in KINDS:
        accounts.append(uuid.uuid4())
        await connection.execute(
            "INSERT INTO account (id, version, area_code, kind, owner_id, state, balance_minutes, locked_minutes, opened_at)"
            " VALUES ($1, 1, $2, $3, $4, 'open', 0, 0, now())",
            accounts[-1],
            AREA,
            kind,
            uuid.uuid4() if kind == "personal_available" else None,
        )
    await connection.close()
    seed = random.randrange(10**9)
    print(f"seed {seed}")  # noqa: T201  whoever looks for a failure needs it
    service = "gridwhistle.timebank.app:TIMEBANK"
    async with AsyncExitStack() as stack:
        servers = [Server(f"timebank-{number}", postgres.url(name), nats_server.url, folder, service) for number in range(2)]
        for server in servers:
            stack.push_async_callback(server.stop)
        await asyncio.gather(*(server.start() for server in servers))
        token = issuer.token("storm", ["integrator"], [AREA[:6]], scope="ledger:post")
        yield Storm(servers, token, list(map(str, accounts)), postgres.url(name), random.Random(seed))


@pytest.mark.parametrize("seconds", [pytest.param(5, id="short"), pytest.param(90, id="long", marks=pytest.mark.long)])
async def test_in_a_storm_on_five_accounts_each_request_happens_once(
    seconds: float, postgres: Postgres, nats_server: Nats, tmp_path: Path
) -> None:
    async with brewing(postgres, nats_server, tmp_path) as storm:
        await storm.rage(seconds)
        print(dict(storm.heard), len(storm.posted))  # noqa: T201  how much of a storm it was

        assert await storm.verdict() == {}
