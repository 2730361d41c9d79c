"""Real PostgreSQL, real NATS and a running suite for tests, started once, on ports that the system chooses."""

import asyncio
import threading
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import asyncpg
import httpx2
import pytest

from gridwhistle.common.database import Database
from gridwhistle.common.issuer import Issuer
from gridwhistle.common.principal import APART, GRANTS, PERMISSIONS, ROLES
from gridwhistle.standalone.demo import words
from gridwhistle.standalone.demo.county import County
from gridwhistle.standalone.demo.load import Loader
from gridwhistle.standalone.nats import Nats
from gridwhistle.standalone.postgres import Postgres
from gridwhistle.standalone.suite import running
from tests import toolshed


@pytest.fixture
def anyio_backend() -> str:
    """Run async tests on asyncio."""
    return "asyncio"


@dataclass
class Loop:
    """An event loop in a thread of its own, for what outlives a test."""

    loop: asyncio.AbstractEventLoop = field(default_factory=asyncio.new_event_loop)

    def __post_init__(self) -> None:
        self._thread = threading.Thread(target=self.loop.run_forever, daemon=True)
        self._thread.start()

    def run(self, work: Any, timeout_s: float = 60) -> Any:
        """Run a coroutine there and return its result."""
        running = asyncio.run_coroutine_threadsafe(work, self.loop)
        try:
            return running.result(timeout_s)
        except BaseException:
            running.cancel()  # so that what took too long stops the programs that it started
            raise

    def end(self) -> None:
        """Stop the loop and its thread."""
        self.loop.call_soon_threadsafe(self.loop.stop)
        self._thread.join(10)
        self.loop.close()


@pytest.fixture(scope="session")
def background() -> Iterator[Loop]:
    """Return the loop in which servers and the suite live."""
    loop = Loop()
    yield loop
    loop.end()


@pytest.fixture(scope="session")
def postgres(background: Loop, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Postgres]:
    """Return a PostgreSQL of the tests' own."""
    server = background.run(Postgres.start(tmp_path_factory.mktemp("postgres")))
    yield server
    background.run(server.child.stop())


@pytest.fixture(scope="session")
def nats_server(background: Loop, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Nats]:
    """Return a NATS server of the tests' own."""
    server = background.run(Nats.start(tmp_path_factory.mktemp("nats")))
    yield server
    background.run(server.child.stop())


@dataclass
class Person:
    """Somebody who calls the suite over HTTP."""

    client: httpx2.Client
    token: str

    def get(self, path: str, **headers: str) -> httpx2.Response:
        """Read."""
        return self.client.get(path, headers=self._headers(headers))

    def post(self, path: str, content: Mapping[str, Any] | None = None, **headers: str) -> httpx2.Response:
        """Do something; `Idempotency_Key="k"` sends the header of that name."""
        return self.client.post(path, json=content, headers=self._headers(headers))

    def send(self, path: str, content: bytes, media_type: str) -> httpx2.Response:
        """Send a file."""
        return self.client.post(path, content=content, headers=self._headers({"Content-Type": media_type}))

    def patch(self, path: str, content: Mapping[str, Any], **headers: str) -> httpx2.Response:
        """Change something."""
        return self.client.patch(path, json=content, headers=self._headers(headers))

    def _headers(self, headers: Mapping[str, str]) -> dict[str, str]:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return {"Authorization": f"Bearer {self.token}", "Accept-Language": "en", **named}


@dataclass
class RunningSuite:
    """The suite with its demo county, as its users meet it."""

    base_url: str
    issuer: Issuer
    tokens: dict[str, str]
    client: httpx2.Client
    postgres: Postgres
    nats: Nats
    folder: Path

    def person(self, role: str) -> Person:
        """Return the holder of a demo token."""
        return Person(self.client, self.tokens[role])

    def everybody(self, permission: str = "operations:write", *areas: str) -> str:
        """Return the token of one caller who may do as much as one person may, and this in any case; in the demo county."""
        others = set(APART) - {permission if permission in APART else "operations:write"}
        roles = [role for role in ROLES if role != "auto" and not others & GRANTS[role]]
        scope = " ".join(sorted(PERMISSIONS - others))
        return self.issuer.token("everybody", roles, areas or [words.COUNTY], org=words.WATER, scope=scope)

    def somebody(self, role: str, *area: str, subject: str = "somebody", **claims: Any) -> Person:
        """Return the holder of a token of one's own making."""
        return Person(self.client, self.issuer.token(subject, [role], area, **claims))


async def _show_tasks() -> None:
    """Print where every task waits, through all that it awaits."""
    for task in asyncio.all_tasks():
        print(task.get_name())  # noqa: T201  whoever looks for a suite that does not stop needs it
        waits: Any = task.get_coro()
        while waits is not None:
            frame = getattr(waits, "cr_frame", None) or getattr(waits, "ag_frame", None)
            print("   ", f"{frame.f_code.co_filename}:{frame.f_lineno}" if frame else waits)  # noqa: T201  as above
            waits = getattr(waits, "cr_await", None) or getattr(waits, "ag_await", None)


@contextmanager
def a_suite(background: Loop, folder: Path) -> Iterator[RunningSuite]:
    """Run a whole suite with the demo county."""
    ready, done = threading.Event(), asyncio.Event()
    kept: dict[str, Any] = {}

    async def live() -> None:
        try:
            async with running(folder) as suite, Loader.of(suite.base_url, suite.issuer, County()) as loader:
                suite.tokens.update(await loader.settle())
                kept.update(suite=suite, tokens=suite.tokens)
                ready.set()
                await done.wait()
        finally:
            ready.set()

    living = asyncio.run_coroutine_threadsafe(live(), background.loop)
    ready.wait(240)  # a busy machine takes its time
    if "suite" not in kept:
        living.result(1)
    with httpx2.Client(base_url=kept["suite"].base_url, timeout=30) as client:
        yield RunningSuite(
            kept["suite"].base_url,
            kept["suite"].issuer,
            kept["tokens"],
            client,
            kept["suite"].postgres,
            kept["suite"].nats,
            kept["suite"].folder,
        )
    background.loop.call_soon_threadsafe(done.set)
    try:
        living.result(30)
    except TimeoutError:
        background.run(_show_tasks(), 10)
        raise


@pytest.fixture(scope="session")
def suite(background: Loop, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningSuite]:
    """Run the whole suite with the demo county, once for all tests."""
    with a_suite(background, tmp_path_factory.mktemp("suite")) as suite:
        yield suite


@pytest.fixture(scope="session")
def punchbag(background: Loop, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningSuite]:
    """Run another suite, for tests that leave it in disorder."""
    with a_suite(background, tmp_path_factory.mktemp("punchbag")) as suite:
        yield suite


@pytest.fixture(scope="module")
def url(background: Loop, postgres: Postgres, request: pytest.FixtureRequest) -> str:
    """Return the toolshed's database, one for each module of tests."""
    name = str(request.module.__name__).rpartition(".")[2]
    background.run(postgres.ensure_database(name))
    background.run(toolshed.make_tables(postgres.url(name)))
    return postgres.url(name)


@pytest.fixture
async def database(url: str) -> AsyncIterator[Database]:
    """Return the toolshed's database as one process has it."""
    async with toolshed.opened(url).connected() as database:
        yield database


@pytest.fixture
async def elsewhere(url: str) -> AsyncIterator[Database]:
    """Return it as another process has it."""
    async with toolshed.opened(url).connected() as database:
        yield database


@pytest.fixture
async def truth(url: str) -> "AsyncIterator[asyncpg.Connection[Any]]":
    """Return a connection that sees what is there."""
    connection = await asyncpg.connect(url)
    yield connection
    await connection.close()


@pytest.fixture
def eventually() -> Callable[[Callable[[], bool]], None]:
    """Return a wait for what comes with an event: looking often, and long enough for a machine with other work."""

    def wait(holds: Callable[[], bool]) -> None:
        import time  # noqa: PLC0415

        end = time.monotonic() + 30
        while not holds():
            assert time.monotonic() < end, "it did not come within thirty seconds"
            time.sleep(0.02)

    return wait
