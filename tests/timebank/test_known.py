"""What is known of accounts is read once, many at a time, and forgotten without being missed."""

import asyncio
import uuid
from collections.abc import AsyncIterator
from typing import Any

import pytest

from gridwhistle.common import migrations
from gridwhistle.common.database import Db
from gridwhistle.standalone.postgres import Postgres
from gridwhistle.timebank import ledger
from gridwhistle.timebank.app import TIMEBANK
from gridwhistle.timebank.ledger import account_of, facts_of
from tests.conftest import Loop
from tests.timebank.station import Station, a_station

pytestmark = pytest.mark.anyio


@pytest.fixture(scope="module")
def database_url(background: Loop, postgres: Postgres) -> str:
    background.run(postgres.ensure_database("known"))
    background.run(migrations.upgrade(TIMEBANK, postgres.url("known")))
    return postgres.url("known")


@pytest.fixture
async def station(database_url: str) -> AsyncIterator[Station]:
    async with a_station(database_url) as station:
        yield station


async def some_accounts(station: Station, count: int) -> list[uuid.UUID]:
    people = [uuid.UUID((await station.register()).id) for _ in range(count)]
    return [(await station.do(lambda db, who=who: account_of(db, who, "personal_available"))).id for who in people]  # type: ignore[misc]


async def test_what_is_forgotten_while_it_is_asked_for_is_there(station: Station, monkeypatch: pytest.MonkeyPatch) -> None:
    first, *others, last = await some_accounts(station, 4)
    monkeypatch.setattr(ledger, "_KNOWN_MAX", 2)
    for one in (first, *others):
        await station.do(lambda db, one=one: facts_of(db, [one]))  # type: ignore[misc]

    found = await station.do(lambda db: facts_of(db, [first, last]))

    assert found.keys() == {first, last}


async def test_those_who_ask_at_once_ask_together(station: Station, monkeypatch: pytest.MonkeyPatch) -> None:
    accounts, asked = await some_accounts(station, 8), []
    run = station.processes[0].run

    async def counted(pool: Any, sql: str, *args: Any) -> Any:
        asked.append(sql)
        return await run(pool, sql, *args)

    monkeypatch.setattr(station.processes[0], "run", counted)
    db = Db(station.processes[0], scope="test", key=None, request_id="r-1")

    found = await asyncio.gather(*(facts_of(db, [one]) for one in accounts))

    assert [{*one} for one in found] == [{one} for one in accounts]
    assert len(asked) == 2  # one, and meanwhile all the others


async def test_a_question_that_failed_is_asked_again(station: Station, monkeypatch: pytest.MonkeyPatch) -> None:
    accounts = await some_accounts(station, 3)
    run, fails = station.processes[0].run, iter([True])

    async def failing(pool: Any, sql: str, *args: Any) -> Any:
        if next(fails, False):
            raise ConnectionError
        return await run(pool, sql, *args)

    monkeypatch.setattr(station.processes[0], "run", failing)
    db = Db(station.processes[0], scope="test", key=None, request_id="r-1")

    found = await asyncio.gather(*(facts_of(db, [one]) for one in accounts), return_exceptions=True)

    assert [isinstance(one, ConnectionError) for one in found] == [True, False, False]
    assert [{*one} for one in found[1:]] == [{one} for one in accounts[1:]]  # type: ignore[misc]
