"""The revoked set, as each process has it."""

import asyncio
from typing import Any

import asyncpg
import pytest
from nats.aio.client import Client

from gridwhistle.common.database import Database
from gridwhistle.common.issuer import ISSUER, Issuer
from gridwhistle.common.problems import Busy
from gridwhistle.common.revoked import TokenRevoked, watch_revoked
from gridwhistle.common.running import Running
from gridwhistle.common.tokens import Tokens

pytestmark = pytest.mark.anyio
ISSUED_BY = Issuer.fresh()
TOKEN = f"Bearer {ISSUED_BY.token('worker-7', ['grid_worker'], ['990101001001001'])}"
REVOKE = (
    "INSERT INTO revoked (id, event_no, subject_id, since, area_code)"
    " VALUES (gen_random_uuid(), 1, $1, clock_timestamp() + interval '2 s', $2)"
)


def tokens(database: Database) -> Tokens:
    return Tokens(ISSUER, jwks=ISSUED_BY.jwks(), revoked=database.revoked)


async def test_before_the_set_is_read_nobody_is_let_in(database: Database) -> None:
    with pytest.raises(Busy):
        await tokens(database).principal(TOKEN)


async def test_another_process_sees_it_and_forgets_what_it_remembered(
    database: Database, truth: "asyncpg.Connection[Any]"
) -> None:
    known = tokens(database)
    watching = asyncio.create_task(watch_revoked(Running(database, known, Client(), "toolshed")))
    await database.revoked.look(database)
    assert (await known.principal(TOKEN)).id == "worker-7"

    await truth.execute(REVOKE, "worker-7", "990101000000")

    async with asyncio.timeout(30):
        while not await refused(known):
            await asyncio.sleep(0.02)
    watching.cancel()
    await asyncio.wait([watching])


async def test_it_is_seen_by_whatever_code_a_token_calls_the_area(database: Database, truth: "asyncpg.Connection[Any]") -> None:
    known, token = tokens(database), f"Bearer {ISSUED_BY.token('worker-8', ['grid_worker'], ['990103001'])}"
    await truth.execute(REVOKE, "worker-8", "990103002000")
    await database.revoked.look(database)
    before = await refused(known, token)

    await truth.execute("INSERT INTO moved_area VALUES (gen_random_uuid(), 1, '990103001000', '990103002000')")
    await database.revoked.look(database)

    assert (before, await refused(known, token)) == (False, True)


async def refused(known: Tokens, token: str = TOKEN) -> bool:
    try:
        await known.principal(token)
    except TokenRevoked:
        return True
    return False
