"""The toolshed's database, once for all tests of faults, as one and as another process have it."""

from collections.abc import AsyncIterator
from typing import Any

import asyncpg
import pytest

from gridwhistle.common.database import Database
from gridwhistle.standalone.postgres import Postgres
from tests import toolshed
from tests.conftest import Loop


@pytest.fixture(scope="session")
def url(background: Loop, postgres: Postgres) -> str:
    background.run(postgres.ensure_database("faults"))
    background.run(toolshed.make_tables(postgres.url("faults")))
    return postgres.url("faults")


@pytest.fixture
async def database(url: str) -> AsyncIterator[Database]:
    async with toolshed.opened(url).connected() as database:
        yield database


@pytest.fixture
async def elsewhere(url: str) -> AsyncIterator[Database]:
    """Return the database as another process has it."""
    async with toolshed.opened(url).connected() as database:
        yield database


@pytest.fixture
async def truth(url: str) -> "AsyncIterator[asyncpg.Connection[Any]]":
    connection = await asyncpg.connect(url)
    yield connection
    await connection.close()
