"""Whether a service can serve, and how it says so."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx2
import pytest

from gridwhistle.common.issuer import ISSUER, Issuer
from gridwhistle.common.sealing import make_keys
from gridwhistle.common.settings import Settings
from gridwhistle.standalone import nats as standalone_nats
from gridwhistle.standalone.children import free_port
from gridwhistle.standalone.nats import Nats
from tests.conftest import RunningSuite
from tests.toolshed import TOOLSHED

pytestmark = pytest.mark.anyio
MAY_NOT = """\
authorization {{
  users: [{{ user: shed, password: x7, permissions: {{ publish: {{ deny: "$JS.API.STREAM.>" }} }} }}]
}}
"""


@asynccontextmanager
async def serving(url: str, folder: Path, nats_url: str, **how: Any) -> AsyncIterator[httpx2.AsyncClient]:
    """Run the toolshed and return a client of it."""
    make_keys(folder / "keys")
    (folder / "jwks.json").write_text(Issuer.fresh().jwks())
    files = {"keys_file": folder / "keys", "jwks_file": folder / "jwks.json"}
    app = TOOLSHED.app(Settings(database_url=url, nats_url=nats_url, issuer=ISSUER, development=True, **files, **how))
    async with (
        app.router.lifespan_context(app),
        httpx2.AsyncClient(transport=httpx2.ASGITransport(app), base_url="http://toolshed") as client,
    ):
        yield client


async def told(client: httpx2.AsyncClient, status: str) -> dict[str, Any]:
    """Wait until the service fares so, and return what it says."""
    async with asyncio.timeout(30):
        while True:
            answer = await client.get("/readyz")
            content: dict[str, Any] = answer.json()
            if content["status"] == status:
                assert answer.status_code == (200 if status in {"ready", "degraded"} else 503)
                return content
            await asyncio.sleep(0.05)


async def test_a_service_is_ready_when_everything_is_there(url: str, nats_server: Nats, tmp_path: Path) -> None:
    async with serving(url, tmp_path, nats_server.url) as client:
        fares = await told(client, "ready")

    parts = fares["services"]["toolshed"]["parts"]
    assert {name: parts[name] for name in ("database", "nats", "relay", "consumers")} == {
        "database": "here",
        "nats": "here",
        "relay": "runs",
        "consumers": "runs",
    }


async def test_without_nats_a_service_serves_and_says_that_events_wait(url: str, tmp_path: Path) -> None:
    async with serving(url, tmp_path, f"nats://127.0.0.1:{free_port()}") as client:
        fares = await told(client, "degraded")

    assert fares["services"]["toolshed"]["parts"]["nats"] == "away"


async def test_a_permission_that_nats_refuses_makes_a_service_not_ready(
    url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(standalone_nats, "_CONFIGURATION", standalone_nats._CONFIGURATION + MAY_NOT)
    guarded = await Nats.start(tmp_path)
    try:
        async with serving(url, tmp_path, f"nats://shed:x7@127.0.0.1:{guarded.port}", drain_s=1) as client:
            fares = await told(client, "not_ready")
    finally:
        await guarded.child.stop()

    assert fares["services"]["toolshed"]["parts"]["nats"] == "refuses us or a permission"


async def test_a_nats_that_does_not_take_us_in_makes_a_service_not_ready(
    url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(standalone_nats, "_CONFIGURATION", standalone_nats._CONFIGURATION + MAY_NOT)
    guarded = await Nats.start(tmp_path)
    try:
        async with serving(url, tmp_path, f"nats://shed:wrong@127.0.0.1:{guarded.port}", drain_s=1) as client:
            fares = await told(client, "not_ready")
    finally:
        await guarded.child.stop()

    assert fares["services"]["toolshed"]["parts"]["nats"] == "refuses us or a permission"


@pytest.mark.parametrize("part", ["relay", "consumers"])
async def test_a_part_that_has_stopped_makes_a_service_not_ready(
    url: str, nats_server: Nats, tmp_path: Path, part: str
) -> None:
    async with serving(url, tmp_path, nats_server.url) as client:
        await told(client, "ready")
        app: Any = client._transport.app  # type: ignore[attr-defined]
        loop = app.state.service.state.loops[part]
        while not loop.done():
            loop.cancel()  # what waits for another server may take a cancellation for its answer
            await asyncio.wait([loop], timeout=0.5)
        fares = await told(client, "not_ready")

    assert fares["services"]["toolshed"]["parts"][part] == "stopped"


async def test_a_number_that_takes_too_long_is_left_out(
    url: str, nats_server: Nats, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    slow = [("gw_dead_letters", "Slow.", "SELECT pg_sleep(60)"), ("gw_events_parked", "Quick.", "SELECT 7")]
    monkeypatch.setattr("gridwhistle.common.health.QUERIES", slow)
    monkeypatch.setattr("gridwhistle.common.health._PATIENCE_S", 0.1, raising=False)
    async with serving(url, tmp_path, nats_server.url) as client:
        answer = await client.get("/metrics")

    assert answer.status_code == 200
    assert 'gw_events_parked{service="toolshed"} 7.0' in answer.text
    assert "gw_dead_letters{" not in answer.text


@pytest.mark.parametrize("path", ["/readyz", "/version"])
async def test_the_root_tells_of_each_service_what_it_tells_itself(suite: RunningSuite, path: str) -> None:
    services = suite.client.get(path).json()["services"]

    assert services.keys() == {"incidents", "inventory", "mediation", "personnel", "timebank"}
    assert services["incidents"].keys() == ({"status", "parts"} if path == "/readyz" else {"version", "migrations"})
