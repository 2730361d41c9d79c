"""Each service as a process of its own, `python -m gridwhistle.personnel`: how it starts, and how it leaves under load."""

import asyncio
import os
import signal
import sys
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import asyncpg
import httpx2
import orjson
import pytest
from nats.aio.client import Client

from gridwhistle.common import migrations
from gridwhistle.common.issuer import ISSUER, Issuer
from gridwhistle.common.sealing import make_keys
from gridwhistle.standalone.children import free_port
from gridwhistle.standalone.nats import Nats
from gridwhistle.standalone.postgres import Postgres
from gridwhistle.standalone.services import KINDS
from tests.conftest import Loop

pytestmark = pytest.mark.anyio


@dataclass
class Alone:
    """A service in a process of its own."""

    name: str
    environment: dict[str, str]
    log: Path
    port: int = field(default_factory=free_port)
    process: asyncio.subprocess.Process = field(init=False)

    @property
    def base_url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    async def run(self, *words: str) -> asyncio.subprocess.Process:
        """Start the program."""
        environment = {**os.environ, **self.environment, "GW_PORT": str(self.port)}
        with self.log.open("ab") as output:
            return await asyncio.create_subprocess_exec(
                sys.executable, "-m", f"gridwhistle.{self.name}", *words, env=environment, stdout=output, stderr=output
            )

    async def start(self) -> None:
        """Serve, and wait until it is ready with NATS."""
        self.process = await self.run()
        async with httpx2.AsyncClient(base_url=self.base_url) as client, asyncio.timeout(30):
            while True:
                try:
                    if (await client.get("/readyz")).json()["status"] == "ready":
                        return
                except httpx2.TransportError:
                    assert self.process.returncode is None, self.log.read_text()
                await asyncio.sleep(0.05)

    async def stop(self) -> None:
        """End it, if it runs."""
        if "process" in self.__dict__ and self.process.returncode is None:
            self.process.terminate()
            await self.process.wait()

    def lines(self) -> list[dict[str, Any]]:
        """Return its log."""
        return [orjson.loads(line) for line in self.log.read_text().splitlines()]


@dataclass
class Town:
    """Where services run alone: one PostgreSQL, one NATS of its own, one issuer."""

    folder: Path
    postgres: Postgres
    nats: Nats
    issuer: Issuer
    background: Loop

    @asynccontextmanager
    async def service(self, name: str, **environment: str) -> AsyncIterator[Alone]:
        kind = next(kind for kind in KINDS if kind.name == name)
        database = f"{self.folder.name}_{name}"  # of this town, whose keys seal it
        self.background.run(self.postgres.ensure_database(database))
        self.background.run(migrations.upgrade(kind, self.postgres.url(database)))
        settings = {
            "GW_DATABASE_URL": self.postgres.url(database),
            "GW_NATS_URL": self.nats.url,
            "GW_NATS_MONITORING_URL": self.nats.monitoring_url,
            "GW_KEYS_FILE": str(self.folder / "keys"),
            "GW_ATTACHMENTS_DIR": str(self.folder / "attachments"),
            "GW_ISSUER": ISSUER,
            "GW_JWKS_FILE": str(self.folder / "jwks.json"),
            "GW_DEVELOPMENT": "true",
            **environment,
        }
        alone = Alone(name, settings, self.folder / f"{name}.log")
        try:
            await alone.start()
            yield alone
        finally:
            await alone.stop()


@pytest.fixture(scope="module")
def town(
    background: Loop, postgres: Postgres, tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest
) -> Town:
    folder = tmp_path_factory.mktemp("alone")
    nats = background.run(Nats.start(folder))
    request.addfinalizer(lambda: background.run(nats.child.stop()))  # noqa: PT021  what is started last is known only here
    make_keys(folder / "keys")
    issuer = Issuer.fresh()
    (folder / "jwks.json").write_text(issuer.jwks())
    return Town(folder, postgres, nats, issuer, background)


@dataclass
class Load:
    """Clients that make organisations as fast as they can, until nobody takes them in."""

    base_url: str
    token: str
    answers: Counter[str] = field(default_factory=Counter)
    accepted: set[str] = field(default_factory=set)

    async def client(self, name: str) -> None:
        headers = {"Authorization": f"Bearer {self.token}"}
        async with httpx2.AsyncClient(base_url=self.base_url, headers=headers, trust_env=False) as client:
            county = {"area_code": "990101000000", "level": "county", "name": "示例县"}
            await client.post("/personnel/v1/areas", json=county)  # the first one adds it
            for number in range(100_000):
                org = f"990101-{name}-{number}"
                content = {"org": org, "area_code": "990101000000", "name": "局", "kind": "department"}
                try:
                    answer = await client.post("/personnel/v1/organisations", json=content)
                except httpx2.ConnectError:
                    return
                except httpx2.TransportError as error:
                    self.answers[type(error).__name__] += 1
                    return
                self.answers[str(answer.status_code)] += 1
                if answer.status_code == 201:
                    self.accepted.add(org)


async def until(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(30):
        while not holds():
            await asyncio.sleep(0.02)


@pytest.mark.parametrize("told", [signal.SIGTERM, signal.SIGINT])
async def test_whoever_was_taken_in_is_answered_when_a_service_leaves(town: Town, told: signal.Signals) -> None:
    admin = town.issuer.token("admin", ["county_admin"], ["990101"])
    async with town.service("personnel", GW_NOTICE_S="2") as personnel, town.service("incidents") as incidents:
        load = Load(personnel.base_url, admin)
        clients = [asyncio.create_task(load.client(f"{told.name.lower()}-{number}")) for number in range(8)]
        await until(lambda: len(load.accepted) > 200)

        personnel.process.send_signal(told)
        async with httpx2.AsyncClient(base_url=personnel.base_url) as client:
            await until(lambda: "is told to stop" in personnel.log.read_text())
            seen = (await client.get("/readyz")).json()["services"]["personnel"]["status"]
        await asyncio.gather(*clients)
        code = await personnel.process.wait()
        await incidents.stop()

    assert code == 0
    assert seen == "stopping"
    assert load.answers.keys() == {"201"}
    there, waiting = await _in_the_database(town, f"{town.folder.name}_personnel")
    assert load.accepted <= there
    assert waiting == 0, "the relay publishes what waits before it goes"
    assert await _unacknowledged(town) == 0, "a consumer acknowledges what it fetched before it goes"
    assert not [line for line in personnel.lines() if line["level"] in {"error", "critical"}]


async def _in_the_database(town: Town, name: str) -> tuple[set[str], int]:
    connection = await asyncpg.connect(town.postgres.url(name))
    try:
        there = {row[0] for row in await connection.fetch("SELECT org FROM organisation")}
        return there, await connection.fetchval("SELECT count(*) FROM waiting")
    finally:
        await connection.close()


async def _unacknowledged(town: Town) -> int:
    nats = Client()
    await nats.connect(town.nats.url)
    try:
        info = await nats.jetstream().consumer_info("GW_PERSONNEL", "incidents")
        return info.num_ack_pending or 0
    finally:
        await nats.close()


async def test_a_log_is_json_with_one_line_a_request_if_asked(town: Town) -> None:
    async with town.service("personnel", GW_ACCESS_LOG="true") as personnel:
        async with httpx2.AsyncClient(base_url=personnel.base_url) as client:
            await client.get("/personnel/v1/workers", headers={"X-Request-Id": "01900000-0000-7000-8000-000000000007"})
        await personnel.stop()

    (line,) = [line for line in personnel.lines() if line["logger"] == "gridwhistle.access"]
    assert line["service"] == "personnel"
    assert line["request_id"] == "01900000-0000-7000-8000-000000000007"
    assert {"method": "GET", "route": "/personnel/v1/workers", "status": 401}.items() <= line.items()


async def test_a_service_brings_its_own_database_up_to_date(town: Town) -> None:
    async with town.service("personnel") as personnel:
        town.background.run(town.postgres.ensure_database("alone_new"))
        other = {"GW_DATABASE_URL": town.postgres.url("alone_new")}
        fresh = Alone("personnel", {**personnel.environment, **other}, town.folder / "fresh.log")

        before = await (await fresh.run()).wait()
        migrated = await (await fresh.run("migrate")).wait()

    assert (before, migrated) == (1, 0)
    assert "python -m gridwhistle.personnel migrate" in fresh.log.read_text()
    there, _ = await _in_the_database(town, "alone_new")
    assert there == set()


async def test_a_setting_that_is_missing_is_said_in_a_sentence(town: Town, tmp_path: Path) -> None:
    alone = Alone("personnel", {"GW_NATS_URL": town.nats.url, "GW_SECRETS_DIR": str(tmp_path)}, tmp_path / "log")

    code = await (await alone.run()).wait()

    told = alone.log.read_text()
    assert code == 1
    assert "GW_DATABASE_URL is not set." in told
    assert "未设置 GW_DATABASE_URL。" in told
    assert "Traceback" not in told
