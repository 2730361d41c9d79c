"""Commands that say when they happened: who may, how far it goes, and what it belongs to."""

from collections.abc import AsyncIterator
from typing import Any

import asyncpg
import httpx2
import pytest
from nats.aio.client import Client

from gridwhistle.common.application import App
from gridwhistle.common.database import Database
from gridwhistle.common.issuer import ISSUER, Issuer
from gridwhistle.common.running import Running
from gridwhistle.common.tokens import Tokens
from tests import toolshed

pytestmark = pytest.mark.anyio
MONDAY, TUESDAY, TO_COME = "2026-03-09T10:00:00+08:00", "2026-03-10T10:00:00+08:00", "2126-03-09T10:00:00+08:00"
ISSUES = Issuer.fresh()
TOOLS = "/toolshed/v1/tools"


def a_client(database: Database, *, development: bool = False, scope: str = "history:import") -> httpx2.AsyncClient:
    app = App([toolshed.router])
    app.state.service = Running(database, Tokens(ISSUER, jwks=ISSUES.jwks()), Client(), "toolshed", development)
    token = ISSUES.token("importer", ["town_acceptor"], ["990101"], scope=scope)
    headers = {"Authorization": f"Bearer {token}", "Accept-Language": "en"}
    return httpx2.AsyncClient(transport=httpx2.ASGITransport(app), base_url="http://shed", headers=headers)


@pytest.fixture
async def importer(database: Database) -> AsyncIterator[httpx2.AsyncClient]:
    """Return an application that brings in the past."""
    async with a_client(database) as client:
        yield client


async def test_an_import_says_when_it_happened_and_starts_no_clock(
    importer: httpx2.AsyncClient, truth: "asyncpg.Connection[Any]"
) -> None:
    tool = (await importer.post(TOOLS, json={}, headers={"As-Of": MONDAY})).json()["id"]

    lent = await importer.post(f"{TOOLS}/{tool}/lend", headers={"As-Of": TUESDAY})

    steps = await truth.fetch("SELECT at FROM history WHERE thing_id = $1 ORDER BY id", tool)
    assert lent.status_code == 200
    assert [f"{row['at']:%m-%d %H:%M}" for row in steps] == ["03-09 02:00", "03-10 02:00"]
    assert not await truth.fetchval("SELECT count(*) FROM clock WHERE owner_id = $1", tool)


@pytest.mark.parametrize(
    ("development", "scope", "as_of", "answer"),
    [
        pytest.param(False, "", MONDAY, (403, "not_in_the_past"), id="who may not bring in the past"),
        pytest.param(False, "history:import", TO_COME, (400, "bad_header"), id="what is still to come"),
        pytest.param(False, "history:import", "yesterday", (400, "bad_header"), id="what is no moment"),
        pytest.param(False, "history:import", "2026-03-09T10:00:00", (400, "bad_header"), id="a moment without its offset"),
        pytest.param(False, "history:import", "1926-03-09T10:00:00+08:00", (400, "bad_header"), id="before there was anything"),
        pytest.param(True, "", MONDAY, (201, None), id="anybody in development"),
        pytest.param(True, "", TO_COME, (201, None), id="what is to come, in development"),
    ],
)
async def test_who_may_say_when_and_how_far_it_goes(
    database: Database, development: bool, scope: str, as_of: str, answer: tuple[int, str | None]
) -> None:
    async with a_client(database, development=development, scope=scope) as client:
        said = await client.post(TOOLS, json={}, headers={"As-Of": as_of})

    assert (said.status_code, said.json().get("code")) == answer


async def test_the_moment_belongs_to_what_a_key_stands_for(importer: httpx2.AsyncClient) -> None:
    first = await importer.post(TOOLS, json={}, headers={"As-Of": MONDAY, "Idempotency-Key": "as-of-1"})

    same = await importer.post(TOOLS, json={}, headers={"As-Of": MONDAY, "Idempotency-Key": "as-of-1"})
    other = await importer.post(TOOLS, json={}, headers={"As-Of": TUESDAY, "Idempotency-Key": "as-of-1"})

    assert same.json() == first.json()
    assert (other.status_code, other.json()["code"]) == (422, "idempotency_key_reused")
